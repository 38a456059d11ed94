package qrtest

import (
	"fmt"
	"regexp"
	"testing"
)

// Matrix is a drawing as its modules, with the quiet zone around them, wherever it was read from.
type Matrix [][]bool

var run = regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`)

// OfSVG finds the modules in a drawing as it stands in a page.
func OfSVG(t *testing.T, b []byte) Matrix {
	t.Helper()
	var size int
	if _, err := fmt.Sscanf(string(regexp.MustCompile(`viewBox="0 0 \d+`).Find(b)), `viewBox="0 0 %d`, &size); err != nil {
		t.Fatal(err)
	}
	m := make(Matrix, size)
	for y := range m {
		m[y] = make([]bool, size)
	}
	for _, r := range run.FindAllSubmatch(b, -1) {
		var x, y, n int
		if _, err := fmt.Sscan(string(r[1])+" "+string(r[2])+" "+string(r[3]), &x, &y, &n); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			m[y][x+i] = true
		}
	}
	return m
}

// blocks are the data bytes of each block of versions 1 to 6, at the levels that the tests draw.
var blocks = map[int]map[int][]int{
	0b01: {1: {19}, 2: {34}, 3: {55}, 4: {80}, 5: {108}, 6: {68, 68}},                // L
	0b00: {1: {16}, 2: {28}, 3: {44}, 4: {32, 32}, 5: {43, 43}, 6: {27, 27, 27, 27}}, // M
}

// Read is a reader of undamaged codes up to version 6, written from the standard and not from what draws them.
func (m Matrix) Read(t *testing.T) string {
	t.Helper()
	const quiet = 4
	size := len(m) - 2*quiet
	version := (size - 17) / 4
	at := func(x, y int) bool { return m[y+quiet][x+quiet] }
	bit := func(x, y int) int {
		if at(x, y) {
			return 1
		}
		return 0
	}
	// The format stands beside the upper left corner: 15 bits, of which the first five say level and mask.
	format := 0
	for _, x := range []int{0, 1, 2, 3, 4} {
		format = format<<1 | bit(x, 8)
	}
	format ^= 0b10101
	level, mask := format>>3, format&7
	sizes, ok := blocks[level][version]
	if !ok {
		t.Fatalf("version %d at level %b is not known here", version, level)
	}
	total := 0
	for _, n := range sizes {
		total += n
	}
	data := m.words(size, version, mask, at, total)
	// What is in several blocks goes round them byte by byte.
	parts := make([][]byte, len(sizes))
	for i, b := range data[:total] {
		parts[i%len(sizes)] = append(parts[i%len(sizes)], b)
	}
	var stream []byte
	for _, p := range parts {
		stream = append(stream, p...)
	}
	return decode(t, stream)
}

// words walks the two-module columns from the lower right, up and down.
func (m Matrix) words(size, version, mask int, at func(x, y int) bool, total int) []byte {
	reserved := func(x, y int) bool {
		switch {
		case x <= 8 && y <= 8, x >= size-8 && y <= 8, x <= 8 && y >= size-8, x == 6, y == 6:
			return true
		case version > 1 && x >= size-9 && x <= size-5 && y >= size-9 && y <= size-5:
			return true // the alignment pattern
		}
		return false
	}
	masked := func(x, y int) bool {
		switch mask {
		case 0:
			return (x+y)%2 == 0
		case 1:
			return y%2 == 0
		case 2:
			return x%3 == 0
		case 3:
			return (x+y)%3 == 0
		case 4:
			return (y/2+x/3)%2 == 0
		case 5:
			return x*y%2+x*y%3 == 0
		case 6:
			return (x*y%2+x*y%3)%2 == 0
		default:
			return ((x+y)%2+x*y%3)%2 == 0
		}
	}
	var out []byte
	n, word, up := 0, byte(0), true
	for right := size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range size {
			y := i
			if up {
				y = size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if reserved(x, y) {
					continue
				}
				word <<= 1
				if at(x, y) != masked(x, y) {
					word |= 1
				}
				if n++; n%8 == 0 {
					out = append(out, word)
				}
			}
		}
		up = !up
	}
	return out[:max(total, len(out))]
}

// decode reads the segments: numbers, capitals, bytes.
func decode(t *testing.T, stream []byte) string {
	t.Helper()
	pos := 0
	take := func(n int) (v int) {
		for range n {
			v = v<<1 | int(stream[pos/8]>>(7-pos%8)&1)
			pos++
		}
		return v
	}
	const capitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
	var out []byte
	for pos+4 <= len(stream)*8 {
		switch mode := take(4); mode {
		case 0:
			return string(out)
		case 1:
			n := take(10)
			for ; n >= 3; n -= 3 {
				v := take(10)
				out = append(out, byte('0'+v/100), byte('0'+v/10%10), byte('0'+v%10))
			}
			if n == 2 {
				v := take(7)
				out = append(out, byte('0'+v/10), byte('0'+v%10))
			} else if n == 1 {
				out = append(out, byte('0'+take(4)))
			}
		case 2:
			n := take(9)
			for ; n >= 2; n -= 2 {
				v := take(11)
				out = append(out, capitals[v/45], capitals[v%45])
			}
			if n == 1 {
				out = append(out, capitals[take(6)])
			}
		case 4:
			for range take(8) {
				out = append(out, byte(take(8)))
			}
		default:
			t.Fatalf("mode %d after %q", mode, out)
		}
	}
	return string(out)
}
