package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search"
)

// FollowSweep is the sweep that brings what is derived from listings up to them, and makes the search index anew.
const FollowSweep = followSweep

// rebuildBatch is how many products of a rebuild are lined up at once: those whose listings change meanwhile queue
// behind them.
const rebuildBatch = 500

// RebuildSearch asks for a new search index. The follow sweep empties the old one and puts every product in again, in
// pieces; killed in between, it goes on where it was. Asked again, it begins anew.
func (s *Service) RebuildSearch(ctx context.Context) error {
	return s.db.Write(ctx, "catalog.rebuild", func(ctx context.Context, tx db.Tx) error {
		if err := catalogdb.New(tx).AskRebuild(ctx, clock.Micro(s.clock.Now())); err != nil {
			return fmt.Errorf("ask for a rebuild: %w", err)
		}
		return nil
	})
}

// rebuilding says how far a rebuild is, and whether there is one under way.
func rebuilding(ctx context.Context, q *catalogdb.Queries) (r catalogdb.RebuildRow, under bool, err error) {
	r, err = q.Rebuild(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("rebuild: %w", err)
	}
	return r, true, nil
}

func beginRebuild(ctx context.Context, tx db.Tx) error {
	if err := search.Clear(ctx, tx); err != nil {
		return err
	}
	return catalogdb.New(tx).MoveRebuild(ctx, 0)
}

// goOnRebuilding lines up the next products, and ends the rebuild when there are none.
func goOnRebuilding(ctx context.Context, q *catalogdb.Queries, after int64) (int, error) {
	ids, err := q.ListingKeysAfter(ctx, after, rebuildBatch)
	if err != nil {
		return 0, fmt.Errorf("listings: %w", err)
	}
	if len(ids) == 0 {
		return 0, q.EndRebuild(ctx)
	}
	if err := firstError(q.InsertChanges(ctx, ids)); err != nil {
		return 0, fmt.Errorf("line up: %w", err)
	}
	return len(ids), q.MoveRebuild(ctx, ids[len(ids)-1])
}
