package order_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// giver is a market that takes a fee of a tenth and 13 % of tax, with a store that sells rice and soap, and a buyer.
type giver struct {
	*apptest.Market
	store          apptest.Store
	rice, soap     string
	admin, buyer   *apptest.Client
	address, order string
	lines          map[string]string
}

func newGiver(m *apptest.Market) *giver {
	g := &giver{Market: m, admin: m.Person("admin"), store: m.Store()}
	g.admin.Patch("/v1/settings", M{"tax_rate_bp": 1300, "platform_fee_bp": 1000, "delivery_flat": "5.00", "gateway_fee_fixed": "1.00", "gateway_fee_bp": 0}).Want(200)
	_, g.rice = g.store.Product("Rice", "3.33", 500)
	_, g.soap = g.store.Product("Soap", "10.00", 500)
	g.buyer, g.address = m.Buyer()
	m.Fund(g.buyer, 100_000)
	return g
}

// buy orders three of rice and one of soap: 9.99 + 1.30 and 10.00 + 1.30, and 5.00 for the delivery, makes 27.59.
func (g *giver) buy(method string) *apptest.Answer {
	g.T.Helper()
	for v, n := range map[string]int{g.rice: 3, g.soap: 1} {
		g.buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": n}).Want(201)
	}
	a := g.buyer.Post("/v1/checkouts", M{"address_id": g.address, "payment_method": method, "expected_total": "27.59"}).Want(201)
	g.order = a.Str("orders.0.id")
	g.lines = linesOf(g.store.Owner.Get("/v1/orders/", g.order).Want(200))
	if method == "gateway" {
		g.buyer.Post("/v1/payments/{}/attempts", M{"gateway": "test", "card": M{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"}}, a.Str("payment.id")).Want(201)
	}
	return a
}

func (g *giver) steps(names ...string) {
	g.T.Helper()
	for _, name := range names {
		c := g.store.Owner
		if name == "complete" {
			c = g.buyer
		}
		c.Post("/v1/orders/{}/"+name, nil, g.order).Want(200)
	}
}

func (g *giver) refund(c *apptest.Client, body M) *apptest.Answer {
	g.T.Helper()
	if body["reason"] == nil {
		body["reason"] = "broken"
	}
	return c.Post("/v1/orders/{}/refunds", body, g.order)
}

func (g *giver) earned() string {
	g.T.Helper()
	return g.store.Owner.Get("/v1/stores/", g.store.ID, "/earnings").Want(200).Str("balance")
}

func (g *giver) wallet() string { return g.buyer.Get("/v1/wallet").Want(200).Str("balance") }

// Out of the escrow: by line, by amount, and what is left; each to the card that paid, once the gateway has done it.
func TestRefundBeforeTheStoreIsPaid(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		pay := g.buy("gateway").Str("payment.id")
		owner := g.store.Owner
		owner.Get("/v1/orders/", g.order).Want(200).Is("refundable", "27.59").Is("payment_status", "paid")
		a := g.refund(owner, M{"lines": []M{{"line": g.lines[g.rice], "quantity": 1}}}).Want(201).Is("amount", "3.76").Is("state", "requested").Is("destination", "source").Is("reason", "broken")
		owner.Get("/v1/orders/", g.order).Want(200).Is("refunded", "3.76").Is("refundable", "23.83").Is("payment_status", "part_refunded").Is("state", "confirmed")
		m.Verify()
		m.RunJobs()
		for _, c := range []*apptest.Client{g.buyer, owner, g.admin} {
			c.Get("/v1/refunds/", a.Str("id")).Want(200).Is("state", "completed")
			c.Get("/v1/orders/", g.order, "/refunds").Want(200).Is("items.0.id", a.Str("id"))
		}
		g.buyer.Get("/v1/payments/", pay).Want(200).Is("state", "part_refunded").Is("refunded", "3.76")

		// Two units of rice are left; then a store cuts one of them, and the last takes the rounding rest.
		g.refund(owner, M{"lines": []M{{"line": g.lines[g.rice], "quantity": 3}}}).Problem(409, "refund_units_too_many").Is("details.left", 2)
		owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1}, g.order, g.lines[g.rice]).Want(200).Is("refunded", "6.27")
		g.refund(owner, M{"lines": []M{{"line": g.lines[g.rice]}}}).Want(201).Is("amount", "5.02")
		g.refund(owner, M{"lines": []M{{"line": g.lines[g.rice]}}}).Problem(409, "refund_units_too_many")
		m.Verify()
		g.steps("ship")
		g.refund(g.admin, M{"amount": "4.00"}).Want(201)
		m.Verify()
		g.steps("deliver")
		g.refund(g.admin, M{"amount": "12.31"}).Problem(409, "refund_too_large").Is("details.left", "12.30")
		g.refund(owner, M{"lines": []M{{"line": g.lines[g.soap]}}, "delivery": true, "destination": "wallet"}).Want(201).Is("amount", "12.30").Is("state", "completed").Is("destination", "wallet")
		g.refund(owner, M{"whole": true}).Problem(409, "refund_too_large").Is("details.left", "0.00")
		owner.Get("/v1/orders/", g.order).Want(200).Is("payment_status", "refunded").Is("refundable", "0.00")
		g.steps("complete")
		m.RunJobs()
		if g.earned() != "0.00" || g.wallet() != "1012.30" {
			t.Errorf("the store earned %s, the buyer has %s", g.earned(), g.wallet())
		}
		g.buyer.Get("/v1/payments/", pay).Want(200).Is("state", "refunded").Is("fee", "1.00")

		// What was given back stands on credit notes, and in the log.
		m.Sweep("event.number")
		m.Sweep("event.follow.invoice.follow")
		m.Sweep("event.follow.invoice.follow")
		g.buyer.Get("/v1/orders/", g.order, "/invoice").Want(200).Is("total", "23.83")
		g.buyer.Get("/v1/invoices?kind=credit_note").Want(200).Is("items.0.total", "23.83")
		history := string(owner.Get("/v1/orders/", g.order, "/events").Want(200).Body)
		if n := strings.Count(history, "order.refunded"); n != 4 {
			t.Errorf("%d refunds in the history: %s", n, history)
		}
	})
}

