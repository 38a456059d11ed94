package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// Balance reads an account. One that was never used is empty.
func (s *Service) Balance(ctx context.Context, tx db.Tx, k Key) (Balance, error) {
	if _, err := k.parse(); err != nil {
		return Balance{}, err
	}
	q := ledgerdb.New(tx)
	row, err := q.Account(ctx, string(k))
	if errors.Is(err, db.ErrNoRows) {
		return Balance{}, nil
	}
	if err != nil {
		return Balance{}, fmt.Errorf("account %s: %w", k, err)
	}
	return balance(ctx, q, row)
}

func balance(ctx context.Context, q *ledgerdb.Queries, row ledgerdb.LedgerAccount) (Balance, error) {
	if row.Guarded {
		return Balance{Balance: row.Balance, Held: row.Held, Available: row.Balance - row.Held}, nil
	}
	var base, after int64
	if row.Book == row.Key { // a line of the trial balance of its own: what is folded need not be read again
		point, err := q.Checkpoint(ctx, row.Book)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return Balance{}, fmt.Errorf("checkpoint of %s: %w", row.Key, err)
		}
		base, after = point.CameIn-point.WentOut, point.TransferID
	}
	later, err := sums(ctx, q, []int64{row.ID}, after)
	if err != nil {
		return Balance{}, err
	}
	total := base + later[row.ID]
	return Balance{Balance: total, Available: total}, nil
}

// sums adds up what came in minus what went out by account, in the transfers behind after.
func sums(ctx context.Context, q *ledgerdb.Queries, ids []int64, after int64) (map[int64]int64, error) {
	total := make(map[int64]int64, len(ids))
	if len(ids) == 0 {
		return total, nil
	}
	in, err := q.CameIn(ctx, ids, after)
	if err != nil {
		return nil, fmt.Errorf("sum what came in: %w", err)
	}
	for _, r := range in {
		total[r.AccountID] += r.Total
	}
	out, err := q.WentOut(ctx, ids, after)
	if err != nil {
		return nil, fmt.Errorf("sum what went out: %w", err)
	}
	for _, r := range out {
		total[r.AccountID] -= r.Total
	}
	return total, nil
}

// Used says whether anything was ever booked.
func (s *Service) Used(ctx context.Context, tx db.Tx) (bool, error) {
	last, err := ledgerdb.New(tx).LastTransfer(ctx)
	return last > 0, err
}
