package inventory

import (
	"context"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ShelfLine is the stock of one variant in the list of its store.
type ShelfLine struct {
	Variant      string
	Product      string
	Title        string
	VariantTitle string
	SKU          string
	Level        Level
	LowAt        int64
	OwnLowAt     *int64 // nil: its store's
	State        string // fine, low, out

	key int64
}

// ShelfQuery asks for a page of a store's stock. State "low" is what is low, what ran out included; "out" is what ran
// out; "" is all that is counted. SKU is how the SKU begins.
type ShelfQuery struct {
	State  string
	SKU    string
	Limit  int
	Cursor string
}

// A list for each state, because each has an index of its own: what is low is little among much.
var shelfLists = map[string]*db.List{
	"":    shelfList("inventory.stock", "k.mark <> ''", "stock_store"),
	"low": shelfList("inventory.low_stock", "k.mark IN ('low', 'out')", "stock_store_low"),
	"out": shelfList("inventory.out_of_stock", "k.mark = 'out'", "stock_store_out"),
}

func shelfList(name, where, index string) *db.List {
	return db.DefineList(db.List{
		Name: name, Select: "SELECT k.variant_id, k.sku, k.available, k.reserved, k.low_at, k.own_low_at, k.mark", From: "FROM stock k", Where: where,
		Filters: []db.Filter{
			{Name: "store", SQL: "k.store_id = ?", Type: db.Int},
			{Name: "sku_from", SQL: "k.sku >= ?", Type: db.Text},
			{Name: "sku_to", SQL: "k.sku < ?", Type: db.Text},
		},
		Sorts: []db.Sort{{Name: "sku", Keys: []db.SortKey{{Column: "k.sku", Type: db.Text}, {Column: "k.variant_id", Type: db.Int}}}},
		Combos: []db.Combo{
			{Filters: []string{"store"}, Sort: "sku", Index: index},
			{Filters: []string{"store", "sku_from", "sku_to"}, Sort: "sku", Index: index},
		},
	})
}

// Shelf is a page of a store's stock by SKU, for its people.
func (s *Service) Shelf(ctx context.Context, caller web.Caller, storeID string, in ShelfQuery) (items []ShelfLine, next string, err error) {
	list, ok := shelfLists[in.State]
	if !ok {
		return nil, "", db.ErrUnsupportedFilter
	}
	err = s.db.Read(ctx, "inventory.shelf", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Stock)
		if err != nil {
			return err
		}
		filters := map[string]any{"store": b.ID}
		if in.SKU != "" {
			filters["sku_from"], filters["sku_to"] = in.SKU, in.SKU+string(utf8.MaxRune)
		}
		items, next, err = db.QueryList(ctx, tx, list, db.ListQuery{Filters: filters, Limit: in.Limit, Cursor: in.Cursor}, func(r db.Scanner) (l ShelfLine, err error) {
			err = r.Scan(&l.key, &l.SKU, &l.Level.Available, &l.Level.Reserved, &l.LowAt, &l.OwnLowAt, &l.State)
			return l, err
		})
		if err != nil {
			return err
		}
		ids := make([]int64, len(items))
		for i, l := range items {
			ids[i] = l.key
		}
		names, err := s.catalog.SellablesByID(ctx, tx, ids)
		if err != nil {
			return err
		}
		for i := range items {
			l, v := &items[i], names[items[i].key]
			l.Variant, l.Product, l.Title, l.VariantTitle = v.Variant, v.Product, v.Title, v.VariantTitle
		}
		return nil
	})
	return items, next, err
}
