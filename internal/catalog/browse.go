package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// Wanted is what a shopper looks for. What is empty is not asked for.
type Wanted struct {
	Query    string // words
	Category string // public id, with all that is below it
	Store    string // public id
	Brand    string
	InStock  bool // only what can be bought now
	OnSale   bool // only what a discount lowers
	PriceMin *int64
	PriceMax *int64
	Sort     string // "" = relevance with words, newest without
	Facets   bool
	Limit    int
	Cursor   string

	brandKey string             // of Brand, made once
	found    catalogdb.Category // that Category names
}

// Found is a page of what somebody looked for.
type Found struct {
	Items  []Listing
	Next   string
	Total  *Total  // nil: not counted
	Facets *Facets // nil: not asked for
	Words  *Words  // nil: nothing was searched for
}

// Total is how many there are.
type Total struct {
	Count  int64
	Capped bool // there are more
}

// The orders of what buyers see.
const (
	sortRelevance = "relevance"
	sortNewest    = "newest"
	sortPrice     = "price"
	sortDearest   = "-price"
	sortTitle     = "title"
	sortPopular   = "popular"
	sortDiscount  = "discount"
)

// placeSorts are the columns that each order goes by, beside the product's key.
var placeSorts = []db.Sort{
	{Name: sortNewest, Desc: true, Keys: []db.SortKey{{Column: "s.published_at", Type: db.Int}, placedKey}},
	{Name: sortPrice, Keys: []db.SortKey{{Column: "s.price", Type: db.Int}, placedKey}},
	{Name: sortDearest, Desc: true, Keys: []db.SortKey{{Column: "s.price", Type: db.Int}, placedKey}},
	{Name: sortTitle, Keys: []db.SortKey{{Column: "s.title_key", Type: db.Text}, placedKey}},
	{Name: sortPopular, Desc: true, Keys: []db.SortKey{{Column: "s.sold", Type: db.Int}, placedKey}},
}

var placedKey = db.SortKey{Column: "s.product_id", Type: db.Int}

var placeFilters = []db.Filter{
	{Name: "place", SQL: "s.place = ?", Type: db.Int},
	{Name: "price_min", SQL: "s.price >= ?", Type: db.Int},
	{Name: "price_max", SQL: "s.price <= ?", Type: db.Int},
	{Name: "also", SQL: inPlace, Type: db.Int},
	{Name: "within", SQL: inPlace, Type: db.Int},
}

// inPlace tests a place more: as "also" on each row as it comes, which bounds how many are looked at; as "within" before
// its listing is looked up, where the first place is so small that all of it may be looked at.
const inPlace = "EXISTS (SELECT 1 FROM listing_places a WHERE a.product_id = s.product_id AND a.place = ?)"

const placedFrom = "FROM listing_places s JOIN listings l ON l.product_id = s.product_id"

// placedList is what buyers leaf through: the products of one place. A place more, and all that the rows themselves
// say, is tested on the rows.
var placedList = db.DefineList(db.List{
	Name: "catalog.placed", Select: listingColumns, From: placedFrom, Filters: placeFilters, Sorts: placeSorts,
	Combos: placedCombos(),
})

// reducedList is the same for the order by discount, which holds only what is lowered.
var reducedList = db.DefineList(db.List{
	Name: "catalog.reduced", Select: listingColumns, From: placedFrom, Where: "s.discount > 0", Filters: placeFilters,
	Sorts: []db.Sort{{Name: sortDiscount, Desc: true, Keys: []db.SortKey{{Column: "s.discount", Type: db.Int}, placedKey}}},
	Combos: []db.Combo{
		{Filters: []string{"place"}, Sort: sortDiscount, Index: "listing_places_discount"},
		{Filters: []string{"place"}, Post: []string{"also"}, Sort: sortDiscount, Index: "listing_places_discount"},
		{Filters: []string{"place", "within"}, Sort: sortDiscount, Index: "listing_places_discount"},
	},
})

// placedCombos offers every order for a place, alone and with another place beside it. The orders by price are served a
// range of prices by their index.
func placedCombos() (out []db.Combo) {
	add := func(sort, index string, filters ...string) {
		out = append(out,
			db.Combo{Filters: filters, Sort: sort, Index: index},
			db.Combo{Filters: filters, Post: []string{"also"}, Sort: sort, Index: index},
			db.Combo{Filters: append(slices.Clip(filters), "within"), Sort: sort, Index: index})
	}
	add(sortNewest, "listing_places_newest", "place")
	add(sortTitle, "listing_places_title", "place")
	add(sortPopular, "listing_places_popular", "place")
	for _, sort := range []string{sortPrice, sortDearest} {
		add(sort, "listing_places_price", "place")
		add(sort, "listing_places_price", "place", "price_min")
		add(sort, "listing_places_price", "place", "price_max")
		add(sort, "listing_places_price", "place", "price_min", "price_max")
	}
	return out
}

// keeps says whether a listing is one of those looked for; where it stands was asked before.
func (w *Wanted) keeps(l *Listing) bool {
	return l.Visible && (!w.InStock || l.InStock) && (!w.OnSale || l.OnSale) && (w.Store == "" || l.Store == w.Store) &&
		(w.Brand == "" || l.brandKey == w.brandKey) &&
		(w.PriceMin == nil || l.PriceFrom >= *w.PriceMin) && (w.PriceMax == nil || l.PriceFrom <= *w.PriceMax)
}

// plain says whether nothing narrows the list but its place.
func (w *Wanted) plain() bool {
	return !w.InStock && !w.OnSale && w.PriceMin == nil && w.PriceMax == nil
}

