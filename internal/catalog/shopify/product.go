package shopify

import (
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/platform/money"
)

// Product is one product with all its variants.
type Product struct {
	Line      int    // of its first row; the header is line 1
	Handle    string // lower case; "" where the file leaves it to be made from the title
	Title     string
	BodyHTML  string // as it stands in the file: Sanitize it before it is kept or shown
	Vendor    string
	Type      string
	Category  string // as "Apparel & Accessories > Clothing"
	Tags      []string
	Published bool
	Status    string   // "active", "draft", "archived" or "unlisted"
	Options   []string // names, none to three; none means the product comes in one form
	Variants  []Variant
	Images    []Image // in their order
	Brand     string  // where the file has such a column
	Says      *Says   // which columns the file has
	SEOTitle  string
	SEOText   string
	More      []Cell // of columns that mean nothing here
	Row       int    // of its last row, counted without the header and blank lines
}

// Says is what a file says anything of: a column that is not there leaves things as they are.
type Says struct {
	Vendor, Type, Tags, SEO, Brand, CompareAt, Taxable, Shipping, Unit, Images, VariantImages, Other bool
}

// Image is a picture by its address.
type Image struct {
	Line int
	URL  string
	Alt  string
}

// Cell is what a column that means nothing here says.
type Cell struct {
	Name  string `json:"n"`
	Value string `json:"v"`
}

// Variant is one form of a product that has a price.
type Variant struct {
	Line             int
	Options          []string // values, one for each of the product's options
	SKU              string
	Barcode          string
	Price            int64 // minor units
	CompareAt        int64 // the struck-out price; 0 is none
	Grams            int64
	Qty              int64 // stock on hand
	QtyGiven         bool  // false: the file says nothing about stock
	TrackStock       bool
	Oversell         bool // goes on selling without stock
	RequiresShipping bool
	Taxable          bool
	WeightUnit       string // "g", "kg", "oz", "lb"; "" where nothing is said
	Image            string // address; "" without one of its own
	More             []Cell
}

// RowError is something wrong in one row. The product it belongs to is not
// given out.
type RowError struct {
	Line    int    // where the row begins; the header is line 1
	Column  string // as the file calls it, or ""
	Code    string
	Message string // a sentence for whoever made the file
}

// Error is the message with its place.
func (e *RowError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	}
	return fmt.Sprintf("line %d, %s: %s", e.Line, e.Column, e.Message)
}

// Codes of row errors.
const (
	CodeNotText        = "not_text"         // invalid UTF-8 or control characters
	CodeBadQuote       = "bad_quote"        // text behind a closing quote
	CodeUnclosedQuote  = "unclosed_quote"   // a quote that never closes
	CodeTooLong        = "too_long"         // a cell or row beyond the bounds
	CodeTooManyColumns = "too_many_columns" // more cells than the header has names
	CodeMissing        = "missing"          // a cell that must say something
	CodeInvalid        = "invalid"          // a cell that says something else
	CodeInvalidAmount  = "invalid_amount"   // no plain decimal amount of the market's currency
	CodeInvalidNumber  = "invalid_number"
	CodeHandleRepeated = "handle_repeated" // rows of one product are not together
	CodeConflict       = "conflict"        // a later row contradicts the first one
	CodeDuplicate      = "duplicate_variant"
	CodeTooMany        = "too_many" // variants or tags
	CodeGiftCard       = "gift_card"
)

// What ends the reading of a file.
var (
	ErrTooLarge = errors.New("the file is too large")
	ErrTooMany  = errors.New("the file has too many rows")
	ErrEncoding = errors.New("the file is not UTF-8 text: save it as CSV UTF-8")
	ErrHeader   = errors.New("the first line does not name the columns of a product file")
)

// Options says how a file is read. Zero bounds stand for the defaults.
type Options struct {
	Currency    money.Currency // of all prices
	MaxBytes    int64          // of the file; 20 MB
	MaxRows     int            // 100,000, without the header
	MaxField    int            // bytes of one cell; 1 MB
	MaxVariants int            // of one product; 100
}

const (
	maxColumns = 1000
	maxText    = 255 // characters of a name, SKU or the like
	maxTags    = 250
	maxOptions = 3
	maxNumber  = 1_000_000_000 // grams, pieces
)

func (o Options) withDefaults() Options {
	if o.MaxBytes <= 0 {
		o.MaxBytes = 20 << 20
	}
	if o.MaxRows <= 0 {
		o.MaxRows = 100_000
	}
	if o.MaxField <= 0 {
		o.MaxField = 1 << 20
	}
	if o.MaxVariants <= 0 {
		o.MaxVariants = 100
	}
	return o
}
