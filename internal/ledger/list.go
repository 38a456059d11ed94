package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// AccountRow is an account with what is on it.
type AccountRow struct {
	Key             Key
	Kind            Kind
	Owner, Currency string
	Guarded         bool
	Balance
	OpenedAt time.Time
}

// Owes is what the account's owner owes the market.
func (r AccountRow) Owes() int64 { return max(-r.Balance.Balance, 0) }

// Transfer is a movement of money.
type Transfer struct {
	Reference string
	Leg       int64
	Posting   Posting
	Kind      TransferKind
	From, To  Key
	Amount    int64
	Currency  string
	Subject   string
	At        time.Time
}

var accountList = db.DefineList(db.List{
	Name:   "ledger.accounts",
	Select: "SELECT a.id, a.key, a.kind, a.owner, a.book, a.currency, a.guarded, a.balance, a.held, a.created_at",
	From:   "FROM ledger_accounts a",
	Filters: []db.Filter{
		{Name: "kind", SQL: "a.kind = ?", Type: db.Text},
		{Name: "owner", SQL: "a.owner = ?", Type: db.Text},
	},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "a.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "ledger_accounts_pkey"},
		{Filters: []string{"kind"}, Sort: "newest", Index: "ledger_accounts_kind"},
		{Filters: []string{"owner"}, Sort: "newest", Index: "ledger_accounts_owner"},
		{Filters: []string{"owner"}, Post: []string{"kind"}, Sort: "newest", Index: "ledger_accounts_owner"},
	},
})

var transferList = db.DefineList(db.List{
	Name:   "ledger.transfers",
	Select: "SELECT t.reference, t.leg, t.posting, t.kind, f.key, g.key, t.amount, t.currency, t.subject, t.created_at",
	From:   "FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id",
	Filters: []db.Filter{
		{Name: "subject", SQL: "t.subject = ?", Type: db.Text},
		{Name: "reference", SQL: "t.reference = ?", Type: db.Text},
		{Name: "from", SQL: "t.from_id = ?", Type: db.Int},
		{Name: "to", SQL: "t.to_id = ?", Type: db.Int},
	},
	Sorts: []db.Sort{
		{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "t.id", Type: db.Int}}},
		{Name: "leg", Keys: []db.SortKey{{Column: "t.leg", Type: db.Int}}},
	},
	Combos: []db.Combo{
		{Sort: "newest", Index: "ledger_transfers_pkey"},
		{Filters: []string{"subject"}, Sort: "newest", Index: "ledger_transfers_subject"},
		{Filters: []string{"from"}, Sort: "newest", Index: "ledger_transfers_from"},
		{Filters: []string{"to"}, Sort: "newest", Index: "ledger_transfers_to"},
		{Filters: []string{"reference"}, Sort: "leg", Index: "ledger_transfers_reference_key"},
	},
})

// Accounts lists accounts with their balances, the newest first. Filters: kind, owner.
func (s *Service) Accounts(ctx context.Context, tx db.Tx, lq db.ListQuery) ([]AccountRow, string, error) {
	var summed []ledgerdb.LedgerAccount
	items, next, err := db.QueryList(ctx, tx, accountList, lq, func(r db.Scanner) (AccountRow, error) {
		var a ledgerdb.LedgerAccount
		err := r.Scan(&a.ID, &a.Key, &a.Kind, &a.Owner, &a.Book, &a.Currency, &a.Guarded, &a.Balance, &a.Held, &a.CreatedAt)
		if !a.Guarded {
			summed = append(summed, a)
		}
		return AccountRow{
			Key: Key(a.Key), Kind: Kind(a.Kind), Owner: a.Owner, Currency: a.Currency, Guarded: a.Guarded,
			Balance:  Balance{Balance: a.Balance, Held: a.Held, Available: a.Balance - a.Held},
			OpenedAt: clock.Time(a.CreatedAt),
		}, err
	})
	if err != nil || len(summed) == 0 {
		return items, next, err
	}
	totals, err := totals(ctx, ledgerdb.New(tx), summed)
	if err != nil {
		return nil, "", err
	}
	for i := range items {
		if t, ok := totals[items[i].Key]; ok {
			items[i].Balance = Balance{Balance: t, Available: t}
		}
	}
	return items, next, nil
}

