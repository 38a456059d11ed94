package watch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// hears lets the room hear what happened.
func hears(m *apptest.Market) {
	m.Sweep("event.number")
	m.Sweep("event.follow.watch.follow")
}

func card(number string) M {
	return M{"gateway": "test", "card": M{"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
}

// Each pattern is flagged once, for a person to look at, and stops nobody.
func TestFlags(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		st := m.Store()
		_, lamp := st.Product("Lamp", "100.00", 500)
		hears(m) // its place in the log: what was before is not looked at
		order := func(c *apptest.Client, home, method string) *apptest.Answer {
			return c.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": home, "payment_method": method, "expected_total": "100.00"}).Want(201)
		}
		flags := func(rule string, n int) *apptest.Answer {
			t.Helper()
			hears(m)
			a := admin.Get("/v1/flags?rule=" + rule).Want(200)
			if a.Len("items") != n {
				t.Fatalf("%s: %d flags, want %d", rule, a.Len("items"), n)
			}
			return a
		}

		// Ten declined payments of one account; the eleventh may be paid.
		ana, home := m.Buyer()
		var pay string
		for i := range 10 {
			if i%5 == 0 {
				pay = order(ana, home, "gateway").Str("payment.id")
			}
			ana.Post("/v1/payments/{}/attempts", card("4000000000000002"), pay).Problem(402, "card_declined")
			if i == 8 {
				flags("declined_cards", 0)
			}
		}
		flags("declined_cards", 1).Is("items.0.subject", ana.ID).Is("items.0.count", 10).Is("items.0.state", "open").Is("items.0.last", pay)
		pay = order(ana, home, "gateway").Str("payment.id")
		ana.Post("/v1/payments/{}/attempts", card("4242424242424242"), pay).Want(201)

		// Four more accounts pay with the card that ana paid with.
		for range 4 {
			c, home := m.Buyer()
			c.Post("/v1/payments/{}/attempts", card("4242424242424242"), order(c, home, "gateway").Str("payment.id")).Want(201)
		}
		other := card("4242424242424242") // the same digits and another date: another card
		other["card"].(M)["exp_year"] = 2031
		c, home5 := m.Buyer()
		c.Post("/v1/payments/{}/attempts", other, order(c, home5, "gateway").Str("payment.id")).Want(201)
		shared := flags("shared_card", 1).Is("items.0.count", 5)
		if shared.Len("items.0.accounts") != 5 || shared.Str("items.0.accounts.4") != ana.ID {
			t.Errorf("%s", shared.Body)
		}
		if strings.Contains(shared.Str("items.0.subject"), "4242") {
			t.Error("the flag shows the card")
		}

		// All of them have their things brought to one telephone number. Five others give another one in their profiles.
		flags("shared_phone", 1).Is("items.0.count", 6)
		for i := range 5 {
			if i == 4 {
				flags("shared_phone", 1)
			}
			m.Person("customer").Patch("/v1/me", M{"phone": "+9779811111111"}).Want(200)
		}
		if a := flags("shared_phone", 2).Is("items.0.count", 5); a.Len("items.0.accounts") != 5 || strings.Contains(a.Str("items.0.subject"), "9811111111") {
			t.Errorf("%s", a.Body)
		}

		// A store that gives back four of ten or more.
		bob, home := m.Buyer()
		m.Fund(bob, 1_000_000)
		for i := range 10 {
			id := order(bob, home, "wallet").Str("orders.0.id")
			st.Owner.Post("/v1/orders/{}/refunds", M{"amount": "1.00", "reason": "late"}, id).Want(201)
			if i == 8 {
				flags("many_refunds", 0)
			}
		}
		flags("many_refunds", 1).Is("items.0.subject", st.ID)

		// Put in, and asked out at once.
		top := ana.Post("/v1/wallet/topups", M{"amount": "500.00"}).Want(201).Str("payment.id")
		ana.Post("/v1/payments/{}/attempts", card("4242424242424242"), top).Want(201)
		bank := M{"bank": "Nabil", "account_name": "Ana", "account_number": "01234"}
		ana.Post("/v1/wallet/payouts", M{"amount": "100.00", "bank": bank}).Want(201)
		flags("quick_payout", 0)
		ana.Post("/v1/wallet/payouts", M{"amount": "350.00", "bank": bank}).Want(201)
		id := flags("quick_payout", 1).Str("items.0.id")

		// Somebody looks, once, and says what he found; it is not flagged again today.
		bob.Get("/v1/flags").Problem(403, "forbidden")
		admin.Post("/v1/flags/{}/look", M{"note": "  "}, id).Problem(422, "note_needed")
		admin.Post("/v1/flags/flg_nothing/look", M{"note": "x"}).Problem(404, "flag_not_found")
		admin.Post("/v1/flags/{}/look", M{"note": "Called her: a mistake."}, id).Want(200).Is("state", "seen").Is("seen_by", admin.ID)
		admin.Post("/v1/flags/{}/look", M{"note": "x"}, id).Problem(409, "flag_seen")
		ana.Post("/v1/wallet/payouts", M{"amount": "10.00", "bank": bank}).Want(201)
		flags("quick_payout", 1).Is("items.0.state", "seen")
		if n := admin.Get("/v1/flags?state=open").Want(200).Len("items"); n != 5 {
			t.Errorf("%d open flags", n)
		}
		admin.Get("/v1/flags?state=seen&rule=quick_payout").Want(200).Is("items.0.note", "Called her: a mistake.")
		m.Clock.Advance(91 * 24 * time.Hour)
		if m.Sweep("watch.forget") == 0 {
			t.Error("the counts are kept for ever")
		}
	})
}

