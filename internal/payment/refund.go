package payment

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/haat-market/haat/internal/ledger"
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

const (
	toSource = "source"
	toWallet = "wallet"
)

// refundJob carries a refund to its gateway after the transaction that decided it.
const refundJob = "payment.refund"

type refundPayload struct {
	Refund string `json:"refund"`
}

// RefundCmd gives part of an order's money back while it is still in escrow.
type RefundCmd struct {
	Kind, Payable string
	Order         string // public id
	Amount        int64
	Reason        string
	Reference     string // unique; the same one again changes nothing
	Actor         string
}

// Refund takes money out of the order's escrow and sends it back the way it came, in the caller's transaction, after
// the payable is locked. Money paid in cash at the door was never the market's, so nothing moves for it. Error:
// ErrRefundTooLarge.
func (s *Service) Refund(ctx context.Context, tx db.Tx, cmd RefundCmd) error {
	q := paymentdb.New(tx)
	if _, err := q.GetRefundByReference(ctx, cmd.Reference); !errors.Is(err, db.ErrNoRows) {
		return err
	}
	p, err := s.lockByPayable(ctx, tx, cmd.Kind, cmd.Payable)
	if err != nil {
		return err
	}
	if p.Method == ByCash {
		return nil
	}
	a, err := q.SucceededAttempt(ctx, p.ID)
	if err != nil {
		return fmt.Errorf("refund without a paid attempt: %w", err)
	}
	return s.refund(ctx, tx, p, a, refundParts{order: cmd.Order, amount: cmd.Amount, reason: cmd.Reason, reference: cmd.Reference, actor: cmd.Actor})
}

type refundParts struct {
	order     string
	amount    int64
	fee       int64
	reason    string
	reference string
	actor     string
}

// refund books one refund and, where the source is outside, leaves it to a job.
func (s *Service) refund(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, r refundParts) error {
	q := paymentdb.New(tx)
	now := clock.Micro(s.clock.Now())
	n, err := q.RefundAllocation(ctx, r.amount, r.order)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrRefundTooLarge
	}
	if err := q.AddRefunded(ctx, p.ID, r.amount, now); err != nil {
		return err
	}
	cur := string(p.Currency)
	legs := []ledger.Leg{{From: ledger.Escrow(r.order, cur), To: ledger.RefundsDue(cur), Amount: r.amount}}
	if r.fee > 0 {
		legs = append(legs, ledger.Leg{From: ledger.Surcharge(cur), To: ledger.RefundsDue(cur), Amount: r.fee})
	}
	if err := s.ledger.Post(ctx, tx, ledger.RefundFromEscrow, "refund:"+r.reference, p.PublicID, legs...); err != nil {
		return err
	}
	return s.send(ctx, tx, p, a, r)
}

// send writes the refund's document. To the wallet it is done at once; a gateway is asked by a job.
func (s *Service) send(ctx context.Context, tx db.Tx, p Payment, a paymentdb.PaymentAttempt, r refundParts) error {
	now := clock.Micro(s.clock.Now())
	cur := string(p.Currency)
	id, destination, state := code.ID("ref"), toSource, refundRequested
	if a.Gateway == string(ByWallet) {
		destination, state = toWallet, refundCompleted
	}
	_, err := paymentdb.New(tx).InsertRefund(ctx, paymentdb.InsertRefundParams{
		PublicID: id, PaymentID: p.ID, AttemptID: &a.ID, OrderRef: r.order, Reference: r.reference, Currency: cur, Amount: r.amount, Fee: r.fee,
		Reason: r.reason, Destination: destination, State: state, CreatedAt: now,
	})
	if err != nil {
		return err
	}
	facts := map[string]any{"payment": p.PublicID, "order": r.order, "amount": r.amount, "fee": r.fee, "currency": cur, "reason": r.reason}
	if err := s.events.Append(ctx, tx, event.Event{Type: "refund." + state, Subject: id, Actor: r.actor, Facts: facts}); err != nil {
		return err
	}
	if state == refundCompleted {
		return s.ledger.Post(ctx, tx, ledger.RefundConfirmed, "refunded:"+id, id,
			ledger.Leg{From: ledger.RefundsDue(cur), To: ledger.Wallet(p.Account, cur), Amount: r.amount + r.fee})
	}
	return s.jobs.Enqueue(ctx, tx, job.New(refundJob, refundPayload{Refund: id}).Key(refundJob+":"+id))
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
		err := s.refund(ctx, tx, p, a, refundParts{
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
		ledger.Leg{From: ledger.Gateway(a.Gateway, cur), To: ledger.RefundsDue(cur), Amount: a.Amount + a.Fee}); err != nil {
		return err
	}
	return s.send(ctx, tx, p, a, refundParts{amount: a.Amount, fee: a.Fee, reason: "duplicate", reference: "dup:" + a.PublicID, actor: "system"})
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
		return q.SetRefund(ctx, paymentdb.SetRefundParams{ID: r.ID, State: refundProcessing, UpdatedAt: clock.Micro(s.clock.Now())})
	})
	if err != nil || a.ID == 0 {
		return err
	}
	gw, ok := s.gateways[a.Gateway]
	if !ok {
		return fmt.Errorf("refund %s: gateway %s is not configured", r.PublicID, a.Gateway)
	}
	order := RefundOrder{Refund: r.PublicID, Attempt: a.PublicID, Amount: r.Amount + r.Fee, Currency: money.Currency(r.Currency)}
	if a.Reference != nil {
		order.Reference = *a.Reference
	}
	cctx, cancel := within(ctx, callTimeout)
	defer cancel()
	out, err := gw.Refund(cctx, order)
	if err != nil {
		return err // the job is tried again
	}
	return s.refundAnswered(ctx, r, a, out)
}

func (s *Service) refundAnswered(ctx context.Context, r paymentdb.Refund, a paymentdb.PaymentAttempt, out RefundOutcome) error {
	return s.db.Write(ctx, "payment.refund_record", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		now, err := q.LockRefund(ctx, r.PublicID)
		if err != nil || now.State != refundProcessing {
			return err
		}
		state := refundCompleted
		if !out.Done {
			state = refundFailed
			s.log.Warn("gateway refused a refund", slog.String("refund", r.PublicID), slog.String("failure", out.Failure))
		}
		if err := q.SetRefund(ctx, paymentdb.SetRefundParams{
			ID: r.ID, State: state, Failure: out.Failure, ProviderReference: out.Reference, UpdatedAt: clock.Micro(s.clock.Now()),
		}); err != nil {
			return err
		}
		if out.Done {
			err := s.ledger.Post(ctx, tx, ledger.RefundConfirmed, "refunded:"+r.PublicID, r.PublicID,
				ledger.Leg{From: ledger.RefundsDue(r.Currency), To: ledger.Gateway(a.Gateway, r.Currency), Amount: r.Amount + r.Fee})
			if err != nil {
				return err
			}
		}
		return s.events.Append(ctx, tx, event.Event{Type: "refund." + state, Subject: r.PublicID, Actor: "system", Facts: map[string]any{"order": r.OrderRef}})
	})
}
