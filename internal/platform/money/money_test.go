package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/money"
)

// must fails the test when an amount could not be made.
func must(t testing.TB) func(v int64, err error) int64 {
	return func(v int64, err error) int64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A card fee of 2.00 and 2.5 % on 1,389.96 makes 36.75, to pay 1,426.71.
func TestGatewayFeeVector(t *testing.T) {
	m := must(t)
	amount := m(money.Parse("1389.96", "INR"))
	fee := m(money.Sum(m(money.Parse("2.00", "INR")), m(money.Percent(amount, m(money.ParseRate("2.5"))))))
	if got := money.Format(fee, "INR"); got != "36.75" {
		t.Errorf("fee = %s", got)
	}
	if got := money.Format(m(money.Sum(amount, fee)), "INR"); got != "1426.71" {
		t.Errorf("to pay = %s", got)
	}
}

// 10 kg at 15 and 5 kg at 20 with GST 5 % and a fee of 1 %. The tax of a
// buy-back is one figure: it is rounded whole, not in halves.
func TestBuybackVector(t *testing.T) {
	m := must(t)
	a := m(money.MulThousandths(1500, 10_000))
	b := m(money.MulThousandths(2000, 5_000))
	lines := m(money.Sum(a, b))
	tax := m(money.Sum(m(money.TaxExclusive(a, 500)), m(money.TaxExclusive(b, 500))))
	fee := m(money.Percent(lines, 100))
	for what, c := range map[string]struct{ got, want int64 }{
		"lines": {lines, 25000}, "tax": {tax, 1250}, "fee": {fee, 250},
		"total": {m(money.Sum(lines, tax, fee)), 26500},
	} {
		if c.got != c.want {
			t.Errorf("%s = %d, want %d", what, c.got, c.want)
		}
	}
	// Weighed again at pickup: 9 kg.
	first := m(money.MulThousandths(1500, 9_000))
	sum := m(money.Sum(first, m(money.TaxExclusive(first, 500)), m(money.Percent(first, 100))))
	if got := money.Format(sum, "INR"); got != "143.10" {
		t.Errorf("after re-weighing = %s, want 143.10", got)
	}
	// In halves the same tax is a unit more: which of the two applies is the
	// room's choice, and shows.
	if got := m(money.GSTExclusive(first, 500)); got != 676 {
		t.Errorf("in halves = %d, want 676", got)
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		cur  money.Currency
		want int64
		err  error
	}{
		{"1250.00", "NPR", 125000, nil},
		{"1250", "NPR", 125000, nil},
		{"-3.50", "USD", -350, nil},
		{"1250", "JPY", 1250, nil},
		{"1250.0", "JPY", 0, money.ErrSyntax},
		{"1.234", "KWD", 1234, nil},
		{"1.234", "USD", 0, money.ErrSyntax},
		{"100000000000.00", "INR", money.Max, nil},
		{"-100000000000.00", "INR", -money.Max, nil},
		{"100000000000.01", "INR", 0, money.ErrOverflow},
		{"9223372036854775808", "JPY", 0, money.ErrOverflow},
		{"1e3", "USD", 0, money.ErrSyntax},
		{"1,250.00", "USD", 0, money.ErrSyntax},
		{"", "USD", 0, money.ErrSyntax},
		{"1", "usd", 0, money.ErrCurrency},
		{"1", "", 0, money.ErrCurrency},
		{"1", "XXX", 0, money.ErrCurrency},
	} {
		got, err := money.Parse(c.in, c.cur)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Parse(%q, %s) = %d, %v; want %d, %v", c.in, c.cur, got, err, c.want, c.err)
		}
	}
}

func TestCurrencies(t *testing.T) {
	all := money.Currencies()
	if len(all) < 150 {
		t.Errorf("only %d currencies", len(all))
	}
	for _, c := range all {
		if len(c) != 3 {
			t.Errorf("%q has not three letters", c)
		}
		if got, err := money.ParseCurrency(string(c)); got != c || err != nil {
			t.Errorf("ParseCurrency(%s) = %s, %v", c, got, err)
		}
	}
	for c, want := range map[money.Currency]int{
		"INR": 2, "NPR": 2, "SDG": 2, "BDT": 2, "LKR": 2, "PKR": 2, "USD": 2, "EUR": 2,
		"KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3, "JPY": 0, "KRW": 0, "XOF": 0, "UGX": 0,
	} {
		if got := c.Digits(); got != want {
			t.Errorf("%s has %d digits, want %d", c, got, want)
		}
	}
	if _, err := money.ParseCurrency("npr"); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("npr: %v", err)
	}
}

func TestJSON(t *testing.T) {
	got, err := json.Marshal(map[string]money.Amount{"total": money.New(125050, "NPR")})
	if err != nil || string(got) != `{"total":"1250.50"}` {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := json.Marshal(money.Amount{Minor: 5}); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("an amount without a currency: %v", err)
	}
}