// After the order is completed the store gives back what it got, into a debt, and has the market's fee again.
func TestRefundAfterTheStoreIsPaid(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("wallet")
		g.steps("ship", "deliver", "complete")
		if got := g.earned(); got != "25.59" { // 27.59 less a tenth of 9.99 and of 10.00
			t.Fatalf("earned %s", got)
		}
		g.refund(g.store.Owner, M{"amount": "10.00"}).Want(201).Is("state", "completed").Is("destination", "wallet")
		m.Verify()
		if g.wallet() != "982.41" {
			t.Errorf("the buyer has %s", g.wallet())
		}
		// Of 10.00 on 27.59, 4.09 are of each line: 0.36 of their fee.
		if got := g.earned(); got != "16.31" {
			t.Errorf("the store has %s", got)
		}
		g.refund(g.admin, M{"whole": true}).Want(201)
		if g.earned() != "0.00" || g.wallet() != "1000.00" {
			t.Errorf("the store has %s, the buyer %s", g.earned(), g.wallet())
		}
		m.Verify()
		m.Sweep("event.number")
		m.Sweep("event.follow.invoice.follow")
		m.Sweep("event.follow.invoice.follow")
		g.buyer.Get("/v1/invoices?kind=credit_note").Want(200).Is("items.0.total", "27.59").Is("items.0.tax", "2.60")

		// A store whose earnings are spent owes.
		g.buy("cod")
		g.steps("confirm", "ship", "deliver")
		g.refund(g.store.Owner, M{"whole": true}).Want(201).Is("destination", "wallet").Is("state", "completed")
		if g.earned() != "-27.59" || g.wallet() != "1027.59" {
			t.Errorf("the store has %s, the buyer %s", g.earned(), g.wallet())
		}
		m.Verify()
		g.steps("complete") // no fee is due any more
		if g.earned() != "-27.59" {
			t.Errorf("the store has %s", g.earned())
		}
	})
}

