package catalog

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/catalog/shopify"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/schema"
)

func TestStates(t *testing.T) {
	type table = map[State]map[Action]State
	free := table{
		Draft:     {Publish: Published, Archive: Archived},
		Submitted: {Publish: Published, Withdraw: Draft, Archive: Archived},
		Rejected:  {Publish: Published, Archive: Archived},
		Published: {Unpublish: Draft, Archive: Archived},
		Archived:  {Unarchive: Draft},
	}
	approved := table{
		Draft:     {Submit: Submitted, Archive: Archived},
		Submitted: {Withdraw: Draft, Archive: Archived},
		Rejected:  {Submit: Submitted, Archive: Archived},
		Published: {Unpublish: Draft, Archive: Archived},
		Archived:  {Unarchive: Draft},
	}
	admin := table{
		Draft:     {Publish: Published, Submit: Submitted, Archive: Archived},
		Submitted: {Publish: Published, Withdraw: Draft, Approve: Published, Reject: Rejected, Archive: Archived},
		Rejected:  {Publish: Published, Submit: Submitted, Archive: Archived},
		Published: {Unpublish: Draft, Reject: Rejected, Archive: Archived},
		Archived:  {Unarchive: Draft},
	}
	for _, c := range []struct {
		rules rules
		want  table
	}{{rules{}, free}, {rules{approval: true}, approved}, {rules{approval: true, admin: true}, admin}} {
		for _, s := range []State{Draft, Submitted, Rejected, Published, Archived} {
			for a := range past {
				to, err := s.next(a, c.rules)
				if to != c.want[s][a] {
					t.Errorf("%s by %s under %+v: %q, want %q", s, a, c.rules, to, c.want[s][a])
				}
				if (err == nil) != (c.want[s][a] != "") || err != nil && !errors.Is(err, ErrProductState) && !errors.Is(err, ErrNeedsApproval) {
					t.Errorf("%s by %s under %+v: %v", s, a, c.rules, err)
				}
			}
		}
	}
	if to, err := Published.next(Approve, rules{admin: true, review: ReviewChanged}); to != Published || err != nil {
		t.Errorf("changes of a published product are approved: %q, %v", to, err)
	}
}

func codes(err error) string {
	f, ok := fault.As(err)
	if !ok {
		return ""
	}
	var out []string
	for _, x := range f.Fields {
		out = append(out, x.Path+":"+x.Code)
	}
	return strings.Join(out, " ")
}