func TestOverflowIsAnErrorAndNoResult(t *testing.T) {
	for name, f := range map[string]func() (int64, error){
		"mul":              func() (int64, error) { return money.Mul(money.Max, 2) },
		"mul far":          func() (int64, error) { return money.Mul(math.MaxInt64, math.MaxInt64) },
		"mul lowest":       func() (int64, error) { return money.Mul(math.MinInt64, -1) },
		"weighed":          func() (int64, error) { return money.MulThousandths(money.Max, 1_000_000_000) },
		"just over":        func() (int64, error) { return money.MulRatio(2*money.Max+1, 1, 2) },
		"wraps at 64 bits": func() (int64, error) { return money.MulRatio(math.MaxInt64, 6, 3) },
		"sum":              func() (int64, error) { return money.Sum(money.Max, 1) },
		"sum wraps":        func() (int64, error) { return money.Sum(math.MaxInt64, math.MaxInt64, 2) },
		"tax on top":       func() (int64, error) { return money.TaxExclusive(money.Max, 1) },
	} {
		if got, err := f(); got != 0 || !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%s = %d, %v", name, got, err)
		}
	}
	for _, den := range []int64{0, -1, math.MinInt64} {
		if got, err := money.MulRatio(1, 1, den); got != 0 || !errors.Is(err, money.ErrRatio) {
			t.Errorf("÷ %d = %d, %v", den, got, err)
		}
	}
}

// roundedRatio is a × b ÷ c, half away from zero, by arbitrary precision.
func roundedRatio(a, b, c int64) *big.Int {
	n := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	neg := n.Sign() < 0
	n.Abs(n).Lsh(n, 1).Add(n, big.NewInt(c))
	n.Div(n, new(big.Int).Lsh(big.NewInt(c), 1))
	if neg {
		n.Neg(n)
	}
	return n
}

func TestMulRatioAgreesWithBigNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		c := rapid.Int64Range(1, math.MaxInt64).Draw(t, "c")
		want := roundedRatio(a, b, c)
		got, err := money.MulRatio(a, b, c)
		if new(big.Int).Abs(want).Cmp(big.NewInt(money.Max)) > 0 {
			if !errors.Is(err, money.ErrOverflow) || got != 0 {
				t.Fatalf("%d×%d÷%d = %d, %v; is %v", a, b, c, got, err, want)
			}
			return
		}
		if err != nil || got != want.Int64() {
			t.Fatalf("%d×%d÷%d = %d, %v; want %v", a, b, c, got, err, want)
		}
	})
}

func TestRoundingIsHalfAwayFromZero(t *testing.T) {
	for _, c := range []struct{ a, b, c, want int64 }{
		{1, 1, 2, 1}, {-1, 1, 2, -1}, {1, -1, 2, -1}, {-1, -1, 2, 1}, {3, 1, 2, 2}, {5, 1, 2, 3},
		{1, 1, 3, 0}, {2, 1, 3, 1}, {-2, 1, 3, -1}, {0, -5, 3, 0}, {1, 4999, 10000, 0}, {1, 5000, 10000, 1},
	} {
		if got, err := money.MulRatio(c.a, c.b, c.c); got != c.want || err != nil {
			t.Errorf("%d×%d÷%d = %d, %v; want %d", c.a, c.b, c.c, got, err, c.want)
		}
	}
}

func amounts() *rapid.Generator[int64] { return rapid.Int64Range(-money.Max, money.Max) }

func TestParseReadsWhatFormatWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := amounts().Draw(t, "minor")
		c := rapid.SampledFrom(money.Currencies()).Draw(t, "currency")
		if got, err := money.Parse(money.Format(v, c), c); got != v || err != nil {
			t.Fatalf("%d %s was written %s and read %d, %v", v, c, money.Format(v, c), got, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("1250.00", "NPR")
	f.Add("-0.001", "KWD")
	f.Add("2.5", "JPY")
	f.Fuzz(func(t *testing.T, s, cur string) {
		if bp, err := money.ParseRate(s); err == nil {
			if back, err := money.ParseRate(money.FormatRate(bp)); err != nil || back != bp || bp < 0 || bp > money.MaxRate {
				t.Fatalf("rate %q = %d came back as %d, %v", s, bp, back, err)
			}
		}
		c := money.Currency(cur)
		v, err := money.Parse(s, c)
		if err != nil {
			return
		}
		if v > money.Max || v < -money.Max {
			t.Fatalf("%q = %d", s, v)
		}
		if back, err := money.Parse(money.Format(v, c), c); err != nil || back != v {
			t.Fatalf("%q = %d came back as %d, %v", s, v, back, err)
		}
	})
}
