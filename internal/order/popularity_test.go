package order_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

func TestWhatIsSoldIsPopular(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		first, variant := s.Product("Topi", "10.00", 10)
		second, _ := s.Product("Shawl", "20.00", 10)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_000)
		direct := apptest.M{"variant": variant, "quantity": 3}
		total := buyer.Post("/v1/checkouts/quote", apptest.M{"direct": direct}).Want(200).Str("totals.total")
		order := buyer.Post("/v1/checkouts", apptest.M{
			"direct": direct, "address_id": address, "payment_method": "wallet", "expected_total": total,
		}).Want(201).Str("orders.0.id")
		follow := func() {
			m.Sweep("event.number")
			m.Sweep("event.follow.order.popularity")
		}
		popular := func(want string) {
			t.Helper()
			m.Anonymous().Get("/v1/products?sort=popular").Want(200).Is("items.0.id", want)
		}
		popular(second) // nothing was sold: the newest
		follow()
		popular(first)
		follow()
		buyer.Post("/v1/orders/{}/cancel", nil, order).Want(200)
		follow()
		popular(second)
	})
}
