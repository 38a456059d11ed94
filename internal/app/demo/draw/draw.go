package draw

import (
	"hash/fnv"
	"image"
	"math/rand/v2"
)

// motif draws a kind of thing on a prepared ground.
type motif func(c *canvas, p palette, r *rand.Rand)

// motifs are what the things of a category look like.
var motifs = map[string]motif{
	"tea": cup, "coffee": mug, "herbal": sprig, "spices": spice, "grain-pulses": sack, "pickles": jar, "sweets-snacks": sweets, "honey-oils": bottle,
	"dates-nuts": nuts, "shawls": shawl, "kurtas": kurta, "sarees": saree, "knitwear": sweater, "hats": topi, "footwear": shoe, "bedding": quilt,
	"table": pot, "pottery": vase, "metalware": bell, "baskets": basket, "lighting": lamp, "statues": stupa, "paintings": painting, "woodwork": lattice,
	"paper": sheets, "jewellery": necklace, "leather": satchel, "books": book, "children": book, "instruments": drum, "soap": soap, "incense": incense,
	"perfume": flacon, "packs": backpack, "camp": tent, "layers": jacket, "solar": panel, "audio": radio, "phone": telephone, "repair": tool, "toys": top,
	"stationery": pencil, "garden": sprout,
}

// Known says whether there is a drawing for a category.
func Known(category string) bool { return motifs[category] != nil }

// Product draws a thing by its category and its title in a square of so many pixels. The same title gives the same
// picture; a category without a drawing gets a parcel.
func Product(category, title string, size int) image.Image {
	h := fnv.New64a()
	_, _ = h.Write([]byte(title)) // a hash takes everything
	seed := h.Sum64()
	c, p := newCanvas(size), colours(title, seed)
	r := rand.New(rand.NewPCG(seed, 41)) //nolint:gosec // a picture, not a secret
	c.fill(p.ground, rect(0, 0, 100, 100))
	backdrop(c, p, r)
	c.fill(mix(p.far, p.ink, 18), ellipse(50, 86, 32, 4))
	draw := motifs[category]
	if draw == nil {
		draw = parcel
	}
	draw(c, p, r)
	return c.img
}

// backdrop makes each picture a place of its own.
func backdrop(c *canvas, p palette, r *rand.Rand) {
	light := mix(p.ground, white, 45)
	switch r.IntN(4) {
	case 0:
		c.fill(light, circle(50, 46, 38))
	case 1:
		c.fill(p.far, rect(0, 70, 100, 30))
	case 2:
		c.fill(light, heap(50, 86, 40, 76), rect(10, 86, 80, 0.1))
	default:
		c.fill(p.far, smooth(point{0, 66}, point{30, 58}, point{70, 70}, point{104, 60}, point{110, 110}, point{-10, 110}))
	}
}

func steam(c *canvas, p palette, x, y float64) {
	for i := range 3 {
		dx := x + float64(i-1)*8
		c.fill(mix(p.ground, white, 70), leaf(point{dx, y}, point{dx + 3, y - 14}, 3))
	}
}

func cup(c *canvas, p palette, r *rand.Rand) {
	steam(c, p, 47, 38)
	c.fill(p.shade, ellipse(48, 82, 32, 5))
	c.fill(p.pale, ellipse(48, 81, 32, 4))
	c.fill(p.main, arc(74, 56, 9, 5, 0, 1))
	c.fill(p.main, bowl(48, 46, 28, 35))
	c.fill(p.shade, ellipse(48, 46, 28, 5))
	c.fill(mix(p.gold, p.shade, 30), ellipse(48, 46.6, 24, 3.6))
	if r.IntN(2) == 0 {
		c.fill(p.gold, leaf(point{40, 70}, point{56, 58}, 7))
		c.fill(p.shade, stroke(point{40, 70}, point{54, 60}, 0.8))
	} else {
		for i := range 5 {
			c.fill(p.gold, circle(30+float64(i)*9, 58, 2))
		}
	}
	c.fill(hex(0x6E8C3A), leaf(point{76, 84}, point{92, 70}, 8), leaf(point{78, 85}, point{95, 84}, 7))
}

