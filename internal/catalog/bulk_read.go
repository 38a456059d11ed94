package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// bulk works on many products in memory: it reads all that the items need by as many statements for two hundred as for
// one, does them one after another, and writes what came out of it at the end.
type bulk struct {
	s      *Service
	tx     db.Tx
	q      *catalogdb.Queries
	id     string
	caller web.Caller
	b      store.Brief
	cur    money.Currency
	terms  Terms

	noCatalog, noStock error // why the caller may not change such fields
	items              []BulkItem
	next               string

	products map[string]*bulkProduct
	brands   map[string]string // registered, by key
	tree     tree
	results  []BulkResult
	events   []event.Event
}

// bulkProduct is a product as it was and as it will be.
type bulkProduct struct {
	was, now   catalogdb.Product
	over       bool // more than one request looks at
	variants   []bulkVariant
	tags       []string
	detail     catalogdb.ProductDetail
	tagged     bool
	fields     []string
	action     bool
	lastEvents []event.Event
}

// bulkVariant is a variant as it was and as it will be.
type bulkVariant struct {
	was, now catalogdb.Variant
	facts    catalogdb.VariantDetail
	factual  bool // facts are others now
	shelf    OnShelf
	count    *int64 // what was counted
	moved    bool   // what it is low at is another figure now
}

// clone is a copy that an item may spoil.
func (p *bulkProduct) clone() *bulkProduct {
	c := *p
	c.variants = slices.Clone(p.variants)
	c.tags = slices.Clone(p.tags)
	c.fields = slices.Clone(p.fields)
	c.lastEvents = nil
	return &c
}

// openBulk reads what the items need and does them.
func (s *Service) openBulk(ctx context.Context, tx db.Tx, caller web.Caller, storeID string, cur money.Currency, id string, in BulkInput) (*bulk, error) {
	w := &bulk{
		s: s, tx: tx, q: catalogdb.New(tx), id: id, caller: caller, cur: cur, items: in.Items, products: map[string]*bulkProduct{}, brands: map[string]string{},
	}
	var err error
	if w.b, w.noCatalog, w.noStock, err = s.rightsOf(ctx, tx, caller, storeID); err != nil {
		return nil, err
	}
	if w.terms, err = s.terms(ctx, tx); err != nil {
		return nil, err
	}
	for _, id := range in.Products {
		w.items = append(w.items, BulkItem{Product: id, Change: *in.Change})
	}
	if w.needs(func(c BulkChange) bool { return c.Category != nil }) || in.Change != nil && in.Change.Category != nil || in.Filter != nil && in.Filter.Category != "" {
		if w.tree, err = readTree(ctx, tx); err != nil {
			return nil, err
		}
	}
	if in.Filter != nil {
		if err := w.choose(ctx, *in.Filter, *in.Change, in.Cursor); err != nil {
			return nil, err
		}
	}
	if err := w.read(ctx); err != nil {
		return nil, err
	}
	for i, item := range w.items {
		w.results = append(w.results, w.item(i, item))
	}
	return w, nil
}

// needs says whether an item changes something of a kind.
func (w *bulk) needs(of func(BulkChange) bool) bool {
	return slices.ContainsFunc(w.items, func(i BulkItem) bool { return of(i.Change) })
}

// choose makes items of the products that a filter keeps, as many as one request may change.
func (w *bulk) choose(ctx context.Context, f BulkFilter, c BulkChange, cursor string) error {
	after := int64(0)
	if cursor != "" {
		var err error
		if after, err = strconv.ParseInt(cursor, 36, 64); err != nil || after < 0 {
			return db.ErrInvalidCursor
		}
	}
	var category int64
	if f.Category != "" {
		found, ok := w.tree.find(f.Category)
		if !ok {
			return ErrInvalidBulk.Field("filter.category", ErrCategoryNotFound.Code, ErrCategoryNotFound.Message)
		}
		category = found.ID
	}
	rows, err := w.q.StoreChoice(ctx, w.b.ID, after, maxBulkLook)
	if err != nil {
		return fmt.Errorf("selection: %w", err)
	}
	brand, variants := sortKey(f.Brand), int64(0)
	for _, r := range rows {
		keeps := (f.State == "" && State(r.State) != Archived || f.State == State(r.State)) && (f.Brand == "" || brand == r.BrandKey) &&
			(category == 0 || r.CategoryID != nil && w.tree.below(*r.CategoryID, category))
		if keeps && (len(w.items) == maxBulk || len(w.items) > 0 && variants+r.VariantCount > maxBulkVariants) {
			w.next = strconv.FormatInt(after, 36)
			return nil
		}
		after = r.ProductID
		if keeps {
			variants += r.VariantCount
			w.items = append(w.items, BulkItem{Product: r.PublicID, Change: c})
		}
	}
	if len(rows) == maxBulkLook {
		w.next = strconv.FormatInt(after, 36)
	}
	return nil
}

