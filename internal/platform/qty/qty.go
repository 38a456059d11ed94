package qty

import (
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/platform/internal/decimal"
)

const (
	// One is one whole unit.
	One int64 = 1000
	// Max is the largest quantity: a million units.
	Max int64 = 1_000_000_000
)

// What can be wrong with a quantity.
var (
	ErrSyntax   = errors.New("qty: not a plain decimal quantity")
	ErrOverflow = errors.New("qty: quantity out of range")
)

// Parse reads a decimal quantity with at most three decimals into thousandths,
// by the same narrow grammar as amounts of money. Negative ones are out of
// range.
func Parse(s string) (int64, error) {
	v, err := decimal.Parse(s, 3, Max)
	switch {
	case errors.Is(err, decimal.ErrRange), err == nil && v < 0:
		return 0, ErrOverflow
	case err != nil:
		return 0, fmt.Errorf("%w with at most 3 decimals: %.40q", ErrSyntax, s)
	}
	return v, nil
}

// Format is the shortest text of a quantity: 1500 is "1.5", 3000 is "3".
func Format(thousandths int64) string {
	return string(decimal.Trim(decimal.Append(nil, thousandths, 3)))
}

// Of is n whole units.
func Of(n int64) (int64, error) {
	if n < 0 || n > Max/One {
		return 0, ErrOverflow
	}
	return n * One, nil
}

// Units is the number of whole units, and whether nothing is left over.
func Units(thousandths int64) (n int64, whole bool) {
	return thousandths / One, thousandths%One == 0
}

// Add adds quantities.
func Add(quantities ...int64) (int64, error) {
	var total int64
	for _, q := range quantities {
		if q < 0 || q > Max || total > Max-q {
			return 0, ErrOverflow
		}
		total += q
	}
	return total, nil
}
