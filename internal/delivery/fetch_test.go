package delivery_test

import (
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

const delhi = "110024"

// yard is a market in which a household sells its paper to a dealer who sends couriers.
type yard struct {
	*town
	dealer        apptest.Store
	paper, copper string // rates
	household     *apptest.Client
	home          string
}

func newYard(m *apptest.Market) *yard {
	w := &yard{town: &town{Market: m, admin: m.Person("admin")}}
	m.India(w.admin)
	w.admin.Patch("/v1/settings", M{"delivery_flat": "40.00"}).Want(200)
	w.dealer = m.Dealer(delhi)
	w.store = w.dealer
	w.dealer.Owner.Patch("/v1/stores/{}", M{"phone": "+919811000000", "address": M{"line1": "Okhla Phase II", "city": "Delhi", "lat": "28.5355", "lng": "77.2732"}}, w.dealer.ID).Want(200)
	w.paper = w.dealer.Rate(m.Material(w.admin, "Newspaper", "kg", "5"), delhi, "15.00")
	w.copper = w.dealer.Rate(m.Material(w.admin, "Copper", "kg", "18"), delhi, "100.00")
	w.household = m.Person("customer", "courier")
	w.home = w.household.Post("/v1/me/addresses", M{"name": "Jane Doe", "phone": "+919876543210", "line1": "123 Main St", "city": "Delhi", "country": "IN", "postal_code": delhi, "lat": "28.5672", "lng": "77.2100"}).Want(201).Str("id")
	return w
}

// scrap is an order that the dealer has accepted: 10 kg of paper at 15.00.
type scrap struct{ id, line, number, otp string }

func (w *yard) scrap() (s scrap) {
	w.T.Helper()
	w.household.Post("/v1/cart/rates", M{"rate": w.paper, "quantity": "10"}).Want(201)
	s.id = w.household.Post("/v1/checkouts/buyback", M{"address_id": w.home, "pickup_date": "2026-10-03", "pickup_slot": "8am - 1pm", "expected_total": "159.00"}).Want(201).Str("orders.0.id")
	w.dealer.Owner.Post("/v1/orders/{}/accept", nil, s.id).Want(200)
	s.line = w.household.Get("/v1/orders/", s.id).Want(200).Str("buyback.lines.0.id")
	a := w.household.Get("/v1/orders/", s.id, "/otp").Want(200)
	s.number, s.otp = a.Str("number"), a.Str("otp")
	return s
}

func (s scrap) weighed(otp, quantity string) M {
	return M{"number": s.number, "otp": otp, "lines": []M{{"line": s.line, "quantity": quantity}}}
}

func (w *yard) balance(c *apptest.Client) (balance, held string) {
	a := c.Get("/v1/wallet").Want(200)
	return a.Str("balance"), a.Str("held")
}

func (w *yard) wants(t *testing.T, who string, c *apptest.Client, balance, held string) {
	t.Helper()
	if b, h := w.balance(c); b != balance || h != held {
		t.Errorf("%s has %s, of which %s is set aside; want %s and %s", who, b, h, balance, held)
	}
}

// A dealer sends a courier: who weighs at the door against the household's password, pays it from the dealer's wallet and
// brings the paper in, where the dealer's PIN takes it.
func TestCourierFetchesForDealer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newYard(m)
		s := w.scrap()
		owner := w.dealer.Owner
		ask := M{"order": s.id, "fee": "50.00"}
		owner.Post("/v1/deliveries", ask).Problem(409, "insufficient_balance")
		w.Fund(owner, 100_000)
		w.household.Post("/v1/deliveries", ask).Problem(403, "not_your_part")
		owner.Post("/v1/deliveries", M{"order": s.id, "pay_up_to": "149.99"}).Problem(422, "pay_up_to_invalid")
		owner.Post("/v1/deliveries", M{"order": s.id, "lines": []M{{"line": s.line, "quantity": 1}}}).Problem(409, "lines_not_free")
		job := owner.Post("/v1/deliveries", ask).Want(201).Is("side", "buyback").Is("pickup.contact", "Jane Doe").Is("dropoff.line1", "Okhla Phase II").Is("package_weight", 10_000).
			Is("weigh.pay_up_to", "225.00").Is("weigh.lines.0.ordered", "10").Is("cash", "0.00").Is("requested_pickup_at", "2026-10-03T02:30:00Z").Str("id")
		owner.Post("/v1/deliveries", ask).Problem(409, "delivery_exists")
		w.wants(t, "the dealer", owner, "1000.00", "275.00")

		w.enlist(w.household)
		w.household.Post("/v1/deliveries/{}/claim", nil, job).Problem(409, "own_scrap")
		w.household.Post("/v1/couriers/me/positions", M{"positions": []M{{"lat": "28.5672", "lng": "77.2100"}}}).Want(200)
		if a := w.admin.Post("/v1/deliveries/{}/auto-assign", M{}, job); a.Status != 409 {
			t.Errorf("the household was given what it sells: %s", a.Body)
		}
		ram, _ := w.courier()
		ram.Get("/v1/deliveries/available?lat=28.5600&lng=77.2100").Want(200).Is("items.0.side", "buyback")
		ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200).Is("state", "assigned").Is("weigh.order_number", s.number)
		w.household.Get("/v1/orders/", s.id).Want(200).Is("state", "confirmed")
		owner.Post("/v1/orders/{}/pickup", M{"number": s.number, "otp": s.otp, "pay_by": "cash", "lines": []M{{"line": s.line, "quantity": "9"}}}, s.id).Problem(409, "courier_has_it")
		w.household.Get("/v1/orders/", s.id, "/proof").Problem(404, "order_not_found")

		pick := func(weighed M) *apptest.Answer {
			return ram.Post("/v1/deliveries/{}/pickup", M{"weighed": weighed}, job)
		}
		ram.Post("/v1/deliveries/{}/pickup", nil, job).Problem(422, "wrong_order_number")
		pick(s.weighed(wrong(s.otp), "9")).Problem(422, "wrong_otp").Is("details.tries_left", 4)
		again := M{"event": "e1", "weighed": s.weighed(wrong(s.otp), "9")}
		ram.Post("/v1/deliveries/{}/pickup", again, job).Problem(422, "wrong_otp")
		ram.Post("/v1/deliveries/{}/pickup", again, job).Problem(422, "wrong_otp") // sent again it is the same try
		w.household.Get("/v1/orders/", s.id, "/otp").Want(200).Is("tries_left", 3)
		pick(M{"number": s.number, "otp": s.otp, "lines": []M{}}).Problem(422, "weights_required")
		cash := s.weighed(s.otp, "9")
		cash["pay_by"] = "cash"
		pick(cash).Problem(422, "wallet_only")
		pick(s.weighed(s.otp, "15.1")).Problem(409, "over_pay_limit").Is("details.most", "225.00")
		extra := s.weighed(s.otp, "9")
		extra["extra"] = []M{{"line": w.copper, "quantity": "0.5"}}
		pick(extra).Want(200).Is("state", "picked_up")
		w.household.Get("/v1/orders/", s.id).Want(200).Is("state", "completed").Is("buyback.receipt.paid", "185.00").Is("buyback.receipt.paid_by", "wallet").Is("buyback.flagged", true)
		w.wants(t, "the household", w.household, "185.00", "0.00")
		w.wants(t, "the dealer", owner, "815.00", "50.00")

		// At the dealer's door: its people have the PIN, and nobody else.
		pin := owner.Get("/v1/orders/", s.id, "/proof").Want(200).Str("pin")
		for name, who := range map[string]*apptest.Client{"the household": w.household, "the courier": ram, "an admin": w.admin} {
			if a := who.Get("/v1/orders/", s.id, "/proof"); a.Status != 404 {
				t.Errorf("%s sees the dealer's PIN: %d", name, a.Status)
			}
		}
		ram.Post("/v1/deliveries/{}/return", nil, job).Problem(409, "wrong_state")
		owner.Post("/v1/deliveries/{}/cancel", nil, job).Problem(409, "wrong_state")
		ram.Post("/v1/deliveries/{}/depart", nil, job).Want(200)
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": wrong(pin)}, job).Problem(422, "wrong_proof")
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": pin}, job).Want(200).Is("state", "delivered").Is("proof", "pin").Is("earned", "45.00")
		w.wants(t, "the dealer", owner, "765.00", "0.00")
		ram.Get("/v1/couriers/me/statement").Want(200).Is("earned", "45.00").Is("balance", "45.00")
		w.household.Post("/v1/orders/{}/delivery/rate", M{"stars": 5}, s.id).Want(204)

		// The next one the dealer takes in himself, without a PIN.
		s = w.scrap()
		job = owner.Post("/v1/deliveries", M{"order": s.id}).Want(201).Is("fee", "40.00").Str("id")
		ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		ram.Post("/v1/deliveries/{}/deliver", M{"pin": "123456"}, job).Problem(409, "wrong_state")
		pick(s.weighed(s.otp, "0")).Want(200) // nothing was fit to be taken along
		w.household.Post("/v1/deliveries/{}/deliver", M{}, job).Problem(404, "delivery_not_found")
		owner.Post("/v1/deliveries/{}/deliver", M{}, job).Want(200).Is("state", "delivered").Is("proof", "buyer")
		w.wants(t, "the dealer", owner, "725.00", "0.00")
	})
}

