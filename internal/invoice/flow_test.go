package invoice_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// shop is a market with a store and a buyer who has money.
type shop struct {
	*apptest.Market
	store        apptest.Store
	variant      string
	buyer, admin *apptest.Client
	addr         string
}

func open(m *apptest.Market) *shop {
	s := &shop{Market: m, store: m.Store(), admin: m.Person("admin")}
	_, s.variant = s.store.Product("Lamp", "10.00", 1000)
	s.buyer, s.addr = m.Buyer()
	m.Fund(s.buyer, 100_000_000)
	return s
}

func (s *shop) buy(variant, total string, n int) string {
	s.T.Helper()
	return s.buyer.Post("/v1/checkouts", M{"direct": M{"variant": variant, "quantity": n}, "address_id": s.addr, "payment_method": "wallet", "expected_total": total}).
		Want(201).Str("orders.0.id")
}

// follows lets the room hear what happened.
func (s *shop) follows() {
	s.T.Helper()
	s.Sweep("event.number")
	s.Sweep("event.follow.invoice.follow")
	s.Sweep("event.follow.invoice.follow") // the first gives a new follower its place
}

func TestInvoice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := open(m)
		owner, eve := s.store.Owner, m.Person("customer", "seller")
		owner.Patch("/v1/stores/"+s.store.ID, M{"legal_name": "Asan Lamps Pvt. Ltd.", "tax_number": "301 234 567"}).Want(200).Is("tax_number", "301234567")
		owner.Patch("/v1/stores/"+s.store.ID, M{"tax_number": "12"}).Problem(422, "invalid_request")
		s.admin.Patch("/v1/settings", M{"tax_rate_bp": 1300, "delivery_flat": "1.50"}).Want(200)
		id := s.buy(s.variant, "24.10", 2)
		s.buyer.Get("/v1/orders/", id, "/invoice").Problem(404, "invoice_not_issued")
		owner.Post("/v1/orders/{}/ship", nil, id).Want(200)

		a := s.buyer.Get("/v1/orders/", id, "/invoice").Want(200).Is("kind", "invoice").Is("number", "1/8384/0001").Is("year", "2083/84").Is("date", "2026-10-01").
			Is("title", "Tax invoice").Is("seller.name", "Asan Lamps Pvt. Ltd.").Is("seller.tax_number", "301234567").Is("buyer.name", "Asha Rai").
			Is("lines.0.title", "Lamp").Is("lines.0.quantity", 2).Is("lines.0.net", "20.00").Is("lines.0.tax", "2.60").Is("lines.0.total", "22.60").
			Is("lines.1.delivery", true).Is("lines.1.total", "1.50").Is("taxes.0.parts.0.name", "VAT").Is("taxes.0.parts.0.rate", "13").Is("taxes.0.parts.0.amount", "2.60").
			Is("net", "21.50").Is("tax", "2.60").Is("total", "24.10").Is("reverse_charge", false)
		inv := a.Str("id")
		for _, c := range []*apptest.Client{s.buyer, owner, s.admin} {
			c.Get("/v1/invoices/", inv).Want(200).Is("number", "1/8384/0001")
		}
		eve.Get("/v1/invoices/", inv).Problem(404, "invoice_not_found")
		pdf := "/v1/invoices/" + inv + "/invoice.pdf"
		paper := s.buyer.Get(pdf).Want(200)
		if !strings.HasPrefix(string(paper.Body), "%PDF-1.7") || paper.Header.Get("Content-Disposition") != `inline; filename="1-8384-0001.pdf"` {
			t.Errorf("%s: %v %.20s", pdf, paper.Header, paper.Body)
		}
		eve.Get(pdf).Problem(404, "invoice_not_found")
		eve.Get("/v1/orders/", id, "/invoice").Problem(404, "order_not_found")
		m.Anonymous().Get("/v1/invoices/", inv).Want(401)
		s.admin.Get("/v1/invoices/inv_0000000000000000").Problem(404, "invoice_not_found")

		// What the store says of itself later changes nothing that was written.
		owner.Patch("/v1/stores/"+s.store.ID, M{"legal_name": "Another"}).Want(200)
		s.buyer.Get("/v1/invoices/", inv).Want(200).Is("seller.name", "Asan Lamps Pvt. Ltd.")

		s.buyer.Get("/v1/invoices").Want(200).Is("items.0.id", inv).Is("items.0.store.id", s.store.ID)
		eve.Get("/v1/invoices?store=", s.store.ID).Problem(404, "store_not_found")
		eve.Get("/v1/invoices?all=true").Problem(403, "forbidden")
		if n := eve.Get("/v1/invoices").Want(200).Len("items"); n != 0 {
			t.Errorf("a stranger has %d", n)
		}
		for path, want := range map[string]int{
			"store=" + s.store.ID: 1, "store=" + s.store.ID + "&number=1/8384/0001": 1, "all=true&number=1/8384/0002": 0, "number=1/8384/0001&kind=invoice": 1,
			"store=" + s.store.ID + "&from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z&kind=credit_note": 0,
			"store=" + s.store.ID + "&from=2026-10-01T00:00:00Z":                                          1, "all=true&to=2026-09-30T00:00:00Z": 0, "from=2026-10-01T00:00:00Z": 1,
		} {
			if n := s.pick(path).Get("/v1/invoices?" + path).Want(200).Len("items"); n != want {
				t.Errorf("%s: %d documents, not %d", path, n, want)
			}
		}
		s.admin.Get("/v1/events?type=invoice.issued").Want(200).Is("items.0.subject", inv).Is("items.0.facts.number", "1/8384/0001")
	})
}

