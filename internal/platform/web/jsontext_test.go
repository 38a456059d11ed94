package web

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/fault"
)

func TestReadJSON(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := map[string]struct {
		in     string
		want   any
		normal string // "" means: the same text
		code   string // of the refusal
		path   string
	}{
		"object":          {in: ` {"a": [1, -2.5, true, false, null, "x"], "b": {}} `, want: map[string]any{"a": []any{1., -2.5, true, false, nil, "x"}, "b": map[string]any{}}},
		"numbers":         {in: `[0, -0, 123456789012345, 9007199254740993, 1e3, 1.5E-2]`, want: []any{0., 0., 123456789012345., 9007199254740992., 1000., 0.015}},
		"escapes":         {in: `"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"`, want: "\"\\/\b\f\n\r\tA😀"},
		"hindi":           {in: `"चाँदी की अंगूठी"`, want: "चाँदी की अंगूठी"},
		"NFD value":       {in: "{\"a\":\"cafe\u0301\",\"b\":1}", want: map[string]any{"a": "café", "b": 1.}, normal: `{"a":"café","b":1}`},
		"NFD by escape":   {in: `["cafe\u0301", "x\u0301"]`, want: []any{"café", "x\u0301"}, normal: "[\"café\", \"x\\u0301\"]"},
		"NFD name":        {in: "{\"cafe\u0301\":1}", want: map[string]any{"café": 1.}, normal: `{"café":1}`},
		"NFD, quoted":     {in: "[\"\\\"e\u0301\\u0001\"]", want: []any{"\"é\x01"}, normal: `["\"é\u0001"]`},
		"as deep as may":  {in: deep(32), want: nested(32)},
		"too deep":        {in: deep(33), code: "malformed_json", path: strings.Repeat("[0]", 32)},
		"far too deep":    {in: strings.Repeat(`{"a":`, 30000), code: "malformed_json"},
		"NUL by escape":   {in: `{"a":["x\u0000y"]}`, code: "invalid_text", path: "a[0]"},
		"NUL in a name":   {in: `{"a\u0000":1}`, code: "invalid_text"},
		"NUL byte":        {in: "\"a\x00b\"", code: "malformed_json"},
		"broken UTF-8":    {in: "{\"a\":{\"b\":\"\xff\"}}", code: "invalid_text", path: "a.b"},
		"UTF-8 cut short": {in: "\"\xe0\xa4\"", code: "invalid_text"},
		"overlong":        {in: "\"\xc0\x80\"", code: "invalid_text"},
		"UTF-16 half":     {in: "\"\xed\xa0\x80\"", code: "invalid_text"},
		"high half":       {in: `"\ud83d"`, code: "invalid_text"},
		"high, no low":    {in: `"\ud83d\u0041"`, code: "invalid_text"},
		"low half":        {in: `"\ude00"`, code: "invalid_text"},
		"low first":       {in: `"\ude00\ud83d"`, code: "invalid_text"},
		"replacement":     {in: `"\ufffd�"`, want: "��"},
		"twice":           {in: `{"a":1,"b":{"c":1,"c":2}}`, code: "invalid_request", path: "b.c"},
		"twice, escaped":  {in: `{"a":1,"\u0061":2}`, code: "invalid_request", path: "a"},
		"twice after NFC": {in: "{\"\u00e9\":1,\"e\u0301\":2}", code: "invalid_request", path: "é"},
		"huge number":     {in: `[1,1e999]`, code: "invalid_request", path: "[1]"},
		"empty":           {in: ``, code: "malformed_json"},
		"spaces":          {in: "  \n", code: "malformed_json"},
		"mark":            {in: "\ufeff{}", code: "malformed_json"},
		"two values":      {in: `{} {}`, code: "malformed_json"},
		"open object":     {in: `{`, code: "malformed_json"},
		"open array":      {in: `[1`, code: "malformed_json"},
		"open string":     {in: `"abc`, code: "malformed_json"},
		"open escape":     {in: `"abc\`, code: "malformed_json"},
		"open \\u":        {in: `"\u00`, code: "malformed_json"},
		"bad escape":      {in: `"\x41"`, code: "malformed_json"},
		"bad \\u":         {in: `"\u00g0"`, code: "malformed_json"},
		"newline":         {in: "\"a\nb\"", code: "malformed_json"},
		"trailing comma":  {in: `[1,]`, code: "malformed_json"},
		"comma in object": {in: `{"a":1,}`, code: "malformed_json"},
		"no colon":        {in: `{"a" 1}`, code: "malformed_json"},
		"no name":         {in: `{1:1}`, code: "malformed_json"},
		"leading zero":    {in: `01`, code: "malformed_json"},
		"plus":            {in: `+1`, code: "malformed_json"},
		"dot":             {in: `1.`, code: "malformed_json"},
		"exponent":        {in: `1e`, code: "malformed_json"},
		"minus":           {in: `-`, code: "malformed_json"},
		"hex":             {in: `0x10`, code: "malformed_json"},
		"NaN":             {in: `NaN`, code: "malformed_json"},
		"word":            {in: `nul`, code: "malformed_json"},
		"comment":         {in: `{} // x`, code: "malformed_json"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			value, normal, err := readJSON([]byte(test.in))
			if test.code != "" {
				f, ok := fault.As(err)
				if !ok || f.Code != test.code {
					t.Fatalf("got %v", err)
				}
				if test.path != "" && (len(f.Fields) != 1 || f.Fields[0].Path != test.path) {
					t.Errorf("path %+v", f.Fields)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(value, test.want) {
				t.Errorf("value %#v, want %#v", value, test.want)
			}
			if want := test.normal; want == "" && string(normal) != test.in || want != "" && string(normal) != want {
				t.Errorf("text %q", normal)
			}
		})
	}
}

func nested(n int) any {
	if n == 1 {
		return []any{}
	}
	return []any{nested(n - 1)}
}

// FuzzReadJSON: what is accepted is JSON for the standard decoder too, means
// the same to it, and holds no string that is not NFC or holds NUL.
func FuzzReadJSON(f *testing.F) {
	for _, s := range []string{
		`{"a":[1,2.5,"x\u0301",null,true],"b":{"c":"\ud83d\ude00"}}`, `"\ud800"`, "\"e\u0301\"", `{"a":1,"a":2}`,
		`[[[[]]]]`, "\"\xff\"", `"\u0000"`, `1e400`, `-0.0`, " [ ] ", `{"\u0065\u0301":1,"é":2}`, "\"\u1100\u1161\u11a8\"", `["\u001f"]`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		value, normal, err := readJSON(text)
		if !bytes.Equal(before, text) {
			t.Fatal("the input was changed")
		}
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("not a fault: %v", err)
			}
			return
		}
		if !json.Valid(text) || !json.Valid(normal) || !utf8.Valid(normal) {
			t.Fatalf("accepted %q as %q", text, normal)
		}
		checkStrings(t, value)
		var again any
		if err := json.Unmarshal(normal, &again); err != nil {
			t.Fatalf("%q: %v", normal, err)
		}
		if !same(value, again) {
			t.Fatalf("%#v is not %#v", value, again)
		}
		if second, _, err := readJSON(normal); err != nil || !same(second, value) {
			t.Fatalf("normal text %q does not stay: %v", normal, err)
		}
	})
}

func checkStrings(t *testing.T, value any) {
	switch v := value.(type) {
	case string:
		if !norm.NFC.IsNormalString(v) || !validText(v) {
			t.Fatalf("string %q", v)
		}
	case []any:
		for _, item := range v {
			checkStrings(t, item)
		}
	case map[string]any:
		for name, item := range v {
			checkStrings(t, name)
			checkStrings(t, item)
		}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			t.Fatal("a number that is none")
		}
	}
}

func same(a, b any) bool { return reflect.DeepEqual(a, b) }
