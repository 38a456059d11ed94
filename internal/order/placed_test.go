package order_test

import (
	"bytes"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// What a checkout answers is made of what it wrote; reading the checkout gives the same, to the byte.
func TestCheckoutAnswersWhatIsRead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		tea, pots := m.Store(), m.Store()
		_, leaf := tea.Product("Ilam tea", "450.00", 10)
		_, pot := pots.Product("Clay pot", "489.96", 10)
		_, free := pots.Product("Leaflet", "0.00", 10)
		buyer, address := m.Buyer()
		m.Fund(buyer, 500000)
		for _, c := range []struct{ method, total, one, two string }{
			{"gateway", "939.96", leaf, pot}, {"cod", "939.96", leaf, pot}, {"wallet", "939.96", leaf, pot}, {"gateway", "0.00", free, ""},
		} {
			for _, v := range []string{c.one, c.two} {
				if v != "" {
					buyer.Post("/v1/cart/lines", M{"variant": v, "quantity": 1}).Want(201)
				}
			}
			answer := buyer.Post("/v1/checkouts", M{
				"address_id": address, "payment_method": c.method, "expected_total": c.total, "note": "ring twice", "contact": M{"name": "Ana", "email": "ana@example.org"},
			}).Want(201)
			if read := buyer.Get("/v1/checkouts/" + answer.Str("id")).Want(200); !bytes.Equal(read.Body, answer.Body) {
				t.Errorf("%s: answered\n%s\nand read\n%s", c.method, answer.Body, read.Body)
			}
		}
	})
}
