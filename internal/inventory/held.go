package inventory

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/db"
)

// Taken is what an owner has of the stock, in units.
type Taken struct {
	Held int64 // set aside
	Sold int64 // gone to it, and not come back
}

// TakenBy sums what each owner has now; one that has nothing is missing. It is for the rules of the rooms above, which
// know who may have what.
func (s *Service) TakenBy(ctx context.Context, tx db.Tx, owners []string) (map[string]Taken, error) {
	rows, err := inventorydb.New(tx).TakenByOwners(ctx, owners)
	if err != nil {
		return nil, fmt.Errorf("taken: %w", err)
	}
	out := make(map[string]Taken, len(rows))
	for _, r := range rows {
		t := out[r.Owner]
		if state(r.State) == live {
			t.Held = r.Units
		} else {
			t.Sold = r.Units
		}
		out[r.Owner] = t
	}
	return out, nil
}