// Cash that was completed: the fee that was a debt is given back. A guest has no wallet: a person pays from the bank.
func TestRefundOfCash(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("cod")
		g.refund(g.store.Owner, M{"whole": true}).Problem(409, "nothing_paid")
		g.steps("confirm", "ship", "deliver", "complete")
		if g.earned() != "-2.00" {
			t.Errorf("the store has %s", g.earned())
		}
		g.refund(g.store.Owner, M{"lines": []M{{"line": g.lines[g.soap]}}}).Want(201).Is("amount", "11.30")
		if g.earned() != "-12.30" {
			t.Errorf("the store has %s", g.earned())
		}
		m.Verify()

		g.order = m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": g.soap})).Want(201).Str("orders.0.id")
		g.steps("confirm", "ship", "deliver")
		g.refund(g.store.Owner, M{"whole": true, "destination": "wallet"}).Problem(409, "no_wallet")
		id := g.refund(g.store.Owner, M{"amount": "1.00"}).Want(201).Is("state", "failed").Is("failure", "no_way_back").Str("id")
		m.Verify()
		g.admin.Get("/v1/refunds?all=true&state=failed").Want(200).Is("items.0.id", id)
		g.store.Owner.Get("/v1/refunds?state=failed&store=", g.store.ID).Want(200).Is("items.0.id", id)
		g.admin.Post("/v1/refunds/{}/settle", M{"to": "wallet"}, id).Problem(409, "no_wallet")
		g.admin.Post("/v1/refunds/{}/settle", M{"to": "bank", "reference": "TT 1"}, id).Want(200).Is("state", "completed")
	})
}

// What the market paid of a discount goes back to it, before the store has it and after.
func TestRefundOfADiscountThatTheMarketPays(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		for _, when := range []string{"", "complete"} {
			admin, s := m.Person("admin"), m.Store()
			chair, seat := s.Product("Chair", "10.00", 50)
			admin.Post("/v1/sale-events", M{"title": "Tihar", "percent": "10", "to": m.Clock.Now().AddDate(0, 1, 0), "products": []string{chair}, "paid_by": "platform"}).Want(201)
			for _, method := range []string{"wallet", "cod"} {
				buyer, address := m.Buyer()
				m.Fund(buyer, 10_000)
				order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": seat, "quantity": 3}, "address_id": address, "payment_method": method, "expected_total": "27.00"}).Want(201).Str("orders.0.id")
				steps := []string{"ship", "deliver"}
				if method == "cod" {
					steps = []string{"confirm", "ship", "deliver"}
				}
				for _, step := range steps {
					s.Owner.Post("/v1/orders/{}/"+step, nil, order).Want(200)
				}
				if when != "" {
					buyer.Post("/v1/orders/{}/complete", nil, order).Want(200)
				}
				for _, amount := range []string{"9.00", "0.01", "17.99"} {
					s.Owner.Post("/v1/orders/{}/refunds", M{"amount": amount, "reason": "broken"}, order).Want(201)
					m.Verify()
				}
				if when == "" {
					buyer.Post("/v1/orders/{}/complete", nil, order).Want(200)
					m.Verify()
				}
			}
		}
	})
}

