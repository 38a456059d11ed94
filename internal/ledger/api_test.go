package ledger_test

import (
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// A sale from the wallet, as an admin reads it in the books.
func TestBooksOverHTTP(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, ana := m.Person("admin"), m.Person("customer")
		admin.Get("/v1/ledger/trial-balance").Want(200).Is("as_of", nil).Is("complete", true)
		_, rice := m.Store().Product("Rice", "120.00", 5)
		buyer, address := m.Buyer()
		m.Fund(buyer, 100_000)
		buyer.Post("/v1/cart/lines", M{"variant": rice, "quantity": 2}).Want(201)
		order := buyer.Post("/v1/checkouts", M{"address_id": address, "payment_method": "wallet", "expected_total": "240.00"}).Want(201).Str("orders.0.id")

		wallet := "wallet:" + buyer.ID + ":NPR"
		escrow := "escrow:" + order + ":NPR"
		accounts := admin.Get("/v1/ledger/accounts?kind=wallet").Want(200).Is("items.0.id", wallet).Is("items.0.balance", "760.00").
			Is("items.0.available", "760.00").Is("items.0.held", "0.00").Is("items.0.owner", buyer.ID).Is("items.0.guarded", true)
		if accounts.Len("items") != 1 {
			t.Errorf("%s", accounts.Body)
		}
		admin.Get("/v1/ledger/accounts?owner=", order).Want(200).Is("items.0.id", escrow).Is("items.0.balance", "240.00").Is("items.0.guarded", false)
		admin.Get("/v1/ledger/accounts?kind=equity_opening").Want(200).Is("items.0.balance", "-1000.00").Is("items.0.owner", nil)

		s := admin.Get("/v1/ledger/accounts/", wallet, "/statement").Want(200).Is("items.0.amount", "-240.00").Is("items.0.balance_after", "760.00").
			Is("items.0.kind", "payment").Is("items.0.counterparty", escrow).Is("items.1.amount", "1000.00").Is("next_cursor", nil)
		admin.Get("/v1/ledger/transfers?reference=", s.Str("items.0.reference")).Want(200).Is("items.0.from", wallet).Is("items.0.to", escrow).
			Is("items.0.amount", "240.00").Is("items.0.posting", "wallet_pays").Is("items.0.currency", "NPR")
		admin.Get("/v1/ledger/transfers?account=", escrow).Want(200).Is("items.0.amount", "240.00")
		admin.Get("/v1/ledger/transfers?from=", wallet, "&limit=1").Want(200).Is("items.0.to", escrow)

		trial := admin.Get("/v1/ledger/trial-balance").Want(200).Is("complete", true).Is("currencies.0.currency", "NPR").Is("currencies.0.balance", "0.00")
		lines := map[any]any{}
		for _, l := range trial.At("currencies.0.lines").([]any) {
			lines[l.(M)["account"]] = l.(M)["balance"]
		}
		if lines["wallet:NPR"] != "760.00" || lines["escrow:NPR"] != "240.00" || lines["equity:opening:NPR"] != "-1000.00" {
			t.Errorf("lines %v", lines)
		}

		admin.Get("/v1/ledger/accounts/wallet:acc_nobody:NPR/statement").Problem(404, "account_not_found")
		admin.Get("/v1/ledger/accounts/nonsense/statement").Problem(404, "account_not_found")
		admin.Get("/v1/ledger/transfers?account=nonsense").Problem(404, "account_not_found")
		admin.Get("/v1/ledger/transfers?account=", wallet, "&subject=x").Problem(422, "unsupported_filter")
		admin.Get("/v1/ledger/accounts/", wallet, "/statement?cursor=x").Problem(422, "invalid_cursor")
		admin.Get("/v1/ledger/accounts?cursor=x").Problem(422, "invalid_cursor")
		for _, path := range []string{"/v1/ledger/accounts", "/v1/ledger/accounts/" + wallet + "/statement", "/v1/ledger/transfers", "/v1/ledger/trial-balance"} {
			ana.Get(path).Problem(403, "forbidden")
			m.Anonymous().Get(path).Problem(401, "unauthenticated")
		}
	})
}
