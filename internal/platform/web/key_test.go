package web

import (
	"strings"
	"testing"
)

func TestParseKey(t *testing.T) {
	tests := map[string]struct {
		in, want string
		ok       bool
	}{
		"bare":               {"8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324", true},
		"quoted":             {`"8e03978e-40d5-43dd-bc93-6894a57f9324"`, "8e03978e-40d5-43dd-bc93-6894a57f9324", true},
		"escapes":            {`"0123456789\"abc\\def"`, `0123456789"abc\def`, true},
		"shortest":           {strings.Repeat("a", 16), strings.Repeat("a", 16), true},
		"longest":            {strings.Repeat("a", 255), strings.Repeat("a", 255), true},
		"longest, quoted":    {`"` + strings.Repeat("a", 255) + `"`, strings.Repeat("a", 255), true},
		"too short":          {strings.Repeat("a", 15), "", false},
		"too short, quoted":  {`"` + strings.Repeat("a", 15) + `"`, "", false},
		"too long":           {strings.Repeat("a", 256), "", false},
		"much too long":      {strings.Repeat("a", 60000), "", false},
		"empty":              {"", "", false},
		"one quote":          {`"`, "", false},
		"not closed":         {`"0123456789abcdef`, "", false},
		"text after":         {`"0123456789abcdef" `, "", false},
		"parameters":         {`"0123456789abcdef";a=1`, "", false},
		"a second one":       {`"0123456789abcdef", "0123456789abcdef"`, "", false},
		"bad escape":         {`"0123456789\nabcdef"`, "", false},
		"escape at the end":  {`"0123456789abcdef\`, "", false},
		"space":              {"0123456789 abcdef", "", false},
		"space, quoted":      {`"0123456789 abcdef"`, "", false},
		"control":            {"0123456789abcdef\x01", "", false},
		"delete":             {"0123456789abcdef\x7f", "", false},
		"not ASCII":          {"0123456789abcdefé", "", false},
		"quote in the midst": {`0123456789"abcdef`, `0123456789"abcdef`, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := parseKey(test.in)
			if ok != test.ok || ok && got != test.want {
				t.Errorf("got %q, %v", got, ok)
			}
		})
	}
}

// FuzzParseKey: a key that is accepted is within its bounds and visible ASCII,
// and written as a quoted string it is the same key.
func FuzzParseKey(f *testing.F) {
	for _, s := range []string{"", `"`, `"0123456789abcdef"`, `0123456789abcdef`, `"01234567\"89abcdef\\"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key, ok := parseKey(s)
		if !ok {
			return
		}
		if len(key) < 16 || len(key) > 255 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Fatalf("accepted %q", key)
		}
		quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(key) + `"`
		if again, ok := parseKey(quoted); !ok || again != key {
			t.Fatalf("%q became %q, %v", key, again, ok)
		}
	})
}
