package draw

import (
	"image/color"
	"math/rand/v2"
)

type rgba = color.RGBA

// border is a band of ornament.
func border(c *canvas, p palette, x, y, w, h float64, r *rand.Rand) {
	c.fill(p.gold, rect(x, y, w, h))
	n := int(w / h)
	step := w / float64(n)
	kind := r.IntN(3)
	for i := range n {
		m := x + (float64(i)+0.5)*step
		switch kind {
		case 0:
			c.fill(p.shade, poly(point{m, y + h*0.15}, point{m + step*0.4, y + h/2}, point{m, y + h*0.85}, point{m - step*0.4, y + h/2}))
		case 1:
			c.fill(p.shade, circle(m, y+h/2, h*0.28))
		default:
			c.fill(p.shade, poly(point{m - step*0.4, y + h*0.85}, point{m, y + h*0.15}, point{m + step*0.4, y + h*0.85}))
		}
	}
}

func shawl(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, round(20, 66, 60, 18, 4))
	c.fill(p.main, round(20, 50, 60, 20, 4))
	c.fill(p.pale, round(20, 34, 60, 20, 4))
	for i := range 3 {
		c.fill([]rgba{p.main, p.gold, p.shade}[i], rect(26+float64(i)*7, 34, 3, 20))
	}
	border(c, p, 20, 56, 60, 7, r)
	for i := range 15 {
		x := 21.5 + float64(i)*4
		c.fill(p.gold, stroke(point{x, 83}, point{x - 0.6, 91}, 1.1))
	}
}

func garment(c *canvas, p palette, body, sleeve float64) {
	c.fill(p.main, poly(point{36, 22}, point{64, 22}, point{70, 30}, point{70, body}, point{30, body}, point{30, 30}))
	c.fill(p.shade, poly(point{36, 22}, point{30, 30}, point{14, sleeve}, point{24, sleeve + 5}, point{33, 48}))
	c.fill(p.shade, poly(point{64, 22}, point{70, 30}, point{86, sleeve}, point{76, sleeve + 5}, point{67, 48}))
}

func kurta(c *canvas, p palette, r *rand.Rand) {
	garment(c, p, 88, 60)
	c.fill(p.ground, poly(point{43, 21}, point{57, 21}, point{50, 30}))
	c.fill(p.gold, rect(48.4, 28, 3.2, 26), arc(50, 21, 8, 2, 0.02, 0.48))
	for i := range 4 {
		c.fill(p.ink, circle(50, 32+float64(i)*6, 0.9))
	}
	border(c, p, 30, 82, 40, 5, r)
	for range 14 {
		c.fill(p.pale, star(34+r.Float64()*32, 56+r.Float64()*22, 1.6, 0.7, 5))
	}
}

func sweater(c *canvas, p palette, r *rand.Rand) {
	garment(c, p, 80, 66)
	c.fill(p.pale, round(40, 18, 20, 8, 3))
	for row := range 3 {
		y := 40 + float64(row)*12
		c.fill(p.gold, rect(30.5, y, 39, 1.2))
		for i := range 6 {
			x := 34 + float64(i)*6.4
			if r.IntN(8) > 0 {
				c.fill(p.pale, poly(point{x, y + 2.6}, point{x + 2.4, y + 5.4}, point{x, y + 8.2}, point{x - 2.4, y + 5.4}))
			}
		}
	}
	for i := range 13 {
		c.fill(p.shade, rect(31+float64(i)*3, 76, 1.4, 4))
	}
}

func jacket(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, smooth(point{38, 24}, point{50, 10}, point{62, 24}, point{50, 30}))
	garment(c, p, 78, 68)
	for i := range 5 {
		c.fill(mix(p.main, black, 14), rect(30, 38+float64(i)*8, 40, 1))
	}
	c.fill(p.gold, rect(49.2, 24, 1.6, 54))
	c.fill(p.ink, rect(49, 30+float64(r.IntN(6)), 2, 4))
	c.fill(p.shade, round(34, 60, 10, 11, 1.5), round(56, 60, 10, 11, 1.5))
}

func saree(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.main, poly(point{22, 18}, point{78, 18}, point{78, 80}, point{22, 80}))
	for i := range 6 {
		c.fill(p.shade, poly(point{22 + float64(i)*9.4, 18}, point{25 + float64(i)*9.4, 18}, point{24 + float64(i)*9.4, 80}, point{22 + float64(i)*9.4, 80}))
	}
	for row := range 4 {
		for i := range 5 {
			c.fill(p.pale, star(28+float64(i)*11+float64(row%2)*5, 26+float64(row)*10, 2.2, 0.9, 6))
		}
	}
	border(c, p, 22, 66, 56, 8, r)
	c.fill(p.gold, rect(22, 77, 56, 3), rect(20, 14, 60, 4.6))
	c.fill(p.ink, stroke(point{14, 15}, point{86, 15}, 2.4))
	for i := range 14 {
		c.fill(p.gold, stroke(point{24 + float64(i)*4, 80}, point{24 + float64(i)*4, 86}, 1.2))
	}
}

