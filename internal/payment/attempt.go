package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
)

// callTimeout bounds a gateway's answer while the payer waits; after it the poller asks.
const callTimeout = 10 * time.Second

// StartCmd starts an attempt at a payment.
type StartCmd struct {
	Payment string
	Gateway string
	Choice  string // a way to pay within the gateway
	Bank    string
	Card    gateway.Card
}

// Start starts an attempt: the claim is committed, then the gateway is called, then the outcome is recorded. A
// decline is recorded and then told as an error. The same Idempotency-Key gives the same attempt.
func (s *Service) Start(ctx context.Context, caller web.Caller, cmd StartCmd) (attempt string, replayed bool, err error) {
	a, replayed, err := s.start(ctx, caller, cmd)
	return a.PublicID, replayed, err
}

func (s *Service) start(ctx context.Context, caller web.Caller, cmd StartCmd) (a paymentdb.PaymentAttempt, replayed bool, err error) {
	var c gateway.Charge // of an attempt that begins now
	id, replayed, err := idem.Once(ctx, s.db, "payment.attempt", func(ctx context.Context, tx db.Tx) (string, error) {
		a, err = s.claim(ctx, tx, caller, cmd, &c)
		return a.PublicID, err
	}, db.ReadCommitted()) // every check of claim follows the lock of the payment's row
	if err == nil && replayed {
		a, err = s.attempt(ctx, id)
	}
	if err != nil {
		return paymentdb.PaymentAttempt{}, replayed, err
	}
	if cmd.Gateway == string(ByWallet) {
		return a, replayed, nil
	}
	switch {
	case !replayed:
		a, _, err = s.ask(ctx, a, c, false)
	case AttemptState(a.State) == Started && s.clock.Now().Sub(clock.Time(a.CreatedAt)) > time.Minute:
		// A replay of an attempt that is a minute old takes it over: whoever started it is gone.
		a, err = s.call(ctx, a, cmd.Card, true)
	}
	if err != nil {
		return paymentdb.PaymentAttempt{}, replayed, err
	}
	if AttemptState(a.State) == Failed {
		return a, replayed, s.failure(a)
	}
	return a, replayed, nil
}

// claim records that an attempt starts, and what its gateway is to be asked, or pays at once from the wallet.
func (s *Service) claim(ctx context.Context, tx db.Tx, caller web.Caller, cmd StartCmd, c *gateway.Charge) (a paymentdb.PaymentAttempt, err error) {
	q := paymentdb.New(tx)
	of, err := q.PayableOf(ctx, cmd.Payment)
	if errors.Is(err, db.ErrNoRows) || err == nil && of.AccountID != caller.AccountID {
		return a, ErrNotFound
	}
	if err != nil {
		return a, err
	}
	if cmd.Gateway == string(ByWallet) {
		settings, err := s.market.SettingsFor(ctx, tx)
		if err != nil {
			return a, err
		}
		if !settings.WalletPayments {
			return a, ErrGateway
		}
		return s.claimWallet(ctx, tx, of)
	}
	gw, offer, err := s.offerOf(ctx, tx, cmd.Gateway)
	if err != nil {
		return a, err
	}
	row, err := q.LockPayment(ctx, of.ID)
	if err != nil {
		return a, err
	}
	p := fromRow(row)
	now := s.clock.Now()
	if p, err = s.giveUpTransfer(ctx, tx, p); err != nil {
		return a, err
	}
	if err := startable(p, now); err != nil {
		return a, err
	}
	tries, err := q.CountAttempts(ctx, p.ID)
	if err != nil {
		return a, err
	}
	if tries >= maxAttempts {
		return a, ErrTooManyTries
	}
	fee, err := offer.admits(p, cmd)
	if err != nil {
		return a, err
	}
	id, expires := code.ID("att"), now.Add(offer.Window)
	inserted, err := q.InsertAttempt(ctx, paymentdb.InsertAttemptParams{
		PublicID: id, PaymentID: p.ID, Gateway: cmd.Gateway, State: string(Started), Currency: string(p.Currency), Amount: p.Amount, Fee: fee,
		Instrument: lastFour(cmd.Card.Number), ExpiresAt: clock.Micro(expires), LookAt: clock.Micro(now.Add(30 * time.Second)), CreatedAt: clock.Micro(now),
		Choice: cmd.Choice, Bank: cmd.Bank, Watched: true, Fingerprint: typedFingerprint(cmd.Card),
	})
	if db.IsConstraint(err, "payment_attempts_running_key") {
		return a, ErrRunning
	}
	if err != nil {
		return a, err
	}
	until := stretched(p, offer.About, expires)
	if err := q.SetPaymentRunning(ctx, p.ID, clock.Micro(until), clock.Micro(now)); err != nil {
		return a, err
	}
	if err := s.tell(ctx, tx, "payment.attempted", p, caller.Account, map[string]any{"attempt": id, "gateway": cmd.Gateway, "fee": fee}); err != nil {
		return a, err
	}
	if a, err = q.GetAttemptByID(ctx, inserted); err != nil {
		return a, err
	}
	if *c, err = s.chargeFor(ctx, tx, a, cmd.Card, offer); err != nil {
		return a, err
	}
	if k, ok := gw.(gateway.Keeper); ok {
		err, c.Kept = k.Keep(ctx, tx, *c), true
	}
	return a, err
}

