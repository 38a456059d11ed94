package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// AddVariant adds a variant to a product.
func (s *Service) AddVariant(ctx context.Context, caller web.Caller, product string, in VariantInput) (Variant, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Variant{}, err
	}
	id, replayed, err := idem.Once(ctx, s.db, "catalog.add_variant", func(ctx context.Context, tx db.Tx) (string, error) {
		p, b, err := s.editable(ctx, tx, caller, product)
		if err != nil {
			return "", err
		}
		if State(p.State) == Archived {
			return "", Archived.refuse(rules{})
		}
		d, err := in.check(optionNames(p), cur)
		if err != nil {
			return "", err
		}
		q := catalogdb.New(tx)
		there, err := q.VariantsOfProducts(ctx, []int64{p.ID})
		if err != nil {
			return "", fmt.Errorf("variants: %w", err)
		}
		if err := room(there, d.options, 0); err != nil {
			return "", err
		}
		if err := s.freeSKUs(ctx, q, b.ID, []draftVariant{d}); err != nil {
			return "", err
		}
		for _, v := range there {
			d.position = max(d.position, v.Position+1)
		}
		made := s.newVariants(&p, cur, []draftVariant{d})
		if err := s.addVariants(ctx, tx, made, p.PublicID); err != nil {
			return "", err
		}
		if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
			return "", err
		}
		return made[0].PublicID, s.happened(ctx, tx, "variant.added", made[0].PublicID, map[string]any{"product": p.PublicID})
	})
	if err != nil {
		return Variant{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.Variant(ctx, caller, id)
}

// room refuses one variant too many, and one like another.
func room(there []catalogdb.Variant, options [maxOptions]string, self int64) error {
	if self == 0 && len(there) >= maxVariants {
		return ErrManyVariants
	}
	if slices.ContainsFunc(there, func(v catalogdb.Variant) bool { return v.ID != self && optionValues(v) == options }) {
		return ErrSameOptions
	}
	return nil
}

// editableVariant is a live variant that the caller may change, with its product.
func (s *Service) editableVariant(ctx context.Context, tx db.Tx, caller web.Caller, id string) (v catalogdb.Variant, p catalogdb.Product, b store.Brief, err error) {
	q := catalogdb.New(tx)
	if v, err = q.VariantByPublicID(ctx, id); err != nil {
		return v, p, b, ifNone(err, ErrVariantNotFound)
	}
	b, err = s.stores.RequireID(ctx, tx, caller, v.StoreID, store.Catalog)
	if errors.Is(err, store.ErrStoreNotFound) || err == nil && v.Archived {
		err = ErrVariantNotFound
	}
	if err != nil {
		return v, p, b, err
	}
	p, err = q.ProductByID(ctx, v.ProductID)
	if err == nil && State(p.State) == Archived {
		err = Archived.refuse(rules{})
	}
	return v, p, b, err
}

// VariantPatch changes what is not nil.
type VariantPatch struct {
	Version    *int64
	Options    *[]string
	SKU        *string // "" = none
	Barcode    *string
	Price      *string
	Weight     *int64
	TrackStock *bool
	Position   *int64
}

// UpdateVariant changes a variant; a new price is a new row of its history.
func (s *Service) UpdateVariant(ctx context.Context, caller web.Caller, id string, in VariantPatch) (Variant, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Variant{}, err
	}
	err = s.db.Write(ctx, "catalog.update_variant", func(ctx context.Context, tx db.Tx) error {
		v, p, b, err := s.editableVariant(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		if in.Version != nil && *in.Version != v.Version {
			return ErrVersion.With("version", v.Version)
		}
		before := v
		if err := s.patchVariant(ctx, tx, &v, p, in, cur); err != nil {
			return err
		}
		changed := differences(before, v)
		if len(changed) == 0 {
			return nil
		}
		if err := s.saveVariants(ctx, tx, []catalogdb.Variant{v}); err != nil {
			return err
		}
		if err := s.recordPrices(ctx, tx, newPrices(before, v)); err != nil {
			return err
		}
		if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
			return err
		}
		return s.happened(ctx, tx, "variant.updated", v.PublicID, map[string]any{"product": p.PublicID, "fields": changed})
	})
	if err != nil {
		return Variant{}, err
	}
	return s.Variant(ctx, caller, id)
}

// newPrices is the row of the price history that a change of a variant makes, if any.
func newPrices(before, after catalogdb.Variant) []priceChange {
	switch {
	case before.Currency != after.Currency:
		return []priceChange{{v: after, now: after.Price}} // another currency is another beginning
	case before.Price != after.Price:
		return []priceChange{{v: after, before: &before.Price, now: after.Price}}
	}
	return nil
}

