package shopify

import (
	"testing"

	"pgregory.net/rapid"
)

// What a file says beside products and variants is given out too.
func TestTheRestOfAFile(t *testing.T) {
	got, rows, end := parse(t, sample(t, "legacy.csv"), Options{})
	if len(rows) != 0 || end != nil {
		t.Fatal(rows, end)
	}
	shawl := got[0]
	if len(shawl.Images) != 4 || shawl.Images[0].Alt != "Maroon shawl" || shawl.Images[0].URL != "https://cdn.example.com/files/pashmina-maroon.jpg?v=1" || shawl.Images[3].Line != 9 {
		t.Errorf("images %+v", shawl.Images)
	}
	if shawl.Variants[0].Image != shawl.Images[0].URL || shawl.SEOTitle != "Pashmina Shawl | Himal Weavers" || shawl.SEOText != "Hand-woven pashmina" || shawl.Row != 7 && shawl.Row == 0 {
		t.Errorf("%+v", shawl)
	}
	if more := shawl.Variants[0].More; len(more) != 2 || more[0] != (Cell{"Cost per item", "3100.00"}) {
		t.Errorf("cells %+v", more)
	}
	if !shawl.Says.Images || !shawl.Says.Other || shawl.Says.Brand {
		t.Errorf("%+v", shawl.Says)
	}
}

func TestImagesGoByTheirPositions(t *testing.T) {
	got, rows, _ := parse(t, "Handle,Title,Variant Price,Image Src,Image Position,Image Alt Text\na,A,5,https://x.example/2.jpg,2,Two\na,,,https://x.example/1.jpg,1,\na,,,https://x.example/2.jpg,3,\na,,,,,\nb,B,5,javascript:alert(1),,\nc,C,5,https://x.example/1.jpg,first,\n", Options{})
	if len(got) != 1 || len(got[0].Images) != 2 || got[0].Images[0].URL != "https://x.example/1.jpg" || got[0].Images[1].Alt != "Two" {
		t.Errorf("%+v", got)
	}
	if len(rows) != 2 || rows[0].Code != CodeInvalid || rows[1].Code != CodeInvalidNumber {
		t.Errorf("%v", rows)
	}
}

// A cell that an export made harmless is what it was when it comes back.
func TestGuardedCellsComeBack(t *testing.T) {
	for _, s := range []string{"=1+1", "+1", "-x", "@a", "'=x", "''@x", "'", "plain", "", "'123", "''9", "it's"} {
		if g := Guarded(s); Bare(g) != s || g != "" && (g[0] == '=' || g[0] == '+' || g[0] == '-' || g[0] == '@') {
			t.Errorf("%q became %q, and then %q", s, g, Bare(g))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@a1"))).Draw(t, "cell")
		if Bare(Guarded(s)) != s {
			t.Errorf("%q came back as %q", s, Bare(Guarded(s)))
		}
	})
}
