package catalog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/money"
)

// ProductInput is a product as somebody writes it.
type ProductInput struct {
	Handle      string // "" = made of the title
	Category    string // public id, "" = none
	Title       string
	Description string // HTML, cleaned before it is kept
	Vendor      string
	Brand       string
	TaxRate     string // percent, "" = the market's
	TaxCode     string
	Options     []string // names, at most three
	Variants    []VariantInput
}

// VariantInput is a variant as somebody writes it.
type VariantInput struct {
	Options    []string // values, in the order of the product's options
	SKU        string   // "" = none
	Barcode    string
	Price      string // decimal, in the market's currency
	Weight     int64  // grams
	TrackStock bool
	Stock      *int64 // what is on hand at the beginning; nil = nothing said
}

// draft is a product whose fields are acceptable.
type draft struct {
	handle, title, description, vendor, brand string
	options                                   [maxOptions]string
	taxRate                                   *int64
	taxCode                                   string
	variants                                  []draftVariant
}

type draftVariant struct {
	options    [maxOptions]string
	sku        *string
	barcode    string
	price      int64
	weight     int64
	trackStock bool
	stock      *int64
	position   int64

	importStock *int64 // the figure of the file it came from
}

// check reads a product; all that is wrong with it is said at once.
func (in ProductInput) check(cur money.Currency) (draft, error) {
	f := newFindings(ErrInvalidProduct)
	d := draft{
		handle:      norm.NFC.String(in.Handle),
		title:       f.text("title", in.Title, 1, maxTitle),
		description: f.description("description", in.Description),
		vendor:      f.text("vendor", in.Vendor, 0, maxName),
		brand:       f.text("brand", in.Brand, 0, maxName),
		taxRate:     f.taxRate("tax_rate", in.TaxRate),
		taxCode:     f.taxCode("tax_code", in.TaxCode),
		options:     f.optionNames("options", in.Options),
	}
	if d.handle != "" && !validHandle(d.handle) {
		f.add("handle", "invalid_handle", "Takes lower-case letters, digits, - and _.")
	}
	if len(in.Variants) > maxVariants {
		f.add("variants", "too_many", "A product can have 100 variants.")
		return d, f.fault()
	}
	for i, v := range in.Variants {
		path := "variants[" + strconv.Itoa(i) + "]."
		d.variants = append(d.variants, f.variant(path, v, d.options, cur))
		d.variants[i].position = int64(i)
	}
	f.distinct(d.variants)
	return d, f.fault()
}

// check reads one variant for a product with these option names.
func (in VariantInput) check(names [maxOptions]string, cur money.Currency) (draftVariant, error) {
	f := newFindings(ErrInvalidProduct)
	v := f.variant("", in, names, cur)
	return v, f.fault()
}

func (f *findings) description(path, s string) string {
	if utf8.RuneCountInString(s) > maxDescription || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		f.add(path, "too_long", "Is too long or not text.")
		return ""
	}
	clean := norm.NFC.String(shopify.Sanitize(s))
	if utf8.RuneCountInString(clean) > maxDescription {
		f.add(path, "too_long", "Is too long.")
	}
	return clean
}

func (f *findings) optionNames(path string, in []string) (names [maxOptions]string) {
	if len(in) > maxOptions {
		f.add(path, "too_many", "A product can have three options.")
		return names
	}
	seen := map[string]bool{}
	for i, n := range in {
		p := path + "[" + strconv.Itoa(i) + "]"
		names[i] = f.text(p, n, 1, maxName)
		if key := sortKey(names[i]); seen[key] {
			f.add(p, "duplicate", "Is there already.")
		} else {
			seen[key] = true
		}
	}
	return names
}

// price reads an amount of the market's currency.
func (f *findings) price(path, s string, cur money.Currency) int64 {
	amount, err := money.Parse(s, cur)
	switch {
	case errors.Is(err, money.ErrOverflow):
		f.add(path, "too_large", "Is too large.")
	case err != nil:
		f.add(path, "invalid_amount", fmt.Sprintf("Takes an amount in %s such as %s.", cur, money.Format(1250, cur)))
	case amount < 0:
		f.add(path, "negative", "Is below zero.")
	}
	return amount
}

// taxRate reads a percentage; "" is none of its own.
func (f *findings) taxRate(path, s string) *int64 {
	if s == "" {
		return nil
	}
	bp, err := money.ParseRate(s)
	if err != nil || bp > 10_000 {
		f.add(path, "invalid_rate", "Is a percentage from 0 to 100 with at most two decimals.")
	}
	return &bp
}

// taxCode reads a code of goods or services (HSN, SAC): digits and letters.
func (f *findings) taxCode(path, s string) string {
	clean := f.text(path, s, 0, maxTaxCode)
	if strings.ContainsFunc(clean, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '.'
	}) {
		f.add(path, "invalid_code", "Takes digits, letters and dots.")
	}
	return clean
}

// sku reads a SKU; "" is none.
func (f *findings) sku(path, s string) *string {
	clean := f.text(path, s, 0, maxSKU)
	if clean == "" {
		return nil
	}
	return &clean
}

func (f *findings) weight(path string, grams int64) int64 {
	if grams < 0 || grams > maxWeight {
		f.add(path, "out_of_range", "Is not a weight in grams.")
	}
	return grams
}

// values reads a variant's options: one value for each name.
func (f *findings) values(path string, in []string, names [maxOptions]string) (values [maxOptions]string) {
	n := 0
	for n < maxOptions && names[n] != "" {
		n++
	}
	if len(in) != n {
		f.add(path, "option_count", fmt.Sprintf("The product has %d options: give a value for each.", n))
		return values
	}
	for i, v := range in {
		values[i] = f.text(path+"["+strconv.Itoa(i)+"]", v, 1, maxName)
	}
	return values
}

func (f *findings) variant(path string, in VariantInput, names [maxOptions]string, cur money.Currency) draftVariant {
	v := draftVariant{
		options:    f.values(path+"options", in.Options, names),
		sku:        f.sku(path+"sku", in.SKU),
		barcode:    f.text(path+"barcode", in.Barcode, 0, maxSKU),
		price:      f.price(path+"price", in.Price, cur),
		weight:     f.weight(path+"weight", in.Weight),
		trackStock: in.TrackStock,
		stock:      in.Stock,
	}
	switch {
	case in.Stock == nil:
	case *in.Stock < 0 || *in.Stock > maxInitialStock:
		f.add(path+"stock", "out_of_range", "Is not a quantity.")
	case !in.TrackStock:
		f.add(path+"stock", "not_tracked", "Stock is given only where it is tracked.")
	}
	return v
}

// maxInitialStock is the most that one count can say.
const maxInitialStock = 1_000_000_000

// distinct finds variants with the same options or the same SKU within one input.
func (f *findings) distinct(variants []draftVariant) {
	options, skus := map[[maxOptions]string]bool{}, map[string]bool{}
	for i, v := range variants {
		path := "variants[" + strconv.Itoa(i) + "]."
		if options[v.options] {
			f.add(path+"options", "duplicate", "Another variant has the same options.")
		}
		options[v.options] = true
		if v.sku == nil {
			continue
		}
		if skus[*v.sku] {
			f.add(path+"sku", "duplicate", "Another variant has the same SKU.")
		}
		skus[*v.sku] = true
	}
}
