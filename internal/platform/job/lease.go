package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job/jobdb"
)

const (
	leaderName = "leader"
	leaseTTL   = 6 * time.Second
	renewEvery = 2 * time.Second
	// A lease that ends later than anybody could have been given it was written by a clock that was wrong.
	leaseAbsurd = 10 * leaseTTL
)

// ErrLostLease says that another process leads now. It rolls the transaction back that asked.
var ErrLostLease = errors.New("job: another process leads now")

// Lease is the leader's right to act, as it was when a sweep began.
type Lease struct {
	fence int64
}

// Fence is the number that rises with every new leader.
func (l Lease) Fence() int64 { return l.fence }

// Check must be called in every transaction of a sweep, before it writes. It locks the lease's row until the end of
// the transaction, so that nobody can take over between the check and the commit.
func (l Lease) Check(ctx context.Context, tx db.Tx) error {
	row, err := jobdb.New(tx).LockLease(ctx, leaderName)
	if errors.Is(err, db.ErrNoRows) || err == nil && (l.fence == 0 || row.Fence != l.fence) {
		return ErrLostLease
	}
	return err
}

// lead takes the lease when it is free, renews it when it is ours, and fails with ErrNotLeader when another has it.
func (r *Runner) lead(ctx context.Context) (Lease, error) {
	select { // one at a time, or two of this process would outbid each other
	case r.leading <- struct{}{}:
		defer func() { <-r.leading }()
	case <-ctx.Done():
		return Lease{}, ctx.Err()
	}
	mine := r.fence.Load()
	var fence int64
	var until time.Time
	// The check is made after locking the lease's row.
	err := r.db.Write(ctx, "job.lead", func(ctx context.Context, tx db.Tx) error {
		fence = 0
		q := jobdb.New(tx)
		now := r.clock.Now()
		until = now.Add(leaseTTL)
		row, err := q.LockLease(ctx, leaderName)
		if errors.Is(err, db.ErrNoRows) {
			n, err := q.InsertLease(ctx, leaderName, r.holder, clock.Micro(until))
			fence = n // 1, or 0 when another was first
			return err
		}
		if err != nil {
			return err
		}
		ends := clock.Time(row.UntilAt)
		switch {
		case row.Holder == r.holder && row.Fence == mine: // ours, and nobody took it even if it had lapsed
			fence = mine
		case row.Holder == r.holder, !now.Before(ends), ends.Sub(now) > leaseAbsurd:
			fence = row.Fence + 1
		default:
			return nil
		}
		_, err = q.UpdateLease(ctx, jobdb.UpdateLeaseParams{
			Name: leaderName, FromFence: row.Fence, Holder: r.holder, Fence: fence, UntilAt: clock.Micro(until),
		})
		return err
	}, db.ReadCommitted())
	if err != nil {
		return Lease{}, fmt.Errorf("lease: %w", err)
	}
	if fence == 0 {
		r.lose(mine)
		return Lease{}, ErrNotLeader.Retry(leaseTTL)
	}
	if fence != mine {
		r.log.Info("leading", "holder", r.holder, "fence", fence)
	}
	r.fence.Store(fence)
	r.until.Store(clock.Micro(until))
	return Lease{fence: fence}, nil
}

// lease is the one that this process has, as far as it knows.
func (r *Runner) lease() (Lease, bool) {
	fence := r.fence.Load()
	return Lease{fence: fence}, fence != 0 && clock.Micro(r.clock.Now()) < r.until.Load()
}

// lose forgets the lease with this fence.
func (r *Runner) lose(fence int64) {
	if fence != 0 && r.fence.CompareAndSwap(fence, 0) {
		r.log.Warn("not leading any more", "holder", r.holder, "fence", fence)
	}
}

// resign lets the lease lapse at once, so that another need not wait for it.
func (r *Runner) resign(ctx context.Context) error {
	fence := r.fence.Swap(0)
	if fence == 0 {
		return nil
	}
	return r.db.Write(ctx, "job.resign", func(ctx context.Context, tx db.Tx) error {
		_, err := jobdb.New(tx).UpdateLease(ctx, jobdb.UpdateLeaseParams{
			Name: leaderName, FromFence: fence, Holder: r.holder, Fence: fence, UntilAt: 0,
		})
		return err
	}, db.ReadCommitted()) // a guarded write
}

// TakeOver lets every claimed job run again at once. It is for whoever knows that no other process lives: the embedded
// engine's folder is open in one only, so that what is claimed there before Start was left by one that was killed. (Its
// lease goes to the next anyway, which has the folder's name as the dead one had.)
func (r *Runner) TakeOver(ctx context.Context) error {
	var released int64
	err := r.db.Write(ctx, "job.take_over", func(ctx context.Context, tx db.Tx) (err error) {
		released, err = jobdb.New(tx).ReleaseClaims(ctx, clock.Micro(r.clock.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	if released > 0 {
		r.log.Info("taking over jobs of a process that was killed", "jobs", released)
	}
	return nil
}

// Leader says whether this process leads, as far as it knows.
func (r *Runner) Leader() bool {
	_, ok := r.lease()
	return ok
}
