package order_test

import (
	"sync"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

// A store owes the fee of cash that it took. Above the limit it takes no more of it, until it has paid or earned.
func TestDebtOfAStore(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.admin.Patch("/v1/settings", M{"store_debt_limit": "3.00"}).Want(200)
		owner := g.store.Owner
		direct := M{"direct": M{"variant": g.soap, "quantity": 1}}
		for range 2 {
			g.buy("cod")
			g.steps("confirm", "ship", "deliver", "complete")
		}
		owner.Get("/v1/stores/", g.store.ID, "/earnings").Want(200).Is("balance", "-4.00").Is("owed", "4.00")
		g.buyer.Post("/v1/checkouts/quote", direct).Want(200).Is("payment_methods", []any{"gateway", "wallet"}).Is("stores.0.cash", false)
		g.buyer.Post("/v1/checkouts", M{"direct": M{"variant": g.soap, "quantity": 1}, "address_id": g.address, "payment_method": "cod", "expected_total": "16.30"}).
			Problem(409, "store_takes_no_cash").Is("details.store", g.store.ID)
		m.Anonymous().Post("/v1/guest/orders", message("LEG-1", M{"variant": g.soap})).Problem(409, "store_takes_no_cash")
		owner.Post("/v1/stores/{}/payouts", M{"amount": "1.00", "bank": M{"bank": "Nabil", "account_name": "Asha", "account_number": "01234"}}, g.store.ID).Problem(409, "insufficient_balance")

		pay := func(c *apptest.Client, amount, source, reference string) *apptest.Answer {
			return c.Post("/v1/stores/{}/debt-payments", M{"amount": amount, "source": source, "reference": reference}, g.store.ID)
		}
		pay(owner, "0.50", "wallet", "").Problem(409, "insufficient_balance")
		m.Fund(owner, 1_000)
		pay(owner, "4.01", "wallet", "").Problem(409, "debt_smaller").Is("details.owed", "4.00")
		pay(owner, "0.00", "wallet", "").Problem(422, "invalid_amount")
		pay(owner, "1.00", "bank", "TT 1").Problem(403, "debt_source")
		pay(m.Person("customer"), "1.00", "wallet", "").Problem(404, "store_not_found")
		pay(g.admin, "1.00", "wallet", "").Problem(403, "store_right_required")
		pay(owner, "0.50", "wallet", "").Want(201)
		pay(g.admin, "0.25", "bank", "").Problem(422, "reference_required")
		pay(g.admin, "0.25", "bank", "TT 1").Want(201).Is("reference", "TT1")
		pay(g.admin, "0.25", "bank", "tt1").Problem(409, "reference_used")
		pay(g.admin, "0.25", "cash", "").Want(201)
		owner.Get("/v1/stores/", g.store.ID, "/earnings").Want(200).Is("owed", "3.00").Is("items.0.kind", "debt_paid").Is("items.0.balance_after", "-3.00")
		owner.Get("/v1/stores/", g.store.ID, "/debt-payments").Want(200).Is("items.2.source", "wallet").Is("items.0.source", "cash")
		m.Verify()
		// At the limit it takes cash again, and what it earns pays the rest.
		g.buyer.Post("/v1/checkouts/quote", direct).Want(200).Is("payment_methods", []any{"gateway", "wallet", "cod"}).Is("stores.0.cash", true)
		g.buy("wallet")
		g.steps("ship", "deliver", "complete")
		owner.Get("/v1/stores/", g.store.ID, "/earnings").Want(200).Is("balance", "22.59").Is("owed", "0.00")
		pay(owner, "0.01", "wallet", "").Problem(409, "debt_smaller")
	})
}

// However many pay it at once, no more than the debt is paid.
func TestDebtIsPaidOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := newGiver(m)
		g.buy("cod")
		g.steps("confirm", "ship", "deliver", "complete")
		m.Fund(g.store.Owner, 10_000)
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				a, err := g.store.Owner.Try("POST", "/v1/stores/"+g.store.ID+"/debt-payments", M{"amount": "0.75", "source": "wallet"})
				if err != nil || a.Status != 201 && a.Status != 409 {
					t.Errorf("%v %+v", err, a)
				}
			})
		}
		wg.Wait()
		if g.earned() != "-0.50" {
			t.Errorf("the store has %s", g.earned())
		}
	})
}
