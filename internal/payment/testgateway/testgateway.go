package testgateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
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
	"4000000000000002": gateway.CardDeclined,
	"4000000000009995": gateway.NoFunds,
	"4000000000000069": gateway.ExpiredCard,
	"4000000000000127": gateway.WrongCVC,
}

// Gateway is the test gateway.
type Gateway struct {
	db    *db.DB
	clock clock.Clock
}

// New builds it.
func New(d *db.DB, c clock.Clock) *Gateway { return &Gateway{db: d, clock: c} }

// About implements gateway.Gateway.
func (g *Gateway) About() gateway.About {
	return gateway.About{
		Name: Name, Title: "Test card", Verified: gateway.Live, Takes: gateway.TakesCard, Refunds: gateway.PartRefunds, Window: 5 * time.Minute,
	}
}

// Hear refuses: nobody calls for the test gateway.
func (g *Gateway) Hear(context.Context, gateway.Message) (gateway.Hint, error) {
	return gateway.Hint{}, gateway.ErrForged
}

// Keep implements gateway.Keeper.
func (g *Gateway) Keep(ctx context.Context, tx db.Tx, c gateway.Charge) error {
	row := charged(c)
	return paymentdb.New(tx).InsertTestCharge(ctx, paymentdb.InsertTestChargeParams{
		Attempt: row.Attempt, Currency: row.Currency, Amount: row.Amount, Outcome: row.Outcome, CreatedAt: clock.Micro(g.clock.Now()),
	})
}

// charged is what the card decides.
func charged(c gateway.Charge) paymentdb.TestCharge {
	failure, known := cards[strings.ReplaceAll(c.Card.Number, " ", "")]
	if !known {
		failure = gateway.CardDeclined
	}
	return paymentdb.TestCharge{Attempt: c.Attempt, Currency: string(c.Currency), Amount: c.Amount, Outcome: failure}
}

// Start charges the card, once for each attempt.
func (g *Gateway) Start(ctx context.Context, c gateway.Charge) (out gateway.Outcome, err error) {
	if c.Kept {
		return outcome(charged(c)), nil
	}
	err = g.db.Write(ctx, "testgateway.charge", func(ctx context.Context, tx db.Tx) error {
		row, err := paymentdb.New(tx).GetTestCharge(ctx, c.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			row, err = charged(c), g.Keep(ctx, tx, c)
		}
		out = outcome(row)
		return err
	})
	return out, err
}

// outcome is what a charge came to.
func outcome(row paymentdb.TestCharge) gateway.Outcome {
	out := gateway.Outcome{State: gateway.Paid, Reference: "test_" + row.Attempt, Amount: row.Amount, Currency: money.Currency(row.Currency)}
	if row.Outcome != "" {
		out.State, out.Failure = gateway.Failed, row.Outcome
	}
	return out
}

// Lookup tells what became of an attempt.
func (g *Gateway) Lookup(ctx context.Context, c gateway.Charge) (out gateway.Outcome, err error) {
	err = g.db.Read(ctx, "testgateway.lookup", func(ctx context.Context, tx db.Tx) error {
		row, err := paymentdb.New(tx).GetTestCharge(ctx, c.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			out = gateway.Outcome{State: gateway.Unknown}
			return nil
		}
		out = outcome(row)
		return err
	})
	return out, err
}

// Refund gives back, never more than was charged, once for each refund id.
func (g *Gateway) Refund(ctx context.Context, r gateway.Refund) (out gateway.Refunded, err error) {
	err = g.db.Write(ctx, "testgateway.refund", func(ctx context.Context, tx db.Tx) error {
		q := paymentdb.New(tx)
		out = gateway.Refunded{Done: true, Reference: "test_" + r.ID}
		charge, err := q.LockTestCharge(ctx, r.Attempt)
		if errors.Is(err, db.ErrNoRows) {
			out = gateway.Refunded{Failure: "charge_unknown"}
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := q.GetTestRefund(ctx, r.ID); !errors.Is(err, db.ErrNoRows) {
			return err
		}
		given, err := q.TestRefunded(ctx, charge.ID)
		if err != nil {
			return err
		}
		if charge.Outcome != "" || given+r.Amount > charge.Amount {
			out = gateway.Refunded{Failure: gateway.RefundTooMuch}
			return nil
		}
		return q.InsertTestRefund(ctx, r.ID, charge.ID, r.Amount, clock.Micro(g.clock.Now()))
	})
	return out, err
}