func mug(c *canvas, p palette, r *rand.Rand) {
	steam(c, p, 46, 30)
	c.fill(p.main, arc(68, 56, 12, 6, 0, 1))
	c.fill(p.main, round(26, 36, 42, 48, 7))
	c.fill(p.shade, ellipse(47, 37, 21, 4.5))
	c.fill(hex(0x4A2C1B), ellipse(47, 37.6, 18, 3.2))
	c.fill(p.pale, rect(26, 52, 42, 3), rect(26, 58, 42, 1.4))
	for i := range 6 {
		x, y := 14+r.Float64()*74, 82+r.Float64()*6
		if i < 4 {
			x = 74 + r.Float64()*16
		}
		c.fill(hex(0x5A3521), ellipse(x, y, 4.4, 3))
		c.fill(hex(0x2F1A0F), stroke(point{x - 3, y}, point{x + 3, y + 0.6}, 0.7))
	}
}

func sprig(c *canvas, p palette, r *rand.Rand) {
	green := hex(0x6B8B45)
	c.fill(mix(green, black, 30), stroke(point{50, 88}, point{52, 20}, 1.6))
	for i := range 6 {
		y := 78 - float64(i)*10
		w := 22 - float64(i)*2
		c.fill(mix(green, white, 5*i), leaf(point{51, y}, point{51 + w, y - 12}, 8), leaf(point{51, y + 3}, point{51 - w, y - 9}, 8))
	}
	for range 5 {
		x, y := 44+r.Float64()*16, 16+r.Float64()*14
		for k := range 5 {
			c.fill(p.main, circle(x+3*star5[k].x, y+3*star5[k].y, 2.4))
		}
		c.fill(p.gold, circle(x, y, 1.6))
	}
}

var star5 = []point{{0, -1}, {0.95, -0.31}, {0.59, 0.81}, {-0.59, 0.81}, {-0.95, -0.31}}

func spice(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.main, heap(50, 56, 30, 26+4*r.Float64()))
	for range 46 {
		x := 24 + r.Float64()*52
		y := 56 - r.Float64()*20*(1-((x-50)/30)*((x-50)/30))
		c.fill(mix(p.main, []rgba{white, black}[r.IntN(2)], 22), circle(x, y, 1+r.Float64()))
	}
	wood := hex(0xA9764A)
	c.fill(wood, bowl(50, 55, 36, 30))
	c.fill(mix(wood, black, 25), ellipse(50, 84, 14, 3), rect(14, 55, 72, 2.4))
	c.fill(mix(wood, white, 25), rect(20, 62, 60, 1.4))
}

func sack(c *canvas, p palette, r *rand.Rand) {
	jute := hex(0xCBA878)
	c.fill(jute, smooth(point{28, 40}, point{50, 36}, point{72, 40}, point{80, 64}, point{76, 86}, point{50, 88}, point{24, 86}, point{20, 64}))
	for i := range 7 {
		c.fill(mix(jute, black, 12), rect(24, 48+float64(i)*5.6, 52, 0.6))
	}
	c.fill(mix(jute, black, 20), ellipse(50, 40, 25, 8))
	c.fill(p.main, heap(50, 41, 22, 15), ellipse(50, 41, 22, 5))
	for range 40 {
		x := 32 + r.Float64()*36
		c.fill(mix(p.main, []rgba{white, black}[r.IntN(2)], 25), ellipse(x, 41-r.Float64()*10*(1-((x-50)/20)*((x-50)/20)), 1.5, 1))
	}
	c.fill(p.main, round(36, 58, 28, 16, 2))
	c.fill(white, leaf(point{42, 70}, point{58, 61}, 5))
}

