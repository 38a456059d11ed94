package pdf

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/go-text/typesetting/font"
)

// file collects the numbered objects of a paper.
type file struct {
	bytes.Buffer
	at []int // where each object begins; 0 is not written yet
}

func (f *file) reserve() int {
	f.at = append(f.at, 0)
	return len(f.at)
}

func (f *file) object(id int, format string, args ...any) {
	f.at[id-1] = f.Len()
	fmt.Fprintf(f, "%d 0 obj\n", id)
	fmt.Fprintf(f, format, args...)
	f.WriteString("\nendobj\n")
}

// stream writes bytes compressed. A buffer takes everything, so nothing can fail.
func (f *file) stream(id int, entries string, data []byte) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(data)
	_ = z.Close()
	f.object(id, "<<%s/Filter /FlateDecode /Length %d>>\nstream\n%s\nendstream", entries, packed.Len(), packed.String())
}

// Bytes is the finished paper.
func (d *Doc) Bytes() []byte {
	f := new(file)
	f.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	catalog, tree, info := f.reserve(), f.reserve(), f.reserve()
	var fonts strings.Builder
	for i, used := range d.used {
		if len(used) > 0 {
			fmt.Fprintf(&fonts, "/F%d %d 0 R ", i, d.writeFont(f, i))
		}
	}
	var kids []string
	for _, p := range d.pages {
		content, page := f.reserve(), f.reserve()
		f.stream(content, "", p.Bytes())
		f.object(page, "<</Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources <</Font <<%s>>>> /Contents %d 0 R>>", tree, points(Wide), points(High), fonts.String(), content)
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
	}
	f.object(tree, "<</Type /Pages /Count %d /Kids [%s]>>", len(kids), strings.Join(kids, " "))
	f.object(info, "<</Title <%s> /Producer (Haat)>>", utf16Hex("\ufeff"+d.title))
	f.object(catalog, "<</Type /Catalog /Pages %d 0 R>>", tree)
	table := f.Len()
	fmt.Fprintf(f, "xref\n0 %d\n0000000000 65535 f \n", len(f.at)+1)
	for _, at := range f.at {
		fmt.Fprintf(f, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(f, "trailer\n<</Size %d /Root %d 0 R /Info %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(f.at)+1, catalog, info, table)
	return f.Bytes()
}

// writeFont embeds a font, with the widths of the glyphs that were used and the texts that they stand for.
func (d *Doc) writeFont(f *file, i int) int {
	all, _ := typefaces() // New has looked
	t, used := all[i], d.used[i]
	whole, inner, about, program, texts := f.reserve(), f.reserve(), f.reserve(), f.reserve(), f.reserve()
	f.stream(program, fmt.Sprintf("/Length1 %d ", len(t.file)), t.file)
	f.object(about, "<</Type /FontDescriptor /FontName /%s /Flags 4 /FontBBox [-1000 -600 2500 1300] /ItalicAngle 0 /Ascent 1069 /Descent -293 /CapHeight 714 /StemV 80 /FontFile2 %d 0 R>>", t.name, program)
	ids := slices.SortedFunc(maps.Keys(used), cmp.Compare[font.GID])
	var widths strings.Builder
	var pairs []string
	for _, id := range ids {
		fmt.Fprintf(&widths, "%d [%d] ", id, used[id].wide)
		if used[id].text != "" {
			pairs = append(pairs, fmt.Sprintf("<%04X> <%s>", id, utf16Hex(used[id].text)))
		}
	}
	f.object(inner, "<</Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /W [%s]>>", t.name, about, widths.String())
	f.stream(texts, "", []byte(unicodeMap(pairs)))
	f.object(whole, "<</Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R>>", t.name, inner, texts)
	return whole
}

// unicodeMap says what text glyphs stand for. A block has at most a hundred of them.
func unicodeMap(pairs []string) string {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n" +
		"/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for block := range slices.Chunk(pairs, 100) {
		fmt.Fprintf(&b, "%d beginbfchar\n%s\nendbfchar\n", len(block), strings.Join(block, "\n"))
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.String()
}

func utf16Hex(s string) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}
