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

// Retain makes the leader delete events older than keep; 0 keeps all of them.
func (l *Log) Retain(keep time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep = keep
}

func (l *Log) retention() time.Duration {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.keep
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
