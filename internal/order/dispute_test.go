package order_test

import (
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

func (g *giver) dispute() string {
	g.T.Helper()
	return g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "The bag was open."}, g.order).Want(201).Is("state", "open").Is("overdue", false).Str("id")
}

// later lets time pass, signs everybody in anew and lets the sweep look.
func (g *giver) later(d time.Duration) {
	g.T.Helper()
	g.Clock.Advance(d)
	g.buyer, g.admin, g.store.Owner = g.SignIn(g.buyer), g.SignIn(g.admin), g.SignIn(g.store.Owner)
	g.Sweep("order.due")
}

// While a dispute is open nobody gets the money, whatever time passes; then an admin says who.
func TestDispute(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("wallet")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(409, "dispute_too_late")
		g.steps("ship", "deliver")
		g.store.Owner.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(403, "not_your_part")
		stranger := m.Person("customer")
		stranger.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(404, "order_not_found")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "  "}, g.order).Problem(422, "text_needed")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "bored", "text": "x"}, g.order).Want(422)
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x", "lines": []M{{"line": g.lines[g.rice], "quantity": 9}}}, g.order).Problem(409, "refund_units_too_many")
		id := g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "The bag was open.", "lines": []M{{"line": g.lines[g.rice]}}}, g.order).Want(201).Is("lines.0.quantity", 3).Str("id")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(409, "dispute_open")
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("disputed", true).Is("allowed_actions", []any{}).Is("completes_at", nil)
		g.buyer.Post("/v1/orders/{}/complete", nil, g.order).Problem(409, "order_frozen")
		g.admin.Post("/v1/orders/{}/complete", nil, g.order).Problem(409, "order_frozen")
		g.refund(g.store.Owner, M{"whole": true}).Problem(409, "order_frozen")
		m.Verify()

		// Both speak; the store's word stops the clock of its answer.
		stranger.Get("/v1/disputes/", id).Problem(404, "dispute_not_found")
		stranger.Post("/v1/disputes/{}/messages", M{"text": "x"}, id).Problem(404, "dispute_not_found")
		g.later(73 * time.Hour)
		g.buyer.Get("/v1/disputes/", id).Want(200).Is("overdue", true)
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("state", "delivered")
		for _, c := range []*apptest.Client{g.buyer, g.store.Owner, g.admin} {
			c.Post("/v1/disputes/{}/messages", M{"text": "Here is what I say."}, id).Want(201)
		}
		g.buyer.Get("/v1/disputes/", id).Want(200).Is("overdue", false).Is("messages.0.party", "buyer").Is("messages.1.party", "store").Is("messages.2.party", "admin")
		g.buyer.Get("/v1/disputes?state=open").Want(200).Is("items.0.id", id)
		g.store.Owner.Get("/v1/disputes?store=", g.store.ID).Want(200).Is("items.0.id", id)
		g.admin.Get("/v1/disputes?all=true&state=open").Want(200).Is("items.0.id", id)
		g.buyer.Get("/v1/disputes?all=true").Problem(403, "forbidden")

		// Split: 10.00 to the buyer, the rest to the store, less the fee on what it keeps.
		resolve := func(body M) *apptest.Answer { return g.admin.Post("/v1/disputes/{}/resolve", body, id) }
		for _, amount := range []string{"0.00", "-1.00", "27.59", "30.00", "x", ""} {
			resolve(M{"outcome": "split", "amount": amount, "note": "x"}).Problem(422, "dispute_split")
		}
		g.buyer.Post("/v1/disputes/{}/resolve", M{"outcome": "refunded", "note": "x"}, id).Problem(403, "forbidden")
		resolve(M{"outcome": "split", "amount": "10.00", "note": "Half of it was good."}).Want(200).Is("state", "resolved").Is("outcome", "split").Is("given", "10.00")
		resolve(M{"outcome": "refunded", "note": "x"}).Problem(409, "dispute_closed")
		g.buyer.Post("/v1/disputes/{}/messages", M{"text": "x"}, id).Problem(409, "dispute_closed")
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("state", "completed").Is("payment_status", "part_refunded").Is("disputed", false)
		if g.earned() != "16.31" || g.wallet() != "982.41" {
			t.Errorf("the store has %s, the buyer %s", g.earned(), g.wallet())
		}
		m.Verify()

		// All to the buyer; all to the store; withdrawn, and released by itself a day later.
		for _, c := range []struct{ outcome, earned, wallet string }{{"refunded", "16.31", "982.41"}, {"released", "41.90", "954.82"}} {
			g.buy("wallet")
			g.steps("ship", "deliver")
			id = g.dispute()
			resolve(M{"outcome": c.outcome, "note": "So it is."}).Want(200)
			if g.earned() != c.earned || g.wallet() != c.wallet {
				t.Errorf("%s: the store has %s, the buyer %s", c.outcome, g.earned(), g.wallet())
			}
		}
		g.buy("wallet")
		g.steps("ship")
		id = g.dispute()
		g.steps("deliver")
		g.later(100 * time.Hour)
		g.store.Owner.Post("/v1/disputes/{}/withdraw", nil, id).Problem(403, "not_your_part")
		g.buyer.Post("/v1/disputes/{}/withdraw", nil, id).Want(200).Is("state", "withdrawn")
		g.Sweep("order.due")
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("state", "delivered")
		g.later(25 * time.Hour)
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("state", "completed")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(409, "dispute_too_late")
	})
}

