package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// freeSKUs refuses SKUs that other variants of the store have.
func (s *Service) freeSKUs(ctx context.Context, q *catalogdb.Queries, storeID int64, variants []draftVariant) error {
	var skus []string
	for _, v := range variants {
		if v.sku != nil {
			skus = append(skus, *v.sku)
		}
	}
	if len(skus) == 0 {
		return nil
	}
	taken, err := q.SkusTaken(ctx, storeID, skus)
	if err != nil {
		return fmt.Errorf("skus: %w", err)
	}
	if len(taken) == 0 {
		return nil
	}
	refused := ErrSKUTaken
	for i, v := range variants {
		if v.sku != nil && slices.ContainsFunc(taken, func(t catalogdb.SkusTakenRow) bool { return deref(t.Sku) == *v.sku }) {
			refused = refused.Field("variants["+strconv.Itoa(i)+"].sku", ErrSKUTaken.Code, "Another variant of the store has it.")
		}
	}
	return refused
}

// newVariant is a variant that is not there yet.
type newVariant struct {
	catalogdb.Variant
	of    *catalogdb.Product // whose key may not be known yet
	stock *int64
}

func (s *Service) newVariants(p *catalogdb.Product, cur money.Currency, list []draftVariant) []*newVariant {
	now := s.now()
	out := make([]*newVariant, len(list))
	for i, d := range list {
		out[i] = &newVariant{of: p, stock: d.stock, Variant: catalogdb.Variant{
			PublicID: code.ID("var"), StoreID: p.StoreID, Position: d.position, Option1: d.options[0], Option2: d.options[1],
			Option3: d.options[2], Sku: d.sku, Barcode: d.barcode, Price: d.price, Currency: string(cur), Weight: d.weight,
			TrackStock: d.trackStock, ImportStock: d.importStock, Version: 1, CreatedAt: now, UpdatedAt: now,
		}}
	}
	return out
}

// insertVariants writes new variants and gives them their keys. Options and SKUs were found free before.
func (s *Service) insertVariants(ctx context.Context, tx db.Tx, list []*newVariant) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]catalogdb.InsertVariantsParams, len(list))
	for i, v := range list {
		v.ProductID = v.of.ID
		rows[i] = catalogdb.InsertVariantsParams{
			PublicID: v.PublicID, ProductID: v.ProductID, StoreID: v.StoreID, Position: v.Position, Option1: v.Option1, Option2: v.Option2,
			Option3: v.Option3, Sku: v.Sku, Barcode: v.Barcode, Price: v.Price, Currency: v.Currency, Weight: v.Weight,
			TrackStock: v.TrackStock, ImportStock: v.ImportStock, CreatedAt: v.CreatedAt,
		}
	}
	var first error
	catalogdb.New(tx).InsertVariants(ctx, rows).QueryRow(func(i int, id int64, err error) {
		if err != nil && first == nil {
			first = err
		}
		list[i].ID = id
	})
	return refusal(first, "variants")
}

// firstFacts are the first prices of new variants and what is on hand of them.
func firstFacts(list []*newVariant) (prices []priceChange, counts []Count) {
	for _, v := range list {
		prices = append(prices, priceChange{v: v.Variant, now: v.Price})
		if v.stock != nil && *v.stock > 0 {
			counts = append(counts, Count{v.ID, *v.stock})
		}
	}
	return prices, counts
}

// addVariants inserts variants with their first prices, and their stock where it is said, for subject.
func (s *Service) addVariants(ctx context.Context, tx db.Tx, list []*newVariant, subject string) error {
	if err := s.insertVariants(ctx, tx, list); err != nil {
		return err
	}
	prices, counts := firstFacts(list)
	if err := s.recordPrices(ctx, tx, prices); err != nil {
		return err
	}
	if len(counts) == 0 {
		return nil
	}
	_, err := s.shelf.Count(ctx, tx, counts, subject, "initial") // nothing is promised of what is new
	return err
}

// priceChange is one row of the price history.
type priceChange struct {
	v      catalogdb.Variant // as it is now
	before *int64            // nil: the first price
	now    int64
}

func (s *Service) recordPrices(ctx context.Context, tx db.Tx, changes []priceChange) error {
	if len(changes) == 0 {
		return nil
	}
	now, actor := s.now(), actorOf(ctx)
	rows := make([]catalogdb.InsertPriceChangesParams, len(changes))
	for i, c := range changes {
		rows[i] = catalogdb.InsertPriceChangesParams{
			ProductID: c.v.ProductID, VariantID: c.v.ID, OldPrice: c.before, NewPrice: c.now, Currency: c.v.Currency, Actor: actor, CreatedAt: now,
		}
	}
	if err := firstError(catalogdb.New(tx).InsertPriceChanges(ctx, rows)); err != nil {
		return fmt.Errorf("price history: %w", err)
	}
	return nil
}

// saveVariants writes variants that were read in this transaction.
func (s *Service) saveVariants(ctx context.Context, tx db.Tx, list []catalogdb.Variant) error {
	if len(list) == 0 {
		return nil
	}
	now := s.now()
	rows := make([]catalogdb.UpdateVariantsParams, len(list))
	for i, v := range list {
		rows[i] = catalogdb.UpdateVariantsParams{
			Position: v.Position, Option1: v.Option1, Option2: v.Option2, Option3: v.Option3, Sku: v.Sku, Barcode: v.Barcode, Price: v.Price,
			Currency: v.Currency, Weight: v.Weight, TrackStock: v.TrackStock, Archived: v.Archived, ImportStock: v.ImportStock,
			UpdatedAt: now, ID: v.ID,
		}
	}
	return refusal(firstError(catalogdb.New(tx).UpdateVariants(ctx, rows)), "variants")
}
