package event

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/job"
)

const (
	numberSweep = "event.number"
	numberBatch = 500
)

// Work registers the numbering, the followers and the retention with the runner. Followers may also be added after it,
// until the runner starts.
func (l *Log) Work(j *job.Runner) {
	d := j.DB()
	j.Sweep(job.Sweep{Name: numberSweep, Every: time.Second, Run: func(ctx context.Context, lease job.Lease) (int, error) {
		return l.Number(ctx, d, lease)
	}})
	j.Sweep(job.Sweep{Name: pruneSweep, Every: 10 * time.Minute, Run: func(ctx context.Context, lease job.Lease) (int, error) {
		keep := l.retention()
		if keep <= 0 {
			return 0, nil
		}
		return l.Prune(ctx, d, lease, l.clock.Now().Add(-keep))
	}})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runner = j
	for _, f := range l.followers {
		l.serve(f)
	}
}

// serve gives a follower its sweep.
func (l *Log) serve(f *follower) {
	d := l.runner.DB()
	calm := 0
	if f.calm {
		calm = f.piece()
	}
	l.runner.Sweep(job.Sweep{Name: f.sweep(), Every: time.Second, Calm: calm, Run: func(ctx context.Context, lease job.Lease) (int, error) {
		return l.follow(ctx, d, lease, f)
	}})
}

// nextSeq is the number of the event that is written next, on the embedded engine: its transactions are written one after
// another, and become visible in the same order, so that each can number its own. On PostgreSQL it is nil.
func nextSeq(ctx context.Context, tx db.Tx) (*int64, error) {
	if tx.Engine() != db.Embedded {
		return nil, nil
	}
	last, err := lastSeq(ctx, eventdb.New(tx))
	if err != nil {
		return nil, fmt.Errorf("number of the next event: %w", err)
	}
	last++
	return &last, nil
}

// Number gives the next numbers to a batch of events that have none, and says to how many. On the embedded engine they have
// theirs, and it says how many came.
//
// On PostgreSQL a writer cannot do it: of two transactions the one with the higher id may be visible first, and a reader who
// remembers the highest number he saw would never see the other. The leader numbers only what is visible to it, after
// everything that it numbered before.
func (l *Log) Number(ctx context.Context, d *db.DB, lease job.Lease) (n int, err error) {
	if d.Engine() == db.Embedded {
		return l.came(ctx, d)
	}
	waiting := l.likely.Swap(false) || l.backlog.Load()
	if !waiting {
		waiting, err = l.unnumbered(ctx, d)
	}
	if err != nil || !waiting {
		return 0, err
	}
	opts := []db.Option{db.ReadCommitted()}
	if !l.backlog.Load() {
		opts = append(opts, db.Bulk()) // behind the customers, unless they are faster than we are
	}
	// At READ COMMITTED each statement after the lease's lock sees all that earlier holders of the lock committed,
	// and writers are not made to fail because a reader looked at the range they insert into.
	err = d.Write(ctx, numberSweep, func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := eventdb.New(tx)
		last, err := lastSeq(ctx, q)
		if err != nil {
			return err
		}
		ids, err := q.UnnumberedIDs(ctx, numberBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		return number(ctx, q, ids, last+1)
	}, opts...)
	if err != nil {
		l.likely.Store(true)
		return 0, fmt.Errorf("number events: %w", err)
	}
	l.backlog.Store(n == numberBatch)
	if n > 0 {
		l.wakeFollowers()
	}
	return n, nil
}

// came wakes the followers when there are events that they were not woken for, and says how many those are: after a start,
// all that there ever were.
func (l *Log) came(ctx context.Context, d *db.DB) (int, error) {
	var last int64
	err := d.Read(ctx, "event.came", func(ctx context.Context, tx db.Tx) (err error) {
		last, err = lastSeq(ctx, eventdb.New(tx))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("look for events: %w", err)
	}
	n := int(last - l.told.Swap(last))
	if n > 0 {
		l.wakeFollowers()
	}
	return n, nil
}

func (l *Log) wakeFollowers() {
	l.mu.RLock()
	followers := l.followers
	l.mu.RUnlock()
	for _, f := range followers {
		l.poke(f.sweep())
	}
}

// number gives the events, in the order of their ids, the numbers from first on.
func number(ctx context.Context, q *eventdb.Queries, ids []int64, first int64) error {
	if from, to := ids[0], ids[len(ids)-1]; to-from == int64(len(ids))-1 { // mostly: one statement does
		n, err := q.NumberRange(ctx, from-first, from, to)
		if err == nil && n != int64(len(ids)) {
			err = fmt.Errorf("%d events were to be numbered, and %d were", len(ids), n)
		}
		return err
	}
	rows := make([]eventdb.NumberEventsParams, len(ids))
	for i, id := range ids {
		seq := first + int64(i)
		rows[i] = eventdb.NumberEventsParams{Seq: &seq, ID: id}
	}
	var failed error
	q.NumberEvents(ctx, rows).Exec(func(_ int, err error) {
		if err != nil && failed == nil {
			failed = err
		}
	})
	return failed
}

// unnumbered looks before a transaction is begun for nothing.
func (l *Log) unnumbered(ctx context.Context, d *db.DB) (waiting bool, err error) {
	err = d.Read(ctx, "event.unnumbered", func(ctx context.Context, tx db.Tx) error {
		var err error
		waiting, err = eventdb.New(tx).HasUnnumbered(ctx)
		return err
	})
	return waiting, err
}

// lastSeq is the highest number that was ever given.
func lastSeq(ctx context.Context, q *eventdb.Queries) (int64, error) {
	last, err := q.LastSeq(ctx)
	if err != nil || last > 0 { // what is left is later than what is gone
		return last, err
	}
	gone, err := cursor(ctx, q, retentionCursor)
	return max(last, gone), err
}
