package order_test

import (
	"fmt"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// The last pieces of several variants are bought while others come back into stock: lists say in the end what the shelf
// says, and the books' rules, which look at every listing, find nothing.
func TestLastVariantsOnLists(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		a := s.Owner.Post("/v1/stores/{}/products", M{"title": "Topi", "options": []string{"Size"}, "variants": []M{
			{"options": []string{"S"}, "price": "10.00", "stock": 2}, {"options": []string{"M"}, "price": "12.00", "stock": 2}, {"options": []string{"L"}, "price": "14.00", "stock": 2},
		}}, s.ID).Want(201)
		product := a.Str("id")
		s.Owner.Post("/v1/products/{}/publish", nil, product).Want(200)
		variants, prices := make([]string, 3), []string{"10.00", "12.00", "14.00"}
		for i := range variants {
			variants[i] = a.Str(fmt.Sprintf("variants.%d.id", i))
		}
		const buyers = 24
		who, at := make([]*apptest.Client, buyers), make([]string, buyers)
		for i := range buyers {
			who[i], at[i] = m.Buyer()
			m.Fund(who[i], 100_00)
		}
		buy := func(i int) (*apptest.Answer, error) {
			return patient(who[i].Key(fmt.Sprintf("last-%016d", i)), "/v1/checkouts", M{
				"direct": M{"variant": variants[i%3], "quantity": 1}, "address_id": at[i], "payment_method": "wallet", "expected_total": prices[i%3],
			})
		}
		listed := func(want int) {
			t.Helper()
			m.Sweep("catalog.follow")
			if n := m.Anonymous().Get("/v1/products?in_stock=true&sort=price").Want(200).Len("items"); n != want {
				t.Errorf("%d products are listed as in stock, want %d", n, want)
			}
		}
		answers := together(t, buyers, buy)
		if sold := count(answers, 201); sold != 6 {
			t.Errorf("%d sold of 6", sold)
		}
		listed(0)
		m.Verify()

		// Half of those who bought cancel while others try again.
		var bought []string
		for i, a := range answers {
			if a.Status == 201 && i%2 == 0 {
				bought = append(bought, a.Str("orders.0.id"))
			}
		}
		together(t, len(bought)+6, func(i int) (*apptest.Answer, error) {
			if i < len(bought) {
				return patient(who[0].With("Authorization", "Bearer "+s.Owner.Token), "/v1/orders/"+bought[i]+"/cancel", M{"reason": "none left"})
			}
			return patient(who[i].Key(fmt.Sprintf("again-%016d", i)), "/v1/checkouts", M{
				"direct": M{"variant": variants[i%3], "quantity": 1}, "address_id": at[i], "payment_method": "wallet", "expected_total": prices[i%3],
			})
		})
		left := 0
		for i, v := range variants {
			if n, _ := s.Owner.Get("/v1/variants/", v, "/stock").Want(200).At("available").(float64); n > 0 {
				left++
			} else if n < 0 {
				t.Errorf("variant %d: %v", i, n)
			}
		}
		listed(min(left, 1))
	})
}
