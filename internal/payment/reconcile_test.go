package payment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// A day of a gateway beside its provider's file: what agrees is summed up, and everything that does not is named.
func TestReconcile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st, admin := m.Store(), m.Person("admin")
		_, lamp := st.Product("Lamp", "100.00", 50)
		buyer, address := m.Buyer()
		var attempts []string
		var order string
		for range 4 {
			a := buyer.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "100.00"}).Want(201)
			order = a.Str("orders.0.id")
			attempts = append(attempts, buyer.Post("/v1/payments/{}/attempts", M{
				"gateway": "test", "card": M{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"},
			}, a.Str("payment.id")).Want(201).Is("total", "104.50").Str("id"))
		}
		refund := st.Owner.Post("/v1/orders/{}/refunds", M{"amount": "30.00", "reason": "broken"}, order).Want(201).Str("id")
		unsent := st.Owner.Post("/v1/orders/{}/refunds", M{"amount": "5.00", "reason": "broken", "destination": "wallet"}, order).Want(201).Str("id")
		m.RunJobs()
		compare := func(day, text string) *apptest.Answer {
			return admin.With("Content-Type", "text/csv").Post("/v1/gateways/test/reconcile?day="+day, text)
		}
		file := fmt.Sprintf("\ufeffType,Reference,ID,Amount,Charge,Currency\npayment,test_%s,,104.50,2.00,NPR\npayment,,%s,104.50,,\npayment,test_%s,,104.49,,\nrefund,,%s,-30.00,,npr\npayment,test_%s,,104.50,,\n"+
			"payment,=cmd,,1.00,,\nrefund,,%s,5.00,,\npayment,test_%s,,104.50,,USD\n", attempts[0], attempts[1], attempts[2], refund, attempts[0], unsent, attempts[1])
		a := compare("2026-10-01", file).Want(200).Is("lines", 8).Is("matched", 3).Is("paid", "209.00").Is("given_back", "30.00").Is("charge", "2.00").Is("net", "177.00").
			Is("items.0.problem", "amount_differs").Is("items.0.line", 4).Is("items.0.ours", "104.50").Is("items.1.problem", "twice").Is("items.2.problem", "unknown").Is("items.3.problem", "not_done").
			Is("items.4.problem", "twice").Is("items.5.problem", "missing").Is("items.5.id", attempts[3])
		if n := a.Len("items"); n != 6 {
			t.Errorf("%d differences", n)
		}
		compare("2026-09-30", "reference,amount\n").Want(200).Is("matched", 0)
		compare("2026-10-01", "id,amount\n"+attempts[3]+",104.50\n").Want(200).Is("matched", 1)
		m.Clock.Advance(24 * time.Hour)
		admin = m.SignIn(admin)
		compare("2026-10-02", "reference,amount\ntest_"+attempts[3]+",104.50\n").Want(200).Is("matched", 1) // it came a day later
		for _, c := range []struct{ day, text, code string }{
			{"2026-10-01", "a,b\n", "settlement_file"}, {"2026-10-01", "reference,amount\n\"", "settlement_file"},
			{"2026-10-01", "type,reference,amount\ngift,x,1.00\n", "settlement_file"}, {"2026-10-01", "reference,amount,charge\nx,1.00,-1.00\n", "settlement_file"},
			{"2026-10-01", "reference,amount\n" + strings.Repeat("x,1.00\n", 5001), "settlement_file"},
			{"2027-01-01", "reference,amount\n", "settlement_day"}, {"1.10.2026", "reference,amount\n", "settlement_day"}, {"", "reference,amount\n", "settlement_day"},
		} {
			compare(c.day, c.text).Problem(422, c.code)
		}
		admin.With("Content-Type", "text/csv").Post("/v1/gateways/nowhere/reconcile?day=2026-10-01", "reference,amount\n").Problem(404, "gateway_not_found")
		buyer = m.SignIn(buyer)
		buyer.With("Content-Type", "text/csv").Post("/v1/gateways/test/reconcile?day=2026-10-01", "reference,amount\n").Problem(403, "forbidden")
		admin.Get("/v1/events?type=gateway.reconciled").Want(200).Is("items.0.subject", "test")
	})
}

// What agrees is booked as money that came to the bank, net of the provider's charge: each line once, whatever file it
// stands in.
func TestSettlement(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st, admin := m.Store(), m.Person("admin")
		_, lamp := st.Product("Lamp", "100.00", 50)
		buyer, address := m.Buyer()
		a := buyer.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "100.00"}).Want(201)
		attempt := buyer.Post("/v1/payments/{}/attempts", M{
			"gateway": "test", "card": M{"number": "4242424242424242", "exp_month": 12, "exp_year": 2030, "cvc": "123"},
		}, a.Str("payment.id")).Want(201).Str("id")
		refund := st.Owner.Post("/v1/orders/{}/refunds", M{"amount": "30.00", "reason": "broken"}, a.Str("orders.0.id")).Want(201).Str("id")
		m.RunJobs()
		settle := func(text string) *apptest.Answer {
			return admin.With("Content-Type", "text/csv").Post("/v1/gateways/test/reconcile?day=2026-10-01&book=true", text).Want(200)
		}
		books := func(gateway, bank, cost string) {
			t.Helper()
			for key, want := range map[string]string{"gateway:test:NPR": gateway, "bank:NPR": bank, "platform:provider_cost:NPR": cost} {
				have := "0.00"
				list := admin.Get("/v1/ledger/trial-balance").Want(200)
				for i := range list.Len("currencies.0.lines") {
					if list.Str(fmt.Sprintf("currencies.0.lines.%d.account", i)) == key {
						have = list.Str(fmt.Sprintf("currencies.0.lines.%d.balance", i))
					}
				}
				if have != want {
					t.Errorf("%s has %s, want %s", key, have, want)
				}
			}
		}
		books("-74.50", "0.00", "0.00") // 104.50 taken, 30.00 given back
		payment := "type,id,amount,charge\npayment," + attempt + ",104.50,2.00\n"
		settle(payment).Is("matched", 1).Is("booked", 1).Is("booked_before", 0)
		books("30.00", "-102.50", "-2.00")
		settle(payment).Is("booked", 0).Is("booked_before", 1)
		settle("type,id,amount,charge\npayment,"+attempt+",104.50,3.00\n").Is("booked", 0).Is("items.1.problem", "charge_differs").Is("items.1.ours", "2.00")
		settle(payment+"refund,"+refund+",30.00,\nrefund,"+refund+",30.00,\n").Is("booked", 1).Is("items.0.problem", "twice")
		books("0.00", "-72.50", "-2.00")
		m.Verify()
	})
}