// Visible is Browse for a store and a category.
func (s *Service) Visible(ctx context.Context, storeID, category, sort string, limit int, cursor string) (items []Listing, next string, err error) {
	found, err := s.Browse(ctx, Wanted{Store: storeID, Category: category, Sort: sort, Limit: limit, Cursor: cursor})
	return found.Items, found.Next, err
}

// Browse is a page of what can be bought. Every combination is offered in every order, save that relevance needs words.
// A store or a brand that does not exist has nothing in it. Errors: ErrCategoryNotFound, db.ErrUnsupportedFilter,
// db.ErrInvalidCursor.
func (s *Service) Browse(ctx context.Context, w Wanted) (out Found, err error) {
	if w.Sort == sortRelevance && w.Query == "" {
		return out, db.ErrUnsupportedFilter.Sayf("The order by relevance needs words to search for: give q, or one of newest, price, -price, title, popular, discount.")
	}
	w.Limit, w.brandKey = min(max(w.Limit, 1), 100), sortKey(w.Brand)
	err = s.db.Read(ctx, "catalog.list", func(ctx context.Context, tx db.Tx) error {
		var err error
		if w.Query != "" {
			out, err = s.find(ctx, tx, w)
		} else {
			out, err = s.leaf(ctx, tx, &w)
		}
		if err != nil {
			return err
		}
		return s.nameCategories(ctx, tx, out.Items, w.found)
	})
	return out, err
}

// leaf is a page of a list without words.
func (s *Service) leaf(ctx context.Context, tx db.Tx, w *Wanted) (out Found, err error) {
	category, err := categoryWanted(ctx, tx, w)
	if err != nil {
		return out, err
	}
	in, err := placesWanted(ctx, tx, w, category)
	if err != nil {
		return out, err
	}
	if out.Items, out.Next, err = s.browse(ctx, tx, w, in); err != nil {
		return out, err
	}
	counted := w.plain() && w.Store == "" && w.Brand == "" && w.Sort != sortDiscount
	if counted {
		n, err := one(ctx, catalogdb.New(tx), in.places[0], facetAll, "")
		if err != nil {
			return out, err
		}
		out.Total = &Total{Count: n}
	}
	switch {
	case !w.Facets:
	case counted:
		out.Facets, err = s.countedFacets(ctx, tx, in.places[0])
	default:
		err = s.countSome(ctx, tx, *w, in, category, &out)
	}
	return out, err
}

// countSome counts what a narrowed list holds among the first rows of its place.
func (s *Service) countSome(ctx context.Context, tx db.Tx, w Wanted, in stands, category int64, out *Found) error {
	var list []Listing
	w.Limit, w.Cursor = 100, ""
	for len(list) < maxCandidates {
		items, next, err := s.browse(ctx, tx, &w, in)
		if err != nil {
			return err
		}
		list, w.Cursor = append(list, items...), next
		if next == "" || len(items) < w.Limit {
			break
		}
	}
	out.Total = &Total{Count: int64(len(list)), Capped: w.Cursor != ""}
	facets, err := s.facetsOf(ctx, tx, list, category, out.Total.Capped)
	out.Facets = facets
	return err
}

// fewRows is what a place is small by: all of it can be looked at for one page.
const fewRows = 1000

// stands are the places that a listing must stand in. The rows of the first are gone through.
type stands struct {
	places []int64
	few    bool // whether the first was found to be small
}

// placesWanted are the places that a wish names. The first, whose rows are gone through, is one that is small where
// there is one.
func placesWanted(ctx context.Context, tx db.Tx, w *Wanted, category int64) (stands, error) {
	var places []int64
	if w.Store != "" {
		places = append(places, storePlace(w.Store))
	}
	if w.Brand != "" {
		places = append(places, brandPlace(w.brandKey))
	}
	if category != 0 {
		places = append(places, categoryPlace(category))
	}
	switch len(places) {
	case 0:
		return stands{places: []int64{wholeMarket}}, nil
	case 1:
		return stands{places: places}, nil
	}
	for i, p := range places {
		n, err := catalogdb.New(tx).PlaceSize(ctx, p, fewRows)
		if err != nil {
			return stands{}, fmt.Errorf("size of place: %w", err)
		}
		if n < fewRows {
			places[0], places[i] = places[i], places[0]
			return stands{places, true}, nil
		}
	}
	return stands{places: places}, nil
}

// browse reads a page of the first place's products, of those that the other places and the wish keep.
func (s *Service) browse(ctx context.Context, tx db.Tx, w *Wanted, in stands) ([]Listing, string, error) {
	list, filters := placedList, map[string]any{"place": in.places[0]}
	switch w.Sort {
	case sortDiscount:
		list = reducedList
	case sortPrice, sortDearest:
		if w.PriceMin != nil {
			filters["price_min"] = *w.PriceMin
		}
		if w.PriceMax != nil {
			filters["price_max"] = *w.PriceMax
		}
	}
	for _, p := range in.places[1:] {
		switch {
		case !isCategoryPlace(p): // the listing itself says it
		case in.few:
			filters["within"] = p
		default:
			filters["also"] = p
		}
	}
	scan := scanListings
	if !w.plain() || w.Store != "" || w.Brand != "" {
		scan = w.scanWanted
	}
	items, next, err := db.QueryListKeep(ctx, tx, list, db.ListQuery{Filters: filters, Sort: w.Sort, Limit: w.Limit, Cursor: w.Cursor}, scan(), func(l Listing) bool { return w.keeps(&l) })
	if err != nil {
		return nil, "", fmt.Errorf("browse: %w", err)
	}
	return items, next, nil
}
