package draw

import "math/rand/v2"

func soap(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, round(18, 62, 56, 24, 6))
	c.fill(p.main, round(16, 56, 56, 24, 7))
	c.fill(p.pale, round(34, 38, 48, 22, 7))
	c.fill(mix(p.pale, white, 40), round(38, 41, 40, 5, 2.5))
	c.fill(p.gold, leaf(point{36, 74}, point{52, 62}, 7))
	for range 9 {
		x, y, s := 20+r.Float64()*66, 14+r.Float64()*22, 1.5+3*r.Float64()
		c.fill(mix(p.ground, white, 75), circle(x, y, s))
		c.fill(p.ground, circle(x+0.3*s, y+0.3*s, 0.62*s))
	}
}

func incense(c *canvas, p palette, r *rand.Rand) {
	for i := range 5 {
		x := 38 + float64(i)*6
		top := 34 - 3*float64(i%2)
		c.fill(p.ink, stroke(point{50, 78}, point{x, top}, 1.5))
		c.fill(hex(0xD8492B), circle(x, top, 1.6))
		c.fill(mix(p.ground, white, 60), smooth(point{x, top - 3}, point{x + 4, top - 12}, point{x - 1, top - 22 - 3*r.Float64()}, point{x - 3, top - 12}))
	}
	c.fill(p.main, bowl(50, 70, 22, 17))
	c.fill(p.gold, ellipse(50, 70, 22, 4))
	c.fill(mix(p.shade, white, 30), ellipse(50, 70, 17, 2.6))
	c.fill(p.shade, round(38, 84, 24, 4, 2))
}

func flacon(c *canvas, p palette, r *rand.Rand) {
	c.fill(mix(p.main, white, 30), smooth(point{50, 40}, point{74, 52}, point{74, 78}, point{50, 87}, point{26, 78}, point{26, 52}))
	c.fill(p.main, smooth(point{50, 58}, point{72, 60}, point{71, 78}, point{50, 85}, point{29, 78}, point{28, 60}))
	c.fill(p.gold, rect(43, 30, 14, 11), circle(50, 22, 8))
	c.fill(mix(p.gold, white, 50), circle(47, 19, 2.2))
	c.fill(p.gold, star(50, 69, 8, 4, 5+r.IntN(4)))
	c.fill(mix(p.main, white, 70), ellipse(33, 60, 2, 8))
}

func tent(c *canvas, p palette, r *rand.Rand) {
	c.fill(mix(hex(0x7D94A3), p.ground, 35), poly(point{4, 72}, point{30, 24}, point{46, 52}, point{62, 18}, point{98, 72}))
	c.fill(white, poly(point{30, 24}, point{35, 33}, point{31, 35}, point{26, 32}), poly(point{62, 18}, point{69, 29}, point{63, 33}, point{57, 28}))
	c.fill(p.main, poly(point{14, 86}, point{50, 38}, point{86, 86}))
	c.fill(p.shade, poly(point{50, 38}, point{86, 86}, point{62, 86}))
	c.fill(p.ink, poly(point{50, 52}, point{62, 86}, point{40, 86}))
	c.fill(p.gold, poly(point{50, 52}, point{40, 86}, point{34, 86}))
	c.fill(p.ink, stroke(point{86, 86}, point{94, 88}, 0.8), stroke(point{14, 86}, point{6, 88}, 0.8))
	for range 5 {
		c.fill(mix(p.gold, white, 40), star(10+r.Float64()*80, 6+r.Float64()*14, 1.6, 0.6, 4))
	}
}

func panel(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.gold, circle(76, 24, 11))
	for i := range 10 {
		c.fill(p.gold, stroke(arcPoint(76, 24, 14, float64(i)/10), arcPoint(76, 24, 18+r.Float64(), float64(i)/10), 1.8))
	}
	c.fill(hex(0xB9BFC4), poly(point{22, 38}, point{80, 44}, point{88, 78}, point{12, 78}))
	at := func(u, v float64) point { return point{23 + 56*u + v*(-10+19*u), 39.5 + 5.5*u + v*(37.5-6*u)} }
	for i := range 5 {
		for j := range 4 {
			u, v := float64(i)/5+0.008, float64(j)/4+0.012
			c.fill(mix(hex(0x1F3F6E), white, 4*((i+j)%3)), poly(at(u, v), at(u+0.18, v), at(u+0.18, v+0.22), at(u, v+0.22)))
		}
	}
	c.fill(p.shade, poly(point{46, 78}, point{54, 78}, point{56, 87}, point{44, 87}))
}

func radio(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.ink, stroke(point{70, 38}, point{86, 8}, 1.4), circle(86, 8, 1.8))
	c.fill(p.main, round(14, 38, 72, 46, 6))
	c.fill(p.shade, circle(34, 61, 17))
	for i := range 4 {
		c.fill(mix(p.shade, white, 20), arc(34, 61, 3.5+float64(i)*4, 1.2, 0, 1))
	}
	c.fill(hex(0xF3E7CE), round(56, 44, 25, 11, 2))
	for i := range 9 {
		c.fill(p.ink, rect(58+float64(i)*2.5, 46, 0.6, 3+2*float64(i%2)))
	}
	c.fill(hex(0xC8321F), rect(60+15*r.Float64(), 45, 0.9, 9))
	c.fill(p.gold, circle(62, 69, 6), circle(77, 69, 4.4))
	c.fill(p.shade, stroke(point{62, 69}, point{64, 64}, 1), stroke(point{77, 69}, point{80, 67}, 1))
}

