package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/store"
)

// Option is one choice of a variant: Size = M.
type Option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Why a variant cannot be sold.
const (
	ReasonVariantGone  = "variant_gone"
	ReasonNotPublished = "product_not_published"
	ReasonStoreClosed  = "store_not_open"
)

// Sellable is all that a cart or an order needs to know of a variant, as it is now.
type Sellable struct {
	VariantID    int64
	Variant      string // public id
	ProductID    int64
	Product      string // public id
	StoreID      int64
	Store        store.Brief
	Title        string
	Image        string        // file that shows it: the variant's own, else the product's cover; "" without one
	Picture      *blob.Picture // the same, for answers
	VariantTitle string        // "M / Red", "" without options
	Options      []Option
	SKU          string
	Barcode      string
	Price        int64    // of now, with the best discount
	ListPrice    int64    // the store's own, before it
	Discount     *Applied // nil: the price is not lowered
	Currency     string   // of the price: a cart in another currency refuses it
	TaxRate      *int64   // basis points; nil: the market's
	TaxCode      string
	Weight       int64 // grams
	TrackStock   bool
	Reason       string // "" = may be sold
}

// Sellables are the variants with these public ids; one that does not exist is missing.
func (s *Service) Sellables(ctx context.Context, tx db.Tx, variants []string) (map[string]Sellable, error) {
	if len(variants) == 0 {
		return map[string]Sellable{}, nil
	}
	rows, err := catalogdb.New(tx).SellablesByPublicID(ctx, variants)
	if err != nil {
		return nil, fmt.Errorf("sellables: %w", err)
	}
	list := make([]catalogdb.SellablesByIDRow, len(rows))
	for i, r := range rows {
		list[i] = catalogdb.SellablesByIDRow(r)
	}
	sellables, err := s.sellables(ctx, tx, list)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Sellable, len(sellables))
	for _, v := range sellables {
		out[v.Variant] = v
	}
	return out, nil
}

// SellablesByID is Sellables for those who hold the keys.
func (s *Service) SellablesByID(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Sellable, error) {
	if len(ids) == 0 {
		return map[int64]Sellable{}, nil
	}
	rows, err := catalogdb.New(tx).SellablesByID(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("sellables: %w", err)
	}
	sellables, err := s.sellables(ctx, tx, rows)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Sellable, len(sellables))
	for _, v := range sellables {
		out[v.VariantID] = v
	}
	return out, nil
}

func (s *Service) sellables(ctx context.Context, tx db.Tx, rows []catalogdb.SellablesByIDRow) ([]Sellable, error) {
	var ids []int64
	for _, r := range rows {
		if !slices.Contains(ids, r.StoreID) {
			ids = append(ids, r.StoreID)
		}
	}
	places := make([]place, len(rows))
	for i, r := range rows {
		places[i] = place{r.StoreID, r.ProductID, r.CategoryID}
	}
	open, err := s.offersAt(ctx, tx, places)
	if err != nil {
		return nil, err
	}
	stores, err := s.stores.Briefs(ctx, tx, ids)
	if err != nil {
		return nil, fmt.Errorf("stores of sellables: %w", err)
	}
	out := make([]Sellable, len(rows))
	for i, r := range rows {
		names, values := [3]string{r.Name1, r.Name2, r.Name3}, [3]string{r.Option1, r.Option2, r.Option3}
		deal := open.deal(places[i], r.Price, r.Currency)
		v := Sellable{
			VariantID: r.ID, Variant: r.PublicID, ProductID: r.ProductID, Product: r.Product, StoreID: r.StoreID, Store: stores[r.StoreID],
			Title: r.Title, VariantTitle: variantTitle(values), Options: optionsOf(names, values),
			Barcode: r.Barcode, Price: deal.Now, ListPrice: deal.Was, Discount: deal.Offer,
			Currency: r.Currency, TaxRate: r.TaxBp, TaxCode: r.TaxCode, Weight: r.Weight, TrackStock: r.TrackStock,
		}
		if r.Sku != nil {
			v.SKU = *r.Sku
		}
		if v.Image = r.Cover; r.OwnImage != nil {
			v.Image = *r.OwnImage
		}
		v.Picture = s.ShowImage(v.Image)
		switch {
		case r.Archived:
			v.Reason = ReasonVariantGone
		case State(r.State) != Published:
			v.Reason = ReasonNotPublished
		case !sells(stores[r.StoreID]):
			v.Reason = ReasonStoreClosed
		}
		out[i] = v
	}
	return out, nil
}

// ShowImage is a file that shows a product, in an answer; nil where there is none.
func (s *Service) ShowImage(file string) *blob.Picture {
	if file == "" {
		return nil
	}
	return s.blobs.Show(blob.Blob{Name: file})
}

// VariantIDs are the public ids of variants.
func (s *Service) VariantIDs(ctx context.Context, tx db.Tx, ids []int64) (map[int64]string, error) {
	rows, err := catalogdb.New(tx).VariantPublicIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("variants: %w", err)
	}
	out := make(map[int64]string, len(rows))
	for _, r := range rows {
		out[r.ID] = r.PublicID
	}
	return out, nil
}

func variantTitle(values [3]string) string {
	var parts []string
	for _, v := range values {
		if v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " / ")
}

func optionsOf(names, values [3]string) []Option {
	out := []Option{}
	for i, n := range names {
		if n != "" {
			out = append(out, Option{n, values[i]})
		}
	}
	return out
}
