package draw

import (
	"math"
	"math/rand/v2"
)

func arcPoint(x, y, r, turn float64) point {
	return point{x + r*math.Cos(turn*2*math.Pi), y + r*math.Sin(turn*2*math.Pi)}
}

func pot(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, arc(50, 44, 18, 3, 0.5, 1))
	c.fill(p.main, smooth(point{70, 50}, point{82, 44}, point{92, 34}, point{94, 38}, point{86, 56}, point{72, 66}))
	c.fill(p.main, ellipse(48, 62, 28, 23))
	c.fill(p.shade, ellipse(48, 42, 14, 4), rect(30, 82, 36, 3))
	c.fill(p.gold, circle(48, 36, 3.4), rect(20.4, 58, 55.2, 2.2))
	for i := range 5 {
		c.fill(p.pale, circle(28+float64(i)*10, 68, 1.4+r.Float64()))
	}
	c.fill(mix(p.main, white, 40), ellipse(36, 52, 4, 7))
}

func vase(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.main, smooth(point{40, 20}, point{60, 20}, point{56, 34}, point{74, 56}, point{62, 86}, point{38, 86}, point{26, 56}, point{44, 34}))
	c.fill(p.shade, ellipse(50, 20, 11, 3))
	for i := range 3 {
		y := 46 + float64(i)*9
		c.fill([]rgba{p.pale, p.gold, p.pale}[i], rect(31-2*float64(i%2), y, 38+4*float64(i%2), 2))
	}
	for i := range 5 {
		c.fill(p.gold, star(34+float64(i)*8, 51.4, 2.6, 1.1, 4+r.IntN(3)))
	}
}

func bell(c *canvas, p palette, r *rand.Rand) {
	metal := mix(p.main, hex(0xC79B35), 45)
	c.fill(metal, bowl(50, 50, 34, 34))
	c.fill(mix(metal, black, 25), ellipse(50, 50, 34, 7))
	c.fill(mix(metal, black, 45), ellipse(50, 51, 29, 5))
	c.fill(mix(metal, black, 20), round(38, 82, 24, 5, 2))
	c.fill(mix(metal, white, 45), ellipse(30, 62, 3, 9))
	for i := range 7 {
		c.fill(mix(metal, black, 30), leaf(point{30 + float64(i)*7, 74}, point{30 + float64(i)*7, 64 - 2*r.Float64()}, 2.6))
	}
}

func basket(c *canvas, p palette, r *rand.Rand) {
	straw := mix(hex(0xD0A25C), p.main, 15)
	c.fill(mix(straw, black, 20), arc(50, 46, 26, 4, 0.5, 1))
	c.fill(straw, poly(point{18, 46}, point{82, 46}, point{74, 86}, point{26, 86}))
	for row := range 7 {
		y := 48 + float64(row)*5.4
		for i := range 10 {
			x := 21 + float64(i)*5.9 + float64(row%2)*2.9
			if x < 20+float64(row) || x > 78-float64(row) {
				continue
			}
			c.fill(mix(straw, []rgba{black, p.main, white}[(row+i+r.IntN(2))%3], 24), round(x, y, 4.4, 3.6, 1))
		}
	}
	c.fill(p.main, round(15, 43, 70, 6, 3))
}

func lamp(c *canvas, p palette, r *rand.Rand) {
	c.fill(mix(p.gold, white, 55), circle(50, 48, 30))
	c.fill(p.shade, rect(49, 8, 2, 10), poly(point{38, 26}, point{62, 26}, point{56, 18}, point{44, 18}))
	c.fill(p.main, smooth(point{36, 28}, point{64, 28}, point{72, 50}, point{62, 72}, point{38, 72}, point{28, 50}))
	for i := range 5 {
		c.fill(mix(p.gold, white, 20), ellipse(34+float64(i)*8, 50, 2.2, 15-3*math.Abs(float64(i-2))))
	}
	c.fill(p.shade, rect(38, 71, 24, 4))
	for i := range 5 {
		c.fill(p.gold, stroke(point{42 + float64(i)*4, 75}, point{42 + float64(i)*4, 82 + 3*r.Float64()}, 1.2))
	}
}

func stupa(c *canvas, p palette, r *rand.Rand) {
	stone := mix(p.main, hex(0xB9A98F), 40)
	c.fill(mix(stone, black, 22), rect(16, 78, 68, 8), rect(22, 72, 56, 7))
	c.fill(mix(white, stone, 22), heap(50, 72, 27, 30))
	c.fill(p.gold, rect(42, 36, 16, 9))
	for i := range 6 {
		w := 12 - float64(i)*1.8
		c.fill(mix(p.gold, black, 8*(i%2)), rect(50-w/2, 32-float64(i)*3.6, w, 3.6))
	}
	c.fill(p.gold, circle(50, 10, 2.4))
	c.fill(p.ink, leaf(point{43.5, 41}, point{48.5, 41}, 2.4), leaf(point{51.5, 41}, point{56.5, 41}, 2.4))
	for i := range 12 {
		t := float64(i) / 11
		c.fill([]rgba{hex(0x2F6DA8), white, hex(0xB43A2C), hex(0x5F8A3A), hex(0xE2B348)}[(i+r.IntN(2))%5],
			poly(point{50 - 40*t, 14 + 50*t*t}, point{54 - 40*t, 14 + 50*t*t}, point{52 - 40*t, 19 + 50*t*t}),
			poly(point{50 + 40*t, 14 + 50*t*t}, point{46 + 40*t, 14 + 50*t*t}, point{48 + 40*t, 19 + 50*t*t}))
	}
}