// pick is who may ask for a list.
func (s *shop) pick(query string) *apptest.Client {
	switch {
	case strings.HasPrefix(query, "store="):
		return s.store.Owner
	case strings.HasPrefix(query, "all="):
		return s.admin
	}
	return s.buyer
}

// In India a tax is two equal halves, or one where the goods go into another state, and the total is the same.
func TestIndia(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"country": "IN", "currency": "INR", "time_zone": "Asia/Kolkata", "tax_rate_bp": 1800}).Want(200)
		s := open(m)
		s.store.Owner.Patch("/v1/stores/"+s.store.ID, M{"tax_number": "27AAPFU0939F1ZX"}).Problem(422, "invalid_request")
		s.store.Owner.Patch("/v1/stores/"+s.store.ID, M{"tax_number": "27aapfu0939f1zv", "address": M{"line1": "1 Fort", "city": "Mumbai", "state": "Maharashtra", "country": "IN"}}).Want(200)
		_, odd := s.store.Product("Bell", "33.33", 10)
		for state, want := range map[string]string{"mh": "CGST 9 3.00 SGST 9 3.00", "Karnataka": "IGST 18 6.00", "": "CGST 9 3.00 SGST 9 3.00"} {
			a := s.buyer.Post("/v1/checkouts", M{
				"direct": M{"variant": odd, "quantity": 1}, "payment_method": "wallet", "expected_total": "39.33",
				"contact": M{"name": "Asha", "phone": "+919876543210"}, "address": M{"line1": "2 Road", "city": "X", "state": state, "country": "IN"},
			}).Want(201)
			id := a.Str("orders.0.id")
			s.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
			inv := s.buyer.Get("/v1/orders/", id, "/invoice").Want(200).Is("total", "39.33").Is("year", "2026-27")
			var got []string
			for i := range inv.Len("taxes.0.parts") {
				for _, f := range []string{"name", "rate", "amount"} {
					got = append(got, inv.Str(fmt.Sprintf("taxes.0.parts.%d.%s", i, f)))
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("into %q: %v, not %s", state, got, want)
			}
		}

		// A buyer who is registered himself has his number on the invoice; where no address says where to, the number does.
		registered := func(number, state string) *apptest.Answer {
			return s.buyer.Post("/v1/checkouts", M{
				"direct": M{"variant": odd, "quantity": 1}, "payment_method": "wallet", "expected_total": "39.33", "contact": M{"tax_number": number},
				"address": M{"name": "Asha", "phone": "+919876543210", "line1": "2 Road", "city": "X", "state": state, "country": "IN"},
			})
		}
		registered("29AAPFU0939F1ZX", "").Problem(422, "invalid_request").Is("errors.0.path", "body.contact.tax_number")
		for state, want := range map[string][2]string{"": {"Karnataka (29)", "IGST"}, "Maharashtra": {"Maharashtra (27)", "CGST"}} {
			id := registered(" 29aapfu0939f1zr ", state).Want(201).Str("orders.0.id")
			s.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
			s.buyer.Get("/v1/orders/", id, "/invoice").Want(200).Is("buyer.tax_number", "29AAPFU0939F1ZR").Is("buyer.name", "Asha").Is("place_of_supply", want[0]).Is("taxes.0.parts.0.name", want[1])
		}
	})
}

