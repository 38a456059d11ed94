package money_test

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/platform/money"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		total   int64
		weights []int64
		want    []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}},
		{-100, []int64{1, 1, 1}, []int64{-34, -33, -33}},
		{10, []int64{5, 3, 1}, []int64{6, 3, 1}},
		{1, []int64{0, 0, 7}, []int64{0, 0, 1}},
		{2, []int64{0, 1, 1, 1}, []int64{0, 1, 1, 0}},
		{15000, []int64{9000, 1000}, []int64{13500, 1500}}, // the courier's 90 %
		{0, []int64{0, 0}, []int64{0, 0}},
		{0, nil, nil},
		{money.Max, []int64{math.MaxInt64, math.MaxInt64}, []int64{money.Max / 2, money.Max / 2}},
	} {
		got, err := money.Split(c.total, c.weights)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Split(%d, %v) = %v, %v; want %v", c.total, c.weights, got, err, c.want)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, c := range []struct {
		total   int64
		weights []int64
		want    error
	}{
		{1, nil, money.ErrRatio},
		{1, []int64{0, 0}, money.ErrRatio},
		{1, []int64{2, -1}, money.ErrRatio},
		{money.Max + 1, []int64{1}, money.ErrOverflow},
		{math.MinInt64, []int64{1}, money.ErrOverflow},
		{1, []int64{math.MaxInt64, math.MaxInt64, math.MaxInt64}, money.ErrOverflow},
	} {
		if got, err := money.Split(c.total, c.weights); got != nil || !errors.Is(err, c.want) {
			t.Errorf("Split(%d, %v) = %v, %v; want %v", c.total, c.weights, got, err, c.want)
		}
	}
}

func TestSplitProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := amounts().Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/40), 1, 20).Draw(t, "weights")
		sum := new(big.Int)
		for _, w := range weights {
			sum.Add(sum, big.NewInt(w))
		}
		if sum.Sign() == 0 {
			return
		}
		parts, err := money.Split(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		got, err := money.Sum(parts...)
		if err != nil || got != total {
			t.Fatalf("parts %v add up to %d, %v; not %d", parts, got, err, total)
		}
		for i, p := range parts {
			// |part × sum − total × weight| < sum: within one unit of the exact share.
			off := new(big.Int).Mul(big.NewInt(p), sum)
			off.Sub(off, new(big.Int).Mul(big.NewInt(total), big.NewInt(weights[i])))
			if off.Abs(off).Cmp(sum) >= 0 {
				t.Fatalf("part %d of %d by %v is %d: a unit or more off", i, total, weights, p)
			}
			if weights[i] == 0 && p != 0 {
				t.Fatalf("weight 0 got %d", p)
			}
			for j := range parts { // a heavier weight never gets less
				if weights[j] > weights[i] && magnitude(parts[j]) < magnitude(p) {
					t.Fatalf("%d by %v gave %v", total, weights, parts)
				}
			}
		}
	})
}

func magnitude(v int64) int64 { return max(v, -v) }
