package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/money"
)

// filled makes a market at a place that is empty: people, stores and what is traded by the services, products and orders
// in bulk.
func filled(ctx context.Context, at config.Place, shape Shape, note func(string, ...any)) (st *stage, err error) {
	opened := func(open func() (*market, error), f func(*market) error) error {
		m, err := open()
		if err != nil {
			return err
		}
		return errors.Join(f(m), m.close())
	}
	toFill := func() (*market, error) { return openToFill(ctx, at) }
	var currency money.Currency
	err = opened(toFill, func(m *market) (err error) {
		if st, err = m.prepare(ctx, shape); err != nil || shape.Orders == 0 {
			return err
		}
		settings, err := m.Market.Settings(ctx)
		if err != nil {
			return err
		}
		currency = settings.Currency
		return m.quiet(ctx)
	})
	if err == nil && shape.Rates > 0 {
		note("writing %d prices in bulk", shape.Rates)
		err = withRates(ctx, at, shape, st, opened)
	}
	if err != nil || shape.Products+shape.Orders == 0 {
		return st, err
	}
	if at.Database.Set() {
		if shape.Orders > 0 {
			return nil, errors.New("orders are written in bulk to a file: not to PostgreSQL")
		}
		note("writing %d products in bulk", shape.Products)
		return st, opened(toFill, func(m *market) error { return m.mass(ctx, st, shape) })
	}
	var indexes []string
	if err := written(at.DatabaseFile(), func(b *bulk) (err error) { indexes, err = b.bare(); return err }); err != nil {
		return nil, err
	}
	if shape.Products > 0 {
		note("writing %d products in bulk", shape.Products)
		if err := opened(toFill, func(m *market) error { return m.mass(ctx, st, shape) }); err != nil {
			return nil, err
		}
	}
	err = written(at.DatabaseFile(), func(b *bulk) error {
		if shape.Orders > 0 {
			note("writing %d orders in bulk", shape.Orders)
			each, err := money.Parse(price, currency)
			if err != nil {
				return err
			}
			if err := b.past(st, shape, each, string(currency), time.Now()); err != nil {
				return err
			}
		}
		note("making %d indexes", len(indexes))
		return b.whole(indexes...)
	})
	if err != nil {
		return nil, err
	}
	return st, opened(func() (*market, error) { return openMarket(ctx, at, false, nil) }, func(m *market) error { return m.signIn(ctx, st) })
}

// withRates adds what stores pay for material at postal codes to a market.
func withRates(ctx context.Context, at config.Place, shape Shape, st *stage, opened func(func() (*market, error), func(*market) error) error) error {
	var currency string
	err := opened(func() (*market, error) { return openToFill(ctx, at) }, func(m *market) error {
		settings, err := m.Market.Settings(ctx)
		if err != nil {
			return err
		}
		currency = string(settings.Currency)
		return m.materials(ctx, st)
	})
	if err != nil {
		return err
	}
	err = written(at.DatabaseFile(), func(b *bulk) error {
		indexes, err := b.bare()
		if err != nil {
			return err
		}
		if err := b.rates(shape, currency, time.Now()); err != nil {
			return err
		}
		return b.whole(indexes...)
	})
	if err != nil {
		return err
	}
	return opened(func() (*market, error) { return openMarket(ctx, at, false, nil) }, func(m *market) error { return m.signIn(ctx, st) })
}

// quietTime bounds how long a small market's workers may take with what its preparation left them.
const quietTime = time.Minute

// quiet lets the workers run until every event has its number and every follower has seen it.
func (m *market) quiet(ctx context.Context) error {
	if err := m.Jobs.Start(ctx); err != nil {
		return err
	}
	end := time.Now().Add(quietTime)
	for {
		var behind bool
		err := m.DB.Read(ctx, "bench.quiet", func(ctx context.Context, tx db.Tx) (err error) {
			if behind, err = eventdb.New(tx).HasUnnumbered(ctx); err != nil {
				return err
			}
			last, places, err := m.Events.Places(ctx, tx)
			behind = behind || len(places) == 0
			for _, p := range places {
				behind = behind || p.Seq < last
			}
			return err
		})
		if err == nil && behind && time.Now().After(end) {
			err = fmt.Errorf("not all events are followed after %v", quietTime)
		}
		if err != nil || !behind {
			return errors.Join(err, m.Jobs.Stop(ctx))
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return errors.Join(err, m.Jobs.Stop(context.WithoutCancel(ctx)))
		}
	}
}

// keptStage is a stage in a file beside its market. Tokens are not kept: everybody signs in anew.
type keptStage struct {
	Customers                      []keptCustomer
	Variants, Products, Categories []string
	Stores                         int
	Store                          string
}

type keptCustomer struct {
	Key         int64
	ID, Address string
}

const keptName = "stage.json"

// name is a folder's name for markets of this shape.
func (s Shape) name() string {
	return fmt.Sprintf("market-%d-%d-%d-%d-%d", s.Products, s.Orders, s.Accounts, s.Stores, s.Variants)
}

// kept finds the market of a shape where it was kept, or makes it there. One that was not finished is made anew.
func kept(ctx context.Context, at config.Place, shape Shape, note func(string, ...any)) (*stage, error) {
	file := filepath.Join(at.Data, keptName)
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if err := os.RemoveAll(at.Data); err != nil {
			return nil, err
		}
		st, err := filled(ctx, at, shape, note)
		if err != nil {
			return nil, err
		}
		k := keptStage{Variants: st.variants, Products: st.products, Categories: st.categories, Stores: st.stores, Store: st.store}
		for _, c := range st.customers {
			k.Customers = append(k.Customers, keptCustomer{c.key, c.id, c.address})
		}
		if raw, err = json.Marshal(k); err != nil {
			return nil, err
		}
		return st, os.WriteFile(file, raw, 0o600)
	}
	if err != nil {
		return nil, err
	}
	var k keptStage
	if err := json.Unmarshal(raw, &k); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	st := &stage{variants: k.Variants, products: k.Products, categories: k.Categories, stores: k.Stores, store: k.Store}
	for _, c := range k.Customers {
		st.customers = append(st.customers, customer{key: c.Key, id: c.ID, address: c.Address})
	}
	m, err := openMarket(ctx, at, false, nil)
	if err != nil {
		return nil, err
	}
	return st, errors.Join(m.signIn(ctx, st), m.close())
}
