package catalog

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const (
	exportAtOnce = 100
	// maxKept is how many columns without a meaning an export has; a file cannot have more.
	maxKept = 900
)

// export writes a store's products as a file, page by page, each in a read of its own: memory stays flat, and nothing
// holds the database for long.
type export struct {
	s          *Service
	brief      store.Brief
	cur        money.Currency
	categories map[int64]string
	kept       []string // names of columns that mean nothing here
}

// Export finds out whether the caller may have a store's products as a file, and gives what writes it.
func (s *Service) Export(ctx context.Context, caller web.Caller, storeID string) (write func(w *csv.Writer) error, err error) {
	e, err := s.openExport(ctx, caller, storeID)
	if err != nil {
		return nil, err
	}
	return func(w *csv.Writer) error { return e.write(ctx, w) }, nil
}

// openExport makes sure that the caller may, and finds out which columns there are.
func (s *Service) openExport(ctx context.Context, caller web.Caller, storeID string) (*export, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return nil, err
	}
	e := &export{s: s, cur: cur, categories: map[int64]string{}}
	err = s.db.Read(ctx, "catalog.export", func(ctx context.Context, tx db.Tx) error {
		if e.brief, err = s.stores.Require(ctx, tx, caller, storeID, store.View); err != nil {
			return err
		}
		t, err := readTree(ctx, tx)
		for _, c := range t.rows {
			var path []string
			for at, n := c, 0; n <= maxDepth; n++ {
				path = append(path, at.Name)
				if at.ParentID == nil {
					break
				}
				at = t.byID[*at.ParentID]
			}
			slices.Reverse(path)
			e.categories[c.ID] = strings.Join(path, " > ")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	err = e.pages(ctx, func(p exportPage) error {
		for _, d := range p.details {
			named(names, d.More)
		}
		for _, f := range p.facts {
			named(names, f.More)
		}
		return nil
	}, false)
	for n := range names {
		e.kept = append(e.kept, n)
	}
	slices.Sort(e.kept)
	e.kept = e.kept[:min(len(e.kept), maxKept)]
	return e, err
}

func named(names map[string]bool, cells string) {
	for _, c := range cellsOf(cells) {
		names[c.Name] = true
	}
}

func cellsOf(text string) (out []shopify.Cell) {
	if text == "" || json.Unmarshal([]byte(text), &out) != nil {
		return nil
	}
	return out
}

// exportPage is some products with all that belongs to them.
type exportPage struct {
	products []catalogdb.Product
	variants map[int64][]catalogdb.Variant
	details  map[int64]catalogdb.ProductDetail
	facts    map[int64]catalogdb.VariantDetail
	images   map[int64][]catalogdb.ImagesOfProductsRow
	owned    map[int64]int64
	onHand   map[int64]int64
}

// pages goes through the store's products; whole is false where only the details are wanted.
func (e *export) pages(ctx context.Context, f func(exportPage) error, whole bool) error {
	for after := ""; ; {
		var p exportPage
		err := e.s.db.Read(ctx, "catalog.export_page", func(ctx context.Context, tx db.Tx) (err error) {
			p, err = e.page(ctx, tx, after, whole)
			return err
		})
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		if err := f(p); err != nil {
			return err
		}
		if len(p.products) < exportAtOnce {
			return nil
		}
		after = p.products[len(p.products)-1].Handle
	}
}

func (e *export) page(ctx context.Context, tx db.Tx, after string, whole bool) (p exportPage, err error) {
	p = exportPage{
		variants: map[int64][]catalogdb.Variant{}, details: map[int64]catalogdb.ProductDetail{}, facts: map[int64]catalogdb.VariantDetail{},
		images: map[int64][]catalogdb.ImagesOfProductsRow{}, owned: map[int64]int64{},
	}
	q := catalogdb.New(tx)
	if p.products, err = q.ProductsAfter(ctx, e.brief.ID, after, exportAtOnce); err != nil || len(p.products) == 0 {
		return p, err
	}
	ids := make([]int64, len(p.products))
	for i, r := range p.products {
		ids[i] = r.ID
	}
	variants, err := q.VariantsOfProducts(ctx, ids)
	if err != nil {
		return p, err
	}
	keys := make([]int64, len(variants))
	for i, v := range variants {
		keys[i] = v.ID
		p.variants[v.ProductID] = append(p.variants[v.ProductID], v)
	}
	details, err := q.ProductDetails(ctx, ids)
	if err != nil {
		return p, err
	}
	for _, d := range details {
		p.details[d.ProductID] = d
	}
	facts, err := q.VariantDetails(ctx, keys)
	if err != nil {
		return p, err
	}
	for _, f := range facts {
		p.facts[f.VariantID] = f
	}
	if !whole {
		return p, nil
	}
	images, err := q.ImagesOfProducts(ctx, ids)
	if err != nil {
		return p, err
	}
	for _, i := range images {
		p.images[i.ProductID] = append(p.images[i.ProductID], i)
	}
	owned, err := q.VariantImages(ctx, keys)
	if err != nil {
		return p, err
	}
	for _, o := range owned {
		p.owned[o.VariantID] = o.ImageID
	}
	p.onHand, err = e.s.shelf.OnHand(ctx, tx, keys)
	return p, err
}

var exportColumns = []string{
	"Handle", "Title", "Body (HTML)", "Vendor", "Brand", "Product Category", "Type", "Tags", "Published", "Option1 Name", "Option1 Value", "Option2 Name",
	"Option2 Value", "Option3 Name", "Option3 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
	"Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
	"Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description", "Variant Image",
	"Variant Weight Unit", "Status",
}

func (e *export) write(ctx context.Context, w *csv.Writer) error {
	header := slices.Clone(exportColumns)
	for _, k := range e.kept {
		header = append(header, shopify.Guarded(k))
	}
	if err := w.Write(header); err != nil {
		return err
	}
	return e.pages(ctx, func(p exportPage) error {
		for _, r := range p.products {
			rows, err := e.rows(p, r)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if err := w.Write(row); err != nil {
					return err
				}
			}
		}
		w.Flush()
		return w.Error()
	}, true)
}

// rows are those of one product: its variants, each with an image beside it as long as there are any, then the images
// that are left.
func (e *export) rows(p exportPage, r catalogdb.Product) (rows [][]string, err error) {
	variants, images, d := p.variants[r.ID], p.images[r.ID], p.details[r.ID]
	for i := range max(1, len(variants), len(images)) {
		cells := map[string]string{"Handle": shopify.Guarded(r.Handle)}
		more := []shopify.Cell(nil)
		if i == 0 {
			if err := e.productCells(cells, r, d); err != nil {
				return nil, err
			}
			more = cellsOf(d.More)
		}
		if i < len(variants) {
			v := variants[i]
			e.variantCells(cells, r, v, p)
			more = append(more, cellsOf(p.facts[v.ID].More)...)
		}
		if i < len(images) {
			cells["Image Src"] = e.s.blobs.URL(images[i].Image, 0)
			cells["Image Position"] = strconv.Itoa(i + 1)
			cells["Image Alt Text"] = shopify.Guarded(images[i].Alt)
		}
		row := make([]string, 0, len(exportColumns)+len(e.kept))
		for _, name := range exportColumns {
			row = append(row, cells[name])
		}
		for _, name := range e.kept {
			value := ""
			if at := slices.IndexFunc(more, func(c shopify.Cell) bool { return c.Name == name }); at >= 0 {
				value = shopify.Guarded(more[at].Value)
			}
			row = append(row, value)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (e *export) productCells(cells map[string]string, r catalogdb.Product, d catalogdb.ProductDetail) error {
	var tags []string
	if d.Tags != "" {
		if err := json.Unmarshal([]byte(d.Tags), &tags); err != nil {
			return fmt.Errorf("tags of %s: %w", r.PublicID, err)
		}
	}
	cells["Title"], cells["Body (HTML)"] = shopify.Guarded(r.Title), shopify.Guarded(strings.TrimSpace(strings.ReplaceAll(r.Description, "\r\n", "\n")))
	cells["Vendor"], cells["Brand"], cells["Type"] = shopify.Guarded(r.Vendor), shopify.Guarded(r.Brand), shopify.Guarded(d.Type)
	cells["Tags"] = shopify.Guarded(strings.Join(tags, ", "))
	cells["Product Category"] = shopify.Guarded(e.categories[deref(r.CategoryID)])
	cells["Published"], cells["Status"] = "FALSE", "draft"
	if State(r.State) == Published {
		cells["Published"], cells["Status"] = "TRUE", "active"
	}
	cells["Gift Card"] = "FALSE"
	cells["SEO Title"], cells["SEO Description"] = shopify.Guarded(d.SeoTitle), shopify.Guarded(d.SeoDescription)
	names := optionNames(r)
	if names[0] == "" {
		cells["Option1 Name"] = "Title"
		return nil
	}
	for i, n := range names {
		cells["Option"+strconv.Itoa(i+1)+" Name"] = shopify.Guarded(n)
	}
	return nil
}

func (e *export) variantCells(cells map[string]string, r catalogdb.Product, v catalogdb.Variant, p exportPage) {
	f, ok := p.facts[v.ID]
	if !ok {
		f.Taxable, f.Shipping = true, true
	}
	for i, value := range optionValues(v) {
		cells["Option"+strconv.Itoa(i+1)+" Value"] = shopify.Guarded(value)
	}
	if r.Option1 == "" {
		cells["Option1 Value"] = "Default Title"
	}
	cells["Variant SKU"], cells["Variant Barcode"] = shopify.GuardedLabel(deref(v.Sku)), shopify.GuardedLabel(v.Barcode)
	cells["Variant Grams"], cells["Variant Weight Unit"] = strconv.FormatInt(v.Weight, 10), "g"
	if f.WeightUnit != "" {
		cells["Variant Weight Unit"] = f.WeightUnit
	}
	if v.TrackStock {
		cells["Variant Inventory Tracker"], cells["Variant Inventory Qty"] = "shopify", strconv.FormatInt(p.onHand[v.ID], 10)
	}
	cells["Variant Inventory Policy"], cells["Variant Fulfillment Service"] = "deny", "manual"
	cells["Variant Price"] = money.Format(v.Price, money.Currency(v.Currency))
	if f.CompareAt > 0 {
		cells["Variant Compare At Price"] = money.Format(f.CompareAt, money.Currency(v.Currency))
	}
	cells["Variant Requires Shipping"], cells["Variant Taxable"] = truth(f.Shipping), truth(f.Taxable)
	if at := slices.IndexFunc(p.images[r.ID], func(i catalogdb.ImagesOfProductsRow) bool { return p.owned[v.ID] != 0 && i.ID == p.owned[v.ID] }); at >= 0 {
		cells["Variant Image"] = e.s.blobs.URL(p.images[r.ID][at].Image, 0)
	}
}

func truth(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}
