package pdf

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// glyph is a shape to be drawn: where, in thousandths of the text's size from where the text begins.
type glyph struct {
	face *font.Face
	id   font.GID
	x, y int
	wide int
}

// cluster are glyphs that stand for some characters together.
type cluster struct {
	text   string
	glyphs []glyph
}

const em = 1000

// shape lays a line of text out, from left to right as it is seen.
func (d *Doc) shape(s string) (out []cluster, width int) {
	text := []rune(s)
	if len(text) == 0 {
		return nil, 0
	}
	base := di.DirectionLTR
	if i := slices.IndexFunc(text, unicode.IsLetter); i >= 0 && rightToLeft(text[i]) {
		base = di.DirectionRTL
	}
	runs := d.segments.Split(shaping.Input{
		Text: text, RunEnd: len(text), Direction: base, Size: fixed.I(em), Language: language.NewLanguage("en"),
	}, &faces{all: d.faces, last: d.faces[0]})
	for _, run := range visual(runs, base) {
		shaped := d.shaper.Shape(run)
		for i := 0; i < len(shaped.Glyphs); {
			first := shaped.Glyphs[i].TextIndex()
			c := cluster{text: string(text[first : first+shaped.Glyphs[i].RunesCount()])}
			for ; i < len(shaped.Glyphs) && shaped.Glyphs[i].TextIndex() == first; i++ {
				g := shaped.Glyphs[i]
				c.glyphs = append(c.glyphs, glyph{run.Face, g.GlyphID, width + g.XOffset.Round(), g.YOffset.Round(), g.Advance.Round()})
				width += g.Advance.Round()
			}
			out = append(out, c)
		}
	}
	return out, width
}

func rightToLeft(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }

// visual puts runs in the order in which they are seen: those that run against the line's direction are turned among
// themselves.
func visual(runs []shaping.Input, base di.Direction) []shaping.Input {
	out := slices.Clone(runs)
	if base == di.DirectionRTL {
		slices.Reverse(out)
	}
	for i := 0; i < len(out); {
		j := i
		for j < len(out) && out[j].Direction != base {
			j++
		}
		slices.Reverse(out[i:j])
		i = max(j, i+1)
	}
	return out
}

// Width is how long a line of text is.
func (d *Doc) Width(size int, s string) int {
	_, w := d.shape(s)
	return w * size / em
}

// Wrap breaks a text into lines of at most a width, between words, or within one that is too long.
func (d *Doc) Wrap(size, width int, s string) []string {
	var lines []string
	for _, paragraph := range strings.Split(s, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			with := word
			if line != "" {
				with = line + " " + word
			}
			if d.Width(size, with) <= width {
				line = with
				continue
			}
			if line != "" {
				lines = append(lines, line)
			}
			for line = word; d.Width(size, line) > width && len([]rune(line)) > 1; {
				n := d.fitting(size, width, []rune(line))
				lines, line = append(lines, string([]rune(line)[:n])), string([]rune(line)[n:])
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// fitting is how many characters of a word fit, at least one.
func (d *Doc) fitting(size, width int, word []rune) int {
	low, high := 1, len(word)
	for low < high {
		mid := (low + high + 1) / 2
		if d.Width(size, string(word[:mid])) <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}
