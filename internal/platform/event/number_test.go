package event

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// collector remembers what a follower was given and complains about gaps and repeats.
type collector struct {
	t    *testing.T
	name string
	mu   sync.Mutex
	last int64
	seen map[string]int
	full chan struct{}
	want atomic.Int64 // subjects; 0 while not known
}

func newCollector(t *testing.T, name string) *collector {
	return &collector{t: t, name: name, seen: map[string]int{}, full: make(chan struct{})}
}

func (c *collector) take(_ context.Context, events []Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range events {
		if e.Seq != c.last+1 {
			c.t.Errorf("%s: %d after %d", c.name, e.Seq, c.last)
		}
		c.last = e.Seq
		c.seen[e.Subject]++
	}
	c.check()
	return nil
}

func (c *collector) check() {
	if n := c.want.Load(); n > 0 && c.last >= n {
		select {
		case <-c.full:
		default:
			close(c.full)
		}
	}
}

func (c *collector) expect(n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.want.Store(n)
	c.check()
}

// Many write at once, some fail, ids become visible out of order; a follower and a listener must see each committed
// event exactly once, without gaps, while it happens.
func TestNothingIsSkipped(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		const writers, rounds = 16, 60
		c := clock.System()
		l := New(c)
		behind, ahead := newCollector(t, "follower"), newCollector(t, "listener")
		l.Follow("all", behind.take, Batch(37))
		r := leader(t, d, c, l)
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var tails sync.WaitGroup
		tails.Go(func() {
			if err := l.Tail(ctx, d, 0, ahead.take); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		var mu sync.Mutex
		committed := map[string]bool{}
		var wg sync.WaitGroup
		refused := errors.New("refused")
		for w := range writers {
			wg.Go(func() {
				for n := range rounds {
					var events []Event
					for i := range rand.IntN(3) + 1 {
						events = append(events, happened(fmt.Sprintf("s_%d_%d_%d", w, n, i)))
					}
					fail, slow := rand.IntN(5) == 0, rand.IntN(4) == 0
					err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
						if err := l.AppendMany(ctx, tx, events); err != nil {
							return err
						}
						if slow && d.Engine() == db.Postgres {
							time.Sleep(time.Duration(rand.IntN(4)) * time.Millisecond) // ids taken, not visible yet
						}
						if fail {
							return refused
						}
						return nil
					})
					if fail != errors.Is(err, refused) || !fail && err != nil {
						t.Errorf("write: %v", err)
					}
					if err == nil {
						mu.Lock()
						for _, e := range events {
							committed[e.Subject] = true
						}
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for _, s := range []*collector{behind, ahead} {
			s.expect(int64(len(committed)))
			select {
			case <-s.full:
			case <-time.After(30 * time.Second):
				t.Fatalf("%s stays at %d of %d", s.name, s.last, len(committed))
			}
		}
		stop()
		tails.Wait()
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*collector{behind, ahead} {
			if len(s.seen) != len(committed) {
				t.Errorf("%s saw %d of %d", s.name, len(s.seen), len(committed))
			}
			for subject, times := range s.seen {
				if times != 1 || !committed[subject] {
					t.Errorf("%s saw %s %d times, committed: %v", s.name, subject, times, committed[subject])
				}
			}
		}
		if found := findings(t, d, l); found != nil {
			t.Error(found)
		}
	})
}

// Two processes believe in turn that they lead; the numbers stay dense and no event has two.
func TestNumberingUnderTwoLeaders(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		var lost, numbered atomic.Int64
		leases := make(chan job.Lease, 2)
		var runners []*job.Runner
		for _, name := range []string{"a", "b"} {
			r := job.NewRunner(d, c, quiet, name)
			r.Sweep(job.Sweep{Name: "lease", Every: time.Hour, Run: func(_ context.Context, lease job.Lease) (int, error) {
				leases <- lease
				return 0, nil
			}})
			runners = append(runners, r)
		}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Go(func() {
				for n := range 50 {
					appendAll(t, d, l, happened(fmt.Sprint("s_", w, "_", n)), happened("x"))
				}
			})
		}
		for turn := range 6 {
			c.Advance(time.Minute)
			if _, err := runners[turn%2].RunSweep(t.Context(), "lease"); err != nil {
				t.Fatal(err)
			}
			lease := <-leases
			wg.Go(func() { // and goes on long after it has lost the lease
				for range 30 {
					n, err := l.Number(t.Context(), d, lease)
					numbered.Add(int64(n))
					if errors.Is(err, job.ErrLostLease) {
						lost.Add(1)
					} else if err != nil && !errors.Is(err, db.ErrTryAgain) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		c.Advance(time.Minute)
		l.Work(runners[0])
		n, err := runners[0].RunSweep(t.Context(), numberSweep)
		if err != nil {
			t.Fatal(err)
		}
		if total := numbered.Load() + int64(n); total != 400 {
			t.Errorf("%d were numbered, not 400; %d refused", total, lost.Load())
		}
		if found := findings(t, d, l); found != nil {
			t.Error(found)
		}
	})
}

func TestNumberingInBatches(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		l := New(c)
		r := leader(t, d, c, l)
		many := make([]Event, 2*numberBatch+1)
		for i := range many {
			many[i] = happened(fmt.Sprint("s_", i))
		}
		appendAll(t, d, l, many...)
		sweep(t, r, numberSweep, len(many))
		sweep(t, r, numberSweep, 0)
		err := d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			events, err := l.after(ctx, tx, numberBatch-1, 3)
			if err != nil || len(events) != 3 || events[0].Seq != numberBatch || events[0].Subject != fmt.Sprint("s_", numberBatch-1) {
				t.Errorf("%+v %v", events, err)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
