package payment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// inSale is a story of a checkout in a sale event that the market pays: 75.00 of 100.00 are the buyer's.
func inSale(t *testing.T, f func(t *testing.T, s *story, admin *apptest.Client)) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := &story{Market: m, t: t, gateway: newSlow()}
		m.Payments.AddGateway(s.gateway)
		s.store = m.Store()
		_, s.variant = s.store.Product("Lamp", "100.00", 1)
		admin := m.Person("admin")
		admin.Post("/v1/sale-events", M{"title": "Dashain", "percent": "25", "to": apptest.Start.Add(10 * time.Minute), "paid_by": "platform"}).Want(201)
		var address string
		s.buyer, address = m.Buyer()
		a := s.buyer.Post("/v1/checkouts", M{"direct": M{"variant": s.variant, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "75.00"}).Want(201)
		s.checkout, s.pay = "/v1/checkouts/"+a.Str("id"), "/v1/payments/"+a.Str("payment.id")
		f(t, s, admin)
	})
}

// promoted holds what the market has paid of discounts against what it should have.
func (s *story) promoted(admin *apptest.Client, want string) {
	s.t.Helper()
	is := ""
	for _, a := range s.SignIn(admin).Get("/v1/ledger/accounts?kind=platform_promotions").Want(200).At("items").([]any) {
		is = a.(map[string]any)["balance"].(string)
	}
	if is != want {
		s.t.Errorf("the market has paid %q of discounts, want %q", is, want)
	}
	s.Verify()
}

// The money comes after the window and after the sale: the order is what was agreed then, with the market's part.
func TestLateMoneyOfASaleFindsTheGoods(t *testing.T) {
	inSale(t, func(t *testing.T, s *story, admin *apptest.Client) {
		s.start()
		s.later(16 * time.Minute)
		s.Sweep("catalog.discounts")
		s.Sweep("payment.expire")
		s.order("cancelled", "unpaid")
		s.promoted(admin, "")
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200).Is("late", true)
		s.order("confirmed", "paid")
		s.promoted(admin, "-25.00")
		s.buyer.Post("/v1/orders/{}/cancel", nil, s.buyer.Get(s.checkout).Str("orders.0.id")).Want(200)
		s.promoted(admin, "0.00")
	})
}

// It comes and the goods are gone: it goes back, and the market pays nothing.
func TestLateMoneyOfASaleGoesBack(t *testing.T) {
	inSale(t, func(t *testing.T, s *story, admin *apptest.Client) {
		s.start()
		s.later(16 * time.Minute)
		s.Sweep("catalog.discounts")
		s.Sweep("payment.expire")
		other, address := s.Buyer()
		s.Fund(other, 10000)
		other.Post("/v1/checkouts", M{"direct": M{"variant": s.variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201)
		s.gateway.decide(s.attempt, paid)
		s.Sweep("payment.look")
		s.order("cancelled", "refunded")
		s.RunJobs()
		if got := s.gateway.givenBack(); got != 7888 { // with the gateway's fee: 2.00 and 2.5 %
			t.Errorf("%d was given back", got)
		}
		s.promoted(admin, "")
	})
}

// A transfer in a sale: the market's part is booked when a person has seen the money.
func TestTransferInASale(t *testing.T) {
	inSale(t, func(t *testing.T, s *story, admin *apptest.Client) {
		first, _ := s.bank()
		s.transfer().Is("total", "75.00")
		s.buyer.Post(s.pay+"/proof", M{"reference": "TX1234"}).Want(200)
		s.later(time.Hour)
		s.Sweep("catalog.discounts")
		s.promoted(admin, "")
		first = s.SignIn(first)
		id := first.Get("/v1/payment-proofs?state=submitted").Want(200).Is("items.0.total", "75.00").Str("items.0.id")
		first.Post("/v1/payment-proofs/{}/approve", M{"amount": "100.00"}, id).Problem(409, "amount_differs")
		first.Post("/v1/payment-proofs/{}/approve", M{"amount": "75.00"}, id).Want(200)
		s.order("confirmed", "paid")
		s.promoted(admin, "-25.00")
		s.store.Owner = s.SignIn(s.store.Owner)
		order := s.buyer.Get(s.checkout).Str("orders.0.id")
		for _, step := range []string{"ship", "deliver"} {
			s.store.Owner.Post("/v1/orders/"+order+"/"+step, nil).Want(200)
		}
		s.buyer.Post("/v1/orders/"+order+"/complete", nil).Want(200)
		s.store.Owner.Get("/v1/stores/", s.store.ID, "/earnings").Want(200).Is("balance", "100.00")
		s.promoted(admin, "-25.00")
	})
}

// One answer says how buyers pay, and no secret is in it.
func TestPaymentConfiguration(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		admin, _ := s.bank()
		admin.Patch("/v1/settings", M{"cash_on_delivery": false, "payment_window_minutes": 20}).Want(200)
		a := admin.Get("/v1/payment-configuration").Want(200).Is("currency", "NPR").Is("cash_on_delivery", false).Is("wallet_payments", true).
			Is("payment_window_minutes", 20).Is("gateway_fee_fixed", "2.00").Is("gateway_fee_bp", 250)
		if text := string(a.Body); !strings.Contains(text, `"gateway":"slow"`) || !strings.Contains(text, `"bank_transfer"`) || !strings.Contains(text, "0123456789") {
			t.Errorf("the configuration is %s", text)
		}
		s.buyer.Get("/v1/payment-configuration").Problem(403, "forbidden")
		s.store.Owner.Get("/v1/payment-configuration").Problem(403, "forbidden")
		s.Anonymous().Get("/v1/payment-configuration").Problem(401, "unauthenticated")
	})
}