func TestInput(t *testing.T) {
	stock := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		name string
		in   ProductInput
		want string
	}{
		{"plain", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "10.00"}}}, ""},
		{"no variants", ProductInput{Title: "Tea"}, ""},
		{"no title", ProductInput{Title: " \t\n "}, "title:required"},
		{"control", ProductInput{Title: "Te\u0007a"}, "title:invalid_text"},
		{"turned text", ProductInput{Title: "Te\u202ea"}, "title:invalid_text"},
		{"joined text", ProductInput{Title: "क्\u200dष"}, ""},
		{"broken text", ProductInput{Title: "Te\xffa"}, "title:invalid_text"},
		{"long title", ProductInput{Title: strings.Repeat("च", 256)}, "title:too_long"},
		{"longest title", ProductInput{Title: strings.Repeat("च", 255)}, ""},
		{"long description", ProductInput{Title: "Tea", Description: strings.Repeat("x", maxDescription+1)}, "description:too_long"},
		{"handle", ProductInput{Title: "Tea", Handle: "Tea Pot"}, "handle:invalid_handle"},
		{"four options", ProductInput{Title: "Tea", Options: []string{"a", "b", "c", "d"}}, "options:too_many"},
		{"same options", ProductInput{Title: "Tea", Options: []string{"Size", "SIZE"}}, "options[1]:duplicate"},
		{"values missing", ProductInput{Title: "Tea", Options: []string{"Size"}, Variants: []VariantInput{{Price: "1"}}}, "variants[0].options:option_count"},
		{"values too many", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1", Options: []string{"x"}}}}, "variants[0].options:option_count"},
		{"two alike", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1"}, {Price: "2"}}}, "variants[1].options:duplicate"},
		{"same sku", ProductInput{Title: "Tea", Options: []string{"S"}, Variants: []VariantInput{{Price: "1", Options: []string{"a"}, SKU: "x"}, {Price: "2", Options: []string{"b"}, SKU: " x "}}}, "variants[1].sku:duplicate"},
		{"no price", ProductInput{Title: "Tea", Variants: []VariantInput{{}}}, "variants[0].price:invalid_amount"},
		{"negative", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "-0.01"}}}, "variants[0].price:negative"},
		{"third decimal", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1.005"}}}, "variants[0].price:invalid_amount"},
		{"exponent", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1e3"}}}, "variants[0].price:invalid_amount"},
		{"largest", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "100000000000.00"}}}, ""},
		{"too large", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "100000000000.01"}}}, "variants[0].price:too_large"},
		{"overflow", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "99999999999999999999"}}}, "variants[0].price:too_large"},
		{"weight", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1", Weight: -1}}}, "variants[0].weight:out_of_range"},
		{"stock below zero", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1", TrackStock: true, Stock: stock(-1)}}}, "variants[0].stock:out_of_range"},
		{"stock not tracked", ProductInput{Title: "Tea", Variants: []VariantInput{{Price: "1", Stock: stock(1)}}}, "variants[0].stock:not_tracked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.in.check("NPR")
			if got := codes(err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	many := ProductInput{Title: "Tea", Variants: make([]VariantInput, maxVariants+1)}
	if _, err := many.check("NPR"); codes(err) != "variants:too_many" {
		t.Errorf("got %v", err)
	}
	bad := ProductInput{Title: "Tea", Variants: make([]VariantInput, maxVariants)}
	if _, err := bad.check("NPR"); len(err.(*fault.Error).Fields) != maxFindings {
		t.Errorf("%d findings", len(err.(*fault.Error).Fields))
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"Dhaka topi": "dhaka-topi", "  Chai — 250 g! ": "chai-250-g", "चिया पत्ती": "चिया-पत्ती", "???": "product", "": "product", "İ": "i",
	} {
		if got := handleOf(in); got != want || !validHandle(got) {
			t.Errorf("handle of %q: %q, want %q", in, got, want)
		}
	}
	for h, ok := range map[string]bool{
		"topi": true, "t-o_1": true, "चिया": true, "": false, "Topi": false, "to pi": false, "to/pi": false, "a\u0000b": false, "e\u0301": false,
		strings.Repeat("a", 201): false,
	} {
		if validHandle(h) != ok {
			t.Errorf("handle %q: %v", h, !ok)
		}
	}
	for s, ok := range map[string]bool{"tea": true, "tea-2": true, "": false, "-tea": false, "tea-": false, "a--b": false, "Tea": false, "té": false} {
		if validSlug(s) != ok {
			t.Errorf("slug %q: %v", s, !ok)
		}
	}
	if sortKey("ＴＥＡ ß") != sortKey("tea SS") {
		t.Errorf("%q and %q", sortKey("ＴＥＡ ß"), sortKey("tea SS"))
	}
	if n := len([]rune(sortKey(strings.Repeat("ॐ", 300)))); n != keyRunes {
		t.Errorf("a key of %d runes", n)
	}
}

func category(id, parent int64, name string) catalogdb.Category {
	c := catalogdb.Category{ID: id, PublicID: name, Slug: name, Name: name}
	if parent != 0 {
		c.ParentID = &parent
	}
	return c
}

func treeOf(rows ...catalogdb.Category) tree {
	t := tree{rows: rows, byID: map[int64]catalogdb.Category{}}
	for _, r := range rows {
		t.byID[r.ID] = r
	}
	return t
}

func TestTree(t *testing.T) {
	tr := treeOf(category(1, 0, "food"), category(2, 1, "tea"), category(3, 2, "green"), category(4, 0, "cloth"), category(5, 4, "green"))
	var order []string
	for _, c := range tr.walk() {
		order = append(order, c.Name)
	}
	if got := strings.Join(order, " "); got != "food tea green cloth green" {
		t.Errorf("walk: %s", got)
	}
	move := func(id int64, parent string) error {
		c := tr.byID[id]
		c.Slug = "other"
		return tr.place(&c, &parent)
	}
	for _, c := range []struct {
		id     int64
		parent string
		want   error
	}{
		{1, "food", ErrCategoryCycle}, {1, "tea", ErrCategoryCycle}, {2, "cloth", nil}, {2, "", nil}, {4, "tea", nil}, {1, "nowhere", ErrInvalidCategory},
	} {
		if err := move(c.id, c.parent); !errors.Is(err, c.want) && err != c.want {
			t.Errorf("%d below %q: %v, want %v", c.id, c.parent, err, c.want)
		}
	}
	// Eight levels, not nine.
	deep := treeOf()
	for i := range int64(maxDepth) {
		c := category(i+1, i, string(rune('a'+i)))
		deep.rows = append(deep.rows, c)
		deep.byID[c.ID] = c
	}
	parent := "h"
	if err := deep.place(&catalogdb.Category{Slug: "x"}, &parent); !errors.Is(err, ErrCategoryDepth) {
		t.Errorf("a ninth level: %v", err)
	}
	parent = "g"
	if err := deep.place(&catalogdb.Category{Slug: "x"}, &parent); err != nil {
		t.Errorf("an eighth level: %v", err)
	}
	other := category(20, 0, "z")
	deep.rows, deep.byID[20] = append(deep.rows, other), other
	top := deep.byID[1]
	parent = "z"
	if err := deep.place(&top, &parent); !errors.Is(err, ErrCategoryDepth) {
		t.Errorf("eight levels below another: %v", err)
	}
}

func TestCategoryOfAFile(t *testing.T) {
	w := importer{categories: treeOf(category(1, 0, "Food"), category(2, 1, "Tea"), category(3, 2, "Green"), category(4, 0, "Cloth"), category(5, 4, "Green")).paths()}
	for path, want := range map[string]int64{
		"Food > Tea": 2, "food>TEA": 2, "Anything > Tea": 2, "Food > Tea > Green": 3, "Cloth > Green": 5, "Green": 0, "Elsewhere > Green": 0, "": 0, " > ": 0,
	} {
		if got := deref(w.category(path)); got != want {
			t.Errorf("%q: %d, want %d", path, got, want)
		}
	}
}

func TestLineOfAField(t *testing.T) {
	p := shopify.Product{Line: 7, Variants: []shopify.Variant{{Line: 7}, {Line: 9}}}
	for path, want := range map[string]int{"title": 7, "variants[1].sku": 9, "variants[5].sku": 7, "variants[x": 7, "variants[-1]": 7} {
		if got := lineOf(p, path); got != want {
			t.Errorf("%s: line %d, want %d", path, got, want)
		}
	}
}

func TestFaultsAreDistinct(t *testing.T) {
	var seen []string
	for _, f := range []*fault.Error{
		ErrProductNotFound, ErrVariantNotFound, ErrCategoryNotFound, ErrImportNotFound, ErrManyImports,
		ErrInvalidProduct, ErrInvalidCategory, ErrProductState, ErrNothingToBuy, ErrLastVariant, ErrManyVariants, ErrVersion, ErrHandleTaken,
		ErrSKUTaken, ErrSameOptions, ErrSlugTaken, ErrCategoryCycle, ErrCategoryDepth, ErrCategoryUsed, ErrManyCategories,
	} {
		if slices.Contains(seen, f.Code) {
			t.Errorf("%s is said twice", f.Code)
		}
		seen = append(seen, f.Code)
	}
}

func TestListsUseTheirIndexes(t *testing.T) {
	s := db.Schema{Unique: schema.Unique}
	for _, m := range schema.Migrations(schema.SQLite) {
		s.Embedded = append(s.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres) {
		s.Postgres = append(s.Postgres, db.Migration(m))
	}
	dbtest.Each(t, s, func(t *testing.T, d *db.DB) {
		dbtest.Explain(t, d, []*db.List{placedList, reducedList, ownList, priceList, importList})
	})
}