// read reads the products that the items name, with as much around them as the items change.
func (w *bulk) read(ctx context.Context) error {
	var names []string
	for _, i := range w.items {
		if !slices.Contains(names, i.Product) {
			names = append(names, i.Product)
		}
	}
	rows, err := w.q.ProductsByPublicIDs(ctx, w.b.ID, names)
	if err != nil {
		return fmt.Errorf("products: %w", err)
	}
	byID := make(map[int64]*bulkProduct, len(rows))
	ids := make([]int64, len(rows))
	for i, r := range rows {
		p := &bulkProduct{was: r, now: r}
		w.products[r.PublicID], byID[r.ID], ids[i] = p, p, r.ID
	}
	if err := w.readVariants(ctx, names, ids, byID); err != nil {
		return err
	}
	if w.needs(func(c BulkChange) bool { return c.Tags != nil || len(c.AddTags) > 0 || len(c.DropTags) > 0 }) {
		if err := w.readTags(ctx, ids, byID); err != nil {
			return err
		}
	}
	return w.readBrands(ctx)
}

// readVariants reads the variants of products, as many as one request looks at.
func (w *bulk) readVariants(ctx context.Context, names []string, ids []int64, byID map[int64]*bulkProduct) error {
	listed, err := w.q.PricesListed(ctx, ids)
	if err != nil {
		return fmt.Errorf("listings: %w", err)
	}
	count := make(map[int64]int64, len(listed))
	for _, l := range listed {
		count[l.ProductID] = l.VariantCount
	}
	total, within := int64(0), []int64{}
	for _, name := range names {
		p, ok := w.products[name]
		if !ok {
			continue
		}
		if total += count[p.was.ID]; total > maxBulkVariants {
			p.over = true
			continue
		}
		within = append(within, p.was.ID)
	}
	rows, err := w.q.VariantsOfProducts(ctx, within)
	if err != nil {
		return fmt.Errorf("variants: %w", err)
	}
	keys := make([]int64, len(rows))
	for i, r := range rows {
		keys[i] = r.ID
		p := byID[r.ProductID]
		p.variants = append(p.variants, bulkVariant{was: r, now: r, facts: catalogdb.VariantDetail{VariantID: r.ID, Taxable: true, Shipping: true}})
	}
	if w.needs(func(c BulkChange) bool { return c.CompareAt != nil }) {
		facts, err := w.q.VariantDetails(ctx, keys)
		if err != nil {
			return fmt.Errorf("details of variants: %w", err)
		}
		known := make(map[int64]catalogdb.VariantDetail, len(facts))
		for _, f := range facts {
			known[f.VariantID] = f
		}
		eachVariant(byID, func(v *bulkVariant) {
			if f, ok := known[v.was.ID]; ok {
				v.facts = f
			}
		})
	}
	if w.needs(BulkChange.ofShelf) {
		shelf, err := w.s.shelf.Shelved(ctx, w.tx, keys)
		if err != nil {
			return err
		}
		eachVariant(byID, func(v *bulkVariant) { v.shelf = shelf[v.was.ID] })
	}
	return nil
}

func eachVariant(products map[int64]*bulkProduct, f func(*bulkVariant)) {
	for _, p := range products {
		for i := range p.variants {
			f(&p.variants[i])
		}
	}
}

func (w *bulk) readTags(ctx context.Context, ids []int64, byID map[int64]*bulkProduct) error {
	for id, p := range byID {
		p.detail = catalogdb.ProductDetail{ProductID: id, Tags: "[]"}
	}
	rows, err := w.q.ProductDetails(ctx, ids)
	if err != nil {
		return fmt.Errorf("details: %w", err)
	}
	for _, r := range rows {
		p := byID[r.ProductID]
		p.detail = r
		if p.tags, err = tagsOf(r.Tags); err != nil {
			return fmt.Errorf("tags of %s: %w", p.was.PublicID, err)
		}
	}
	return nil
}

// readBrands finds the registered brands that the items name, where only those may be named.
func (w *bulk) readBrands(ctx context.Context) error {
	if !w.terms.Brands {
		return nil
	}
	var keys []string
	for _, i := range w.items {
		if b := i.Change.Brand; b != nil && *b != "" {
			if clean, ok := line(*b); ok {
				keys = append(keys, sortKey(clean))
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	rows, err := w.q.BrandsByKeys(ctx, slices.Compact(keys))
	if err != nil {
		return fmt.Errorf("brands: %w", err)
	}
	for _, r := range rows {
		if r.State == brandApproved {
			w.brands[r.NameKey] = r.Name
		}
	}
	return nil
}
