package bench

import (
	"context"
	"errors"
	"fmt"
)

// What is measured of lists of orders.
const (
	whatOwn   = "orders of a buyer over http"
	whatStore = "orders of a store over http"
	whatAll   = "orders of the market over http"
)

// growthClients is how many look while growth is measured: few, so that a median is the market's time and not a queue's.
const growthClients = 2

// kind is one kind of work, at the market that a bench has.
type kind struct {
	what string
	want float64 // at most so many times longer in the large market
	do   func(b *bench) (Run, error)
}

// Growth measures a small and a large market in turns, each with few clients, and compares their medians.
func Growth(ctx context.Context, o Options, small, large Shape) (*Report, error) {
	if o.URL != "" || o.Database.Set() {
		return nil, errors.New("two markets are measured side by side: this is done with files only")
	}
	var after *Report
	o.alone = true
	one, two := o, o
	one.Shape, two.Shape = small, large
	one.Clients, two.Clients = []int{growthClients}, []int{growthClients}
	one.Length, two.Length = o.Length/rounds, o.Length/rounds
	_, err := session(ctx, one, "growth", func(before *bench) (err error) {
		after, err = session(ctx, two, "growth", func(b *bench) error { return grown(ctx, before, b) })
		return err
	})
	return after, err
}

// grown measures everything that must not grow with the market.
func grown(ctx context.Context, small, large *bench) error {
	for _, k := range kinds(ctx, large.Shape.Orders > 0) {
		runs, each, err := inTurns(rounds, func() (Run, error) { return k.do(small) }, func() (Run, error) { return k.do(large) })
		if err != nil {
			return err
		}
		for i, b := range []*bench{small, large} {
			runs[i].What += ", " + b.Shape.size()
			large.add(runs[i])
		}
		if runs[0].P50 == 0 {
			continue
		}
		if runs[0].ServerCPU > 0 {
			large.report.Ratios = append(large.report.Ratios, Ratio{k.what + ": the server's processor time, large to small", growthClients, runs[1].ServerCPU / runs[0].ServerCPU})
		}
		ratio := runs[1].P50 / runs[0].P50
		large.report.Bars = append(large.report.Bars, Bar{
			fmt.Sprintf("%s: median of the large market to the small%s", k.what, spread(each[1], each[0])), fmt.Sprintf("≤ %g", k.want), ratio, ratio <= k.want,
		})
	}
	return nil
}

func (s Shape) size() string {
	if s.Orders > 0 {
		return fmt.Sprintf("%d products, %d orders", s.Products, s.Orders)
	}
	return fmt.Sprintf("%d products", s.Products)
}

// kinds are what shoppers, stores and admins do; orders: also with those that there are.
func kinds(ctx context.Context, orders bool) []kind {
	const most, mostWide = 1.5, 3
	ask := func(what string, want float64, asks func(*stage) []ask) kind {
		return kind{what, want, func(b *bench) (Run, error) { return b.askedOnce(ctx, what, growthClients, asks(b.stage)) }}
	}
	out := []kind{
		ask(whatList, most, (*stage).listAsks), ask(whatProduct, most, (*stage).productAsks), ask(whatFacets, mostWide, (*stage).facetAsks),
		ask(whatSearch(wordOfAll), mostWide, searchAsks(wordOfAll)), ask(whatSearch(wordOfTenth), mostWide, searchAsks(wordOfTenth)),
		ask(whatSearch(wordOfThousand), mostWide, searchAsks(wordOfThousand)),
	}
	if orders {
		out = append(out, ask(whatOwn, most, (*stage).ownAsks), ask(whatStore, most, (*stage).storeAsks), ask(whatAll, most, (*stage).allAsks))
	}
	return append(out, kind{whatCheckout, most, func(b *bench) (Run, error) {
		return b.timed(ctx, whatCheckout, growthClients, func(w buyer) worker { return &checkouter{w} })
	}})
}

func (s *stage) ownAsks() (out []ask) {
	for _, c := range s.customers {
		out = append(out, ask{"/v1/orders?limit=20", c.token}, ask{"/v1/orders?limit=20&state=completed", c.token})
	}
	return out
}

func (s *stage) storeAsks() []ask {
	path := "/v1/orders?limit=20&store=" + s.store
	return []ask{{path, s.seller}, {path + "&state=completed", s.seller}, {path + "&payment_status=paid", s.seller}, {path + "&number=H-000700", s.seller}}
}

func (s *stage) allAsks() []ask {
	const path = "/v1/orders?limit=20&all=true"
	return []ask{{path, s.admin}, {path + "&state=completed", s.admin}, {path + "&payment_status=paid", s.admin}, {path + "&number=H-000700", s.admin}}
}