// totals adds up summed accounts: those with a checkpoint of their own from there, the others from their beginning.
func totals(ctx context.Context, q *ledgerdb.Queries, accounts []ledgerdb.LedgerAccount) (map[Key]int64, error) {
	at, err := position(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	points, err := q.Checkpoints(ctx)
	if err != nil {
		return nil, fmt.Errorf("balances: %w", err)
	}
	folded := map[string]int64{}
	for _, p := range points {
		folded[p.Book] = p.CameIn - p.WentOut
	}
	var long, short []int64
	for _, a := range accounts {
		if a.Book == a.Key {
			long = append(long, a.ID)
		} else {
			short = append(short, a.ID)
		}
	}
	tail, err := sums(ctx, q, long, at)
	if err != nil {
		return nil, err
	}
	whole, err := sums(ctx, q, short, 0)
	if err != nil {
		return nil, err
	}
	out := make(map[Key]int64, len(accounts))
	for _, a := range accounts {
		out[Key(a.Key)] = tail[a.ID] + whole[a.ID]
		if a.Book == a.Key {
			out[Key(a.Key)] += folded[a.Book]
		}
	}
	return out, nil
}

// Filter says which transfers are wanted: at most one of them is set.
type Filter struct {
	Subject, Reference string
	From, To           Key
	Account            Key // at either end
}

// Transfers lists transfers, the newest first, those of one reference in the order of their legs.
func (s *Service) Transfers(ctx context.Context, tx db.Tx, f Filter, limit int, cursor string) ([]Transfer, string, error) {
	given := map[string]any{}
	sort := "newest"
	if f.Subject != "" {
		given["subject"] = f.Subject
	}
	if f.Reference != "" {
		given["reference"], sort = f.Reference, "leg"
	}
	for name, k := range map[string]Key{"from": f.From, "to": f.To, "account": f.Account} {
		if k == "" {
			continue
		}
		row, err := ledgerdb.New(tx).Account(ctx, string(k))
		if errors.Is(err, db.ErrNoRows) {
			return nil, "", ErrAccountNotFound
		}
		if err != nil {
			return nil, "", fmt.Errorf("account %s: %w", k, err)
		}
		given[name] = row.ID
	}
	if f.Account != "" {
		if len(given) > 1 {
			return nil, "", db.ErrUnsupportedFilter
		}
		return s.touching(ctx, tx, f.Account, limit, cursor)
	}
	return db.QueryList(ctx, tx, transferList, db.ListQuery{Filters: given, Sort: sort, Limit: limit, Cursor: cursor},
		func(r db.Scanner) (Transfer, error) {
			var t Transfer
			var at int64
			err := r.Scan(&t.Reference, &t.Leg, &t.Posting, &t.Kind, &t.From, &t.To, &t.Amount, &t.Currency, &t.Subject, &at)
			t.At = clock.Time(at)
			return t, err
		})
}

// touching lists the transfers of an account: its statement without the balance.
func (s *Service) touching(ctx context.Context, tx db.Tx, k Key, limit int, cursor string) ([]Transfer, string, error) {
	a, err := k.parse()
	if err != nil {
		return nil, "", ErrAccountNotFound.Because(err)
	}
	entries, next, err := s.Statement(ctx, tx, k, limit, cursor)
	if err != nil {
		return nil, "", err
	}
	out := make([]Transfer, len(entries))
	for i, e := range entries {
		t := Transfer{
			Reference: e.Reference, Leg: e.Leg, Posting: e.Posting, Kind: e.Kind, From: e.Other, To: k, Amount: e.Amount,
			Currency: a.currency, Subject: e.Subject, At: e.At,
		}
		if e.Amount < 0 {
			t.From, t.To, t.Amount = k, e.Other, -e.Amount
		}
		out[i] = t
	}
	return out, next, nil
}

// Rows is the table of postings for whoever reads it: every shape that a transfer may have.
func Rows() []Row {
	var out []Row
	for p, shapes := range table {
		for _, s := range shapes {
			out = append(out, Row{p, s.from, s.to, s.kind})
		}
	}
	slices.SortFunc(out, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Posting, b.Posting), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}

// Row is one shape of the table of postings.
type Row struct {
	Posting  Posting
	From, To Kind
	Kind     TransferKind
}

// exists refuses an account that was never used.
func (s *Service) exists(ctx context.Context, tx db.Tx, k Key) error {
	_, err := ledgerdb.New(tx).Account(ctx, string(k))
	if errors.Is(err, db.ErrNoRows) {
		return ErrAccountNotFound
	}
	return err
}
