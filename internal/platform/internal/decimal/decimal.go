package decimal

import (
	"errors"
	"strconv"
)

// ErrSyntax and ErrRange say what is wrong with a text.
var (
	ErrSyntax = errors.New("not a plain decimal number")
	ErrRange  = errors.New("number is too large")
)

// Parse reads text with at most digits decimals. The grammar is narrow so that
// nobody's sender and our reader can disagree: an optional minus, no plus, no
// spaces, no thousands separators, no exponent, no leading zeros, a digit on
// both sides of the point. Further decimals are refused even if they are
// zeros. The value may not exceed limit on either side of zero.
func Parse(s string, digits int, limit int64) (int64, error) {
	rest := s
	negative := len(rest) > 0 && rest[0] == '-'
	if negative {
		rest = rest[1:]
	}
	whole, decimals, point := rest, "", false
	for i := range len(rest) {
		if rest[i] == '.' {
			whole, decimals, point = rest[:i], rest[i+1:], true
			break
		}
	}
	if whole == "" || (len(whole) > 1 && whole[0] == '0') || (point && decimals == "") || len(decimals) > digits {
		return 0, ErrSyntax
	}
	if !allDigits(whole) || !allDigits(decimals) {
		return 0, ErrSyntax
	}
	// Checked before each step, so that the longest text cannot wrap around.
	var v int64
	step := func(d int64) error {
		if d > limit || v > (limit-d)/10 {
			return ErrRange
		}
		v = v*10 + d
		return nil
	}
	for i := range len(whole) {
		if err := step(int64(whole[i] - '0')); err != nil {
			return 0, err
		}
	}
	for i := range digits {
		d := int64(0)
		if i < len(decimals) {
			d = int64(decimals[i] - '0')
		}
		if err := step(d); err != nil {
			return 0, err
		}
	}
	if negative {
		v = -v
	}
	return v, nil
}

// Append writes v with exactly digits decimals behind out.
func Append(out []byte, v int64, digits int) []byte {
	u := uint64(v)
	if v < 0 {
		out = append(out, '-')
		u = -u // right for the smallest int64 too
	}
	if digits == 0 {
		return strconv.AppendUint(out, u, 10)
	}
	scale := uint64(1)
	for range digits {
		scale *= 10
	}
	out = strconv.AppendUint(out, u/scale, 10)
	out = append(out, '.')
	rest := u % scale
	for range digits {
		scale /= 10
		out = append(out, '0'+byte(rest/scale))
		rest %= scale
	}
	return out
}

// Trim takes the zeros off the end of decimals, and the point with them.
func Trim(s []byte) []byte {
	point := -1
	for i, c := range s {
		if c == '.' {
			point = i
		}
	}
	if point < 0 {
		return s
	}
	end := len(s)
	for end > point && (s[end-1] == '0' || end-1 == point) {
		end--
	}
	return s[:end]
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
