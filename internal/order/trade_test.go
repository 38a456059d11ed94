package order_test

import (
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

var good = M{"gateway": "test", "card": M{"number": "4242 4242 4242 4242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}

func card(number string) M {
	return M{"gateway": "test", "card": M{"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
}

// buy checks the whole cart out and gives the answer.
func buy(c *apptest.Client, address, method, total string) *apptest.Answer {
	return c.Post("/v1/checkouts", M{"address_id": address, "payment_method": method, "expected_total": total})
}

// A customer buys from two stores, pays by card, and gets both parcels; each store gets its money three days after.
func TestTradeFromCartToPayout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		tea, pots := m.Store(), m.Store()
		_, leaf := tea.Product("Ilam tea", "450.00", 10)
		_, pot := pots.Product("Clay pot", "489.96", 5)
		buyer, address := m.Buyer()

		buyer.Post("/v1/cart/lines", M{"variant": leaf, "quantity": 2}).Want(201)
		buyer.Post("/v1/cart/lines", M{"variant": pot, "quantity": 1}).Want(201)
		buyer.Get("/v1/cart/count").Want(200).Is("line_count", 2).Is("unit_count", 3)

		quote := buyer.Post("/v1/checkouts/quote", M{}).Want(200)
		quote.Is("totals.total", "1389.96")
		checkout := buy(buyer, address, "gateway", "1389.96").Want(201)
		checkout.Is("payment.state", "pending").Is("orders.0.state", "awaiting_payment").Is("orders.1.state", "awaiting_payment")
		buyer.Get("/v1/cart/count").Want(200).Is("line_count", 0)
		tea.Owner.Get("/v1/variants/", leaf, "/stock").Want(200).Is("available", 8).Is("reserved", 2)

		pay := "/v1/payments/" + checkout.Str("payment.id")
		buyer.Post(pay+"/attempts", card("4000000000000002")).Problem(402, "card_declined")
		buyer.Post(pay+"/attempts", card("4000000000009995")).Problem(402, "insufficient_funds")
		buyer.Post(pay+"/attempts", card("4000000000000069")).Problem(402, "expired_card")
		buyer.Post(pay+"/attempts", card("4000000000000127")).Problem(402, "incorrect_cvc")
		buyer.Post(pay+"/attempts", good).Want(201).Is("state", "succeeded").Is("fee", "36.75").Is("total", "1426.71").Is("instrument", "4242")
		buyer.Post(pay+"/attempts", good).Problem(409, "already_paid")
		buyer.Get(pay).Want(200).Is("state", "completed").Is("fee", "36.75").Is("captured", "1389.96")
		tea.Owner.Get("/v1/variants/", leaf, "/stock").Want(200).Is("available", 8).Is("reserved", 0)
		m.Verify()

		for i, st := range []apptest.Store{tea, pots} {
			order := "/v1/orders/" + checkout.Str("orders."+string(rune('0'+i))+".id")
			if buyer.Get(order).Want(200).Str("store.id") != st.ID {
				order = "/v1/orders/" + checkout.Str("orders."+string(rune('1'-i))+".id")
			}
			buyer.Post(order+"/ship", nil).Problem(403, "not_your_part")
			st.Owner.Get(order).Want(200).Is("state", "confirmed").Is("payment_status", "paid")
			st.Owner.Post(order+"/process", nil).Want(200).Is("state", "processing")
			st.Owner.Post(order+"/ship", M{"note": "by bus"}).Want(200).Is("state", "shipped")
			buyer.Post(order+"/cancel", nil).Problem(409, "wrong_state")
			st.Owner.Post(order+"/deliver", nil).Want(200).Is("state", "delivered")
			m.Anonymous().Get(order).Problem(401, "unauthenticated")
			m.Person("customer").Get(order).Problem(404, "order_not_found")
			if i == 0 {
				buyer.Post(order+"/complete", nil).Want(200).Is("state", "completed")
			}
			if n := buyer.Get(order + "/events").Want(200).Len("items"); n < 5 {
				t.Errorf("history has %d entries", n)
			}
		}
		m.Clock.Advance(71 * time.Hour)
		if n := m.Sweep("order.due"); n != 0 {
			t.Errorf("%d orders completed before their time", n)
		}
		m.Clock.Advance(2 * time.Hour)
		if n := m.Sweep("order.due"); n != 1 {
			t.Errorf("%d orders completed, want 1", n)
		}
	})
}

// An order that is not paid in time is cancelled once, and its stock goes back.
func TestUnpaidCheckoutExpires(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "100.00", 3)
		buyer, address := m.Buyer()
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 3}).Want(201)
		checkout := buy(buyer, address, "gateway", "300.00").Want(201)
		pay := "/v1/payments/" + checkout.Str("payment.id")

		m.Clock.Advance(13*time.Minute + time.Second)
		buyer = again(m, buyer)
		buyer.Post(pay+"/attempts", good).Problem(409, "payment_window_closing")
		if n := m.Sweep("payment.expire"); n != 0 {
			t.Fatalf("expired %d before the time", n)
		}
		m.Clock.Advance(2 * time.Minute)
		buyer = again(m, buyer)
		if n := m.Sweep("payment.expire"); n != 1 {
			t.Fatalf("expired %d, want 1", n)
		}
		buyer.Get("/v1/orders/", checkout.Str("orders.0.id")).Want(200).Is("state", "cancelled").Is("cancel_reason", "payment_expired")
		buyer.Post(pay+"/attempts", good).Problem(409, "payment_timeout")
		again(m, st.Owner).Get("/v1/variants/", v, "/stock").Want(200).Is("available", 3).Is("reserved", 0)
	})
}

