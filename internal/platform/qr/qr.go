package qr

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// Bounds of what is drawn.
const (
	MaxText  = 1024 // bytes; longer codes are too fine for a phone's camera
	Quiet    = 4    // modules
	MaxScale = 16
)

// Level is how much of a code may be damaged.
type Level int

// The levels.
const (
	Low      Level = Level(qr.L) // 7 %: for screens
	Medium   Level = Level(qr.M) // 15 %: for paper
	Quartile Level = Level(qr.Q) // 25 %: for stickers that are touched
	High     Level = Level(qr.H) // 30 %: with something printed over it
)

// Code is a QR code. The zero Code is empty.
type Code struct {
	size  int // modules without the quiet zone
	black []bool
}

// New makes the code of a text: 1 to MaxText bytes of printable ASCII.
func New(text string, level Level) (Code, error) {
	if text == "" || len(text) > MaxText {
		return Code{}, fmt.Errorf("qr: %d bytes, want 1 to %d", len(text), MaxText)
	}
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return Code{}, fmt.Errorf("qr: byte %d is not printable ASCII", i)
		}
	}
	if level < Low || level > High {
		return Code{}, fmt.Errorf("qr: no level %d", level)
	}
	drawn, err := qr.Encode(text, qr.Level(level))
	if err != nil {
		return Code{}, fmt.Errorf("qr: %w", err)
	}
	c := Code{size: drawn.Size, black: make([]bool, drawn.Size*drawn.Size)}
	for y := range drawn.Size {
		for x := range drawn.Size {
			c.black[y*drawn.Size+x] = drawn.Black(x, y)
		}
	}
	return c, nil
}

// Size is the number of modules on each side, with the quiet zone.
func (c Code) Size() int { return c.size + 2*Quiet }

// Black says whether a module is dark; x and y count from the corner of the quiet zone.
func (c Code) Black(x, y int) bool {
	x, y = x-Quiet, y-Quiet
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.black[y*c.size+x]
}

// PNG draws each module as so many pixels (1 to MaxScale; what is beyond becomes the nearest).
func (c Code) PNG(scale int) ([]byte, error) {
	scale = min(max(scale, 1), MaxScale)
	side := c.Size() * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if c.Black(x/scale, y/scale) {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("qr: %w", err)
	}
	return out.Bytes(), nil
}

// SVG draws one path of runs. The title is what a screen reader says; "" leaves it out. The drawing has no size of its
// own but its view box, so that it fills what it is put into; scale is the width and height that it asks for where
// nothing else does, in pixels a module.
func (c Code) SVG(title string, scale int) []byte {
	side := strconv.Itoa(c.Size())
	pixels := strconv.Itoa(c.Size() * min(max(scale, 1), MaxScale))
	var out strings.Builder
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="` + pixels + `" height="` + pixels + `" viewBox="0 0 ` + side + ` ` + side + `" shape-rendering="crispEdges" role="img">`)
	if title != "" {
		out.WriteString("<title>")
		// A strings.Builder has no errors.
		_ = xml.EscapeText(&out, []byte(title))
		out.WriteString("</title>")
	}
	out.WriteString(`<path fill="#fff" d="M0 0h` + side + `v` + side + `H0z"/><path fill="#000" d="`)
	for y := range c.Size() {
		for x := 0; x < c.Size(); x++ {
			start := x
			for c.Black(x, y) {
				x++
			}
			if n := x - start; n > 0 {
				fmt.Fprintf(&out, "M%d %dh%dv1h-%dz", start, y, n, n)
			}
		}
	}
	out.WriteString(`"/></svg>`)
	return []byte(out.String())
}
