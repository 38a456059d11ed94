package order_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// together runs n calls at once and gives their answers.
func together(t *testing.T, n int, call func(i int) (*apptest.Answer, error)) []*apptest.Answer {
	t.Helper()
	out := make([]*apptest.Answer, n)
	errs := make([]error, n)
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-gate
			out[i], errs[i] = call(i)
		})
	}
	close(gate)
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	return out
}

func count(answers []*apptest.Answer, status int) (n int) {
	for _, a := range answers {
		if a.Status == status {
			n++
		}
	}
	return n
}

// patient posts as a good client does: told that the market is busy, it tries again under the same key.
func patient(c *apptest.Client, path string, body any) (a *apptest.Answer, err error) {
	for range 30 {
		if a, err = c.Try("POST", path, body); err != nil || a.Status != 503 {
			return a, err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return a, err
}

// 200 buyers want the last 20 units at once: exactly 20 get one.
func TestTwoHundredBuyersTwentyUnits(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Last lamps", "10.00", 20)
		buyers, addresses := make([]*apptest.Client, 200), make([]string, 200)
		for i := range buyers {
			buyers[i], addresses[i] = m.Buyer()
			m.Fund(buyers[i], 5000)
		}
		answers := together(t, 200, func(i int) (*apptest.Answer, error) {
			method := []string{"gateway", "wallet", "cod"}[i%3]
			return patient(buyers[i].Key(fmt.Sprintf("buyer-%016d", i)), "/v1/checkouts", M{
				"direct": M{"variant": v, "quantity": 1}, "address_id": addresses[i], "payment_method": method, "expected_total": "10.00",
			})
		})
		if sold := count(answers, 201); sold != 20 {
			t.Errorf("%d orders for 20 units", sold)
		}
		for _, a := range answers {
			if a.Status != 201 {
				a.Problem(409, "out_of_stock")
			}
		}
		st.Owner.Get("/v1/variants/", v, "/stock").Want(200).Is("available", 0)
	})
}

// The same checkout fifty times at once with one key is one order, and all are told of it.
func TestOneKeyFiftyTimes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "10.00", 100)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100000)
		body := M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}
		answers := together(t, 50, func(int) (*apptest.Answer, error) {
			return buyer.Key("the-one-and-only").Try("POST", "/v1/checkouts", body)
		})
		id, replayed := answers[0].Str("id"), 0
		for _, a := range answers {
			if a.Want(201).Str("id") != id {
				t.Errorf("another checkout: %s", a.Str("id"))
			}
			if a.Header.Get("Idempotency-Replayed") == "true" {
				replayed++
			}
		}
		if replayed != 49 {
			t.Errorf("%d of 50 were replays", replayed)
		}
		if n := buyer.Get("/v1/orders").Len("items"); n != 1 {
			t.Errorf("%d orders", n)
		}
		buyer.Get("/v1/wallet").Is("balance", "990.00")
		body["note"] = "another body"
		buyer.Key("the-one-and-only").Post("/v1/checkouts", body).Problem(422, "idempotency_key_reused")
		m.Person("customer").Key("the-one-and-only").Post("/v1/checkouts", body).Want(404)
	})
}

// A refusal is not kept: the same key works once the reason is gone.
func TestKeyAfterRefusal(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "10.00", 1)
		buyer, address := m.Buyer()
		body := M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}
		buyer.Key("try-and-try-again").Post("/v1/checkouts", body).Problem(409, "insufficient_balance")
		m.Fund(buyer, 1000)
		buyer.Key("try-and-try-again").Post("/v1/checkouts", body).Want(201)
	})
}

