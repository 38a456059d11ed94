package pages_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/haat-market/haat/web/pages/lang"
)

var (
	inTemplates = regexp.MustCompile(`[({]-?\s*(t|n) ("(?:[^"\\]|\\.)*")`)
	inCode      = regexp.MustCompile(`(?:\.(T|N|Leave)|lang\.(M))\(\s*("(?:[^"\\]|\\.)*")`)
	placeholder = regexp.MustCompile(`\{[a-z]+\}`)
)

// said are the messages that pages use, and which of them count things.
func said(t *testing.T) (all map[string]bool, counted map[string]bool) {
	t.Helper()
	all, counted = map[string]bool{}, map[string]bool{}
	note := func(kind, quoted string) {
		key, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatal(err)
		}
		all[key] = true
		if strings.EqualFold(kind, "n") {
			counted[key] = true
		}
	}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, "_test.go") {
			return err
		}
		pattern := inCode
		if strings.HasSuffix(path, ".html") {
			pattern = inTemplates
		} else if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range pattern.FindAllStringSubmatch(string(text), -1) {
			if pattern == inTemplates {
				note(m[1], m[2])
			} else if !strings.HasPrefix(path, "lang/") {
				note(m[1]+m[2], m[3])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, counted
}

// needed are the plural forms of a language for whole numbers.
func needed(code string) []string {
	var out []string
	names := map[plural.Form]string{plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other"}
	for n := range 200 {
		form := names[plural.Cardinal.MatchPlural(language.MustParse(code), n, 0, 0, 0, 0)]
		if !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	return out
}

func placeholders(s string) []string {
	out := placeholder.FindAllString(s, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

// Every message stands in every language, with the same placeholders and all plural forms, and none is left over.
func TestEveryLanguageSaysEverything(t *testing.T) {
	all, counted := said(t)
	if len(all) < 50 {
		t.Fatalf("only %d messages were found", len(all))
	}
	for _, l := range lang.All {
		have := l.Keys()
		for key := range all {
			forms := have[key]
			if forms == nil && l == lang.English && !counted[key] {
				continue // the key is the text
			}
			if forms == nil {
				t.Errorf("%s has no %q", l.Code, key)
				continue
			}
			if counted[key] {
				for _, form := range needed(l.Code) {
					if forms[form] == "" {
						t.Errorf("%s: %q has no form %q", l.Code, key, form)
					}
				}
			} else if forms["other"] == "" || len(forms) != 1 {
				t.Errorf("%s: %q has forms but counts nothing", l.Code, key)
			}
			for form, text := range forms {
				want, got := placeholders(key), placeholders(text)
				if counted[key] { // one thing needs no number
					want, got = slices.DeleteFunc(want, isN), slices.DeleteFunc(got, isN)
				}
				if !slices.Equal(want, got) {
					t.Errorf("%s: %q (%s) has %v, not %v", l.Code, key, form, got, want)
				}
			}
		}
		for key := range have {
			if !all[key] {
				t.Errorf("%s: no page says %q", l.Code, key)
			}
		}
	}
}

func isN(s string) bool { return s == "{n}" }

// What is refused has words in all languages or in none.
func TestEveryLanguageRefusesAlike(t *testing.T) {
	want := lang.All[1].Faults()
	for _, l := range lang.All[2:] {
		have := l.Faults()
		for code := range want {
			if have[code]["other"] == "" {
				t.Errorf("%s has no words for %s", l.Code, code)
			}
		}
		for code := range have {
			if want[code] == nil {
				t.Errorf("%s alone has words for %s", l.Code, code)
			}
		}
	}
}
