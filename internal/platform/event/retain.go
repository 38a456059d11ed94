package event

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/job"
)

const (
	pruneSweep = "event.prune"
	pruneBatch = 200
	// retentionCursor is the row of event_cursors up to whose seq events may be deleted. The tables' trigger asks it.
	retentionCursor = ""
)

type retention struct{ keep time.Duration }

// Retain makes the leader delete events older than keep. Without it, all are kept.
func (l *Log) Retain(keep time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retain.keep = keep
}

// Prune deletes a chunk of the oldest events that are older than before and that every follower has seen, and says how
// many. It goes from the lowest number up and stops at the first that must stay, so what is kept stays dense.
func (l *Log) Prune(ctx context.Context, d *db.DB, lease job.Lease, before time.Time) (n int, err error) {
	err = d.Write(ctx, pruneSweep, func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := eventdb.New(tx)
		cursors, err := q.Cursors(ctx)
		if err != nil {
			return err
		}
		upto, err := q.LastSeq(ctx)
		if err != nil {
			return err
		}
		gone, known := int64(0), false
		seen := map[string]bool{}
		for _, c := range cursors {
			seen[c.Follower] = true
			if c.Follower == retentionCursor {
				gone, known = c.Seq, true
			} else {
				upto = min(upto, c.Seq)
			}
		}
		l.mu.RLock()
		for _, f := range l.followers {
			if !seen[f.name] { // new, and not begun yet
				upto = min(upto, gone)
			}
		}
		l.mu.RUnlock()
		rows, err := q.PrunableEvents(ctx, gone, upto, pruneBatch)
		if err != nil {
			return err
		}
		last := gone
		for _, row := range rows {
			if row.CreatedAt >= clock.Micro(before) {
				break
			}
			last = *row.Seq
		}
		if last == gone {
			return nil
		}
		now := clock.Micro(l.clock.Now())
		if !known {
			if err := q.AddCursor(ctx, retentionCursor, 0, now); err != nil {
				return err
			}
		}
		if _, err := q.AdvanceCursor(ctx, last, now, retentionCursor, gone); err != nil {
			return err
		}
		deleted, err := q.DeleteEvents(ctx, gone, last)
		n = int(deleted)
		return err
	}, db.Bulk())
	if err != nil {
		return 0, fmt.Errorf("prune events: %w", err)
	}
	return n, nil
}

// CheckDense reports numbers that are missing: from the first that retention kept to the last one, each was given.
func (l *Log) CheckDense(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := eventdb.New(tx)
	r, err := q.SeqRange(ctx)
	if err != nil {
		return err
	}
	gone, err := cursor(ctx, q, retentionCursor)
	if err != nil {
		return err
	}
	if r.Numbered == 0 {
		return nil
	}
	if r.Lowest != gone+1 {
		report("events begin at %d, but retention ended at %d", r.Lowest, gone)
	}
	if span := r.Highest - r.Lowest + 1; r.Numbered != span {
		report("events %d to %d are %d, not %d: %d are missing", r.Lowest, r.Highest, r.Numbered, span, span-r.Numbered)
	}
	return nil
}

// CheckCursors reports followers that claim to have seen what does not exist.
func (l *Log) CheckCursors(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := eventdb.New(tx)
	cursors, err := q.Cursors(ctx)
	if err != nil {
		return err
	}
	last, err := lastSeq(ctx, q)
	if err != nil {
		return err
	}
	for _, c := range cursors {
		if c.Seq > last {
			report("follower %q is at event %d, but the last one is %d", c.Follower, c.Seq, last)
		}
	}
	return nil
}

// Place is how far a follower has come.
type Place struct {
	Follower string
	Seq      int64
	Behind   int64
}

// Places are the last number given and the followers' places, for metrics.
func (l *Log) Places(ctx context.Context, tx db.Tx) (last int64, places []Place, err error) {
	q := eventdb.New(tx)
	cursors, err := q.Cursors(ctx)
	if err != nil {
		return 0, nil, err
	}
	if last, err = lastSeq(ctx, q); err != nil {
		return 0, nil, err
	}
	for _, c := range cursors {
		if c.Follower != retentionCursor {
			places = append(places, Place{Follower: c.Follower, Seq: c.Seq, Behind: last - c.Seq})
		}
	}
	return last, places, nil
}
