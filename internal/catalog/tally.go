package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// What is counted of the products of a place.
const (
	facetAll     = "all"
	facetStore   = "store"
	facetBrand   = "brand"
	facetPrice   = "price"
	facetInStock = "in_stock"
	facetOnSale  = "on_sale"
)

// tally is what one visible product counts as.
type tally struct {
	Places  []int64 `json:"p"` // the market and its categories
	Store   string  `json:"s"`
	Brand   string  `json:"b"`
	Band    int64   `json:"c"`
	InStock bool    `json:"i"`
	OnSale  bool    `json:"o"`
	label   string
}

// counter is one figure that products are counted in.
type counter struct {
	place        int64
	facet, value string
}

// counters are the figures in which the product counts.
func (t tally) counters() (out []counter) {
	for _, p := range t.Places {
		out = append(out, counter{p, facetAll, ""}, counter{p, facetStore, t.Store}, counter{p, facetPrice, bandValue(t.Band)})
		if t.Brand != "" {
			out = append(out, counter{p, facetBrand, t.Brand})
		}
		if t.InStock {
			out = append(out, counter{p, facetInStock, ""})
		}
		if t.OnSale {
			out = append(out, counter{p, facetOnSale, ""})
		}
	}
	return out
}

// band is the lower end of the price band of an amount: 0, 1, 2, 5, 10, 20, 50 and so on, in minor units.
func band(price int64) int64 {
	low := int64(0)
	for unit := int64(1); unit <= price; unit *= 10 {
		low = unit
		for _, step := range []int64{2, 5} {
			if step*unit <= price {
				low = step * unit
			}
		}
	}
	return low
}

// bandEnd is where the band that begins at low ends.
func bandEnd(low int64) int64 {
	switch first := strconv.FormatInt(low, 10)[0]; first {
	case '0':
		return 1
	case '2':
		return low / 2 * 5
	default: // 1 and 5
		return low * 2
	}
}

func bandValue(low int64) string { return fmt.Sprintf("%014d", low) }

// tallies are what products count as now; one that is not visible is missing.
func tallies(ctx context.Context, q *catalogdb.Queries, products []int64) (map[int64]tally, error) {
	rows, err := q.ListingsToTally(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("listings: %w", err)
	}
	listings := make([]catalogdb.ListingsToPlaceRow, len(rows))
	for i, r := range rows {
		listings[i] = catalogdb.ListingsToPlaceRow{CategoryID: r.CategoryID}
	}
	above, err := categoriesAbove(ctx, q, listings)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]tally, len(rows))
	for _, r := range rows {
		if !r.Visible {
			continue
		}
		t := tally{Places: []int64{wholeMarket}, Store: strconv.FormatInt(r.StoreID, 10), Brand: r.BrandKey, Band: band(r.PriceFrom), InStock: r.InStock, OnSale: r.OnSale, label: r.Brand}
		for _, c := range above[deref(r.CategoryID)] {
			t.Places = append(t.Places, categoryPlace(c))
		}
		slices.Sort(t.Places)
		out[r.ProductID] = t
	}
	return out, nil
}

// count takes products out of the figures in which they counted and counts them as they are now.
func (s *Service) count(ctx context.Context, tx db.Tx, products []int64) error {
	q := catalogdb.New(tx)
	now, err := tallies(ctx, q, products)
	if err != nil {
		return err
	}
	before, err := q.Tallies(ctx, products)
	if err != nil {
		return fmt.Errorf("tallies: %w", err)
	}
	change, labels := map[counter]int64{}, map[counter]string{}
	add := func(t tally, n int64) {
		for _, c := range t.counters() {
			change[c] += n
			if n > 0 && c.facet == facetBrand {
				labels[c] = t.label
			}
		}
	}
	var rows []catalogdb.PutTalliesParams
	var gone []int64
	old := map[int64]string{}
	for _, b := range before {
		var t tally
		if err := json.Unmarshal([]byte(b.Tally), &t); err != nil {
			return fmt.Errorf("tally of %d: %w", b.ProductID, err)
		}
		old[b.ProductID] = b.Tally
		add(t, -1)
		if _, ok := now[b.ProductID]; !ok {
			gone = append(gone, b.ProductID)
		}
	}
	for id, t := range now {
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		add(t, 1)
		if old[id] != string(text) {
			rows = append(rows, catalogdb.PutTalliesParams{ProductID: id, Tally: string(text)})
		}
	}
	if len(gone) > 0 {
		if err := q.DropTallies(ctx, gone); err != nil {
			return fmt.Errorf("tallies: %w", err)
		}
	}
	if len(rows) > 0 {
		if err := firstError(q.PutTallies(ctx, rows)); err != nil {
			return fmt.Errorf("tallies: %w", err)
		}
	}
	return addFacets(ctx, q, change, labels)
}

// addFacets brings changes to the figures, in one order.
func addFacets(ctx context.Context, q *catalogdb.Queries, change map[counter]int64, labels map[counter]string) error {
	var rows []catalogdb.AddFacetsParams
	var empty []catalogdb.DropEmptyFacetsParams
	for c, n := range change {
		if n == 0 {
			continue
		}
		rows = append(rows, catalogdb.AddFacetsParams{Place: c.place, Facet: c.facet, Value: c.value, Label: labels[c], N: n})
		if n < 0 {
			empty = append(empty, catalogdb.DropEmptyFacetsParams{Place: c.place, Facet: c.facet, Value: c.value})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b catalogdb.AddFacetsParams) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Facet, b.Facet), cmp.Compare(a.Value, b.Value))
	})
	err := firstError(q.AddFacets(ctx, rows))
	if err == nil && len(empty) > 0 {
		err = firstError(q.DropEmptyFacets(ctx, empty))
	}
	if err != nil {
		return fmt.Errorf("facets: %w", err)
	}
	return nil
}
