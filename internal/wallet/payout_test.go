package wallet_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
)

// bank is where a payout goes.
func bank(number string) M {
	return M{"bank": "Nabil Bank", "branch": "NARB", "account_name": "Asha Rai", "account_number": number}
}

func ask(c *apptest.Client, amount string) *apptest.Answer {
	return c.Post("/v1/wallet/payouts", M{"amount": amount, "bank": bank("0123 4567-89")})
}

func TestPayout(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ana, eve, admin, boss := m.Person("customer"), m.Person("customer", "seller"), m.Person("admin"), m.Person("admin", "customer")
		m.Fund(ana, 100_000)
		admin.Patch("/v1/settings", M{"payout_min": "10.00", "payout_daily_max": "900.00", "payout_second_above": "500.00"}).Want(200)
		funds := func(balance, held string) {
			t.Helper()
			ana.Get("/v1/wallet").Want(200).Is("balance", balance).Is("held", held)
		}
		for _, c := range []struct {
			body   M
			status int
			code   string
		}{
			{M{"amount": "9.99", "bank": bank("0123")}, 422, "payout_amount"}, {M{"amount": "0.00", "bank": bank("0123")}, 422, "invalid_amount"},
			{M{"amount": "-20.00", "bank": bank("0123")}, 422, "invalid_amount"}, {M{"amount": "20.00", "currency": "USD", "bank": bank("0123")}, 422, "wrong_currency"},
			{M{"amount": "900.01", "bank": bank("0123")}, 409, "payout_daily_limit"}, {M{"amount": "99999999999999999", "bank": bank("0123")}, 422, "amount_out_of_range"},
			{M{"amount": "20.00", "bank": bank("=1+1")}, 422, "bank_details"}, {M{"amount": "20.00", "bank": M{"bank": "  ", "account_name": "Asha", "account_number": "01234"}}, 422, "bank_details"},
		} {
			ana.Post("/v1/wallet/payouts", c.body).Problem(c.status, c.code)
		}
		ask(eve, "20.00").Problem(409, "insufficient_balance").Is("details.required", "20.00").Is("details.available", "0.00")
		funds("1000.00", "0.00")

		key := ana.Key("payout-key-00000001")
		id := ask(key, "100.00").Want(201).Is("state", "requested").Is("bank.account_number", "01234567-89").Is("holder", "wallet").Str("id")
		ask(key, "100.00").Want(201).Is("id", id)
		funds("1000.00", "100.00")
		m.Verify()
		eve.Get("/v1/payouts/", id).Problem(404, "payout_not_found")
		eve.Post("/v1/payouts/{}/cancel", nil, id).Problem(404, "payout_not_found")
		ana.Post("/v1/payouts/{}/approve", nil, id).Problem(403, "forbidden")
		admin.Post("/v1/payouts/{}/settle", M{"reference": "TT 1"}, id).Problem(409, "payout_state")
		admin.Post("/v1/payouts/{}/approve", nil, id).Want(200).Is("state", "approved").Is("decided_by", admin.ID)
		funds("900.00", "0.00")
		m.Verify()
		ana.Post("/v1/payouts/{}/cancel", nil, id).Problem(409, "payout_state")
		admin.Post("/v1/payouts/{}/reject", M{"reason": "no"}, id).Problem(409, "payout_state")
		admin.Post("/v1/payouts/{}/settle", M{"reference": "TT 1"}, id).Want(200).Is("state", "settled").Is("reference", "TT 1")
		ana.Get("/v1/payouts/", id).Want(200).Is("state", "settled")
		m.Verify()
		// The bank gives it back: it is on the wallet again, once.
		admin.Post("/v1/payouts/{}/fail", M{"reason": "account closed"}, id).Want(200).Is("state", "failed").Is("reason", "account closed")
		admin.Post("/v1/payouts/{}/fail", M{"reason": "account closed"}, id).Problem(409, "payout_state")
		funds("1000.00", "0.00")
		m.Verify()

		// Cancelled and rejected money is free again.
		id = ask(ana, "50.00").Want(201).Str("id")
		ana.Post("/v1/payouts/{}/cancel", nil, id).Want(200).Is("state", "cancelled")
		id = ask(ana, "50.00").Want(201).Str("id")
		admin.Post("/v1/payouts/{}/reject", M{"reason": "  "}, id).Problem(422, "reason_needed")
		admin.Post("/v1/payouts/{}/reject", M{"reason": "another name"}, id).Want(200).Is("state", "rejected").Is("reason", "another name")
		funds("1000.00", "0.00")

		// Above the limit two admins, and nobody his own.
		id = ask(ana, "600.00").Want(201).Str("id")
		admin.Post("/v1/payouts/{}/approve", nil, id).Want(200).Is("state", "requested").Is("first_by", admin.ID)
		admin.Post("/v1/payouts/{}/approve", nil, id).Problem(409, "second_approver_needed")
		if a := ana.Get("/v1/payouts/", id).Want(200); a.At("first_by") != nil {
			t.Error("the owner sees who approved")
		}
		boss.Post("/v1/payouts/{}/approve", nil, id).Want(200).Is("state", "approved")
		admin.Post("/v1/payouts/{}/fail", M{"reason": "bank closed"}, id).Want(200).Is("state", "failed")
		m.Fund(boss, 10_000)
		own := ask(boss, "20.00").Want(201).Str("id")
		boss.Post("/v1/payouts/{}/approve", nil, own).Problem(403, "own_payout")
		id = ask(ana, "600.00").Want(201).Str("id")
		admin.Post("/v1/payouts/{}/approve", nil, id).Want(200)
		admin.Post("/v1/payouts/{}/reject", M{"reason": "on second thoughts"}, id).Want(200)

		// The limit of a day counts what may still leave.
		ask(ana, "899.00").Want(201)
		ask(ana, "10.00").Problem(409, "payout_daily_limit").Is("details.left", "1.00")
		m.Clock.Advance(25 * time.Hour)
		ana, admin = m.SignIn(ana), m.SignIn(admin)
		ask(ana, "10.00").Want(201)

		ana.Get("/v1/payouts?state=rejected").Want(200).Is("items.0.reason", "on second thoughts")
		admin.Get("/v1/payouts?all=true&state=requested&holder=wallet").Want(200).Is("items.2.account", boss.ID)
		ana.Get("/v1/payouts?all=true").Problem(403, "forbidden")
		eve = m.SignIn(eve)
		if n := eve.Get("/v1/payouts").Want(200).Len("items"); n != 0 {
			t.Errorf("a stranger has %d payouts", n)
		}
		if text := string(admin.Get("/v1/events?type=payout.requested").Want(200).Body); strings.Contains(text, "0123") || strings.Contains(text, "Nabil") {
			t.Errorf("the log says where it goes: %s", text)
		}
	})
}

