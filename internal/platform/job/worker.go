package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job/jobdb"
)

const (
	firstPause = 5 * time.Second
	lastPause  = time.Hour
)

// workLoop claims as many jobs as there are idle workers and hands them out.
func (r *Runner) workLoop() {
	beat := newRhythm(r.queue)
	for !r.stopping() {
		select { // wait for one idle worker at least
		case r.slots <- struct{}{}:
			<-r.slots
		case <-r.quit:
			return
		}
		tasks, err := r.claim(r.base, cap(r.slots)-len(r.slots))
		if err != nil {
			if r.base.Err() == nil {
				r.log.Error("claim jobs", slog.Any("error", err))
			}
			tasks = nil
		}
		for _, t := range tasks {
			r.slots <- struct{}{} // never waits: this loop alone fills slots
			r.loops.Go(func() {
				defer func() { <-r.slots }()
				r.work(r.base, t)
			})
		}
		if len(tasks) == 0 && !beat.wait(r.quit, pollEvery) {
			return
		}
	}
}

// Drain runs all jobs that are due, one after another, until none is left, and says how many it ran. It is for tests
// and for commands that run without a server.
func (r *Runner) Drain(ctx context.Context) (n int, err error) {
	for ctx.Err() == nil {
		tasks, err := r.claim(ctx, 1)
		if err != nil || len(tasks) == 0 {
			return n, err
		}
		r.work(ctx, tasks[0])
		n++
	}
	return n, ctx.Err()
}

// claim takes up to n jobs that are due. Each claim counts as an attempt at once, so that a job that kills its process
// comes to its end too.
func (r *Runner) claim(ctx context.Context, n int) (tasks []Task, err error) {
	r.mu.RLock()
	kinds := r.kinds
	r.mu.RUnlock()
	if len(kinds) == 0 || n < 1 {
		return nil, nil
	}
	// The rows are locked by the first statement; those that another claims at this moment are passed over.
	err = r.db.Write(ctx, "job.claim", func(ctx context.Context, tx db.Tx) error {
		tasks = nil
		q := jobdb.New(tx)
		now := r.clock.Now()
		ids, err := q.DueJobs(ctx, clock.Micro(now), kinds, int32(n))
		if err != nil || len(ids) == 0 {
			return err
		}
		rows, err := q.ClaimJobs(ctx, &r.holder, clock.Micro(now.Add(claimTTL)), ids)
		for _, row := range rows {
			t := Task{
				ID: row.ID, Kind: row.Kind, Attempt: int(row.Attempts), Final: row.Attempts >= row.MaxAttempts,
				Made: clock.Time(row.CreatedAt), payload: row.Payload, maxAttempts: row.MaxAttempts,
			}
			if row.Key != nil {
				t.Key = *row.Key
			}
			tasks = append(tasks, t)
		}
		return err
	}, db.ReadCommitted(), db.Background())
	return tasks, err
}

// work runs one job and writes down how it ended.
func (r *Runner) work(base context.Context, t Task) {
	log := r.log.With(slog.Int64("job", t.ID), slog.String("kind", t.Kind), slog.Int("attempt", t.Attempt))
	err := Permanent(errors.New("its worker died in every attempt"))
	if int64(t.Attempt) <= t.maxAttempts {
		err = r.attempt(base, t, log)
	}
	// What happened is written down even when the time to stop is up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(base), 10*time.Second)
	defer cancel()
	if e := r.settle(ctx, t, err, base.Err() != nil, log); e != nil {
		log.Error("end of job not recorded: it will run again", slog.Any("error", e))
	}
}

// attempt runs the handler and keeps the claim alive meanwhile.
func (r *Runner) attempt(base context.Context, t Task, log *slog.Logger) error {
	r.mu.RLock()
	h := r.handlers[t.Kind]
	r.mu.RUnlock()
	ctx, cancel := context.WithTimeout(base, handlerLimit)
	defer cancel()
	over := make(chan struct{})
	defer close(over)
	go r.keepClaim(ctx, t, over, cancel, log)
	err := contained(func() error { return h(ctx, t) })
	if p := (*panicked)(nil); errors.As(err, &p) {
		log.Error("job panicked", slog.Any("panic", p.value), slog.String("stack", string(p.stack)))
	}
	return err
}

// keepClaim extends the claim until over, and cancels the handler when the claim is lost.
func (r *Runner) keepClaim(ctx context.Context, t Task, over <-chan struct{}, cancel func(), log *slog.Logger) {
	tick := time.NewTicker(extendEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		kept, err := r.extend(ctx, t)
		if err != nil && ctx.Err() == nil {
			log.Warn("extend claim", slog.Any("error", err))
		}
		if err == nil && !kept {
			select {
			case <-over: // the handler finished the job itself
			default:
				log.Warn("claim lost")
				cancel()
			}
			return
		}
	}
}

func (r *Runner) extend(ctx context.Context, t Task) (kept bool, err error) {
	err = r.db.Write(ctx, "job.extend", func(ctx context.Context, tx db.Tx) error {
		n, err := jobdb.New(tx).ExtendJob(ctx, clock.Micro(r.clock.Now().Add(claimTTL)), t.ID, int64(t.Attempt))
		kept = n > 0
		return err
	}, db.ReadCommitted(), db.Background()) // a guarded write
	return kept, err
}

// settle writes down how an attempt ended. Every statement is guarded by the claim's number, so one who lost the
// claim changes nothing.
func (r *Runner) settle(ctx context.Context, t Task, err error, cut bool, log *slog.Logger) error {
	now := r.clock.Now()
	attempt := int64(t.Attempt)
	var perm permanent
	var how func(ctx context.Context, q *jobdb.Queries) (int64, error)
	switch {
	case err == nil:
		r.done.Add(1)
		how = func(ctx context.Context, q *jobdb.Queries) (int64, error) { return q.FinishJob(ctx, t.ID, attempt) }
	case cut: // the process stops; that is not the job's fault
		how = func(ctx context.Context, q *jobdb.Queries) (int64, error) {
			return q.ReleaseJob(ctx, clock.Micro(now), t.ID, attempt)
		}
	case errors.As(err, &perm) || attempt >= t.maxAttempts:
		r.failed.Add(1)
		r.died.Add(1)
		log.Error("job is dead", slog.String("error", safeText(err)))
		text := safeText(err)
		how = func(ctx context.Context, q *jobdb.Queries) (int64, error) {
			return q.BuryJob(ctx, clock.Micro(now), &text, t.ID, attempt)
		}
	default:
		r.failed.Add(1)
		pause := backOff(t.Attempt)
		if in := (retryIn{}); errors.As(err, &in) && in.after > 0 {
			pause = in.after
		}
		text := safeText(err)
		log.Warn("job failed", slog.String("error", text), slog.Duration("again_in", pause))
		how = func(ctx context.Context, q *jobdb.Queries) (int64, error) {
			return q.RetryJobLater(ctx, clock.Micro(now.Add(pause)), &text, t.ID, attempt)
		}
	}
	e := r.db.Write(ctx, "job.settle", func(ctx context.Context, tx db.Tx) error {
		_, err := how(ctx, jobdb.New(tx))
		return err
	}, db.ReadCommitted(), db.Background()) // guarded writes
	if e != nil {
		return fmt.Errorf("settle: %w", e)
	}
	return nil
}

// backOff is the pause after the n-th failure: 5 s, doubling, at most an hour, ± a quarter so that jobs that failed
// together do not come back together.
func backOff(n int) time.Duration {
	d := min(firstPause<<min(max(n-1, 0), 20), lastPause)
	return d - d/4 + rand.N(d/2)
}