func (s *Service) patchVariant(ctx context.Context, tx db.Tx, v *catalogdb.Variant, p catalogdb.Product, in VariantPatch, cur money.Currency) error {
	f := newFindings(ErrInvalidProduct)
	if in.Options != nil {
		values := f.values("options", *in.Options, optionNames(p))
		v.Option1, v.Option2, v.Option3 = values[0], values[1], values[2]
	}
	if in.Barcode != nil {
		v.Barcode = f.text("barcode", *in.Barcode, 0, maxSKU)
	}
	if in.Price != nil {
		v.Price, v.Currency = f.price("price", *in.Price, cur), string(cur)
	}
	if in.Weight != nil {
		v.Weight = f.weight("weight", *in.Weight)
	}
	if in.TrackStock != nil {
		v.TrackStock = *in.TrackStock
	}
	if in.Position != nil {
		if v.Position = *in.Position; v.Position < 0 || v.Position > maxPosition {
			f.add("position", "out_of_range", "Is not a position.")
		}
	}
	sku := v.Sku
	if in.SKU != nil {
		sku = f.sku("sku", *in.SKU)
	}
	if err := f.fault(); err != nil {
		return err
	}
	q := catalogdb.New(tx)
	if in.Options != nil {
		there, err := q.VariantsOfProducts(ctx, []int64{p.ID})
		if err != nil {
			return fmt.Errorf("variants: %w", err)
		}
		if err := room(there, optionValues(*v), v.ID); err != nil {
			return err
		}
	}
	if sku != nil && deref(v.Sku) != *sku {
		taken, err := q.SkusTaken(ctx, v.StoreID, []string{*sku})
		if err != nil {
			return fmt.Errorf("skus: %w", err)
		}
		if len(taken) > 0 {
			return ErrSKUTaken.Field("sku", ErrSKUTaken.Code, "Another variant of the store has it.")
		}
	}
	v.Sku = sku
	return nil
}

// differences names the fields in which two versions of a variant differ.
func differences(a, b catalogdb.Variant) []string {
	out := []string{}
	for _, d := range []struct {
		name string
		not  bool
	}{
		{"barcode", a.Barcode != b.Barcode},
		{"options", optionValues(a) != optionValues(b)},
		{"position", a.Position != b.Position},
		{"price", a.Price != b.Price || a.Currency != b.Currency},
		{"sku", deref(a.Sku) != deref(b.Sku)},
		{"track_stock", a.TrackStock != b.TrackStock},
		{"weight", a.Weight != b.Weight},
	} {
		if d.not {
			out = append(out, d.name)
		}
	}
	return out
}

// DeleteVariant archives a variant: it is gone from the product and frees its SKU and options, and orders go on
// meaning it.
func (s *Service) DeleteVariant(ctx context.Context, caller web.Caller, id string) error {
	cur, err := s.currency(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "catalog.delete_variant", func(ctx context.Context, tx db.Tx) error {
		v, p, b, err := s.editableVariant(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		there, err := catalogdb.New(tx).VariantsOfProducts(ctx, []int64{p.ID})
		if err != nil {
			return fmt.Errorf("variants: %w", err)
		}
		if State(p.State) == Published && len(there) == 1 {
			return ErrLastVariant
		}
		v.Archived = true
		if err := s.saveVariants(ctx, tx, []catalogdb.Variant{v}); err != nil {
			return err
		}
		if err := s.relist(ctx, tx, b, cur, []catalogdb.Product{p}); err != nil {
			return err
		}
		return s.happened(ctx, tx, "variant.archived", v.PublicID, map[string]any{"product": p.PublicID})
	})
}

// Variant is a live variant of a product that the caller may see.
func (s *Service) Variant(ctx context.Context, caller web.Caller, id string) (out Variant, err error) {
	err = s.db.Read(ctx, "catalog.variant", func(ctx context.Context, tx db.Tx) error {
		q := catalogdb.New(tx)
		v, err := q.VariantByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrVariantNotFound)
		}
		p, err := q.ProductByID(ctx, v.ProductID)
		if err != nil {
			return fmt.Errorf("product of variant: %w", err)
		}
		if _, _, err := s.readable(ctx, tx, caller, p.PublicID); err != nil {
			if errors.Is(err, ErrProductNotFound) {
				return ErrVariantNotFound
			}
			return err
		}
		available, err := s.available(ctx, tx, []catalogdb.Variant{v})
		if err != nil {
			return err
		}
		here := place{p.StoreID, p.ID, p.CategoryID}
		open, err := s.offersAt(ctx, tx, []place{here})
		if err != nil {
			return err
		}
		one := []Variant{variantOf(p, v, available, open.deal(here, v.Price, v.Currency))}
		if err := showCompareAt(ctx, q, one, []catalogdb.Variant{v}); err != nil {
			return err
		}
		out = one[0]
		images, err := q.ImagesOfProducts(ctx, []int64{p.ID})
		if err != nil {
			return fmt.Errorf("images: %w", err)
		}
		own, err := s.ownImages(ctx, tx, []catalogdb.Variant{v}, images)
		out.Image = own[v.ID]
		return err
	})
	return out, err
}

// VariantKey is what the rooms above need to know to act on a variant.
type VariantKey struct {
	ID         int64
	StoreID    int64
	TrackStock bool
	Archived   bool
}

// VariantKey finds a variant by its public id. Errors: ErrVariantNotFound.
func (s *Service) VariantKey(ctx context.Context, tx db.Tx, id string) (VariantKey, error) {
	v, err := catalogdb.New(tx).VariantByPublicID(ctx, id)
	if err != nil {
		return VariantKey{}, ifNone(err, ErrVariantNotFound)
	}
	return VariantKey{ID: v.ID, StoreID: v.StoreID, TrackStock: v.TrackStock, Archived: v.Archived}, nil
}
