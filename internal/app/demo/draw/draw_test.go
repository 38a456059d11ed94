package draw

import (
	"bytes"
	"image"
	"testing"
)

func pixels(t *testing.T, img image.Image) []byte {
	t.Helper()
	rgba, ok := img.(*image.RGBA)
	if !ok {
		t.Fatalf("drawn as %T", img)
	}
	return rgba.Pix
}

// A title always gives the same picture, another title another one, and each drawing draws something.
func TestPictures(t *testing.T) {
	for category := range motifs {
		one := pixels(t, Product(category, "Ilam black tea", 96))
		if !bytes.Equal(one, pixels(t, Product(category, "Ilam black tea", 96))) {
			t.Errorf("%s: two pictures of one title", category)
		}
		if bytes.Equal(one, pixels(t, Product(category, "Ilam green tea", 96))) {
			t.Errorf("%s: one picture of two titles", category)
		}
		if bytes.Equal(one, pixels(t, Product("no such category", "Ilam black tea", 96))) {
			t.Errorf("%s: drawn as a parcel", category)
		}
		seen := map[[4]byte]bool{}
		for i := 0; i < len(one); i += 4 {
			seen[[4]byte(one[i:i+4])] = true
			if one[i+3] != 255 {
				t.Fatalf("%s: a pixel is not opaque", category)
			}
		}
		if len(seen) < 20 {
			t.Errorf("%s: only %d colours", category, len(seen))
		}
	}
}

// What a title names shows: black tea is darker than white tea.
func TestColours(t *testing.T) {
	light := func(title string) int {
		c := colours(title, 7).main
		return int(c.R) + int(c.G) + int(c.B)
	}
	if light("Black tea") >= light("White tea") {
		t.Error("black is not darker than white")
	}
	if colours("बासमती चामल", 1).main != colours("बासमती चामल, पुरानो", 2).main {
		t.Error("a colour that is named in Nepali is not used")
	}
}