func jar(c *canvas, p palette, r *rand.Rand) {
	glass := mix(p.ground, hex(0xBFD7DA), 60)
	c.fill(glass, round(28, 32, 44, 54, 9))
	c.fill(p.main, round(31, 42, 38, 41, 7))
	for range 18 {
		c.fill(mix(p.main, []rgba{p.gold, black, hex(0x6B8B45)}[r.IntN(3)], 45), ellipse(35+r.Float64()*30, 46+r.Float64()*33, 2+2*r.Float64(), 1.6+r.Float64()))
	}
	c.fill(p.gold, round(30, 22, 40, 11, 3))
	c.fill(mix(p.gold, black, 22), rect(30, 29, 40, 2))
	c.fill(hex(0xFBF4E6), round(36, 54, 28, 20, 2))
	c.fill(p.main, leaf(point{43, 69}, point{57, 59}, 6))
	c.fill(mix(glass, white, 60), round(31, 38, 3, 40, 1.5))
}

func sweets(c *canvas, p palette, r *rand.Rand) {
	c.fill(p.shade, ellipse(50, 82, 38, 6))
	c.fill(hex(0xE8E2D6), ellipse(50, 80, 38, 6))
	at := []point{{32, 72}, {50, 74}, {68, 72}, {41, 62}, {59, 62}, {50, 51}}
	for i, q := range at {
		ink := []rgba{p.main, p.gold, p.pale}[(i+r.IntN(2))%3]
		c.fill(ink, round(q.x-9, q.y-6, 18, 13, 3))
		c.fill(mix(ink, white, 35), poly(point{q.x - 9, q.y - 4}, point{q.x - 5, q.y - 9}, point{q.x + 13, q.y - 9}, point{q.x + 9, q.y - 4}))
		c.fill(hex(0x7FA04A), ellipse(q.x+2, q.y-6.6, 2, 1))
	}
}

func bottle(c *canvas, p palette, r *rand.Rand) {
	glass := mix(p.main, white, 20)
	c.fill(glass, round(34, 38, 32, 48, 7), poly(point{38, 41}, point{44, 26}, point{56, 26}, point{62, 41}))
	c.fill(mix(glass, black, 12), round(54, 42, 9, 42, 4))
	c.fill(p.shade, round(43, 15, 14, 13, 2))
	c.fill(hex(0xFBF4E6), round(36, 54, 28, 20, 1))
	drop(c, p.gold, 50, 64, 5+r.Float64())
	c.fill(mix(glass, white, 55), round(37, 44, 2.4, 36, 1.2))
}

func drop(c *canvas, ink rgba, x, y, s float64) {
	c.fill(ink, smooth(point{x, y - 1.5*s}, point{x + 0.8*s, y}, point{x + 0.5*s, y + 0.9*s}, point{x, y + s}, point{x - 0.5*s, y + 0.9*s}, point{x - 0.8*s, y}))
}

func nuts(c *canvas, p palette, r *rand.Rand) {
	for range 26 {
		x := 26 + r.Float64()*48
		y := 56 - r.Float64()*18*(1-((x-50)/28)*((x-50)/28))
		ink := mix(p.main, []rgba{hex(0x8A5A2E), hex(0xC99A5B), black}[r.IntN(3)], 40)
		c.fill(ink, ellipse(x, y, 5.4, 3.4))
		c.fill(mix(ink, white, 30), ellipse(x-1, y-1, 2, 0.9))
	}
	clay := hex(0xB5673D)
	c.fill(clay, bowl(50, 54, 34, 31))
	c.fill(mix(clay, black, 22), rect(16, 54, 68, 3))
	for i := range 8 {
		c.fill(hex(0xF1DEC2), poly(point{22 + float64(i)*7.4, 62}, point{25 + float64(i)*7.4, 67}, point{19 + float64(i)*7.4, 67}))
	}
}
