package order

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/money"
)

func TestPriceLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		terms terms
		item  item
		want  priced
	}{
		{"no tax", terms{}, item{45000, 2}, priced{90000, 0, 90000, 0}},
		{"13 % on top", terms{taxRate: 1300}, item{999, 3}, priced{2997, 390, 3387, 0}},
		{"13 % included", terms{taxRate: 1300, taxIncluded: true}, item{11300, 1}, priced{10000, 1300, 11300, 0}},
		{"half away from zero", terms{taxRate: 500}, item{10, 1}, priced{10, 1, 11, 0}},
		{"fee on the net", terms{taxRate: 1300, feeRate: 250}, item{10000, 1}, priced{10000, 1300, 11300, 250}},
		{"free", terms{taxRate: 1300, feeRate: 250}, item{0, 5}, priced{0, 0, 0, 0}},
	} {
		got, err := c.terms.priceLine(c.item)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	if _, err := (terms{}).priceLine(item{money.Max, 2}); !errors.Is(err, ErrTotalTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestFlatQuote(t *testing.T) {
	for _, c := range []struct{ flat, free, goods, want int64 }{
		{100, 0, 5000, 100}, {100, 5000, 4999, 100}, {100, 5000, 5000, 0}, {0, 0, 1, 0},
	} {
		if got, err := (flatQuote{c.flat, c.free}).Quote(1, c.goods); err != nil || got != c.want {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}

// Whatever is in the basket, the totals are the sums of the lines, by store and over all.
func TestTotalsAreSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := basket{settings: market.Settings{
			TaxRateBp: rapid.Int64Range(0, 3000).Draw(t, "tax"), PricesIncludeTax: rapid.Bool().Draw(t, "included"),
			PlatformFeeBp: rapid.Int64Range(0, 2000).Draw(t, "fee"),
		}}
		for store := range rapid.Int64Range(1, 4).Draw(t, "stores") {
			for range rapid.IntRange(1, 5).Draw(t, "lines") {
				b.lines = append(b.lines, basketLine{
					cart: cart.Line{Qty: rapid.Int64Range(1, 10000).Draw(t, "quantity")},
					sell: catalog.Sellable{StoreID: store + 1, Price: rapid.Int64Range(0, 100_000_000).Draw(t, "price")},
				})
			}
		}
		if err := b.price(flatQuote{flat: 15000, freeAbove: 1_000_000}); err != nil {
			t.Fatal(err)
		}
		var all, lines Totals
		for _, st := range b.stores {
			var sum Totals
			fee := int64(0)
			for _, l := range st.lines {
				sum.Goods, sum.Tax, sum.Lines, sum.Units = sum.Goods+l.priced.goods, sum.Tax+l.priced.tax, sum.Lines+1, sum.Units+l.cart.Qty
				fee += l.priced.fee
				lines.Total += l.priced.total
			}
			sum.Delivery, sum.Total = st.totals.Delivery, sum.Goods+sum.Tax+st.totals.Delivery
			if sum != st.totals || fee != st.fee {
				t.Fatalf("store %d: %+v and fee %d, its lines sum to %+v and %d", st.id, st.totals, st.fee, sum, fee)
			}
			all = Totals{all.Goods + sum.Goods, 0, all.Tax + sum.Tax, all.Delivery + sum.Delivery, all.Total + sum.Total, all.Lines + sum.Lines, all.Units + sum.Units}
		}
		if all != b.totals || lines.Total+all.Delivery != all.Total {
			t.Fatalf("checkout: %+v, its stores sum to %+v and its lines to %d", b.totals, all, lines.Total)
		}
	})
}

func TestGatewayFee(t *testing.T) {
	for _, c := range []struct{ amount, fixed, bp, want int64 }{{138996, 200, 250, 3675}, {100, 0, 0, 0}, {1, 200, 250, 200}} {
		if got, err := payment.GatewayFee(c.amount, c.fixed, c.bp); err != nil || got != c.want {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}
