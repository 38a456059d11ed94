package money

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
)

// Split divides total in proportion to weights, by largest remainder: every
// part is its exact share rounded down, and the units left over go one each to
// the parts with the largest fractions, the earlier one first where they are
// equal. The parts always add up to total; a weight of zero gets nothing.
//
// Weights may not be negative, and not all zero unless total is zero too.
func Split(total int64, weights []int64) ([]int64, error) {
	if total > Max || total < -Max {
		return nil, ErrOverflow
	}
	var sum uint64
	for _, w := range weights {
		if w < 0 {
			return nil, fmt.Errorf("%w: weight %d", ErrRatio, w)
		}
		var carry uint64
		if sum, carry = bits.Add64(sum, uint64(w), 0); carry != 0 {
			return nil, ErrOverflow
		}
	}
	parts := make([]int64, len(weights))
	if total == 0 {
		return parts, nil
	}
	if sum == 0 {
		return nil, fmt.Errorf("%w: nothing to split %d by", ErrRatio, total)
	}
	type fraction struct {
		index int
		rest  uint64
	}
	fractions := make([]fraction, len(weights))
	left := magnitude(total)
	for i, w := range weights {
		// w ≤ sum, so the quotient is at most |total| and the division cannot
		// overflow.
		hi, lo := bits.Mul64(magnitude(total), uint64(w))
		q, rest := bits.Div64(hi, lo, sum)
		parts[i] = int64(q)
		left -= q
		fractions[i] = fraction{i, rest}
	}
	slices.SortStableFunc(fractions, func(a, b fraction) int { return cmp.Compare(b.rest, a.rest) })
	// left is the sum of the fractions, so it is less than the number of parts
	// with a fraction above zero: a weight of zero is never reached.
	for _, f := range fractions[:left] {
		parts[f.index]++
	}
	if total < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts, nil
}
