package ledger

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
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