// Cancel and pay at once: either the payment stands and the cancel is refused, or the order is cancelled and the
// money is on its way back. Never both, never neither.
func TestCancelAgainstPay(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "10.00", 50)
		buyer, address := m.Buyer()
		for range 8 {
			checkout := buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "10.00"}).Want(201)
			id, pay := checkout.Str("id"), checkout.Str("payment.id")
			together(t, 2, func(i int) (*apptest.Answer, error) {
				if i == 0 {
					return buyer.Try("POST", "/v1/checkouts/"+id+"/cancel", nil)
				}
				return buyer.Try("POST", "/v1/payments/"+pay+"/attempts", good)
			})
			after := buyer.Get("/v1/checkouts/", id).Want(200)
			state, status := after.Str("orders.0.state"), after.Str("orders.0.payment_status")
			switch {
			case state == "confirmed" && status == "paid":
			case state == "cancelled" && (status == "unpaid" || status == "refunded"):
			default:
				t.Errorf("%s and %s", state, status)
			}
		}
		m.RunJobs()
	})
}

// A cart that is edited while it is checked out: the order is one of the two carts, never a mixture, and no line is
// lost or bought twice.
func TestCartEditedDuringCheckout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, a := st.Product("Lamp", "10.00", 1000)
		_, b := st.Product("Wick", "1.00", 1000)
		buyer, address := m.Buyer()
		m.Fund(buyer, 1_000_000)
		for range 8 {
			buyer.Delete("/v1/cart").Want(204)
			line := buyer.Post("/v1/cart/lines", M{"variant": a, "quantity": 1}).Want(201).Str("id")
			answers := together(t, 3, func(i int) (*apptest.Answer, error) {
				switch i {
				case 0:
					return buyer.Try("POST", "/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "10.00"})
				case 1:
					return buyer.Try("PATCH", "/v1/cart/lines/"+line, M{"quantity": 5})
				}
				return buyer.Try("POST", "/v1/cart/lines", M{"variant": b, "quantity": 1})
			})
			left := buyer.Get("/v1/cart/count").Want(200)
			units := int(left.At("unit_count").(float64))
			added := 0
			if answers[2].Status == 201 {
				added = 1
			}
			if answers[0].Status == 201 {
				if answers[0].At("totals.unit_count").(float64) != 1 || units != added {
					t.Errorf("bought %v units, %d left in the cart, %d were added", answers[0].At("totals.unit_count"), units, added)
				}
			} else {
				answers[0].Problem(409, "total_changed")
				if units < 1+added {
					t.Errorf("nothing was bought and %d units are left", units)
				}
			}
		}
	})
}

// Every step is taken once, however many ask at the same time.
func TestStepsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "10.00", 50)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100000)
		order := "/v1/orders/" + buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
		for _, step := range []string{"process", "ship", "deliver"} {
			answers := together(t, 8, func(int) (*apptest.Answer, error) { return st.Owner.Try("POST", order+"/"+step, nil) })
			if count(answers, 200) != 1 || count(answers, 409) != 7 {
				t.Errorf("%s: %d done, %d refused", step, count(answers, 200), count(answers, 409))
			}
		}
		answers := together(t, 8, func(int) (*apptest.Answer, error) { return buyer.Try("POST", order+"/complete", nil) })
		if count(answers, 200) != 1 {
			t.Errorf("completed %d times", count(answers, 200))
		}
		st.Owner.Get("/v1/stores/", st.ID, "/earnings").Want(200)
		second := "/v1/orders/" + buyer.Post("/v1/checkouts", M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "10.00"}).Want(201).Str("orders.0.id")
		answers = together(t, 16, func(i int) (*apptest.Answer, error) {
			if i%2 == 0 {
				return buyer.Try("POST", second+"/cancel", nil)
			}
			return st.Owner.Try("POST", second+"/ship", nil)
		})
		if count(answers, 200) != 1 {
			t.Errorf("cancelled or shipped %d times", count(answers, 200))
		}
	})
}

// An account holds back no more than three unpaid checkouts, however many it starts at once.
func TestUnpaidCheckoutsAreFew(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		_, v := st.Product("Lamp", "10.00", 50)
		buyer, address := m.Buyer()
		body := M{"direct": M{"variant": v, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "10.00"}
		answers := together(t, 12, func(int) (*apptest.Answer, error) { return buyer.Try("POST", "/v1/checkouts", body) })
		if n := count(answers, 201); n != 3 {
			t.Errorf("%d unpaid checkouts", n)
		}
		for _, a := range answers {
			if a.Status != 201 {
				a.Problem(409, "too_many_unpaid")
			}
		}
	})
}
