package shopify

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"iter"
	"slices"
	"strings"
)

// Products reads a product file. For each product it gives (product, nil); for
// each thing wrong in a row (_, *RowError), and goes on; whatever else comes as
// an error ends the file (ErrTooLarge, ErrTooMany, ErrEncoding, ErrHeader, or
// what the reader said). Products come in the order of the file, each as soon
// as its last row is read.
func Products(r io.Reader, o Options) iter.Seq2[Product, error] {
	return func(yield func(Product, error) bool) {
		p := &parser{opts: o.withDefaults(), yield: yield, seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
		if err := p.read(r); err != nil && !p.stopped {
			yield(Product{}, err)
		}
	}
}

type parser struct {
	opts   Options
	yield  func(Product, error) bool
	table  *table
	header header

	product   *Product // at hand; nil before the first
	bad       bool     // something is wrong with it
	skipped   bool     // its rows are not looked at any more
	stopped   bool     // nobody listens any more
	last      int      // rows that were taken
	more      int      // bytes of cells without a meaning, of the product at hand
	placed    []placed // its images
	says      Says
	skipTitle string // title of the product at hand where it has no handle

	// The handles so far, as hashes: 64 bits keep memory small, and with a seed
	// of its own for each file nobody can choose two that meet.
	seed maphash.Seed
	seen map[uint64]struct{}
}

func (p *parser) read(r io.Reader) error {
	if !p.opts.Currency.Valid() {
		return fmt.Errorf("prices need a currency: %.10q is none", string(p.opts.Currency))
	}
	t, err := newTable(r, p.opts.MaxBytes, p.opts.MaxField)
	if err != nil {
		return err
	}
	p.table = t
	if err := t.next(); err != nil {
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the file is empty", ErrHeader)
		}
		return err
	}
	if p.header, err = readHeader(t); err != nil {
		return err
	}
	p.says = p.header.says()
	for rows := 0; !p.stopped; {
		err := t.next()
		if errors.Is(err, io.EOF) {
			p.finish()
			return nil
		}
		if err != nil {
			return err
		}
		if t.blank() {
			continue
		}
		if rows++; rows > p.opts.MaxRows {
			p.finish()
			return ErrTooMany
		}
		p.row()
		p.last = rows
	}
	return nil
}

// row takes one row to the product at hand or to a new one.
func (p *parser) row() {
	rawHandle, handleOK := p.raw(colHandle)
	rawTitle, titleOK := p.raw(colTitle)
	handle := strings.ToLower(strings.Join(strings.Fields(rawHandle), " "))
	title := strings.Join(strings.Fields(rawTitle), " ")
	if !p.continues(handle, title) {
		p.finish()
		p.begin(handle, title)
	} else if p.product.Title != "" && title != "" && title != p.product.Title && !p.skipped {
		p.fail(colTitle, CodeConflict, "The product has another title in its first row.")
	}
	if p.skipped {
		return
	}
	if p.table.fault != nil {
		e := *p.table.fault
		if p.table.at < len(p.header.names) {
			e.Column = p.header.names[p.table.at]
		}
		p.unreadable(&e)
		return
	}
	if !handleOK || !titleOK {
		p.unreadable(&RowError{Line: p.table.start, Code: CodeNotText, Message: "The row is not text: save the file as CSV UTF-8."})
		return
	}
	for i := len(p.header.names); i < len(p.table.ends); i++ {
		if len(p.table.cell(i)) > 0 {
			p.unreadable(&RowError{Line: p.table.start, Code: CodeTooManyColumns, Message: "The row has more cells than the first line: a comma in a text needs quotes around the text."})
			return
		}
	}
	if p.table.start == p.product.Line {
		p.fields(handle, title)
	}
	p.optionNames()
	p.image()
	if p.isVariant() {
		p.variant()
	} else if p.table.start == p.product.Line {
		p.product.More = p.cells()
	}
}

// continues says whether a row belongs to the product at hand: the same handle;
// where handles are left out, no title or the same one.
func (p *parser) continues(handle, title string) bool {
	switch {
	case p.product == nil:
		return false
	case handle != "" || p.product.Handle != "":
		return handle == p.product.Handle
	case p.header.at[colHandle] >= 0:
		return title != "" && title == p.skipTitle
	}
	return title == "" || title == p.skipTitle
}

// begin opens a product with the row at hand.
func (p *parser) begin(handle, title string) {
	p.product = &Product{Line: p.table.start, Handle: handle}
	p.bad, p.skipped, p.skipTitle, p.more, p.placed = false, false, title, 0, nil
	if handle == "" {
		return
	}
	key := maphash.String(p.seed, handle)
	if _, ok := p.seen[key]; ok {
		p.fail(colHandle, CodeHandleRepeated, "The rows of a product must be together: this one appeared further up. These rows are left out.")
		p.skipped = true
		return
	}
	p.seen[key] = struct{}{}
}

// fields reads what belongs to the product as a whole.
func (p *parser) fields(handle, title string) {
	d := p.product
	if handle != "" {
		d.Handle = strings.ToLower(p.text(colHandle))
	}
	d.Title = p.text(colTitle)
	switch {
	case title != "":
	case handle == "":
		p.fail(colHandle, CodeMissing, "The row has neither handle nor title.")
	default:
		p.fail(colTitle, CodeMissing, "The first row of a product needs a title.")
	}
	d.BodyHTML = p.long(colBody)
	d.Vendor = p.text(colVendor)
	d.Type = p.text(colType)
	d.Category = p.text(colCategory)
	d.Tags = p.tags(colTags)
	d.Status = p.oneOf(colStatus, "active", "draft", "archived", "unlisted")
	d.Published = p.bool(colPublished, true)
	d.SEOTitle, d.SEOText = p.text(colSEOTitle), p.bounded(colSEODescription)
	d.Brand, d.Says = p.text(colBrand), &p.says
	if p.bool(colGiftCard, false) {
		p.fail(colGiftCard, CodeGiftCard, "Gift cards cannot be imported.")
	}
}