func TestRefundsThatAreRefused(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("wallet")
		owner := g.store.Owner
		g.refund(g.buyer, M{"whole": true}).Problem(403, "not_your_part")
		g.refund(m.Person("customer", "seller"), M{"whole": true}).Problem(404, "order_not_found")
		clerk := m.Person("customer")
		owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"catalog"}}, g.store.ID)
		if a := g.refund(clerk, M{"whole": true}); a.Status != 403 {
			t.Errorf("a clerk without the right: %d %s", a.Status, a.Body)
		}
		for _, c := range []struct {
			body   M
			status int
			code   string
		}{
			{M{}, 422, "refund_what"}, {M{"whole": true, "amount": "1.00"}, 422, "refund_what"}, {M{"whole": true, "lines": []M{{"line": g.lines[g.rice]}}}, 422, "refund_what"},
			{M{"amount": "0.00"}, 422, "refund_amount_invalid"}, {M{"amount": "-1.00"}, 422, "refund_amount_invalid"}, {M{"amount": "1.001"}, 422, "refund_amount_invalid"},
			{M{"amount": "1e3"}, 422, "refund_amount_invalid"}, {M{"amount": "99999999999999999"}, 422, "refund_amount_invalid"}, {M{"amount": "27.60"}, 409, "refund_too_large"},
			{M{"amount": "90000000000.00"}, 409, "refund_too_large"}, {M{"whole": true, "reason": "   "}, 422, "reason_needed"},
			{M{"lines": []M{{"line": "oln_0000000000000000"}}}, 404, "order_line_not_found"},
			{M{"lines": []M{{"line": g.lines[g.rice]}, {"line": g.lines[g.rice]}}}, 404, "order_line_not_found"},
			{M{"lines": []M{{"line": g.lines[g.rice], "quantity": 4}}}, 409, "refund_units_too_many"},
		} {
			g.refund(owner, c.body).Problem(c.status, c.code)
		}
		g.refund(owner, M{"lines": []M{{"line": g.lines[g.rice], "quantity": -1}}}).Want(422)
		g.refund(owner, M{"whole": true, "destination": "moon"}).Want(422)
		stranger := m.Person("customer")
		stranger.Get("/v1/orders/", g.order, "/refunds").Problem(404, "order_not_found")
		stranger.Get("/v1/refunds?all=true").Problem(403, "forbidden")
		stranger.Get("/v1/refunds?store=", g.store.ID).Problem(404, "store_not_found")
		if n := stranger.Get("/v1/refunds").Want(200).Len("items"); n != 0 {
			t.Errorf("a stranger has %d refunds", n)
		}

		// A cancelled order has given back everything.
		g.buyer.Post("/v1/orders/{}/cancel", nil, g.order).Want(200)
		g.refund(owner, M{"whole": true}).Problem(409, "refund_too_large")

		// One that was given back in part gives the rest back when it is cancelled.
		g.buy("wallet")
		key := owner.Key("refund-key-00000001")
		first := g.refund(key, M{"amount": "2.59"}).Want(201)
		if again := g.refund(key, M{"amount": "2.59"}).Want(201).Is("id", first.Str("id")); again.Header.Get("Idempotency-Replayed") != "true" {
			t.Error("not said to be a replay")
		}
		g.refund(key, M{"amount": "2.60"}).Problem(422, "idempotency_key_reused")
		if g.wallet() != "975.00" {
			t.Errorf("the buyer has %s", g.wallet())
		}
		g.buyer.Post("/v1/orders/{}/cancel", nil, g.order).Want(200).Is("payment_status", "refunded")
		g.buy("wallet")
		g.refund(owner, M{"whole": true}).Want(201)
		g.buyer.Post("/v1/orders/{}/cancel", nil, g.order).Want(200)
		if g.wallet() != "1000.00" {
			t.Errorf("the buyer has %s", g.wallet())
		}
	})
}

// Many refunds at once, beside a cancel, cuts and a completion: never more than was paid, and the books agree.
func TestRefundsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		for _, other := range []string{"none", "cancel", "cut", "complete"} {
			g.buy("wallet")
			path := "/v1/orders/" + g.order
			var wg sync.WaitGroup
			switch other {
			case "cancel", "complete":
				if other == "complete" {
					g.steps("ship", "deliver")
				}
				wg.Go(func() {
					if a, err := g.buyer.Try("POST", path+"/"+other, nil); err != nil || a.Status != 200 {
						t.Errorf("%v %+v", err, a)
					}
				})
			case "cut":
				wg.Go(func() {
					for range 3 {
						if a, err := g.store.Owner.Try("POST", path+"/lines/"+g.lines[g.rice]+"/cut", M{"quantity": 1}); err != nil || a.Status != 200 && a.Status != 409 {
							t.Errorf("%v %+v", err, a)
						}
					}
				})
			}
			n := atOnce(t, 16, func(i int) (*apptest.Answer, error) {
				body := M{"amount": fmt.Sprintf("%d.00", 3+i%2), "reason": "twice"}
				if i%5 == 4 {
					body = M{"whole": true, "reason": "all"}
				}
				a, err := g.store.Owner.Try("POST", path+"/refunds", body)
				if a != nil && a.Status == 201 {
					a.Status = 200
				}
				return a, err
			})
			wg.Wait()
			if n > 10 {
				t.Errorf("%s: %d refunds of 27.59", other, n)
			}
			m.Verify()
		}
	})
}
