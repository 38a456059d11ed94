package delivery_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// cashJob is a delivery whose receiver pays at the door: n × 100.00 and 50.00 for delivery.
func (w *town) cashJob(n int) (job, order string) {
	w.T.Helper()
	order = w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": n}, "address_id": w.address, "payment_method": "cod", "expected_total": fmt.Sprintf("%d.00", n*100+50)}).
		Want(201).Str("orders.0.id")
	w.store.Owner.Post("/v1/orders/{}/confirm", nil, order).Want(200)
	return w.store.Owner.Post("/v1/deliveries", M{"order": order}).Want(201).Is("cash", fmt.Sprintf("%d.00", n*100+50)).Str("id"), order
}

// bring takes a job from door to door.
func (w *town) bring(c *apptest.Client, job, order string) {
	w.T.Helper()
	c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
	c.Post("/v1/deliveries/{}/pickup", nil, job).Want(200)
	pin, _ := w.proof(order)
	c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200).Is("state", "delivered")
}

// Cash goes from the door to the courier, from him to the till or the store, and what is missing stays with him.
func TestCashAtTheDoor(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		c, id := w.courier()
		earnings := func(want string) {
			t.Helper()
			w.store.Owner.Get("/v1/stores/", w.store.ID, "/earnings").Want(200).Is("balance", want)
		}
		one, order := w.cashJob(1)
		w.buyer.Get("/v1/orders/", order).Want(200)
		c.Post("/v1/deliveries/{}/claim", nil, one).Want(200)
		w.store.Owner.Post("/v1/deliveries/{}/cash/received", M{"amount": "150.00"}, one).Problem(409, "no_cash_carried")
		c.Post("/v1/deliveries/{}/pickup", nil, one).Want(200)
		w.buyer.Post("/v1/orders/{}/deliver", nil, order).Problem(409, "courier_has_it") // whether cash was taken, the courier says
		pin, _ := w.proof(order)
		c.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, one).Want(200).Is("cash_state", "carried").Is("earned", "45.00")
		earnings("-50.00") // the fee; the goods' price is with the courier
		ask := func(amount string) *apptest.Answer {
			return c.Post("/v1/couriers/me/payouts", M{"amount": amount, "bank": M{"bank": "Nabil", "account_name": "Ram", "account_number": "01234"}})
		}
		w.admin.Patch("/v1/settings", M{"payout_min": "1.00"}).Want(200)
		w.buyer.Post("/v1/couriers/me/payouts", M{"amount": "10.00", "bank": M{"bank": "Nabil", "account_name": "Ram", "account_number": "01234"}}).Problem(403, "forbidden")
		ask("45.01").Problem(409, "insufficient_balance")
		ask("10.00").Problem(409, "cash_in_hand").Is("details.carried", "150.00").Is("details.available", "0.00")
		c.Get("/v1/couriers/me/statement").Want(200).Is("delivery_count", 1).Is("earned", "45.00").Is("cash_in_hand", "150.00").Is("balance", "45.00").Is("items.0.cash_state", "carried")

		stranger, other := w.courier()
		stranger.Post("/v1/deliveries/{}/cash/received", M{"amount": "150.00"}, one).Problem(404, "delivery_not_found")
		c.Post("/v1/deliveries/{}/cash/received", M{"amount": "150.00"}, one).Problem(403, "not_your_part")
		c.Post("/v1/couriers/{}/cash/hand-in", M{"deliveries": []string{one}, "amount": "150.00"}, id).Problem(403, "forbidden")
		hand := func(who string, amount string, short bool, jobs ...string) *apptest.Answer {
			return w.admin.Post("/v1/couriers/{}/cash/hand-in", M{"deliveries": jobs, "amount": amount, "accept_shortfall": short}, who)
		}
		hand(other, "150.00", false, one).Problem(404, "delivery_not_found")
		hand(id, "150.01", false, one).Problem(422, "too_much_cash")
		hand(id, "-1.00", true, one).Problem(422, "fee_invalid")
		hand(id, "100.00", false, one).Problem(409, "cash_short").Is("details.missing", "50.00")
		hand(id, "150.00", false, one, one).Want(200).Is("missing", "0.00")
		hand(id, "150.00", false, one).Problem(409, "no_cash_carried")
		earnings("100.00")
		c.Get("/v1/couriers/me/statement").Want(200).Is("cash_in_hand", "0.00")
		payout := ask("10.00").Want(201).Is("holder", "courier").Is("state", "requested").Str("id")
		ask("35.01").Problem(409, "insufficient_balance")
		w.store.Owner.Post("/v1/payouts/{}/cancel", nil, payout).Problem(404, "payout_not_found")
		m.Verify()
		for _, step := range []M{{"approve": M{}}, {"settle": M{"reference": "TT 1"}}, {"fail": M{"reason": "account closed"}}} {
			for verb, body := range step {
				w.admin.Post("/v1/payouts/{}/"+verb, body, payout).Want(200)
			}
			m.Verify()
		}
		w.admin.Get("/v1/payouts?all=true&holder=courier").Want(200).Is("items.0.id", payout).Is("items.0.state", "failed")
		if n := w.admin.Get("/v1/payouts?all=true&holder=wallet").Want(200).Len("items"); n != 0 {
			t.Errorf("%d payouts of wallets", n)
		}

		two, order2 := w.cashJob(2)
		w.bring(c, two, order2)
		w.store.Owner.Post("/v1/deliveries/{}/cash/received", M{"amount": "200.00", "accept_shortfall": true}, two).Want(200).Is("missing", "50.00")
		c.Get("/v1/deliveries/", two).Want(200).Is("cash_state", "short")
		earnings("100.00") // 100 − 50 for the job + 50 that the market owes; 200 it has in its hands
		w.admin.Get("/v1/couriers/", id, "/statement").Want(200).Is("cash_in_hand", "0.00").Is("balance", "40.00").Is("delivery_count", 2).Is("cash_taken", "400.00")

		// Both at once: once.
		three, order3 := w.cashJob(1)
		w.bring(c, three, order3)
		var all sync.WaitGroup
		var got asks
		for range 4 {
			all.Go(func() {
				a, err := w.admin.Try("POST", "/v1/couriers/"+id+"/cash/hand-in", M{"deliveries": []string{three}, "amount": "150.00"})
				got.note(t, a, err)
			})
			all.Go(func() {
				a, err := w.store.Owner.Try("POST", "/v1/deliveries/"+three+"/cash/received", M{"amount": "150.00"})
				got.note(t, a, err)
			})
		}
		all.Wait()
		if got.codes["ok"] != 1 || got.codes["no_cash_carried"] != 7 {
			t.Errorf("%v", got.codes)
		}
		w.buyer.Post("/v1/orders/{}/complete", nil, order3).Want(200)

		large, _ := w.cashJob(100) // 10,050.00, 25 kg
		_, w.variant = w.store.Product("Gold", "50000.00", 10)
		gold := w.buyer.Post("/v1/checkouts", M{"direct": M{"variant": w.variant, "quantity": 1}, "address_id": w.address, "payment_method": "cod", "expected_total": "50050.00"}).Want(201).Str("orders.0.id")
		w.store.Owner.Post("/v1/orders/{}/confirm", nil, gold).Want(200)
		larger := w.store.Owner.Post("/v1/deliveries", M{"order": gold}).Want(201).Str("id") // more than anybody may carry
		c.Post("/v1/deliveries/{}/claim", nil, larger).Problem(409, "cash_limit").Is("details.most", "50000.00")
		c.Post("/v1/deliveries/{}/claim", nil, large).Want(200)
	})
}

