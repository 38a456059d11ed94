package job

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
)

func TestJobRunsOnceAndIsGone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		var got []string
		r.Handle("greet", Typed(func(_ context.Context, name string) error {
			got = append(got, name)
			return nil
		}))
		enqueue(t, d, r, New("greet", "Asha"))
		refused := errors.New("refused")
		err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
			return errors.Join(r.Enqueue(ctx, tx, New("greet", "nobody")), refused)
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		drain(t, r, 1)
		drain(t, r, 0)
		if fmt.Sprint(got) != "[Asha]" {
			t.Errorf("greeted %v", got)
		}
		if s, err := r.Stats(t.Context()); err != nil || s.Ready != 0 || s.Done != 1 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestBadJobsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		for name, j := range map[string]Job{
			"zero value": {}, "no kind": New("", 1), "big": New("k", strings.Repeat("x", maxPayload)),
			"no JSON": New("k", func() {}), "empty key": New("k", 1).Key(""), "no attempts": New("k", 1).Attempts(0),
		} {
			err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error { return r.Enqueue(ctx, tx, j) })
			if err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

func TestDueTimesAndOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		r := NewRunner(d, c, quiet, "a")
		var got []int
		r.Handle("n", Typed(func(_ context.Context, n int) error { got = append(got, n); return nil }))
		enqueue(t, d, r, New("n", 3).At(c.Now().Add(time.Hour)), New("n", 1), New("n", 2).At(c.Now().Add(time.Minute)), New("other", 9))
		drain(t, r, 1)
		c.Advance(time.Hour)
		if s, err := r.Stats(t.Context()); err != nil || s.Ready != 3 || s.Late != time.Hour {
			t.Errorf("%+v %v", s, err)
		}
		drain(t, r, 2)
		if fmt.Sprint(got) != "[1 2 3]" {
			t.Errorf("ran %v", got)
		}
	})
}

func TestRetriedUntilDeadThenByHand(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		r := NewRunner(d, c, quiet, "a")
		tries, fails := 0, 5
		r.Handle("pay", func(_ context.Context, task Task) error {
			tries++
			if task.Final != (task.Attempt == 5) {
				t.Errorf("attempt %d: final %v", task.Attempt, task.Final)
			}
			if tries <= fails {
				return fmt.Errorf("the bank said no %d times", tries)
			}
			return nil
		})
		enqueue(t, d, r, New("pay", 1).Key("pay:1").Attempts(5))
		for n := 1; n <= 5; n++ {
			drain(t, r, 1)
			drain(t, r, 0) // not before its time
			most := firstPause << (n - 1)
			c.Advance(most + most/4)
		}
		drain(t, r, 0)
		jobs := dead(t, d, r)
		if len(jobs) != 1 || jobs[0].Attempts != 5 || jobs[0].Error != "the bank said no 5 times" || jobs[0].Key != "pay:1" {
			t.Fatalf("dead: %+v", jobs)
		}
		// The key is still taken.
		enqueue(t, d, r, New("pay", 1).Key("pay:1"))
		drain(t, r, 0)
		if s, err := r.Stats(t.Context()); err != nil || s.Dead != 1 || s.Ready != 0 || s.Died != 1 || s.Failed != 5 {
			t.Errorf("%+v %v", s, err)
		}
		write(t, d, func(ctx context.Context, tx db.Tx) error { return r.Retry(ctx, tx, jobs[0].ID) })
		drain(t, r, 1)
		if len(dead(t, d, r)) != 0 || tries != 6 {
			t.Errorf("tried %d times", tries)
		}
		err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error { return r.Retry(ctx, tx, jobs[0].ID) })
		if !errors.Is(err, ErrNotDead) {
			t.Errorf("retry of what is gone: %v", err)
		}
		enqueue(t, d, r, New("pay", 1).Key("pay:1"))
		drain(t, r, 1) // done work may be ordered again
	})
}

