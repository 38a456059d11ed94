package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job/jobdb"
)

// DeadJob is a job that has failed for good. Its payload is not shown.
type DeadJob struct {
	ID       int64
	Kind     string
	Key      string
	Attempts int
	Error    string
	MadeAt   time.Time
	DiedAt   time.Time
}

var deadJobs = db.DefineList(db.List{
	Name:    "job.dead",
	Select:  "SELECT j.id, j.kind, j.key, j.attempts, j.last_error, j.created_at, j.run_at",
	From:    "FROM jobs j",
	Where:   "j.state = 'dead'",
	Filters: []db.Filter{{Name: "kind", SQL: "j.kind = ?", Type: db.Text}},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{
		{Column: "j.run_at", Type: db.Int}, {Column: "j.id", Type: db.Int},
	}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "jobs_dead"},
		{Filters: []string{"kind"}, Sort: "newest", Index: "jobs_dead_kind"},
	},
})

// Dead lists the dead jobs, the latest first. The filter is "kind".
func (r *Runner) Dead(ctx context.Context, tx db.Tx, q db.ListQuery) ([]DeadJob, string, error) {
	return db.QueryList(ctx, tx, deadJobs, q, func(s db.Scanner) (DeadJob, error) {
		var j DeadJob
		var key, text *string
		var attempts, made, died int64
		if err := s.Scan(&j.ID, &j.Kind, &key, &attempts, &text, &made, &died); err != nil {
			return j, err
		}
		if key != nil {
			j.Key = *key
		}
		if text != nil {
			j.Error = *text
		}
		j.Attempts, j.MadeAt, j.DiedAt = int(attempts), clock.Time(made), clock.Time(died)
		return j, nil
	})
}

// Retry makes a dead job due now, with as many attempts as a new one has.
func (r *Runner) Retry(ctx context.Context, tx db.Tx, id int64) error {
	n, err := jobdb.New(tx).ReviveJob(ctx, clock.Micro(r.clock.Now()), defaultAttempts, id)
	if err == nil && n == 0 {
		err = ErrNotDead
	}
	if err == nil {
		r.queue.beat()
	}
	return err
}

// Discard deletes a dead job.
func (r *Runner) Discard(ctx context.Context, tx db.Tx, id int64) error {
	n, err := jobdb.New(tx).DiscardJob(ctx, id)
	if err == nil && n == 0 {
		err = ErrNotDead
	}
	return err
}

// countMost bounds the counting of jobs; a figure that has reached it means "at least".
const countMost = 10_000

// Stats are figures for metrics.
type Stats struct {
	Ready int           // waiting or running
	Dead  int           // given up
	Late  time.Duration // how long the job that is due longest has been waiting
	// Since this process started:
	Done, Failed, Died int64
	Sweeps             []SweepStats
	Leader             bool
	Fence              int64
}

// Stats reads the figures.
func (r *Runner) Stats(ctx context.Context) (s Stats, err error) {
	err = r.db.Read(ctx, "job.stats", func(ctx context.Context, tx db.Tx) error {
		s = Stats{}
		q := jobdb.New(tx)
		ready, err := q.CountReady(ctx, countMost)
		if err != nil {
			return err
		}
		dead, err := q.CountDead(ctx, countMost)
		if err != nil {
			return err
		}
		oldest, err := q.OldestReady(ctx)
		if err != nil {
			return err
		}
		s.Ready, s.Dead = int(ready), int(dead)
		if ready > 0 {
			s.Late = max(0, r.clock.Now().Sub(clock.Time(oldest)))
		}
		return nil
	})
	if err != nil {
		return Stats{}, fmt.Errorf("job stats: %w", err)
	}
	s.Done, s.Failed, s.Died = r.done.Load(), r.failed.Load(), r.died.Load()
	s.Leader, s.Fence = r.Leader(), r.fence.Load()
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, w := range r.sweeps {
		w.mu.Lock()
		s.Sweeps = append(s.Sweeps, w.stats)
		w.mu.Unlock()
	}
	slices.SortFunc(s.Sweeps, func(a, b SweepStats) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

func isNotLeader(err error) bool {
	return errors.Is(err, ErrNotLeader) || fault.Code(err) == ErrNotLeader.Code
}
