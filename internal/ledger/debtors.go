package ledger

import (
	"context"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

var debtorList = db.DefineList(db.List{
	Name:    "ledger.debtors",
	Select:  "SELECT a.id, a.key, a.kind, a.owner, a.book, a.currency, a.guarded, a.balance, a.held, a.created_at",
	From:    "FROM ledger_accounts a",
	Where:   "a.guarded AND a.balance < 0",
	Filters: []db.Filter{{Name: "kind", SQL: "a.kind = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "most", Keys: []db.SortKey{{Column: "a.balance", Type: db.Int}, {Column: "a.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"kind"}, Sort: "most", Index: "ledger_accounts_debtors"}},
})

// Debtors lists the accounts of a kind that are below zero, the largest debt first: what stores and couriers owe the market.
func (s *Service) Debtors(ctx context.Context, tx db.Tx, kind Kind, limit int, cursor string) ([]AccountRow, string, error) {
	return db.QueryList(ctx, tx, debtorList, db.ListQuery{Filters: map[string]any{"kind": string(kind)}, Limit: limit, Cursor: cursor}, func(r db.Scanner) (AccountRow, error) {
		var a ledgerdb.LedgerAccount
		err := r.Scan(&a.ID, &a.Key, &a.Kind, &a.Owner, &a.Book, &a.Currency, &a.Guarded, &a.Balance, &a.Held, &a.CreatedAt)
		return AccountRow{
			Key: Key(a.Key), Kind: Kind(a.Kind), Owner: a.Owner, Currency: a.Currency, Guarded: a.Guarded,
			Balance:  Balance{Balance: a.Balance, Held: a.Held, Available: a.Balance - a.Held},
			OpenedAt: clock.Time(a.CreatedAt),
		}, err
	})
}
