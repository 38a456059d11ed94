package commission_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

const pin = "110024"

type month struct {
	*apptest.Market
	admin, household *apptest.Client
	dealer           apptest.Store
	rate             string
}

func newMonth(m *apptest.Market) *month {
	w := &month{Market: m, admin: m.Person("admin"), household: m.Person("customer")}
	m.India(w.admin)
	w.dealer = m.Dealer(pin)
	w.rate = w.dealer.Rate(m.Material(w.admin, "Newspaper", "kg", "5"), pin, "15.00")
	return w
}

// at moves the clock and signs everybody in anew.
func (w *month) at(t time.Time) {
	w.Clock.Advance(t.Sub(w.Clock.Now()))
	w.admin, w.household, w.dealer.Owner = w.SignIn(w.admin), w.SignIn(w.household), w.SignIn(w.dealer.Owner)
}

// fetch sells 9 kg of newspaper: the document's order of 143.10.
func (w *month) fetch() string {
	w.T.Helper()
	home := M{"name": "Jane Doe", "phone": "+919876543210", "line1": "123 Main St", "city": "Delhi", "country": "IN", "postal_code": pin}
	w.household.Post("/v1/cart/rates", M{"rate": w.rate, "quantity": "10"}).Want(201)
	path := "/v1/orders/" + w.household.Post("/v1/checkouts/buyback", M{
		"address": home, "pickup_date": w.Clock.Now().AddDate(0, 0, 2).Format(time.DateOnly), "pickup_slot": "8am - 1pm", "expected_total": "159.00",
	}).Want(201).Str("orders.0.id")
	otp := w.household.Get(path + "/otp").Want(200)
	w.dealer.Owner.Post(path+"/pickup", M{
		"number": otp.Str("number"), "otp": otp.Str("otp"), "pay_by": "cash", "lines": []M{{"line": w.household.Get(path).Want(200).Str("buyback.lines.0.id"), "quantity": "9"}},
	}).Want(200).Is("totals.total", "143.10")
	return path
}

// A month's statement with the document's figure, 1.43 of 143.10: written once, whoever asks for it, and paid once. The month
// ends at midnight in India, 18:30 the day before in Greenwich.
func TestStatement(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newMonth(m)
		order := strings.TrimPrefix(w.fetch(), "/v1/orders/")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/commission/preview?month=2026-10").Want(200).Is("order_total", "143.10").Is("amount", "1.43").Is("order_count", 1)
		w.admin.Post("/v1/statements/run", M{"month": "2026-10"}).Problem(409, "month_not_over")
		w.admin.Post("/v1/statements/run", M{"month": "2026-13"}).Problem(422, "invalid_month")

		w.at(time.Date(2026, 10, 31, 18, 31, 0, 0, time.UTC)) // November in India
		w.Sweep("subscription.due")
		w.admin.Post("/v1/statements/run", M{"month": "2026-11"}).Problem(409, "month_not_over")
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				if _, err := m.Commission.Run(context.Background(), "2026-10"); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.admin.Post("/v1/statements/run", M{"month": "2026-10"}).Want(200).Is("issued", 0).Is("stores", 1)
		a := w.dealer.Owner.Get("/v1/statements?store=", w.dealer.ID).Want(200).Is("items.0.state", "issued").Is("items.0.amount", "1.43").Is("items.0.order_total", "143.10").
			Is("items.0.rate", "1").Is("items.0.days_until_due", 30).Is("items.0.order_count", 1)
		if a.Len("items") != 1 {
			t.Fatalf("%s", a.Body)
		}
		id := a.Str("items.0.id")
		w.dealer.Owner.Get("/v1/statements/", id).Want(200).Is("orders.0.total", "143.10").Is("orders.0.id", order)
		if bill := w.dealer.Owner.Get("/v1/statements/", id, "/bill").Want(200); !bytes.HasPrefix(bill.Body, []byte("%PDF-")) {
			t.Errorf("%.40s", bill.Body)
		}
		m.Person("customer", "seller").Get("/v1/statements/", id).Problem(404, "statement_not_found")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/commission").Want(200).Is("records", 1).Is("unpaid", 1).Is("owed", "1.43").Is("overdue", 0)
		w.dealer.Owner.Get("/v1/statements").Problem(403, "forbidden")

		w.at(time.Date(2026, 12, 5, 6, 0, 0, 0, time.UTC))
		w.dealer.Owner.Get("/v1/statements/", id).Want(200).Is("overdue", true)
		w.dealer.Owner.Post("/v1/statements/{}/pay", M{"amount": "1.43"}, id).Problem(403, "forbidden")
		w.admin.Post("/v1/statements/{}/pay", M{"amount": "1.44", "reference": "TRANS 1"}, id).Problem(409, "amount_differs")
		w.admin.Post("/v1/statements/{}/pay", M{"amount": "1.43", "reference": "x"}, id).Problem(422, "reference_invalid")
		w.admin.Post("/v1/statements/{}/pay", M{"amount": "1.43", "reference": "trans 1"}, id).Want(200).Is("state", "paid").Is("reference", "TRANS1")
		w.admin.Post("/v1/statements/{}/pay", M{"amount": "1.43", "reference": "TRANS 2"}, id).Problem(409, "statement_state")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/commission").Want(200).Is("paid", 1).Is("owed", "0.00").Is("earned", "1.43")
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-1.35") // only the percent
	})
}

// The sweep writes the month that is over; what was completed in the first minute of the next is in the next.
func TestMonthBoundary(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		w := newMonth(m)
		w.at(time.Date(2026, 10, 30, 6, 0, 0, 0, time.UTC))
		w.fetch()
		w.at(time.Date(2026, 10, 31, 18, 29, 59, 0, time.UTC))
		// The trial is over by now: it is another dealer's month.
		other := m.Dealer(pin)
		w.dealer, w.rate = other, other.Rate(m.Material(w.admin, "Paper", "kg", "5"), pin, "15.00")
		w.fetch()
		w.at(time.Date(2026, 10, 31, 18, 30, 0, 0, time.UTC))
		w.fetch()
		m.Sweep("subscription.due")
		m.Sweep("commission.month")
		a := w.admin.Get("/v1/statements").Want(200)
		if a.Len("items") != 2 {
			t.Fatalf("%s", a.Body)
		}
		a.Is("items.0.order_count", 1).Is("items.1.order_count", 1)
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/commission/preview?month=2026-11").Want(200).Is("order_count", 1)
		ids := []string{a.Str("items.0.id"), a.Str("items.1.id")}
		w.admin.Post("/v1/statements/pay", M{"statements": append(ids, "stm_0000000000000000")}).Problem(404, "statement_not_found")
		w.admin.Post("/v1/statements/pay", M{"statements": ids}).Want(200).Is("paid", 2)
		w.dealer.Owner.Get("/v1/stores/", w.dealer.ID, "/earnings").Want(200).Is("balance", "-1.27") // 2 × 1.35 owed, 1.43 earned

		// A market that stood still over the turn of a month writes it afterwards.
		w.at(time.Date(2027, 1, 10, 6, 0, 0, 0, time.UTC))
		m.Sweep("subscription.due")
		m.Sweep("commission.month")
		w.admin.Get("/v1/statements?state=issued").Want(200).Is("items.0.month", "2026-11").Is("items.0.order_count", 1)
		if a := w.admin.Get("/v1/statements?state=open").Want(200); a.Len("items") != 0 {
			t.Errorf("%s", a.Body)
		}
	})
}
