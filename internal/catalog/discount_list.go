package catalog

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const discountColumns = `SELECT d.id, d.public_id, d.store_id, d.title, d.kind, d.value, d.currency, d.scope, d.paid_by, d.state, d.starts_at, d.ends_at,
	d.due_at, d.pass, d.settled, d.created_by, d.version, d.created_at, d.updated_at`

var (
	discountState = db.Filter{Name: "state", SQL: "d.state = ?", Type: db.Text}
	newestFirst   = []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "d.id", Type: db.Int}}}}
)

// discountList is a store's discounts.
var discountList = db.DefineList(db.List{
	Name: "catalog.discounts", Select: discountColumns, From: "FROM discounts d",
	Filters: []db.Filter{{Name: "store", SQL: "d.store_id = ?", Type: db.Int}, discountState}, Sorts: newestFirst,
	Combos: []db.Combo{
		{Filters: []string{"store"}, Sort: "newest", Index: "discounts_store"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "discounts_store_state"},
	},
})

// eventList is the market's sale events.
var eventList = db.DefineList(db.List{
	Name: "catalog.sale_events", Select: discountColumns, From: "FROM discounts d", Where: "d.store_id IS NULL",
	Filters: []db.Filter{discountState}, Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{
		{Column: "d.starts_at", Type: db.Int}, {Column: "d.id", Type: db.Int},
	}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "discounts_events"},
		{Filters: []string{"state"}, Sort: "newest", Index: "discounts_events_state"},
	},
})

func scanDiscount(r db.Scanner) (d catalogdb.Discount, err error) {
	err = r.Scan(&d.ID, &d.PublicID, &d.StoreID, &d.Title, &d.Kind, &d.Value, &d.Currency, &d.Scope, &d.PaidBy, &d.State, &d.StartsAt, &d.EndsAt,
		&d.DueAt, &d.Pass, &d.Settled, &d.CreatedBy, &d.Version, &d.CreatedAt, &d.UpdatedAt)
	return d, err
}

// Discounts is a page of a store's discounts for its people; state "" means all.
func (s *Service) Discounts(ctx context.Context, caller web.Caller, storeID string, state DiscountState, limit int, cursor string) (items []Discount, next string, err error) {
	err = s.db.Read(ctx, "catalog.discounts", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		items, next, err = s.pageOfDiscounts(ctx, tx, discountList, map[string]any{"store": b.ID}, state, limit, cursor)
		return err
	})
	return items, next, err
}

// Events is a page of sale events. Buyers see what is on; sellers and admins also what comes and what was.
func (s *Service) Events(ctx context.Context, caller web.Caller, state DiscountState, limit int, cursor string) (items []Discount, next string, err error) {
	if !caller.Is(web.RoleSeller) && !caller.Is(web.RoleAdmin) {
		if state != "" && state != Live {
			return nil, "", nil
		}
		state = Live
	}
	err = s.db.Read(ctx, "catalog.sale_events", func(ctx context.Context, tx db.Tx) error {
		items, next, err = s.pageOfDiscounts(ctx, tx, eventList, map[string]any{}, state, limit, cursor)
		return err
	})
	return items, next, err
}

func (s *Service) pageOfDiscounts(ctx context.Context, tx db.Tx, list *db.List, filters map[string]any, state DiscountState, limit int, cursor string) ([]Discount, string, error) {
	if state != "" {
		filters["state"] = string(state)
	}
	rows, next, err := db.QueryList(ctx, tx, list, db.ListQuery{Filters: filters, Limit: limit, Cursor: cursor}, scanDiscount)
	if err != nil {
		return nil, "", err
	}
	items, err := s.viewDiscounts(ctx, tx, rows)
	return items, next, err
}

// Discount is a discount for the people of its store.
func (s *Service) Discount(ctx context.Context, caller web.Caller, id string) (out Discount, err error) {
	err = s.db.Read(ctx, "catalog.discount", func(ctx context.Context, tx db.Tx) error {
		d, _, err := s.ownDiscount(ctx, tx, caller, id, aDiscount, store.View)
		if err != nil {
			return err
		}
		return s.viewDiscount(ctx, tx, d, &out)
	})
	return out, err
}

