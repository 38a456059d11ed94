package review

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/review/reviewdb"
	"github.com/haat-market/haat/internal/store"
)

const columns = "SELECT r.id, r.public_id, r.order_id, r.reference, r.store_id, r.product, r.title, r.account_id, r.stars, r.body, r.state, r.hide_reason, r.reply, r.replied_by, r.replied_at, " +
	"r.edited_at, r.created_at, r.updated_at"

var newest = []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "r.id", Type: db.Int}}}}

// ofStore and ofProduct are what everybody reads.
var ofStore = db.DefineList(db.List{
	Name: "review.of_store", Select: columns, From: "FROM reviews r", Where: "r.state = 'shown' AND r.product = ''", Sorts: newest,
	Filters: []db.Filter{{Name: "store", SQL: "r.store_id = ?", Type: db.Int}, {Name: "stars", SQL: "r.stars = ?", Type: db.Int}},
	Combos: []db.Combo{
		{Filters: []string{"store"}, Sort: "newest", Index: "reviews_of_store"},
		{Filters: []string{"store", "stars"}, Sort: "newest", Index: "reviews_of_store_stars"},
	},
})

var ofProduct = db.DefineList(db.List{
	Name: "review.of_product", Select: columns, From: "FROM reviews r", Where: "r.state = 'shown' AND r.product <> ''", Sorts: newest,
	Filters: []db.Filter{{Name: "product", SQL: "r.product = ?", Type: db.Text}, {Name: "stars", SQL: "r.stars = ?", Type: db.Int}},
	Combos: []db.Combo{
		{Filters: []string{"product"}, Sort: "newest", Index: "reviews_of_product"},
		{Filters: []string{"product", "stars"}, Sort: "newest", Index: "reviews_of_product_stars"},
	},
})

// all are an author's own, a store's with those of its products, and everybody's.
var all = db.DefineList(db.List{
	Name: "review.all", Select: columns, From: "FROM reviews r", Sorts: newest,
	Filters: []db.Filter{
		{Name: "author", SQL: "r.account_id = ?", Type: db.Int}, {Name: "store", SQL: "r.store_id = ?", Type: db.Int}, {Name: "stars", SQL: "r.stars = ?", Type: db.Int},
		{Name: "state", SQL: "r.state = ?", Type: db.Text},
		{Name: "unanswered", SQL: "r.state = 'shown' AND r.reply = '' AND r.state = ?", Type: db.Text}, // as the partial index has it
	},
	Combos: []db.Combo{
		{Filters: []string{"author"}, Sort: "newest", Index: "reviews_of_account"},
		{Filters: []string{"store"}, Sort: "newest", Index: "reviews_at_store"},
		{Filters: []string{"store"}, Post: []string{"stars"}, Sort: "newest", Index: "reviews_at_store"},
		{Filters: []string{"store", "unanswered"}, Sort: "newest", Index: "reviews_unanswered"},
		{Filters: []string{"store", "unanswered"}, Post: []string{"stars"}, Sort: "newest", Index: "reviews_unanswered"},
		{Sort: "newest", Index: "reviews_pkey"},
		{Post: []string{"stars"}, Sort: "newest", Index: "reviews_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "reviews_in_state"},
		{Filters: []string{"state"}, Post: []string{"stars"}, Sort: "newest", Index: "reviews_in_state"},
	},
})

func scan(r db.Scanner) (x reviewdb.Review, err error) {
	err = r.Scan(&x.ID, &x.PublicID, &x.OrderID, &x.Reference, &x.StoreID, &x.Product, &x.Title, &x.AccountID, &x.Stars, &x.Body, &x.State, &x.HideReason, &x.Reply, &x.RepliedBy,
		&x.RepliedAt, &x.EditedAt, &x.CreatedAt, &x.UpdatedAt)
	return x, err
}

// page reads a page of a list and completes it.
func (s *Service) page(ctx context.Context, tx db.Tx, caller web.Caller, list *db.List, filters map[string]any, p web.PageParams) ([]Review, string, error) {
	rows, next, err := db.QueryList(ctx, tx, list, db.ListQuery{Filters: filters, Limit: p.Limit, Cursor: p.Cursor}, scan)
	if err != nil {
		return nil, "", err
	}
	out, err := s.complete(ctx, tx, caller, rows)
	return out, next, err
}

// complete adds stores, names and what the caller may do, by one query each.
func (s *Service) complete(ctx context.Context, tx db.Tx, caller web.Caller, rows []reviewdb.Review) ([]Review, error) {
	stores, people := make([]int64, len(rows)), make([]int64, len(rows))
	for i, r := range rows {
		stores[i], people[i] = r.StoreID, r.AccountID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return nil, err
	}
	names, err := s.identity.Briefs(ctx, tx, people)
	if err != nil {
		return nil, err
	}
	looks, err := s.eyesOn(ctx, tx, caller, rows...)
	if err != nil {
		return nil, err
	}
	out := make([]Review, len(rows))
	for i, r := range rows {
		e := looks[i]
		out[i] = Review{
			Review: r, Store: briefs[r.StoreID], Author: signature(names[r.AccountID].Name), Mine: e.author, Inside: e.store || e.admin, Actions: actions(r, e, s.clock.Now()),
		}
	}
	return out, nil
}

// OfStore is a page of what buyers say of a store that the caller may see; stars is 0 for all. Errors:
// store.ErrStoreNotFound, db.ErrInvalidCursor.
func (s *Service) OfStore(ctx context.Context, caller web.Caller, storeID string, stars int64, p web.PageParams) (list []Review, next string, err error) {
	seen, err := s.stores.Get(ctx, caller, storeID)
	if err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, "review.of_store", func(ctx context.Context, tx db.Tx) error {
		list, next, err = s.page(ctx, tx, caller, ofStore, starred(map[string]any{"store": seen.ID}, stars), p)
		return err
	})
	return list, next, err
}

