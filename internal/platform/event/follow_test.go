package event

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
	"github.com/haat-market/haat/internal/platform/job"
)

// Statements that break what the checks look for.
const (
	moveCursor  = "UPDATE event_cursors SET seq = $1 WHERE follower = $2"
	deleteOne   = "DELETE FROM events WHERE seq = $1"
	renumberOne = "UPDATE events SET seq = $1 WHERE seq = $2"
	editOne     = "UPDATE events SET facts = $1"
	deleteAll   = "DELETE FROM events"
)

func init() {
	db.RegisterLowered(map[string]string{
		moveCursor:  "UPDATE event_cursors SET seq = ?1 WHERE follower = ?2",
		deleteOne:   "DELETE FROM events WHERE seq = ?1",
		renumberOne: "UPDATE events SET seq = ?1 WHERE seq = ?2",
		editOne:     "UPDATE events SET facts = ?1",
		deleteAll:   "DELETE FROM events",
	})
}

func TestFollowersSeeAgainWhatTheyFailedOn(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		var got []int64
		fail := true
		l.Follow("out", func(_ context.Context, events []Event) error {
			for _, e := range events {
				got = append(got, e.Seq)
			}
			if fail {
				return errors.New("the far end is down")
			}
			return nil
		}, Batch(2))
		var counted int
		r := leader(t, d, c, l)
		l.FollowTx("count", func(ctx context.Context, tx db.Tx, events []Event) error {
			if events[0].Subject == "copy" { // on the embedded engine it has its number at once
				return nil
			}
			counted = len(events)
			return l.Append(ctx, tx, happened("copy"))
		}, Batch(3), FromNow()) // also after Work
		appendAll(t, d, l, happened("a"), happened("b"), happened("c"))
		sweep(t, r, numberSweep, 3)
		sweep(t, r, "event.follow.count", 1) // takes its place: nothing before it
		if _, err := r.RunSweep(t.Context(), "event.follow.out"); err == nil {
			t.Error("no error")
		}
		if _, err := r.RunSweep(t.Context(), "event.follow.out"); err == nil {
			t.Error("no error")
		}
		fail = false
		sweep(t, r, "event.follow.out", 3)
		if fmt.Sprint(got) != "[1 2 1 2 1 2 3]" {
			t.Errorf("given %v", got)
		}
		if counted != 0 {
			t.Error("a fresh follower was given what was before it")
		}
		appendAll(t, d, l, happened("d"))
		sweep(t, r, numberSweep, 1)
		seen, want := 1, "4 [{count 4 0} {out 3 1}]"
		if d.Engine() == db.Embedded { // the copy has its number, and is seen
			seen, want = 2, "5 [{count 5 0} {out 3 2}]"
		}
		if n, err := r.RunSweep(t.Context(), "event.follow.count"); err != nil || n != seen || counted != 1 {
			t.Error(n, err, counted)
		}
		err := d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			events, _, err := l.History(ctx, tx, "copy", Page{Limit: 10})
			if len(events) != 1 {
				t.Errorf("the follower wrote %d times", len(events))
			}
			last, places, err2 := l.Places(ctx, tx)
			if fmt.Sprint(last, places) != want {
				t.Error(last, places)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestAFollowerThatFailsInItsTransactionLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		l.FollowTx("f", func(ctx context.Context, tx db.Tx, _ []Event) error {
			return errors.Join(l.Append(ctx, tx, happened("left")), errors.New("no"))
		})
		r := leader(t, d, c, l)
		appendAll(t, d, l, happened("a"))
		sweep(t, r, numberSweep, 1)
		if _, err := r.RunSweep(t.Context(), "event.follow.f"); err == nil {
			t.Error("no error")
		}
		sweep(t, r, numberSweep, 0)
	})
}

