package catalog

import (
	"context"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// looked are the fields that the market's people look at. Prices and stock are the store's own business.
var looked = []string{"brand", "category", "description", "title", "vendor"}

// reviewed notes that a published product is not what the market's people saw. It stays on sale: a misspelt title must
// not close a shop until somebody wakes up, and they find it in their list. What an admin changes he has seen.
func (s *Service) reviewed(ctx context.Context, tx db.Tx, caller web.Caller, p *catalogdb.Product, changed []string) error {
	if State(p.State) != Published || caller.Is(web.RoleAdmin) || !slices.ContainsFunc(changed, func(f string) bool { return slices.Contains(looked, f) }) {
		return nil
	}
	terms, err := s.terms(ctx, tx)
	if err == nil && terms.Approval {
		p.Review = string(ReviewChanged)
	}
	return err
}

// Judge approves or rejects a product for the market. version, if it is given, is the one that was looked at.
func (s *Service) Judge(ctx context.Context, caller web.Caller, id string, a Action, reason string, version *int64) (Product, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Product{}, err
	}
	f := newFindings(ErrInvalidProduct)
	if a == Reject {
		reason = f.text("reason", reason, 1, maxReason)
	}
	if err := f.fault(); err != nil {
		return Product{}, err
	}
	err = s.db.Write(ctx, "catalog."+string(a), func(ctx context.Context, tx db.Tx) error {
		p, b, err := s.editable(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if version != nil && *version != p.Version {
			return ErrVersion.With("version", p.Version)
		}
		return s.act(ctx, tx, caller, b, cur, p, a, reason)
	})
	if err != nil {
		return Product{}, err
	}
	return s.Product(ctx, caller, id)
}

// queueList is what waits for the market's people, the oldest first.
var queueList = db.DefineList(db.List{
	Name: "catalog.queue", Select: listingColumns, From: "FROM products p JOIN listings l ON l.product_id = p.id", Where: "p.review <> ''",
	Filters: []db.Filter{{Name: "review", SQL: "p.review = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "oldest", Keys: []db.SortKey{{Column: "p.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"review"}, Sort: "oldest", Index: "products_review"}},
})

// Queue is a page of products that stand in a review.
func (s *Service) Queue(ctx context.Context, review Review, limit int, cursor string) (items []Listing, next string, err error) {
	err = s.db.Read(ctx, "catalog.queue", func(ctx context.Context, tx db.Tx) error {
		items, next, err = db.QueryList(ctx, tx, queueList, db.ListQuery{Filters: map[string]any{"review": string(review)}, Limit: limit, Cursor: cursor}, scanListings())
		if err != nil {
			return err
		}
		return s.nameCategories(ctx, tx, items, catalogdb.Category{})
	})
	return items, next, err
}
