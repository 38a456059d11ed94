package picture

import (
	"image"
	"image/draw"
)

// orientation is how the camera was held, as EXIF counts it.
type orientation int

const upright orientation = 1

// apply turns a picture upright.
func (o orientation) apply(src *image.RGBA) *image.RGBA {
	if o <= upright {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch o {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[out.PixOffset(tx, ty):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return out
}

// scale makes a picture smaller, or copies it. Each pixel that comes out is the mean of the area that it covers. It goes
// row by row, because a large picture stands in memory once already.
func scale(src image.Image, w, h int) *image.RGBA {
	b := src.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if b.Dx() == w && b.Dy() == h {
		draw.Draw(out, out.Rect, src, b.Min, draw.Src)
		return out
	}
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	narrow := make([]uint64, 4*w) // the row at hand, in the width that comes out; sums of 1/w-ths
	sum := make([]uint64, 4*w)    // of what the row that comes out covers
	sw, sh := uint64(b.Dx()), uint64(b.Dy())
	area := sw * sh // of the one in units of the other
	y := 0
	left := sh // what of the row that comes out is not covered yet, in 1/h-ths of a row that goes in
	for sy := range b.Dy() {
		draw.Draw(row, row.Rect, src, image.Pt(b.Min.X, b.Min.Y+sy), draw.Src)
		squeeze(narrow, row.Pix, sw, uint64(w))
		for rest := uint64(h); rest > 0; {
			part := min(rest, left)
			for i, v := range narrow {
				sum[i] += v * part
			}
			rest -= part
			if left -= part; left == 0 {
				to := out.Pix[y*out.Stride:]
				for i, v := range sum {
					to[i] = uint8((v + area/2) / area) // a mean of bytes is a byte
					sum[i] = 0
				}
				y, left = y+1, sh
			}
		}
	}
	return out
}

// squeeze adds up a row's pixels into fewer ones; each sum has the weight of the row's whole width.
func squeeze(to []uint64, pix []uint8, sw, w uint64) {
	clear(to)
	x, left := 0, sw
	for i := 0; i < len(pix); i += 4 {
		for rest := w; rest > 0; {
			part := min(rest, left)
			for c := range 4 {
				to[4*x+c] += uint64(pix[i+c]) * part
			}
			rest -= part
			if left -= part; left == 0 {
				x, left = x+1, sw
			}
		}
	}
}