// Event is a sale event: one that is on for everybody, others for sellers and admins.
func (s *Service) Event(ctx context.Context, caller web.Caller, id string) (out Discount, err error) {
	err = s.db.Read(ctx, "catalog.sale_event", func(ctx context.Context, tx db.Tx) error {
		d, err := catalogdb.New(tx).DiscountByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrEventNotFound)
		}
		if d.StoreID != nil || stateAt(d, s.now()) != Live && !caller.Is(web.RoleSeller) && !caller.Is(web.RoleAdmin) {
			return ErrEventNotFound
		}
		return s.viewDiscount(ctx, tx, d, &out)
	})
	return out, err
}

// discount reads what a caller has just written.
func (s *Service) discount(ctx context.Context, id string) (out Discount, err error) {
	err = s.db.Read(ctx, "catalog.discount", func(ctx context.Context, tx db.Tx) error {
		d, err := catalogdb.New(tx).DiscountByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrDiscountNotFound)
		}
		return s.viewDiscount(ctx, tx, d, &out)
	})
	return out, err
}

func (s *Service) viewDiscount(ctx context.Context, tx db.Tx, d catalogdb.Discount, out *Discount) error {
	list, err := s.viewDiscounts(ctx, tx, []catalogdb.Discount{d})
	if err == nil {
		*out = list[0]
	}
	return err
}

// viewDiscounts reads what belongs to a page of discounts: what they are for and who joined.
func (s *Service) viewDiscounts(ctx context.Context, tx db.Tx, rows []catalogdb.Discount) ([]Discount, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	q := catalogdb.New(tx)
	ids := make([]int64, len(rows))
	scopeOf := map[int64]Scope{}
	var stores []int64
	for i, d := range rows {
		ids[i], scopeOf[d.ID] = d.ID, Scope(d.Scope)
		if d.StoreID != nil {
			stores = append(stores, *d.StoreID)
		}
	}
	scopes, err := q.DiscountScopes(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("scopes: %w", err)
	}
	joined, err := q.DiscountStores(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("stores of events: %w", err)
	}
	var products, categories []int64
	for _, sc := range scopes {
		switch scopeOf[sc.DiscountID] {
		case ScopeProducts:
			products = append(products, sc.Thing)
		case ScopeCategories:
			categories = append(categories, sc.Thing)
		case ScopeStores:
			stores = append(stores, sc.Thing)
		}
	}
	for _, j := range joined {
		stores = append(stores, j.StoreID)
	}
	names := map[Scope]map[int64]string{ScopeProducts: {}, ScopeCategories: {}, ScopeStores: {}}
	if len(products) > 0 {
		found, err := q.ProductPlaces(ctx, products)
		if err != nil {
			return nil, fmt.Errorf("products: %w", err)
		}
		for _, r := range found {
			names[ScopeProducts][r.ID] = r.PublicID
		}
	}
	if len(categories) > 0 {
		found, err := q.CategoriesByID(ctx, categories)
		if err != nil {
			return nil, fmt.Errorf("categories: %w", err)
		}
		for _, r := range found {
			names[ScopeCategories][r.ID] = r.PublicID
		}
	}
	if len(stores) > 0 {
		found, err := s.stores.Briefs(ctx, tx, stores)
		if err != nil {
			return nil, fmt.Errorf("stores: %w", err)
		}
		for id, b := range found {
			names[ScopeStores][id] = b.PublicID
		}
	}
	now := s.now()
	out := make([]Discount, len(rows))
	for i, d := range rows {
		v := Discount{
			ID: d.PublicID, Title: d.Title, Kind: DiscountKind(d.Kind), Value: d.Value, Currency: money.Currency(d.Currency), Scope: Scope(d.Scope),
			PaidBy: Payer(d.PaidBy), State: stateAt(d, now), From: clock.Time(d.StartsAt), To: endOf(d.EndsAt), Things: []string{}, Stores: []string{},
			Version: d.Version, CreatedAt: clock.Time(d.CreatedAt), UpdatedAt: clock.Time(d.UpdatedAt),
		}
		if d.StoreID != nil {
			v.Store = names[ScopeStores][*d.StoreID]
		}
		for _, sc := range scopes {
			if id := names[v.Scope][sc.Thing]; sc.DiscountID == d.ID && id != "" {
				v.Things = append(v.Things, id)
			}
		}
		for _, j := range joined {
			if j.DiscountID == d.ID {
				v.Stores = append(v.Stores, names[ScopeStores][j.StoreID])
			}
		}
		out[i] = v
	}
	return out, nil
}
