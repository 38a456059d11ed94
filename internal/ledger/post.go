package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
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
// Safe at READ COMMITTED: guarded accounts are locked in the order of their keys before they are looked at. An escrow is
// not locked here: whoever pays out of it has locked its order.
func (s *Service) Post(ctx context.Context, tx db.Tx, p Posting, reference, subject string, legs ...Leg) error {
	book, err := prepare(p, reference, subject, legs)
	if err != nil || len(book.moves) == 0 {
		return err
	}
	return s.post(ctx, tx, book)
}

// Lock locks guarded accounts in the order of their keys, ahead of several postings of one transaction: one after another
// they could lock them against that order. Accounts that were never used, and others, are left out.
func (s *Service) Lock(ctx context.Context, tx db.Tx, keys ...Key) error {
	_, err := lockGuarded(ctx, ledgerdb.New(tx), keys)
	return err
}

// lockGuarded locks the accounts among keys that are there and guarded, in the order of their keys.
func lockGuarded(ctx context.Context, q *ledgerdb.Queries, keys []Key) (have map[Key]ledgerdb.LockGuardedRow, err error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = string(k)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	have = make(map[Key]ledgerdb.LockGuardedRow, len(names))
	if len(names) == 0 {
		return have, nil
	}
	q.LockGuarded(ctx, names).QueryRow(func(_ int, r ledgerdb.LockGuardedRow, e error) {
		switch {
		case e == nil:
			have[Key(r.Key)] = r
		case err == nil && !errors.Is(e, db.ErrNoRows):
			err = fmt.Errorf("lock accounts: %w", e)
		}
	})
	return have, err
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
	fresh, refused := checkGuarded(ctx, q, guarded, b.release)
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
	return s.write(ctx, tx, b, guarded, fresh)
}

// checkGuarded locks the guarded accounts in the order of their keys and looks whether the money is there. What release
// set aside counts as free. fresh are those that do not exist yet.
func checkGuarded(ctx context.Context, q *ledgerdb.Queries, changes map[Key]*change, release *heldRow) (fresh []account, err error) {
	have, err := lockGuarded(ctx, q, slices.Collect(maps.Keys(changes)))
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(changes)) {
		c := changes[k]
		row, known := have[k]
		if !known {
			row.Floor = c.floor
			fresh = append(fresh, c.account)
		}
		if release != nil && release.Account == k {
			row.Held -= release.Amount
		}
		lowest := int64(0)
		if c.debt {
			lowest = row.Floor
		}
		switch free := row.Balance - row.Held; {
		case c.delta < 0 && free+c.delta < lowest:
			return nil, insufficient(c.account, -c.delta, free-lowest)
		case row.Balance+c.delta > money.Max:
			return nil, ErrBalanceTooLarge
		}
	}
	return fresh, nil
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
