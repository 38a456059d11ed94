package job

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
)

func TestRunSweep(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		a, b := NewRunner(d, c, quiet, "a"), NewRunner(d, c, quiet, "b")
		left := 7
		for _, r := range []*Runner{a, b} {
			r.Sweep(Sweep{Name: "count", Every: time.Hour, Run: func(ctx context.Context, lease Lease) (int, error) {
				if err := d.Write(ctx, "test", lease.Check); err != nil {
					return 0, err
				}
				n := min(3, left)
				left -= n
				return n, nil
			}})
		}
		if n, err := a.RunSweep(t.Context(), "count"); err != nil || n != 7 {
			t.Errorf("%d rows: %v", n, err)
		}
		_, err := b.RunSweep(t.Context(), "count")
		if f, ok := fault.As(err); !ok || f.Code != "not_leader" || f.Kind != fault.Conflict {
			t.Errorf("on another process: %v", err)
		}
		if _, err := a.RunSweep(t.Context(), "nothing"); !errors.Is(err, ErrUnknownSweep) {
			t.Error(err)
		}
		// b takes over while a believes that it still leads.
		c.Advance(leaseTTL)
		left = 2
		if n, err := b.RunSweep(t.Context(), "count"); err != nil || n != 2 {
			t.Errorf("after take-over %d rows: %v", n, err)
		}
		c.Advance(-leaseTTL / 2)
		left = 2
		if n, err := a.RunSweep(t.Context(), "count"); !errors.Is(err, ErrNotLeader) || n != 0 || left != 2 {
			t.Errorf("the old leader did %d rows: %v", n, err)
		}
	})
}

// A calm sweep rests after a piece that is not full, unless somebody asks for all of it.
func TestCalmSweep(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		pieces := []int{10, 10, 3, 5, 0, 4}
		r.Sweep(Sweep{Name: "calm", Every: time.Second, Calm: 10, Run: func(context.Context, Lease) (int, error) {
			n := pieces[0]
			pieces = pieces[1:]
			return n, nil
		}})
		if _, err := r.lead(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := r.sweepNow(t.Context(), r.sweeps["calm"], false); err != nil || n != 23 || len(pieces) != 3 {
			t.Errorf("%d rows, %d pieces left: %v", n, len(pieces), err)
		}
		if n, err := r.RunSweep(t.Context(), "calm"); err != nil || n != 5 || len(pieces) != 1 {
			t.Errorf("asked for all: %d rows, %d pieces left: %v", n, len(pieces), err)
		}
	})
}

func TestSweepFailuresAreCounted(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		how := 0
		r.Sweep(Sweep{Name: "bad", Every: time.Second, Run: func(context.Context, Lease) (int, error) {
			switch how++; how {
			case 1:
				return 0, errors.New("no")
			case 2:
				panic("no")
			case 3:
				return 5, nil
			}
			return 0, nil
		}})
		for range 2 {
			if _, err := r.RunSweep(t.Context(), "bad"); err == nil {
				t.Error("no error")
			}
		}
		if pause := r.sweeps["bad"].pauseAfterErrors(); pause != 4*time.Second {
			t.Errorf("pause after two errors: %v", pause)
		}
		if n, err := r.RunSweep(t.Context(), "bad"); err != nil || n != 5 {
			t.Error(n, err)
		}
		s, err := r.Stats(t.Context())
		if err != nil || len(s.Sweeps) != 1 || s.Sweeps[0].Errors != 2 || s.Sweeps[0].Runs != 4 || s.Sweeps[0].Rows != 5 || s.Sweeps[0].LastDone.IsZero() {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestOnlyTheLeaderSweeps(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		var by [2]atomic.Int64
		ran := make(chan int, 100)
		var runners []*Runner
		for i, name := range []string{"a", "b"} {
			r := NewRunner(d, c, quiet, name)
			r.Sweep(Sweep{Name: "s", Every: 5 * time.Millisecond, Run: func(context.Context, Lease) (int, error) {
				by[i].Add(1)
				select {
				case ran <- i:
				default:
				}
				return 0, nil
			}})
			runners = append(runners, r)
			if err := r.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for range 20 {
			if i := <-ran; i != 0 {
				t.Fatal("b sweeps, and a leads")
			}
		}
		if err := runners[0].Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		for len(ran) > 0 {
			<-ran
		}
		if i := <-ran; i != 1 { // b notices at its next renewal
			t.Fatal("a sweeps after its stop")
		}
		if err := runners[1].Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := runners[1].Start(t.Context()); err == nil {
			t.Error("started twice")
		}
	})
}

func TestWakeRunsASweepSoon(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		ran := make(chan struct{}, 100)
		r.Sweep(Sweep{Name: "rare", Every: 24 * time.Hour, Run: func(context.Context, Lease) (int, error) {
			ran <- struct{}{}
			return 0, nil
		}})
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-ran // soon after the start
		r.Wake("rare")
		<-ran // and again, long before a day is over
		r.Wake("unknown")
		if err := r.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestRegistrationMistakesPanic(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		run := func(context.Context, Lease) (int, error) { return 0, nil }
		r := NewRunner(d, newFake(), quiet, "a")
		r.Sweep(Sweep{Name: "s", Every: time.Hour, Run: run})
		r.Handle("k", func(context.Context, Task) error { return nil })
		for name, f := range map[string]func(){
			"twice":     func() { r.Sweep(Sweep{Name: "s", Every: time.Hour, Run: run}) },
			"no name":   func() { r.Sweep(Sweep{Every: time.Hour, Run: run}) },
			"no rhythm": func() { r.Sweep(Sweep{Name: "x", Run: run}) },
			"no run":    func() { r.Sweep(Sweep{Name: "x", Every: time.Hour}) },
			"kind":      func() { r.Handle("k", func(context.Context, Task) error { return nil }) },
			"nothing":   func() { r.Handle("y", nil) },
		} {
			if err := contained(func() error { f(); return nil }); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
	})
}
