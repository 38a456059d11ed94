package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
)

// A value that each leader's sweep writes under the lease's fence.
const (
	getMark = "SELECT value FROM settings WHERE name = $1"
	putMark = "INSERT INTO settings (name, value, updated_at, updated_by) VALUES ($1, $2, 0, 'test') ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)

func init() {
	db.RegisterLowered(map[string]string{
		getMark: "SELECT value FROM settings WHERE name = ?1",
		putMark: "INSERT INTO settings (name, value, updated_at, updated_by) VALUES (?1, ?2, 0, 'test') ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	})
}

func TestOneLeader(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		a, b := NewRunner(d, c, quiet, "a"), NewRunner(d, c, quiet, "b")
		first, err := a.lead(t.Context())
		if err != nil || !a.Leader() {
			t.Fatal(err)
		}
		if _, err := b.lead(t.Context()); !errors.Is(err, ErrNotLeader) || b.Leader() {
			t.Fatalf("two lead: %v", err)
		}
		c.Advance(leaseTTL - time.Microsecond)
		if again, err := a.lead(t.Context()); err != nil || again != first { // renewed
			t.Fatal(again, err)
		}
		c.Advance(leaseTTL - time.Microsecond)
		if _, err := b.lead(t.Context()); !errors.Is(err, ErrNotLeader) {
			t.Fatal(err)
		}
		c.Advance(time.Microsecond) // a has stalled
		if a.Leader() {
			t.Error("a leads after its lease's end")
		}
		second, err := b.lead(t.Context())
		if err != nil || second.Fence() <= first.Fence() {
			t.Fatal(second, err)
		}
		for lease, want := range map[Lease]error{first: ErrLostLease, second: nil, {}: ErrLostLease} {
			err := d.Write(t.Context(), "test", lease.Check)
			if !errors.Is(err, want) || want == nil && err != nil {
				t.Errorf("fence %d: %v", lease.Fence(), err)
			}
		}
		// A stalled sweep wakes up and goes on: what it wrote before the check is gone with it.
		err = d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			if _, err := tx.Exec(ctx, putMark, "mark", "stale"); err != nil {
				return err
			}
			return first.Check(ctx, tx)
		})
		if !errors.Is(err, ErrLostLease) {
			t.Error(err)
		}
		err = d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			var v string
			return tx.QueryRow(ctx, getMark, "mark").Scan(&v)
		})
		if !errors.Is(err, db.ErrNoRows) {
			t.Errorf("the old leader wrote: %v", err)
		}
		if _, err := a.lead(t.Context()); !errors.Is(err, ErrNotLeader) || a.Leader() {
			t.Error("the old leader did not give way", err)
		}
		// b gives it back: nobody has to wait.
		if err := b.resign(t.Context()); err != nil || b.Leader() {
			t.Error(err)
		}
		third, err := a.lead(t.Context())
		if err != nil || third.Fence() <= second.Fence() {
			t.Error(third, err)
		}
		if err := b.resign(t.Context()); err != nil { // what it does not have it cannot give
			t.Error(err)
		}
		if err := d.Write(t.Context(), "test", third.Check); err != nil {
			t.Error(err)
		}
	})
}

func TestLeaseOfTheDead(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		first, err := NewRunner(d, c, quiet, "a").lead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		restarted := NewRunner(d, c, quiet, "a")
		second, err := restarted.lead(t.Context())
		if err != nil || second.Fence() <= first.Fence() {
			t.Fatal("the same process started again waits for itself", err)
		}
		// Its clock was two days ahead.
		c.Advance(-48 * time.Hour)
		third, err := NewRunner(d, c, quiet, "b").lead(t.Context())
		if err != nil || third.Fence() <= second.Fence() {
			t.Fatal("a wrong clock keeps everybody out", err)
		}
	})
}

// Runners fight for a lease whose end is always near, and write down their fence in each transaction. Whoever passed
// the check must never find a higher fence than his own written before him.
func TestFencesNeverGoBack(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		var wrong, wrote, lost atomic.Int64
		var wg sync.WaitGroup
		for _, name := range []string{"a", "b", "c"} {
			r := NewRunner(d, c, quiet, name)
			var mu sync.Mutex
			var kept Lease // stale most of the time, like a process that stalled
			for worker := range 4 {
				wg.Go(func() {
					for range 40 {
						if worker == 0 {
							c.Advance(leaseTTL / 2)
							if l, err := r.lead(t.Context()); err == nil {
								mu.Lock()
								kept = l
								mu.Unlock()
							} else if !errors.Is(err, ErrNotLeader) {
								t.Error(err)
							}
						}
						mu.Lock()
						lease := kept
						mu.Unlock()
						opts := []db.Option{}
						if rand.IntN(2) == 0 {
							opts = append(opts, db.ReadCommitted())
						}
						err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
							if err := lease.Check(ctx, tx); err != nil {
								return err
							}
							var v string
							err := tx.QueryRow(ctx, getMark, "fence").Scan(&v)
							if err != nil && !errors.Is(err, db.ErrNoRows) {
								return err
							}
							if before, _ := strconv.ParseInt("0"+v, 10, 64); before > lease.Fence() {
								wrong.Add(1)
							}
							_, err = tx.Exec(ctx, putMark, "fence", strconv.FormatInt(lease.Fence(), 10))
							return err
						}, opts...)
						switch {
						case err == nil:
							wrote.Add(1)
						case errors.Is(err, ErrLostLease):
							lost.Add(1)
						case !errors.Is(err, db.ErrTryAgain):
							t.Error(err)
						}
					}
				})
			}
		}
		wg.Wait()
		if wrong.Load() > 0 || wrote.Load() == 0 {
			t.Errorf("%d writes, %d refused, %d under a fence lower than one before", wrote.Load(), lost.Load(), wrong.Load())
		}
	})
}

// A market in a folder of its own is killed in the middle of a job and opened again: the next process leads at once and
// has the job.
func TestTakeOver(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		dead, next := NewRunner(d, c, quiet, "folder"), NewRunner(d, c, quiet, "folder")
		ran := 0
		for _, r := range []*Runner{dead, next} {
			r.Handle("n", Typed(func(context.Context, int) error { ran++; return nil }))
		}
		first, err := dead.lead(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		enqueue(t, d, dead, New("n", 1), New("n", 2).At(c.Now().Add(time.Hour)))
		claimed, err := dead.claim(t.Context(), 1)
		if err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		drain(t, next, 0)
		if err := next.TakeOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lease, err := next.lead(t.Context()); err != nil || lease.Fence() <= first.Fence() {
			t.Fatal(lease, err)
		}
		drain(t, next, 1) // and not the one whose time has not come
		if ran != 1 {
			t.Errorf("%d jobs ran", ran)
		}
	})
}
