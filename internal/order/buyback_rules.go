package order

import (
	"context"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
)

func (s *Service) eachBuyback(ctx context.Context, tx db.Tx, each func([]orderdb.VerifyBuybacksRow) error) error {
	q := orderdb.New(tx)
	return pages(func(after int64) ([]orderdb.VerifyBuybacksRow, error) { return q.VerifyBuybacks(ctx, after) },
		func(r orderdb.VerifyBuybacksRow) int64 { return r.ID }, each)
}

// checkBought holds the figures of what stores buy against the lines, and their states against what was weighed.
func (s *Service) checkBought(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	stray, err := orderdb.New(tx).UnfetchedBuybacks(ctx)
	if err != nil {
		return err
	}
	for _, id := range stray {
		report("order %s buys back and has no pickup", id)
	}
	return s.eachBuyback(ctx, tx, func(rows []orderdb.VerifyBuybacksRow) error {
		for _, o := range rows {
			if o.Goods != o.LinesAmount || o.Tax != o.LinesTax || o.Fee != o.LinesFee {
				report("order %s: lines %d, tax %d, fee %d; its lines sum to %d, %d, %d", o.PublicID, o.Goods, o.Tax, o.Fee, o.LinesAmount, o.LinesTax, o.LinesFee)
			}
			done := State(o.State) == Completed
			if open := State(o.State) == Pending || State(o.State) == Confirmed; o.Open != open {
				report("order %s is %s: its pickup is open: %v", o.PublicID, o.State, o.Open)
			}
			if weighed := o.LinesWeighed == o.LinesCount; done != weighed || done != (o.Month != "") {
				report("order %s is %s: %d of its %d lines are weighed, in the month %q", o.PublicID, o.State, o.LinesWeighed, o.LinesCount, o.Month)
			}
			if done && (o.Paid != o.Goods || o.Captured != o.Total) || !done && (o.Paid != 0 || o.Captured != 0) {
				report("order %s is %s: %d of %d was paid", o.PublicID, o.State, o.Paid, o.Goods)
			}
		}
		return nil
	})
}

// checkBoughtPaid holds what a completed one paid and owes against the ledger.
func (s *Service) checkBoughtPaid(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	return s.eachBuyback(ctx, tx, func(rows []orderdb.VerifyBuybacksRow) error {
		references, fees := make([]string, len(rows)), make([]string, len(rows))
		for i, o := range rows {
			references[i], fees[i] = "buyback:"+o.PublicID, "complete:"+o.PublicID
		}
		paid, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		owed, err := s.ledger.BookedAs(ctx, tx, ledger.TransferFee, fees)
		if err != nil {
			return err
		}
		for i, o := range rows {
			var wantPaid, wantFee int64
			if State(o.State) == Completed {
				wantFee = o.Fee
			}
			if o.PaidBy == PaidWallet {
				wantPaid = o.Paid
			}
			if paid[references[i]] != wantPaid || owed[fees[i]] != wantFee {
				report("order %s is %s: %d went from wallet to wallet and %d is owed, not %d and %d", o.PublicID, o.State, paid[references[i]], owed[fees[i]], wantPaid, wantFee)
			}
		}
		return nil
	})
}
