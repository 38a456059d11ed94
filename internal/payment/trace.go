package payment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
)

// Trace is how an attempt was paid, or not: what patterns are seen in. It holds what the log must not.
type Trace struct {
	Account     string // of the payer
	Gateway     string
	Fingerprint string // what is the same whenever the same card or account pays, or empty
	Transfer    string // the number that a payer's bank gave his transfer
	Declined    bool   // the card was refused
}

// declines are the failures that are the card's.
var declines = []string{gateway.CardDeclined, gateway.NoFunds, gateway.ExpiredCard, gateway.WrongCVC}

// TraceOf reads the trace of an attempt.
func (s *Service) TraceOf(ctx context.Context, tx db.Tx, attempt string) (t Trace, err error) {
	q := paymentdb.New(tx)
	a, err := q.GetAttempt(ctx, attempt)
	if err != nil {
		return t, fmt.Errorf("attempt %s: %w", attempt, err)
	}
	p, err := q.GetPaymentByID(ctx, a.PaymentID)
	if err != nil {
		return t, fmt.Errorf("payment of attempt %s: %w", attempt, err)
	}
	t = Trace{Account: p.Account, Gateway: a.Gateway, Fingerprint: a.Fingerprint, Declined: slices.Contains(declines, a.Failure)}
	proof, err := q.ProofOfAttempt(ctx, a.ID)
	if err == nil {
		t.Transfer = proof.Reference
	}
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return t, err
}

// PayerOf is the key of a payment's payer, and whether it can still be paid.
func (s *Service) PayerOf(ctx context.Context, tx db.Tx, payment string) (account int64, open bool, err error) {
	row, err := paymentdb.New(tx).GetPayment(ctx, payment)
	if err != nil {
		return 0, false, fmt.Errorf("payment %s: %w", payment, err)
	}
	return row.AccountID, fromRow(row).Open(), nil
}

// quietFor is how long nothing is heard of a transfer, or nobody looks at its proof, before somebody is reminded.
const quietFor = 12 * time.Hour

// remind notes, once for each, transfers whose payer has not told their number for half a day, and proofs that nobody has
// looked at for as long.
func (s *Service) remind(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "payment.remind", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		now := s.clock.Now()
		q, at, before := paymentdb.New(tx), clock.Micro(now), clock.Micro(now.Add(-quietFor))
		missing, err := q.QuietTransfers(ctx, before, s.transfers())
		if err != nil {
			return err
		}
		waiting, err := q.QuietProofs(ctx, before)
		if err != nil {
			return err
		}
		n = len(missing) + len(waiting)
		events := make([]event.Event, 0, n)
		attempts, proofs := make([]int64, 0, len(missing)), make([]int64, 0, len(waiting))
		for _, r := range missing {
			attempts = append(attempts, r.ID)
			events = append(events, event.Event{Type: "payment.proof_missing", Subject: r.Payment, Actor: event.System, Facts: map[string]any{"attempt": r.PublicID}})
		}
		for _, r := range waiting {
			proofs = append(proofs, r.ID)
			events = append(events, event.Event{Type: "payment.proof_waiting", Subject: r.Payment, Actor: event.System, Facts: map[string]any{"proof": r.PublicID}})
		}
		if n == 0 {
			return nil
		}
		if err := errors.Join(q.AttemptsReminded(ctx, &at, attempts), q.ProofsReminded(ctx, &at, proofs)); err != nil {
			return err
		}
		return s.events.AppendMany(ctx, tx, events)
	}, db.Bulk())
	return n, err
}
