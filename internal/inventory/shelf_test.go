package inventory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// skus are the SKUs of a page of stock, in its order.
func skus(t *testing.T, a *apptest.Answer) string {
	t.Helper()
	a.Want(200)
	var page struct {
		Items []struct {
			SKU   string `json:"sku"`
			State string `json:"state"`
		} `json:"items"`
	}
	a.Into(&page)
	out := make([]string, len(page.Items))
	for i, l := range page.Items {
		out[i] = l.SKU + ":" + l.State
	}
	return strings.Join(out, " ")
}

func TestStockOfAStoreIsListedAsItCrossesItsThresholds(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other := m.Store(), m.Store()
		other.Product("Elsewhere", "1.00", 0)
		made := s.Owner.Post("/v1/stores/{}/products", M{"title": "Lamp", "options": []string{"Size"}, "variants": []M{
			{"options": []string{"S"}, "price": "5.00", "sku": "LAMP-S", "stock": 12},
			{"options": []string{"M"}, "price": "5.00", "sku": "LAMP-M", "stock": 5},
			{"options": []string{"L"}, "price": "5.00", "sku": "LAMP-L"},
			{"options": []string{"XL"}, "price": "5.00", "sku": "OIL", "track_stock": false},
		}}, s.ID).Want(201)
		product, small, medium := made.Str("id"), made.Str("variants.0.id"), made.Str("variants.1.id")
		want := func(query, list string) {
			t.Helper()
			if got := skus(t, s.Owner.Get("/v1/stores/", s.ID, "/stock"+query)); got != list {
				t.Errorf("stock%s is %q, not %q", query, got, list)
			}
		}
		want("", "LAMP-L:out LAMP-M:low LAMP-S:fine")
		want("?state=low", "LAMP-L:out LAMP-M:low")
		want("?state=out", "LAMP-L:out")
		want("?sku=LAMP-S", "LAMP-S:fine")
		want("?sku=lamp", "")
		want("?sku=LAMP-&state=low", "LAMP-L:out LAMP-M:low")
		first := s.Owner.Get("/v1/stores/", s.ID, "/stock?limit=2").Want(200).Is("items.0.product", product).Is("items.0.title", "Lamp").
			Is("items.0.variant_title", "L").Is("items.1.variant", medium).Is("items.1.on_hand", 5).Is("items.1.low_at", 5).Is("items.1.own_low_at", nil)
		want("?limit=2&cursor="+first.Str("next_cursor"), "LAMP-S:fine")

		// What is promised is not for sale: taking seven of twelve crosses the line, giving them back crosses it again.
		reserve(t, m, "ord_a", small, 7)
		want("?state=low", "LAMP-L:out LAMP-M:low LAMP-S:low")
		s.Owner.Get("/v1/stores/", s.ID, "/stock?sku=LAMP-S").Want(200).Is("items.0.on_hand", 12).Is("items.0.available", 5).Is("items.0.reserved", 7)
		s.Owner.Post("/v1/variants/"+small+"/stock/adjustments", M{"delta": 1, "reason": "found"}).Want(201)
		s.Owner.Post("/v1/variants/"+medium+"/stock/adjustments", M{"set": 0, "reason": "lost"}).Want(201)
		want("", "LAMP-L:out LAMP-M:out LAMP-S:fine")

		// The variant's figure over the store's over the market's.
		at := "/v1/stores/" + s.ID + "/stock/threshold"
		s.Owner.Get(at).Want(200).Is("low_at", 5).Is("own", false)
		s.Owner.Put(at, M{"low_at": 6}).Want(200).Is("low_at", 6).Is("own", true)
		want("?state=low", "LAMP-L:out LAMP-M:out LAMP-S:low")
		own := "/v1/variants/" + small + "/stock/threshold"
		s.Owner.Put(own, M{"low_at": 0}).Want(200).Is("low_at", 0).Is("own_low_at", 0)
		want("?sku=LAMP-S", "LAMP-S:fine")
		s.Owner.Put(at, M{"low_at": 100}).Want(200)
		want("?sku=LAMP-S", "LAMP-S:fine")
		s.Owner.Put(own, M{"low_at": nil}).Want(200).Is("low_at", 100).Is("own_low_at", nil)
		want("?sku=LAMP-S", "LAMP-S:low")
		s.Owner.Put(at, M{"low_at": nil}).Want(200).Is("low_at", 5).Is("own", false)
		want("?sku=LAMP-S", "LAMP-S:fine")
		for _, body := range []M{{"low_at": -1}, {"low_at": 1000000001}, {"low_at": 1.5}, {"low_at": "5"}, {}} {
			s.Owner.Put(at, body).Want(422)
			s.Owner.Put(own, body).Want(422)
		}
		s.Owner.Get("/v1/stores/", s.ID, "/stock?state=plenty").Want(422)

		// The list follows the catalogue.
		s.Owner.Patch("/v1/variants/"+small, M{"sku": "TINY"}).Want(200)
		s.Owner.Patch("/v1/variants/"+medium, M{"track_stock": false}).Want(200)
		want("", "LAMP-L:out TINY:fine")
		s.Owner.Delete("/v1/variants/" + made.Str("variants.2.id")).Want(204)
		want("", "TINY:fine")
		s.Owner.Post("/v1/products/"+product+"/archive", nil).Want(200)
		want("", "")
		s.Owner.Post("/v1/products/"+product+"/unarchive", nil).Want(200)
		want("", "TINY:fine")

		clerk := m.Person("customer")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"catalog"}}, s.ID).Want(201)
		clerk.Get("/v1/stores/", s.ID, "/stock").Problem(403, "store_right_required")
		clerk.Put(at, M{"low_at": 1}).Problem(403, "store_right_required")
		other.Owner.Get("/v1/stores/", s.ID, "/stock").Problem(404, "store_not_found")
		other.Owner.Put(at, M{"low_at": 1}).Problem(404, "store_not_found")
		other.Owner.Put(own, M{"low_at": 1}).Problem(404, "variant_not_found")
	})
}

func TestAThresholdReachesAllOfABigStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		for p := range 3 {
			variants := make([]M, 90)
			for i := range variants {
				variants[i] = M{"options": []string{fmt.Sprint(i)}, "price": "1.00", "stock": 10}
			}
			s.Owner.Post("/v1/stores/{}/products", M{"title": fmt.Sprint("Bead ", p), "options": []string{"No"}, "variants": variants}, s.ID).Want(201)
		}
		s.Owner.Put("/v1/stores/{}/stock/threshold", M{"low_at": 10}, s.ID).Want(200)
		m.RunJobs()
		if n := dbtest.One[int64](t, m.DB, `SELECT COUNT(*) FROM stock WHERE mark = 'low'`); n != 270 {
			t.Errorf("%d of 270 variants are low", n)
		}
	})
}

// The market's figure holds where neither variant nor store says, and a change of it reaches what is there.
func TestTheMarketSaysWhatIsLow(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, plain, own := m.Person("admin"), m.Store(), m.Store()
		_, first := plain.Product("Lamp", "1.00", 8)
		_, second := plain.Product("Oil", "1.00", 8)
		own.Product("Wick", "1.00", 8)
		own.Owner.Put("/v1/stores/{}/stock/threshold", M{"low_at": 2}, own.ID).Want(200)
		plain.Owner.Put("/v1/variants/{}/stock/threshold", M{"low_at": 1}, second).Want(200)
		m.Sweep("event.number")
		m.Sweep("event.follow.inventory.low_at")
		for _, bad := range []any{-1, 1_000_000_001, "5", nil} {
			if a := admin.Patch("/v1/settings", M{"low_stock_at": bad}); a.Status != 422 && bad != nil {
				t.Errorf("%v: %d", bad, a.Status)
			}
		}
		admin.Get("/v1/settings").Want(200).Is("low_stock_at", 5)
		low := func(want int64) {
			t.Helper()
			m.Sweep("event.number")
			m.Sweep("event.follow.inventory.low_at")
			m.RunJobs()
			if n := dbtest.One[int64](t, m.DB, `SELECT COUNT(*) FROM stock WHERE mark = 'low'`); n != want {
				t.Errorf("%d variants are low, want %d", n, want)
			}
		}
		low(0)
		admin.Patch("/v1/settings", M{"low_stock_at": 8}).Want(200).Is("low_stock_at", 8)
		low(1)
		plain.Owner.Get("/v1/stores/", plain.ID, "/stock/threshold").Want(200).Is("low_at", 8).Is("own", false)
		plain.Owner.Get("/v1/variants/", first, "/stock").Want(200).Is("low_at", 8).Is("own_low_at", nil)
		plain.Product("New", "1.00", 7)
		low(2)
		admin.Patch("/v1/settings", M{"low_stock_at": 0}).Want(200)
		low(0)
		own.Owner.Get("/v1/stores/", own.ID, "/stock/threshold").Want(200).Is("low_at", 2).Is("own", true)
	})
}
