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
		{"no tax", terms{}, item{price: 45000, list: 45000, quantity: 2}, priced{goods: 90000, total: 90000}},
		{"13 % on top", terms{taxRate: 1300}, item{price: 999, quantity: 3}, priced{goods: 2997, taxRate: 1300, tax: 390, total: 3387}},
		{"13 % included", terms{taxRate: 1300, taxIncluded: true}, item{price: 11300, quantity: 1}, priced{goods: 10000, taxRate: 1300, tax: 1300, total: 11300}},
		{"half away from zero", terms{taxRate: 500}, item{price: 10, quantity: 1}, priced{goods: 10, taxRate: 500, tax: 1, total: 11}},
		{"two halves, each rounded", terms{taxRate: 500, taxHalved: true}, item{price: 30, quantity: 1}, priced{goods: 30, taxRate: 500, tax: 2, total: 32}},
		{"the product's own rate", terms{taxRate: 1300}, item{price: 1000, quantity: 1, taxRate: percent(0)}, priced{goods: 1000, total: 1000}},
		{"fee on the net", terms{taxRate: 1300, feeRate: 250}, item{price: 10000, quantity: 1}, priced{goods: 10000, taxRate: 1300, tax: 1300, total: 11300, fee: 250}},
		{"free", terms{taxRate: 1300, feeRate: 250}, item{quantity: 5}, priced{taxRate: 1300}},
		{"the store's discount, tax on what is left", terms{taxRate: 1300, feeRate: 1000}, item{price: 8000, list: 10000, quantity: 2},
			priced{goods: 20000, discount: 4000, taxRate: 1300, tax: 2080, total: 18080, fee: 1600}},
		{"the market's discount: the store sells at its own price", terms{taxRate: 1300, feeRate: 1000}, item{price: 8000, list: 10000, quantity: 2, platform: true},
			priced{goods: 20000, discount: 4000, taxRate: 1300, tax: 2080, total: 18080, fee: 2000}},
		{"a discount on a price with tax in it", terms{taxRate: 1300, taxIncluded: true}, item{price: 5650, list: 11300, quantity: 1},
			priced{goods: 10000, discount: 5000, taxRate: 1300, tax: 650, total: 5650}},
		{"a discount of everything", terms{taxRate: 1300, feeRate: 1000}, item{list: 10000, quantity: 1}, priced{goods: 10000, discount: 10000, taxRate: 1300}},
	} {
		got, err := c.terms.priceLine(c.item)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	if _, err := (terms{}).priceLine(item{price: money.Max, quantity: 2}); !errors.Is(err, ErrTotalTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func percent(bp int64) *int64 { return &bp }

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
				l := basketLine{
					cart: cart.Line{Qty: rapid.Int64Range(1, 10000).Draw(t, "quantity")},
					sell: catalog.Sellable{StoreID: store + 1, ListPrice: rapid.Int64Range(0, 100_000_000).Draw(t, "price")},
				}
				l.sell.Price = l.sell.ListPrice
				if by := rapid.SampledFrom([]catalog.Payer{"", catalog.PaidByStore, catalog.PaidByPlatform}).Draw(t, "discount"); by != "" {
					l.sell.Discount, l.sell.Price = &catalog.Applied{By: by}, rapid.Int64Range(0, l.sell.ListPrice).Draw(t, "price now")
				}
				if rapid.Bool().Draw(t, "own rate") {
					l.sell.TaxRate = percent(rapid.Int64Range(0, 3000).Draw(t, "rate"))
				}
				b.lines = append(b.lines, l)
			}
		}
		if err := b.price(flatQuote{flat: 15000, freeAbove: 1_000_000}); err != nil {
			t.Fatal(err)
		}
		var all, lines Totals
		for _, st := range b.stores {
			var sum Totals
			fee, promotion := int64(0), int64(0)
			for _, l := range st.lines {
				sum.Goods, sum.Tax, sum.Lines, sum.Units = sum.Goods+l.priced.goods, sum.Tax+l.priced.tax, sum.Lines+1, sum.Units+l.cart.Qty
				sum.Discount += l.priced.discount
				fee += l.priced.fee
				if l.platform() {
					promotion += l.priced.discount
				}
				if l.priced.discount < 0 || l.priced.discount > l.priced.goods || l.priced.goods-l.priced.discount+l.priced.tax != l.priced.total {
					t.Fatalf("a line of %+v", l.priced)
				}
				lines.Total += l.priced.total
			}
			sum.Delivery, sum.Total = st.totals.Delivery, sum.Goods-sum.Discount+sum.Tax+st.totals.Delivery
			if sum != st.totals || fee != st.fee || promotion != st.promotion {
				t.Fatalf("store %d: %+v and fee %d, its lines sum to %+v and %d", st.id, st.totals, st.fee, sum, fee)
			}
			all = Totals{all.Goods + sum.Goods, all.Discount + sum.Discount, all.Tax + sum.Tax, all.Delivery + sum.Delivery, all.Total + sum.Total, all.Lines + sum.Lines, all.Units + sum.Units}
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
