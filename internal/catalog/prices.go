package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// PriceChange is a line of a product's price history.
type PriceChange struct {
	Variant  string
	Old      *int64 // nil: the price that the variant began with
	New      int64
	Currency money.Currency
	Actor    string
	At       time.Time
}

var priceList = db.DefineList(db.List{
	Name:    "catalog.prices",
	Select:  "SELECT v.public_id, c.old_price, c.new_price, c.currency, c.actor, c.created_at",
	From:    "FROM price_changes c JOIN variants v ON v.id = c.variant_id",
	Filters: []db.Filter{{Name: "product", SQL: "c.product_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "c.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"product"}, Sort: "newest", Index: "price_changes_product"}},
})

// Prices is a page of a product's price history, for the store's people: it names who changed what.
func (s *Service) Prices(ctx context.Context, caller web.Caller, product string, limit int, cursor string) (items []PriceChange, next string, err error) {
	err = s.db.Read(ctx, "catalog.prices", func(ctx context.Context, tx db.Tx) error {
		p, _, err := s.readable(ctx, tx, caller, product)
		if err != nil {
			return err
		}
		if _, err := s.stores.RequireID(ctx, tx, caller, p.StoreID, store.View); err != nil {
			if errors.Is(err, store.ErrStoreNotFound) {
				return ErrProductNotFound
			}
			return err
		}
		items, next, err = db.QueryList(ctx, tx, priceList, db.ListQuery{Filters: map[string]any{"product": p.ID}, Limit: limit, Cursor: cursor},
			func(r db.Scanner) (c PriceChange, err error) {
				var at int64
				err = r.Scan(&c.Variant, &c.Old, &c.New, &c.Currency, &c.Actor, &at)
				c.At = clock.Time(at)
				return c, err
			})
		return err
	})
	return items, next, err
}
