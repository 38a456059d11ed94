package order_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// Prices go up and down by bulk edits while carts are bought: nobody is charged a price that he was not shown.
func TestBulkEditsAndCheckoutsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		var products, goods []string
		for i := range 4 {
			p, v := s.Product(fmt.Sprintf("Thing %d", i), "10.00", 1000)
			products, goods = append(products, p), append(goods, v)
		}
		const buyers, rounds = 16, 4
		who, at := make([]*apptest.Client, buyers), make([]string, buyers)
		for i := range buyers {
			who[i], at[i] = m.Buyer()
			m.Fund(who[i], 10_000_000)
		}
		wrong, sold := make([]string, buyers), make([]int, buyers)
		together(t, buyers+2, func(i int) (*apptest.Answer, error) {
			if i >= buyers {
				for n := range 12 {
					body := M{"change": M{"price": fmt.Sprintf("%d.00", 10+(n+i)%3)}, "products": products}
					if a, err := patient(s.Owner.Key(fmt.Sprintf("edit-%d-%012d", i, n)), "/v1/stores/"+s.ID+"/products/bulk", body); err != nil || a.Status != 200 || a.At("refused") != 0.0 {
						return a, fmt.Errorf("%w: %s", err, a.Body)
					}
				}
				return nil, nil
			}
			// An edit may come between what is shown and what is bought each time, as long as there are edits.
			for n := 0; sold[i] < rounds && n < 200; n++ {
				shown, err := who[i].Try("GET", "/v1/products/"+products[n%4], nil)
				if err != nil {
					return nil, err
				}
				price := shown.Str("variants.0.price_now")
				a, err := patient(who[i].Key(fmt.Sprintf("buy-%d-%012d", i, n)), "/v1/checkouts", M{
					"direct": M{"variant": goods[n%4], "quantity": 1}, "address_id": at[i], "payment_method": "wallet", "expected_total": price,
				})
				switch {
				case err != nil:
					return nil, err
				case a.Status == 201:
					sold[i]++
					if a.Str("totals.total") != price {
						wrong[i] += fmt.Sprintf("shown %s, charged %s; ", price, a.Str("totals.total"))
					}
				case !strings.Contains(string(a.Body), "total_changed"):
					wrong[i] += string(a.Body)
				}
			}
			return nil, nil
		})
		for i := range buyers {
			if wrong[i] != "" || sold[i] != rounds {
				t.Errorf("buyer %d bought %d times, want %d: %s", i, sold[i], rounds, wrong[i])
			}
		}
	})
}
