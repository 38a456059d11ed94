package bench

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/verify"
)

// What is written in bulk is what the program would have written: no rule finds anything, and every index is there again.
func TestFilled(t *testing.T) {
	at := config.Place{Data: t.TempDir()}
	shape := Shape{Accounts: 5, Stores: 3, Variants: 7, Products: 300, Orders: 200}
	st, err := filled(t.Context(), at, shape, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if len(st.products) != shape.Products || len(st.customers) != shape.Accounts {
		t.Errorf("%d products, %d customers", len(st.products), len(st.customers))
	}
	if n := count(t, at, "SELECT COUNT(*) FROM orders"); n != int64(shape.Orders) {
		t.Errorf("%d orders", n)
	}
	m, err := openMarket(t.Context(), at, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = m.DB.Read(t.Context(), "test.verify", func(ctx context.Context, tx db.Tx) error {
		found, err := verify.Run(ctx, tx, m.Rules(), nil)
		for _, f := range found {
			t.Errorf("%+v", f)
		}
		return err
	})
	if err := errors.Join(err, m.close()); err != nil {
		t.Fatal(err)
	}
	empty := config.Place{Data: t.TempDir()}
	e, err := openMarket(t.Context(), empty, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	const indexes = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'"
	if have, want := count(t, at, indexes), count(t, empty, indexes); have != want {
		t.Errorf("%d indexes, want %d", have, want)
	}
}

func count(t *testing.T, at config.Place, text string) (n int64) {
	t.Helper()
	err := written(at.DatabaseFile(), func(b *bulk) (err error) {
		n, err = b.one(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Two markets are measured side by side, and nothing is refused.
func TestGrowth(t *testing.T) {
	o := short(t)
	o.Keep = t.TempDir()
	small, large := o.Shape, o.Shape
	small.Products, small.Orders = 60, 30
	large.Products, large.Orders, large.Stores = 200, 100, 5
	r, err := Growth(t.Context(), o, small, large)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 20 || len(r.Bars) < 10 {
		t.Errorf("%d runs, %d bars", len(r.Runs), len(r.Bars))
	}
	for _, x := range r.Runs {
		if x.Done == 0 || x.Failed() > 0 || x.P50 <= 0 || x.P50 > x.Max {
			t.Errorf("%+v", x)
		}
	}
	compared := 0
	for _, x := range r.Bars {
		if strings.Contains(x.Name, "large market") {
			compared++
			if x.Value <= 0 {
				t.Errorf("%+v", x)
			}
		}
	}
	if compared != 10 {
		t.Errorf("%d comparisons", compared)
	}
	at := config.Place{Data: filepath.Join(o.Keep, small.name())}
	if st, err := kept(t.Context(), at, small, t.Logf); err != nil || st.admin == "" || len(st.customers) != small.Accounts || len(st.products) != small.Products {
		t.Errorf("the market that was kept: %v", err)
	}
	for _, engine := range dbtest.Engines(t) {
		if engine == db.Postgres {
			o.Database = config.NewSecret(dbtest.EmptyPostgres(t))
			if _, err := Growth(t.Context(), o, small, large); err == nil {
				t.Error("two markets in one database")
			}
		}
	}
}

// What only looks is measured on both engines.
func TestReads(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		o.Shape.Products = 50
		r, err := Search(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		good(t, r, o, whatSearch(wordOfAll), whatSearch(wordOfTenth), whatSearch(wordOfThousand))
	})
	o := short(t)
	o.Shape.Products = 50
	r, err := List(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	good(t, r, o, whatList, whatListHere)
	if r, err = Product(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	good(t, r, o, whatProduct, whatProdHere)
	if r, err = Facets(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	good(t, r, o, whatFacets)
	if r, err = Pages(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	var whats []string
	for _, a := range (&stage{}).pageAsks() {
		whats = append(whats, a.what())
	}
	good(t, r, o, whats...)
	for _, w := range r.Weights {
		if w.Bytes == 0 || w.Files == 0 || w.Requests < 2 || w.Plain < w.Bytes {
			t.Errorf("page %s: %+v", w.Page, w)
		}
	}
}