// Sixty-four orders leave at once: their numbers are 1 to 64, and the next year begins at 1.
func TestNumbersHaveNoGap(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := open(m)
		const n = 64
		orders := make([]string, n)
		for i := range orders {
			orders[i] = s.buy(s.variant, "10.00", 1)
		}
		var all sync.WaitGroup
		for i, id := range orders {
			all.Go(func() {
				for _, c := range []*apptest.Client{s.store.Owner, s.store.Owner} { // the second finds it shipped
					if a, err := c.Try("POST", "/v1/orders/"+id+"/ship", nil); err != nil || a.Status != 200 && a.Status != 409 {
						t.Errorf("order %d: %v %+v", i, err, a)
					}
				}
			})
		}
		all.Wait()
		var numbers []string
		for path := "/v1/invoices?limit=50&store=" + s.store.ID; ; {
			page := s.store.Owner.Get(path).Want(200)
			for i := range page.Len("items") {
				numbers = append(numbers, page.Str(fmt.Sprintf("items.%d.number", i)))
			}
			next := page.Str("next_cursor")
			if next == "" {
				break
			}
			path = "/v1/invoices?limit=50&store=" + s.store.ID + "&cursor=" + next
		}
		slices.Sort(numbers)
		for i := range n {
			if len(numbers) != n || numbers[i] != fmt.Sprintf("1/8384/%04d", i+1) {
				t.Fatalf("%d numbers: %v", len(numbers), numbers)
			}
		}
		m.Clock.Set(time.Date(2027, 7, 16, 18, 14, 59, 0, time.UTC)) // a second before midnight in Kathmandu
		s.buyer, s.store.Owner = m.SignIn(s.buyer), m.SignIn(s.store.Owner)
		for _, want := range []string{"1/8384/0065", "1/8485/0001"} {
			id := s.buy(s.variant, "10.00", 1)
			s.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
			s.buyer.Get("/v1/orders/", id, "/invoice").Want(200).Is("number", want)
			m.Clock.Advance(time.Second)
		}
	})
}

// What was cut out before the parcel left is not on the invoice; what comes back stands on a credit note, once.
func TestCreditNotes(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := open(m)
		s.admin.Patch("/v1/settings", M{"tax_rate_bp": 1300}).Want(200)
		id := s.buy(s.variant, "33.90", 3)
		line := s.buyer.Get("/v1/orders/", id).Want(200).Str("lines.0.id")
		s.store.Owner.Post("/v1/orders/{}/lines/{}/cut", M{"quantity": 1}, id, line).Want(200)
		s.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
		inv := s.buyer.Get("/v1/orders/", id, "/invoice").Want(200).Is("total", "22.60").Is("tax", "2.60").Is("lines.0.quantity", 2).Str("id")
		s.follows()
		s.buyer.Get("/v1/invoices/", inv).Want(200).Is("credit_notes", []any{})

		s.store.Owner.Post("/v1/orders/{}/return", nil, id).Want(200)
		s.store.Owner.Post("/v1/orders/{}/receive", M{"restock": true}, id).Want(200)
		s.follows()
		s.follows()
		note := s.buyer.Get("/v1/invoices/", inv).Want(200).Is("credit_notes.0.number", "1/8384/C0001").Str("credit_notes.0.id")
		if n := s.buyer.Get("/v1/invoices?kind=credit_note").Want(200).Len("items"); n != 1 {
			t.Errorf("%d credit notes", n)
		}
		s.buyer.Get("/v1/invoices/", note).Want(200).Is("title", "Credit note").Is("of.id", inv).Is("of.number", "1/8384/0001").Is("total", "22.60").Is("tax", "2.60").
			Is("lines.0.quantity", 2).Is("reason", "returned")
	})
}

// Who ordered without an account reads his invoice by his link, and finds it among his own once he has claimed the order.
func TestGuest(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := open(m)
		placed := m.Anonymous().Post("/v1/guest/orders", M{"reference": "LEG-1", "contact": M{"name": "Maya", "phone": "9841234567"}, "lines": []M{{"variant": s.variant}}}).Want(201)
		id, token := placed.Str("orders.0.id"), placed.Str("orders.0.follow_token")
		m.Anonymous().Get("/v1/guest/orders/", token, "/invoice").Problem(404, "invoice_not_issued")
		s.store.Owner.Post("/v1/orders/{}/confirm", nil, id).Want(200)
		s.store.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
		inv := m.Anonymous().Get("/v1/guest/orders/", token, "/invoice").Want(200).Is("buyer.name", "Maya").Is("title", "Invoice").Str("id")
		m.Anonymous().Get("/v1/guest/orders/", token, "/invoice.pdf").Want(200)
		m.Anonymous().Get("/v1/guest/orders/", strings.Repeat("x", 43), "/invoice").Want(404)
		maya := m.Person("customer")
		maya.Get("/v1/invoices/", inv).Want(404)
		maya.Post("/v1/orders/claim", M{"token": token, "claim_token": placed.Str("orders.0.claim_token")}).Want(200)
		s.follows()
		maya.Get("/v1/invoices/", inv).Want(200)
		maya.Get("/v1/invoices").Want(200).Is("items.0.id", inv)
	})
}
