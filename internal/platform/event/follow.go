package event

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/job"
)

const (
	followBatch = 100
	// followPiece is how many events are looked through for those of a follower's types.
	followPiece = 2000
)

// Apply writes what a follower planned, in the transaction that stores its place.
type Apply func(ctx context.Context, tx db.Tx) error

type follower struct {
	name  string
	batch int
	calm  bool // nobody waits for what it does
	fresh bool // begins with what comes after its registration
	types []string
	call  func(ctx context.Context, events []Event) error
	join  func(ctx context.Context, tx db.Tx, events []Event) error
	plan  func(ctx context.Context, events []Event) (Apply, error)
}

func (f *follower) sweep() string { return "event.follow." + f.name }

// piece is how many events it goes through at once.
func (f *follower) piece() int {
	if len(f.types) > 0 {
		return max(f.batch, followPiece)
	}
	return f.batch
}

// FollowOption changes how a follower is served.
type FollowOption func(*follower)

// Batch says how many events a follower takes at once. Without it, 100.
func Batch(n int) FollowOption { return func(f *follower) { f.batch = max(1, n) } }

// Calmly serves a follower once a second, or when a batch is full, because nobody waits for what it does: it then looks
// at many events together.
func Calmly() FollowOption { return func(f *follower) { f.calm = true } }

// Only gives a follower the events of these types, and spares reading the others.
func Only(types ...string) FollowOption { return func(f *follower) { f.types = types } }

// FromNow makes a follower that is new to this database begin with what comes next. Without it, it begins with the
// oldest event that is kept.
func FromNow() FollowOption { return func(f *follower) { f.fresh = true } }

// Follow registers a function that the leader calls with every numbered event, in order, at least once: an error, or
// a crash before its place was stored, brings the same events again.
func (l *Log) Follow(name string, call func(ctx context.Context, events []Event) error, opts ...FollowOption) {
	l.add(&follower{name: name, batch: followBatch, call: call}, opts)
}

// FollowTx registers a function that runs in the transaction that stores the follower's place, so that what it writes
// there happens exactly once. It may run more than once until then, like every function of a transaction.
func (l *Log) FollowTx(name string, join func(ctx context.Context, tx db.Tx, events []Event) error, opts ...FollowOption) {
	l.add(&follower{name: name, batch: followBatch, join: join}, opts)
}

// FollowPlan registers a function that reads what it needs, outside of any transaction of the log's, and gives what is to
// be written in the one that stores the follower's place: nil for nothing. So the writer of the embedded engine, which all
// wait for, does not wait for the reading. What is written happens exactly once; planning, at least once.
func (l *Log) FollowPlan(name string, plan func(ctx context.Context, events []Event) (Apply, error), opts ...FollowOption) {
	l.add(&follower{name: name, batch: followBatch, plan: plan}, opts)
}

func (l *Log) add(f *follower, opts []FollowOption) {
	for _, o := range opts {
		o(f)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f.name == retentionCursor || len(f.name) > maxRef || f.call == nil && f.join == nil && f.plan == nil:
		panic(fmt.Sprintf("event: follower %q needs a name and a function", f.name))
	}
	for _, other := range l.followers {
		if other.name == f.name {
			panic(fmt.Sprintf("event: follower %q is registered twice", f.name))
		}
	}
	l.followers = append(l.followers, f)
	if l.runner != nil {
		l.serve(f)
	}
}

var errMoved = errors.New("event: the follower's place was moved by another")

// follow serves a follower one batch and says how many events it went through.
func (l *Log) follow(ctx context.Context, d *db.DB, lease job.Lease, f *follower) (int, error) {
	from, upto, events, err := l.next(ctx, d, f)
	if errors.Is(err, db.ErrNoRows) {
		return l.begin(ctx, d, lease, f)
	}
	if err != nil {
		return 0, fmt.Errorf("follower %s: %w", f.name, err)
	}
	if upto <= from {
		return 0, nil
	}
	apply, err := f.handle(ctx, events)
	if err != nil {
		return 0, fmt.Errorf("follower %s at %d: %w", f.name, from+1, err)
	}
	err = d.Write(ctx, f.sweep(), func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		n, err := eventdb.New(tx).AdvanceCursor(ctx, upto, clock.Micro(l.clock.Now()), f.name, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return errMoved
		}
		if apply != nil {
			return apply(ctx, tx)
		}
		return nil
	}, db.Background())
	if errors.Is(err, errMoved) {
		return 0, nil // the next look finds the new place
	}
	if err != nil {
		return 0, fmt.Errorf("follower %s at %d: %w", f.name, from+1, err)
	}
	return int(upto - from), nil // numbers have no holes
}

// next reads a follower's place, the events after it that are his, and how far they reach. db.ErrNoRows: he has no place.
//
// Numbered events never change, so they need not be read in the transaction that stores the place.
func (l *Log) next(ctx context.Context, d *db.DB, f *follower) (from, upto int64, events []Event, err error) {
	err = d.Read(ctx, "event.follow", func(ctx context.Context, tx db.Tx) (err error) {
		q := eventdb.New(tx)
		upto = 0
		if from, err = q.Cursor(ctx, f.name); err != nil {
			return err
		}
		if len(f.types) == 0 {
			if events, err = l.after(ctx, tx, from, f.batch); err == nil && len(events) > 0 {
				upto = events[len(events)-1].Seq
			}
			return err
		}
		if upto, err = q.EndOfPiece(ctx, from, int32(f.piece())); err != nil || upto == 0 {
			return err
		}
		rows, err := q.EventsOfTypes(ctx, from, upto, f.types, int32(f.batch))
		if err != nil {
			return err
		}
		if events, err = fromRows(rows); err == nil && len(events) == f.batch {
			upto = events[len(events)-1].Seq // there may be more of them before the piece's end
		}
		return err
	})
	return from, upto, events, err
}

// handle gives a follower his events, and says what he wants to be written with his place.
func (f *follower) handle(ctx context.Context, events []Event) (Apply, error) {
	switch {
	case len(events) == 0:
		return nil, nil
	case f.call != nil:
		return nil, f.call(ctx, events)
	case f.plan != nil:
		return f.plan(ctx, events)
	}
	return func(ctx context.Context, tx db.Tx) error { return f.join(ctx, tx, events) }, nil
}

// begin gives a new follower its first place.
func (l *Log) begin(ctx context.Context, d *db.DB, lease job.Lease, f *follower) (int, error) {
	err := d.Write(ctx, f.sweep(), func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := eventdb.New(tx)
		place, err := cursor(ctx, q, retentionCursor)
		if f.fresh && err == nil {
			place, err = lastSeq(ctx, q)
		}
		if err != nil {
			return err
		}
		return q.AddCursor(ctx, f.name, place, clock.Micro(l.clock.Now()))
	})
	if err != nil {
		return 0, fmt.Errorf("follower %s: %w", f.name, err)
	}
	return 1, nil // so that it is looked at again at once
}

// Forget removes the place of a follower that no longer exists, so that retention does not wait for it.
func (l *Log) Forget(ctx context.Context, tx db.Tx, name string) error {
	if name == retentionCursor {
		return errors.New("event: a follower without a name")
	}
	_, err := eventdb.New(tx).DeleteCursor(ctx, name)
	return err
}

// cursor is a follower's place; 0 when it has none.
func cursor(ctx context.Context, q *eventdb.Queries, name string) (int64, error) {
	seq, err := q.Cursor(ctx, name)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}
