package catalog

import (
	"context"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/fault"
)

// plan says what becomes of a product's variants.
type plan struct {
	added   []draftVariant
	changed []*changedVariant
	prices  []priceChange
	// files says for each variant of the file which one it means: one that is there, or the n-th of those added.
	files []fileVariant
}

type fileVariant struct {
	id    int64
	added int
}

// match finds for each variant of the file the one it means: by its SKU, else by its options. Errors: what stands in
// the way of writing it.
func (w *importer) match(there []catalogdb.Variant, list []draftVariant) (plan, error) {
	var out plan
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
	for i, d := range list {
		path := "variants[" + strconv.Itoa(i) + "]."
		self := int64(0)
		if meant[i] != nil {
			self = meant[i].ID
		}
		if d.sku != nil && w.holders[*d.sku] != 0 && w.holders[*d.sku] != self {
			refused = refused.Field(path+"sku", ErrSKUTaken.Code, "Another variant of the store has this SKU.")
		}
		if slices.ContainsFunc(there, func(v catalogdb.Variant) bool { return v.ID != self && sameOptions(d, v) }) {
			refused = refused.Field(path+"options", ErrSameOptions.Code, "Another variant of the product has these options here.")
		}
		if meant[i] == nil {
			d.position = position
			position++
			out.files = append(out.files, fileVariant{added: len(out.added)})
			out.added = append(out.added, d)
			continue
		}
		out.files = append(out.files, fileVariant{id: meant[i].ID})
		out.compare(*meant[i], d, string(w.cur), i, w.known.onHand)
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

// compare notes what of a variant the file changes.
func (p *plan) compare(v catalogdb.Variant, d draftVariant, cur string, at int, onHand map[int64]int64) {
	before := v
	v.Option1, v.Option2, v.Option3 = d.options[0], d.options[1], d.options[2]
	v.Barcode, v.Price, v.Currency, v.Weight, v.TrackStock = d.barcode, d.price, cur, d.weight, d.trackStock
	if d.sku != nil { // a file without SKUs does not take them away
		v.Sku = d.sku
	}
	c := &changedVariant{Variant: v, before: before.ImportStock, line: at}
	if d.stock != nil && (v.ImportStock == nil || *v.ImportStock != *d.stock) {
		c.ImportStock = d.stock
		if have, ok := onHand[v.ID]; !ok && *d.stock > 0 || have != *d.stock {
			c.count = d.stock
		} else {
			c.silent = len(differences(before, v)) == 0 // as many as there are: no news, but remembered
			p.changed = append(p.changed, c)
			p.prices = append(p.prices, newPrices(before, v)...)
			return
		}
	}
	if c.count != nil || len(differences(before, v)) > 0 {
		p.changed = append(p.changed, c)
		p.prices = append(p.prices, newPrices(before, v)...)
	}
}

// keep puts a plan among what is written at the end, and names what it changes.
func (w *importer) keep(file shopify.Product, p *catalogdb.Product, plan plan) (fields []string) {
	for _, d := range plan.added {
		if d.sku != nil {
			w.holders[*d.sku] = reserved
		}
	}
	for _, c := range plan.changed {
		if c.Sku != nil {
			w.holders[*c.Sku] = c.ID
		}
		c.line, c.handle = file.Variants[c.line].Line, file.Handle
	}
	made := w.s.newVariants(p, w.cur, plan.added)
	w.added = append(w.added, made...)
	w.changed = append(w.changed, plan.changed...)
	w.prices = append(w.prices, plan.prices...)
	if len(plan.added) > 0 || slices.ContainsFunc(plan.changed, func(c *changedVariant) bool { return !c.silent }) {
		fields = append(fields, "variants")
	}
	return append(fields, w.keepMore(file, p, plan.files, made)...)
}

// errCount is told where the file's stock is less than what is promised.
var errCount = fault.New(fault.Conflict, "stock_reserved", "The stock was left as it is: more is promised to open orders than the file has.")

// write writes all that was kept, in as many statements for many products as for one.
func (w *importer) write(ctx context.Context) error {
	if err := w.s.insertProducts(ctx, w.tx, w.products); err != nil {
		return err
	}
	if err := w.s.insertVariants(ctx, w.tx, w.added); err != nil {
		return err
	}
	prices, counts := firstFacts(w.added)
	for _, c := range w.changed {
		if c.count != nil {
			counts = append(counts, Count{c.ID, *c.count})
		}
	}
	if len(counts) > 0 {
		refused, err := w.s.shelf.Count(ctx, w.tx, counts, w.imp.PublicID, "import")
		if err != nil {
			return err
		}
		w.uncount(refused)
	}
	rows := make([]catalogdb.Variant, len(w.changed))
	for i, c := range w.changed {
		rows[i] = c.Variant
	}
	if err := w.s.saveVariants(ctx, w.tx, rows); err != nil {
		return err
	}
	if err := w.s.recordPrices(ctx, w.tx, append(prices, w.prices...)); err != nil {
		return err
	}
	return w.writeMore(ctx)
}

// uncount notes which counts were refused: they stay news, so that the next import tries again.
func (w *importer) uncount(refused map[int64]bool) {
	for _, c := range w.changed {
		if c.count == nil || !refused[c.ID] {
			continue
		}
		c.ImportStock = c.before
		w.out.errors = append(w.out.errors, ImportError{Severity: SeverityError, Line: int64(c.line), Handle: c.handle, Field: "stock", Code: errCount.Code, Message: errCount.Message})
	}
}
