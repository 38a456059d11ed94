package qty_test

import (
	"errors"
	"math"
	"testing"

	"github.com/haat-market/haat/internal/platform/qty"
)

func TestParseAndFormat(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
		out  string
		err  error
	}{
		{"1", 1000, "1", nil},
		{"1.5", 1500, "1.5", nil},
		{"0.001", 1, "0.001", nil},
		{"0", 0, "0", nil},
		{"10.250", 10250, "10.25", nil},
		{"1000000", qty.Max, "1000000", nil},
		{"1000000.001", 0, "", qty.ErrOverflow},
		{"-1", 0, "", qty.ErrOverflow},
		{"1.0005", 0, "", qty.ErrSyntax},
		{"1e3", 0, "", qty.ErrSyntax},
		{"", 0, "", qty.ErrSyntax},
	} {
		got, err := qty.Parse(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Parse(%q) = %d, %v; want %d, %v", c.in, got, err, c.want, c.err)
		}
		if err == nil && qty.Format(got) != c.out {
			t.Errorf("Format(%d) = %q, want %q", got, qty.Format(got), c.out)
		}
	}
}

func TestOfUnitsAdd(t *testing.T) {
	if q, err := qty.Of(3); q != 3000 || err != nil {
		t.Errorf("Of(3) = %d, %v", q, err)
	}
	for _, n := range []int64{-1, 1_000_001, math.MaxInt64, math.MinInt64} {
		if _, err := qty.Of(n); !errors.Is(err, qty.ErrOverflow) {
			t.Errorf("Of(%d): %v", n, err)
		}
	}
	if n, whole := qty.Units(3000); n != 3 || !whole {
		t.Errorf("Units(3000) = %d, %v", n, whole)
	}
	if n, whole := qty.Units(3001); n != 3 || whole {
		t.Errorf("Units(3001) = %d, %v", n, whole)
	}
	if s, err := qty.Add(1, 2, qty.Max-3); s != qty.Max || err != nil {
		t.Errorf("Add = %d, %v", s, err)
	}
	for _, bad := range [][]int64{{qty.Max, 1}, {-1}, {math.MaxInt64, math.MaxInt64}} {
		if _, err := qty.Add(bad...); !errors.Is(err, qty.ErrOverflow) {
			t.Errorf("Add(%v): %v", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("10.250")
	f.Fuzz(func(t *testing.T, s string) {
		q, err := qty.Parse(s)
		if err != nil {
			return
		}
		if q < 0 || q > qty.Max {
			t.Fatalf("Parse(%q) = %d", s, q)
		}
		if back, err := qty.Parse(qty.Format(q)); err != nil || back != q {
			t.Fatalf("%q = %d came back as %d, %v", s, q, back, err)
		}
	})
}
