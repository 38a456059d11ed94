package pdf

import (
	"bytes"
	_ "embed"
	"sync"

	"github.com/go-text/typesetting/font"
)

//go:embed fonts/latin.ttf
var latin []byte

//go:embed fonts/devanagari.ttf
var devanagari []byte

//go:embed fonts/arabic.ttf
var arabic []byte

// typeface is a font as it is embedded. Its glyphs are measured in thousandths of its size.
type typeface struct {
	name string
	file []byte
	font *font.Font
}

// typefaces are parsed once; each paper makes its own faces of them, which keep caches.
var typefaces = sync.OnceValues(func() ([]typeface, error) {
	out := []typeface{{name: "HaatA+NotoSans", file: latin}, {name: "HaatB+NotoSansDevanagari", file: devanagari}, {name: "HaatC+NotoSansArabic", file: arabic}}
	for i := range out {
		face, err := font.ParseTTF(bytes.NewReader(out[i].file))
		if err != nil {
			return nil, err
		}
		out[i].font = face.Font
	}
	return out, nil
})

// faces choose a font for each character.
type faces struct {
	all  []*font.Face
	last *font.Face
}

// ResolveFace implements shaping.Fontmap. What belongs to every script stays with the letter before it, so that a joiner
// between two letters keeps them together.
func (f *faces) ResolveFace(r rune) *font.Face {
	if r == ' ' || r >= 0x200b && r <= 0x200f || r == 0x25cc {
		if _, ok := f.last.NominalGlyph(r); ok {
			return f.last
		}
	}
	for _, face := range f.all {
		if _, ok := face.NominalGlyph(r); ok {
			f.last = face
			return face
		}
	}
	return f.all[0]
}
