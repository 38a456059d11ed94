package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// OwnWish is what a store's people look for among their products.
type OwnWish struct {
	State  State  // "" = all
	Words  string // each of them somewhere in the title or the brand; or all of it a SKU
	Limit  int
	Cursor string
}

// maxOwnWords is how many words are looked for.
const maxOwnWords = 10

// FindOwn is Own for those that hold some words. It looks through a bounded number of products for each page, so a page
// can be short, or empty, and still have a next one. Errors: those of store.Require, db.ErrInvalidCursor.
func (s *Service) FindOwn(ctx context.Context, caller web.Caller, storeID string, w OwnWish) (items []Listing, next string, err error) {
	words := strings.Fields(sortKey(w.Words))
	if len(words) == 0 {
		return s.Own(ctx, caller, storeID, w.State, w.Limit, w.Cursor)
	}
	words = words[:min(len(words), maxOwnWords)]
	err = s.db.Read(ctx, "catalog.find_own", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		numbered, err := catalogdb.New(tx).SkusTaken(ctx, b.ID, []string{strings.TrimSpace(w.Words)})
		if err != nil {
			return fmt.Errorf("by sku: %w", err)
		}
		filters := map[string]any{"store": b.ID}
		if w.State != "" {
			filters["state"] = string(w.State)
		}
		keep := func(l Listing) bool {
			if slices.ContainsFunc(numbered, func(r catalogdb.SkusTakenRow) bool { return r.ProductID == l.key }) {
				return true
			}
			text := sortKey(l.Title) + " " + l.brandKey
			return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
		}
		items, next, err = db.QueryListKeep(ctx, tx, ownList, db.ListQuery{Filters: filters, Limit: w.Limit, Cursor: w.Cursor}, scanListings(), keep)
		if err != nil {
			return err
		}
		return s.nameCategories(ctx, tx, items, catalogdb.Category{})
	})
	return items, next, err
}