func topi(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.main, smooth(point{26, 62}, point{30, 40}, point{52, 28}, point{72, 44}, point{76, 62}, point{52, 70}))
	c.fill(p.shade, smooth(point{24, 62}, point{50, 54}, point{78, 62}, point{76, 76}, point{50, 84}, point{25, 76}))
	for i := range 8 {
		x := 29 + float64(i)*6
		c.fill([]rgba{p.gold, p.pale}[i%2], poly(point{x, 64}, point{x + 3, 69}, point{x, 74}, point{x - 3, 69}))
	}
	for range 9 {
		c.fill(p.pale, circle(34+r.Float64()*36, 40+r.Float64()*16, 1.2))
	}
}

func shoe(c *canvas, p palette, r *rand.Rand) {
	for i, dy := range []float64{-14, 6} {
		dx := float64(i) * 8
		c.fill(p.ink, smooth(point{14 + dx, 74 + dy}, point{52 + dx, 78 + dy}, point{84 + dx, 72 + dy}, point{80 + dx, 80 + dy}, point{50 + dx, 82 + dy}, point{14 + dx, 80 + dy}))
		c.fill([]rgba{p.shade, p.main}[i], smooth(point{14 + dx, 76 + dy}, point{16 + dx, 56 + dy}, point{32 + dx, 56 + dy}, point{52 + dx, 66 + dy}, point{78 + dx, 64 + dy}, point{90 + dx, 52 + dy}, point{86 + dx, 74 + dy}, point{50 + dx, 79 + dy}))
		c.fill(p.gold, stroke(point{20 + dx, 60 + dy}, point{46 + dx, 68 + dy}, 1.6))
		for k := range 3 {
			c.fill(p.gold, star(56+dx+float64(k)*8, 70+dy-float64(k)*0.8, 2.4, 1, 4+r.IntN(3)))
		}
	}
}

func quilt(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, poly(point{18, 30}, point{74, 22}, point{86, 74}, point{28, 86}))
	inks := []rgba{p.main, p.pale, p.gold, p.ground, p.shade}
	at := func(u, v float64) point { return point{18 + 56*u + 11*v, 30 - 8*u + 55*v - 3*u*v} }
	const n = 5
	for i := range n {
		for j := range n {
			u, v := float64(i)/n, float64(j)/n
			d := 1.0/n - 0.02
			c.fill(inks[(i+j*2+r.IntN(2))%5], poly(at(u+0.01, v+0.01), at(u+d, v+0.01), at(u+d, v+d), at(u+0.01, v+d)))
			c.fill(mix(p.shade, white, 50), circle(at(u+0.1, v+0.1).x, at(u+0.1, v+0.1).y, 1))
		}
	}
}

func necklace(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.gold, arc(50, 34, 28, 2.2, -0.03, 0.53))
	for i := range 11 {
		q := arcPoint(50, 34, 28, 0.02+float64(i)*0.046)
		c.fill([]rgba{p.main, p.gold}[i%2], circle(q.x, q.y, 3.6))
		c.fill(mix(p.main, white, 55), circle(q.x-1, q.y-1, 1))
	}
	c.fill(p.gold, circle(50, 74, 11))
	c.fill(p.main, star(50, 74, 9, 5, 6+r.IntN(3)))
	c.fill(p.gold, circle(50, 74, 3))
}

func satchel(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, arc(50, 42, 22, 3.4, 0.5, 1))
	c.fill(p.main, round(20, 40, 60, 44, 6))
	c.fill(mix(p.main, white, 14), smooth(point{20, 42}, point{50, 38}, point{80, 42}, point{78, 60}, point{50, 68}, point{22, 60}))
	c.fill(p.shade, rect(32, 40, 5, 34), rect(63, 40, 5, 34))
	c.fill(p.gold, round(31, 62, 7, 6, 1), round(62, 62, 7, 6, 1))
	c.fill(p.gold, star(50, 56, 4, 2, 5+r.IntN(4)))
}

func backpack(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.ink, arc(50, 20, 7, 2.6, 0.5, 1))
	c.fill(p.main, round(28, 22, 44, 64, 12))
	c.fill(p.shade, round(18, 48, 14, 32, 5), round(68, 48, 14, 32, 5))
	c.fill(p.pale, round(34, 54, 32, 26, 5))
	c.fill(mix(p.main, white, 16), round(28, 20, 44, 22, 9))
	c.fill(p.gold, rect(38, 36, 3, 14), rect(59, 36, 3, 14), rect(34, 60, 32, 1.6))
	if r.IntN(2) == 0 {
		c.fill(p.ink, stroke(point{80, 30}, point{84, 86}, 1.6))
	}
	c.fill(mix(p.gold, p.main, 30), round(30, 84, 40, 8, 4))
}