// What waits is told by mail, once: a transfer that nothing is heard of, a proof that nobody looks at, a dispute that the
// store leaves alone. Two accounts that name one transfer are flagged.
func TestReminders(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		admin.Patch("/v1/settings", M{"email": "market@example.org"}).Want(200)
		admin.Patch("/v1/gateways/bank_transfer", M{"details": M{"account_name": "Asan Bazaar", "account_number": "0123456789", "bank": "Nabil"}}).Want(200)
		st := m.Store()
		_, lamp := st.Product("Lamp", "100.00", 500)
		hears(m)
		transfer := func() (*apptest.Client, string) {
			c, home := m.Buyer()
			pay := c.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": home, "payment_method": "gateway", "expected_total": "100.00"}).Want(201).Str("payment.id")
			c.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201)
			return c, pay
		}
		silent, waits := transfer()
		for range 2 {
			c, pay := transfer()
			c.Post("/v1/payments/{}/proof", M{"reference": "TX 1234"}, pay).Want(200)
		}
		buyer, home := m.Buyer()
		m.Fund(buyer, 100_000)
		order := buyer.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": home, "payment_method": "wallet", "expected_total": "100.00"}).Want(201).Str("orders.0.id")
		st.Owner.Post("/v1/orders/{}/ship", nil, order).Want(200)
		dispute := buyer.Post("/v1/orders/{}/disputes", M{"reason": "damaged", "text": "Broken."}, order).Want(201).Str("id")
		mails := func(sweep string, n int) string {
			t.Helper()
			before := len(m.Mail.Sent())
			m.Sweep(sweep)
			hears(m)
			m.RunJobs()
			sent := m.Mail.Sent()[before:]
			if len(sent) != n {
				t.Fatalf("%s: %d mails, want %d", sweep, len(sent), n)
			}
			all := ""
			for _, s := range sent {
				all += s.To + "\n" + s.Subject + "\n" + s.Text + "\n"
			}
			return all
		}
		mails("payment.remind", 0)
		m.Clock.Advance(13 * time.Hour)
		if text := mails("payment.remind", 3); !strings.Contains(text, silent.Email) || !strings.Contains(text, waits) || strings.Count(text, "market@example.org\n") != 2 {
			t.Error(text)
		}
		mails("payment.remind", 0)
		mails("order.disputes", 0)
		m.Clock.Advance(60 * time.Hour)
		if text := mails("order.disputes", 1); !strings.Contains(text, dispute) || !strings.Contains(text, "market@example.org") {
			t.Error(text)
		}
		mails("order.disputes", 0)
		admin = m.SignIn(admin)
		admin.Get("/v1/events?type=dispute.overdue").Want(200).Is("items.0.subject", dispute)
		admin.Get("/v1/flags?rule=shared_transfer").Want(200).Is("items.0.count", 2)
	})
}
