package payment

import (
	"context"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what haat verify checks of payments.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "payment.shares", About: "a payment's figures are the sums of its orders' shares", Check: s.checkAllocations},
		{Name: "payment.attempts", About: "a paid payment has exactly one attempt that succeeded, with its amount and fee", Check: s.checkSucceeded},
		{Name: "payment.refunds", About: "refunds sum to what the payment says, and never exceed what was taken", Check: s.checkRefunds},
		{Name: "payment.proofs", About: "a transfer is paid exactly when its proof was approved, by two different people where two were asked", Check: s.checkProofs},
		{Name: "payment.books", About: "each attempt that succeeded is booked once, and each refund that is done", Check: s.checkBooks},
		{Name: "payment.settlements", About: "what a provider settled is booked once, as the line of its file said", Check: s.checkSettlements},
	}
}

// pages walks a query by its id, so that memory stays flat however many rows there are.
func pages[T any](next func(after int64) ([]T, error), id func(T) int64, each func([]T) error) error {
	for after := int64(0); ; {
		rows, err := next(after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		after = id(rows[len(rows)-1])
	}
}

// every makes a check of one row a check of a page.
func every[T any](check func(T)) func([]T) error {
	return func(rows []T) error {
		for _, r := range rows {
			check(r)
		}
		return nil
	}
}

func (s *Service) checkAllocations(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := paymentdb.New(tx)
	return pages(func(after int64) ([]paymentdb.VerifyPaymentsRow, error) { return q.VerifyPayments(ctx, after) },
		func(r paymentdb.VerifyPaymentsRow) int64 { return r.ID },
		every(func(p paymentdb.VerifyPaymentsRow) {
			if p.Amount != p.Allocated || p.Captured != p.AllocatedCaptured || p.Refunded != p.AllocatedRefunded {
				report("payment %s: amount %d, captured %d, refunded %d; its shares sum to %d, %d, %d",
					p.PublicID, p.Amount, p.Captured, p.Refunded, p.Allocated, p.AllocatedCaptured, p.AllocatedRefunded)
			}
			if State(p.State) == Completed && Method(p.Method) != ByCash && p.Captured != p.Amount {
				report("payment %s is completed: %d of %d captured", p.PublicID, p.Captured, p.Amount)
			}
			if State(p.State) != Completed && Method(p.Method) != ByCash && p.Captured != 0 {
				report("payment %s is %s, yet %d was captured", p.PublicID, p.State, p.Captured)
			}
		}))
}

func (s *Service) checkSucceeded(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := paymentdb.New(tx)
	return pages(func(after int64) ([]paymentdb.VerifySucceededRow, error) { return q.VerifySucceeded(ctx, after) },
		func(r paymentdb.VerifySucceededRow) int64 { return r.ID },
		every(func(p paymentdb.VerifySucceededRow) {
			completed := State(p.State) == Completed
			switch {
			case Method(p.Method) == ByCash:
			case completed && p.Succeeded != 1, !completed && p.Succeeded != 0:
				report("payment %s is %s and has %d attempts that succeeded", p.PublicID, p.State, p.Succeeded)
			case completed && (p.AttemptAmount != p.Amount || p.AttemptFee != p.Fee):
				report("payment %s: amount %d and fee %d; its attempt took %d and %d", p.PublicID, p.Amount, p.Fee, p.AttemptAmount, p.AttemptFee)
			}
		}))
}

func (s *Service) checkRefunds(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := paymentdb.New(tx)
	return pages(func(after int64) ([]paymentdb.VerifyRefundsRow, error) { return q.VerifyRefunds(ctx, after) },
		func(r paymentdb.VerifyRefundsRow) int64 { return r.ID },
		every(func(p paymentdb.VerifyRefundsRow) {
			if p.RefundAmount != p.Refunded {
				report("payment %s: %d refunded; its refunds sum to %d", p.PublicID, p.Refunded, p.RefundAmount)
			}
			if p.RefundFee > p.Fee {
				report("payment %s: the fee was %d, and %d of it was given back", p.PublicID, p.Fee, p.RefundFee)
			}
		}))
}

// checkBooks holds attempts and refunds against the ledger, one to one.
func (s *Service) checkBooks(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := paymentdb.New(tx)
	err := pages(func(after int64) ([]paymentdb.VerifyAttemptsRow, error) { return q.VerifyAttempts(ctx, after) },
		func(r paymentdb.VerifyAttemptsRow) int64 { return r.ID },
		func(rows []paymentdb.VerifyAttemptsRow) error {
			want := make(map[string]int64, 2*len(rows))
			for _, a := range rows {
				want["pay:"+a.PublicID], want["dup:"+a.PublicID] = 0, 0
				switch AttemptState(a.State) {
				case Succeeded:
					want["pay:"+a.PublicID] = a.Amount + a.Fee
				case Duplicate:
					want["dup:"+a.PublicID] = a.Amount + a.Fee
				}
			}
			return s.checkBooked(ctx, tx, want, report)
		})
	if err != nil {
		return err
	}
	return pages(func(after int64) ([]paymentdb.VerifyRefundDocsRow, error) { return q.VerifyRefundDocs(ctx, after) },
		func(r paymentdb.VerifyRefundDocsRow) int64 { return r.ID },
		func(rows []paymentdb.VerifyRefundDocsRow) error {
			want := make(map[string]int64, 2*len(rows))
			for _, r := range rows {
				if r.OrderRef != "" { // a duplicate's money never was in an escrow
					want["refund:"+r.Reference] = r.Amount + r.Fee
				}
				want["refunded:"+r.PublicID] = 0
				if r.State == refundCompleted {
					want["refunded:"+r.PublicID] = r.Amount + r.Fee
				}
			}
			return s.checkBooked(ctx, tx, want, report)
		})
}

func (s *Service) checkBooked(ctx context.Context, tx db.Tx, want map[string]int64, report func(format string, args ...any)) error {
	references := slices.Sorted(maps.Keys(want))
	booked, err := s.ledger.Booked(ctx, tx, references)
	if err != nil {
		return err
	}
	for _, r := range references {
		if booked[r] != want[r] {
			report("%d is booked under %s and not %d", booked[r], r, want[r])
		}
	}
	return nil
}

// Taken is what was captured and given back of orders, for the rules of who owns them.
func (s *Service) Taken(ctx context.Context, tx db.Tx, orders []string) (map[string][2]int64, error) {
	rows, err := paymentdb.New(tx).CapturedOf(ctx, orders)
	if err != nil {
		return nil, err
	}
	out := make(map[string][2]int64, len(rows))
	for _, r := range rows {
		out[r.OrderRef] = [2]int64{r.Captured, r.Refunded}
	}
	return out, nil
}

func (s *Service) checkProofs(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := paymentdb.New(tx)
	return pages(func(after int64) ([]paymentdb.VerifyProofsRow, error) { return q.VerifyProofs(ctx, after) },
		func(r paymentdb.VerifyProofsRow) int64 { return r.ID },
		every(func(p paymentdb.VerifyProofsRow) {
			a := AttemptState(p.AttemptState)
			if approved, paid := ProofState(p.State) == ProofApproved, a == Succeeded || a == Duplicate; approved != paid {
				report("proof %s is %s and its attempt %s", p.PublicID, p.State, p.AttemptState)
			}
			if ProofState(p.State) == ProofApproved && p.DecidedBy == "" {
				report("proof %s was approved by nobody", p.PublicID)
			}
		}))
}

// References are what payments that were paid are booked under, by the payment's key: for the rules of who owns payables.
func (s *Service) References(ctx context.Context, tx db.Tx, payments []int64) (map[int64]string, error) {
	rows, err := paymentdb.New(tx).CapturingAttempts(ctx, payments)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.PaymentID] = reference(r.PublicID)
	}
	return out, nil
}

// reference is what an attempt's money is booked under.
func reference(attempt string) string { return "pay:" + attempt }
