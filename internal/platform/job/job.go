package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job/jobdb"
)

const (
	defaultAttempts = 10
	maxPayload      = 64 << 10
	maxName         = 200 // bytes of a kind or key
)

// What a caller may be told.
var (
	ErrNotLeader    = fault.New(fault.Conflict, "not_leader", "Another process does this work at the moment. Try again there.")
	ErrUnknownSweep = fault.New(fault.NotFound, "unknown_sweep", "There is no such sweep.")
	ErrNotDead      = fault.New(fault.NotFound, "job_not_dead", "There is no dead job with this number.")
)

// ErrLostClaim says that the job was taken again by another worker, or done.
var ErrLostClaim = errors.New("job: the claim on this job was lost")

// Job is work to be written down. Make one with New.
type Job struct {
	kind     string
	key      string
	payload  string
	at       time.Time
	attempts int
	err      error
}

// New describes work of a kind. The payload is stored as JSON until the work is done: keep it to ids, and let the
// handler read the rest.
func New(kind string, payload any) Job {
	j := Job{kind: kind, attempts: defaultAttempts}
	b, err := json.Marshal(payload)
	switch {
	case kind == "" || len(kind) > maxName:
		j.err = fmt.Errorf("job: bad kind %.50q", kind)
	case err != nil:
		j.err = fmt.Errorf("job: payload of %s: %w", kind, err)
	case len(b) > maxPayload:
		j.err = fmt.Errorf("job: payload of %s has %d bytes, more than %d", kind, len(b), maxPayload)
	}
	j.payload = string(b)
	return j
}

// Key names the work: while a job with this key exists (waiting, running or dead), enqueuing another changes nothing.
func (j Job) Key(key string) Job {
	if key == "" || len(key) > maxName {
		j.err = errors.Join(j.err, fmt.Errorf("job: bad key %.50q for %s", key, j.kind))
	}
	j.key = key
	return j
}

// At says when the work is due. Without it, now.
func (j Job) At(t time.Time) Job { j.at = t; return j }

// Attempts says after how many failures the job is dead. Without it, 10.
func (j Job) Attempts(n int) Job {
	if n < 1 {
		j.err = errors.Join(j.err, fmt.Errorf("job: %d attempts for %s", n, j.kind))
	}
	j.attempts = n
	return j
}

// Enqueue writes jobs down in the caller's transaction. They run after it is committed, or never.
func (r *Runner) Enqueue(ctx context.Context, tx db.Tx, jobs ...Job) error {
	now := r.clock.Now()
	rows := make([]jobdb.InsertJobsParams, len(jobs))
	for i, j := range jobs {
		if j.kind == "" && j.err == nil {
			j.err = errors.New("job: a Job that New did not make")
		}
		if j.err != nil {
			return j.err
		}
		r.warnUnknown(j.kind)
		at := j.at
		if at.IsZero() {
			at = now
		}
		rows[i] = jobdb.InsertJobsParams{
			Kind: j.kind, Payload: j.payload, RunAt: clock.Micro(at),
			MaxAttempts: int64(j.attempts), CreatedAt: clock.Micro(now),
		}
		if j.key != "" {
			rows[i].Key = &j.key
		}
	}
	q := jobdb.New(tx)
	switch len(rows) {
	case 0:
		return nil
	case 1:
		if _, err := q.InsertJob(ctx, jobdb.InsertJobParams(rows[0])); err != nil {
			return fmt.Errorf("enqueue %s: %w", jobs[0].kind, err)
		}
	default:
		if err := firstError(q.InsertJobs(ctx, rows)); err != nil {
			return fmt.Errorf("enqueue %d jobs: %w", len(jobs), err)
		}
	}
	r.queue.beat()
	return nil
}

// batch is the result of a generated :batchexec query.
type batch interface {
	Exec(func(int, error))
	Close() error
}

// firstError reads a batch to its end: the statements after a failed one are refused, so the first error is the cause.
func firstError(b batch) (first error) {
	b.Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}

// Task is a job that a worker has claimed.
type Task struct {
	ID      int64
	Kind    string
	Key     string // "" when it has none
	Attempt int    // 1 for the first
	Final   bool   // no attempt follows this one
	Made    time.Time

	payload     string
	maxAttempts int64
}

// Decode reads the payload into v. A payload that cannot be read stays so: the job dies at once.
func (t Task) Decode(v any) error {
	if err := json.Unmarshal([]byte(t.payload), v); err != nil {
		return Permanent(fmt.Errorf("payload: %w", err))
	}
	return nil
}

// Finish strikes the job off in the handler's own transaction, so that the work and the end of the job are one. It
// fails with ErrLostClaim, and the transaction with it, when another worker has taken the job in the meantime.
func (t Task) Finish(ctx context.Context, tx db.Tx) error {
	n, err := jobdb.New(tx).FinishJob(ctx, t.ID, int64(t.Attempt))
	if err == nil && n == 0 {
		err = ErrLostClaim
	}
	return err
}

// Handler does one job. An error means: again later.
type Handler func(ctx context.Context, t Task) error

// Typed makes a Handler of a function that takes the decoded payload.
func Typed[T any](f func(ctx context.Context, payload T) error) Handler {
	return func(ctx context.Context, t Task) error {
		var v T
		if err := t.Decode(&v); err != nil {
			return err
		}
		return f(ctx, v)
	}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks an error that another attempt cannot mend: the job is dead at once.
func Permanent(err error) error { return permanent{err} }

type retryIn struct {
	error
	after time.Duration
}

func (p retryIn) Unwrap() error { return p.error }

// RetryIn marks an error with the time after which another attempt makes sense; it counts like any other.
func RetryIn(after time.Duration, err error) error { return retryIn{err, after} }
