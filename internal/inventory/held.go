package inventory

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/db"
)

// HeldBy sums the units that are set aside for each owner now; one that holds nothing is missing. It is for the rules
// of the rooms above, which know who may hold what.
func (s *Service) HeldBy(ctx context.Context, tx db.Tx, owners []string) (map[string]int64, error) {
	rows, err := inventorydb.New(tx).HeldByOwners(ctx, owners)
	if err != nil {
		return nil, fmt.Errorf("held: %w", err)
	}
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.Owner] = r.Units
	}
	return out, nil
}
