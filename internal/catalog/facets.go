package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
)

// maxFacetValues is how many brands and stores are shown: those with the most products.
const maxFacetValues = 20

// maxCandidates is how many products of a narrowed list are counted.
const maxCandidates = 2000

// Facets say how many products of a list are of which kind.
type Facets struct {
	Approximate bool // counted among the newest 2000 that match, and there are more
	Categories  []CategoryCount
	Brands      []ValueCount
	Stores      []ValueCount
	Prices      []PriceCount
	InStock     int64
	OnSale      int64
}

// CategoryCount is a category right below the one that is looked at.
type CategoryCount struct {
	CategoryBrief
	Count int64
}

// ValueCount is a brand or a store.
type ValueCount struct {
	ID, Name string
	Count    int64
}

// PriceCount is a band of prices: from the first and below the second, in minor units.
type PriceCount struct{ From, To, Count int64 }

// children are the categories right below one; nil is the top.
func (t tree) children(of *int64) (out []catalogdb.Category) {
	for _, c := range t.rows {
		if deref(c.ParentID) == deref(of) {
			out = append(out, c)
		}
	}
	return out
}

// countedFacets are those of the whole market or of a category, from the figures that are kept.
func (s *Service) countedFacets(ctx context.Context, tx db.Tx, place int64) (*Facets, error) {
	q := catalogdb.New(tx)
	f := &Facets{Categories: []CategoryCount{}}
	t, err := readTree(ctx, tx)
	if err != nil {
		return nil, err
	}
	var of *int64
	if isCategoryPlace(place) {
		id := place >> 2
		of = &id
	}
	below := t.children(of)
	places := make([]int64, len(below))
	for i, c := range below {
		places[i] = categoryPlace(c.ID)
	}
	counts, err := q.PlaceCounts(ctx, places)
	if err != nil {
		return nil, fmt.Errorf("facets: %w", err)
	}
	for _, c := range below {
		for _, n := range counts {
			if n.Place == categoryPlace(c.ID) && n.N > 0 {
				f.Categories = append(f.Categories, CategoryCount{CategoryBrief{c.PublicID, c.Slug, c.Name}, n.N})
			}
		}
	}
	if f.Brands, err = topValues(ctx, q, place, facetBrand); err != nil {
		return nil, err
	}
	if f.Stores, err = s.topStores(ctx, tx, place); err != nil {
		return nil, err
	}
	bands, err := q.FacetValues(ctx, place, facetPrice, 100)
	if err != nil {
		return nil, fmt.Errorf("facets: %w", err)
	}
	for _, b := range bands {
		low, err := strconv.ParseInt(b.Value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("facets: %w", err)
		}
		f.Prices = append(f.Prices, PriceCount{low, bandEnd(low), b.N})
	}
	if f.InStock, err = one(ctx, q, place, facetInStock, ""); err != nil {
		return nil, err
	}
	f.OnSale, err = one(ctx, q, place, facetOnSale, "")
	return f, err
}

func topValues(ctx context.Context, q *catalogdb.Queries, place int64, facet string) ([]ValueCount, error) {
	rows, err := q.FacetTop(ctx, place, facet, maxFacetValues)
	if err != nil {
		return nil, fmt.Errorf("facets: %w", err)
	}
	out := make([]ValueCount, len(rows))
	for i, r := range rows {
		out[i] = ValueCount{r.Value, r.Label, r.N}
	}
	return out, nil
}

// topStores names the stores, which are counted by their keys.
func (s *Service) topStores(ctx context.Context, tx db.Tx, place int64) ([]ValueCount, error) {
	out, err := topValues(ctx, catalogdb.New(tx), place, facetStore)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(out))
	for i, v := range out {
		if ids[i], err = strconv.ParseInt(v.ID, 10, 64); err != nil {
			return nil, fmt.Errorf("facets: %w", err)
		}
	}
	briefs, err := s.stores.Briefs(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("stores: %w", err)
	}
	for i, id := range ids {
		out[i].ID, out[i].Name = briefs[id].PublicID, briefs[id].Name
	}
	return out, nil
}

// one is a figure; 0 when nothing was counted in it.
func one(ctx context.Context, q *catalogdb.Queries, place int64, facet, value string) (int64, error) {
	n, err := q.FacetCount(ctx, place, facet, value)
	if err != nil || len(n) == 0 {
		return 0, err
	}
	return n[0], nil
}

// facetsOf counts listings one by one.
func (s *Service) facetsOf(ctx context.Context, tx db.Tx, listings []Listing, category int64, capped bool) (*Facets, error) {
	t, err := readTree(ctx, tx)
	if err != nil {
		return nil, err
	}
	var of *int64
	if category != 0 {
		of = &category
	}
	f := &Facets{Approximate: capped, Categories: []CategoryCount{}}
	categories, bands := map[int64]int64{}, map[int64]int64{}
	brands, stores := map[string]*ValueCount{}, map[string]*ValueCount{}
	add := func(in map[string]*ValueCount, id, name string) {
		if in[id] == nil {
			in[id] = &ValueCount{ID: id, Name: name}
		}
		in[id].Count++
	}
	for _, l := range listings {
		if l.categoryID != nil {
			categories[t.branch(*l.categoryID, of)]++
		}
		bands[band(l.PriceFrom)]++
		if l.brandKey != "" {
			add(brands, l.brandKey, l.Brand)
		}
		add(stores, l.Store, l.StoreName)
		if l.InStock {
			f.InStock++
		}
		if l.OnSale {
			f.OnSale++
		}
	}
	for _, c := range t.children(of) {
		if n := categories[c.ID]; n > 0 {
			f.Categories = append(f.Categories, CategoryCount{CategoryBrief{c.PublicID, c.Slug, c.Name}, n})
		}
	}
	for low, n := range bands {
		f.Prices = append(f.Prices, PriceCount{low, bandEnd(low), n})
	}
	slices.SortFunc(f.Prices, func(a, b PriceCount) int { return cmp.Compare(a.From, b.From) })
	f.Brands, f.Stores = most(brands), most(stores)
	return f, nil
}

// branch is the category right below another under which a category stands; 0 for none.
func (t tree) branch(id int64, of *int64) int64 {
	for n := 0; n <= maxDepth && id != 0; n++ {
		c := t.byID[id]
		if deref(c.ParentID) == deref(of) {
			return id
		}
		id = deref(c.ParentID)
	}
	return 0
}

// most are the values with the highest counts.
func most(in map[string]*ValueCount) []ValueCount {
	out := make([]ValueCount, 0, len(in))
	for _, v := range in {
		out = append(out, *v)
	}
	slices.SortFunc(out, func(a, b ValueCount) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.ID, a.ID)) })
	return out[:min(len(out), maxFacetValues)]
}
