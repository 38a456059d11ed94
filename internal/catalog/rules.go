package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/search"
	"github.com/haat-market/haat/internal/platform/verify"
)

// maxReports bounds what one rule reports: who finds a thousand has found enough.
const maxReports = 1000

type report = func(format string, args ...any)

// Rules are what must always hold of the catalogue.
func (s *Service) Rules() []verify.Rule {
	return append(search.Rules(), []verify.Rule{
		{Name: "catalog.listings", About: "each product has one listing, which says what the product says", Check: checkListings},
		{Name: "catalog.spans", About: "a listing's prices are those of now of the product's live variants: with the best discount that holds", Check: s.checkSpans},
		{Name: "catalog.visible", About: "buyers see exactly what is published, can be bought and stands in an open store", Check: s.checkVisible},
		{Name: "catalog.images", About: "a listing shows the product's first image, and a variant one of its product's", Check: checkImages},
		{Name: "catalog.stock", About: "a listing is in stock exactly if something of its product can be bought", Check: s.checkStock},
		{Name: "catalog.places", About: "a visible product stands under the market, its categories, its store and its brand, as its listing sorts", Check: s.checkPlaces},
		{Name: "catalog.counts", About: "products are counted as what they are, and the figures of the facets are their sums", Check: s.checkCounts},
		{Name: "catalog.search", About: "exactly the visible products are in the index of words", Check: s.checkSearch},
		{Name: "catalog.prices", About: "the last line of a variant's price history is its price", Check: checkPrices},
		{Name: "catalog.discounts", About: "exactly the discounts that have not ended can lower a price, and each waits for its next boundary", Check: checkDiscounts},
		{Name: "catalog.published", About: "a published product has a variant", Check: checkPublished},
	}...)
}

// found reports what a query found.
func found(report report, format string, ids []string, err error) error {
	for _, id := range ids {
		report(format, id)
	}
	return err
}

func checkListings(ctx context.Context, tx db.Tx, report report) error {
	q := catalogdb.New(tx)
	ids, err := q.ProductsWithoutListing(ctx, maxReports)
	if err := found(report, "%s has no listing", ids, err); err != nil {
		return err
	}
	ids, err = q.BrokenListings(ctx, maxReports)
	return found(report, "%s and its listing differ", ids, err)
}

// checkSpans computes the prices of every listing again. What a discount reaches that has just begun or ended is left
// out until its pass over the lists is through.
func (s *Service) checkSpans(ctx context.Context, tx db.Tx, report report) error {
	q := catalogdb.New(tx)
	moving, err := q.UnsettledTargets(ctx, s.now())
	if err != nil {
		return err
	}
	for after, reports := int64(0), 0; ; {
		rows, err := q.ListedPrices(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ProductID
		byCurrency := map[string][]place{}
		for _, r := range rows {
			byCurrency[r.Currency] = append(byCurrency[r.Currency], place{r.StoreID, r.ProductID, r.CategoryID})
		}
		right := map[int64]span{}
		for cur, places := range byCurrency {
			spans, err := s.spans(ctx, tx, cur, places)
			if err != nil {
				return err
			}
			maps.Copy(right, spans)
		}
		for _, r := range rows {
			is := span{r.VariantCount, r.PriceFrom, r.PriceTo, r.PriceWas, r.OnSale}
			here := place{r.StoreID, r.ProductID, r.CategoryID}
			if want := right[r.ProductID]; is != want && reports < maxReports &&
				(is.n != want.n || !slices.ContainsFunc(here.keys(), func(k string) bool { return slices.Contains(moving, k) })) {
				report("%s: the listing says %d variants from %d to %d, before %d; they are %d from %d to %d, before %d", r.PublicID,
					is.n, is.from, is.to, is.was, want.n, want.from, want.to, want.was)
				reports++
			}
		}
	}
}

func checkDiscounts(ctx context.Context, tx db.Tx, report report) error {
	q := catalogdb.New(tx)
	ids, err := q.EndedOpenTargets(ctx, maxReports)
	if err := found(report, "%s: whether it can lower a price is not what its state says", ids, err); err != nil {
		return err
	}
	ids, err = q.TimelessDiscounts(ctx, maxReports)
	return found(report, "%s does not wait for its next boundary", ids, err)
}

func (s *Service) checkVisible(ctx context.Context, tx db.Tx, report report) error {
	q := catalogdb.New(tx)
	ids, err := q.VisibleDrafts(ctx, maxReports)
	if err := found(report, "%s is visible and not for sale", ids, err); err != nil {
		return err
	}
	rows, err := q.ListingStores(ctx)
	if err != nil {
		return err
	}
	stores := make([]int64, len(rows))
	for i, r := range rows {
		stores[i] = r.StoreID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if b := briefs[r.StoreID]; r.Visible != sells(b) {
			report("store %s: %d listings such as %s are visible %t, the store sells %t", b.PublicID, r.Listings, r.Example, r.Visible, sells(b))
		}
	}
	return nil
}

func checkImages(ctx context.Context, tx db.Tx, report report) error {
	q := catalogdb.New(tx)
	ids, err := q.BrokenCovers(ctx, maxReports)
	if err := found(report, "%s: the listing does not show the first image", ids, err); err != nil {
		return err
	}
	ids, err = q.StrangeVariantImages(ctx, maxReports)
	return found(report, "%s has an image of another product", ids, err)
}

func checkPrices(ctx context.Context, tx db.Tx, report report) error {
	ids, err := catalogdb.New(tx).BrokenPrices(ctx, maxReports)
	return found(report, "%s: the price is not the last of its history", ids, err)
}

func checkPublished(ctx context.Context, tx db.Tx, report report) error {
	ids, err := catalogdb.New(tx).PublishedWithoutVariants(ctx, maxReports)
	return found(report, "%s is published and has no variant", ids, err)
}
