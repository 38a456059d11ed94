package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
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

// pastDiscounts are the newest discounts that reached a product where it stands now.
func (s *Service) pastDiscounts(ctx context.Context, tx db.Tx, p catalogdb.Product) ([]Discount, error) {
	now := s.now()
	rows, err := catalogdb.New(tx).PastOffers(ctx, place{p.StoreID, p.ID, p.CategoryID}.keys(), now)
	if err != nil {
		return nil, err
	}
	out := []Discount{}
	for _, r := range rows {
		if r.OnlyStore != 0 && r.OnlyStore != p.StoreID {
			continue
		}
		out = append(out, Discount{
			ID: r.PublicID, Title: r.Title, Kind: DiscountKind(r.Kind), Value: r.Value, Currency: money.Currency(r.Currency), PaidBy: Payer(r.PaidBy),
			State: stateAt(catalogdb.Discount{State: r.State, StartsAt: r.StartsAt, EndsAt: r.EndsAt}, now), From: clock.Time(r.StartsAt), To: endOf(r.EndsAt),
		})
	}
	return out, nil
}

// Prices is a page of a product's price history, for the store's people: it names who changed what. Beside it
// stand the discounts that lowered them for a time.
func (s *Service) Prices(ctx context.Context, caller web.Caller, product string, limit int, cursor string) (items []PriceChange, discounts []Discount, next string, err error) {
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
		if err != nil {
			return err
		}
		discounts, err = s.pastDiscounts(ctx, tx, p)
		return err
	})
	return items, discounts, next, err
}
