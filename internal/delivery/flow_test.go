package delivery_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// town is a market with a store in Thamel, a buyer in Patan and an admin.
type town struct {
	*apptest.Market
	store   apptest.Store
	variant string
	buyer   *apptest.Client
	address string
	admin   *apptest.Client
}

func newTown(m *apptest.Market) *town {
	w := &town{Market: m, store: m.Store(), admin: m.Person("admin")}
	w.store.Owner.Patch("/v1/stores/{}", M{"phone": "+9779841000000", "address": M{"line1": "Thamel Marg", "city": "Kathmandu", "lat": "27.7154", "lng": "85.3123"}}, w.store.ID).Want(200)
	_, w.variant = w.store.Product("Rice", "100.00", 10_000) // 250 g each
	w.buyer = m.Person("customer")
	w.address = w.buyer.Post("/v1/me/addresses", M{"name": "Asha Rai", "phone": "+9779800000001", "line1": "12 Mangal Bazaar", "city": "Patan", "country": "NP", "lat": "27.6727", "lng": "85.3252"}).Want(201).Str("id")
	m.Fund(w.buyer, 100_000_000)
	w.admin.Patch("/v1/settings", M{"delivery_flat": "50.00"}).Want(200)
	return w
}

// order is a confirmed order of n pieces, paid from the wallet.
func (w *town) order(n int) string {
	return w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": n}, "address_id": w.address, "payment_method": "wallet", "expected_total": fmt.Sprintf("%d.00", n*100+50)}).
		Want(201).Str("orders.0.id")
}

// job is a delivery that waits.
func (w *town) job(n int) (delivery, order string) {
	order = w.order(n)
	return w.store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Str("id"), order
}

// courier is a verified courier with a motorcycle that takes 30 kg.
func (w *town) courier() (c *apptest.Client, id string) {
	c = w.Person("courier")
	return c, w.enlist(c)
}

// enlist makes an account with the role a courier who may take jobs.
func (w *town) enlist(c *apptest.Client) string {
	id := c.Patch("/v1/couriers/me", M{"business_name": "Quick Transport", "phone": "+9779841555555", "vehicle": "motorcycle", "plate": "BA-1-PA-1234", "capacity": 30_000}).Want(200).Str("id")
	for _, kind := range []string{"identity", "license"} {
		c.Post("/v1/couriers/me/documents", M{"kind": kind, "number": "NP-1", "expires_at": apptest.Start.AddDate(1, 0, 0)}).Want(201)
	}
	w.admin.Post("/v1/couriers/{}/verify", nil, id).Want(200)
	c.Patch("/v1/couriers/me", M{"available": true}).Want(200)
	return id
}

// proof is what the buyer has to show.
func (w *town) proof(order string) (pin, code string) {
	a := w.buyer.Get("/v1/orders/", order, "/proof").Want(200)
	return a.Str("pin"), a.Str("code")
}

// wrong is a PIN that is not this one.
func wrong(pin string) string {
	return string('0'+(pin[0]-'0'+1)%10) + pin[1:]
}

