package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
)

// Where a refund stands.
const (
	refundRequested  = "requested"
	refundProcessing = "processing"
	refundCompleted  = "completed"
	refundFailed     = "failed"
)

// RefundEvents are the types of events about refunds: one for each state, and one for a refund that was settled by hand.
var RefundEvents = []string{
	"refund." + refundRequested, "refund." + refundProcessing, "refund." + refundCompleted, "refund." + refundFailed, "refund.settled",
}

const (
	toSource = "source"
	toWallet = "wallet"
)

// refundJob carries a refund to its gateway after the transaction that decided it.
const refundJob = "payment.refund"

type refundPayload struct {
	Refund string `json:"refund"`
}

// NoWayBack is why a refund waits for a person: it cannot go the way it came, and there is no wallet.
const NoWayBack = "no_way_back"

// RefundCmd gives part of an order's money back.
type RefundCmd struct {
	Kind, Payable string
	Order         string // public id
	StoreID       int64
	Amount        int64
	Reason        string
	Reference     string // unique; the same one again changes nothing
	Actor         string
	Store         ledger.Key // the earnings that it comes out of, once the store has the money; "" while it is in escrow
	Wallet        bool       // into the wallet, whatever the source can take
}

// Refund takes money out of the order's escrow, or of its store's earnings, and sends it back the way it came, in the
// caller's transaction, after the payable is locked. What cannot go that way goes into the payer's wallet, and without
// one waits for a person. Cash at the door is the store's: of it nothing is in an escrow. It gives the refund's id; "" for
// one that moves nothing. Errors: ErrRefundTooLarge, ErrNoWallet.
func (s *Service) Refund(ctx context.Context, tx db.Tx, cmd RefundCmd) (id string, err error) {
	q := paymentdb.New(tx)
	if before, err := q.GetRefundByReference(ctx, cmd.Reference); !errors.Is(err, db.ErrNoRows) {
		return before.PublicID, err
	}
	p, err := s.lockByPayable(ctx, tx, cmd.Kind, cmd.Payable)
	if err != nil {
		return "", err
	}
	var a paymentdb.PaymentAttempt
	switch {
	case p.Method == ByCash && cmd.Store == "":
		return "", nil
	case p.Method == ByCash:
	default:
		if a, err = q.SucceededAttempt(ctx, p.ID); err != nil {
			return "", fmt.Errorf("refund without a paid attempt: %w", err)
		}
	}
	if cmd.Wallet && p.Account == "" {
		return "", ErrNoWallet
	}
	return s.refund(ctx, tx, p, a, refundParts{
		order: cmd.Order, storeID: cmd.StoreID, amount: cmd.Amount, reason: cmd.Reason, reference: cmd.Reference, actor: cmd.Actor, store: cmd.Store, wallet: cmd.Wallet,
	})
}

type refundParts struct {
	order     string
	storeID   int64
	amount    int64
	fee       int64
	reason    string
	reference string
	actor     string
	store     ledger.Key
	wallet    bool
}

// refund books one refund and, where the source is outside, leaves it to a job.
func (s *Service) refund(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, r refundParts) (string, error) {
	q := paymentdb.New(tx)
	now := clock.Micro(s.clock.Now())
	n, err := q.RefundAllocation(ctx, r.amount, r.order)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", ErrRefundTooLarge
	}
	if err := q.AddRefunded(ctx, p.ID, r.amount, now); err != nil {
		return "", err
	}
	cur := string(p.Currency)
	posting, from := ledger.RefundFromEscrow, ledger.Escrow(r.order, cur)
	if r.store != "" {
		posting, from = ledger.RefundFromStore, r.store
	}
	legs := []ledger.Leg{{From: from, To: ledger.RefundsDue(cur), Amount: r.amount}}
	if r.fee > 0 {
		legs = append(legs, ledger.Leg{From: ledger.Surcharge(cur), To: ledger.RefundsDue(cur), Amount: r.fee})
	}
	if err := s.ledger.Post(ctx, tx, posting, "refund:"+r.reference, p.PublicID, legs...); err != nil {
		return "", err
	}
	return s.send(ctx, tx, p, a, r)
}

