package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

const (
	sweepTimeout = time.Minute
	maxPause     = time.Minute
)

// Sweep is work that the leader looks for again and again.
type Sweep struct {
	Name  string
	Every time.Duration
	// Run does a bounded piece and says how many rows it did. While it did any, it is run again at once. In each of
	// its transactions it calls lease.Check first.
	Run func(ctx context.Context, lease Lease) (done int, err error)
	// Calm is for work that nobody waits for, and that costs less the more of it is done at once: it is looked for once in
	// Every, whoever wakes it, and run again at once only after a piece of so many rows. Zero: not calm.
	Calm int
	// Timeout ends one Run. Zero is a minute.
	Timeout time.Duration
}

type sweep struct {
	Sweep
	pulse pulse
	busy  chan struct{} // one run at a time in this process

	mu    sync.Mutex
	stats SweepStats
	fails int // since the last success
}

// SweepStats are a sweep's figures since the start.
type SweepStats struct {
	Name     string
	Runs     int64
	Rows     int64
	Errors   int64
	Took     time.Duration // of the last run
	Total    time.Duration // of all runs
	LastDone time.Time     // end of the last run that succeeded; zero before it
}

// Sweep registers a sweep. It panics on one that cannot work: that is a programmer's mistake, met at start.
func (r *Runner) Sweep(s Sweep) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.Name == "" || s.Run == nil || s.Every <= 0:
		panic(fmt.Sprintf("job: sweep %q needs a name, a rhythm and a function", s.Name))
	case r.sweeps[s.Name] != nil:
		panic(fmt.Sprintf("job: sweep %q is registered twice", s.Name))
	case r.started:
		panic(fmt.Sprintf("job: sweep %q is registered after the start", s.Name))
	}
	if s.Timeout == 0 {
		s.Timeout = sweepTimeout
	}
	r.sweeps[s.Name] = &sweep{Sweep: s, pulse: newPulse(), busy: make(chan struct{}, 1), stats: SweepStats{Name: s.Name}}
}

// Wake asks for a sweep soon, because something may be about to be committed for it. It never waits.
func (r *Runner) Wake(name string) {
	r.mu.RLock()
	s := r.sweeps[name]
	r.mu.RUnlock()
	if s != nil && s.Calm == 0 {
		s.pulse.beat()
	}
}

// RunSweep runs a sweep now, until it finds nothing more, and says how many rows it did. It acts under this process's
// lease, which it takes when it is free; when another process leads it fails with ErrNotLeader.
func (r *Runner) RunSweep(ctx context.Context, name string) (int, error) {
	r.mu.RLock()
	s := r.sweeps[name]
	r.mu.RUnlock()
	if s == nil {
		return 0, ErrUnknownSweep.With("name", name)
	}
	return r.sweepNow(ctx, s, true)
}

// sweepLoop is the rhythm of one sweep. Every sweep has its own, so that a slow one holds nobody up.
func (r *Runner) sweepLoop(s *sweep) {
	beat := newRhythm(s.pulse)
	pause := min(s.Every, time.Second) // the first soon: something may be overdue since before the start
	for beat.wait(r.quit, pause) {
		pause = s.Every
		if !r.Leader() {
			pause = min(s.Every, time.Second) // whoever takes over begins soon
			continue
		}
		n, err := r.sweepNow(r.base, s, false)
		switch {
		case errors.Is(err, ErrNotLeader), r.base.Err() != nil:
		case err != nil:
			r.log.Error("sweep", slog.String("name", s.Name), slog.Any("error", err))
			pause = s.pauseAfterErrors()
			beat.step = len(eager) // no eagerness after a failure
		case n > 0 && s.Calm == 0:
			beat.step = 0
		}
	}
}

func (s *sweep) pauseAfterErrors() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := max(s.Every, 100*time.Millisecond) << min(s.fails, 10)
	return min(d, max(maxPause, s.Every))
}

func (r *Runner) sweepNow(ctx context.Context, s *sweep, take bool) (total int, err error) {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	for {
		lease, ok := r.lease()
		if !ok {
			if !take {
				return total, ErrNotLeader
			}
			if lease, err = r.lead(ctx); err != nil {
				return total, err
			}
		}
		done, err := r.sweepOnce(ctx, s, lease)
		total += done
		if errors.Is(err, ErrLostLease) {
			r.lose(lease.fence)
			return total, ErrNotLeader.Because(err)
		}
		if err != nil || done <= 0 || r.stopping() || !take && done < s.Calm {
			return total, err
		}
	}
}

func (r *Runner) sweepOnce(ctx context.Context, s *sweep, lease Lease) (done int, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	start := time.Now()
	err = contained(func() error {
		var err error
		done, err = s.Run(ctx, lease)
		return err
	})
	took := time.Since(start)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Runs++
	s.stats.Rows += int64(done)
	s.stats.Took = took
	s.stats.Total += took
	if err == nil {
		s.fails = 0
		s.stats.LastDone = r.clock.Now()
	} else {
		s.fails++
		s.stats.Errors++
	}
	return done, err
}

// panicked is a panic, or an exit of the goroutine, turned into an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// contained runs f so that its panic, or its leaving by runtime.Goexit, ends f alone.
func contained(f func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		normal := false
		defer func() {
			if normal {
				return
			}
			v := recover()
			if v == nil {
				v = "the function left its goroutine"
			}
			err = &panicked{value: v, stack: debug.Stack()}
		}()
		err = f()
		normal = true
	}()
	<-done
	return err
}
