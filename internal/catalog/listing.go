package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Listing is a product as lists show it.
type Listing struct {
	ID           string
	Store        string
	StoreName    string
	Category     *CategoryBrief
	Title        string
	Image        string // the cover's file; "" without one
	Brand        string
	State        State
	Visible      bool
	VariantCount int64
	PriceFrom    int64
	PriceTo      int64
	PriceWas     int64 // 0: the lowest price is not lowered
	OnSale       bool
	InStock      bool // something of it can be bought
	Currency     money.Currency
	PublishedAt  *time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time

	categoryID *int64
	brandKey   string
	key        int64 // product_id
	sold       int64
	titleKey   string // of a search only
	published  int64  // of a search only
}

const listingColumns = `SELECT l.public_id, l.store, l.store_name, l.category_id, l.title, l.state, l.visible, l.variant_count,
	l.price_from, l.price_to, l.currency, l.published_at, l.created_at, l.updated_at, l.brand, l.price_was, l.on_sale, l.image, l.in_stock, l.brand_key, l.product_id, l.sold`

var (
	byStoreKey = db.Filter{Name: "store", SQL: "l.store_id = ?", Type: db.Int}
	byState    = db.Filter{Name: "state", SQL: "l.state = ?", Type: db.Text}
	productKey = db.SortKey{Column: "l.product_id", Type: db.Int}
)

// ownList is what a store's people see of theirs, in every state.
var ownList = db.DefineList(db.List{
	Name: "catalog.own", Select: listingColumns, From: "FROM listings l",
	Filters: []db.Filter{byStoreKey, byState},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{productKey}}},
	Combos: []db.Combo{
		{Filters: []string{"store"}, Sort: "newest", Index: "listings_store_all"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "listings_store_state"},
	},
})

// scanListings reads rows of listingColumns, one after another. Where they are read to is named once for all of them.
func scanListings() func(db.Scanner) (Listing, error) {
	var l Listing
	var published, created, updated int64
	to := []any{&l.ID, &l.Store, &l.StoreName, &l.categoryID, &l.Title, &l.State, &l.Visible, &l.VariantCount,
		&l.PriceFrom, &l.PriceTo, &l.Currency, &published, &created, &updated, &l.Brand, &l.PriceWas, &l.OnSale, &l.Image,
		&l.InStock, &l.brandKey, &l.key, &l.sold}
	return func(r db.Scanner) (Listing, error) {
		l = Listing{}
		err := r.Scan(to...)
		l.setTimes(published, created, updated)
		return l, err
	}
}

// scanWanted is scanListings where most rows may be passed over: it reads first what keeps looks at, and of those that
// are not kept nothing else.
func (w *Wanted) scanWanted() func(db.Scanner) (Listing, error) {
	var l Listing
	var published, created, updated int64
	first := []any{nil, &l.Store, nil, nil, nil, nil, &l.Visible, nil, &l.PriceFrom, nil, nil, nil, nil, nil, nil, nil, &l.OnSale, nil,
		&l.InStock, &l.brandKey, nil, nil}
	rest := []any{&l.ID, nil, &l.StoreName, &l.categoryID, &l.Title, &l.State, nil, &l.VariantCount, nil, &l.PriceTo, &l.Currency,
		&published, &created, &updated, &l.Brand, &l.PriceWas, nil, &l.Image, nil, nil, &l.key, &l.sold}
	return func(r db.Scanner) (Listing, error) {
		l = Listing{}
		if err := r.Scan(first...); err != nil || !w.keeps(&l) {
			return l, err
		}
		err := r.Scan(rest...)
		l.setTimes(published, created, updated)
		return l, err
	}
}

func (l *Listing) setTimes(published, created, updated int64) {
	if published != 0 {
		at := clock.Time(published)
		l.PublishedAt = &at
	}
	l.CreatedAt, l.UpdatedAt = clock.Time(created), clock.Time(updated)
}

// Own is a page of a store's products for its people; state "" means all.
func (s *Service) Own(ctx context.Context, caller web.Caller, storeID string, state State, limit int, cursor string) (items []Listing, next string, err error) {
	err = s.db.Read(ctx, "catalog.own", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		filters := map[string]any{"store": b.ID}
		if state != "" {
			filters["state"] = string(state)
		}
		items, next, err = db.QueryList(ctx, tx, ownList, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanListings())
		if err != nil {
			return err
		}
		return s.nameCategories(ctx, tx, items, catalogdb.Category{})
	})
	return items, next, err
}

