package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// write books the transfers and moves the balances, all on one way to the database and back. What was booked before is
// left as it is.
func (s *Service) write(ctx context.Context, tx db.Tx, b posting, guarded map[Key]*change, fresh []account) error {
	now := clock.Micro(s.clock.Now())
	rows := make([]ledgerdb.InsertTransferParams, len(b.moves))
	for i, m := range b.moves {
		rows[i] = ledgerdb.InsertTransferParams{
			Reference: b.reference, Leg: int64(i + 1), Posting: string(b.name), Kind: string(m.kind), Amount: m.amount,
			Currency: m.from.currency, Subject: m.subject, CreatedAt: now, FromKey: string(m.from.key), ToKey: string(m.to.key),
		}
		if m.to.covered { // an order's first money opens its escrow
			fresh = append(fresh, m.to)
		}
	}
	moves := balanceMoves(guarded)
	left, moved, err := send(ctx, tx, openings(fresh, now), rows, moves)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		booked, err := rest(ctx, tx, b, left, now)
		if booked { // nothing moves twice
			if err := takeBack(ctx, tx, moved); err != nil {
				return err
			}
		}
		if booked || err != nil {
			return err
		}
	}
	return refuseUnmoved(moves, moved, guarded)
}

// rest is for the legs that were not written: the posting was booked before, or accounts are used for the first time.
func rest(ctx context.Context, tx db.Tx, b posting, left []ledgerdb.InsertTransferParams, now int64) (booked bool, err error) {
	for try := 0; ; try++ {
		before, err := ledgerdb.New(tx).TransfersOfReference(ctx, b.reference)
		if err != nil {
			return false, fmt.Errorf("transfers of %s: %w", b.reference, err)
		}
		written := len(b.moves) - len(left)
		switch {
		case len(before) > written && written > 0: // somebody booked this reference, with fewer legs
			return false, ErrReferenceReused
		case len(before) > written:
			return true, b.same(before)
		case try > 0:
			return false, fmt.Errorf("ledger: leg %d of %s could not be written", left[0].Leg, b.reference)
		}
		var missing []account
		for _, r := range left {
			m := b.moves[r.Leg-1]
			missing = append(missing, m.from, m.to)
		}
		// Waits for somebody who is opening them now.
		if left, _, err = send(ctx, tx, openings(missing, now), left, nil); err != nil || len(left) == 0 {
			return false, err
		}
	}
}

// send sends openings, transfers and moves of balances together. left are the transfers that were not written, moved
// the balances that were moved.
func send(ctx context.Context, tx db.Tx, open []ledgerdb.OpenAccountParams, rows []ledgerdb.InsertTransferParams, moves []ledgerdb.MoveGuardedParams) (
	left []ledgerdb.InsertTransferParams, moved []ledgerdb.MoveGuardedParams, err error,
) {
	together := db.Join(tx)
	defer func() { err = cmp.Or(err, together.Close()) }()
	q, counted := ledgerdb.New(together), ledgerdb.New(together.Counted())
	opened, inserted, changed := q.OpenAccount(ctx, open), counted.InsertTransfer(ctx, rows), counted.MoveGuarded(ctx, moves)
	first := func(what string, e error) {
		if e != nil && err == nil {
			err = fmt.Errorf("%s: %w", what, e)
		}
	}
	opened.Exec(func(i int, e error) { first("open account "+open[i].Key, e) })
	inserted.Exec(func(i int, e error) {
		if errors.Is(e, db.ErrNoRows) {
			left = append(left, rows[i])
			return
		}
		first(fmt.Sprintf("insert transfer %s/%d", rows[i].Reference, rows[i].Leg), e)
	})
	changed.Exec(func(i int, e error) {
		if e == nil {
			moved = append(moved, moves[i])
		} else if !errors.Is(e, db.ErrNoRows) {
			first("move balance of "+moves[i].Key, e)
		}
	})
	return left, moved, err
}

// openings are the rows of accounts that do not exist yet.
func openings(accounts []account, now int64) []ledgerdb.OpenAccountParams {
	slices.SortFunc(accounts, func(a, b account) int { return cmp.Compare(a.key, b.key) })
	accounts = slices.CompactFunc(accounts, func(a, b account) bool { return a.key == b.key })
	rows := make([]ledgerdb.OpenAccountParams, len(accounts))
	for i, a := range accounts {
		rows[i] = ledgerdb.OpenAccountParams{
			Key: string(a.key), Kind: string(a.kind), Owner: a.owner, Book: a.book(), Currency: a.currency,
			Guarded: a.guarded, Floor: a.floor, CreatedAt: now,
		}
	}
	return rows
}

// balanceMoves are what the posting does to the balance rows, in the order of keys. They were locked and looked at
// before; the statement looks once more.
func balanceMoves(changes map[Key]*change) []ledgerdb.MoveGuardedParams {
	var rows []ledgerdb.MoveGuardedParams
	for _, k := range slices.Sorted(maps.Keys(changes)) {
		c := changes[k]
		if c.delta == 0 {
			continue
		}
		row := ledgerdb.MoveGuardedParams{Key: string(k), Delta: c.delta}
		if c.debt {
			row.Debt = 1
		}
		rows = append(rows, row)
	}
	return rows
}

// takeBack undoes moves that turned out to be of a repeat.
func takeBack(ctx context.Context, tx db.Tx, moved []ledgerdb.MoveGuardedParams) error {
	back := slices.Clone(moved)
	for i := range back {
		back[i].Delta, back[i].Debt = -back[i].Delta, 1 // where the balance was before, it may stand again
	}
	_, done, err := send(ctx, tx, nil, nil, back)
	if err == nil && len(done) != len(back) {
		err = errors.New("ledger: a balance could not be put back")
	}
	return err
}

// refuseUnmoved refuses where a balance did not move: an account that was made while this posting ran.
func refuseUnmoved(moves, moved []ledgerdb.MoveGuardedParams, changes map[Key]*change) error {
	for i, m := range moves {
		if i < len(moved) && moved[i].Key == m.Key {
			continue
		}
		if m.Delta > 0 {
			return ErrBalanceTooLarge
		}
		return insufficient(changes[Key(m.Key)].account, -m.Delta, 0)
	}
	return nil
}
