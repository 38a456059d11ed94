package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/go-text/typesetting/font"
)

func paper(t *testing.T) *Doc {
	t.Helper()
	d, err := New("Paper")
	if err != nil {
		t.Fatal(err)
	}
	d.Page()
	return d
}

func ids(clusters []cluster) (out []font.GID) {
	for _, c := range clusters {
		for _, g := range c.glyphs {
			out = append(out, g.id)
		}
	}
	return out
}

// nominal are the glyphs of a text without shaping.
func nominal(t *testing.T, f *font.Face, s string) (out []font.GID) {
	t.Helper()
	for _, r := range s {
		id, ok := f.NominalGlyph(r)
		if !ok {
			t.Fatalf("%U is in no font", r)
		}
		out = append(out, id)
	}
	return out
}

// The vowel sign of क्षि stands before its consonants, which are one glyph; without shaping they are four in a row.
func TestDevanagariIsShaped(t *testing.T) {
	d := paper(t)
	got, width := d.shape("क्षि")
	if len(got) != 1 || got[0].text != "क्षि" || len(got[0].glyphs) != 2 || width < 500 {
		t.Fatalf("%+v", got)
	}
	n := nominal(t, d.faces[1], "क्षि")
	conjunct, _ := d.shape("क्ष")
	if g := ids(got); g[1] != ids(conjunct)[0] || g[0] == n[0] || g[1] == n[0] || g[1] == n[2] {
		t.Errorf("glyphs %v, of %v", g, n)
	}
	// A joiner keeps its letters in one font.
	if joined, _ := d.shape("क्\u200dष"); len(ids(joined)) == 0 || joined[0].glyphs[0].face != d.faces[1] {
		t.Errorf("%+v", joined)
	}
}

// Arabic letters join, and the first one stands on the right.
func TestArabicIsShaped(t *testing.T) {
	d := paper(t)
	got, _ := d.shape("سلام")
	n := nominal(t, d.faces[2], "سلام")
	last := got[len(got)-1]
	if last.text != "س" || last.glyphs[0].id == n[0] || last.glyphs[0].face != d.faces[2] {
		t.Errorf("%+v", got)
	}
	mixed, _ := d.shape("INV 12 سلام عليكم x")
	text := ""
	for _, c := range mixed {
		text += c.text
	}
	if !strings.HasPrefix(text, "INV 12 ") || !strings.HasSuffix(text, " x") || strings.Index(text, "م") > strings.Index(text, "س") {
		t.Errorf("seen from the left: %q", text)
	}
}

func TestRupee(t *testing.T) {
	d := paper(t)
	for _, r := range "₹€£रू१२३ऱ्ﷺ" {
		if r == 'ﷺ' {
			continue // a presentation form, which nobody types
		}
		if c, _ := d.shape(string(r)); ids(c)[0] == 0 {
			t.Errorf("%c is missing", r)
		}
	}
}

var (
	streams = regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`)
	actual  = regexp.MustCompile(`ActualText <FEFF([0-9A-F]*)>`)
	show    = regexp.MustCompile(`/F(\d) |<([0-9A-F]{4})> Tj|BDC|EMC`)
	pair    = regexp.MustCompile(`<([0-9A-F]{4})> <([0-9A-F]+)>`)
)

func fromHex(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u))
}

// read is a small reader of what this package writes.
func read(t *testing.T, data []byte) string {
	t.Helper()
	texts := []map[string]string{}
	var content string
	for _, s := range streams.FindAllSubmatch(data, -1) {
		z, err := zlib.NewReader(bytes.NewReader(s[1]))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case bytes.Contains(b, []byte("begincmap")):
			m := map[string]string{}
			for _, p := range pair.FindAllStringSubmatch(string(b), -1) {
				m[p[1]] = fromHex(t, p[2])
			}
			texts = append(texts, m)
		case bytes.Contains(b, []byte("BT\n")):
			content += string(b)
		}
	}
	var out strings.Builder
	face, spelled := 0, false
	for _, line := range strings.Split(content, "\n") {
		if line == "ET" {
			out.WriteString("\n")
		}
		if a := actual.FindStringSubmatch(line); a != nil {
			out.WriteString(fromHex(t, a[1]))
		}
		for _, m := range show.FindAllStringSubmatch(line, -1) {
			switch {
			case m[1] != "":
				face = int(m[1][0] - '0')
			case m[0] == "BDC" || m[0] == "EMC":
				spelled = m[0] == "BDC"
			case !spelled:
				out.WriteString(texts[face][m[2]])
			}
		}
	}
	return out.String()
}

// What stands on a paper can be read out of it again.
func TestTextCanBeRead(t *testing.T) {
	d := paper(t)
	lines := []string{"Total ₹1,250.00 + 5 % — “fi” 𝔸", "क्षि र्‍यो विक्रेता: नेपाल", "हिन्दी में कुल राशि ₹ ५००"}
	for i, l := range lines {
		d.Text(50_000, (60+20*i)*1000, 12_000, Left, l)
	}
	d.Text(0, 0, 12_000, Left, "م") // so that all three fonts are there
	d.Text(Wide, 100_000, 9_000, Right, "")
	d.Line(0, 0, Wide, High, 500)
	data := d.Bytes()
	got := read(t, data)
	for _, l := range lines {
		if !strings.Contains(got, l) {
			t.Errorf("%q is not in %q", l, got)
		}
	}
	if !bytes.Equal(data, d.Bytes()) || len(data) > 250_000 {
		t.Errorf("%d bytes", len(data))
	}
}

func TestWrap(t *testing.T) {
	d := paper(t)
	text := "A long name of a thing that nobody could ever buy Donaudampfschifffahrtsgesellschaftskapitän\nand more"
	lines := d.Wrap(10_000, 100_000, text)
	for _, l := range lines {
		if d.Width(10_000, l) > 100_000 {
			t.Errorf("%q is too long", l)
		}
	}
	if strings.ReplaceAll(strings.Join(lines, ""), " ", "") != strings.NewReplacer(" ", "", "\n", "").Replace(text) || len(d.Wrap(10_000, 1, "ab")) != 2 {
		t.Errorf("%q", lines)
	}
}