// What ends before it is weighed gives the dealer his money back: called off by the dealer, by the household, at another
// day, with nobody at home, and given back by the courier, which lets another one come.
func TestFetchIsCalledOff(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newYard(m)
		owner := w.dealer.Owner
		w.Fund(owner, 100_000)
		ram, _ := w.courier()
		sent := func(s scrap) string {
			job := owner.Post("/v1/deliveries", M{"order": s.id, "fee": "50.00"}).Want(201).Str("id")
			ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
			w.wants(t, "the dealer", owner, "1000.00", "275.00")
			return job
		}
		over := func(job string) {
			t.Helper()
			w.wants(t, "the dealer", owner, "1000.00", "0.00")
			owner.Get("/v1/deliveries/", job).Want(200).Is("state", "cancelled")
			ram.Get("/v1/couriers/me").Want(200).Is("jobs", 0)
		}
		s := w.scrap()
		job := sent(s)
		owner.Post("/v1/deliveries/{}/cancel", nil, job).Want(200)
		over(job)
		job = sent(s)
		w.household.Post("/v1/orders/{}/reschedule", M{"pickup_date": "2026-10-04", "pickup_slot": "8am - 1pm"}, s.id).Want(200)
		over(job)
		job = sent(s)
		ram.Post("/v1/deliveries/{}/unassign", nil, job).Want(200)
		w.wants(t, "the dealer", owner, "1000.00", "275.00")
		ram.Post("/v1/deliveries/{}/claim", nil, job).Want(200)
		ram.Post("/v1/deliveries/{}/fail", M{"reason": "nobody_home"}, job).Problem(409, "pickup_not_due")
		m.Clock.Set(apptest.Start.AddDate(0, 0, 3))
		owner, ram, w.household = m.SignIn(owner), m.SignIn(ram), m.SignIn(w.household)
		ram.Post("/v1/deliveries/{}/fail", M{"reason": "nobody_home"}, job).Want(200).Is("state", "cancelled").Is("fail_reason", "nobody_home")
		over(job)
		w.household.Get("/v1/orders/", s.id).Want(200).Is("state", "pending")
		owner.Post("/v1/deliveries", M{"order": s.id}).Problem(409, "order_not_ready")

		// The household and the dealer call it off while the courier weighs, several times: one of it happens, and the money is
		// where it belongs.
		w.household.Post("/v1/orders/{}/reschedule", M{"pickup_date": "2026-10-05", "pickup_slot": "8am - 1pm"}, s.id).Want(200)
		owner.Post("/v1/orders/{}/accept", nil, s.id).Want(200)
		job = sent(s)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				var err error
				switch i % 4 {
				case 0:
					_, err = w.household.Try("POST", "/v1/orders/"+s.id+"/cancel", nil)
				case 1:
					_, err = owner.Try("POST", "/v1/deliveries/"+job+"/cancel", nil)
				default:
					_, err = ram.Try("POST", "/v1/deliveries/"+job+"/pickup", M{"weighed": s.weighed(s.otp, "10")})
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if state := owner.Get("/v1/orders/", s.id).Want(200).Str("state"); state == "cancelled" {
			over(job)
		} else {
			w.wants(t, "the dealer", owner, "850.00", "50.00")
		}
	})
}
