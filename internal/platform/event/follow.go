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

const followBatch = 100

type follower struct {
	name  string
	batch int
	calm  bool // nobody waits for what it does
	fresh bool // begins with what comes after its registration
	call  func(ctx context.Context, events []Event) error
	join  func(ctx context.Context, tx db.Tx, events []Event) error
}

func (f *follower) sweep() string { return "event.follow." + f.name }

// FollowOption changes how a follower is served.
type FollowOption func(*follower)

// Batch says how many events a follower takes at once. Without it, 100.
func Batch(n int) FollowOption { return func(f *follower) { f.batch = max(1, n) } }

// Calmly serves a follower once a second, or when a batch is full, because nobody waits for what it does: it then looks
// at many events together.
func Calmly() FollowOption { return func(f *follower) { f.calm = true } }

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

func (l *Log) add(f *follower, opts []FollowOption) {
	for _, o := range opts {
		o(f)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case f.name == retentionCursor || len(f.name) > maxRef || f.call == nil && f.join == nil:
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

// follow serves a follower one batch and says how many events that were.
func (l *Log) follow(ctx context.Context, d *db.DB, lease job.Lease, f *follower) (int, error) {
	var from int64
	var known bool
	var events []Event
	// Numbered events never change, so they need not be read in the transaction that stores the place.
	err := d.Read(ctx, "event.follow", func(ctx context.Context, tx db.Tx) error {
		events = nil
		var err error
		from, err = eventdb.New(tx).Cursor(ctx, f.name)
		if known = !errors.Is(err, db.ErrNoRows); !known {
			return nil
		}
		if err == nil {
			events, err = l.after(ctx, tx, from, f.batch)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("follower %s: %w", f.name, err)
	}
	if !known {
		return l.begin(ctx, d, lease, f)
	}
	if len(events) == 0 {
		return 0, nil
	}
	if f.call != nil {
		if err := f.call(ctx, events); err != nil {
			return 0, fmt.Errorf("follower %s at %d: %w", f.name, events[0].Seq, err)
		}
	}
	err = d.Write(ctx, f.sweep(), func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		n, err := eventdb.New(tx).AdvanceCursor(ctx, events[len(events)-1].Seq, clock.Micro(l.clock.Now()), f.name, from)
		if err != nil {
			return err
		}
		if n == 0 {
			return errMoved
		}
		if f.join != nil {
			return f.join(ctx, tx, events)
		}
		return nil
	})
	if errors.Is(err, errMoved) {
		return 0, nil // the next look finds the new place
	}
	if err != nil {
		return 0, fmt.Errorf("follower %s at %d: %w", f.name, events[0].Seq, err)
	}
	return len(events), nil
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
