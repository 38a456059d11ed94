package invoice

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/money"
)

func TestFinancialYear(t *testing.T) {
	for _, c := range []struct{ country, day, short, long string }{
		{"IN", "2026-03-31", "2526", "2025-26"}, {"IN", "2026-04-01", "2627", "2026-27"}, {"IN", "2099-12-31", "9900", "2099-00"},
		{"NP", "2025-07-16", "8182", "2081/82"}, {"NP", "2025-07-17", "8283", "2082/83"}, {"NP", "2028-07-16", "8586", "2085/86"}, {"NP", "2028-07-15", "8485", "2084/85"},
		{"SD", "2026-12-31", "2026", "2026"},
	} {
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if short, long := financialYear(c.country, day); short != c.short || long != c.long {
			t.Errorf("%s %s: %s %s", c.country, c.day, short, long)
		}
	}
	if n := number(36*36*36*36-1, "2627", kindCredit, 9999); n != "ZZZZ/2627/C9999" || len(n) > 16 {
		t.Errorf("%s has %d characters", n, len(n))
	}
}

func TestStates(t *testing.T) {
	for text, code := range map[string]string{"Maharashtra": "27", "mh": "27", " TAMIL  nadu": "33", "Jammu & Kashmir": "01", "27": "27", "nowhere": "", "": "", "Orissa": "21"} {
		if got := indianByName[fold(text)]; got != code {
			t.Errorf("%q is %q", text, got)
		}
	}
	for rate, text := range map[int64]string{90_000: "9", 1250: "0.125", 25_000: "2.5"} {
		if got := percent(rate); got != text {
			t.Errorf("%d is %s", rate, got)
		}
	}
}

// However an invoice is taken back in parts, no line gives more than it has, halves stay equal, and at the end nothing is
// left.
func TestSharesAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		halved := r.IntN(2) == 0
		var left []Line
		sum := int64(0)
		for range 1 + r.IntN(5) {
			rate := []int64{0, 25, 500, 1300, 1800, 2800}[r.IntN(6)]
			x, err := money.TaxRule{Rate: rate, Halved: halved}.On(r.Int64N(5000))
			if err != nil {
				t.Fatal(err)
			}
			left = append(left, Line{Quantity: 3, Goods: x.Net + 7, Discount: 7, Net: x.Net, TaxRate: rate, Tax: x.Tax, Total: x.Gross})
			sum += x.Gross
		}
		for sum > 0 {
			part := 1 + r.Int64N(sum)
			lines, err := share(left, part, halved)
			if err != nil {
				t.Fatal(err)
			}
			total := int64(0)
			for i, l := range lines {
				total += l.Total
				if l.Net+l.Tax != l.Total || l.Goods-l.Discount != l.Net || l.Net < -4 || l.Tax < 0 || halved && l.Tax%2 != 0 {
					t.Fatalf("%+v of %+v", l, left[i])
				}
			}
			if total != part {
				t.Fatalf("%d of %d", total, part)
			}
			takeOff(left, lines)
			for _, l := range left {
				if l.Net < 0 || l.Tax < 0 || l.Total < 0 || l.Net+l.Tax != l.Total {
					t.Fatalf("left over: %+v", l)
				}
			}
			sum -= part
		}
	}
}
