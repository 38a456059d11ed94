package pdf

import (
	"bytes"
	"fmt"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/shaping"
)

// The paper, in thousandths of a point.
const (
	Wide = 595_276
	High = 841_890
	MM   = 2_835
)

// Doc is a paper that is being written. It is one goroutine's.
type Doc struct {
	title    string
	pages    []*bytes.Buffer
	faces    []*font.Face
	used     []map[font.GID]shown // of each face
	shaper   shaping.HarfbuzzShaper
	segments shaping.Segmenter
}

// shown is what a paper has to say of a glyph: its width, and which text it stands for.
type shown struct {
	wide int
	text string
}

// New begins a paper.
func New(title string) (*Doc, error) {
	all, err := typefaces()
	if err != nil {
		return nil, fmt.Errorf("pdf: fonts: %w", err)
	}
	d := &Doc{title: title}
	for _, t := range all {
		d.faces = append(d.faces, font.NewFace(t.font))
		d.used = append(d.used, map[font.GID]shown{})
	}
	return d, nil
}

// Page begins a page. What is drawn goes onto the last one.
func (d *Doc) Page() { d.pages = append(d.pages, new(bytes.Buffer)) }

// Pages says how many there are.
func (d *Doc) Pages() int { return len(d.pages) }

// Align says which end of a text stands at its place.
type Align int

// The ends.
const (
	Left Align = iota
	Right
	Centre
)

// Text writes one line with its baseline at y, and says how long it is.
func (d *Doc) Text(x, y, size int, align Align, s string) int {
	clusters, width := d.shape(s)
	if len(clusters) == 0 {
		return 0
	}
	width = width * size / em
	switch align {
	case Right:
		x -= width
	case Centre:
		x -= width / 2
	}
	p := d.pages[len(d.pages)-1]
	p.WriteString("BT\n")
	var last *font.Face
	for _, c := range clusters {
		// One glyph for one text is said in the font. Several together say their text here; readers turn that of
		// right-to-left scripts around, so those go without.
		spell := !d.plain(c) && !rightToLeft([]rune(c.text)[0])
		if spell {
			fmt.Fprintf(p, "/Span <</ActualText <%s>>> BDC\n", utf16Hex("\ufeff"+c.text))
		}
		for _, g := range c.glyphs {
			if g.face != last {
				fmt.Fprintf(p, "/F%d %s Tf\n", d.index(g.face), points(size))
				last = g.face
			}
			fmt.Fprintf(p, "1 0 0 1 %s %s Tm <%04X> Tj\n", points(x+g.x*size/em), points(High-y+g.y*size/em), g.id)
		}
		if spell {
			p.WriteString("EMC\n")
		}
	}
	p.WriteString("ET\n")
	return width
}

// plain notes the glyphs of a cluster as used, and says whether the font alone tells their text.
func (d *Doc) plain(c cluster) bool {
	alone := len(c.glyphs) == 1
	for i, g := range c.glyphs {
		used := d.used[d.index(g.face)]
		was, ok := used[g.id]
		text := ""
		if i == 0 && (alone || rightToLeft([]rune(c.text)[0])) {
			text = c.text
		}
		if !ok || was.text == "" {
			used[g.id] = shown{g.wide, text}
		} else if alone && was.text != text {
			return false
		}
	}
	return alone
}

func (d *Doc) index(f *font.Face) int {
	for i := range d.faces {
		if d.faces[i] == f {
			return i
		}
	}
	return 0
}

// Line draws a line of a thickness.
func (d *Doc) Line(x1, y1, x2, y2, thick int) {
	fmt.Fprintf(d.pages[len(d.pages)-1], "%s w %s %s m %s %s l S\n", points(thick), points(x1), points(High-y1), points(x2), points(High-y2))
}

// points is a length as the format has it.
func points(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%03d", sign, n/1000, n%1000)
}
