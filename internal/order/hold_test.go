package order_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// One account cannot empty a shop without paying: neither with one checkout, nor with several, nor with cash, nor with
// many at once.
func TestOneAccountCannotHoardWithoutPaying(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		m.Person("admin").Patch("/v1/settings", M{"max_reserved": 5, "max_unpaid_checkouts": 100}).Want(200)
		s := m.Store()
		_, lamp := s.Product("Lamp", "1.00", 100)
		_, wick := s.Product("Wick", "1.00", 100)
		buyer, address := m.Buyer()
		take := func(c *apptest.Client, at, variant, method string, n int) (*apptest.Answer, error) {
			return c.Try("POST", "/v1/checkouts", M{
				"direct": M{"variant": variant, "quantity": n}, "address_id": at, "payment_method": method, "expected_total": fmt.Sprintf("%d.00", n),
			})
		}
		want := func(status int, variant, method string, n int) *apptest.Answer {
			t.Helper()
			a, err := take(buyer, address, variant, method, n)
			if err != nil {
				t.Fatal(err)
			}
			return a.Want(status)
		}
		want(409, lamp, "gateway", 6).Is("code", "too_much_reserved").Is("details.limit", 5).Is("details.variant", lamp)
		first := want(201, lamp, "gateway", 3).Str("id")
		want(201, lamp, "cod", 2)
		want(409, lamp, "gateway", 1).Is("code", "too_much_reserved").Is("details.held", 5)
		want(409, lamp, "cod", 1).Is("code", "too_much_reserved")
		want(201, wick, "gateway", 5)
		// Of the cart's lines each counts.
		buyer.Post("/v1/cart/lines", M{"variant": wick, "quantity": 1}).Want(201)
		buyer.Post("/v1/checkouts", M{"address_id": address, "payment_method": "gateway", "expected_total": "1.00"}).Problem(409, "too_much_reserved")
		// Who pays holds nothing back.
		m.Fund(buyer, 10_000)
		want(201, lamp, "wallet", 20)
		// What is called off is free again.
		buyer.Post("/v1/checkouts/{}/cancel", nil, first).Want(200)
		want(201, lamp, "gateway", 3)

		other, there := m.Buyer()
		var wg sync.WaitGroup
		var held atomic.Int64
		for range 16 {
			wg.Go(func() {
				a, err := take(other, there, lamp, "gateway", 2)
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 201:
					held.Add(2)
				case a.Str("code") != "too_much_reserved":
					t.Errorf("%d %s", a.Status, a.Body)
				}
			})
		}
		wg.Wait()
		if held.Load() != 4 {
			t.Errorf("sixteen at once hold %d, want 4 of at most 5", held.Load())
		}
	})
}

// Cash costs whoever orders nothing, so there is a bound on what no store has answered.
func TestUnansweredCashOrdersAreBounded(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		_, lamp := s.Product("Lamp", "1.00", 100)
		buyer, address := m.Buyer()
		order := func() *apptest.Answer {
			return buyer.Post("/v1/checkouts", M{
				"direct": M{"variant": lamp, "quantity": 1}, "address_id": address, "payment_method": "cod", "expected_total": "1.00",
			})
		}
		one := ""
		for range 20 {
			one = order().Want(201).Str("orders.0.id")
		}
		order().Problem(409, "too_many_unpaid").Is("details.limit", 20)
		s.Owner.Post("/v1/orders/{}/confirm", nil, one).Want(200)
		order().Want(201)
	})
}
