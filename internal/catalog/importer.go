package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/store"
)

// importer takes products of a file into one store, in one transaction.
//
// The file's texts and prices win over what is there. Three things are the store's own after the first import: the
// state of a product, variants that the file does not name, and stock, which follows the file only when the file says
// another figure than the time before: sales since then are not undone by reading the same file again.
type importer struct {
	s   *Service
	tx  db.Tx
	q   *catalogdb.Queries
	imp catalogdb.Import
	b   store.Brief
	cur money.Currency
	out *outcome

	terms    Terms
	chunk    []fileRow
	pictures bool // the file says something of pictures
	byURL    bool // pictures may be fetched
	told     bool // that they may not

	categories map[string]int64 // by folded path; only what is unmistakable
	existing   map[string]catalogdb.Product
	variants   map[int64][]catalogdb.Variant
	known      known
	holders    map[string]int64 // SKU → the live variant that has it; reserved for one that is not there yet

	// What is written when all products of the chunk were looked at.
	products []*catalogdb.Product
	added    []*newVariant
	changed  []*changedVariant
	prices   []priceChange
	details  []detailOf
	facts    []factsOf
	images   []imagePlan
	brands   map[string]string // by what files call them; "" is not registered
}

// reserved stands for the key of a variant that is not there yet.
const reserved = -1

// changedVariant is a variant as it will be, and where the file says so.
type changedVariant struct {
	catalogdb.Variant
	count  *int64 // what the file says is on hand, if that is news
	silent bool   // nothing that anybody would see
	before *int64 // what the file before it said
	line   int
	handle string
}

func (s *Service) openImporter(ctx context.Context, tx db.Tx, c *chunk, b store.Brief, out *outcome) (*importer, error) {
	w := &importer{
		s: s, tx: tx, q: catalogdb.New(tx), imp: c.imp, b: b, cur: c.cur, out: out, chunk: c.products, byURL: c.byURL, told: c.told,
		existing: map[string]catalogdb.Product{}, variants: map[int64][]catalogdb.Variant{}, holders: map[string]int64{},
	}
	handles := make([]string, len(c.products))
	var skus []string
	for i, p := range c.products {
		handles[i] = p.draft.handle
		for _, v := range p.Variants {
			if sku, _ := line(v.SKU); sku != "" {
				skus = append(skus, sku)
			}
		}
	}
	products, err := w.q.ProductsByHandle(ctx, b.ID, handles)
	if err != nil {
		return nil, fmt.Errorf("products: %w", err)
	}
	ids := make([]int64, len(products))
	for i, p := range products {
		w.existing[p.Handle], ids[i] = p, p.ID
	}
	variants, err := w.q.VariantsOfProducts(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("variants: %w", err)
	}
	for _, v := range variants {
		w.variants[v.ProductID] = append(w.variants[v.ProductID], v)
	}
	taken, err := w.q.SkusTaken(ctx, b.ID, skus)
	if err != nil {
		return nil, fmt.Errorf("skus: %w", err)
	}
	for _, r := range taken {
		w.holders[deref(r.Sku)] = r.ID
	}
	t, err := readTree(ctx, tx)
	if err != nil {
		return nil, err
	}
	w.categories = t.paths()
	if w.terms, err = s.terms(ctx, tx); err != nil {
		return nil, err
	}
	return w, w.readKnown(ctx, ids, variants)
}

// paths names every category by its whole path and, where only one has it, by its name alone.
func (t tree) paths() map[string]int64 {
	names, count := map[string]int64{}, map[string]int{}
	for _, c := range t.rows {
		key := sortKey(c.Name)
		names[key] = c.ID
		count[key]++
	}
	for key, n := range count {
		if n > 1 {
			delete(names, key)
		}
	}
	for _, c := range t.rows {
		var path []string
		for at, n := c, 0; n <= maxDepth; n++ {
			path = append(path, sortKey(at.Name))
			if at.ParentID == nil {
				break
			}
			at = t.byID[*at.ParentID]
		}
		slices.Reverse(path)
		names[strings.Join(path, " > ")] = c.ID
	}
	return names
}

