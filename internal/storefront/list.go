package storefront

import (
	"context"
	"errors"
	"strings"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront/storefrontdb"
)

// shownList are the storefronts that may be seen. Those whose time ran out since the last sweep are tested away.
var shownList = db.DefineList(db.List{
	Name: "storefront.shown", Select: "SELECT f.id, f.public_id, f.store_id, f.state, f.hours, f.shown_until, f.created_at, f.updated_at",
	From: "FROM storefronts f", Where: "f.shown",
	Filters: []db.Filter{{Name: "now", SQL: "f.shown_until > ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "f.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Post: []string{"now"}, Sort: "newest", Index: "storefronts_shown"}},
})

// every are all storefronts, for admins.
var every = db.DefineList(db.List{
	Name: "storefront.every", Select: "SELECT f.id, f.public_id, f.store_id, f.state, f.hours, f.suspend_reason, f.shown, f.shown_until, f.created_at, f.updated_at", From: "FROM storefronts f",
	Filters: []db.Filter{{Name: "state", SQL: "f.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "f.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Sort: "newest", Index: "storefronts_pkey"}, {Filters: []string{"state"}, Sort: "newest", Index: "storefronts_state"}},
})

// All is a page of all storefronts, seen or not, for admins; state "" is any. Errors: web.ErrForbidden, db.ErrInvalidCursor.
func (s *Service) All(ctx context.Context, caller web.Caller, state State, page web.PageParams) (out []Storefront, next string, err error) {
	if !caller.Is(web.RoleAdmin) {
		return nil, "", web.ErrForbidden
	}
	filters := map[string]any{}
	if state != "" {
		filters["state"] = string(state)
	}
	err = s.db.Read(ctx, "storefront.all", func(ctx context.Context, tx db.Tx) error {
		rows, after, err := db.QueryList(ctx, tx, every, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor},
			func(r db.Scanner) (x storefrontdb.Storefront, err error) {
				err = r.Scan(&x.ID, &x.PublicID, &x.StoreID, &x.State, &x.Hours, &x.SuspendReason, &x.Shown, &x.ShownUntil, &x.CreatedAt, &x.UpdatedAt)
				return x, err
			})
		if err != nil {
			return err
		}
		next = after
		if out, err = s.complete(ctx, tx, rows); err != nil {
			return err
		}
		for i, r := range rows {
			until := int64(0) // what is kept in the row is enough here: it says of all but the subscription itself why not
			if r.Shown && r.ShownUntil > s.now() {
				until = r.ShownUntil
			}
			if out[i].Reason = reason(out[i].State, out[i].Store.Brief, until); out[i].Reason == Visible {
				out[i].Until = clock.Time(until)
			}
		}
		return nil
	})
	return out, next, err
}

// List is a page of the storefronts that are seen, newest first. Error: db.ErrInvalidCursor.
func (s *Service) List(ctx context.Context, page web.PageParams) (out []Storefront, next string, err error) {
	err = s.db.Read(ctx, "storefront.list", func(ctx context.Context, tx db.Tx) error {
		rows, after, err := db.QueryList(ctx, tx, shownList, db.ListQuery{Filters: map[string]any{"now": s.now()}, Limit: page.Limit, Cursor: page.Cursor},
			func(r db.Scanner) (x storefrontdb.Storefront, err error) {
				err = r.Scan(&x.ID, &x.PublicID, &x.StoreID, &x.State, &x.Hours, &x.ShownUntil, &x.CreatedAt, &x.UpdatedAt)
				return x, err
			})
		if err != nil {
			return err
		}
		next = after
		out, err = s.complete(ctx, tx, rows)
		for i := range out {
			out[i].Reason, out[i].Until = Visible, clock.Time(rows[i].ShownUntil)
		}
		return err
	})
	return out, next, err
}

// complete adds stores, postal codes and ratings, by one query each.
func (s *Service) complete(ctx context.Context, tx db.Tx, rows []storefrontdb.Storefront) ([]Storefront, error) {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.StoreID
	}
	stores, err := s.stores.Profiles(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	places, err := s.rates.PlacesOf(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	ratings, err := s.stores.Ratings(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Storefront, len(rows))
	for i, r := range rows {
		out[i] = storefrontOf(r, stores[r.StoreID])
		out[i].Places = places[r.StoreID]
		out[i].Rating = ratings[r.StoreID]
	}
	return out, nil
}

// Find is a storefront as everybody sees it, by its store's slug or id. Error: ErrNotFound, while it is not seen.
func (s *Service) Find(ctx context.Context, name string) (out Storefront, err error) {
	get := s.stores.BySlug
	if strings.HasPrefix(name, "sto_") {
		get = s.stores.Get
	}
	seen, err := get(ctx, web.Caller{}, name)
	if errors.Is(err, store.ErrStoreNotFound) {
		return out, ErrNotFound
	}
	if err != nil {
		return out, err
	}
	out, err = s.of(ctx, seen.Brief)
	if err == nil && out.Reason != Visible {
		err = ErrNotFound
	}
	return out, err
}

func (s *Service) of(ctx context.Context, b store.Brief) (out Storefront, err error) {
	err = s.db.Read(ctx, "storefront.get", func(ctx context.Context, tx db.Tx) error {
		row, err := storefrontdb.New(tx).OfStore(ctx, b.ID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, []storefrontdb.Storefront{row})
		if err != nil {
			return err
		}
		until, err := s.plans.Until(ctx, tx, b.ID)
		out = list[0]
		out.Reason = reason(out.State, out.Store.Brief, until)
		if out.Reason == Visible {
			out.Until = clock.Time(until)
		}
		return err
	})
	return out, err
}

// Of are the storefronts of these stores that are seen, by the store's key.
func (s *Service) Of(ctx context.Context, stores []int64) (out map[int64]Storefront, err error) {
	err = s.db.Read(ctx, "storefront.of", func(ctx context.Context, tx db.Tx) error {
		rows, err := storefrontdb.New(tx).OfStores(ctx, stores, s.now())
		if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, rows)
		out = make(map[int64]Storefront, len(list))
		for _, f := range list {
			out[f.Store.Brief.ID] = f
		}
		return err
	})
	return out, err
}

// Own is a store's storefront for its people and admins, seen or not. Errors: ErrNotFound; store.Require's.
func (s *Service) Own(ctx context.Context, caller web.Caller, storeID string) (out Storefront, err error) {
	var b store.Brief
	err = s.db.Read(ctx, "storefront.own", func(ctx context.Context, tx db.Tx) error {
		b, err = s.stores.Require(ctx, tx, caller, storeID, store.View)
		return err
	})
	if err != nil {
		return out, err
	}
	return s.of(ctx, b)
}

// Rates are what a storefront's store buys, a page of it; at one postal code only unless that is "".
// Errors: ErrNotFound, rate.ErrPostalCode, db.ErrInvalidCursor.
func (s *Service) Rates(ctx context.Context, name, postalCode string, page web.PageParams) (list []rate.Rate, next string, err error) {
	f, err := s.Find(ctx, name)
	if err != nil {
		return nil, "", err
	}
	return s.rates.Own(ctx, web.Caller{}, f.Store.PublicID, postalCode, page.Limit, page.Cursor)
}

// Address is where people reach a storefront; "" in a market without a public address.
func (s *Service) Address(f Storefront) string { return s.stores.Address(f.Store.Profile.Slug) }
