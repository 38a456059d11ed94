package draw

import (
	"image/color"
	"strings"
)

// palette is the colours of one picture.
type palette struct {
	ground, far             color.RGBA // behind, and its lower half
	main, shade, pale, gold color.RGBA
	ink                     color.RGBA
}

func hex(n uint32) color.RGBA {
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}
}

// mix is a little of b in a, in hundredths.
func mix(a, b color.RGBA, percent int) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8((int(x)*(100-percent) + int(y)*percent) / 100) }
	return color.RGBA{R: m(a.R, b.R), G: m(a.G, b.G), B: m(a.B, b.B), A: 255}
}

var white, black = hex(0xFFFFFF), hex(0x241A16)

// grounds are quiet colours to stand before.
var grounds = []color.RGBA{
	hex(0xF4E7D3), hex(0xE7EDE1), hex(0xE3ECF1), hex(0xF3E1DC), hex(0xEDE6F0), hex(0xF6EBC8), hex(0xDFEBE8), hex(0xEFE3D6),
}

// inks are what things are coloured with when their name says nothing.
var inks = []color.RGBA{
	hex(0xB5452C), hex(0x2E6E62), hex(0x2C4F7C), hex(0xC98A1B), hex(0x7B3B5E), hex(0x5F7A32), hex(0x8C5A32), hex(0xC2563F), hex(0x3B6A8F), hex(0x9A6B1F),
}

var golds = []color.RGBA{hex(0xE2B348), hex(0xEBC36A), hex(0xD99B3A), hex(0xF0D48A)}

// named are colours that a title may name, the first that is found counts.
var named = []struct {
	word string
	ink  color.RGBA
}{
	{"black", hex(0x3B302B)}, {"कालो", hex(0x3B302B)}, {"أسود", hex(0x3B302B)}, {"white", hex(0xEFE6D6)}, {"silver", hex(0xB9BCC0)}, {"golden", hex(0xD9A32E)},
	{"green", hex(0x5F8A3A)}, {"turmeric", hex(0xE0A21B)}, {"बेसार", hex(0xE0A21B)}, {"saffron", hex(0xE58A1F)}, {"honey", hex(0xD58E1C)}, {"عسل", hex(0xD58E1C)},
	{"chilli", hex(0xB8261B)}, {"شطة", hex(0xB8261B)}, {"خुर्सानी", hex(0xB8261B)}, {"rhododendron", hex(0xC23A5A)}, {"hibiscus", hex(0x8E1F3A)}, {"كركديه", hex(0x8E1F3A)},
	{"karkadeh", hex(0x8E1F3A)}, {"indigo", hex(0x2B3F7A)}, {"blue", hex(0x2F6DA8)}, {"copper", hex(0xB8683A)}, {"brass", hex(0xC79B35)}, {"bronze", hex(0x94703A)},
	{"red", hex(0xB43A2C)}, {"रातो", hex(0xB43A2C)}, {"pepper", hex(0x46382F)}, {"cardamom", hex(0x7E8F45)}, {"cinnamon", hex(0x8C4F2B)}, {"coconut", hex(0xEADFC8)},
	{"coffee", hex(0x5A3A26)}, {"बासमती", hex(0xE9DDBF)}, {"चामल", hex(0xE9DDBF)}, {"sesame", hex(0xD9BF8C)}, {"سمسم", hex(0xD9BF8C)}, {"gum", hex(0xD08A32)}, {"صمغ", hex(0xD08A32)},
	{"leather", hex(0x8A5430)}, {"جلد", hex(0x8A5430)}, {"wood", hex(0x9B6A3C)}, {"clay", hex(0xB8693F)}, {"فخار", hex(0xB8693F)}, {"steel", hex(0x9AA3AB)},
}

// colours are those of a thing with this title.
func colours(title string, seed uint64) palette {
	ground := grounds[seed%uint64(len(grounds))]
	main := inks[seed/8%uint64(len(inks))]
	low := strings.ToLower(title)
	for _, n := range named {
		if strings.Contains(low, n.word) {
			main = n.ink
			break
		}
	}
	gold := golds[seed/80%uint64(len(golds))]
	return palette{
		ground: ground, far: mix(ground, main, 14), main: main, shade: mix(main, black, 28), pale: mix(main, white, 45), gold: gold, ink: mix(main, black, 70),
	}
}