// startable says whether a new attempt may begin.
func startable(p Payment, now time.Time) error {
	switch {
	case p.State == Completed:
		return ErrAlreadyPaid
	case p.State == Processing:
		return ErrRunning
	case p.State == Expired:
		return ErrTimedOut.With("session_duration", int64(p.Until.Sub(p.CreatedAt).Seconds())).With("expired_at", p.Until)
	case p.State != Pending:
		return ErrClosed
	case p.Method == ByCash:
		return ErrNotAtDoor
	case !now.Before(p.Until.Add(-lastCall)):
		return ErrWindowClosing
	}
	return nil
}

// claimWallet pays an open payment from the wallet. The payable is locked first, as everywhere.
func (s *Service) claimWallet(ctx context.Context, tx db.Tx, of paymentdb.PayableOfRow) (a paymentdb.PaymentAttempt, err error) {
	payable := s.payables[of.PayableKind]
	if _, direct := payable.(Direct); direct {
		return a, ErrGateway // what would be moved from a wallet into itself
	}
	if err := payable.Lock(ctx, tx, of.Payable); err != nil {
		return a, err
	}
	q := paymentdb.New(tx)
	row, err := q.LockPayment(ctx, of.ID)
	if err != nil {
		return a, err
	}
	p := fromRow(row)
	if err := startable(p, s.clock.Now()); err != nil {
		return a, err
	}
	shares, err := s.shares(ctx, q, p.ID)
	if err != nil {
		return a, err
	}
	p.Method = ByWallet
	// The payable first: it takes stock, whose locks come before the wallet's.
	if refused, err := payable.Paid(ctx, tx, p, false); err != nil || len(refused) > 0 {
		return a, errors.Join(err, refusedInTime(refused))
	}
	if err := s.PayFromWallet(ctx, tx, p, shares); err != nil {
		return a, err
	}
	return q.SucceededAttempt(ctx, p.ID)
}

// refusedInTime: a payable holds what it sold until the window ends, so this cannot happen; if it does, the
// transaction must not stand.
func refusedInTime(refused []string) error {
	if len(refused) == 0 {
		return nil
	}
	return fmt.Errorf("payment: orders %v refused money that came in time", refused)
}

func (s *Service) shares(ctx context.Context, q *paymentdb.Queries, payment int64) ([]Allocation, error) {
	rows, err := q.Allocations(ctx, payment)
	if err != nil {
		return nil, err
	}
	out := make([]Allocation, 0, len(rows))
	for _, r := range rows {
		out = append(out, Allocation{Order: r.OrderRef, Amount: r.Amount})
	}
	return out, nil
}

// call asks the gateway and records its answer. With again it looks up instead of starting.
func (s *Service) call(ctx context.Context, a paymentdb.PaymentAttempt, card gateway.Card, again bool) (paymentdb.PaymentAttempt, error) {
	a, _, err := s.asked(ctx, a, card, again)
	return a, err
}