func TestRetentionKeepsWhatIsNotSeen(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		l.Retain(24 * time.Hour)
		var seen int
		l.Follow("f", func(_ context.Context, events []Event) error { seen += len(events); return nil }, Batch(1))
		r := leader(t, d, c, l)
		for range 3 {
			appendAll(t, d, l, happened("a"), happened("b"))
			c.Advance(10 * time.Hour)
		}
		sweep(t, r, numberSweep, 6)
		c.Advance(time.Hour) // the first two are old
		sweep(t, r, pruneSweep, 0)
		sweep(t, r, "event.follow.f", 7) // its place, and six
		sweep(t, r, pruneSweep, 2)
		if found := findings(t, d, l); found != nil {
			t.Error(found)
		}
		c.Advance(1000 * time.Hour)
		sweep(t, r, pruneSweep, 4)
		if found := findings(t, d, l); found != nil {
			t.Error(found)
		}
		// Nothing is left, and yet no number is given twice.
		appendAll(t, d, l, happened("c"))
		sweep(t, r, numberSweep, 1)
		sweep(t, r, "event.follow.f", 1)
		if found := findings(t, d, l); found != nil || seen != 7 {
			t.Error(found, seen)
		}
		// A follower that went away holds retention up until it is forgotten.
		write(t, d, func(ctx context.Context, tx db.Tx) error { return l.Forget(ctx, tx, "f") })
		c.Advance(1000 * time.Hour)
		late := New(c)
		late.Retain(time.Hour)
		r2 := job.NewRunner(d, c, quiet, "leader")
		late.Work(r2)
		sweep(t, r2, pruneSweep, 1)
	})
}

func TestEventsAreNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		r := leader(t, d, c, l)
		appendAll(t, d, l, happened("a"), happened("b"))
		try := func(sql string, args ...any) {
			t.Helper()
			err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, sql, args...)
				return err
			})
			if !db.IsConstraint(err, "events_append_only") {
				t.Errorf("%s: %v", sql, err)
			}
		}
		try(editOne, "{}x")
		try(deleteAll)
		sweep(t, r, numberSweep, 2)
		try(editOne, "{}x")
		try(deleteAll)
		try(renumberOne, int64(3), int64(2))
		try(deleteOne, int64(1))
	})
}

func TestTheChecksFindWhatIsBroken(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		l.Follow("f", func(context.Context, []Event) error { return nil })
		r := leader(t, d, c, l)
		for range 5 {
			appendAll(t, d, l, happened("a"))
		}
		sweep(t, r, numberSweep, 5)
		sweep(t, r, "event.follow.f", 6)
		if found := findings(t, d, l); found != nil {
			t.Error(found)
		}
		write(t, d, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, moveCursor, int64(6), "f")
			return err
		})
		if found := findings(t, d, l); len(found) != 1 || !strings.Contains(found[0], `"f" is at event 6`) {
			t.Error(found)
		}
		write(t, d, func(ctx context.Context, tx db.Tx) error {
			q := []struct {
				sql  string
				args []any
			}{{moveCursor, []any{int64(5), "f"}}, {deleteOne, []any{int64(3)}}, {moveCursor, []any{int64(0), ""}}}
			if err := eventdb.New(tx).AddCursor(ctx, retentionCursor, 5, 0); err != nil {
				return err
			}
			for _, s := range q {
				if _, err := tx.Exec(ctx, s.sql, s.args...); err != nil {
					return err
				}
			}
			return nil
		})
		if found := findings(t, d, l); len(found) != 1 || !strings.Contains(found[0], "1 are missing") {
			t.Error(found)
		}
		write(t, d, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, moveCursor, int64(2), "")
			return err
		})
		if found := findings(t, d, l); len(found) != 2 || !strings.Contains(found[0], "begin at 1, but retention ended at 2") {
			t.Error(found)
		}
	})
}

