package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search"
)

// rulePage is how many listings a rule looks at together.
const rulePage = 500

// eachListing walks all listings in pages.
func eachListing(ctx context.Context, tx db.Tx, f func(rows []catalogdb.ListingsAfterRow, products []int64) error) error {
	for after := int64(0); ; {
		rows, err := catalogdb.New(tx).ListingsAfter(ctx, after, rulePage)
		if err != nil {
			return fmt.Errorf("listings: %w", err)
		}
		if len(rows) == 0 {
			return nil
		}
		products := make([]int64, len(rows))
		for i, r := range rows {
			products[i] = r.ProductID
		}
		if err := f(rows, products); err != nil {
			return err
		}
		after = products[len(products)-1]
	}
}

func (s *Service) checkStock(ctx context.Context, tx db.Tx, report report) error {
	return eachListing(ctx, tx, func(rows []catalogdb.ListingsAfterRow, products []int64) error {
		in, err := s.stocked(ctx, tx, products)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.InStock != in[r.ProductID] {
				report("%s is listed as in stock %t and can be bought %t", r.PublicID, r.InStock, in[r.ProductID])
			}
		}
		return nil
	})
}

// behind are the products and categories that the sweep has still to look at.
func behind(ctx context.Context, tx db.Tx) (products map[int64]bool, categories []int64, err error) {
	q := catalogdb.New(tx)
	ids, err := q.ChangedProducts(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("changes: %w", err)
	}
	products = make(map[int64]bool, len(ids))
	for _, id := range ids {
		products[id] = true
	}
	moves, err := q.Moves(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("moves: %w", err)
	}
	for _, id := range moves {
		categories = append(categories, categoryPlace(id))
	}
	return products, categories, nil
}

// checkPlaces leaves out what follows a category that was moved a moment ago.
func (s *Service) checkPlaces(ctx context.Context, tx db.Tx, report report) error {
	pending, moving, err := behind(ctx, tx)
	if err != nil {
		return err
	}
	q := catalogdb.New(tx)
	return eachListing(ctx, tx, func(rows []catalogdb.ListingsAfterRow, products []int64) error {
		missing, gone, err := misplaced(ctx, q, products)
		if err != nil {
			return err
		}
		there, err := q.PlacesOf(ctx, products)
		if err != nil {
			return err
		}
		skip := pending
		if len(moving) > 0 {
			skip = make(map[int64]bool)
			for _, id := range products {
				skip[id] = pending[id]
			}
			for _, p := range there {
				skip[p.ProductID] = skip[p.ProductID] || slices.Contains(moving, p.Place)
			}
		}
		wrong := map[int64]bool{}
		for _, m := range missing {
			wrong[m.ProductID] = true
		}
		for _, g := range gone {
			wrong[g.ProductID] = true
		}
		for _, r := range rows {
			if wrong[r.ProductID] && !skip[r.ProductID] {
				report("%s does not stand where its listing says", r.PublicID)
			}
		}
		return nil
	})
}

// checkCounts compares what each product was counted as with what it is, and the figures with the sums.
func (s *Service) checkCounts(ctx context.Context, tx db.Tx, report report) error {
	pending, moving, err := behind(ctx, tx)
	if err != nil {
		return err
	}
	q := catalogdb.New(tx)
	sums := map[counter]int64{}
	err = eachListing(ctx, tx, func(rows []catalogdb.ListingsAfterRow, products []int64) error {
		now, err := tallies(ctx, q, products)
		if err != nil {
			return err
		}
		stored, err := q.Tallies(ctx, products)
		if err != nil {
			return err
		}
		was := make(map[int64]tally, len(stored))
		for _, r := range stored {
			var t tally
			if err := json.Unmarshal([]byte(r.Tally), &t); err != nil {
				return fmt.Errorf("tally of %d: %w", r.ProductID, err)
			}
			was[r.ProductID] = t
			for _, c := range t.counters() {
				sums[c]++
			}
		}
		for _, r := range rows {
			t, counted := was[r.ProductID]
			want, should := now[r.ProductID]
			moved := slices.ContainsFunc(t.Places, func(p int64) bool { return slices.Contains(moving, p) })
			if !pending[r.ProductID] && !moved && (counted != should || !slices.Equal(t.counters(), want.counters())) {
				report("%s is not counted as what it is", r.PublicID)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return checkSums(ctx, q, sums, report)
}

// checkSums compares the figures with the sums of what was counted.
func checkSums(ctx context.Context, q *catalogdb.Queries, sums map[counter]int64, report report) error {
	for last := (counter{place: -1}); ; {
		rows, err := q.FacetsAfter(ctx, last.place, last.facet, last.value, rulePage)
		if err != nil {
			return fmt.Errorf("facets: %w", err)
		}
		for _, r := range rows {
			last = counter{r.Place, r.Facet, r.Value}
			if sums[last] != r.N {
				report("place %d, %s %q: %d are counted, and %d there", r.Place, r.Facet, r.Value, r.N, sums[last])
			}
			delete(sums, last)
		}
		if len(rows) < rulePage {
			break
		}
	}
	for c, n := range sums {
		report("place %d, %s %q: %d are there and none is counted", c.place, c.facet, c.value, n)
	}
	return nil
}

// checkSearch compares the visible products with those in the index.
func (s *Service) checkSearch(ctx context.Context, tx db.Tx, report report) error {
	if _, under, err := rebuilding(ctx, catalogdb.New(tx)); under || err != nil {
		return err // not everything is in it again yet
	}
	pending, _, err := behind(ctx, tx)
	if err != nil {
		return err
	}
	known := map[int64]bool{}
	for after := int64(0); ; {
		ids, err := search.Known(ctx, tx, after, rulePage)
		if err != nil {
			return fmt.Errorf("index: %w", err)
		}
		if len(ids) == 0 {
			break
		}
		for _, id := range ids {
			known[id] = true
		}
		after = ids[len(ids)-1]
	}
	q := catalogdb.New(tx)
	for after := int64(0); ; {
		rows, err := q.VisibleAmong(ctx, after, rulePage)
		if err != nil {
			return fmt.Errorf("listings: %w", err)
		}
		for _, r := range rows {
			if after = r.ProductID; known[after] != r.Visible && !pending[after] {
				report("%s is visible %t and in the index %t", r.PublicID, r.Visible, known[after])
			}
			delete(known, after)
		}
		if len(rows) < rulePage {
			break
		}
	}
	for id := range known {
		report("product %d is in the index and not listed", id)
	}
	return nil
}