// Goods that come back while a dispute is open end it; cash is disputed too; and not for ever.
func TestDisputesThatEndOtherwise(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("wallet")
		g.steps("ship")
		id := g.dispute()
		g.steps("return", "receive")
		g.buyer.Get("/v1/disputes/", id).Want(200).Is("outcome", "returned").Is("given", "27.59")
		m.Verify()

		g.buy("cod")
		g.steps("confirm", "ship")
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(409, "nothing_paid")
		g.steps("deliver")
		id = g.dispute()
		g.admin.Post("/v1/disputes/{}/resolve", M{"outcome": "refunded", "note": "So it is."}, id).Want(200)
		if g.earned() != "-27.59" {
			t.Errorf("the store has %s", g.earned())
		}
		m.Verify()

		g.buy("wallet")
		g.steps("ship", "deliver")
		for range 3 {
			g.buyer.Post("/v1/disputes/{}/withdraw", nil, g.dispute()).Want(200)
		}
		g.buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "x"}, g.order).Problem(409, "too_many_disputes")
	})
}

// What an admin freezes nobody moves.
func TestFreeze(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("wallet")
		freeze := func(verb string) *apptest.Answer {
			return g.admin.Post("/v1/orders/{}/"+verb, M{"reason": "looked at"}, g.order)
		}
		g.store.Owner.Post("/v1/orders/{}/freeze", M{"reason": "x"}, g.order).Problem(403, "forbidden")
		freeze("unfreeze").Problem(409, "order_not_frozen")
		freeze("freeze").Want(200).Is("frozen", true)
		freeze("freeze").Problem(409, "order_frozen")
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("allowed_actions", []any{})
		g.buyer.Post("/v1/orders/{}/cancel", nil, g.order).Problem(409, "order_frozen")
		g.store.Owner.Post("/v1/orders/{}/lines/{}/cut", nil, g.order, g.lines[g.rice]).Problem(409, "order_frozen")
		g.refund(g.admin, M{"whole": true}).Problem(409, "order_frozen")
		g.steps("ship", "deliver")
		id := g.dispute()
		g.later(100 * time.Hour)
		g.buyer.Get("/v1/orders/", g.order).Want(200).Is("state", "delivered")
		g.admin.Post("/v1/disputes/{}/resolve", M{"outcome": "refunded", "note": "x"}, id).Problem(409, "order_frozen")
		freeze("unfreeze").Want(200).Is("frozen", false).Is("disputed", true)
		g.buyer.Post("/v1/orders/{}/complete", nil, g.order).Problem(409, "order_frozen")
		g.buyer.Post("/v1/disputes/{}/withdraw", nil, id).Want(200)
		g.steps("complete")
		freeze("freeze").Problem(409, "wrong_state")
	})
}

// A decision, a withdrawal, a completion and a dispute at once: one order, one outcome, books that agree.
func TestDisputeAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		for range 3 {
			g.buy("wallet")
			g.steps("ship", "deliver")
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					path, body := "/v1/orders/"+g.order+"/complete", any(nil)
					if i%2 == 0 {
						path, body = "/v1/orders/"+g.order+"/disputes", M{"reason": "other", "text": "now"}
					}
					if a, err := g.buyer.Try("POST", path, body); err != nil || a.Status != 200 && a.Status != 201 && a.Status != 409 {
						t.Errorf("%v %+v", err, a)
					}
				})
			}
			wg.Wait()
			m.Verify()
			if g.buyer.Get("/v1/orders/", g.order).Want(200).At("disputed") != true {
				continue
			}
			id := g.buyer.Get("/v1/disputes?state=open").Want(200).Str("items.0.id")
			done := atOnce(t, 16, func(i int) (*apptest.Answer, error) {
				if i%4 == 3 {
					return g.buyer.Try("POST", "/v1/disputes/"+id+"/withdraw", nil)
				}
				return g.admin.Try("POST", "/v1/disputes/"+id+"/resolve", M{"outcome": []string{"released", "refunded", "split"}[i%3], "amount": "5.00", "note": "now"})
			})
			if done != 1 {
				t.Errorf("%d decisions", done)
			}
			m.Verify()
		}
	})
}
