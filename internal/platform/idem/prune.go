package idem

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem/idemdb"
	"github.com/haat-market/haat/internal/platform/job"
)

const pruneBatch = 200

// Work registers the sweep that deletes keys whose time is over.
func Work(j *job.Runner) {
	d := j.DB()
	j.Sweep(job.Sweep{Name: "idem.prune", Every: 10 * time.Minute, Run: func(ctx context.Context, lease job.Lease) (int, error) {
		return Prune(ctx, d, lease, clock.Time(now(d)).Add(-keptFor))
	}})
}

// Prune deletes a chunk of the keys stored before a time and says how many.
func Prune(ctx context.Context, d *db.DB, lease job.Lease, before time.Time) (n int, err error) {
	err = d.Write(ctx, "idem.prune", func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := idemdb.New(tx)
		ids, err := q.ExpiredKeys(ctx, clock.Micro(before), pruneBatch)
		if err != nil || len(ids) == 0 {
			return err
		}
		deleted, err := q.DeleteKeys(ctx, ids)
		n = int(deleted)
		return err
	}, db.Bulk(), db.ReadCommitted()) // rows are deleted by id; nothing is decided from what was read but their age
	if err != nil {
		return 0, fmt.Errorf("prune idempotency keys: %w", err)
	}
	return n, nil
}
