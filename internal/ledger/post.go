package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// move is a leg that was found to be allowed.
type move struct {
	shape
	from, to account
	amount   int64
	subject  string
}

// posting is one call of Post.
type posting struct {
	name      Posting
	reference string
	moves     []move
	// release is the hold that the money was set aside by; it ends with this posting.
	release *heldRow
}

// errHoldEnded leaves post before it has written anything.
var errHoldEnded = errors.New("ledger: the hold is not open any more")

// Post books a posting. reference makes a repeat harmless: the same reference with the same legs changes nothing, with
// other legs it is refused (ErrReferenceReused). Legs with amount 0 are left out; money that is not on a guarded
// account, or not in an escrow, does not leave it (ErrInsufficientBalance).
//
// Safe at READ COMMITTED: guarded accounts are locked in the order of their ids before they are looked at. An escrow is
// not locked here: whoever pays out of it has locked its order.
func (s *Service) Post(ctx context.Context, tx db.Tx, p Posting, reference, subject string, legs ...Leg) error {
	book, err := prepare(p, reference, subject, legs)
	if err != nil || len(book.moves) == 0 {
		return err
	}
	return s.post(ctx, tx, book)
}

// Lock locks guarded accounts in the order of their ids, ahead of several postings of one transaction: one after another
// they could lock them against that order. Accounts that were never used, and others, are left out.
func (s *Service) Lock(ctx context.Context, tx db.Tx, keys ...Key) error {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = string(k)
	}
	slices.Sort(names)
	if _, err := ledgerdb.New(tx).LockGuarded(ctx, names); err != nil {
		return fmt.Errorf("lock accounts: %w", err)
	}
	return nil
}

// prepare checks everything that can be known without the database.
func prepare(p Posting, reference, subject string, legs []Leg) (posting, error) {
	if _, ok := table[p]; !ok {
		return posting{}, fmt.Errorf("%w: there is no posting %.50q", ErrPosting, string(p))
	}
	if reference == "" || len(reference) > maxReference {
		return posting{}, fmt.Errorf("%w: %s without a usable reference: %.50q", ErrPosting, p, reference)
	}
	book := posting{name: p, reference: reference, moves: make([]move, 0, len(legs))}
	for _, l := range legs {
		if l.Amount == 0 {
			continue
		}
		m, err := p.move(l)
		if err != nil {
			return posting{}, err
		}
		if m.subject = cmp.Or(l.Subject, subject); m.subject == "" || len(m.subject) > maxSubject {
			return posting{}, fmt.Errorf("%w: %s %s has no usable subject: %.50q", ErrPosting, p, reference, m.subject)
		}
		book.moves = append(book.moves, m)
	}
	return book, nil
}

func (p Posting) move(l Leg) (move, error) {
	from, err := l.From.parse()
	if err != nil {
		return move{}, fmt.Errorf("%w: %s: %w", ErrPosting, p, err)
	}
	to, err := l.To.parse()
	if err != nil {
		return move{}, fmt.Errorf("%w: %s: %w", ErrPosting, p, err)
	}
	s, ok := p.allowed(from.kind, to.kind)
	switch {
	case !ok:
		return move{}, fmt.Errorf("%w: %s has no leg from %s to %s", ErrPosting, p, from.kind, to.kind)
	case from.currency != to.currency:
		return move{}, fmt.Errorf("%w: %s from %s to %s changes the currency", ErrPosting, p, l.From, l.To)
	case l.From == l.To:
		return move{}, fmt.Errorf("%w: %s from %s to itself", ErrPosting, p, l.From)
	case l.Amount < 0 || l.Amount > money.Max:
		return move{}, ErrAmount
	}
	return move{shape: s, from: from, to: to, amount: l.Amount}, nil
}

// change is what a posting does to one account: the net of its legs.
type change struct {
	account
	delta int64
	debt  bool // every leg that takes from it may make debt
}

// changes nets the legs by account, for the accounts that pick says.
func (b posting) changes(pick func(account) bool) map[Key]*change {
	out := map[Key]*change{}
	add := func(a account, delta int64, debt bool) {
		if !pick(a) {
			return
		}
		c := out[a.key]
		if c == nil {
			c = &change{account: a, debt: true}
			out[a.key] = c
		}
		c.delta += delta
		c.debt = c.debt && debt
	}
	for _, m := range b.moves {
		add(m.from, -m.amount, m.debt)
		add(m.to, m.amount, true)
	}
	return out
}

