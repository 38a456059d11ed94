package ledger

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Balances reads the balances of many summed accounts at once, such as the escrows of a page of orders. An account
// that was never used is missing. Guarded accounts have a row of their own: see Balance.
func (s *Service) Balances(ctx context.Context, tx db.Tx, keys []Key) (map[Key]int64, error) {
	q := ledgerdb.New(tx)
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = string(k)
	}
	rows, err := q.AccountIDs(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	totals, err := sums(ctx, q, ids, 0)
	if err != nil {
		return nil, err
	}
	out := make(map[Key]int64, len(rows))
	for _, r := range rows {
		out[Key(r.Key)] = totals[r.ID]
	}
	return out, nil
}

// Booked sums what was posted under each reference; a reference that was never used is missing. It is for the rooms'
// rules, which hold their documents against the books.
func (s *Service) Booked(ctx context.Context, tx db.Tx, references []string) (map[string]int64, error) {
	rows, err := ledgerdb.New(tx).BookedUnder(ctx, references)
	if err != nil {
		return nil, fmt.Errorf("booked: %w", err)
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Reference] = r.Total
	}
	return out, nil
}

// Under reads what was posted under each reference, leg by leg; a reference that was never used is missing. It is for the
// rooms' rules, a page of references at once.
func (s *Service) Under(ctx context.Context, tx db.Tx, references []string) (map[string][]Transfer, error) {
	rows, err := ledgerdb.New(tx).TransfersUnder(ctx, references)
	if err != nil {
		return nil, fmt.Errorf("transfers: %w", err)
	}
	out := make(map[string][]Transfer, len(references))
	for _, r := range rows {
		out[r.Reference] = append(out[r.Reference], Transfer{
			Reference: r.Reference, Leg: r.Leg, Posting: Posting(r.Posting), Kind: TransferKind(r.Kind), From: Key(r.FromKey), To: Key(r.ToKey),
			Amount: r.Amount, Currency: r.Currency, Subject: r.Subject, At: clock.Time(r.CreatedAt),
		})
	}
	return out, nil
}

// BookedAs is Booked for transfers of one kind: how what was posted under a reference was divided.
func (s *Service) BookedAs(ctx context.Context, tx db.Tx, kind TransferKind, references []string) (map[string]int64, error) {
	rows, err := ledgerdb.New(tx).BookedAs(ctx, references, string(kind))
	if err != nil {
		return nil, fmt.Errorf("booked as %s: %w", kind, err)
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Reference] = r.Total
	}
	return out, nil
}

// Guarded reads the balances of many guarded accounts at once; one that was never used is missing. It locks nothing.
func (s *Service) Guarded(ctx context.Context, tx db.Tx, keys []Key) (map[Key]Balance, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = string(k)
	}
	rows, err := ledgerdb.New(tx).GuardedBalances(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("guarded balances: %w", err)
	}
	out := make(map[Key]Balance, len(rows))
	for _, r := range rows {
		out[Key(r.Key)] = Balance{Balance: r.Balance, Held: r.Held, Available: r.Balance - r.Held}
	}
	return out, nil
}

// OpenHolds pages through the open holds by their keys, for the rules of who asked for them.
func (s *Service) OpenHolds(ctx context.Context, tx db.Tx, after int64, most int32) ([]Hold, error) {
	rows, err := ledgerdb.New(tx).OpenHoldsAfter(ctx, after, most)
	if err != nil {
		return nil, fmt.Errorf("open holds: %w", err)
	}
	out := make([]Hold, len(rows))
	for i, r := range rows {
		out[i] = Hold{ID: r.ID, Reference: r.Reference, Account: Key(r.Key), Amount: r.Amount, State: HoldOpen}
	}
	return out, nil
}