// However a phone sends what it kept, in whichever order, pieces and how often, the end is the same.
func TestOfflineQueue(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newTown(m)
		r := rand.New(rand.NewPCG(5, 6))
		for round := range 6 {
			c, _ := w.courier()
			var queue []M
			at := m.Clock.Now()
			step := func(job, kind string, more M) {
				at = at.Add(time.Minute)
				e := M{"delivery": job, "kind": kind, "event": fmt.Sprintf("e%d-%d", round, len(queue)), "at": at, "lat": "27.7", "lng": "85.3"}
				for k, v := range more {
					e[k] = v
				}
				queue = append(queue, e)
			}
			one, order := w.job(1)
			two, _ := w.job(1)
			for _, job := range []string{one, two} {
				c.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
			}
			// The code is known when the goods are picked up; the phone says so when the network is back.
			c.Post("/v1/deliveries/{}/pickup", M{"event": fmt.Sprintf("e%d-0", round)}, one).Want(200)
			pin, code := w.proof(order)
			step(one, "pickup", nil)
			step(two, "pickup", nil)
			step(one, "depart", nil)
			step(one, "deliver", M{"pin": wrong(pin)})
			step(two, "depart", nil)
			step(one, "deliver", M{"code": code})
			step(two, "fail", M{"reason": "nobody_home"})
			step(two, "return", nil)
			send := func(events []M) {
				r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
				for len(events) > 0 {
					n := 1 + r.IntN(len(events))
					c.Post("/v1/deliveries/events", M{"events": events[:n]}).Want(200)
					events = events[n:]
				}
			}
			send(append(append([]M{}, queue...), queue[:r.IntN(len(queue))]...))
			for range len(queue) { // what was refused because something before it is missing comes again
				send(append([]M{}, queue...))
			}
			a := c.Get("/v1/deliveries/", one).Want(200).Is("state", "delivered").Is("proof", "qr")
			if a.At("tries_left").(float64) < 4 {
				t.Errorf("round %d: one wrong PIN counts once: %s", round, a.Body)
			}
			c.Get("/v1/deliveries/", two).Want(200).Is("state", "returned").Is("fails", 1)
			for job, most := range map[string]int{one: 6, two: 6} {
				if n := c.Get("/v1/deliveries/", job, "/events").Want(200).Len("items"); n > most {
					t.Errorf("round %d: %d things happened to %s", round, n, job)
				}
			}
			c.Get("/v1/couriers/me").Want(200).Is("jobs", 0).Is("load", 0)
		}
		c, _ := w.courier()
		a := c.Post("/v1/deliveries/events", M{"events": []M{{"delivery": "dlv_none", "kind": "pickup", "event": "x", "at": m.Clock.Now()}, {"delivery": "dlv_none", "kind": "pickup", "event": "y", "at": m.Clock.Now(), "lat": "99", "lng": "1"}}}).Want(200)
		a.Is("results.0.code", "delivery_not_found").Is("results.1.code", "position_invalid")
		if strings.Contains(string(a.Body), "taken") {
			t.Errorf("%s", a.Body)
		}
	})
}
