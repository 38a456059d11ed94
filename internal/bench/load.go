package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// outcome is what became of one piece of work.
type outcome struct {
	failed  string // "" = done; else the status and code, or what the network said
	in, out int64  // bytes
}

// worker does one piece of work after another, as one client does: the next begins when the last is answered.
type worker interface {
	do(ctx context.Context) outcome
	close() error
}

// Run is one measurement at one number of clients.
type Run struct {
	What      string           `json:"what"`
	Clients   int              `json:"clients"`
	Seconds   float64          `json:"seconds"`
	Done      int64            `json:"done"`
	PerSecond float64          `json:"per_second"`
	P50       float64          `json:"p50_ms"`
	P95       float64          `json:"p95_ms"`
	P99       float64          `json:"p99_ms"`
	Max       float64          `json:"max_ms"`
	Errors    map[string]int64 `json:"errors"`
	BytesIn   int64            `json:"bytes_in"`
	BytesOut  int64            `json:"bytes_out"`
	// CPU that one piece of work took, in microseconds: of the server's process and of this one. 0: not known.
	ServerCPU float64 `json:"server_cpu_us"`
	ClientCPU float64 `json:"client_cpu_us"`
	ServerRSS int64   `json:"server_rss_bytes,omitempty"` // at its end

	times *histogram
}

// Failed is how many pieces of work were not done.
func (r Run) Failed() (n int64) {
	for _, k := range r.Errors {
		n += k
	}
	return n
}

// tally is what one worker counted.
type tally struct {
	times   histogram
	errors  map[string]int64
	in, out int64
}

// cpu reads how much processor time somebody has used until now.
type cpu func() (time.Duration, bool)

// lengthened is how often a measurement goes on when nothing was finished in its time: a figure of nothing says nothing.
const lengthened = 20

// measure lets the workers work for a while that does not count and then for a while that does, lengthened until
// something is finished. What begins before the end and finishes after it does not count either.
func measure(ctx context.Context, what string, workers []worker, warm, length time.Duration, server cpu) (Run, error) {
	r := Run{What: what, Clients: len(workers), Errors: map[string]int64{}}
	tallies := make([]tally, len(workers))
	begin := time.Now().Add(warm)
	end := begin.Add(length)
	var finished, over atomic.Bool
	var all sync.WaitGroup
	for i, w := range workers {
		all.Go(func() { tallies[i].run(ctx, w, begin, &finished, &over) })
	}
	var serverUsed, ownUsed used
	if sleep(ctx, time.Until(begin)) == nil {
		serverUsed.start(server)
		ownUsed.start(ownCPU)
		err := sleep(ctx, time.Until(end))
		for range lengthened {
			if err != nil || finished.Load() {
				break
			}
			end = end.Add(length)
			err = sleep(ctx, time.Until(end))
		}
		if err == nil {
			serverUsed.stop(server)
			ownUsed.stop(ownCPU)
		}
	}
	over.Store(true)
	all.Wait()
	if err := ctx.Err(); err != nil {
		return r, err
	}
	r.times = &histogram{}
	for i := range tallies {
		t := &tallies[i]
		r.times.merge(&t.times)
		for code, n := range t.errors {
			r.Errors[code] += n
		}
		r.BytesIn += t.in
		r.BytesOut += t.out
	}
	r.Seconds = end.Sub(begin).Seconds()
	r.sum()
	if n := r.Done + r.Failed(); n > 0 {
		r.ServerCPU, r.ClientCPU = serverUsed.micros(n), ownUsed.micros(n)
	}
	return r, nil
}

// sum says in figures what was timed.
func (r *Run) sum() {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	r.Done = r.times.count
	r.PerSecond = float64(r.Done) / r.Seconds
	r.P50, r.P95, r.P99, r.Max = ms(r.times.quantile(5000)), ms(r.times.quantile(9500)), ms(r.times.quantile(9900)), ms(r.times.max)
}

func (t *tally) run(ctx context.Context, w worker, begin time.Time, finished, over *atomic.Bool) {
	t.errors = map[string]int64{}
	for now := time.Now(); !over.Load() && ctx.Err() == nil; {
		o := w.do(ctx)
		then := time.Now()
		if !then.Before(begin) && !over.Load() {
			finished.Store(true)
			t.in += o.in
			t.out += o.out
			if o.failed == "" {
				t.times.add(then.Sub(now))
			} else {
				t.errors[o.failed]++
			}
		}
		now = then
	}
}

// used is the processor time between two moments.
type used struct {
	from, to time.Duration
	ok       bool
}

func (u *used) start(c cpu) {
	if c != nil {
		u.from, u.ok = c()
	}
}

func (u *used) stop(c cpu) {
	if c != nil && u.ok {
		u.to, u.ok = c()
	}
}

func (u *used) micros(n int64) float64 {
	if !u.ok || u.to < u.from {
		return 0
	}
	return float64((u.to - u.from).Microseconds()) / float64(n)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// crew makes n workers, runs f with them and closes them.
func crew(n int, hire func(i int) (worker, error), f func([]worker) error) (err error) {
	workers := make([]worker, 0, n)
	defer func() {
		for _, w := range workers {
			err = errors.Join(err, w.close())
		}
	}()
	for i := range n {
		w, err := hire(i)
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		workers = append(workers, w)
	}
	return f(workers)
}