func telephone(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.ink, round(32, 14, 36, 72, 6))
	c.fill(mix(p.main, white, 25), round(35, 20, 30, 58, 2))
	c.fill(p.main, smooth(point{35, 60}, point{48, 50}, point{65, 58}, point{65, 78}, point{35, 78}))
	c.fill(p.gold, circle(56, 34, 6))
	c.fill(mix(p.ink, white, 50), round(45, 81, 10, 2, 1))
	c.fill(p.shade, stroke(point{50, 86}, point{50, 94}, 3))
	for i := range 3 {
		c.fill(white, round(39+float64(i)*8, 66, 6, 6, 1.6))
	}
	if r.IntN(2) == 0 {
		c.fill(p.gold, poly(point{80, 30}, point{72, 46}, point{78, 46}, point{74, 60}, point{86, 42}, point{79, 42}))
	}
}

func tool(c *canvas, p palette, r *rand.Rand) {
	steel := hex(0x9AA3AB)
	c.fill(steel, stroke(point{30, 24}, point{62, 62}, 5), poly(point{26, 22}, point{32, 18}, point{36, 24}, point{30, 28}))
	c.fill(p.main, stroke(point{56, 55}, point{80, 84}, 12))
	c.fill(p.shade, stroke(point{60, 58}, point{80, 82}, 2.4))
	c.fill(mix(steel, black, 15), stroke(point{70, 26}, point{30, 78}, 6))
	c.fill(mix(steel, black, 15), circle(72, 23, 11), circle(28, 81, 7))
	c.fill(p.ground, poly(point{70, 26}, point{76, 8}, point{86, 18}), circle(28, 81, 3))
	c.fill(p.gold, circle(20+r.Float64()*6, 50, 3), circle(80, 48+4*r.Float64(), 3))
}

func top(c *canvas, p palette, r *rand.Rand) {
	c.fill(hex(0x8A6238), stroke(point{50, 10}, point{50, 34}, 3))
	c.fill(p.main, poly(point{22, 46}, point{78, 46}, point{50, 88}))
	c.fill(p.shade, ellipse(50, 46, 28, 9))
	for i, ink := range []rgba{p.gold, p.pale, p.main, p.gold} {
		c.fill(ink, ellipse(50, 46-float64(i)*1.4, 24-float64(i)*5.4, 7.4-float64(i)*1.7))
	}
	c.fill(p.gold, poly(point{29, 56}, point{71, 56}, point{68, 60.5}, point{32, 60.5}))
	c.fill(p.pale, poly(point{37, 68}, point{63, 68}, point{60.4, 72}, point{39.6, 72}))
	for i := range 3 {
		c.fill(mix(p.ground, p.main, 35), arc(50, 84, 12+float64(i)*7, 1, 0.04, 0.14+0.05*r.Float64()), arc(50, 84, 12+float64(i)*7, 1, 0.36, 0.46))
	}
}

func pencil(c *canvas, p palette, r *rand.Rand) {
	c.fill(hex(0xFBF6EA), poly(point{20, 26}, point{64, 18}, point{74, 78}, point{30, 86}))
	for i := range 7 {
		c.fill(hex(0xBFD0DC), stroke(point{26 + float64(i)*1.2, 34 + float64(i)*7}, point{64 + float64(i)*1.2, 27 + float64(i)*7}, 0.7))
	}
	c.fill(p.shade, poly(point{20, 26}, point{25, 25}, point{35, 85}, point{30, 86}))
	for i := range 2 + r.IntN(2) {
		x := float64(i) * 9
		ink := []rgba{p.main, p.gold, p.pale}[i]
		c.fill(ink, stroke(point{84 - x, 22 + x}, point{56 - x, 70 + x/2}, 5.6))
		c.fill(hex(0xEBCB9B), poly(point{58.4 - x, 71.4 + x/2}, point{53.6 - x, 68.6 + x/2}, point{52 - x, 77 + x/2}))
		c.fill(p.ink, poly(point{53.8 - x, 75.6 + x/2}, point{52.4 - x, 74.8 + x/2}, point{52 - x, 77 + x/2}))
	}
}

func sprout(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.main, poly(point{30, 60}, point{70, 60}, point{64, 87}, point{36, 87}), rect(27, 55, 46, 7))
	c.fill(hex(0x4A3324), ellipse(50, 56, 20, 3))
	green := hex(0x6B9A3C)
	c.fill(green, stroke(point{50, 56}, point{50, 28}, 2))
	c.fill(green, leaf(point{50, 44}, point{74, 26 + 4*r.Float64()}, 12), leaf(point{50, 38}, point{28, 20 + 4*r.Float64()}, 11))
	c.fill(mix(green, white, 25), leaf(point{50, 30}, point{54, 10}, 7))
}

func parcel(c *canvas, p palette, _ *rand.Rand) {
	card := mix(hex(0xC79A62), p.main, 15)
	c.fill(card, rect(20, 42, 60, 44))
	c.fill(mix(card, white, 18), poly(point{20, 42}, point{32, 28}, point{90, 28}, point{80, 42}))
	c.fill(mix(card, black, 22), poly(point{80, 42}, point{90, 28}, point{90, 70}, point{80, 86}))
	c.fill(p.main, rect(46, 42, 8, 44), poly(point{46, 42}, point{57, 28}, point{65, 28}, point{54, 42}))
}
