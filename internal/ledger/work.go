package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

const (
	checkpoints = "checkpoints"
	// settled is how old a transfer must be to be folded. PostgreSQL gives ids in the order of inserts, not of commits:
	// after this time no lower id can still appear, because no transaction lives that long.
	settled   = 5 * time.Minute
	foldChunk = 1000
	holdChunk = 100
)

// Work registers the ledger's sweeps.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "ledger.expire_holds", Every: 5 * time.Second, Run: s.expireHolds})
	j.Sweep(job.Sweep{Name: "ledger.fold", Every: 30 * time.Second, Run: s.fold})
}

// expireHolds gives money back whose hold has run out.
func (s *Service) expireHolds(ctx context.Context, lease job.Lease) (done int, err error) {
	// The accounts are locked in the order of their keys, then the holds leave open by a guarded update.
	err = s.db.Write(ctx, "ledger.expire_holds", func(ctx context.Context, tx db.Tx) error {
		done = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q, now := ledgerdb.New(tx), clock.Micro(s.clock.Now())
		due, err := q.DueHolds(ctx, now, holdChunk)
		if err != nil || len(due) == 0 {
			return err
		}
		ids, accounts := make([]int64, len(due)), make([]int64, len(due))
		for i, h := range due {
			ids[i], accounts[i] = h.ID, h.AccountID
		}
		slices.Sort(accounts)
		if _, err := q.LockAccounts(ctx, slices.Compact(accounts)); err != nil {
			return err
		}
		rows, err := q.ExpireHolds(ctx, now, ids)
		if err != nil {
			return err
		}
		done = len(rows)
		free := map[int64]int64{}
		for _, r := range rows {
			free[r.AccountID] += r.Amount
		}
		var changes []ledgerdb.SetFreeManyParams
		for id, amount := range free {
			changes = append(changes, ledgerdb.SetFreeManyParams{ID: id, Amount: amount})
		}
		if len(changes) == 0 {
			return nil
		}
		slices.SortFunc(changes, func(a, b ledgerdb.SetFreeManyParams) int { return cmp.Compare(a.ID, b.ID) })
		return all(q.SetFreeMany(ctx, changes).Exec)
	}, db.ReadCommitted(), db.Bulk())
	if err != nil {
		return 0, fmt.Errorf("expire holds: %w", err)
	}
	return done, nil
}

// all gives the first error of a batch.
func all(exec func(func(int, error))) (err error) {
	exec(func(_ int, e error) {
		if e != nil && err == nil {
			err = e
		}
	})
	return err
}

// fold adds settled transfers to the checkpoints, so that sums stay short.
func (s *Service) fold(ctx context.Context, lease job.Lease) (done int, err error) {
	// The lease's row is locked: nobody else folds.
	err = s.db.Write(ctx, "ledger.fold", func(ctx context.Context, tx db.Tx) error {
		done = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q, now := ledgerdb.New(tx), s.clock.Now()
		at, err := position(ctx, q)
		if err != nil {
			return err
		}
		rows, err := q.Unfolded(ctx, at, foldChunk)
		if err != nil {
			return err
		}
		cut := clock.Micro(now.Add(-settled))
		if i := slices.IndexFunc(rows, func(r ledgerdb.UnfoldedRow) bool { return r.CreatedAt > cut }); i >= 0 {
			rows = rows[:i]
		}
		if len(rows) == 0 {
			return nil
		}
		points := addUp(rows, clock.Micro(now))
		if err := all(q.Fold(ctx, points).Exec); err != nil {
			return err
		}
		done = len(rows)
		return q.PutPosition(ctx, checkpoints, rows[len(rows)-1].ID, clock.Micro(now))
	}, db.ReadCommitted(), db.Bulk())
	if err != nil {
		return 0, fmt.Errorf("fold transfers: %w", err)
	}
	return done, nil
}

// addUp sums transfers by line of the trial balance.
func addUp(rows []ledgerdb.UnfoldedRow, now int64) []ledgerdb.FoldParams {
	sums := map[string]*ledgerdb.FoldParams{}
	line := func(book, kind, currency string) *ledgerdb.FoldParams {
		if sums[book] == nil {
			sums[book] = &ledgerdb.FoldParams{Book: book, Kind: kind, Currency: currency, UpdatedAt: now}
		}
		return sums[book]
	}
	for _, r := range rows {
		line(r.FromBook, r.FromKind, r.FromCurrency).WentOut += r.Amount
		line(r.ToBook, r.ToKind, r.ToCurrency).CameIn += r.Amount
	}
	out := make([]ledgerdb.FoldParams, 0, len(sums))
	for _, book := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, *sums[book])
	}
	return out
}

// position is the last transfer that the checkpoints hold.
func position(ctx context.Context, q *ledgerdb.Queries) (int64, error) {
	at, err := q.Position(ctx, checkpoints)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return at, err
}
