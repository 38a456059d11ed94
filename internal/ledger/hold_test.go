package ledger

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/job"
)

func (b books) hold(k Key, amount int64, reference string, expires time.Time) error {
	b.Helper()
	return b.write(func(ctx context.Context, tx db.Tx) error {
		_, err := b.Hold(ctx, tx, k, amount, reference, "auc_1", expires)
		return err
	})
}

func (b books) void(reference string) error {
	b.Helper()
	return b.write(func(ctx context.Context, tx db.Tx) error { return b.VoidHold(ctx, tx, reference) })
}

func (b books) take(reference string, p Posting, to Key, amount int64) error {
	b.Helper()
	return b.write(func(ctx context.Context, tx db.Tx) error { return b.PostHold(ctx, tx, reference, p, to, amount) })
}

// sweeps runs the ledger's sweeps as the leader does.
func (b books) sweeps() *job.Runner {
	r := job.NewRunner(b.db, b.clock, dbtest.Quiet, "test")
	b.Work(r)
	return r
}

func (b books) sweep(r *job.Runner, name string) int {
	b.Helper()
	n, err := r.RunSweep(context.Background(), name)
	b.must(err)
	return n
}

func TestHold(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100)
		b.must(b.hold(ana, 60, "hld_1", time.Time{}))
		b.expect(ana, 100, 60)
		b.must(b.hold(ana, 60, "hld_1", time.Time{})) // a repeat
		b.expect(ana, 100, 60)

		// What is held is not there for anything else.
		for _, err := range []error{
			b.hold(ana, 41, "hld_2", time.Time{}),
			b.post(WalletPays, "pay_1", "ord_1", Leg{From: ana, To: order1, Amount: 41}),
			b.hold(bina, 1, "hld_3", time.Time{}),
		} {
			if !errors.Is(err, ErrInsufficientBalance) {
				t.Errorf("got %v", err)
			}
		}
		if err := b.hold(ana, 59, "hld_1", time.Time{}); !errors.Is(err, ErrReferenceReused) {
			t.Errorf("another amount: %v", err)
		}
		if err := b.hold(ana, 70, "hld_1", time.Time{}); !errors.Is(err, ErrReferenceReused) {
			t.Errorf("another amount that is not there: %v", err)
		}
		if err := b.hold(ana, 60, "hld_1", start.Add(time.Hour)); !errors.Is(err, ErrReferenceReused) {
			t.Errorf("another end: %v", err)
		}

		// Part of it is taken, the rest is free again; once.
		for range 2 {
			b.must(b.take("hld_1", PayoutApproved, PayoutsTransit("NPR"), 45))
			b.expect(ana, 55, 0)
		}
		b.expect(PayoutsTransit("NPR"), 45, 0)
		if err := b.take("hld_1", PayoutApproved, PayoutsTransit("NPR"), 44); !errors.Is(err, ErrReferenceReused) {
			t.Errorf("taken again with another amount: %v", err)
		}
		if err := b.void("hld_1"); !errors.Is(err, ErrHoldEnded) {
			t.Errorf("void after post: %v", err)
		}

		b.must(b.hold(ana, 55, "hld_4", time.Time{}))
		for range 2 {
			b.must(b.void("hld_4"))
			b.expect(ana, 55, 0)
		}
		if err := b.take("hld_4", PayoutApproved, PayoutsTransit("NPR"), 55); !errors.Is(err, ErrHoldEnded) {
			t.Errorf("post after void: %v", err)
		}
		if err := b.void("hld_9"); !errors.Is(err, ErrHoldNotFound) {
			t.Errorf("void of nothing: %v", err)
		}
		if err := b.take("hld_9", PayoutApproved, PayoutsTransit("NPR"), 1); !errors.Is(err, ErrHoldNotFound) {
			t.Errorf("post of nothing: %v", err)
		}
		b.must(b.hold(ana, 5, "hld_5", time.Time{}))
		for _, amount := range []int64{0, -1, 6} {
			if err := b.take("hld_5", PayoutApproved, PayoutsTransit("NPR"), amount); !errors.Is(err, ErrAmount) {
				t.Errorf("post of %d: %v", amount, err)
			}
			if err := b.hold(ana, amount*100, "hld_6", time.Time{}); amount <= 0 && !errors.Is(err, ErrAmount) {
				t.Errorf("hold of %d: %v", amount, err)
			}
		}
		if err := b.take("hld_5", WalletPays, bina, 5); !errors.Is(err, ErrPosting) {
			t.Errorf("a posting without such a leg: %v", err)
		}
		if err := b.hold(order1, 1, "hld_7", time.Time{}); !errors.Is(err, ErrPosting) {
			t.Errorf("hold on an escrow: %v", err)
		}
		b.clean()
	})
}

func TestHoldExpires(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100)
		b.fill(bina, 100)
		b.must(b.hold(ana, 10, "hld_1", start.Add(time.Minute)))
		b.must(b.hold(ana, 20, "hld_2", start.Add(2*time.Minute)))
		b.must(b.hold(ana, 30, "hld_3", time.Time{}))
		b.must(b.hold(bina, 40, "hld_4", start.Add(time.Minute)))
		r := b.sweeps()
		if n := b.sweep(r, "ledger.expire_holds"); n != 0 {
			t.Errorf("%d expired before their time", n)
		}
		b.clock.Advance(time.Minute)
		// The time is over, whether or not the sweep has come by.
		if err := b.take("hld_1", PayoutApproved, PayoutsTransit("NPR"), 10); !errors.Is(err, ErrHoldEnded) {
			t.Errorf("post after the end: %v", err)
		}
		if n := b.sweep(r, "ledger.expire_holds"); n != 2 {
			t.Errorf("%d expired, want 2", n)
		}
		b.expect(ana, 100, 50)
		b.expect(bina, 100, 0)
		b.must(b.void("hld_1")) // it has expired: nothing to give back
		b.expect(ana, 100, 50)
		b.clock.Advance(time.Hour)
		if n := b.sweep(r, "ledger.expire_holds"); n != 1 {
			t.Errorf("%d expired, want 1", n)
		}
		b.expect(ana, 100, 30)
		b.clean()
	})
}

// A hold is of money that is there, also on an account that may make debt; debt made later does not break it.
func TestHoldOnEarnings(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.must(b.post(StoreCollected, "fees", "ord_1", Leg{From: shop, To: PlatformFees("NPR"), Amount: 50}))
		if err := b.hold(shop, 1, "hld_1", time.Time{}); !errors.Is(err, ErrInsufficientBalance) {
			t.Errorf("hold on a debt: %v", err)
		}
		b.must(b.post(CommissionPaid, "paid", "stm_1", Leg{From: Bank("NPR"), To: shop, Amount: 150}))
		b.must(b.hold(shop, 100, "hld_2", time.Time{}))
		b.must(b.post(RefundFromStore, "ref_1", "ord_1", Leg{From: shop, To: RefundsDue("NPR"), Amount: 30}))
		b.expect(shop, 70, 100)
		if err := b.take("hld_2", PayoutApproved, PayoutsTransit("NPR"), 100); !errors.Is(err, ErrInsufficientBalance) {
			t.Errorf("payout of more than is left: %v", err)
		}
		b.expect(shop, 70, 100)
		b.must(b.take("hld_2", PayoutApproved, PayoutsTransit("NPR"), 70))
		b.expect(shop, 0, 0)
		b.clean()
	})
}
