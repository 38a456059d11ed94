package store

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/store/storedb"
)

// Rules are what must hold of this room's tables.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{{
		Name: "store.owners", About: "the owner of a store stands among its people",
		Check: func(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
			ids, err := storedb.New(tx).StoresWithoutOwner(ctx)
			for _, id := range ids {
				report("store %s has an owner who does not stand among its people", id)
			}
			return err
		},
	}}
}
