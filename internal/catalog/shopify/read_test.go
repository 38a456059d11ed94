package shopify

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/money"
)

// parse is everything that a file gives.
func parse(t testing.TB, text string, o Options) (products []Product, rows []*RowError, end error) {
	t.Helper()
	if o.Currency == "" {
		o.Currency = "NPR"
	}
	for p, err := range Products(strings.NewReader(text), o) {
		var row *RowError
		switch {
		case err == nil:
			products = append(products, p)
		case errors.As(err, &row):
			rows = append(rows, row)
		case end != nil:
			t.Fatalf("after the end (%v) came %v", end, err)
		default:
			end = err
		}
	}
	return products, rows, end
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func wantProducts(t *testing.T, got, want []Product) {
	t.Helper()
	for i := range got { // the rest of a file has tests of its own
		p := &got[i]
		p.Images, p.Brand, p.Says, p.SEOTitle, p.SEOText, p.More, p.Row = nil, "", nil, "", "", nil, 0
		for j := range p.Variants {
			v := &p.Variants[j]
			v.Image, v.WeightUnit, v.More = "", "", nil
		}
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("missing %+v", want[i])
		case i >= len(want):
			t.Errorf("unexpected %+v", got[i])
		case !reflect.DeepEqual(got[i], want[i]):
			t.Errorf("product %d\n got %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

var legacy = []Product{
	{
		Line: 2, Handle: "pashmina-shawl", Title: "Pashmina Shawl", Vendor: "Himal Weavers", Type: "Shawl",
		BodyHTML: "<p>Hand-woven in <strong>Bhaktapur</strong>.</p>\n<ul>\n<li>70% pashmina, 30% silk</li>\n<li>\"Dry clean\" only</li>\n</ul>",
		Category: "Apparel & Accessories > Clothing Accessories > Scarves & Shawls",
		Tags:     []string{"handmade", "winter", "Nepal"}, Published: true, Status: "active", Options: []string{"Colour", "Size"},
		Variants: []Variant{
			{Line: 2, Options: []string{"Maroon", "Standard"}, SKU: "PASH-MR-S", Barcode: "8901030865275", Price: 650000, CompareAt: 780000, Grams: 320, Qty: 12, QtyGiven: true, TrackStock: true, RequiresShipping: true, Taxable: true},
			{Line: 7, Options: []string{"Maroon", "Large"}, SKU: "PASH-MR-L", Barcode: "8901030865282", Price: 820000, Grams: 454, QtyGiven: true, TrackStock: true, RequiresShipping: true, Taxable: true},
			{Line: 8, Options: []string{"Indigo", "Standard"}, SKU: "PASH-IN-S", Price: 650000, CompareAt: 780000, Grams: 320, Qty: 7, QtyGiven: true, TrackStock: true, Oversell: true, RequiresShipping: true, Taxable: true},
		},
	},
	{
		Line: 10, Handle: "singing-bowl", Title: "Singing Bowl, 12 cm", BodyHTML: "<p>Seven metals.</p>", Vendor: "Patan Metal", Type: "Bowl", Published: true, Status: "active",
		Variants: []Variant{{Line: 10, SKU: "BOWL-12", Price: 245000, Grams: 900, Qty: 40, QtyGiven: true, TrackStock: true, RequiresShipping: true, Taxable: true}},
	},
	{
		Line: 11, Handle: "चाँदी-की-अंगूठी", Title: "चाँदी की अंगूठी", BodyHTML: "<p>शुद्ध चाँदी — 92.5%</p>", Type: "Ring", Tags: []string{"चाँदी", "अंगूठी"}, Status: "draft", Options: []string{"Size"},
		Variants: []Variant{{Line: 11, Options: []string{"7"}, SKU: "-RING-7", Price: 189900, Grams: 5, RequiresShipping: true, Taxable: true}},
	},
	{
		Line: 12, Handle: "tailoring-hour", Title: "Tailoring (1 hour)", Vendor: "Himal Weavers", Type: "Service", Published: true, Status: "archived",
		Variants: []Variant{{Line: 12, Price: 80000, Taxable: true}},
	},
}

func TestLegacyColumns(t *testing.T) {
	text := sample(t, "legacy.csv")
	for name, form := range map[string]string{
		"as it is":                text,
		"with a mark and CRLF":    "\ufeff" + strings.ReplaceAll(text, "\n", "\r\n"),
		"with CR":                 strings.ReplaceAll(text, "\n", "\r"),
		"without the last ending": strings.TrimRight(text, "\n"),
		"with empty lines at end": text + "\n\n,,,,\n",
	} {
		got, rows, end := parse(t, form, Options{})
		if len(rows) != 0 || end != nil {
			t.Errorf("%s: %v, %v", name, rows, end)
		}
		wantProducts(t, got, legacy)
	}
}

func TestCurrentColumns(t *testing.T) {
	got, rows, end := parse(t, sample(t, "current.csv"), Options{Currency: "INR"})
	if len(rows) != 0 || end != nil {
		t.Errorf("%v, %v", rows, end)
	}
	wantProducts(t, got, []Product{
		{
			Line: 2, Handle: "dhaka-topi", Title: "Dhaka Topi", BodyHTML: "Woven cap, <em>Palpa</em> pattern", Vendor: "Palpa Dhaka", Type: "Cap",
			Category: "Apparel & Accessories > Clothing Accessories > Hats", Tags: []string{"cap", "dhaka"}, Published: true, Status: "active", Options: []string{"Color", "Size"},
			Variants: []Variant{
				{Line: 2, Options: []string{"Red", "M"}, SKU: "TOPI-RD-M", Price: 45000, CompareAt: 50000, Grams: 90, Qty: 25, QtyGiven: true, TrackStock: true, RequiresShipping: true, Taxable: true},
				{Line: 3, Options: []string{"Red", "L"}, SKU: "TOPI-RD-L", Price: 45000, Grams: 95, Qty: 18, QtyGiven: true, TrackStock: true, RequiresShipping: true, Taxable: true},
				{Line: 4, Options: []string{"Green", "M"}, SKU: "TOPI-GN-M", Price: 47550, Grams: 90, Qty: 3, QtyGiven: true, TrackStock: true, Oversell: true, RequiresShipping: true, Taxable: true},
			},
		},
		{
			Line: 5, Title: "Himalayan Honey", BodyHTML: "Raw honey", Published: true, Status: "active",
			Variants: []Variant{{Line: 5, Price: 120000, Grams: 500, RequiresShipping: true, Taxable: true}},
		},
	})
}

const head = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price,Variant Inventory Qty,Tags,Status\n"

// Each case is rows under head (the first is line 2), the errors as
// line:column:code, and the handles that are given out.
func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		rows, errors, handles string
	}{
		"one":                       {"a,A,,,,,S,5,,,", "", "a"},
		"trimmed and lower case":    {"  A-1 , Two   words ,,,,,S, 5.50 ,,,\n a-1,,,,,,,,,,", "", "a-1"},
		"short row":                 {"a,A,,,,,,5", "", "a"},
		"no price":                  {"a,A,,,,,S,,,,", "2:Variant Price:missing", ""},
		"no variant":                {"a,A,Size,,,,,,,,\na,,,,,,,,,,\nb,B,,,,,,1,,,", "2:Variant Price:missing", "b"},
		"options, then variants":    {"a,A,Size,,,,,,,,\na,,,M,,,S1,5,,,\na,,,L,,,S2,5,,,", "", "a"},
		"separators":                {"a,A,,,,,S,\"1,250.00\",,,", "2:Variant Price:invalid_amount", ""},
		"currency sign":             {"a,A,,,,,S,Rs 5,,,", "2:Variant Price:invalid_amount", ""},
		"comma for point":           {"a,A,,,,,S,\"5,50\",,,", "2:Variant Price:invalid_amount", ""},
		"a thousand or one":         {"a,A,,,,,S,1.000,,,", "2:Variant Price:invalid_amount", ""},
		"below zero":                {"a,A,,,,,S,-5,,,", "2:Variant Price:invalid_amount", ""},
		"too much money":            {"a,A,,,,,S,100000000000.01,,,", "2:Variant Price:invalid_amount", ""},
		"formula in a price":        {"a,A,,,,,S,=1+1,,,", "2:Variant Price:invalid_amount", ""},
		"no title":                  {"a,,,,,,S,5,,,", "2:Title:missing", ""},
		"nothing to go by":          {",,,,,,S,5,,,", "2:Handle:missing", ""},
		"handle from title":         {",A,,,,,S,5,,,\n,B,,,,,S,5,,,", "", ","},
		"same title, no handle":     {",A,Size,M,,,S,5,,,\n,A,,L,,,S,5,,,", "", ""},
		"other title":               {"a,A,Size,M,,,S,5,,,\na,B,,L,,,S,5,,,", "3:Title:conflict", ""},
		"same title again":          {"a,A,Size,M,,,S,5,,,\na,A,Size,L,,,S,5,,,", "", "a"},
		"not together":              {"a,A,,,,,S,5,,,\nb,B,,,,,S,5,,,\na,A,,,,,S,5,,,\na,,,,,,T,x,,,\nc,C,,,,,S,5,,,", "4:Handle:handle_repeated", "a,b,c"},
		"not together, other case":  {"a,A,,,,,S,5,,,\nb,B,,,,,S,5,,,\nA,A,,,,,S,5,,,", "4:Handle:handle_repeated", "a,b"},
		"broken one between":        {"a,A,,,,,S,5,,,\nb,B,,,,,S,x,,,\nc,C,,,,,S,5,,,", "3:Variant Price:invalid_amount", "a,c"},
		"everything wrong is said":  {"a,A,,,,,S,x,-1,,sold\na,,,,,,S,y,,,", "2:Status:invalid 2:Variant Price:invalid_amount 2:Variant Inventory Qty:invalid_number 3:Variant Price:invalid_amount 3:Option1 Value:duplicate_variant", ""},
		"option without value":      {"a,A,Size,M,,,S,5,,,\na,,,,,,T,5,,,", "3:Option1 Value:missing", ""},
		"value without option":      {"a,A,Size,M,,,S,5,,,\na,,,L,,Red,T,5,,,", "3:Option2 Value:missing", ""},
		"second option alone":       {"a,A,,,Size,M,S,5,,,", "2:Option2 Name:missing 2:Option2 Value:missing", ""},
		"option twice":              {"a,A,Size,M,size,M,S,5,,,", "2:Option2 Name:conflict", ""},
		"option renamed":            {"a,A,Size,M,,,S,5,,,\na,,Colour,L,,,T,5,,,", "3:Option1 Name:conflict", ""},
		"same options":              {"a,A,Size,M,,,S,5,,,\na,,,m,,,T,5,,,", "3:Option1 Value:duplicate_variant", ""},
		"two without options":       {"a,A,,,,,S,5,,,\na,,,,,,T,5,,,", "3:Option1 Value:duplicate_variant", ""},
		"default title, unnamed":    {"a,A,,Default Title,,,S,5,,,", "", "a"},
		"default title of two":      {"a,A,Title,Default Title,,,S,5,,,\na,,,Other,,,S,5,,,", "", "a"},
		"below zero pieces":         {"a,A,,,,,S,5,-3,,", "2:Variant Inventory Qty:invalid_number", ""},
		"below zero, guarded":       {"a,A,,,,,S,5,'-3,,", "2:Variant Inventory Qty:invalid_number", ""},
		"half a piece":              {"a,A,,,,,S,5,1.5,,", "2:Variant Inventory Qty:invalid_number", ""},
		"more than there is":        {"a,A,,,,,S,5,99999999999999999999,,", "2:Variant Inventory Qty:invalid_number", ""},
		"not UTF-8":                 {"a,A,,,,,S\xe9,5,,,\nb,B,,,,,S,5,,,", "2:Variant SKU:not_text", "b"},
		"not UTF-8 in title":        {"a,A\xff,,,,,S,5,,,\na,,,,,,S,x,,,\nb,B,,,,,S,5,,,", "2::not_text", "b"},
		"zero byte":                 {"a,A,,,,,S\x00,5,,,", "2:Variant SKU:not_text", ""},
		"control character":         {"a,A,,,,,S\x1b[31m,5,,,", "2:Variant SKU:not_text", ""},
		"line end in a name":        {"a,\"A\n B\",,,,,S,5,,,", "", "a"},
		"text behind quote":         {"a,\"A\"x,,,,,S,5,,,\nb,B,,,,,S,5,,,", "2:Title:bad_quote", "b"},
		"quote in the middle":       {"a,5\" pipe,,,,,S,5,,,", "", "a"},
		"doubled quotes":            {"a,\"5\"\" pipe\",,,,,S,5,,,", "", "a"},
		"quote never closes":        {"a,A,,,,,S,5,,,\nb,\"B,,,,,S,5,,,\nc,C,,,,,S,5,,,", "3:Title:unclosed_quote", "a"},
		"too many cells":            {"a,A,,,,,S,5,,,,extra\nb,B,,,,,S,5,,,,,,", "2::too_many_columns", "b"},
		"long name":                 {"a," + strings.Repeat("ा", 256) + ",,,,,S,5,,,", "2:Title:too_long", ""},
		"many tags":                 {"a,A,,,,,S,5,,\"" + numbered(251) + "\",", "2:Tags:too_many", ""},
		"broken first row silences": {"a,\"A\"x,Size,M,,,S,5,,,\na,,,L,,,T,x,,,", "2:Title:bad_quote", ""},
		"broken later row":          {"a,A,Size,M,,,S,5,,,\na,\"\"x,,L,,,T,5,,,\na,,,XL,,,U,x,,,", "3:Title:bad_quote 4:Variant Price:invalid_amount", ""},
	} {
		products, rows, end := parse(t, head+c.rows, Options{})
		var errs, handles []string
		for _, r := range rows {
			errs = append(errs, fmt.Sprintf("%d:%s:%s", r.Line, r.Column, r.Code))
			if r.Message == "" || r.Error() == "" {
				t.Errorf("%s: %+v says nothing", name, r)
			}
		}
		for _, p := range products {
			handles = append(handles, p.Handle)
		}
		if got := strings.Join(errs, " "); got != c.errors || strings.Join(handles, ",") != c.handles || end != nil {
			t.Errorf("%s:\n got %s; %q; %v\nwant %s; %q", name, got, handles, end, c.errors, c.handles)
		}
	}
}

func numbered(n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprint(i)
	}
	return strings.Join(parts, ",")
}

func TestCells(t *testing.T) {
	const head = "Title,SKU,Barcode,Price,Weight value (grams),Inventory tracker,Inventory quantity,Continue selling when out of stock,Requires shipping,Charge tax,Published on online store,Gift card\n"
	for row, want := range map[string]string{
		"A,'=1+1,'0012,5,,,,,,,,":         "",
		"A,S,8.90103E+12,5,,,,,,,,":       "Barcode:invalid_number",
		"A,1E+5,,5,,,,,,,,":               "",
		"A,S,,5,1.5.2,,,,,,,":             "Weight value (grams):invalid_number",
		"A,S,,5,5.,,,,,,,":                "Weight value (grams):invalid_number",
		"A,S,,5,-1,,,,,,,":                "Weight value (grams):invalid_number",
		"A,S,,5,1e3,,,,,,,":               "Weight value (grams):invalid_number",
		"A,S,,5,99999999999,,,,,,,":       "Weight value (grams):invalid_number",
		"A,S,,5,0.4999999999999,,x,,,,,":  "", // not tracked: what stands there does not matter
		"A,S,,5,,shopify,x,,,,,":          "Inventory quantity:invalid_number",
		"A,S,,5,,shopify,5,perhaps,,,,":   "Continue selling when out of stock:invalid",
		"A,S,,5,,shopify,5,,maybe,,,":     "Requires shipping:invalid",
		"A,S,,5,,shopify,5,,,maybe,,":     "Charge tax:invalid",
		"A,S,,5,,shopify,5,,,,perhaps,":   "Published on online store:invalid",
		"A,S,,5,,shopify,5,,No,YES,0,yes": "Gift card:gift_card",
	} {
		products, rows, end := parse(t, head+row, Options{})
		got := ""
		for _, r := range rows {
			got += r.Column + ":" + r.Code
		}
		if got != want || end != nil || (len(products) == 1) != (want == "") {
			t.Errorf("%s: %q, %d products, %v; want %q", row, got, len(products), end, want)
		}
	}
	products, _, _ := parse(t, head+"A,'=1+1,'0012,5,0.4999999,,9,,no,false,FALSE,", Options{})
	if len(products) != 1 {
		t.Fatal("no product")
	}
	want := Variant{Line: 2, SKU: "=1+1", Barcode: "0012", Price: 500}
	if got := products[0].Variants[0]; !reflect.DeepEqual(got, want) || products[0].Published {
		t.Errorf("got %+v", products[0])
	}
}

func TestFilesThatEnd(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		text     string
		o        Options
		want     error
		products int
	}{
		"empty":             {"", Options{}, ErrHeader, 0},
		"no title":          {"Handle,Variant Price\na,5", Options{}, ErrHeader, 0},
		"no price":          {"Handle,Title\na,5", Options{}, ErrHeader, 0},
		"semicolons":        {"Handle;Title;Variant Price\na;A;5", Options{}, nil, 1},
		"tabs":              {"Handle\tTitle\tVariant Price\na\tA, B; C\t5", Options{}, nil, 1},
		"a column twice":    {"Title,Price,Variant Price\na,5,5", Options{}, ErrHeader, 0},
		"broken header":     {"Title,\"Price\"x\na,5", Options{}, ErrHeader, 0},
		"UTF-16":            {"\xff\xfeT\x00i\x00", Options{}, ErrEncoding, 0},
		"latin header":      {"Title,Price,Gr\xf6\xdfe\na,5", Options{}, ErrEncoding, 0},
		"too many bytes":    {"Title,Price\nA,5\nB,5\n" + long, Options{MaxBytes: 100}, ErrTooLarge, 1},
		"too many rows":     {"Title,Price\nA,5\nB,5\nC,5\n", Options{MaxRows: 2}, ErrTooMany, 2},
		"header only":       {"Title,Price\n", Options{}, nil, 0},
		"just enough bytes": {"Title,Price\nA,5\n", Options{MaxBytes: 16}, nil, 1},
		"no currency":       {"Title,Price\nA,5\n", Options{Currency: "XXX"}, nil, 0},
	} {
		products, _, end := parse(t, c.text, c.o)
		if name == "no currency" {
			if end == nil {
				t.Error("read prices of no currency")
			}
			continue
		}
		if !errors.Is(end, c.want) || len(products) != c.products {
			t.Errorf("%s: %d products, %v", name, len(products), end)
		}
	}
	products, rows, end := parse(t, "Title,Price,Description\nA,5,"+long+"\nB,5,ok\n", Options{MaxField: 200})
	if len(products) != 1 || len(rows) != 1 || rows[0].Code != CodeTooLong || end != nil {
		t.Errorf("long cell: %v, %v, %v", products, rows, end)
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range 103 {
		fmt.Fprintf(&many, "a,A,Size,%d,,,,5,,,\n", i)
	}
	products, rows, end = parse(t, many.String()+"b,B,,,,,,5,,,", Options{})
	if len(products) != 1 || products[0].Handle != "b" || len(rows) != 1 || rows[0].Code != CodeTooMany || rows[0].Line != 102 || end != nil {
		t.Errorf("103 variants: %d products, %v, %v", len(products), rows, end)
	}
}

func TestReaderErrorsAndStopping(t *testing.T) {
	broken := errors.New("connection lost")
	r := &failing{text: "Title,Price\nA,5\nB,5\n", err: broken}
	n := 0
	var end error
	for _, err := range Products(r, Options{Currency: "NPR"}) {
		if err == nil {
			n++
		} else {
			end = err
		}
	}
	if n != 1 || !errors.Is(end, broken) {
		t.Errorf("%d products, %v", n, end)
	}
	n = 0
	for range Products(strings.NewReader(sample(t, "legacy.csv")), Options{Currency: "NPR"}) {
		n++
		break
	}
	if n != 1 {
		t.Errorf("went on %d times", n)
	}
}

type failing struct {
	text string
	err  error
}

func (f *failing) Read(b []byte) (int, error) {
	n := copy(b, f.text)
	f.text = f.text[n:]
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

func TestCurrencyDecides(t *testing.T) {
	for cur, want := range map[money.Currency]int64{"JPY": 1250, "INR": 125000, "KWD": 1250000} {
		products, rows, end := parse(t, "Title,Price\nA,1250\n", Options{Currency: cur})
		if len(products) != 1 || products[0].Variants[0].Price != want || len(rows) != 0 || end != nil {
			t.Errorf("%s: %+v, %v, %v", cur, products, rows, end)
		}
	}
}