func (s *Service) post(ctx context.Context, tx db.Tx, b posting) error {
	q := ledgerdb.New(tx)
	guarded := b.changes(func(a account) bool { return a.guarded })
	// Everything that can be refused is refused before the first write.
	refused := s.checkGuarded(ctx, q, guarded, b.release)
	if refused == nil {
		refused = s.checkCovered(ctx, q, b.changes(func(a account) bool { return a.covered }))
	}
	if refused != nil {
		if !errors.Is(refused, ErrInsufficientBalance) && !errors.Is(refused, ErrBalanceTooLarge) {
			return fmt.Errorf("post %s: %w", b.name, refused)
		}
		// Was it booked before, and the money has gone since?
		before, err := q.TransfersOfReference(ctx, b.reference)
		if err != nil {
			return fmt.Errorf("post %s: %w", b.name, err)
		}
		if len(before) == 0 {
			return refused
		}
		return b.same(before)
	}
	if b.release != nil {
		ended, err := s.end(ctx, q, *b.release, HoldPosted, b.moves[0].amount)
		if err == nil && !ended {
			err = errHoldEnded
		}
		if err != nil {
			return err
		}
	}
	ids, done, err := s.insert(ctx, q, b)
	if err != nil || done {
		return err
	}
	return moveGuarded(ctx, q, guarded, ids)
}

// checkGuarded locks the guarded accounts in the order of their ids and looks whether the money is there.
// What release set aside counts as free.
func (s *Service) checkGuarded(ctx context.Context, q *ledgerdb.Queries, changes map[Key]*change, release *heldRow) error {
	if len(changes) == 0 {
		return nil
	}
	keys := make([]string, 0, len(changes))
	for k := range changes {
		keys = append(keys, string(k))
	}
	slices.Sort(keys)
	rows, err := q.LockGuarded(ctx, keys)
	if err != nil {
		return fmt.Errorf("lock accounts: %w", err)
	}
	have := make(map[Key]ledgerdb.LockGuardedRow, len(rows))
	for _, r := range rows {
		have[Key(r.Key)] = r
	}
	for _, k := range keys {
		c := changes[Key(k)]
		row, known := have[Key(k)]
		if !known {
			row.Floor = c.floor
		}
		if release != nil && release.Account == Key(k) {
			row.Held -= release.Amount
		}
		lowest := int64(0)
		if c.debt {
			lowest = row.Floor
		}
		switch free := row.Balance - row.Held; {
		case c.delta < 0 && free+c.delta < lowest:
			return insufficient(c.account, -c.delta, free-lowest)
		case row.Balance+c.delta > money.Max:
			return ErrBalanceTooLarge
		}
	}
	return nil
}