// again signs a person in anew, after the clock moved past the token's life.
func again(m *apptest.Market, c *apptest.Client) *apptest.Client { return m.SignIn(c) }

// A wallet pays at once; a cancelled order's money is back at once.
func TestWalletPaysAndIsRefunded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Basket", "250.50", 4)
		buyer, address := m.Buyer()
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 2}).Want(201)
		poor := buy(buyer, address, "wallet", "501.00")
		poor.Problem(409, "insufficient_balance")
		buyer.Get("/v1/cart/count").Want(200).Is("line_count", 1)
		m.Fund(buyer, 60000)
		checkout := buy(buyer, address, "wallet", "501.00").Want(201).Is("orders.0.state", "confirmed").Is("orders.0.payment_status", "paid").Is("payment.state", "completed")
		buyer.Get("/v1/wallet").Want(200).Is("balance", "99.00")
		st.Owner.Get("/v1/variants/", v, "/stock").Want(200).Is("available", 2)
		m.Verify()
		order := "/v1/orders/" + checkout.Str("orders.0.id")
		buyer.Post(order+"/cancel", nil).Want(200).Is("state", "cancelled").Is("cancel_reason", "customer").Is("payment_status", "refunded")
		buyer.Get("/v1/wallet").Want(200).Is("balance", "600.00")
		st.Owner.Get("/v1/variants/", v, "/stock").Want(200).Is("available", 4)
		st.Owner.Post(order+"/ship", nil).Problem(409, "wrong_state")
	})
}

// Cash on delivery reserves; the store confirms, delivers, and the order is paid at the door.
func TestCashOnDelivery(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Rice", "90.00", 4)
		buyer, address := m.Buyer()
		place := func() string {
			return buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "cod", "expected_total": "90.00"}).Want(201).Str("orders.0.id")
		}
		first := "/v1/orders/" + place()
		buyer.Get(first).Want(200).Is("state", "pending").Is("payment_status", "unpaid")
		buyer.Post(first+"/confirm", nil).Problem(403, "not_your_part")
		st.Owner.Post(first+"/confirm", nil).Want(200).Is("state", "confirmed")
		st.Owner.Post(first+"/ship", nil).Want(200)
		st.Owner.Post(first+"/deliver", nil).Want(200).Is("payment_status", "paid")
		buyer.Post(first+"/complete", nil).Want(200).Is("state", "completed")
		m.Verify()

		second, third := "/v1/orders/"+place(), "/v1/orders/"+place()
		st.Owner.Post(second+"/confirm", nil).Want(200)
		st.Owner.Post(second+"/ship", nil).Want(200)
		st.Owner.Post(second+"/return", M{"note": "refused"}).Want(200).Is("state", "returning")
		st.Owner.Post(second+"/receive", M{"restock": true}).Want(200).Is("state", "returned").Is("payment_status", "unpaid")
		m.Clock.Advance(25 * time.Hour)
		if n := m.Sweep("order.due"); n != 1 {
			t.Errorf("%d orders lapsed, want 1", n)
		}
		again(m, buyer).Get(third).Want(200).Is("state", "cancelled").Is("cancel_reason", "no_answer")
		again(m, st.Owner).Get("/v1/variants/", v, "/stock").Want(200).Is("available", 3).Is("reserved", 0)
	})
}

// An address can be written with the checkout; one that is not complete is refused, and so is none at all.
func TestAddressOfACheckout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		_, v := m.Store().Product("Lamp", "10.00", 5)
		buyer := m.Person("customer")
		body := func(more M) M {
			out := M{"direct": M{"variant": v, "quantity": 1}, "payment_method": "cod", "expected_total": "10.00"}
			for k, x := range more {
				out[k] = x
			}
			return out
		}
		buyer.Post("/v1/checkouts", body(nil)).Problem(422, "address_required")
		buyer.Post("/v1/checkouts", body(M{"address": M{"name": "Asha"}})).Want(422)
		buyer.Post("/v1/checkouts", body(M{"address": M{"name": "Asha", "line1": "12 Bazaar Road", "city": "Kathmandu"}})).Problem(422, "contact_required")
		a := buyer.Post("/v1/checkouts", body(M{"address": M{"name": "Asha", "line1": "12 Bazaar Road", "city": "Kathmandu", "phone": "+9779800000001"}})).Want(201)
		a.Is("contact.name", "Asha").Is("address.city", "Kathmandu")
		stranger, theirs := m.Buyer()
		buyer.Post("/v1/checkouts", body(M{"address_id": theirs})).Problem(404, "address_not_found")
		stranger.Get("/v1/checkouts/", a.Str("id")).Problem(404, "checkout_not_found")
	})
}

// A paid order that the store cancels goes back to the card, by a job.
func TestCardRefund(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Shawl", "1000.00", 1)
		buyer, address := m.Buyer()
		buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
		checkout := buy(buyer, address, "gateway", "1000.00").Want(201)
		pay := "/v1/payments/" + checkout.Str("payment.id")
		buyer.Post(pay+"/attempts", good).Want(201)
		order := "/v1/orders/" + checkout.Str("orders.0.id")
		st.Owner.Post(order+"/cancel", nil).Want(200).Is("cancel_reason", "store").Is("payment_status", "refunded")
		buyer.Get(pay+"/refunds").Want(200).Is("items.0.state", "requested").Is("items.0.amount", "1000.00").Is("items.0.fee", "0.00")
		m.RunJobs()
		buyer.Get(pay+"/refunds").Want(200).Is("items.0.state", "completed")
		buyer.Get(pay).Want(200).Is("state", "refunded")
	})
}