// way says where a refund goes. Where there is neither a source that takes it nor a wallet, a person settles it.
func (s *Service) way(p Payment, a paymentdb.PaymentAttempt, r refundParts) (destination, state, failure string) {
	back := a.ID != 0 && a.Gateway != string(ByWallet) && s.givesBack(a, r.amount+r.fee)
	switch {
	case back && !r.wallet:
		return toSource, refundRequested, ""
	case p.Account != "":
		return toWallet, refundCompleted, ""
	}
	return toSource, refundFailed, NoWayBack
}

// send writes the refund's document. To the wallet it is done at once; a gateway is asked by a job.
func (s *Service) send(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, r refundParts) (string, error) {
	now := clock.Micro(s.clock.Now())
	cur := string(p.Currency)
	id := code.ID("ref")
	destination, state, failure := s.way(p, a, r)
	var attempt *int64
	if a.ID != 0 {
		attempt = &a.ID
	}
	_, err := paymentdb.New(tx).InsertRefund(ctx, paymentdb.InsertRefundParams{
		PublicID: id, PaymentID: p.ID, AttemptID: attempt, OrderRef: r.order, Reference: r.reference, Currency: cur, Amount: r.amount, Fee: r.fee,
		Reason: r.reason, Destination: destination, State: state, Failure: failure, CreatedAt: now, AccountID: max(p.AccountID, 0), StoreID: r.storeID,
	})
	if err != nil {
		return "", err
	}
	facts := map[string]any{"payment": p.PublicID, "order": r.order, "amount": r.amount, "fee": r.fee, "currency": cur, "reason": r.reason}
	if err := s.events.Append(ctx, tx, event.Event{Type: "refund." + state, Subject: id, Actor: r.actor, Facts: facts}); err != nil {
		return "", err
	}
	switch state {
	case refundCompleted:
		return id, s.intoWallet(ctx, tx, p, id, r.amount+r.fee)
	case refundRequested:
		return id, s.jobs.Enqueue(ctx, tx, job.New(refundJob, refundPayload{Refund: id}).Key(refundJob+":"+id))
	}
	return id, nil
}

// intoWallet books that a refund is in its payer's wallet.
func (s *Service) intoWallet(ctx context.Context, tx db.Tx, p Payment, id string, amount int64) error {
	cur := string(p.Currency)
	return s.ledger.Post(ctx, tx, ledger.RefundConfirmed, "refunded:"+id, id, ledger.Leg{From: ledger.RefundsDue(cur), To: ledger.Wallet(p.Account, cur), Amount: amount})
}

// givesBack says whether an amount can go back the way it came; otherwise it goes to the payer's wallet.
func (s *Service) givesBack(a paymentdb.PaymentAttempt, amount int64) bool {
	gw, ok := s.gateways[a.Gateway]
	return !ok || gw.About().GivesBack(amount, a.Amount+a.Fee) // one that is not configured now may be again
}

// giveBackLate refunds the orders that could not have their late money. When none could, the gateway's fee goes back
// too: the payer got nothing for it, by no doing of his.
func (s *Service) giveBackLate(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, shares []Allocation, refused []string) error {
	fee := int64(0)
	if len(refused) == len(shares) {
		fee = a.Fee
	}
	for _, share := range shares {
		if !slices.Contains(refused, share.Order) {
			continue
		}
		_, err := s.refund(ctx, tx, p, a, refundParts{
			order: share.Order, amount: share.Amount, fee: fee, reason: "paid_late", reference: "late:" + share.Order, actor: "system",
		})
		if err != nil {
			return err
		}
		fee = 0 // once, with the first
	}
	return nil
}

// giveBackDuplicate sends back a second success of a payment: it belongs to no order.
func (s *Service) giveBackDuplicate(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt) error {
	cur := string(p.Currency)
	if err := s.ledger.Post(ctx, tx, ledger.DuplicateCapture, "dup:"+a.PublicID, p.PublicID,
		ledger.Leg{From: s.source(a.Gateway, cur), To: ledger.RefundsDue(cur), Amount: a.Amount + a.Fee}); err != nil {
		return err
	}
	_, err := s.send(ctx, tx, p, a, refundParts{amount: a.Amount, fee: a.Fee, reason: "duplicate", reference: "dup:" + a.PublicID, actor: "system"})
	return err
}

