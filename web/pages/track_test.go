package pages_test

import (
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// A buyer finds his PIN and the delivery's page at his order; the page shows where it is, in each language, and nothing
// private.
func TestTrackPage(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		store := m.Store()
		store.Owner.Patch("/v1/stores/{}", M{"phone": "+9779841000000", "address": M{"line1": "Thamel Marg", "city": "Kathmandu", "lat": "27.7154", "lng": "85.3123"}}, store.ID).Want(200)
		_, variant := store.Product("Rice", "100.00", 10)
		buyer, admin := m.Person("customer"), m.Person("admin")
		address := buyer.Post("/v1/me/addresses", M{"name": "Sunita Maharjan", "phone": "+9779800000001", "line1": "12 Mangal Bazaar", "city": "Patan", "country": "NP", "lat": "27.6727", "lng": "85.3252"}).Want(201).Str("id")
		m.Fund(buyer, 100_000)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201).Str("orders.0.id")
		job := store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Str("id")
		c := m.Person("courier")
		id := c.Patch("/v1/couriers/me", M{"phone": "+9779841555555", "vehicle": "bicycle", "capacity": 30_000}).Want(200).Str("id")
		c.Post("/v1/couriers/me/documents", M{"kind": "identity", "number": "NP-1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
		admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
		c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		v := signedIn(t, m, buyer)
		v.get("/orders/"+order).want(200, "A courier fetches it")
		c.Post("/v1/couriers/me/positions", M{"positions": []M{{"lat": "27.70", "lng": "85.32"}}}).Want(200)
		c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
		pin := buyer.Get("/v1/orders/", order, "/proof").Want(200).Str("pin")
		page := v.get("/orders/"+order).want(200, "Picked up", pin, "<svg")
		link := page.find(`href="(/t/[^"]+)"`)
		anybody := visit(t, m)
		for lang, word := range map[string]string{"en": "Arrives about", "hi": "लगभग पहुँचेगा", "ne": "करिब आइपुग्ने", "ar": "تصل حوالي"} {
			got := anybody.get(link+"?lang="+lang).want(200, word, `class="here"`, "Patan")
			for _, private := range []string{"Sunita", "Mangal", "+97798", pin} {
				if strings.Contains(got.text, private) {
					t.Errorf("%s: the page shows %q", lang, private)
				}
			}
			if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self'") || strings.Contains(policy, "unsafe") {
				t.Errorf("policy %q", policy)
			}
		}
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200)
		if got := anybody.get(link+"?lang=en").want(200, "Delivered"); strings.Contains(got.text, `class="here"`) {
			t.Error("the courier is still shown")
		}
		anybody.get("/t/nothing").want(404)
	})
}