// The whole way: a job, a claim, the goods in the courier's hands, the PIN at the door.
func TestFromDoorToDoor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		id := w.order(2)
		w.store.Owner.Post("/v1/deliveries", M{"order": id, "fee": "-1.00"}).Problem(422, "fee_invalid")
		a := w.store.Owner.Post("/v1/deliveries", M{"order": id, "fee": "150.00", "fragile": true, "priority": "high", "instructions": "Call when arrived"}).Want(201).
			Is("state", "available").Is("package_weight", 500).Is("fee", "150.00").Is("pickup.city", "Kathmandu").Is("dropoff.contact", "Asha Rai").Is("priority", "high")
		job := a.Str("id")
		if d := a.At("distance_m").(float64); d < 4800 || d > 5100 {
			t.Errorf("from Thamel to Patan it is %v m", d)
		}
		if !strings.HasPrefix(a.Str("tracking_number"), "TRK") {
			t.Errorf("tracking number %q", a.Str("tracking_number"))
		}
		w.store.Owner.Post("/v1/deliveries", M{"order": id}).Problem(409, "delivery_exists")

		ram, ramID := w.courier()
		offers := ram.Get("/v1/deliveries/available?lat=27.7100&lng=85.3200").Want(200).Is("items.0.id", job).Is("items.0.from", "Kathmandu").Is("items.0.to", "Patan")
		if strings.Contains(string(offers.Body), "Asha") || strings.Contains(string(offers.Body), "Mangal") {
			t.Errorf("an offer says who and where: %s", offers.Body)
		}
		if n := ram.Get("/v1/deliveries/available?lat=26.0&lng=85.0").Want(200).Len("items"); n != 0 {
			t.Errorf("%d offers 200 km away", n)
		}
		ram.Get("/v1/deliveries/", job).Problem(404, "delivery_not_found")
		ram.Post("/v1/deliveries/{}/claim", M{}, job).Want(200).Is("state", "assigned").Is("courier.id", ramID).Is("dropoff.phone", "+9779800000001")
		w.buyer.Get("/v1/orders/", id).Want(200).Is("state", "processing")
		w.buyer.Get("/v1/orders/", id, "/proof").Problem(409, "no_proof")

		// The store neither ships nor delivers what a courier has.
		w.store.Owner.Post("/v1/orders/{}/ship", nil, id).Problem(409, "courier_has_it")
		sita, _ := w.courier()
		sita.Post("/v1/deliveries/{}/claim", nil, job).Problem(409, "delivery_taken")
		sita.Post("/v1/deliveries/{}/pickup", nil, job).Problem(404, "delivery_not_found")

		ram.Post("/v1/deliveries/{}/pickup", M{"event": "e1", "lat": "27.7154", "lng": "85.3123", "note": "All there"}, job).Want(200).Is("state", "picked_up")
		w.buyer.Get("/v1/orders/", id).Want(200).Is("state", "shipped")
		w.store.Owner.Post("/v1/orders/{}/deliver", nil, id).Problem(409, "courier_has_it")
		ram.Post("/v1/deliveries/{}/pickup", M{"event": "e1"}, job).Want(200).Is("state", "picked_up") // sent again
		ram.Post("/v1/deliveries/{}/depart", M{"event": "e1"}, job).Problem(409, "event_reused")
		ram.Post("/v1/deliveries/{}/depart", nil, job).Want(200).Is("state", "in_transit")

		pin, code := w.proof(id)
		if len(pin) != 6 || len(code) != 22 {
			t.Fatalf("PIN %q, code %q", pin, code)
		}
		for name, who := range map[string]*apptest.Client{"the store": w.store.Owner, "the courier": ram, "an admin": w.admin, "a stranger": sita} {
			if a := who.Get("/v1/orders/", id, "/proof"); a.Status != 404 {
				t.Errorf("%s sees the proof: %d", name, a.Status)
			}
		}
		ram.Post("/v1/deliveries/{}/deliver", M{}, job).Problem(422, "proof_required")
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": wrong(pin)}, job).Problem(422, "wrong_proof").Is("details.tries_left", 4)
		ram.Post("/v1/deliveries/{}/deliver", M{"code": "AAAAAAAAAAAAAAAAAAAAAA"}, job).Problem(422, "wrong_proof")
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin, "event": "e2", "lat": "27.6728", "lng": "85.3252"}, job).Want(200).
			Is("state", "delivered").Is("proof", "pin").Is("earned", "135.00").Is("distance_from_dropoff_m", 11).Is("flagged", false)
		w.buyer.Get("/v1/orders/", id).Want(200).Is("state", "delivered")
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin, "event": "e2"}, job).Want(200).Is("state", "delivered")
		w.buyer.Get("/v1/orders/", id, "/proof").Want(200).Is("pin", "").Is("proof", "pin")
		w.store.Owner.Get("/v1/stores/", w.store.ID, "/earnings").Want(200).Is("balance", "-150.00")

		w.buyer.Post("/v1/orders/{}/delivery/rate", M{"stars": 5}, id).Want(204)
		w.buyer.Post("/v1/orders/{}/delivery/rate", M{"stars": 1}, id).Problem(409, "already_rated")
		ram.Get("/v1/couriers/me").Want(200).Is("rating", "5.00").Is("jobs", 0).Is("load", 0)
		w.buyer.Post("/v1/orders/{}/complete", nil, id).Want(200)
		w.store.Owner.Get("/v1/stores/", w.store.ID, "/earnings").Want(200).Is("balance", "100.00") // 250 − 150
		h := ram.Get("/v1/deliveries/", job, "/events").Want(200)
		if h.Len("items") != 5 {
			t.Errorf("history %s", h.Body)
		}
	})
}
