package catalog

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// A visible product stands under several places, each a number: the market, its category and all above it, its store,
// its brand. A store and a brand are numbered by a hash of their name, so that no table is asked for it; whoever reads
// looks at the listing too.
const wholeMarket = 0

func categoryPlace(id int64) int64     { return id<<2 | 1 }
func storePlace(publicID string) int64 { return hash(publicID)<<2 | 2 }
func brandPlace(key string) int64      { return hash(key)<<2 | 3 }
func isCategoryPlace(place int64) bool { return place&3 == 1 }
func discountOf(was, price int64) int64 { // hundredths of a percent
	if was <= price {
		return 0
	}
	return (was - price) * 10_000 / was
}

func hash(s string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return int64(h.Sum64() >> 3) //nolint:gosec // 61 bits
}

// spread brings everything that is derived of products' listings in line with them, in the transaction that changed
// them: whether they are in stock, and the places where they stand. What is counted and searched follows from behind.
func (s *Service) spread(ctx context.Context, tx db.Tx, products []int64) error {
	if len(products) == 0 {
		return nil
	}
	if _, err := s.restock(ctx, tx, products, false); err != nil {
		return err
	}
	if err := s.place(ctx, tx, products); err != nil {
		return err
	}
	return s.noteChanges(ctx, tx, products)
}

// place writes the places of products anew, as far as they differ.
func (s *Service) place(ctx context.Context, tx db.Tx, products []int64) error {
	q := catalogdb.New(tx)
	rows, gone, err := misplaced(ctx, q, products)
	if err == nil && len(gone) > 0 {
		err = firstError(q.DropPlaces(ctx, gone))
	}
	if err == nil && len(rows) > 0 {
		err = firstError(q.PutPlaces(ctx, rows))
	}
	if err != nil {
		return fmt.Errorf("places: %w", err)
	}
	return nil
}

// misplaced are the places that products should have and do not have so, and those that they have too many.
func misplaced(ctx context.Context, q *catalogdb.Queries, products []int64) (rows []catalogdb.PutPlacesParams, gone []catalogdb.DropPlacesParams, err error) {
	listings, err := q.ListingsToPlace(ctx, products)
	if err != nil {
		return nil, nil, err
	}
	above, err := categoriesAbove(ctx, q, listings)
	if err != nil {
		return nil, nil, err
	}
	there, err := q.PlacesOf(ctx, products)
	if err != nil {
		return nil, nil, err
	}
	type at struct{ product, place int64 }
	old := make(map[at]catalogdb.ListingPlace, len(there))
	for _, p := range there {
		old[at{p.ProductID, p.Place}] = p
	}
	for _, l := range listings {
		for _, place := range placesOf(l, above) {
			want := catalogdb.ListingPlace{
				ProductID: l.ProductID, Place: place, PublishedAt: l.PublishedAt, Price: l.PriceFrom, TitleKey: l.TitleKey, Sold: l.Sold,
				Discount: discountOf(l.PriceWas, l.PriceFrom),
			}
			key := at{l.ProductID, place}
			if old[key] != want {
				rows = append(rows, catalogdb.PutPlacesParams(want))
			}
			delete(old, key)
		}
	}
	for _, p := range there {
		if _, left := old[at{p.ProductID, p.Place}]; left {
			gone = append(gone, catalogdb.DropPlacesParams{ProductID: p.ProductID, Place: p.Place})
		}
	}
	return rows, gone, nil
}

// placesOf are the places where a product stands; none when it is not visible.
func placesOf(l catalogdb.ListingsToPlaceRow, above map[int64][]int64) []int64 {
	if !l.Visible {
		return nil
	}
	out := []int64{wholeMarket, storePlace(l.Store)}
	if l.BrandKey != "" {
		out = append(out, brandPlace(l.BrandKey))
	}
	for _, c := range above[deref(l.CategoryID)] {
		out = append(out, categoryPlace(c))
	}
	return out
}

