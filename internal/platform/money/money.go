package money

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/haat-market/haat/internal/platform/internal/decimal"
)

// Max is the largest amount on either side of zero, in minor units. It leaves
// room to add hundreds of thousands of amounts in an int64 before a check.
const Max int64 = 10_000_000_000_000

// What can be wrong with an amount. ErrRatio is a mistake of the program or of
// a setting: a ratio, rate or weight that has no meaning.
var (
	ErrSyntax   = errors.New("money: not a plain decimal amount")
	ErrOverflow = errors.New("money: amount is too large")
	ErrCurrency = errors.New("money: unknown currency")
	ErrRatio    = errors.New("money: ratio out of range")
)

// Amount is an amount in a currency.
type Amount struct {
	Minor    int64
	Currency Currency
}

// New is the amount of minor units in c.
func New(minor int64, c Currency) Amount { return Amount{Minor: minor, Currency: c} }

// String is the decimal form without the currency, as Format.
func (a Amount) String() string { return Format(a.Minor, a.Currency) }

// MarshalText makes the JSON form the decimal text; the currency is a field
// beside it. There is no way back without knowing the currency: inputs are text
// read by Parse.
func (a Amount) MarshalText() ([]byte, error) {
	if !a.Currency.Valid() {
		return nil, fmt.Errorf("%w: %.10q", ErrCurrency, string(a.Currency))
	}
	return decimal.Append(nil, a.Minor, a.Currency.Digits()), nil
}

// Parse reads a decimal amount of c exactly, into minor units. It takes an
// optional minus, digits and at most the decimals that c has; it refuses plus
// signs, spaces, separators, exponents, leading zeros, further decimals
// (ErrSyntax) and amounts beyond Max (ErrOverflow).
func Parse(s string, c Currency) (int64, error) {
	digits, ok := digitsOf[c]
	if !ok {
		return 0, fmt.Errorf("%w: %.10q", ErrCurrency, string(c))
	}
	v, err := decimal.Parse(s, digits, Max)
	switch {
	case errors.Is(err, decimal.ErrRange):
		return 0, ErrOverflow
	case err != nil:
		return 0, fmt.Errorf("%w with at most %d decimals: %.40q", ErrSyntax, digits, s)
	}
	return v, nil
}

// Format is the decimal text of minor units of c, with all the decimals that c
// has: "1250.00". c must be known (see Currency.Digits).
func Format(minor int64, c Currency) string {
	return string(decimal.Append(nil, minor, c.Digits()))
}

// Sum adds amounts of one currency.
func Sum(minors ...int64) (int64, error) {
	var total int64
	for _, m := range minors {
		// Each step is checked, so an int64 cannot wrap around between two checks.
		if m > Max || m < -Max {
			return 0, ErrOverflow
		}
		total += m
		if total > Max || total < -Max {
			return 0, ErrOverflow
		}
	}
	return total, nil
}

// Mul is minor × n.
func Mul(minor, n int64) (int64, error) { return MulRatio(minor, n, 1) }

// MulThousandths is the price of a weighed or measured quantity: price per unit
// × thousandths of the unit.
func MulThousandths(minor, thousandths int64) (int64, error) {
	return MulRatio(minor, thousandths, 1000)
}

// Percent is so many basis points (hundredths of a percent) of minor.
func Percent(minor, basisPoints int64) (int64, error) {
	return MulRatio(minor, basisPoints, 10_000)
}

// MulRatio is minor × num ÷ den, exact in between, rounded once, half away from
// zero. den must be positive.
func MulRatio(minor, num, den int64) (int64, error) {
	if den <= 0 {
		return 0, fmt.Errorf("%w: divided by %d", ErrRatio, den)
	}
	negative := (minor < 0) != (num < 0)
	d := uint64(den)
	hi, lo := bits.Mul64(magnitude(minor), magnitude(num))
	if hi >= d { // the quotient would not fit in 64 bits
		return 0, ErrOverflow
	}
	q, r := bits.Div64(hi, lo, d)
	if q > uint64(Max) { // before rounding up, which could wrap around
		return 0, ErrOverflow
	}
	if r >= d-r { // a half or more, asked so that nothing overflows
		q++
	}
	if q > uint64(Max) {
		return 0, ErrOverflow
	}
	if negative {
		return -int64(q), nil
	}
	return int64(q), nil
}

// magnitude is |v|, right for the smallest int64 too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
