package order_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/code"
)

// Who signs in with the token that he had as a guest finds his cart and his orders in the account; what could not be taken
// over is said. Doing it again changes nothing.
func TestGuestSignsIn(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, rice := s.Product("Rice", "3.00", 50)
		_, soap := s.Product("Soap", "8.00", 5)
		ana, other := m.Person("customer"), m.Person("customer")
		ana.Post("/v1/cart/lines", M{"variant": rice, "quantity": 1}).Want(201)
		token := m.Anonymous().Post("/v1/cart/lines", M{"variant": rice, "quantity": 2}).Want(201).Header.Get(guestHeader)
		g := m.Anonymous().With(guestHeader, token)
		mine := g.Post("/v1/guest/orders", message("LEG-1", M{"variant": rice})).Want(201).Str("orders.0.id")
		g.Post("/v1/cart/lines", M{"variant": soap, "quantity": 5}).Want(201)
		m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice})).Want(201) // the same telephone, another requester
		s.Owner.Post("/v1/variants/{}/stock/adjustments", M{"delta": -2, "reason": "damaged"}, soap).Want(201)

		login := func(c *apptest.Client, token string) *apptest.Answer {
			return m.Anonymous().With(guestHeader, token).Post("/v1/auth/login", M{"email": c.Email, "password": apptest.Password}).Want(200)
		}
		login(ana, token).Is("guest.unit_count", 6).Is("guest.orders", []any{mine}).Is("guest.changes.0.kind", "quantity_reduced").
			Is("guest.changes.0.variant", soap).Is("guest.changes.0.new_quantity", 3).Is("guest.changes.1", nil)
		ana.Get("/v1/cart").Want(200).Is("unit_count", 6)
		if a := ana.Get("/v1/orders").Want(200).Is("items.0.id", mine); a.Len("items") != 1 {
			t.Errorf("%s", a.Body)
		}
		login(ana, token).Is("guest.unit_count", 6).Is("guest.orders", []any{}).Is("guest.changes", []any{})
		login(other, token).Is("guest.unit_count", 0).Is("guest.orders", []any{})
		login(other, code.Token()).Is("guest.unit_count", 0)
		other.Get("/v1/orders/", mine).Problem(404, "order_not_found")
		m.Anonymous().Post("/v1/auth/login", M{"email": ana.Email, "password": apptest.Password}).Want(200).Is("guest", nil)
		m.Anonymous().With(guestHeader, token).Post("/v1/auth/login", M{"email": ana.Email, "password": "wrong password"}).Want(401)
	})
}

// An admin switches ways to pay off and on; payments are found by state, method and time.
func TestWaysToPay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, admin := m.Store(), m.Person("admin")
		_, rice := s.Product("Rice", "3.00", 50)
		ana, address := m.Buyer()
		m.Fund(ana, 10_000)
		buy := func(method string) *apptest.Answer {
			return ana.Post("/v1/checkouts", M{"direct": M{"variant": rice, "quantity": 1}, "address_id": address, "payment_method": method, "expected_total": "3.00"})
		}
		first := buy("wallet").Want(201).Str("payment.id")
		admin.Patch("/v1/settings", M{"wallet_payments": false, "cash_on_delivery": false, "guest_orders": false}).Want(200).Is("wallet_payments", false)
		buy("wallet").Problem(409, "payment_method_off")
		buy("cod").Problem(409, "payment_method_off")
		m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": rice})).Problem(403, "guest_orders_off")
		open := buy("gateway").Want(201).Str("payment.id")
		ana.Post("/v1/payments/{}/attempts", M{"gateway": "wallet"}, open).Problem(422, "gateway_unknown")
		if a := m.Anonymous().Get("/v1/payment-methods").Want(200).Is("0.method", "gateway"); a.At("1") != nil {
			t.Errorf("%s", a.Body)
		}
		admin.Patch("/v1/settings", M{"wallet_payments": true, "cash_on_delivery": true, "guest_orders": true}).Want(200)
		m.Clock.Advance(time.Hour)
		ana, admin = m.SignIn(ana), m.SignIn(admin)
		cash := buy("cod").Want(201).Str("payment.id")
		later := url.QueryEscape(apptest.Start.Add(30 * time.Minute).Format(time.RFC3339))
		for path, want := range map[string][]string{
			"": {cash, open, first}, "method=cod": {cash}, "state=completed&method=wallet": {first}, "from=" + later: {cash},
			"to=" + later: {open, first}, "state=completed&to=" + later: {first}, "method=wallet&from=" + later: nil,
		} {
			for _, c := range []*apptest.Client{ana, admin} {
				all := ""
				if c == admin {
					all = "&all=true"
				}
				a := c.Get("/v1/payments?", path, all).Want(200)
				if a.Len("items") != len(want) {
					t.Errorf("%s: %s", path, a.Body)
				}
				for i, id := range want {
					a.Is("items."+string(rune('0'+i))+".id", id)
				}
			}
		}
		ana.Get("/v1/payments?method=barter").Want(422)
	})
}
