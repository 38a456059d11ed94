package demo

import (
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/haat-market/haat/internal/app/demo/draw"
)

// What is sold stands in a category that there is, has prices for all its variants, and numbers of its own; some of it
// is written in each of the market's scripts.
func TestContent(t *testing.T) {
	tree, err := categories()
	if err != nil {
		t.Fatal(err)
	}
	slugs := map[string]bool{"": true}
	for _, c := range tree {
		if !slugs[c.above] || slugs[c.slug] || c.name == "" {
			t.Errorf("category %+v", c)
		}
		slugs[c.slug] = true
	}
	skus, codes, titles := map[string]bool{}, map[string]bool{}, map[string]bool{}
	scripts := map[string]int{}
	digits := regexp.MustCompile(`^[0-9]{13}$`)
	for _, sh := range shops {
		list, err := products(sh.file, sh.prefix, sh.maker)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if !slugs[p.category] || titles[sh.file+p.input.Title] || len(p.input.Variants) == 0 {
				t.Errorf("%s: %+v", sh.file, p)
			}
			titles[sh.file+p.input.Title] = true
			for name, table := range map[string]*unicode.RangeTable{"Devanagari": unicode.Devanagari, "Arabic": unicode.Arabic} {
				if strings.ContainsFunc(p.input.Title, func(r rune) bool { return unicode.Is(table, r) }) {
					scripts[name]++
				}
			}
			for _, v := range p.input.Variants {
				if skus[v.SKU] || codes[v.Barcode] || !digits.MatchString(v.Barcode) || v.Weight <= 0 || len(v.Options) != len(p.input.Options) {
					t.Errorf("%s: %s: %+v", sh.file, p.input.Title, v)
				}
				skus[v.SKU], codes[v.Barcode] = true, true
			}
		}
	}
	if len(titles) < 400 || scripts["Devanagari"] < 30 || scripts["Arabic"] < 20 {
		t.Errorf("%d products, %v", len(titles), scripts)
	}
}

// The mistakes that a content file can have are found before anything is made of it.
func TestPricesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "450", "@120", "450@", "4.50@120", "450@x", "450@120,"} {
		if got, err := readPrices(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
	got, err := readPrices("450@120, 1050@280*")
	if err != nil || len(got) != 2 || got[0] != (price{450, 120, true}) || got[1] != (price{1050, 280, true}) {
		t.Errorf("%v %v", got, err)
	}
}

// Each category that something is sold in has a drawing.
func TestDrawings(t *testing.T) {
	for _, sh := range shops {
		list, err := products(sh.file, sh.prefix, sh.maker)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if !draw.Known(p.category) {
				t.Errorf("%s: %s is in %q, which has no drawing", sh.file, p.input.Title, p.category)
			}
		}
	}
}
