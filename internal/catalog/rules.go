package catalog

import (
	"context"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// maxReports bounds what one rule reports: who finds a thousand has found enough.
const maxReports = 1000

type report = func(format string, args ...any)

// Rules are what must always hold of the catalogue.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "catalog.listings", About: "each product has one listing, which says what the product says", Check: checkListings},
		{Name: "catalog.spans", About: "a listing's prices are those of the product's live variants", Check: checkSpans},
		{Name: "catalog.visible", About: "buyers see exactly what is published, can be bought and stands in an open store", Check: s.checkVisible},
		{Name: "catalog.prices", About: "the last line of a variant's price history is its price", Check: checkPrices},
		{Name: "catalog.published", About: "a published product has a variant", Check: checkPublished},
	}
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

func checkSpans(ctx context.Context, tx db.Tx, report report) error {
	ids, err := catalogdb.New(tx).BrokenSpans(ctx, maxReports)
	return found(report, "%s: the listing's number of variants or its prices are not those of the variants", ids, err)
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

func checkPrices(ctx context.Context, tx db.Tx, report report) error {
	ids, err := catalogdb.New(tx).BrokenPrices(ctx, maxReports)
	return found(report, "%s: the price is not the last of its history", ids, err)
}

func checkPublished(ctx context.Context, tx db.Tx, report report) error {
	ids, err := catalogdb.New(tx).PublishedWithoutVariants(ctx, maxReports)
	return found(report, "%s is published and has no variant", ids, err)
}