// checkCovered looks whether what leaves an escrow came into it.
func (s *Service) checkCovered(ctx context.Context, q *ledgerdb.Queries, changes map[Key]*change) error {
	var keys []string
	for k, c := range changes {
		if c.delta < 0 {
			keys = append(keys, string(k))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	accounts, err := q.AccountIDs(ctx, keys)
	if err != nil {
		return fmt.Errorf("find escrow: %w", err)
	}
	ids := make([]int64, len(accounts))
	idOf := map[Key]int64{}
	for i, a := range accounts {
		ids[i], idOf[Key(a.Key)] = a.ID, a.ID
	}
	sums, err := sums(ctx, q, ids, 0)
	if err != nil {
		return err
	}
	for _, k := range keys {
		c := changes[Key(k)]
		if free := sums[idOf[Key(k)]]; free+c.delta < 0 {
			return insufficient(c.account, -c.delta, free)
		}
	}
	return nil
}

// insert writes the transfers and says which account has which id. done: all of it was booked before.
func (s *Service) insert(ctx context.Context, q *ledgerdb.Queries, b posting) (ids map[Key]int64, done bool, err error) {
	now := clock.Micro(s.clock.Now())
	rows := make([]ledgerdb.InsertTransferParams, len(b.moves))
	var fresh []account // an order's first money opens its escrow
	for i, m := range b.moves {
		rows[i] = ledgerdb.InsertTransferParams{
			Reference: b.reference, Leg: int64(i + 1), Posting: string(b.name), Kind: string(m.kind), Amount: m.amount,
			Currency: m.from.currency, Subject: m.subject, CreatedAt: now, FromKey: string(m.from.key), ToKey: string(m.to.key),
		}
		if m.to.covered {
			fresh = append(fresh, m.to)
		}
	}
	if err := open(ctx, q, now, fresh); err != nil {
		return nil, false, err
	}
	ids = map[Key]int64{}
	left := rows
	for try := 0; ; try++ {
		if left, err = insertTransfers(ctx, q, left, ids); err != nil || len(left) == 0 {
			return ids, false, err
		}
		before, err := q.TransfersOfReference(ctx, b.reference)
		if err != nil {
			return nil, false, fmt.Errorf("transfers of %s: %w", b.reference, err)
		}
		written := len(rows) - len(left)
		switch {
		case len(before) > written && written > 0: // somebody booked this reference, with fewer legs
			return nil, false, ErrReferenceReused
		case len(before) > written:
			return nil, true, b.same(before)
		case try > 0:
			return nil, false, fmt.Errorf("ledger: leg %d of %s could not be written", left[0].Leg, b.reference)
		}
		var missing []account // accounts that are used for the first time
		for _, r := range left {
			m := b.moves[r.Leg-1]
			missing = append(missing, m.from, m.to)
		}
		if err := open(ctx, q, now, missing); err != nil { // waits for somebody who is opening them now
			return nil, false, err
		}
	}
}

// insertTransfers writes rows, notes the ids of their accounts and returns those that were not written.
func insertTransfers(ctx context.Context, q *ledgerdb.Queries, rows []ledgerdb.InsertTransferParams, ids map[Key]int64) (left []ledgerdb.InsertTransferParams, err error) {
	q.InsertTransfer(ctx, rows).QueryRow(func(i int, r ledgerdb.InsertTransferRow, e error) {
		switch {
		case errors.Is(e, db.ErrNoRows):
			left = append(left, rows[i])
		case e != nil && err == nil:
			err = fmt.Errorf("insert transfer %s/%d: %w", rows[i].Reference, rows[i].Leg, e)
		case e == nil:
			ids[Key(rows[i].FromKey)], ids[Key(rows[i].ToKey)] = r.FromID, r.ToID
		}
	})
	return left, err
}

// open makes the accounts that do not exist yet.
func open(ctx context.Context, q *ledgerdb.Queries, now int64, accounts []account) (err error) {
	slices.SortFunc(accounts, func(a, b account) int { return cmp.Compare(a.key, b.key) })
	accounts = slices.CompactFunc(accounts, func(a, b account) bool { return a.key == b.key })
	if len(accounts) == 0 {
		return nil
	}
	rows := make([]ledgerdb.OpenAccountParams, len(accounts))
	for i, a := range accounts {
		rows[i] = ledgerdb.OpenAccountParams{
			Key: string(a.key), Kind: string(a.kind), Owner: a.owner, Book: a.book(), Currency: a.currency,
			Guarded: a.guarded, Floor: a.floor, CreatedAt: now,
		}
	}
	q.OpenAccount(ctx, rows).Exec(func(i int, e error) {
		if e != nil && err == nil {
			err = fmt.Errorf("open account %s: %w", rows[i].Key, e)
		}
	})
	return err
}

// moveGuarded changes the balance rows in the order of their ids. They were locked and looked at before; the statement
// looks once more.
func moveGuarded(ctx context.Context, q *ledgerdb.Queries, changes map[Key]*change, ids map[Key]int64) (err error) {
	var rows []ledgerdb.MoveGuardedParams
	byID := map[int64]*change{}
	for k, c := range changes {
		if c.delta == 0 {
			continue
		}
		row := ledgerdb.MoveGuardedParams{ID: ids[k], Delta: c.delta}
		if c.debt {
			row.Debt = 1
		}
		rows, byID[row.ID] = append(rows, row), c
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b ledgerdb.MoveGuardedParams) int { return cmp.Compare(a.ID, b.ID) })
	q.MoveGuarded(ctx, rows).QueryRow(func(i int, _ int64, e error) {
		switch c := byID[rows[i].ID]; {
		case err != nil || e == nil:
		case errors.Is(e, db.ErrNoRows) && c.delta < 0: // an account that was made while this posting ran
			err = insufficient(c.account, -c.delta, 0)
		case errors.Is(e, db.ErrNoRows):
			err = ErrBalanceTooLarge
		default:
			err = fmt.Errorf("move balance of %s: %w", c.key, e)
		}
	})
	return err
}

// same says whether what was booked before under the reference is this posting.
func (b posting) same(before []ledgerdb.TransfersOfReferenceRow) error {
	if len(before) != len(b.moves) {
		return ErrReferenceReused
	}
	for i, t := range before {
		m := b.moves[i]
		if t.Leg != int64(i+1) || t.Posting != string(b.name) || t.Amount != m.amount ||
			Key(t.FromKey) != m.from.key || Key(t.ToKey) != m.to.key || t.Subject != m.subject {
			return ErrReferenceReused
		}
	}
	return nil
}
