package event

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what must always hold of the log.
func (l *Log) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "event.dense", About: "from the first event that is kept to the last, no number is missing", Check: l.checkDense},
		{Name: "event.followers", About: "no follower has seen an event that does not exist", Check: l.checkCursors},
	}
}

// checkDense reports numbers that are missing: from the first that retention kept to the last one, each was given.
func (l *Log) checkDense(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
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

// checkCursors reports followers that claim to have seen what does not exist.
func (l *Log) checkCursors(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
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