// runRefund is the job: it claims the refund, asks the gateway, and books the answer. Repeating it is harmless: the
// gateway gives once for each refund id, and the posting has a reference.
func (s *Service) runRefund(ctx context.Context, payload refundPayload) error {
	var r paymentdb.Refund
	var a paymentdb.PaymentAttempt
	err := s.db.Write(ctx, "payment.refund_claim", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		var err error
		if r, err = q.LockRefund(ctx, payload.Refund); err != nil {
			return err
		}
		if r.State == refundCompleted || r.State == refundFailed || r.AttemptID == nil {
			return nil
		}
		if a, err = q.GetAttemptByID(ctx, *r.AttemptID); err != nil {
			return err
		}
		return q.SetRefund(ctx, paymentdb.SetRefundParams{
			ID: r.ID, State: refundProcessing, ProviderReference: r.ProviderReference, Destination: r.Destination, UpdatedAt: clock.Micro(s.clock.Now()),
		})
	})
	if err != nil || a.ID == 0 {
		return err
	}
	gw, ok := s.gateways[a.Gateway]
	if !ok {
		return fmt.Errorf("refund %s: gateway %s is not configured", r.PublicID, a.Gateway)
	}
	order := gateway.Refund{
		ID: r.PublicID, Attempt: a.PublicID, Reference: r.ProviderReference, Amount: r.Amount + r.Fee, Whole: a.Amount + a.Fee,
		Currency: money.Currency(r.Currency), Created: clock.Time(a.CreatedAt),
	}
	if a.Reference != nil {
		order.Charge = *a.Reference
	}
	cctx, cancel := within(ctx, callTimeout)
	defer cancel()
	out, err := gw.Refund(cctx, order)
	if d, ok := gateway.Down(err); ok && d.After > 0 {
		return job.RetryIn(d.After, err)
	}
	if err != nil {
		return err // the job is tried again
	}
	if err := s.refundAnswered(ctx, r, a, out); err != nil {
		return err
	}
	if !out.Done && out.Failure == "" {
		return job.RetryIn(10*time.Minute, fmt.Errorf("refund %s is not decided at the gateway", r.PublicID))
	}
	return nil
}

// refundAnswered records what a gateway said. What it refused goes into the payer's wallet, unless it may have been given
// already: that a person has to look at.
func (s *Service) refundAnswered(ctx context.Context, r paymentdb.Refund, a paymentdb.PaymentAttempt, out gateway.Refunded) error {
	return s.db.Write(ctx, "payment.refund_record", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		now, err := q.LockRefund(ctx, r.PublicID)
		if err != nil || now.State != refundProcessing {
			return err
		}
		row, err := q.GetPaymentByID(ctx, r.PaymentID)
		if err != nil {
			return err
		}
		p := fromRow(row)
		state, destination := refundCompleted, r.Destination
		switch {
		case !out.Done && out.Failure == "":
			state = refundProcessing
		case out.Done:
			err = s.ledger.Post(ctx, tx, ledger.RefundConfirmed, "refunded:"+r.PublicID, r.PublicID,
				ledger.Leg{From: ledger.RefundsDue(r.Currency), To: ledger.Gateway(a.Gateway, r.Currency), Amount: r.Amount + r.Fee})
		case p.Account != "" && out.Failure != gateway.RefundUnsure && out.Failure != gateway.RefundTooMuch:
			destination = toWallet
			err = s.intoWallet(ctx, tx, p, r.PublicID, r.Amount+r.Fee)
		default:
			state = refundFailed
			s.log.Warn("gateway refused a refund", slog.String("refund", r.PublicID), slog.String("failure", out.Failure))
		}
		if err != nil {
			return err
		}
		if err := q.SetRefund(ctx, paymentdb.SetRefundParams{
			ID: r.ID, State: state, Failure: out.Failure, ProviderReference: out.Reference, Destination: destination, UpdatedAt: clock.Micro(s.clock.Now()),
		}); err != nil || state == refundProcessing {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "refund." + state, Subject: r.PublicID, Actor: "system", Facts: map[string]any{"order": r.OrderRef, "destination": destination}})
	})
}