func TestPermanentAndRetryIn(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		r := NewRunner(d, c, quiet, "a")
		r.Handle("typed", Typed(func(context.Context, int) error { return nil }))
		tries := 0
		r.Handle("later", func(context.Context, Task) error {
			if tries++; tries == 1 {
				return fmt.Errorf("wrapped: %w", RetryIn(7*time.Hour, errors.New("closed")))
			}
			return nil
		})
		enqueue(t, d, r, New("typed", "not a number"), New("later", nil))
		drain(t, r, 2)
		jobs := dead(t, d, r)
		if len(jobs) != 1 || jobs[0].Attempts != 1 {
			t.Fatalf("dead: %+v", jobs)
		}
		c.Advance(7*time.Hour - time.Microsecond)
		drain(t, r, 0)
		c.Advance(time.Microsecond)
		drain(t, r, 1)
		write(t, d, func(ctx context.Context, tx db.Tx) error { return r.Discard(ctx, tx, jobs[0].ID) })
		if len(dead(t, d, r)) != 0 {
			t.Error("discarded, and still there")
		}
	})
}

func TestKeyIsOneJob(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		var got []int
		r.Handle("n", Typed(func(_ context.Context, n int) error { got = append(got, n); return nil }))
		enqueue(t, d, r, New("n", 1).Key("x"))
		enqueue(t, d, r, New("n", 2).Key("x"))
		enqueue(t, d, r, New("n", 3).Key("x"), New("n", 4).Key("y"), New("n", 5).Key("y"), New("n", 6), New("n", 6))
		drain(t, r, 4)
		if fmt.Sprint(got) != "[1 4 6 6]" {
			t.Errorf("ran %v", got)
		}
		// All at once.
		var wg sync.WaitGroup
		for n := range 32 {
			wg.Go(func() {
				err := d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
					return r.Enqueue(ctx, tx, New("n", n).Key("z"))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		drain(t, r, 1)
	})
}

func TestKilledWorkersJobIsTakenAgain(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		gone, here := NewRunner(d, c, quiet, "gone"), NewRunner(d, c, quiet, "here")
		ran := 0
		for _, r := range []*Runner{gone, here} {
			r.Handle("n", func(context.Context, Task) error { ran++; return nil })
		}
		enqueue(t, d, here, New("n", 1).Attempts(3))
		old, err := gone.claim(t.Context(), 5) // and is killed
		if err != nil || len(old) != 1 {
			t.Fatal(old, err)
		}
		c.Advance(claimTTL - time.Second)
		if kept, err := gone.extend(t.Context(), old[0]); err != nil || !kept {
			t.Fatal("a living worker keeps its claim", kept, err)
		}
		c.Advance(claimTTL - time.Microsecond)
		drain(t, here, 0)
		c.Advance(time.Microsecond)
		again, err := here.claim(t.Context(), 5)
		if err != nil || len(again) != 1 || again[0].Attempt != 2 {
			t.Fatal(again, err)
		}
		// The first one was not dead after all: nothing it says counts.
		if kept, err := gone.extend(t.Context(), old[0]); err != nil || kept {
			t.Error("kept a lost claim", err)
		}
		for _, how := range []error{nil, errors.New("failed"), Permanent(errors.New("dead"))} {
			if err := gone.settle(t.Context(), old[0], how, false, quiet); err != nil {
				t.Error(err)
			}
		}
		err = d.Write(t.Context(), "test", func(ctx context.Context, tx db.Tx) error { return old[0].Finish(ctx, tx) })
		if !errors.Is(err, ErrLostClaim) {
			t.Errorf("finish: %v", err)
		}
		// The second one is killed as well, and the third: the job kills whoever touches it.
		c.Advance(claimTTL)
		if third, err := here.claim(t.Context(), 1); err != nil || len(third) != 1 || !third[0].Final {
			t.Fatal(third, err)
		}
		c.Advance(claimTTL)
		drain(t, here, 1)
		jobs := dead(t, d, here)
		if len(jobs) != 1 || !strings.Contains(jobs[0].Error, "worker died") || ran != 0 {
			t.Errorf("ran %d, dead: %+v", ran, jobs)
		}
	})
}