// category finds the market's category for the file's, by its path or by its last name.
func (w *importer) category(path string) *int64 {
	var parts []string
	for p := range strings.SplitSeq(path, ">") {
		if key := sortKey(strings.TrimSpace(p)); key != "" {
			parts = append(parts, key)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	for _, key := range []string{strings.Join(parts, " > "), parts[len(parts)-1]} {
		if id, ok := w.categories[key]; ok {
			return &id
		}
	}
	return nil
}

func handleIn(p shopify.Product) string {
	if p.Handle == "" {
		return handleOf(p.Title)
	}
	return norm.NFC.String(p.Handle)
}

// refuse notes why a product was not taken.
func (w *importer) refuse(p shopify.Product, err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	e := ImportError{Severity: SeverityError, Line: int64(p.Line), Handle: p.Handle, Code: f.Code, Message: f.Message}
	if len(f.Fields) == 0 {
		w.out.errors = append(w.out.errors, e)
	}
	for _, field := range f.Fields {
		e.Field, e.Code, e.Message = field.Path, field.Code, field.Message
		e.Line = int64(lineOf(p, field.Path))
		w.out.errors = append(w.out.errors, e)
	}
	return nil
}

// lineOf is the row that a field of a product stands in.
func lineOf(p shopify.Product, path string) int {
	rest, ok := strings.CutPrefix(path, "variants[")
	if !ok {
		return p.Line
	}
	digits, _, _ := strings.Cut(rest, "]")
	if i, err := strconv.Atoi(digits); err == nil && i >= 0 && i < len(p.Variants) {
		return p.Variants[i].Line
	}
	return p.Line
}

// inputOf is a product of the file as somebody would have written it.
func inputOf(p shopify.Product, cur money.Currency) ProductInput {
	in := ProductInput{
		Handle: handleIn(p), Title: p.Title, Description: p.BodyHTML, Vendor: p.Vendor, Brand: p.Vendor, Options: p.Options,
		Variants: make([]VariantInput, len(p.Variants)),
	}
	if p.Says.Brand {
		in.Brand = p.Brand
	}
	for i, v := range p.Variants {
		in.Variants[i] = VariantInput{
			Options: v.Options, SKU: v.SKU, Barcode: v.Barcode, Price: money.Format(v.Price, cur), Weight: v.Grams,
			// What goes on selling without stock is not counted here.
			TrackStock: v.TrackStock && !v.Oversell,
		}
		if v.QtyGiven && in.Variants[i].TrackStock {
			// More was sold there than was on the shelf: nothing is on it.
			qty := max(v.Qty, 0)
			in.Variants[i].Stock = &qty
		}
	}
	return in
}

func (w *importer) product(ctx context.Context, r fileRow) (err error) {
	p, d := r.Product, r.draft
	if r.refused != nil {
		return w.refuse(p, r.refused)
	}
	category := w.category(p.Category)
	if category == nil && p.Category != "" {
		w.warn(p.Line, p.Handle, "Product Category", "unknown_category", "The market has no such category. The product is imported without one.")
	}
	there, ok := w.existing[d.handle]
	if d.brand, err = w.brand(ctx, p, d.brand, there.Brand); err != nil {
		return err
	}
	if ok {
		return w.update(ctx, p, there, category, d)
	}
	plan, err := w.match(nil, d.variants)
	if err != nil {
		return w.refuse(p, err)
	}
	state := Draft
	if p.Published && p.Status == "active" {
		if state = Published; w.terms.Approval {
			state = Submitted
		}
	}
	made := w.s.newProduct(w.b, d.handle, category, d, state)
	w.products = append(w.products, &made)
	w.keep(p, &made, plan)
	w.out.created++
	w.note(p, "create", "The product is new.")
	w.happened("product.created", &made, nil)
	return nil
}

// happened notes that a product needs its listing and its event.
func (w *importer) happened(what string, p *catalogdb.Product, fields []string) {
	w.out.relist = append(w.out.relist, p)
	facts := map[string]any{"store": w.b.PublicID, "import": w.imp.PublicID}
	if fields != nil {
		facts["fields"] = fields
	}
	w.out.events = append(w.out.events, event.Event{Type: what, Subject: p.PublicID, Actor: w.imp.Actor, Facts: facts})
}

// errOtherOptions is told where the file has another idea of what a product's options are.
var errOtherOptions = fault.New(fault.Conflict, "options_changed", "The product has another number of options here: change it by hand.")

// update brings a product to what the file says.
func (w *importer) update(ctx context.Context, p shopify.Product, now catalogdb.Product, category *int64, d draft) error {
	if State(now.State) == Archived {
		return w.refuse(p, ErrProductState.Sayf("The product is archived."))
	}
	if optionCount(d.options) != optionCount(optionNames(now)) {
		return w.refuse(p, errOtherOptions)
	}
	plan, err := w.match(w.variants[now.ID], d.variants)
	if err != nil {
		return w.refuse(p, err)
	}
	fields := applyDraft(&now, category, d, *p.Says)
	if State(now.State) == Published && w.terms.Approval && slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(looked, f) }) {
		now.Review = string(ReviewChanged)
	}
	if len(fields) > 0 {
		if err := w.s.saveProduct(ctx, w.tx, &now); err != nil {
			return err
		}
	}
	fields = append(fields, w.keep(p, &now, plan)...)
	if len(fields) == 0 {
		w.out.unchanged++
		return nil
	}
	w.out.updated++
	w.note(p, "update", strings.Join(fields, ", "))
	w.happened("product.updated", &now, fields)
	return nil
}

func optionCount(options [maxOptions]string) (n int) {
	for _, o := range options {
		if o != "" {
			n++
		}
	}
	return n
}

// applyDraft puts the file's fields into a product and names those that differ.
func applyDraft(p *catalogdb.Product, category *int64, d draft, says shopify.Says) []string {
	var fields []string
	set := func(name string, field *string, value string) {
		if *field != value {
			*field, fields = value, append(fields, name)
		}
	}
	set("title", &p.Title, d.title)
	set("description", &p.Description, d.description)
	if says.Vendor {
		set("vendor", &p.Vendor, d.vendor)
	}
	if says.Brand || says.Vendor {
		set("brand", &p.Brand, d.brand)
		p.BrandKey = sortKey(p.Brand)
	}
	if names := optionNames(*p); names != d.options {
		p.Option1, p.Option2, p.Option3, fields = d.options[0], d.options[1], d.options[2], append(fields, "options")
	}
	// A category that the market does not have says nothing.
	if category != nil && deref(p.CategoryID) != *category {
		p.CategoryID, fields = category, append(fields, "category")
	}
	return fields
}
