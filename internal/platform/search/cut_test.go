package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	for _, c := range []struct{ about, text, want string }{
		{"case and signs", "Dhaka Topi, hand-woven!", "dhaka topi hand woven"},
		{"French accents", "Crème brûlée à l’ŒUF, garçon", "creme brulee a l oeuf garcon"},
		{"composed and decomposed", "cafe\u0301 café CAFÉ", "cafe cafe cafe"},
		{"German", "Straße", "strasse"},
		{"wide and ligatures", "ＡＢＣ ﬁne №5", "abc fine no5"},
		{"Hindi keeps its vowel signs", "चाँदी की अंगूठी", "चांदी की अंगूठी"},
		{"another word", "चादा", "चादा"},
		{"candrabindu and anusvara", "चांदी", "चांदी"},
		{"nukta, composed or not", "ज़मीन ज\u093cमीन जमीन", "जमीन जमीन जमीन"},
		{"half nasals", "हिन्दी हिंदी कम्बल कंबल जन्म", "हिंदी हिंदी कंबल कंबल जन्म"},
		{"Nepali", "ढाका टोपी, काठमाडौँ", "ढाका टोपी काठमाडौं"},
		{"joiners", "क्\u200dष क्ष", "क्ष क्ष"},
		{"digits of all scripts", "२५ ٢٥ 25", "25 25 25"},
		{"Arabic signs and tatweel", "كِتَابٌ كـــتاب كتاب", "كتاب كتاب كتاب"},
		{"Arabic hamza, alef and ta marbuta", "أحمر إحمر احمر قهوة قهوه", "احمر احمر احمر قهوه قهوه"},
		{"Persian and Urdu letters", "کتابی كتابي", "كتابي كتابي"},
		{"nothing", " -- ' . ", ""},
	} {
		if got := strings.Join(Cut(c.text), " "); got != c.want {
			t.Errorf("%s: %q is cut into %q, not %q", c.about, c.text, got, c.want)
		}
	}
}

func TestCutForIndexJoinsWhatHyphensJoin(t *testing.T) {
	for text, want := range map[string]string{
		"T-shirt blue": "t shirt tshirt blue",
		"DT-M-R":       "dt m r dtmr",
		"men's":        "men s mens",
		"a - b":        "a b",
		"e.g. one":     "e g eg one",
	} {
		if got := strings.Join(CutForIndex(text), " "); got != want {
			t.Errorf("%q is cut into %q, not %q", text, got, want)
		}
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"चाँदी", "كِتَاب", "crème", "a\u0301\u0301\u0301", "\xff", "ﷺ", "İ", "ǅ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return
		}
		words := Cut(s)
		again := Cut(strings.Join(words, " "))
		if !slices.Equal(words, again) {
			t.Errorf("%q: cut once %q, cut again %q", s, words, again)
		}
		for _, w := range words {
			if w == "" || utf8.RuneCountInString(w) > maxWord || !utf8.ValidString(w) {
				t.Errorf("%q: word %q", s, w)
			}
		}
	})
}
