package catalog

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Shelved is a variant of a store as those see it who look after its stock.
type Shelved struct {
	Product    string
	Title      string
	State      State
	Variant    string
	Values     string // of its options; "" without options
	SKU        string
	TrackStock bool
	Available  int64
}

// Shelves are the variants of a store's products, by pages of products, the newest first; archived ones are left out.
func (s *Service) Shelves(ctx context.Context, caller web.Caller, storeID string, limit int, cursor string) (out []Shelved, next string, err error) {
	err = s.db.Read(ctx, "catalog.shelves", func(ctx context.Context, tx db.Tx) error {
		out = nil
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		var products []Listing
		lq := db.ListQuery{Filters: map[string]any{"store": b.ID}, Limit: limit, Cursor: cursor}
		if products, next, err = db.QueryList(ctx, tx, ownList, lq, scanListings()); err != nil {
			return err
		}
		ids := make([]int64, len(products))
		for i, p := range products {
			ids[i] = p.key
		}
		rows, err := catalogdb.New(tx).VariantsOfProducts(ctx, ids)
		if err != nil {
			return fmt.Errorf("variants: %w", err)
		}
		available, err := s.available(ctx, tx, rows)
		if err != nil {
			return err
		}
		of := make(map[int64][]catalogdb.Variant, len(products))
		for _, r := range rows {
			of[r.ProductID] = append(of[r.ProductID], r)
		}
		for _, p := range products {
			if p.State == Archived {
				continue
			}
			for _, r := range of[p.key] {
				out = append(out, Shelved{
					Product: p.ID, Title: p.Title, State: p.State, Variant: r.PublicID, Values: variantTitle(optionValues(r)), SKU: deref(r.Sku),
					TrackStock: r.TrackStock, Available: available[r.ID],
				})
			}
		}
		return nil
	})
	return out, next, err
}
