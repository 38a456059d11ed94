package testgateway

import (
	"context"
	"errors"
	"strings"

	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// Name of the gateway.
const Name = "test"

// Cards and what each one leads to; "" is success.
var cards = map[string]string{
	"4242424242424242": "",
	"4000000000000002": payment.ErrDeclined.Code,
	"4000000000009995": payment.ErrNoFunds.Code,
	"4000000000000069": payment.ErrExpiredCard.Code,
	"4000000000000127": payment.ErrCVC.Code,
}

// Gateway is the test gateway.
type Gateway struct {
	db    *db.DB
	clock clock.Clock
}

// New builds it.
func New(d *db.DB, c clock.Clock) *Gateway { return &Gateway{db: d, clock: c} }

// Name is "test".
func (g *Gateway) Name() string { return Name }

// Start charges the card, once for each attempt.
func (g *Gateway) Start(ctx context.Context, c payment.Charge) (out payment.Outcome, err error) {
	failure, known := cards[strings.ReplaceAll(c.Card.Number, " ", "")]
	if !known {
		failure = payment.ErrDeclined.Code
	}
	err = g.db.Write(ctx, "testgateway.charge", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		row, err := q.GetTestCharge(ctx, c.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			row = paymentdb.TestCharge{Attempt: c.Attempt, Currency: string(c.Currency), Amount: c.Amount, Outcome: failure}
			err = q.InsertTestCharge(ctx, paymentdb.InsertTestChargeParams{
				Attempt: row.Attempt, Currency: row.Currency, Amount: row.Amount, Outcome: row.Outcome, CreatedAt: clock.Micro(g.clock.Now()),
			})
		}
		out = outcome(row)
		return err
	})
	return out, err
}

// outcome is what a charge came to.
func outcome(row paymentdb.TestCharge) payment.Outcome {
	out := payment.Outcome{State: payment.OutcomePaid, Reference: "test_" + row.Attempt, Amount: row.Amount, Currency: money.Currency(row.Currency)}
	if row.Outcome != "" {
		out.State, out.Failure = payment.OutcomeFailed, row.Outcome
	}
	return out
}

// Lookup tells what became of an attempt.
func (g *Gateway) Lookup(ctx context.Context, c payment.Charge) (out payment.Outcome, err error) {
	err = g.db.Read(ctx, "testgateway.lookup", func(ctx context.Context, tx db.Tx) error {
		row, err := paymentdb.New(tx).GetTestCharge(ctx, c.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			out = payment.Outcome{State: payment.OutcomeUnknown}
			return nil
		}
		out = outcome(row)
		return err
	})
	return out, err
}

// Refund gives back, never more than was charged, once for each refund id.
func (g *Gateway) Refund(ctx context.Context, r payment.RefundOrder) (out payment.RefundOutcome, err error) {
	err = g.db.Write(ctx, "testgateway.refund", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		out = payment.RefundOutcome{Done: true, Reference: "test_" + r.Refund}
		charge, err := q.LockTestCharge(ctx, r.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			out = payment.RefundOutcome{Failure: "charge_unknown"}
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := q.GetTestRefund(ctx, r.Refund); !errors.Is(err, db.ErrNoRows) {
			return err
		}
		given, err := q.TestRefunded(ctx, charge.ID)
		if err != nil {
			return err
		}
		if charge.Outcome != "" || given+r.Amount > charge.Amount {
			out = payment.RefundOutcome{Failure: "refund_too_large"}
			return nil
		}
		return q.InsertTestRefund(ctx, r.Refund, charge.ID, r.Amount, clock.Micro(g.clock.Now()))
	})
	return out, err
}