// What a store earned is paid to its owner only, and never what it has to give back.
func TestPayoutOfAStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, admin := m.Store(), m.Person("admin")
		_, lamp := s.Product("Lamp", "100.00", 10)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_000)
		sell := func() string {
			id := buyer.Post("/v1/checkouts", M{"direct": M{"variant": lamp, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201).Str("orders.0.id")
			s.Owner.Post("/v1/orders/{}/ship", nil, id).Want(200)
			s.Owner.Post("/v1/orders/{}/deliver", nil, id).Want(200)
			return id
		}
		want := func(c *apptest.Client, amount string) *apptest.Answer {
			return c.Post("/v1/stores/{}/payouts", M{"amount": amount, "bank": bank("0123456789")}, s.ID)
		}
		id := sell()
		want(s.Owner, "100.00").Problem(409, "insufficient_balance") // it is in escrow
		buyer.Post("/v1/orders/{}/complete", nil, id).Want(200)
		clerk := m.Person("customer")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders"}}, s.ID)
		want(clerk, "10.00").Problem(403, "store_right_required")
		want(admin, "10.00").Problem(403, "store_right_required")
		want(m.Person("customer"), "10.00").Problem(404, "store_not_found")
		first := want(s.Owner, "60.00").Want(201).Is("holder", "store").Is("store", s.ID).Str("id")
		s.Owner.Get("/v1/stores/", s.ID, "/earnings").Want(200).Is("balance", "100.00").Is("held", "60.00").Is("available", "40.00").Is("owed", "0.00")
		want(s.Owner, "40.01").Problem(409, "insufficient_balance")
		clerk.Get("/v1/payouts?store=", s.ID).Want(200).Is("items.0.id", first)
		clerk.Post("/v1/payouts/{}/cancel", nil, first).Problem(403, "store_right_required")

		// A refund takes what it needs, also of what is held; then there is nothing to approve.
		s.Owner.Post("/v1/orders/{}/refunds", M{"amount": "80.00", "reason": "broken"}, id).Want(201)
		m.Verify()
		admin.Post("/v1/payouts/{}/approve", nil, first).Problem(409, "insufficient_balance")
		s.Owner.Post("/v1/payouts/{}/cancel", nil, first).Want(200)
		s.Owner.Get("/v1/stores/", s.ID, "/earnings").Want(200).Is("balance", "20.00").Is("held", "0.00")
	})
}

