package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/ledger/ledgerdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// Hold sets money of a guarded account aside, for a bid or a payout that awaits approval. Only money that is there can
// be held, also where the account may make debt. A repeat with the same values gives the same hold. A zero expires
// means: until somebody decides.
//
// Safe at READ COMMITTED: the account's row is locked before it is looked at, and the hold's reference is unique.
func (s *Service) Hold(ctx context.Context, tx db.Tx, k Key, amount int64, reference, subject string, expires time.Time) (Hold, error) {
	a, err := k.parse()
	switch {
	case err != nil:
		return Hold{}, fmt.Errorf("%w: %w", ErrPosting, err)
	case !a.guarded:
		return Hold{}, fmt.Errorf("%w: nothing can be held on %s", ErrPosting, k)
	case amount <= 0 || amount > money.Max:
		return Hold{}, ErrAmount
	case reference == "" || len(reference) > maxReference || subject == "" || len(subject) > maxSubject:
		return Hold{}, fmt.Errorf("%w: hold without a usable reference or subject: %.50q, %.50q", ErrPosting, reference, subject)
	}
	h := Hold{Reference: reference, Account: k, Amount: amount, State: HoldOpen, Subject: subject}
	var until *int64
	if !expires.IsZero() {
		at := clock.Micro(expires)
		until, h.ExpiresAt = &at, clock.Time(at)
	}
	q := ledgerdb.New(tx)
	acc, err := q.LockAccount(ctx, string(k))
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return Hold{}, fmt.Errorf("lock %s: %w", k, err)
	}
	if acc.Balance-acc.Held < amount { // also where the account does not exist; nothing was written yet
		if before, err := s.held(ctx, q, reference); err == nil {
			return h.repeats(before)
		} else if !errors.Is(err, ErrHoldNotFound) {
			return Hold{}, err
		}
		return Hold{}, insufficient(a, amount, acc.Balance-acc.Held)
	}
	h.ID, err = q.HoldFor(ctx, ledgerdb.HoldForParams{
		Reference: reference, AccountID: acc.ID, Amount: amount, Subject: subject, ExpiresAt: until,
		CreatedAt: clock.Micro(s.clock.Now()),
	})
	if errors.Is(err, db.ErrNoRows) {
		before, err := s.held(ctx, q, reference)
		if err != nil {
			return Hold{}, err
		}
		return h.repeats(before)
	}
	if err != nil {
		return Hold{}, fmt.Errorf("insert hold %s: %w", reference, err)
	}
	n, err := q.SetAside(ctx, amount, acc.ID)
	if err == nil && n != 1 {
		err = fmt.Errorf("ledger: %s changed under its lock", k)
	}
	return h, err
}

// HoldOf reads a hold by its reference.
func (s *Service) HoldOf(ctx context.Context, tx db.Tx, reference string) (Hold, error) {
	h, err := s.held(ctx, ledgerdb.New(tx), reference)
	return h.Hold, err
}

// heldRow is a hold with what only the ledger needs.
type heldRow struct {
	Hold
	accountID, posted int64
}

func (s *Service) held(ctx context.Context, q *ledgerdb.Queries, reference string) (heldRow, error) {
	r, err := q.HoldOfReference(ctx, reference)
	if errors.Is(err, db.ErrNoRows) {
		return heldRow{}, ErrHoldNotFound
	}
	if err != nil {
		return heldRow{}, fmt.Errorf("hold %s: %w", reference, err)
	}
	h := heldRow{
		Hold: Hold{
			ID: r.ID, Reference: reference, Account: Key(r.Key), Amount: r.Amount, State: HoldState(r.State), Subject: r.Subject,
		},
		accountID: r.AccountID, posted: r.Posted,
	}
	if r.ExpiresAt != nil {
		h.ExpiresAt = clock.Time(*r.ExpiresAt)
	}
	return h, nil
}

// repeats answers a second Hold under one reference.
func (h Hold) repeats(before heldRow) (Hold, error) {
	if before.Account != h.Account || before.Amount != h.Amount || before.Subject != h.Subject || !before.ExpiresAt.Equal(h.ExpiresAt) {
		return Hold{}, ErrReferenceReused
	}
	return before.Hold, nil
}

// end takes a hold out of open and sets its money free. false: it was not open any more, and nothing was done. The caller
// has locked the account: everywhere the account's row comes before the hold's.
func (s *Service) end(ctx context.Context, q *ledgerdb.Queries, h heldRow, to HoldState, posted int64) (bool, error) {
	now := clock.Micro(s.clock.Now())
	n, err := q.EndHold(ctx, string(to), posted, &now, h.ID)
	if err != nil || n == 0 {
		return false, wrap(err, "end hold")
	}
	if n, err = q.SetFree(ctx, h.Amount, h.accountID); err == nil && n != 1 {
		err = fmt.Errorf("ledger: hold %d has no account", h.ID)
	}
	return err == nil, wrap(err, "end hold")
}

// VoidHold gives the money of a hold back. One that was voided before or has expired is left as it is; of one that was
// posted there is nothing to give back (ErrHoldEnded).
//
// Safe at READ COMMITTED: a hold leaves open by a guarded update, under its account's lock.
func (s *Service) VoidHold(ctx context.Context, tx db.Tx, reference string) error {
	q := ledgerdb.New(tx)
	h, err := s.held(ctx, q, reference)
	if err != nil {
		return err
	}
	if h.State == HoldOpen {
		if _, err := q.LockAccount(ctx, string(h.Account)); err != nil {
			return fmt.Errorf("lock %s: %w", h.Account, err)
		}
		if ended, err := s.end(ctx, q, h, HoldVoided, 0); err != nil || ended {
			return err
		}
		if h, err = s.held(ctx, q, reference); err != nil {
			return err
		}
	}
	if h.State == HoldPosted {
		return ErrHoldEnded.With("state", string(h.State))
	}
	return nil
}

// PostHold takes amount, at most what is held, from a hold to another account and gives the rest back. The transfer is
// booked under the hold's reference. A repeat with the same values changes nothing; a hold that was voided or whose
// time is over is refused (ErrHoldEnded).
//
// Safe at READ COMMITTED: as Post, and the hold leaves open by a guarded update under its account's lock.
func (s *Service) PostHold(ctx context.Context, tx db.Tx, reference string, p Posting, to Key, amount int64) error {
	q := ledgerdb.New(tx)
	h, err := s.held(ctx, q, reference)
	if err != nil {
		return err
	}
	if amount <= 0 || amount > h.Amount {
		return ErrAmount.With("held", h.Amount)
	}
	book, err := prepare(p, reference, h.Subject, []Leg{{From: h.Account, To: to, Amount: amount}})
	if err != nil {
		return err
	}
	if h.State == HoldOpen {
		if !h.ExpiresAt.IsZero() && !s.clock.Now().Before(h.ExpiresAt) {
			return ErrHoldEnded.With("state", string(HoldExpired)) // the sweep has not come by yet
		}
		book.release = &h
		if err := s.post(ctx, tx, book); !errors.Is(err, errHoldEnded) {
			return err
		}
	}
	before, err := q.TransfersOfReference(ctx, reference)
	if err != nil {
		return fmt.Errorf("post hold %s: %w", reference, err)
	}
	if len(before) > 0 {
		return book.same(before)
	}
	if h, err = s.held(ctx, q, reference); err != nil {
		return err
	}
	return ErrHoldEnded.With("state", string(h.State))
}

func wrap(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