// OfProduct is a page of what buyers say of a product that the caller may see. Errors: catalog.ErrProductNotFound,
// db.ErrInvalidCursor.
func (s *Service) OfProduct(ctx context.Context, caller web.Caller, product string, stars int64, p web.PageParams) (list []Review, next string, err error) {
	if _, err := s.catalog.Product(ctx, caller, product); err != nil {
		return nil, "", err
	}
	err = s.db.Read(ctx, "review.of_product", func(ctx context.Context, tx db.Tx) error {
		list, next, err = s.page(ctx, tx, caller, ofProduct, starred(map[string]any{"product": product}, stars), p)
		return err
	})
	return list, next, err
}

func starred(filters map[string]any, stars int64) map[string]any {
	if stars != 0 {
		filters["stars"] = stars
	}
	return filters
}

// Mine is a page of what the caller has said.
func (s *Service) Mine(ctx context.Context, caller web.Caller, p web.PageParams) (list []Review, next string, err error) {
	err = s.db.Read(ctx, "review.mine", func(ctx context.Context, tx db.Tx) error {
		list, next, err = s.page(ctx, tx, caller, all, map[string]any{"author": caller.AccountID}, p)
		return err
	})
	return list, next, err
}

// AtStore is a page of all that is said of a store and its products, for its people; unanswered: what has no reply.
// Errors: store.Require's.
func (s *Service) AtStore(ctx context.Context, caller web.Caller, storeID string, stars int64, unanswered bool, p web.PageParams) (list []Review, next string, err error) {
	err = s.db.Read(ctx, "review.at_store", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		filters := starred(map[string]any{"store": b.ID}, stars)
		if unanswered {
			filters["unanswered"] = string(Shown)
		}
		list, next, err = s.page(ctx, tx, caller, all, filters, p)
		return err
	})
	return list, next, err
}

// All is a page of everybody's, for admins. Error: web.ErrForbidden.
func (s *Service) All(ctx context.Context, caller web.Caller, state State, stars int64, p web.PageParams) (list []Review, next string, err error) {
	if !caller.Is(web.RoleAdmin) {
		return nil, "", web.ErrForbidden
	}
	filters := starred(map[string]any{}, stars)
	if state != "" {
		filters["state"] = string(state)
	}
	err = s.db.Read(ctx, "review.all", func(ctx context.Context, tx db.Tx) error {
		list, next, err = s.page(ctx, tx, caller, all, filters, p)
		return err
	})
	return list, next, err
}

// Get is a review: a shown one for everybody, others for their author, the store's people and admins. Error: ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (out Review, err error) {
	err = s.db.Read(ctx, "review.get", func(ctx context.Context, tx db.Tx) error {
		row, err := reviewdb.New(tx).Review(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, caller, []reviewdb.Review{row})
		if err != nil {
			return err
		}
		if out = list[0]; State(row.State) != Shown && !out.Mine && !out.Inside {
			return ErrNotFound
		}
		return nil
	})
	return out, err
}

// OfOrder is what was said of an order, and what its buyer may still say something about.
type OfOrder struct {
	Order   order.Traded
	Reviews []Review
	Store   bool                  // the store can still be rated by the caller
	Open    []order.TradedProduct // so can these
}

// OfOrder is read by the order's people. Errors: order.ErrNotFound; store.Require's.
func (s *Service) OfOrder(ctx context.Context, caller web.Caller, id string) (out OfOrder, err error) {
	err = s.db.Read(ctx, "review.of_order", func(ctx context.Context, tx db.Tx) error {
		o, err := s.orders.Traded(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		rows, err := reviewdb.New(tx).OfOrder(ctx, o.Key)
		if err != nil {
			return err
		}
		out = OfOrder{Order: o}
		if out.Reviews, err = s.complete(ctx, tx, caller, rows); err != nil {
			return err
		}
		if !o.Buyer || !o.Done {
			return nil
		}
		if works, err := s.works(ctx, tx, caller, o.StoreID); err != nil || works {
			return err
		}
		said := map[string]bool{}
		for _, r := range rows {
			said[r.Product] = true
		}
		out.Store = !said[""]
		for _, p := range o.Products {
			if !said[p.ID] {
				out.Open = append(out.Open, p)
			}
		}
		return nil
	})
	return out, err
}