func painting(c *canvas, p palette, r *rand.Rand) {
	c.fill(hex(0x8A6238), rect(18, 16, 64, 70))
	c.fill(hex(0xF3E7CE), rect(22, 20, 56, 62))
	c.fill(p.main, circle(50, 51, 23))
	for i := range 12 {
		q := arcPoint(50, 51, 15, float64(i)/12)
		c.fill([]rgba{p.gold, p.pale, p.shade}[i%3], leaf(point{50, 51}, q, 5))
	}
	c.fill(p.shade, arc(50, 51, 23, 1.4, 0, 1))
	c.fill(p.gold, star(50, 51, 7, 3.6, 6+2*r.IntN(3)))
	for _, q := range []point{{29, 27}, {71, 27}, {29, 75}, {71, 75}} {
		c.fill(p.main, star(q.x, q.y, 5, 2.4, 8))
	}
}

func lattice(c *canvas, p palette, r *rand.Rand) {
	wood := mix(p.main, hex(0x7A4A26), 60)
	c.fill(wood, rect(20, 18, 60, 66), rect(12, 14, 76, 6), rect(12, 82, 76, 6))
	c.fill(mix(wood, black, 50), rect(27, 26, 46, 50))
	for i := range 7 {
		t := float64(i) * 7.6
		c.fill(mix(wood, white, 18), stroke(point{27, 26 + t}, point{27 + 50 - t, 76}, 1.8), stroke(point{73, 26 + t}, point{73 - 50 + t, 76}, 1.8))
		c.fill(mix(wood, white, 18), stroke(point{27 + t, 26}, point{73, 76 - t}, 1.8), stroke(point{73 - t, 26}, point{27, 76 - t}, 1.8))
	}
	c.fill(mix(wood, white, 8), rect(27, 24, 46, 3), rect(27, 75, 46, 3), rect(24, 24, 4, 54), rect(72, 24, 4, 54))
	c.fill(p.gold, star(50, 51, 8, 4, 6+r.IntN(3)))
}

func sheets(c *canvas, p palette, r *rand.Rand) {
	for i := range 4 {
		dx, dy := float64(i)*6, float64(i)*7
		c.fill([]rgba{p.shade, p.main, p.pale, hex(0xF5ECD9)}[i], poly(point{20 + dx, 20 + dy}, point{62 + dx, 16 + dy}, point{66 + dx, 64 + dy}, point{24 + dx, 68 + dy}))
	}
	for range 30 {
		x, y := 44+r.Float64()*36, 44+r.Float64()*38
		c.fill(mix(hex(0xF5ECD9), p.main, 30), stroke(point{x, y}, point{x + 3*r.Float64() - 1, y + 2*r.Float64() + 0.3}, 0.5))
	}
	c.fill(p.main, leaf(point{54, 76}, point{70, 54}, 7))
	c.fill(p.shade, stroke(point{54, 76}, point{69, 56}, 0.8))
}

func book(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.ink, poly(point{24, 20}, point{70, 14}, point{78, 80}, point{32, 88}))
	c.fill(hex(0xF7EFDF), poly(point{26, 22}, point{72, 18}, point{80, 82}, point{34, 88}))
	c.fill(p.main, poly(point{22, 18}, point{68, 12}, point{76, 78}, point{30, 86}))
	c.fill(p.shade, poly(point{22, 18}, point{27, 17.4}, point{35, 85}, point{30, 86}))
	c.fill(p.gold, poly(point{33, 24}, point{64, 20}, point{65, 24}, point{33.5, 28}))
	if r.IntN(2) == 0 {
		c.fill(p.pale, circle(51, 50, 12))
		c.fill(p.gold, star(51, 50, 9, 4.4, 8))
	} else {
		c.fill(p.pale, leaf(point{44, 62}, point{58, 38}, 10))
		c.fill(p.gold, circle(51, 34, 3))
	}
	c.fill(p.gold, poly(point{40, 72}, point{66, 68}, point{66.4, 70}, point{40.4, 74}))
}

func drum(c *canvas, p palette, r *rand.Rand) {
	wood := mix(p.main, hex(0x8A5430), 40)
	c.fill(wood, smooth(point{20, 50}, point{34, 34}, point{66, 34}, point{80, 50}, point{66, 70}, point{34, 70}))
	for i := range 6 {
		x := 26 + float64(i)*8.6
		c.fill(hex(0xEAD9B8), stroke(point{x, 37}, point{x + 7, 67}, 1.1), stroke(point{x + 7, 37}, point{x, 67}, 1.1))
	}
	c.fill(hex(0xF0E3C8), ellipse(20, 52, 7, 16), ellipse(80, 52, 6, 14))
	c.fill(hex(0x2A1D16), ellipse(19, 52, 3, 7), ellipse(81, 52, 2.4, 6))
	c.fill(p.gold, arc(50, 30, 34, 1.6, 0.56, 0.94))
	if r.IntN(2) == 0 {
		c.fill(p.gold, stroke(point{24, 84}, point{78, 80}, 3))
		for i := range 6 {
			c.fill(p.ink, circle(38+float64(i)*6, 83-float64(i)*0.45, 0.9))
		}
	}
}