// nameCategories fills in the categories of a page by one query, or none where all are in the one that is known.
func (s *Service) nameCategories(ctx context.Context, tx db.Tx, items []Listing, known catalogdb.Category) error {
	names := map[int64]*CategoryBrief{known.ID: {known.PublicID, known.Slug, known.Name}}
	var ids []int64
	for _, l := range items {
		if l.categoryID != nil && *l.categoryID != known.ID && !slices.Contains(ids, *l.categoryID) { // a page has few: a short list is looked up quicker
			ids = append(ids, *l.categoryID)
		}
	}
	if len(ids) > 0 {
		rows, err := catalogdb.New(tx).CategoriesByID(ctx, ids)
		if err != nil {
			return fmt.Errorf("categories: %w", err)
		}
		for _, r := range rows {
			names[r.ID] = &CategoryBrief{r.PublicID, r.Slug, r.Name}
		}
	}
	for i := range items {
		if id := items[i].categoryID; id != nil {
			items[i].Category = names[*id]
		}
	}
	return nil
}

// relist writes the listings of products of one store anew, from their rows and live variants.
func (s *Service) relist(ctx context.Context, tx db.Tx, b store.Brief, cur money.Currency, products []catalogdb.Product) error {
	if len(products) == 0 {
		return nil
	}
	if err := s.stand(ctx, tx, products); err != nil {
		return err
	}
	places, ids := make([]place, len(products)), make([]int64, len(products))
	for i, p := range products {
		places[i], ids[i] = place{p.StoreID, p.ID, p.CategoryID}, p.ID
	}
	spans, err := s.spans(ctx, tx, string(cur), places)
	if err != nil {
		return err
	}
	now := s.now()
	rows := make([]catalogdb.PutListingsParams, len(products))
	for i, p := range products {
		w := spans[p.ID]
		rows[i] = catalogdb.PutListingsParams{
			ProductID: p.ID, PublicID: p.PublicID, StoreID: p.StoreID, Store: b.PublicID, StoreName: b.Name, CategoryID: p.CategoryID,
			Title: p.Title, TitleKey: sortKey(p.Title), State: string(stateOf(p)), Visible: State(p.State) == Published && w.n > 0 && sells(b),
			VariantCount: w.n, PriceFrom: w.from, PriceTo: w.to, Currency: string(cur), PublishedAt: deref(p.PublishedAt),
			CreatedAt: p.CreatedAt, UpdatedAt: now,
			Brand: p.Brand, BrandKey: p.BrandKey, PriceWas: w.was, OnSale: w.sale,
		}
	}
	if err := firstError(catalogdb.New(tx).PutListings(ctx, rows)); err != nil {
		return fmt.Errorf("listings: %w", err)
	}
	return s.spread(ctx, tx, ids)
}

const (
	relistKind  = "catalog.relist"
	relistChunk = 200
)

type relistWork struct {
	Store int64 `json:"store"`
	After int64 `json:"after"`
}

// StoreChanged shows or hides the store's products. Those of a small store change with it; the rest of a big one
// follows in chunks within moments, and until then a cart or an order, which ask the store itself, still see the
// truth.
func (s *Service) StoreChanged(ctx context.Context, tx db.Tx, b store.Brief) error {
	last, more, err := s.relistStore(ctx, tx, b, 0)
	if err != nil || !more {
		return err
	}
	return s.enqueueRelist(ctx, tx, b.ID, last)
}

func (s *Service) enqueueRelist(ctx context.Context, tx db.Tx, storeID, after int64) error {
	return s.jobs.Enqueue(ctx, tx, job.New(relistKind, relistWork{storeID, after}))
}

// relistStore rewrites one chunk of a store's listings. It only touches what the store says: its name and whether
// it is open.
func (s *Service) relistStore(ctx context.Context, tx db.Tx, b store.Brief, after int64) (last int64, more bool, err error) {
	q := catalogdb.New(tx)
	ids, err := q.StoreListings(ctx, b.ID, after, relistChunk)
	if err != nil || len(ids) == 0 {
		return after, false, err
	}
	if err := q.RelistProducts(ctx, b.Name, sells(b), ids); err != nil {
		return after, false, fmt.Errorf("relist store %s: %w", strconv.FormatInt(b.ID, 10), err)
	}
	if err := s.spread(ctx, tx, ids); err != nil {
		return after, false, err
	}
	return ids[len(ids)-1], len(ids) == relistChunk, nil
}

// relistJob goes on where StoreChanged stopped, by the store as it is then.
func (s *Service) relistJob(ctx context.Context, w relistWork) error {
	for more := true; more; {
		last := w.After
		err := s.db.Write(ctx, relistKind, func(ctx context.Context, tx db.Tx) error {
			briefs, err := s.stores.Briefs(ctx, tx, []int64{w.Store})
			if err != nil {
				return err
			}
			last, more, err = s.relistStore(ctx, tx, briefs[w.Store], w.After)
			return err
		}, db.Bulk())
		if err != nil {
			return err
		}
		w.After = last
	}
	return nil
}
