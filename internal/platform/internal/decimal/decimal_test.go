package decimal

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in     string
		digits int
		want   int64
		err    error
	}{
		{"1250.00", 2, 125000, nil},
		{"1250", 2, 125000, nil},
		{"1250.5", 2, 125050, nil},
		{"0.05", 2, 5, nil},
		{"-0.05", 2, -5, nil},
		{"-0", 2, 0, nil},
		{"7", 0, 7, nil},
		{"1000.000", 3, 1000000, nil},
		{"1000.001", 3, 0, ErrRange},
		{"99999999999999999999999999999999999999", 2, 0, ErrRange},
		{"7.0", 0, 0, ErrSyntax},
		{"1.000", 2, 0, ErrSyntax},
		{"", 2, 0, ErrSyntax},
		{"-", 2, 0, ErrSyntax},
		{".5", 2, 0, ErrSyntax},
		{"5.", 2, 0, ErrSyntax},
		{"+5", 2, 0, ErrSyntax},
		{" 5", 2, 0, ErrSyntax},
		{"5\n", 2, 0, ErrSyntax},
		{"05", 2, 0, ErrSyntax},
		{"--5", 2, 0, ErrSyntax},
		{"1,250.00", 2, 0, ErrSyntax},
		{"1.2.3", 5, 0, ErrSyntax},
		{"1e3", 2, 0, ErrSyntax},
		{"0x1", 2, 0, ErrSyntax},
		{"१२", 2, 0, ErrSyntax},
		{"NaN", 2, 0, ErrSyntax},
		{"1\x00", 2, 0, ErrSyntax},
	} {
		limit := int64(1000000)
		got, err := Parse(c.in, c.digits, limit)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Parse(%q, %d) = %d, %v; want %d, %v", c.in, c.digits, got, err, c.want, c.err)
		}
	}
}

func TestParseWithASmallLimit(t *testing.T) {
	for in, want := range map[string]error{"5": nil, "-5": nil, "6": ErrRange, "9": ErrRange, "50": ErrRange} {
		if _, err := Parse(in, 0, 5); !errors.Is(err, want) {
			t.Errorf("Parse(%q) up to 5: %v, want %v", in, err, want)
		}
	}
}

func TestAppendAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		v      int64
		digits int
		want   string
	}{
		{0, 0, "0"},
		{0, 3, "0.000"},
		{-5, 2, "-0.05"},
		{math.MaxInt64, 2, "92233720368547758.07"},
		{math.MinInt64, 0, "-9223372036854775808"},
		{math.MinInt64, 4, "-922337203685477.5808"},
	} {
		if got := string(Append(nil, c.v, c.digits)); got != c.want {
			t.Errorf("Append(%d, %d) = %s, want %s", c.v, c.digits, got, c.want)
		}
	}
}

func TestTrim(t *testing.T) {
	for in, want := range map[string]string{
		"10.500": "10.5", "10.000": "10", "100": "100", "0.00": "0", "-0.010": "-0.01", "": "",
	} {
		if got := string(Trim([]byte(in))); got != want {
			t.Errorf("Trim(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("1250.00", uint8(2))
	f.Add("-0.001", uint8(3))
	f.Add("99999999999999999999", uint8(0))
	f.Fuzz(func(t *testing.T, s string, d uint8) {
		digits := int(d % 5)
		const limit = 10_000_000_000_000
		v, err := Parse(s, digits, limit)
		if err != nil {
			if v != 0 {
				t.Fatalf("Parse(%q) = %d with %v", s, v, err)
			}
			return
		}
		if v > limit || v < -limit {
			t.Fatalf("Parse(%q) = %d, over the limit", s, v)
		}
		written := string(Append(nil, v, digits))
		if back, err := Parse(written, digits, limit); err != nil || back != v {
			t.Fatalf("%q = %d was written %q and read %d, %v", s, v, written, back, err)
		}
		if v != 0 && !strings.HasPrefix(written, strings.TrimRight(s, ".")) {
			t.Fatalf("%q was written %q", s, written)
		}
		if back, err := Parse(string(Trim([]byte(written))), digits, limit); err != nil || back != v {
			t.Fatalf("trimmed %q is %d, %v", written, back, err)
		}
	})
}
