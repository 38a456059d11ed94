package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/fault"
)

// plan says what of a product's variants is written.
type plan struct {
	added   []draftVariant
	changed []catalogdb.Variant
	prices  []priceChange
	counts  []Count
	lines   map[int64]int // variant → its place in the file's product
}

// match finds for each variant of the file the one it means: by its SKU, else by its options. Errors: what stands in
// the way of writing it.
func (w *importer) match(ctx context.Context, there []catalogdb.Variant, list []draftVariant) (plan, error) {
	out := plan{lines: map[int64]int{}}
	refused := ErrInvalidProduct
	position := int64(0)
	for _, v := range there {
		position = max(position, v.Position+1)
	}
	meant := make([]*catalogdb.Variant, len(list))
	taken := map[int64]bool{}
	for _, same := range []func(draftVariant, catalogdb.Variant) bool{sameSKU, sameOptions} {
		for i, d := range list {
			at := slices.IndexFunc(there, func(v catalogdb.Variant) bool { return !taken[v.ID] && same(d, v) })
			if meant[i] == nil && at >= 0 {
				meant[i] = &there[at]
				taken[there[at].ID] = true
			}
		}
	}
	if n := len(there) + len(list) - len(taken); n > maxVariants {
		return out, ErrManyVariants
	}
	holders, err := w.holders(ctx, list)
	if err != nil {
		return out, err
	}
	for i, d := range list {
		path := "variants[" + strconv.Itoa(i) + "]."
		self := int64(0)
		if meant[i] != nil {
			self = meant[i].ID
		}
		if d.sku != nil && holders[*d.sku] != 0 && holders[*d.sku] != self {
			refused = refused.Field(path+"sku", ErrSKUTaken.Code, "Another variant of the store has this SKU.")
		}
		if slices.ContainsFunc(there, func(v catalogdb.Variant) bool { return v.ID != self && sameOptions(d, v) }) {
			refused = refused.Field(path+"options", ErrSameOptions.Code, "Another variant of the product has these options here.")
		}
		if meant[i] == nil {
			d.position = position
			position++
			out.added = append(out.added, d)
			continue
		}
		out.lines[self] = i
		out.compare(*meant[i], d, string(w.cur))
	}
	if len(refused.Fields) > 0 {
		return out, refused
	}
	return out, nil
}

func sameSKU(d draftVariant, v catalogdb.Variant) bool {
	return d.sku != nil && v.Sku != nil && *d.sku == *v.Sku
}

func sameOptions(d draftVariant, v catalogdb.Variant) bool { return d.options == optionValues(v) }

// holders are the live variants of the store that have the SKUs.
func (w *importer) holders(ctx context.Context, list []draftVariant) (map[string]int64, error) {
	var skus []string
	for _, d := range list {
		if d.sku != nil {
			skus = append(skus, *d.sku)
		}
	}
	out := map[string]int64{}
	if len(skus) == 0 {
		return out, nil
	}
	rows, err := w.q.SkusTaken(ctx, w.b.ID, skus)
	if err != nil {
		return nil, fmt.Errorf("skus: %w", err)
	}
	for _, r := range rows {
		out[deref(r.Sku)] = r.ID
	}
	return out, nil
}

// compare notes what of a variant the file changes.
func (p *plan) compare(v catalogdb.Variant, d draftVariant, cur string) {
	before := v
	v.Option1, v.Option2, v.Option3 = d.options[0], d.options[1], d.options[2]
	v.Barcode, v.Price, v.Currency, v.Weight, v.TrackStock = d.barcode, d.price, cur, d.weight, d.trackStock
	if d.sku != nil { // a file without SKUs does not take them away
		v.Sku = d.sku
	}
	counted := d.stock != nil && (v.ImportStock == nil || *v.ImportStock != *d.stock)
	if counted {
		v.ImportStock = d.stock
		p.counts = append(p.counts, Count{v.ID, *d.stock})
	}
	if counted || len(differences(before, v)) > 0 {
		p.changed = append(p.changed, v)
		p.prices = append(p.prices, newPrices(before, v)...)
	}
}

// errCount is told where the file's stock is less than what is promised.
var errCount = fault.New(fault.Conflict, "stock_reserved", "The stock was left as it is: more is promised to open orders than the file has.")

// apply writes a plan and says whether it changed anything.
func (w *importer) apply(ctx context.Context, file shopify.Product, p catalogdb.Product, plan plan) (bool, error) {
	if len(plan.counts) > 0 {
		refused, err := w.s.shelf.Count(ctx, w.tx, plan.counts, w.imp.PublicID, "import")
		if err != nil {
			return false, err
		}
		for i, v := range plan.changed {
			if !refused[v.ID] {
				continue
			}
			// Not counted, so that the next import tries again.
			plan.changed[i].ImportStock = w.importStock(p.ID, v.ID)
			at := file.Variants[plan.lines[v.ID]]
			w.out.errors = append(w.out.errors, ImportError{
				Line: int64(at.Line), Handle: file.Handle, Field: "stock", Code: errCount.Code, Message: errCount.Message,
			})
		}
	}
	if err := w.s.saveVariants(ctx, w.tx, plan.changed); err != nil {
		return false, err
	}
	if err := w.s.recordPrices(ctx, w.tx, plan.prices); err != nil {
		return false, err
	}
	made, err := w.s.addVariants(ctx, w.tx, w.cur, p, plan.added, w.imp.PublicID)
	if err != nil {
		return false, err
	}
	w.variants[p.ID] = append(w.variants[p.ID], made...)
	for _, v := range plan.changed {
		at := slices.IndexFunc(w.variants[p.ID], func(o catalogdb.Variant) bool { return o.ID == v.ID })
		w.variants[p.ID][at] = v
	}
	return len(plan.changed)+len(plan.added) > 0, nil
}

// importStock is the figure of the file before this one.
func (w *importer) importStock(product, variant int64) *int64 {
	for _, v := range w.variants[product] {
		if v.ID == variant {
			return v.ImportStock
		}
	}
	return nil
}