// categoriesAbove gives each listing's category with all above it.
func categoriesAbove(ctx context.Context, q *catalogdb.Queries, listings []catalogdb.ListingsToPlaceRow) (map[int64][]int64, error) {
	var ids []int64
	for _, l := range listings {
		if l.CategoryID != nil && !slices.Contains(ids, *l.CategoryID) {
			ids = append(ids, *l.CategoryID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := q.CategoriesAbove(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("categories above: %w", err)
	}
	out := map[int64][]int64{}
	for _, r := range rows {
		out[r.ID] = append(out[r.ID], r.Above)
	}
	return out, nil
}

// StockTurned is told when variants came into stock or ran out of it. Their listings are locked, after the stock that
// turned: of two that take the last of two variants of a product, the second sees what the first left.
func (s *Service) StockTurned(ctx context.Context, tx db.Tx, variants []int64) error {
	if len(variants) == 0 {
		return nil
	}
	products, err := catalogdb.New(tx).ProductsOfVariants(ctx, variants)
	if err != nil {
		return fmt.Errorf("products: %w", err)
	}
	turned, err := s.restock(ctx, tx, products, true)
	if err != nil {
		return err
	}
	return s.noteChanges(ctx, tx, turned)
}

// restock writes whether products are in stock and says for which that is news. touch writes it also where it stays: whoever read the row before and
// writes another figure of stock into it then has to look again.
func (s *Service) restock(ctx context.Context, tx db.Tx, products []int64, touch bool) (turned []int64, err error) {
	q := catalogdb.New(tx)
	now, err := q.LockListings(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("lock listings: %w", err)
	}
	if len(now) == 0 { // not listed yet
		return nil, nil
	}
	in, err := s.stocked(ctx, tx, products)
	if err != nil {
		return nil, err
	}
	var rows []catalogdb.SetInStockParams
	for _, l := range now {
		news := l.InStock != in[l.ProductID]
		if news {
			turned = append(turned, l.ProductID)
		}
		if touch || news {
			rows = append(rows, catalogdb.SetInStockParams{InStock: in[l.ProductID], ProductID: l.ProductID})
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	if err := firstError(q.SetInStock(ctx, rows)); err != nil {
		return nil, fmt.Errorf("in stock: %w", err)
	}
	return turned, nil
}

// stocked says of which products something can be bought.
func (s *Service) stocked(ctx context.Context, tx db.Tx, products []int64) (map[int64]bool, error) {
	variants, err := catalogdb.New(tx).LiveVariants(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("variants: %w", err)
	}
	in := map[int64]bool{}
	var tracked []int64
	for _, v := range variants {
		if v.TrackStock {
			tracked = append(tracked, v.ID)
		} else {
			in[v.ProductID] = true
		}
	}
	if len(tracked) == 0 {
		return in, nil
	}
	available, err := s.shelf.Available(ctx, tx, tracked)
	if err != nil {
		return nil, err
	}
	for _, v := range variants {
		if v.TrackStock && available[v.ID] > 0 {
			in[v.ProductID] = true
		}
	}
	return in, nil
}

// noteChanges asks for what follows from behind.
func (s *Service) noteChanges(ctx context.Context, tx db.Tx, products []int64) error {
	if len(products) == 0 {
		return nil
	}
	if err := firstError(catalogdb.New(tx).InsertChanges(ctx, products)); err != nil {
		return fmt.Errorf("changes: %w", err)
	}
	s.jobs.Wake(followSweep)
	return nil
}

const (
	replaceKind  = "catalog.replace"
	replaceChunk = 200
)

// replaceWork goes through the products of a category.
type replaceWork struct {
	Place   int64 `json:"place"`
	AfterAt int64 `json:"after_at"`
	After   int64 `json:"after"`
}

// categoryMoved asks for new places and new words of all that stands in a category or below it.
func (s *Service) categoryMoved(ctx context.Context, tx db.Tx, id int64) error {
	if err := catalogdb.New(tx).BeginMove(ctx, id); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	return s.jobs.Enqueue(ctx, tx, job.New(replaceKind, replaceWork{Place: categoryPlace(id)}))
}

// replaceJob notes the products of a place as changed, in chunks. Those that come in meanwhile are placed by where the
// category is then, and noted by themselves.
func (s *Service) replaceJob(ctx context.Context, w replaceWork) error {
	for more := true; more; {
		next := w
		err := s.db.Write(ctx, replaceKind, func(ctx context.Context, tx db.Tx) error {
			q := catalogdb.New(tx)
			rows, err := q.ProductsInPlace(ctx, w.Place, w.AfterAt, w.After, replaceChunk)
			if err != nil {
				return fmt.Errorf("products: %w", err)
			}
			more = len(rows) == replaceChunk
			ids := make([]int64, len(rows))
			for i, r := range rows {
				ids[i], next.AfterAt, next.After = r.ProductID, r.PublishedAt, r.ProductID
			}
			if !more {
				if err := q.EndMove(ctx, w.Place>>2); err != nil {
					return fmt.Errorf("move: %w", err)
				}
			}
			return s.noteChanges(ctx, tx, ids)
		}, db.Bulk())
		if err != nil {
			return err
		}
		w = next
	}
	return nil
}

// Sold adds to how many units of products, by their public ids, were sold: what the order by popularity goes by.
func (s *Service) Sold(ctx context.Context, tx db.Tx, units map[string]int64) error {
	rows := make([]catalogdb.AddSoldParams, 0, len(units))
	for _, id := range slices.Sorted(maps.Keys(units)) {
		if units[id] != 0 {
			rows = append(rows, catalogdb.AddSoldParams{N: units[id], PublicID: id})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var products []int64
	var first error
	catalogdb.New(tx).AddSold(ctx, rows).QueryRow(func(_ int, id int64, err error) {
		if err != nil && first == nil {
			first = err
		}
		products = append(products, id)
	})
	if first != nil {
		return fmt.Errorf("sold: %w", first)
	}
	return s.place(ctx, tx, products)
}
