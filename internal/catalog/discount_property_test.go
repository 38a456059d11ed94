package catalog

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/money"
)

// Whatever discounts reach a product, one of them lowers its price, the best; none is added to another, none leads below
// zero, and one of another store, another currency or another place lowers nothing.
func TestTheBestSinglePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		category := int64(3)
		here := place{store: 1, product: 2, category: &category}
		price := rapid.OneOf(rapid.Int64Range(0, 1000), rapid.Int64Range(0, money.Max)).Draw(t, "price")
		open, lowest := offers{}, price
		byStore := false // somebody who pays for himself leads to the lowest price
		for id := range rapid.Int64Range(0, 8).Draw(t, "discounts") {
			o := offer{
				id: id + 1, public: string(rune('a' + id)), kind: rapid.SampledFrom([]DiscountKind{Percent, Amount}).Draw(t, "kind"),
				by: rapid.SampledFrom([]Payer{PaidByStore, PaidByPlatform}).Draw(t, "payer"), onlyStore: rapid.SampledFrom([]int64{0, 1, 9}).Draw(t, "only"),
				endsAt: noEnd,
			}
			var off int64
			if o.kind == Percent {
				o.value = rapid.Int64Range(1, 10_000).Draw(t, "percent")
				off = (price/10_000)*o.value + (price%10_000*o.value+5_000)/10_000
			} else {
				o.value, o.currency = rapid.Int64Range(1, money.Max).Draw(t, "amount"), rapid.SampledFrom([]string{"NPR", "INR"}).Draw(t, "currency")
				if off = o.value; o.currency != "NPR" {
					off = 0
				}
			}
			at := rapid.SampledFrom([]string{"m", "s:1", "p:2", "c:3", "s:9", "p:9", "c:9"}).Draw(t, "where")
			open[at] = append(open[at], o)
			if at[len(at)-1] == '9' || o.onlyStore == 9 {
				continue
			}
			switch now := max(0, price-off); {
			case now < lowest:
				lowest, byStore = now, o.by == PaidByStore
			case now == lowest && now < price:
				byStore = byStore || o.by == PaidByStore
			}
		}
		d := open.deal(here, price, "NPR")
		if d.Now != lowest || d.Was != price || d.Now < 0 || d.Now > d.Was {
			t.Fatalf("%d became %d, the best is %d (%+v)", price, d.Now, lowest, open)
		}
		if (d.Offer != nil) != (lowest < price) {
			t.Fatalf("%d of %d is said to be of %+v", d.Now, price, d.Offer)
		}
		if d.Offer != nil && (d.Offer.By == PaidByStore) != byStore {
			t.Fatalf("%s pays, where the store would pay for the same price: %t", d.Offer.By, byStore)
		}
	})
}
