package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// CreateProduct makes a draft with its variants, their first prices and their stock.
func (s *Service) CreateProduct(ctx context.Context, caller web.Caller, storeID string, in ProductInput) (Product, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Product{}, err
	}
	d, err := in.check(cur)
	if err != nil {
		return Product{}, err
	}
	id, replayed, err := idem.Once(ctx, s.db, "catalog.create", func(ctx context.Context, tx db.Tx) (string, error) {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
		if err != nil {
			return "", err
		}
		q := catalogdb.New(tx)
		category, err := categoryID(ctx, q, in.Category)
		if err != nil {
			return "", err
		}
		d := d
		if d.brand, err = s.registered(ctx, tx, d.brand); err != nil {
			return "", err
		}
		handle, err := s.freeHandle(ctx, q, b.ID, d)
		if err != nil {
			return "", err
		}
		if err := s.freeSKUs(ctx, q, b.ID, d.variants); err != nil {
			return "", err
		}
		p := s.newProduct(b, handle, category, d, Draft)
		if err := s.insertProducts(ctx, tx, []*catalogdb.Product{&p}); err != nil {
			return "", err
		}
		if err := s.addVariants(ctx, tx, s.newVariants(&p, cur, d.variants), p.PublicID); err != nil {
			return "", err
		}
		if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
			return "", err
		}
		return p.PublicID, s.happened(ctx, tx, "product.created", p.PublicID, map[string]any{"store": b.PublicID})
	})
	if err != nil {
		return Product{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.Product(ctx, caller, id)
}

// categoryID finds a category that was named; "" is none.
func categoryID(ctx context.Context, q *catalogdb.Queries, id string) (*int64, error) {
	if id == "" {
		return nil, nil
	}
	c, err := q.CategoryByPublicID(ctx, id)
	if err != nil {
		return nil, ifNone(err, ErrInvalidProduct.Field("category", ErrCategoryNotFound.Code, ErrCategoryNotFound.Message))
	}
	return &c.ID, nil
}

// ifNone turns no rows into a refusal.
func ifNone(err, refusal error) error {
	if errors.Is(err, db.ErrNoRows) {
		return refusal
	}
	return err
}

// freeHandle is the handle that was asked for, or one made of the title that nobody has.
func (s *Service) freeHandle(ctx context.Context, q *catalogdb.Queries, storeID int64, d draft) (string, error) {
	want := d.handle
	if want == "" {
		want = handleOf(d.title)
	}
	taken, err := q.ProductsByHandle(ctx, storeID, []string{want})
	switch {
	case err != nil:
		return "", fmt.Errorf("handles: %w", err)
	case len(taken) == 0:
		return want, nil
	case d.handle != "":
		return "", ErrHandleTaken
	}
	return want + "-" + code.Letters(8), nil
}

// newProduct is the row of a product that is not there yet.
func (s *Service) newProduct(b store.Brief, handle string, category *int64, d draft, state State) catalogdb.Product {
	now := s.now()
	p := catalogdb.Product{
		PublicID: code.ID("prd"), StoreID: b.ID, Handle: handle, CategoryID: category, Title: d.title, Description: d.description,
		Vendor: d.vendor, Brand: d.brand, BrandKey: sortKey(d.brand), TaxBp: d.taxRate, TaxCode: d.taxCode, Option1: d.options[0], Option2: d.options[1], Option3: d.options[2], Version: 1,
		CreatedAt: now, UpdatedAt: now,
	}
	setState(&p, state, "")
	if state == Published {
		p.PublishedAt = &now
	}
	return p
}

// insertProducts writes new products and gives them their keys.
func (s *Service) insertProducts(ctx context.Context, tx db.Tx, list []*catalogdb.Product) error {
	if len(list) == 0 {
		return nil
	}
	rows := make([]catalogdb.InsertProductsParams, len(list))
	for i, p := range list {
		rows[i] = catalogdb.InsertProductsParams{
			PublicID: p.PublicID, StoreID: p.StoreID, Handle: p.Handle, CategoryID: p.CategoryID, Title: p.Title, Description: p.Description,
			Vendor: p.Vendor, Brand: p.Brand, BrandKey: p.BrandKey, TaxBp: p.TaxBp, TaxCode: p.TaxCode, Review: p.Review, Option1: p.Option1, Option2: p.Option2, Option3: p.Option3, State: p.State, Version: p.Version,
			PublishedAt: p.PublishedAt, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt,
		}
	}
	var first error
	catalogdb.New(tx).InsertProducts(ctx, rows).QueryRow(func(i int, id int64, err error) {
		if err != nil && first == nil {
			first = err
		}
		list[i].ID = id
	})
	return refusal(first, "products")
}

// refusal names the rule that a write broke in spite of the look before it: two did it at once.
func refusal(err error, what string) error {
	switch {
	case err == nil:
		return nil
	case db.IsConstraint(err, "products_handle_key"):
		return ErrHandleTaken.Because(err)
	case db.IsConstraint(err, "variants_sku_key"):
		return ErrSKUTaken.Because(err)
	case db.IsConstraint(err, "variants_options_key"):
		return ErrSameOptions.Because(err)
	case db.IsConstraint(err, "categories_slug_key"):
		return ErrSlugTaken.Because(err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// saveProduct writes a product that was read in this transaction.
func (s *Service) saveProduct(ctx context.Context, tx db.Tx, p *catalogdb.Product) error {
	return s.saveProducts(ctx, tx, []*catalogdb.Product{p})
}

// saveProducts is saveProduct for many.
func (s *Service) saveProducts(ctx context.Context, tx db.Tx, list []*catalogdb.Product) error {
	if len(list) == 0 {
		return nil
	}
	now := s.now()
	rows := make([]catalogdb.UpdateProductsParams, len(list))
	for i, p := range list {
		p.UpdatedAt = now
		rows[i] = catalogdb.UpdateProductsParams{
			Handle: p.Handle, CategoryID: p.CategoryID, Title: p.Title, Description: p.Description, Vendor: p.Vendor,
			Option1: p.Option1, Option2: p.Option2, Option3: p.Option3, State: p.State, PublishedAt: p.PublishedAt,
			Brand: p.Brand, BrandKey: p.BrandKey, TaxBp: p.TaxBp, TaxCode: p.TaxCode, Review: p.Review, ReviewNote: p.ReviewNote,
			UpdatedAt: now, ID: p.ID, Version: p.Version,
		}
	}
	var first error
	catalogdb.New(tx).UpdateProducts(ctx, rows).QueryRow(func(_ int, _ int64, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	if errors.Is(first, db.ErrNoRows) {
		return ErrVersion
	}
	for _, p := range list {
		p.Version++
	}
	return refusal(first, "products")
}

// ProductPatch changes what is not nil.
type ProductPatch struct {
	Version     *int64 // the one that the change is made to; nil = whichever
	Handle      *string
	Category    *string // "" = none
	Title       *string
	Description *string
	Vendor      *string
	Brand       *string
	TaxRate     *string // percent; "" = the market's
	TaxCode     *string
	Options     *[]string // new names for the options there are
}

// UpdateProduct changes a product's fields.
func (s *Service) UpdateProduct(ctx context.Context, caller web.Caller, id string, in ProductPatch) (Product, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Product{}, err
	}
	err = s.db.Write(ctx, "catalog.update", func(ctx context.Context, tx db.Tx) error {
		p, b, err := s.editable(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if in.Version != nil && *in.Version != p.Version {
			return ErrVersion.With("version", p.Version)
		}
		if State(p.State) == Archived {
			return Archived.refuse(rules{})
		}
		changed, err := s.patch(ctx, tx, &p, in)
		if err != nil || len(changed) == 0 {
			return err
		}
		if err := s.reviewed(ctx, tx, caller, &p, changed); err != nil {
			return err
		}
		if err := s.saveProduct(ctx, tx, &p); err != nil {
			return err
		}
		if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
			return err
		}
		return s.happened(ctx, tx, "product.updated", p.PublicID, map[string]any{"fields": changed})
	})
	if err != nil {
		return Product{}, err
	}
	return s.Product(ctx, caller, id)
}

// patch puts the changes into p and names the fields that are different now.
func (s *Service) patch(ctx context.Context, tx db.Tx, p *catalogdb.Product, in ProductPatch) (changed []string, err error) {
	f := newFindings(ErrInvalidProduct)
	set := func(name string, field *string, value string) {
		if *field != value {
			*field, changed = value, append(changed, name)
		}
	}
	q := catalogdb.New(tx)
	if in.Title != nil {
		set("title", &p.Title, f.text("title", *in.Title, 1, maxTitle))
	}
	if in.Description != nil {
		set("description", &p.Description, f.description("description", *in.Description))
	}
	if in.Vendor != nil {
		set("vendor", &p.Vendor, f.text("vendor", *in.Vendor, 0, maxName))
	}
	if in.Brand != nil {
		name, err := s.registered(ctx, tx, f.text("brand", *in.Brand, 0, maxName))
		if err != nil {
			return nil, err
		}
		set("brand", &p.Brand, name)
		p.BrandKey = sortKey(p.Brand)
	}
	if in.TaxRate != nil {
		rate := f.taxRate("tax_rate", *in.TaxRate)
		if (rate == nil) != (p.TaxBp == nil) || deref(rate) != deref(p.TaxBp) {
			p.TaxBp, changed = rate, append(changed, "tax_rate")
		}
	}
	if in.TaxCode != nil {
		set("tax_code", &p.TaxCode, f.taxCode("tax_code", *in.TaxCode))
	}
	if in.Options != nil {
		names, old := f.optionNames("options", *in.Options), optionNames(*p)
		for i := range names {
			if (names[i] == "") != (old[i] == "") {
				f.add("options", "option_count", "Options can be renamed; their number stays.")
				break
			}
		}
		if names != old {
			p.Option1, p.Option2, p.Option3, changed = names[0], names[1], names[2], append(changed, "options")
		}
	}
	if in.Handle != nil && *in.Handle != p.Handle {
		if !validHandle(*in.Handle) {
			f.add("handle", "invalid_handle", "Takes lower-case letters, digits, - and _.")
		} else if taken, err := q.ProductsByHandle(ctx, p.StoreID, []string{*in.Handle}); err != nil {
			return nil, fmt.Errorf("handles: %w", err)
		} else if len(taken) > 0 {
			return nil, ErrHandleTaken
		}
		set("handle", &p.Handle, *in.Handle)
	}
	if err := f.fault(); err != nil {
		return nil, err
	}
	if in.Category != nil {
		category, err := categoryID(ctx, q, *in.Category)
		if err != nil {
			return nil, err
		}
		if deref(category) != deref(p.CategoryID) {
			p.CategoryID, changed = category, append(changed, "category")
		}
	}
	slices.Sort(changed)
	return changed, nil
}

// Act takes an action on a product's state.
func (s *Service) Act(ctx context.Context, caller web.Caller, id string, a Action) (Product, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Product{}, err
	}
	err = s.db.Write(ctx, "catalog."+string(a), func(ctx context.Context, tx db.Tx) error {
		p, b, err := s.editable(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		return s.act(ctx, tx, caller, b, cur, p, a, "")
	})
	if err != nil {
		return Product{}, err
	}
	return s.Product(ctx, caller, id)
}

// Delete archives a product. Doing it again changes nothing.
func (s *Service) Delete(ctx context.Context, caller web.Caller, id string) error {
	cur, err := s.currency(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "catalog.delete", func(ctx context.Context, tx db.Tx) error {
		p, b, err := s.editable(ctx, tx, caller, id)
		if err != nil || State(p.State) == Archived {
			return err
		}
		return s.act(ctx, tx, caller, b, cur, p, Archive, "")
	})
}

// rulesFor is what decides beside the state of a product.
func (s *Service) rulesFor(ctx context.Context, tx db.Tx, caller web.Caller, p catalogdb.Product) (rules, error) {
	terms, err := s.terms(ctx, tx)
	return rules{approval: terms.Approval, admin: caller.Is(web.RoleAdmin), review: Review(p.Review)}, err
}

func (s *Service) act(ctx context.Context, tx db.Tx, caller web.Caller, b store.Brief, cur money.Currency, p catalogdb.Product, a Action, note string) error {
	r, err := s.rulesFor(ctx, tx, caller, p)
	if err != nil {
		return err
	}
	from := stateOf(p)
	to, err := from.next(a, r)
	if err != nil {
		return err
	}
	if to == Published || to == Submitted {
		if err := s.publishable(ctx, tx, p, cur); err != nil {
			return err
		}
	}
	if to == Published && p.PublishedAt == nil {
		now := s.now()
		p.PublishedAt = &now
	}
	setState(&p, to, note)
	if err := s.saveProduct(ctx, tx, &p); err != nil {
		return err
	}
	if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
		return err
	}
	facts := map[string]any{"from": string(from), "to": string(to)}
	if note != "" {
		facts["reason"] = note
	}
	return s.happened(ctx, tx, past[a], p.PublicID, facts)
}

// publishable asks for something to buy at a price of the market's currency.
func (s *Service) publishable(ctx context.Context, tx db.Tx, p catalogdb.Product, cur money.Currency) error {
	variants, err := catalogdb.New(tx).VariantsOfProducts(ctx, []int64{p.ID})
	if err != nil {
		return fmt.Errorf("variants: %w", err)
	}
	if !slices.ContainsFunc(variants, func(v catalogdb.Variant) bool { return v.Currency == string(cur) }) {
		return ErrNothingToBuy
	}
	return nil
}