func TestFinishInTheHandlersTransaction(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		r.Handle("first", func(ctx context.Context, task Task) error {
			return d.Write(ctx, "test", func(ctx context.Context, tx db.Tx) error {
				return errors.Join(r.Enqueue(ctx, tx, New("second", nil)), task.Finish(ctx, tx))
			})
		})
		r.Handle("second", func(context.Context, Task) error { return nil })
		enqueue(t, d, r, New("first", nil))
		drain(t, r, 2)
		if s, err := r.Stats(t.Context()); err != nil || s.Ready+s.Dead != 0 || s.Done != 2 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestPanicAndExitEndTheJobAlone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := NewRunner(d, newFake(), quiet, "a")
		r.Handle("panic", func(context.Context, Task) error { panic("password=hunter22") })
		r.Handle("exit", func(context.Context, Task) error { runtime.Goexit(); return nil })
		r.Handle("inside", func(ctx context.Context, _ Task) error {
			return d.Write(ctx, "test", func(context.Context, db.Tx) error { panic("inside") })
		})
		enqueue(t, d, r, New("panic", nil).Attempts(1), New("exit", nil).Attempts(1), New("inside", nil).Attempts(1))
		drain(t, r, 3)
		jobs := dead(t, d, r)
		if len(jobs) != 3 {
			t.Fatalf("dead: %+v", jobs)
		}
		for _, j := range jobs {
			if !strings.HasPrefix(j.Error, "panic: ") || strings.Contains(j.Error, "hunter22") {
				t.Errorf("%s: %q", j.Kind, j.Error)
			}
		}
	})
}

func TestTwoProcessesShareTheQueue(t *testing.T) {
	const jobs = 200
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		var mu sync.Mutex
		ran, by := map[int]int{}, map[string]int{}
		all := make(chan struct{})
		var runners []*Runner
		for _, name := range []string{"a", "b"} {
			r := NewRunner(d, c, quiet, name).Workers(4)
			r.Handle("n", Typed(func(_ context.Context, n int) error {
				mu.Lock()
				defer mu.Unlock()
				ran[n]++
				by[name]++
				if len(ran) == jobs {
					close(all)
				}
				return nil
			}))
			runners = append(runners, r)
			if err := r.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for n := range jobs {
			enqueue(t, d, runners[n%2], New("n", n))
		}
		<-all
		for _, r := range runners {
			if err := r.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for n, times := range ran {
			if times != 1 {
				t.Errorf("job %d ran %d times", n, times)
			}
		}
		if s, err := runners[0].Stats(t.Context()); err != nil || s.Ready+s.Dead != 0 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestStopWaitsThenCuts(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		c := newFake()
		r := NewRunner(d, c, quiet, "a")
		begun, end := make(chan struct{}, 2), make(chan struct{})
		r.Handle("short", func(context.Context, Task) error { begun <- struct{}{}; <-end; return nil })
		r.Handle("long", func(ctx context.Context, _ Task) error { begun <- struct{}{}; <-ctx.Done(); return ctx.Err() })
		enqueue(t, d, r, New("short", nil), New("long", nil).Attempts(1))
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-begun
		<-begun
		close(end)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the time to stop is up at once
		if err := r.Stop(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("stop: %v", err)
		}
		// The short one ended or was released; the long one is due again, and its only attempt was not used up.
		next := NewRunner(d, c, quiet, "b")
		var kinds []string
		next.Handle("short", func(context.Context, Task) error { return nil })
		next.Handle("long", func(context.Context, Task) error { kinds = append(kinds, "long"); return nil })
		if _, err := next.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(kinds) != 1 || len(dead(t, d, next)) != 0 {
			t.Errorf("ran again: %v", kinds)
		}
		// The lease was given back: nobody waits for its end.
		if _, err := next.lead(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