// A file for the bank, and what the bank did, line by line.
func TestPayoutFile(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin := m.Person("admin")
		var ids []string
		var people []*apptest.Client
		for i := range 4 {
			c := m.Person("customer")
			m.Fund(c, 10_000)
			b := bank(fmt.Sprintf("000%d", i))
			if i == 0 {
				b["account_name"], b["bank"] = "=HYPERLINK(1)", "@bank"
			}
			ids, people = append(ids, c.Post("/v1/wallet/payouts", M{"amount": "20.00", "bank": b}).Want(201).Str("id")), append(people, c)
		}
		for _, id := range ids[:3] {
			admin.Post("/v1/payouts/{}/approve", nil, id).Want(200)
		}
		people[0].Get("/v1/payouts.csv").Problem(403, "forbidden")
		file := string(admin.Get("/v1/payouts.csv").Want(200).Body)
		if !strings.HasPrefix(file, "payout,amount,currency,bank,") || strings.Count(file, "\n") != 4 || !strings.Contains(file, ids[0]+",20.00,NPR,'@bank,NARB,'=HYPERLINK(1),0000,") || strings.Contains(file, ids[3]) {
			t.Errorf("the bank's file: %s", file)
		}
		send := func(text string) *apptest.Answer {
			return admin.With("Content-Type", "text/csv").Post("/v1/payouts/results", text)
		}
		results := fmt.Sprintf("\ufeffPayout,Amount,Result,Reference,Reason\n%s,20.00,paid,TT 1,\n%s,20.00,failed,,account closed\n%s,21.00,paid,TT 2,\n%s,20.00,paid,TT 3,\npto_nobody,,paid,TT 4,\n%s,20.00,perhaps,,\n,,,,\n",
			ids[0], ids[1], ids[2], ids[3], ids[2])
		send(results).Want(200).Is("settled", 1).Is("failed", 1).Is("refused", 4).Is("unchanged", 0).Is("items.0.line", 2).Is("items.0.done", "settled").
			Is("items.2.code", "invalid_amount").Is("items.3.code", "payout_state").Is("items.4.code", "payout_not_found").Is("items.5.code", "payout_file")
		send(results).Want(200).Is("settled", 0).Is("failed", 0).Is("unchanged", 2)
		people[1].Get("/v1/wallet").Want(200).Is("balance", "100.00")
		people[0].Get("/v1/wallet").Want(200).Is("balance", "80.00")
		send("a,b\n1,2\n").Problem(422, "payout_file")
		send("payout,result\n\"").Problem(422, "payout_file")
		send("payout,result\n"+strings.Repeat("pto_x,paid\n", 501)).Problem(422, "payout_file")
	})
}

// Whatever is asked of one balance at once, no more than it is held; and one decision counts.
func TestPayoutsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ana, admins := m.Person("customer"), []*apptest.Client{m.Person("admin"), m.Person("admin")}
		m.Fund(ana, 10_000)
		var mu sync.Mutex
		var ids []string
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				a, err := ana.Try("POST", "/v1/wallet/payouts", M{"amount": "30.00", "bank": bank("0123456789")})
				if err != nil || a.Status != 201 && a.Status != 409 {
					t.Errorf("%v %+v", err, a)
					return
				}
				if a.Status == 201 {
					mu.Lock()
					defer mu.Unlock()
					ids = append(ids, a.Str("id"))
				}
			})
		}
		wg.Wait()
		if len(ids) != 3 {
			t.Errorf("%d payouts of 30.00 out of 100.00", len(ids))
		}
		m.Verify()
		done := map[string]int{}
		for i := range 12 {
			wg.Go(func() {
				c, verb, body := admins[i%2], []string{"approve", "reject"}[i/2%2], M{"reason": "no"}
				id := ids[i%len(ids)]
				if verb == "approve" {
					body = nil
				}
				if i > 9 {
					c, verb, body = ana, "cancel", nil
				}
				a, err := c.Try("POST", "/v1/payouts/"+id+"/"+verb, body)
				if err != nil || a.Status != 200 && a.Status != 409 {
					t.Errorf("%v %+v", err, a)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				if a.Status == 200 {
					done[id]++
				}
			})
		}
		wg.Wait()
		for id, n := range done {
			if n != 1 {
				t.Errorf("payout %s was decided %d times", id, n)
			}
		}
	})
}