// asked is call, and says what went wrong at the gateway.
func (s *Service) asked(ctx context.Context, a paymentdb.PaymentAttempt, card gateway.Card, again bool) (_ paymentdb.PaymentAttempt, trouble, err error) {
	if _, ok := s.gateways[a.Gateway]; !ok {
		return a, nil, ErrGateway
	}
	charge, err := s.charge(ctx, a, card)
	if err != nil {
		return a, nil, err
	}
	return s.ask(ctx, a, charge, again)
}

// ask is asked with a charge that is known.
func (s *Service) ask(ctx context.Context, a paymentdb.PaymentAttempt, charge gateway.Charge, again bool) (_ paymentdb.PaymentAttempt, trouble, err error) {
	gw := s.gateways[a.Gateway]
	cctx, cancel := within(ctx, callTimeout)
	defer cancel()
	ask := gw.Start
	if again {
		ask = gw.Lookup
	}
	answer, trouble := ask(cctx, charge)
	out := outcome{Outcome: answer}
	if trouble != nil {
		s.log.Warn("gateway did not answer", slog.String("gateway", a.Gateway), slog.String("attempt", a.PublicID), slog.Any("error", trouble))
		out = unanswered(gw.About(), trouble, again)
	}
	rctx, done := within(ctx, 30*time.Second)
	defer done()
	a, err = s.record(rctx, a.PublicID, out)
	return a, trouble, err
}

// attempt reads an attempt.
func (s *Service) attempt(ctx context.Context, id string) (a paymentdb.PaymentAttempt, err error) {
	err = s.db.Read(ctx, "payment.attempt", func(ctx context.Context, tx db.Tx) (err error) {
		a, err = paymentdb.New(tx).GetAttempt(ctx, id)
		return err
	})
	return a, err
}

// record writes what a gateway said of an attempt, and gives the attempt as it is then. It may be called any number of
// times, in any order.
func (s *Service) record(ctx context.Context, attempt string, out outcome) (a paymentdb.PaymentAttempt, err error) {
	// READ COMMITTED: every check follows the locks of the payable and then of the payment's row.
	err = s.db.Write(ctx, "payment.record", func(ctx context.Context, tx db.Tx) (err error) {
		q := paymentdb.New(tx)
		of, err := q.PayableOfAttempt(ctx, attempt)
		if err != nil {
			return err
		}
		if err := s.payables[of.PayableKind].Lock(ctx, tx, of.Payable); err != nil {
			return err
		}
		row, err := q.LockPayment(ctx, of.PaymentID)
		if err != nil {
			return err
		}
		if a, err = q.GetAttemptByID(ctx, of.ID); err != nil {
			return err
		}
		switch AttemptState(a.State) {
		case Started, Failed, Lapsed: // the provider's truth may come late
		default:
			return nil
		}
		if err := s.apply(ctx, tx, fromRow(row), a, out); err != nil {
			return err
		}
		a, err = q.GetAttemptByID(ctx, a.ID)
		return err
	}, db.ReadCommitted())
	return a, err
}

