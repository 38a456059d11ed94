package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What is measured.
const (
	whatCheckout = "checkout over http"
	whatCeiling  = "checkout in process"
	whatSame     = "checkout in process, and read"
	whatSingle   = "checkout in process, one by one"
	whatFlow     = "purchase over http"
)

// Checkout measures POST /v1/checkouts: one variant bought directly and paid from the wallet. In the same run it
// measures the same use-case in this process, in groups and one by one.
func Checkout(ctx context.Context, o Options) (*Report, error) {
	return session(ctx, o, "checkout", func(b *bench) (err error) {
		var group, single *market
		defer func() {
			for _, m := range []*market{group, single} {
				if m != nil {
					err = errors.Join(err, m.leave(ctx))
				}
			}
		}()
		if b.server != nil {
			if group, err = b.inside(ctx, "grouped", false); err != nil {
				return err
			}
			if !b.Database.Set() {
				if single, err = b.inside(ctx, "single", true); err != nil {
					return err
				}
			}
		}
		for _, n := range b.Clients {
			if err := b.overHTTP(ctx, whatCheckout, n, func(w buyer) worker { return &checkouter{w} }); err != nil {
				return err
			}
			if group == nil {
				continue
			}
			if err := b.here(ctx, whatCeiling, n, func(i int) worker { return group.direct(b.stage, false, i, n) }); err != nil {
				return err
			}
			if err := b.here(ctx, whatSame, n, func(i int) worker { return group.direct(b.stage, true, i, n) }); err != nil {
				return err
			}
			if single == nil {
				continue
			}
			if err := b.here(ctx, whatSingle, n, func(i int) worker { return single.direct(b.stage, false, i, n) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// Flow measures a whole purchase: two lines of two stores into the cart, checkout, payment by the test gateway, the
// order read.
func Flow(ctx context.Context, o Options) (*Report, error) {
	return session(ctx, o, "flow", func(b *bench) error {
		for _, n := range b.Clients {
			if err := b.overHTTP(ctx, whatFlow, n, func(w buyer) worker { return &shopper{w} }); err != nil {
				return err
			}
		}
		return nil
	})
}

// inside opens a copy of the market in this process, with its workers, as the server has them.
func (b *bench) inside(ctx context.Context, name string, single bool) (*market, error) {
	at, err := b.copied(name)
	if err != nil {
		return nil, err
	}
	m, err := openMarket(ctx, at, single, nil)
	if err != nil {
		return nil, err
	}
	if err := m.Jobs.Start(ctx); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// leave stops the workers and closes the market.
func (m *market) leave(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return errors.Join(m.Jobs.Stop(ctx), m.close())
}

// Statements counts what one use-case asks of the database, alone and after others have warmed everything.
func Statements(ctx context.Context, o Options) (out []Statement, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	o.URL, o.Clients = "", []int{1}
	_, err = session(ctx, o, "statements", func(b *bench) (err error) {
		at, err := b.copied("watched")
		if err != nil {
			return err
		}
		w := newWatch()
		m, err := openMarket(ctx, at, false, w.wrap)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.close()) }()
		served, err := m.serve()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, served.close()) }()
		for _, kind := range []struct {
			what string
			hire func(buyer) worker
		}{
			{"checkout", func(w buyer) worker { return &checkouter{w} }}, {"purchase", func(w buyer) worker { return &shopper{w} }},
		} {
			const runs = 200
			client := kind.hire(b.stage.hire(served.at, 0, 1))
			for i := range 2 * runs {
				if i == runs {
					w.forget()
				}
				if o := client.do(ctx); o.failed != "" {
					return errors.Join(fmt.Errorf("watched: %s", o.failed), client.close())
				}
			}
			out = append(out, w.statements(kind.what, runs)...)
			if err := client.close(); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}
