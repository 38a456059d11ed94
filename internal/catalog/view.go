package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Product is a product as a reader sees it.
type Product struct {
	ID          string
	Store       store.Brief
	Handle      string
	Category    *CategoryBrief
	Title       string
	Description string
	Vendor      string
	Brand       string
	TaxRate     *int64 // basis points; nil: the market's
	TaxCode     string
	Type        string   // the store's own kind of goods
	Tags        []string // the store's own words
	Options     []string
	State       State
	Review      Review
	ReviewNote  string // why it was rejected, for the store's people
	Actions     []string
	Variants    []Variant
	Images      []Image
	Rating      *store.Rating // nil: nobody has rated it
	Version     int64
	PublishedAt *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// CategoryBrief is a category as others name it.
type CategoryBrief struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

// Variant is a variant as a reader sees it.
type Variant struct {
	ID         string
	Product    string
	Title      string
	Options    []Option
	SKU        *string
	Barcode    string
	Price      money.Amount // the store's own
	Now        money.Amount // with the best discount
	CompareAt  money.Amount // what the store says that it cost; 0: it says nothing
	Discount   *Applied     // nil: the price is not lowered
	Weight     int64
	TrackStock bool
	Available  *int64 // nil: not tracked
	Position   int64
	Image      string // one of the product's images, if it has one of its own
	Version    int64
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// InStock says whether at least one can be bought.
func (v Variant) InStock() bool { return v.Available == nil || *v.Available > 0 }

func optionNames(p catalogdb.Product) [maxOptions]string {
	return [maxOptions]string{p.Option1, p.Option2, p.Option3}
}

func optionValues(v catalogdb.Variant) [maxOptions]string {
	return [maxOptions]string{v.Option1, v.Option2, v.Option3}
}

// Product is what the caller may see of a product: everybody a visible one, the store's people all of theirs.
func (s *Service) Product(ctx context.Context, caller web.Caller, id string) (out Product, err error) {
	err = s.db.Read(ctx, "catalog.product", func(ctx context.Context, tx db.Tx) error {
		p, brief, err := s.readable(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if out, err = s.view(ctx, tx, p, brief); err != nil {
			return err
		}
		r, err := s.rulesFor(ctx, tx, caller, p)
		out.Actions = stateOf(p).actions(r)
		return err
	})
	return out, err
}

// readable is a product that the caller may see. Errors: ErrProductNotFound.
func (s *Service) readable(ctx context.Context, tx db.Tx, caller web.Caller, id string) (catalogdb.Product, store.Brief, error) {
	p, err := catalogdb.New(tx).ProductByPublicID(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return p, store.Brief{}, ErrProductNotFound
	}
	if err != nil {
		return p, store.Brief{}, fmt.Errorf("product: %w", err)
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{p.StoreID})
	if err != nil {
		return p, store.Brief{}, fmt.Errorf("store of product: %w", err)
	}
	if brief := briefs[p.StoreID]; State(p.State) == Published && sells(brief) {
		return p, brief, nil
	}
	brief, err := s.stores.RequireID(ctx, tx, caller, p.StoreID, store.View)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = ErrProductNotFound
	}
	return p, brief, err
}

// editable is a product that the caller may change. Errors: ErrProductNotFound for strangers, and those of
// store.Require.
func (s *Service) editable(ctx context.Context, tx db.Tx, caller web.Caller, id string) (catalogdb.Product, store.Brief, error) {
	p, err := catalogdb.New(tx).ProductByPublicID(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return p, store.Brief{}, ErrProductNotFound
	}
	if err != nil {
		return p, store.Brief{}, fmt.Errorf("product: %w", err)
	}
	brief, err := s.stores.RequireID(ctx, tx, caller, p.StoreID, store.Catalog)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = ErrProductNotFound
	}
	return p, brief, err
}

// view reads all that belongs to a product.
func (s *Service) view(ctx context.Context, tx db.Tx, p catalogdb.Product, brief store.Brief) (Product, error) {
	out := Product{
		ID: p.PublicID, Store: brief, Handle: p.Handle, Title: p.Title, Description: p.Description, Vendor: p.Vendor, Brand: p.Brand,
		Options: []string{}, TaxRate: p.TaxBp, TaxCode: p.TaxCode,
		State: stateOf(p), Review: Review(p.Review), ReviewNote: p.ReviewNote, Version: p.Version,
		CreatedAt: clock.Time(p.CreatedAt), UpdatedAt: clock.Time(p.UpdatedAt), Variants: []Variant{},
	}
	for _, n := range optionNames(p) {
		if n != "" {
			out.Options = append(out.Options, n)
		}
	}
	if p.PublishedAt != nil {
		at := clock.Time(*p.PublishedAt)
		out.PublishedAt = &at
	}
	q := catalogdb.New(tx)
	if p.CategoryID != nil {
		rows, err := q.CategoriesByID(ctx, []int64{*p.CategoryID})
		if err != nil {
			return out, fmt.Errorf("category: %w", err)
		}
		for _, r := range rows {
			out.Category = &CategoryBrief{r.PublicID, r.Slug, r.Name}
		}
	}
	rows, err := q.VariantsOfProducts(ctx, []int64{p.ID})
	if err != nil {
		return out, fmt.Errorf("variants: %w", err)
	}
	available, err := s.available(ctx, tx, rows)
	if err != nil {
		return out, err
	}
	here := place{p.StoreID, p.ID, p.CategoryID}
	open, err := s.offersAt(ctx, tx, []place{here})
	if err != nil {
		return out, err
	}
	for _, r := range rows {
		out.Variants = append(out.Variants, variantOf(p, r, available, open.deal(here, r.Price, r.Currency)))
	}
	if err := showDetails(ctx, q, &out, p, rows); err != nil {
		return out, err
	}
	if s.rater != nil {
		ratings, err := s.rater.ProductRatings(ctx, tx, []string{p.PublicID})
		if err != nil {
			return out, err
		}
		out.Rating = ratings[p.PublicID]
	}
	return out, s.showImages(ctx, tx, &out, p, rows)
}

// showDetails adds what is said of a product and its variants beside what trade needs.
func showDetails(ctx context.Context, q *catalogdb.Queries, out *Product, p catalogdb.Product, rows []catalogdb.Variant) error {
	out.Tags = []string{}
	details, err := q.ProductDetails(ctx, []int64{p.ID})
	if err != nil {
		return fmt.Errorf("details: %w", err)
	}
	for _, d := range details {
		tags, err := tagsOf(d.Tags)
		if err != nil {
			return fmt.Errorf("tags of %s: %w", p.PublicID, err)
		}
		out.Type, out.Tags = d.Type, append(out.Tags, tags...)
	}
	return showCompareAt(ctx, q, out.Variants, rows)
}

// showCompareAt adds what the store says that its variants cost before.
func showCompareAt(ctx context.Context, q *catalogdb.Queries, out []Variant, rows []catalogdb.Variant) error {
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	facts, err := q.VariantDetails(ctx, ids)
	if err != nil {
		return fmt.Errorf("details of variants: %w", err)
	}
	said := map[int64]int64{}
	for _, f := range facts {
		said[f.VariantID] = f.CompareAt
	}
	for i, r := range rows {
		out[i].CompareAt = money.New(said[r.ID], money.Currency(r.Currency))
	}
	return nil
}

// available asks the shelf for the variants that are tracked.
func (s *Service) available(ctx context.Context, tx db.Tx, rows []catalogdb.Variant) (map[int64]int64, error) {
	var tracked []int64
	for _, r := range rows {
		if r.TrackStock {
			tracked = append(tracked, r.ID)
		}
	}
	if len(tracked) == 0 {
		return nil, nil
	}
	return s.shelf.Available(ctx, tx, tracked)
}

func variantOf(p catalogdb.Product, r catalogdb.Variant, available map[int64]int64, deal Deal) Variant {
	v := Variant{
		ID: r.PublicID, Product: p.PublicID, Title: variantTitle(optionValues(r)), Options: optionsOf(optionNames(p), optionValues(r)),
		SKU: r.Sku, Barcode: r.Barcode, Price: money.New(r.Price, money.Currency(r.Currency)),
		Now: money.New(deal.Now, money.Currency(r.Currency)), Discount: deal.Offer, Weight: r.Weight,
		TrackStock: r.TrackStock, Position: r.Position, Version: r.Version,
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
	if r.TrackStock {
		n := available[r.ID]
		v.Available = &n
	}
	return v
}
