package wallet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

type M = apptest.M

func TestCredit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana, eve := m.Person("admin"), m.Person("customer"), m.Person("customer")
		ana.Get("/v1/wallet").Want(200).Is("balance", "0.00").Is("available", "0.00").Is("held", "0.00").Is("currency", "NPR")
		ana.Get("/v1/wallet/transactions").Want(200).Is("next_cursor", nil)

		body := M{"amount": "1250.50", "reason": "opening balance"}
		a := admin.Key("credit-key-000000001").Post("/v1/accounts/{}/wallet/credits", body, ana.ID).Want(201).
			Is("amount", "1250.50").Is("currency", "NPR").Is("account", ana.ID).Is("actor", admin.ID).Is("reason", "opening balance")
		again := admin.Key("credit-key-000000001").Post("/v1/accounts/{}/wallet/credits", body, ana.ID).Want(201).Is("id", a.Str("id"))
		if again.Header.Get("Idempotency-Replayed") != "true" {
			t.Error("not said to be a replay")
		}
		admin.Key("credit-key-000000001").Post("/v1/accounts/{}/wallet/credits", M{"amount": "1.00", "reason": "x"}, ana.ID).Problem(422, "idempotency_key_reused")
		ana.Get("/v1/wallet").Want(200).Is("balance", "1250.50").Is("available", "1250.50")

		page := ana.Get("/v1/wallet/transactions").Want(200).Is("items.0.amount", "1250.50").Is("items.0.balance_after", "1250.50").
			Is("items.0.kind", "opening").Is("items.0.subject", a.Str("id"))
		if page.Len("items") != 1 {
			t.Errorf("%s", page.Body)
		}
		eve.Get("/v1/wallet").Want(200).Is("balance", "0.00")

		for _, c := range []struct {
			body M
			code string
		}{
			{M{"amount": "0.00", "reason": "x"}, "invalid_amount"}, {M{"amount": "-5.00", "reason": "x"}, "invalid_amount"},
			{M{"amount": "1.001", "reason": "x"}, "invalid_amount"}, {M{"amount": "1e3", "reason": "x"}, "invalid_amount"},
			{M{"amount": "99999999999999999", "reason": "x"}, "amount_out_of_range"}, {M{"amount": "1.00", "reason": "  "}, "reason_required"},
			{M{"amount": "1.00", "currency": "USD", "reason": "x"}, "wrong_currency"},
		} {
			admin.Post("/v1/accounts/{}/wallet/credits", c.body, ana.ID).Problem(422, c.code)
		}
		admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": "100000000000.00", "reason": "too much with what is there"}, ana.ID).Problem(409, "balance_too_large")
		admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": "1.00", "reason": "x"}, "acc_0000000000000000").Want(404)
		ana.Post("/v1/accounts/{}/wallet/credits", M{"amount": "1.00", "reason": "x"}, ana.ID).Problem(403, "forbidden")
		m.Anonymous().Get("/v1/wallet").Problem(401, "unauthenticated")
		m.Anonymous().Get("/v1/wallet/transactions").Problem(401, "unauthenticated")

		// The log says who gave what to whom, and why.
		admin.Get("/v1/events?type=wallet.credited").Want(200).Is("items.0.subject", ana.ID).Is("items.0.actor", admin.ID).
			Is("items.0.facts.reason", "opening balance").Is("items.0.facts.amount", 125050)
	})
}

// The same key from everywhere at once gives money once.
func TestCreditOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana := m.Person("admin"), m.Person("customer")
		var all sync.WaitGroup
		ids := make([]string, 20)
		for i := range ids {
			all.Go(func() {
				a, err := admin.Key("credit-key-000000002").Try("POST", "/v1/accounts/"+ana.ID+"/wallet/credits", M{"amount": "10.00", "reason": "once"})
				if err != nil || a.Status != 201 {
					t.Errorf("%v: %+v", err, a)
					return
				}
				ids[i] = a.Str("id")
			})
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("credits %v", ids)
				break
			}
		}
		ana.Get("/v1/wallet").Want(200).Is("balance", "10.00")
	})
}

func TestTransactionPages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana := m.Person("admin"), m.Person("customer")
		for i := range 7 {
			admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": fmt.Sprintf("%d.00", i+1), "reason": "step"}, ana.ID).Want(201)
		}
		var after []string
		for path := "/v1/wallet/transactions?limit=3"; ; {
			page := ana.Get(path).Want(200)
			for i := range page.Len("items") {
				after = append(after, page.Str(fmt.Sprintf("items.%d.balance_after", i)))
			}
			next := page.Str("next_cursor")
			if next == "" {
				break
			}
			path = "/v1/wallet/transactions?limit=3&cursor=" + next
		}
		if got := strings.Join(after, " "); got != "28.00 21.00 15.00 10.00 6.00 3.00 1.00" {
			t.Errorf("balances %s", got)
		}
		ana.Get("/v1/wallet/transactions?cursor=x").Problem(422, "invalid_cursor")
	})
}

func TestEarnings(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		admin, eve := m.Person("admin"), m.Person("customer")
		s.Owner.Get("/v1/stores/", s.ID, "/earnings").Want(200).Is("store", s.ID).Is("balance", "0.00").Is("currency", "NPR").Is("next_cursor", nil)
		admin.Get("/v1/stores/", s.ID, "/earnings").Want(200)
		eve.Get("/v1/stores/", s.ID, "/earnings").Want(404)
		m.Anonymous().Get("/v1/stores/", s.ID, "/earnings").Want(401)
	})
}

// Verify finds a credit that was not booked.
func TestVerifyFindsUnbookedCredit(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana := m.Person("admin"), m.Person("customer")
		admin.Post("/v1/accounts/{}/wallet/credits", M{"amount": "10.00", "reason": "real"}, ana.ID).Want(201)
		found := broken(t, m, "INSERT INTO wallet_credits (public_id, account, amount, currency, reason, actor, created_at) VALUES ('wcr_x', 'acc_x', 5, 'NPR', 'x', 'x', 1)")
		if len(found) != 1 || !strings.Contains(found[0], "wcr_x") {
			t.Errorf("found %v", found)
		}
	})
}

// broken runs a statement that the program would not, asks the room's rules, and takes it back.
func broken(t *testing.T, m *apptest.Market, sql string) (found []string) {
	t.Helper()
	dbtest.SQL(sql)
	undo := errors.New("undo")
	err := m.DB.Write(context.Background(), "test.break", func(ctx context.Context, tx db.Tx) error {
		found = nil
		_, err := tx.Exec(ctx, sql)
		for _, r := range m.Wallet.Rules() {
			err = errors.Join(err, r.Check(ctx, tx, func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }))
		}
		return errors.Join(undo, err)
	})
	if err == nil || err.Error() != undo.Error() {
		t.Fatal(err)
	}
	return found
}
