package draw

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// canvas draws shapes in a square whose sides are 100 long, whatever its size in pixels.
type canvas struct {
	img   *image.RGBA
	scale float64
	ras   vector.Rasterizer
	path  []segment
}

// segment is a piece of an outline: the beginning of one (move), a line to p, or a curve to p.
type segment struct {
	kind    byte
	a, b, p point
}

const (
	begin byte = iota
	straight
	curved
)

func newCanvas(size int) *canvas {
	return &canvas{img: image.NewRGBA(image.Rect(0, 0, size, size)), scale: float64(size) / 100}
}

// point is a place on the canvas.
type point struct{ x, y float64 }

// shape is filled with one colour.
type shape func(c *canvas)

// fill touches only the pixels around the shapes: most of them are small.
func (c *canvas) fill(ink color.RGBA, shapes ...shape) {
	c.path = c.path[:0]
	for _, s := range shapes {
		s(c)
	}
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, s := range c.path {
		ends := []point{s.p}
		if s.kind == curved {
			ends = []point{s.a, s.b, s.p}
		}
		for _, q := range ends {
			low, high = point{min(low.x, q.x), min(low.y, q.y)}, point{max(high.x, q.x), max(high.y, q.y)}
		}
	}
	around := image.Rect(int(low.x*c.scale)-1, int(low.y*c.scale)-1, int(high.x*c.scale)+2, int(high.y*c.scale)+2).Intersect(c.img.Rect)
	c.ras.Reset(around.Dx(), around.Dy())
	c.ras.DrawOp = draw.Over
	at := func(p point) (x, y float32) {
		return float32(p.x*c.scale) - float32(around.Min.X), float32(p.y*c.scale) - float32(around.Min.Y)
	}
	for _, s := range c.path {
		x, y := at(s.p)
		switch s.kind {
		case begin:
			c.ras.ClosePath()
			c.ras.MoveTo(x, y)
		case straight:
			c.ras.LineTo(x, y)
		case curved:
			ax, ay := at(s.a)
			bx, by := at(s.b)
			c.ras.CubeTo(ax, ay, bx, by, x, y)
		}
	}
	c.ras.ClosePath()
	c.ras.Draw(c.img, around, image.NewUniform(ink), image.Point{})
}

func (c *canvas) move(p point)        { c.path = append(c.path, segment{kind: begin, p: p}) }
func (c *canvas) line(p point)        { c.path = append(c.path, segment{kind: straight, p: p}) }
func (c *canvas) curve(a, b, p point) { c.path = append(c.path, segment{curved, a, b, p}) }

// poly is a polygon.
func poly(points ...point) shape {
	return func(c *canvas) {
		c.move(points[0])
		for _, p := range points[1:] {
			c.line(p)
		}
	}
}

func rect(x, y, w, h float64) shape {
	return poly(point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

// kappa makes a quarter of a circle of a cubic curve.
const kappa = 0.5523

// round is a rectangle with round corners.
func round(x, y, w, h, r float64) shape {
	return func(c *canvas) {
		k := r * (1 - kappa)
		c.move(point{x + r, y})
		c.line(point{x + w - r, y})
		c.curve(point{x + w - k, y}, point{x + w, y + k}, point{x + w, y + r})
		c.line(point{x + w, y + h - r})
		c.curve(point{x + w, y + h - k}, point{x + w - k, y + h}, point{x + w - r, y + h})
		c.line(point{x + r, y + h})
		c.curve(point{x + k, y + h}, point{x, y + h - k}, point{x, y + h - r})
		c.line(point{x, y + r})
		c.curve(point{x, y + k}, point{x + k, y}, point{x + r, y})
	}
}

func ellipse(x, y, rx, ry float64) shape {
	return func(c *canvas) {
		kx, ky := rx*kappa, ry*kappa
		c.move(point{x + rx, y})
		c.curve(point{x + rx, y + ky}, point{x + kx, y + ry}, point{x, y + ry})
		c.curve(point{x - kx, y + ry}, point{x - rx, y + ky}, point{x - rx, y})
		c.curve(point{x - rx, y - ky}, point{x - kx, y - ry}, point{x, y - ry})
		c.curve(point{x + kx, y - ry}, point{x + rx, y - ky}, point{x + rx, y})
	}
}

func circle(x, y, r float64) shape { return ellipse(x, y, r, r) }

// bowl is the lower half of an ellipse below a straight rim.
func bowl(x, y, rx, ry float64) shape {
	return func(c *canvas) {
		c.move(point{x - rx, y})
		c.line(point{x + rx, y})
		c.curve(point{x + rx, y + ry*kappa*1.4}, point{x + rx*kappa, y + ry}, point{x, y + ry})
		c.curve(point{x - rx*kappa, y + ry}, point{x - rx, y + ry*kappa*1.4}, point{x - rx, y})
	}
}

// heap is the upper half of an ellipse over a straight base.
func heap(x, y, rx, ry float64) shape { return bowl(x, y, rx, -ry) }

// leaf runs from a to b, as wide as w at its middle.
func leaf(a, b point, w float64) shape {
	dx, dy := b.x-a.x, b.y-a.y
	n := math.Hypot(dx, dy)
	ox, oy := -dy/n*w, dx/n*w
	at := func(t, side float64) point { return point{a.x + dx*t + ox*side, a.y + dy*t + oy*side} }
	return func(c *canvas) {
		c.move(a)
		c.curve(at(0.3, 1), at(0.7, 1), b)
		c.curve(at(0.7, -1), at(0.3, -1), a)
	}
}

// stroke is a line of width w.
func stroke(a, b point, w float64) shape {
	dx, dy := b.x-a.x, b.y-a.y
	n := math.Hypot(dx, dy)
	ox, oy := -dy/n*w/2, dx/n*w/2
	return func(c *canvas) {
		poly(point{a.x + ox, a.y + oy}, point{b.x + ox, b.y + oy}, point{b.x - ox, b.y - oy}, point{a.x - ox, a.y - oy})(c)
	}
}

// arc is a piece of a ring around (x, y), from one angle to another in turns, clockwise from the right.
func arc(x, y, r, w, from, to float64) shape {
	const steps = 40
	at := func(r float64, i int) point {
		t := (from + (to-from)*float64(i)/steps) * 2 * math.Pi
		return point{x + r*math.Cos(t), y + r*math.Sin(t)}
	}
	return func(c *canvas) {
		c.move(at(r-w/2, 0))
		for i := 0; i <= steps; i++ {
			c.line(at(r+w/2, i))
		}
		for i := steps; i >= 0; i-- {
			c.line(at(r-w/2, i))
		}
	}
}

// star has n points.
func star(x, y, outer, inner float64, n int) shape {
	points := make([]point, 2*n)
	for i := range points {
		r := outer
		if i%2 == 1 {
			r = inner
		}
		t := (float64(i)/float64(2*n) - 0.25) * 2 * math.Pi
		points[i] = point{x + r*math.Cos(t), y + r*math.Sin(t)}
	}
	return poly(points...)
}

// smooth is a closed curve through points, for what has no corners.
func smooth(points ...point) shape {
	return func(c *canvas) {
		n := len(points)
		at := func(i int) point { return points[(i%n+n)%n] }
		c.move(points[0])
		for i := range n {
			p0, p1, p2, p3 := at(i-1), at(i), at(i+1), at(i+2)
			c.curve(point{p1.x + (p2.x-p0.x)/6, p1.y + (p2.y-p0.y)/6}, point{p2.x - (p3.x-p1.x)/6, p2.y - (p3.y-p1.y)/6}, p2)
		}
	}
}