func TestTailBeginsWhereItIsTold(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		r := leader(t, d, c, l)
		many := make([]Event, liveBatch+50)
		for i := range many {
			many[i] = happened(fmt.Sprint("s_", i))
		}
		appendAll(t, d, l, many...)
		sweep(t, r, numberSweep, len(many))
		enough := errors.New("enough")
		for after, want := range map[int64]int64{0: 1, 10: 11, int64(len(many)) - 1: int64(len(many)), FromHead: 0, 1 << 40: 0} {
			ctx, cancel := context.WithCancel(t.Context())
			var first, last int64
			var other sync.WaitGroup
			if want == 0 { // nothing yet: it must wait, so a new event comes first
				other.Go(func() {
					time.Sleep(10 * time.Millisecond)
					appendAll(t, d, l, happened("new"))
					sweep(t, r, numberSweep, 1)
				})
			}
			err := l.Tail(ctx, d, after, func(_ context.Context, events []Event) error {
				if first == 0 {
					first = events[0].Seq
				}
				last = events[len(events)-1].Seq
				if last >= int64(len(many)) {
					return enough
				}
				return nil
			})
			cancel()
			other.Wait() // the event can be told of before the sweep that numbered it has returned
			if !errors.Is(err, enough) || want > 0 && first != want || want == 0 && first <= int64(len(many)) {
				t.Errorf("after %d: began at %d: %v", after, first, err)
			}
		}
	})
}

func TestTailEndsWithTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		l := New(newFake())
		ended := make(chan error, 3)
		for range cap(ended) {
			go func() {
				ended <- l.Tail(context.Background(), d, 0, func(context.Context, []Event) error { return nil })
			}()
		}
		for { // until all of them listen
			l.live.mu.Lock()
			n := l.live.listeners
			l.live.mu.Unlock()
			if n == cap(ended) {
				break
			}
			runtime.Gosched()
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		for range cap(ended) {
			if err := <-ended; err == nil {
				t.Error("ended without a reason")
			}
		}
	})
}

// A follower of some types sees all of them in order and none of the others, in pieces; what it plans is written once, with
// its place.
func TestAFollowerOfSomeTypes(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		var planned []string
		fail := false
		l.FollowPlan("some", func(_ context.Context, events []Event) (Apply, error) {
			var seen []string
			for _, e := range events {
				seen = append(seen, e.Subject)
			}
			planned = append(planned, seen...)
			return func(ctx context.Context, tx db.Tx) error {
				for _, s := range seen {
					if err := l.Append(ctx, tx, Event{Type: "thing.copied", Subject: s, Actor: System}); err != nil {
						return err
					}
				}
				if fail {
					return errors.New("no")
				}
				return nil
			}, nil
		}, Only("thing.here"), Batch(3))
		r := leader(t, d, c, l)
		many := make([]Event, followPiece+20)
		for i := range many {
			many[i] = Event{Type: "thing.elsewhere", Subject: fmt.Sprint("s_", i), Actor: System}
			if i < 8 || i >= followPiece+18 {
				many[i].Type = "thing.here"
			}
		}
		appendAll(t, d, l, many...)
		sweep(t, r, numberSweep, len(many))
		fail = true
		if _, err := r.RunSweep(t.Context(), "event.follow.some"); err == nil {
			t.Error("no error")
		}
		fail, planned = false, nil
		copies := 10
		if d.Engine() == db.Embedded { // they have their numbers, and are gone through
			sweep(t, r, "event.follow.some", len(many)+copies) // it has its place already
			copies = 0
		} else {
			sweep(t, r, "event.follow.some", len(many))
		}
		want := fmt.Sprintf("[s_0 s_1 s_2 s_3 s_4 s_5 s_6 s_7 s_%d s_%d]", followPiece+18, followPiece+19)
		if fmt.Sprint(planned) != want {
			t.Errorf("planned %v", planned)
		}
		sweep(t, r, numberSweep, 10) // the copies, each once
		sweep(t, r, "event.follow.some", copies)
		if found := findings(t, d, l); found != nil || len(planned) != 10 {
			t.Error(found, planned)
		}
	})
}