// optionNames takes the names of the options from the first row, and finds rows
// that call them otherwise.
func (p *parser) optionNames() {
	first := p.table.start == p.product.Line
	for i := range maxOptions {
		c := colName1 + column(i)
		name := p.text(c)
		switch {
		case name == "":
		case first && len(p.product.Options) == i:
			if slices.ContainsFunc(p.product.Options, func(o string) bool { return strings.EqualFold(o, name) }) {
				p.fail(c, CodeConflict, "Two options have the same name.")
			}
			p.product.Options = append(p.product.Options, name)
		case first:
			p.fail(c, CodeMissing, "The options before this one have no name.")
		case i >= len(p.product.Options) || !strings.EqualFold(name, p.product.Options[i]):
			p.fail(c, CodeConflict, "The option has another name in the first row of the product.")
		}
	}
}

// isVariant says whether the row describes a variant; others add an image or
// open a product whose variants follow.
func (p *parser) isVariant() bool {
	for _, c := range []column{colPrice, colSKU, colBarcode, colCompareAt, colQty, colValue1, colValue2, colValue3} {
		if p.has(c) {
			return true
		}
	}
	return false
}

func (p *parser) variant() {
	d := p.product
	if len(d.Variants) >= p.opts.MaxVariants {
		p.fail(colPrice, CodeTooMany, fmt.Sprintf("A product takes at most %d variants. The rest of its rows is left out.", p.opts.MaxVariants))
		p.skipped = true
		return
	}
	v := Variant{
		Line:             p.table.start,
		Options:          p.optionValues(),
		SKU:              p.label(colSKU),
		Barcode:          p.label(colBarcode),
		CompareAt:        p.amount(colCompareAt),
		Grams:            p.grams(colGrams),
		RequiresShipping: p.bool(colShipping, true),
		Taxable:          p.bool(colTaxable, true),
		WeightUnit:       p.oneOf(colWeightUnit, "", "g", "kg", "oz", "lb"),
		Image:            p.address(colVariantImage),
		More:             p.cells(),
	}
	if p.has(colPrice) {
		v.Price = p.amount(colPrice)
	} else {
		p.fail(colPrice, CodeMissing, "The variant has no price.")
	}
	// A tracker's name, or a quantity where there is no such column.
	v.TrackStock = p.text(colTracker) != "" || (p.header.at[colTracker] < 0 && p.has(colQty))
	if v.TrackStock && p.has(colQty) {
		v.Qty, v.QtyGiven = p.count(colQty), true
	}
	v.Oversell = slices.Contains([]string{"continue", "true"}, p.oneOf(colPolicy, "deny", "continue", "true", "false"))
	if slices.ContainsFunc(d.Variants, func(other Variant) bool { return sameOptions(other.Options, v.Options) }) {
		p.fail(colValue1, CodeDuplicate, "Another variant of the product has the same options.")
	}
	d.Variants = append(d.Variants, v)
}

const defaultTitle = "Default Title"

// optionValues reads a value for each of the product's options.
func (p *parser) optionValues() []string {
	var values []string
	for i := range maxOptions {
		c := colValue1 + column(i)
		value := p.text(c)
		switch {
		case i < len(p.product.Options) && value == "":
			p.fail(c, CodeMissing, fmt.Sprintf("The variant has no value for the option %q.", truncate(p.product.Options[i], 40)))
		case i < len(p.product.Options):
			values = append(values, value)
		case value != "" && !strings.EqualFold(value, defaultTitle):
			p.fail(c, CodeMissing, "The option has a value but no name in the first row of the product.")
		}
	}
	return values
}

func sameOptions(a, b []string) bool { return slices.EqualFunc(a, b, strings.EqualFold) }

// finish gives out the product at hand, if nothing is wrong with it.
func (p *parser) finish() {
	d := p.product
	if d == nil || p.stopped {
		return
	}
	p.product = nil
	if len(d.Variants) == 0 && !p.bad {
		p.bad = true
		p.send(&RowError{Line: d.Line, Column: p.header.name(colPrice), Code: CodeMissing, Message: "No row of the product has a price."})
	}
	if p.bad || p.stopped {
		return
	}
	// How files write a product that comes in one form.
	if len(d.Variants) == 1 && len(d.Options) == 1 && strings.EqualFold(d.Options[0], "Title") && strings.EqualFold(d.Variants[0].Options[0], defaultTitle) {
		d.Options, d.Variants[0].Options = nil, nil
	}
	slices.SortStableFunc(p.placed, func(a, b placed) int { return cmp.Compare(a.position, b.position) })
	for _, i := range p.placed {
		d.Images = append(d.Images, i.Image)
	}
	d.Row = p.last
	if !p.yield(*d, nil) {
		p.stopped = true
	}
}

// fail reports something wrong with a cell of the row at hand.
func (p *parser) fail(c column, code, message string) {
	p.report(&RowError{Line: p.table.start, Column: p.header.name(c), Code: code, Message: message})
}

// unreadable reports a row whose cells cannot be told. Without its first row
// nothing more can be said about a product.
func (p *parser) unreadable(e *RowError) {
	p.report(e)
	p.skipped = p.table.start == p.product.Line
}

func (p *parser) report(e *RowError) {
	p.bad = true
	p.send(e)
}

func (p *parser) send(e *RowError) {
	if !p.stopped && !p.yield(Product{}, e) {
		p.stopped = true
	}
}
