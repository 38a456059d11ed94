package catalog

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/search"
)

const (
	followSweep = "catalog.follow"
	followBatch = 100 // changes in one transaction
)

// follow brings what is derived from behind up to the listings that changed: it is a second late at most.
func (s *Service) follow(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, followSweep, func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := catalogdb.New(tx)
		rebuild, under, err := rebuilding(ctx, q)
		if err != nil {
			return err
		}
		if under && !rebuild.Emptied {
			n = 1
			return beginRebuild(ctx, tx)
		}
		changes, err := q.Changes(ctx, followBatch)
		if err != nil {
			return fmt.Errorf("changes: %w", err)
		}
		if len(changes) == 0 {
			if under {
				n, err = goOnRebuilding(ctx, q, rebuild.AfterProduct)
			}
			return err
		}
		ids := make([]int64, len(changes))
		seen := make(map[int64]bool, len(changes))
		products := make([]int64, 0, len(changes))
		for i, c := range changes {
			ids[i] = c.ID
			if !seen[c.ProductID] {
				seen[c.ProductID], products = true, append(products, c.ProductID)
			}
		}
		if err := s.derive(ctx, tx, products); err != nil {
			return err
		}
		n = len(changes)
		return q.DeleteChanges(ctx, ids)
	}, db.Bulk())
	return n, err
}

// Derive brings everything that is made of products' listings in line with them, for whoever writes very many at once.
func (s *Service) Derive(ctx context.Context, tx db.Tx, products []int64) error {
	if _, err := s.restock(ctx, tx, products, false); err != nil {
		return err
	}
	return s.derive(ctx, tx, products)
}

// derive brings places, counts and words of products in line with their listings.
func (s *Service) derive(ctx context.Context, tx db.Tx, products []int64) error {
	if err := s.place(ctx, tx, products); err != nil {
		return err
	}
	if err := s.count(ctx, tx, products); err != nil {
		return err
	}
	docs, err := documents(ctx, tx, products)
	if err != nil {
		return err
	}
	return search.Put(ctx, tx, docs)
}

func (s *Service) followWork(j *job.Runner) {
	j.Handle(replaceKind, job.Typed(s.replaceJob))
	j.Sweep(job.Sweep{Name: followSweep, Every: time.Second, Run: s.follow})
}