// apply is the table of outcomes.
func (s *Service) apply(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, out outcome) error {
	q := paymentdb.New(tx)
	now := s.clock.Now()
	var reference *string
	if out.Reference != "" {
		reference = &out.Reference
	}
	next := now.Add(max(lookAgain(now.Sub(clock.Time(a.CreatedAt))), out.retryAfter))
	set := func(state AttemptState, failure string, watched bool) error {
		return q.SetAttempt(ctx, paymentdb.SetAttemptParams{
			ID: a.ID, State: string(state), Failure: failure, UpdatedAt: clock.Micro(now), Reference: reference, Watched: watched, LookAt: clock.Micro(next),
			Fingerprint: givenFingerprint(out.Fingerprint),
		})
	}
	over := clock.Time(a.ExpiresAt)
	switch {
	case out.State == gateway.Paid && (out.Amount != a.Amount+a.Fee || string(out.Currency) != a.Currency):
		if err := set(Review, "amount_mismatch", false); err != nil {
			return err
		}
		return s.tell(ctx, tx, "payment.review", p, "system", map[string]any{"attempt": a.PublicID, "gateway_amount": out.Amount, "gateway_currency": out.Currency})
	case out.State == gateway.Paid && p.State == Completed:
		if err := set(Duplicate, "", false); err != nil {
			return err
		}
		return s.giveBackDuplicate(ctx, tx, p, a)
	case out.State == gateway.Paid:
		if err := set(Succeeded, "", false); err != nil {
			return err
		}
		return s.capture(ctx, tx, p, a)
	case AttemptState(a.State) != Started: // given up already, and no money yet
		return q.LookLater(ctx, clock.Micro(next), out.State != gateway.Failed && now.Before(over.Add(watchFor)), a.ID)
	case out.State == gateway.Failed:
		if err := set(Failed, out.Failure, false); err != nil {
			return err
		}
		return s.attemptOver(ctx, tx, p, a, out.Failure)
	case out.State == gateway.Unknown && now.After(over), out.State == gateway.Waiting && now.After(over.Add(attemptGrace)):
		if err := set(Lapsed, gateway.TimedOut, now.Before(over.Add(watchFor))); err != nil {
			return err
		}
		return s.attemptOver(ctx, tx, p, a, "expired")
	}
	return s.wait(ctx, q, p, a, out, reference, next)
}

// attemptOver puts the payment back to pending, with a few minutes to try again.
func (s *Service) attemptOver(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, why string) error {
	facts := map[string]any{"attempt": a.PublicID, "failure": why}
	if p.State == Processing {
		now := s.clock.Now()
		settings, err := s.market.SettingsFor(ctx, tx)
		if err != nil {
			return err
		}
		until := earlier(later(p.CreatedAt.Add(settings.PaymentWindow), now.Add(lastCall+3*time.Minute)), p.CreatedAt.Add(windowMost))
		switch { // of transfers, days after the payment was opened: there must be time to begin anew
		case why == proofRejected:
			until = earlier(now.Add(afterTransfer), p.CreatedAt.Add(transferMost))
		case why == gateway.PayerGaveUp && s.byTransfer(a.Gateway):
			until = earlier(later(until, now.Add(settings.PaymentWindow)), p.CreatedAt.Add(transferMost))
		}
		q := paymentdb.New(tx)
		if err := q.SetPaymentRunning(ctx, p.ID, clock.Micro(until), clock.Micro(now)); err != nil {
			return err
		}
		if err := q.SetPaymentState(ctx, p.ID, string(Pending), "", clock.Micro(now)); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, "payment.attempt_failed", p, "system", facts)
}

// capture books the money and lets the payable decide what becomes of it.
func (s *Service) capture(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt) error {
	if err := p.become(Completed); err != nil {
		return err
	}
	late := !p.Open()
	q := paymentdb.New(tx)
	now := clock.Micro(s.clock.Now())
	shares, err := s.shares(ctx, q, p.ID)
	if err != nil {
		return err
	}
	if err := q.CaptureAllocations(ctx, p.ID); err != nil {
		return err
	}
	if err := q.CompletePayment(ctx, paymentdb.CompletePaymentParams{
		ID: p.ID, Method: string(p.Method), Fee: a.Fee, Captured: p.Amount, Late: late, CompletedAt: &now,
	}); err != nil {
		return err
	}
	if err := s.bookCapture(ctx, tx, p, a, shares); err != nil {
		return err
	}
	facts := map[string]any{"attempt": a.PublicID, "gateway": a.Gateway, "amount": p.Amount, "fee": a.Fee, "currency": p.Currency}
	if late {
		facts["late"] = true
	}
	if err := s.tell(ctx, tx, "payment.completed", p, "system", facts); err != nil {
		return err
	}
	p.Fee = a.Fee
	refused, err := s.payables[p.Kind].Paid(ctx, tx, p, late)
	if err != nil {
		return err
	}
	if !late {
		return refusedInTime(refused)
	}
	return s.giveBackLate(ctx, tx, p, a, shares, refused)
}
