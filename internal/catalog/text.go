package catalog

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/fault"
)

// keyRunes is how much of a title sorts; a cursor carries it.
const keyRunes = 64

// line is text of one line as it is kept: NFC, runs of spaces made one, none at the ends. ok is false for broken text,
// control characters and those that turn the direction of what stands around them.
func line(s string) (clean string, ok bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	clean = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	return clean, !strings.ContainsFunc(clean, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(turning, r) })
}

// turning are the marks that override or isolate direction; joiners, which many scripts need, are not among them.
var turning = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1}}}

// sortKey is a text as it sorts: compatible spellings alike, without case.
func sortKey(s string) string {
	key := norm.NFC.String(cases.Fold().String(norm.NFKC.String(s)))
	n := 0
	for i := range key {
		if n == keyRunes {
			return key[:i]
		}
		n++
	}
	return key
}

// validHandle takes what files of products use: letters of any script in lower case, digits, - and _.
func validHandle(s string) bool {
	if s == "" || utf8.RuneCountInString(s) > maxHandle || !norm.NFC.IsNormalString(s) {
		return false
	}
	for _, r := range s {
		if r != '-' && r != '_' && !unicode.IsDigit(r) && !unicode.IsMark(r) && (!unicode.IsLetter(r) || unicode.IsUpper(r)) {
			return false
		}
	}
	return true
}

// handleOf makes a handle of a title.
func handleOf(title string) string {
	var b strings.Builder
	gap, n := false, 0
	for _, r := range norm.NFC.String(strings.ToLower(title)) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) || unicode.IsUpper(r) {
			gap = true
			continue
		}
		if gap && n > 0 {
			b.WriteByte('-')
			n++
		}
		gap = false
		b.WriteRune(r)
		if n++; n >= 100 {
			break
		}
	}
	if h := norm.NFC.String(b.String()); validHandle(h) {
		return h
	}
	return "product"
}

// validSlug takes what stands well in an address.
func validSlug(s string) bool {
	if s == "" || len(s) > maxName || s[0] == '-' || s[len(s)-1] == '-' || strings.Contains(s, "--") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

// findings collects what is wrong with an input. Nothing found is no error.
type findings struct{ err *fault.Error }

func newFindings(as *fault.Error) *findings { return &findings{as} }

// maxFindings bounds an answer.
const maxFindings = 50

func (f *findings) add(path, code, message string) {
	if len(f.err.Fields) < maxFindings {
		f.err = f.err.Field(path, code, message)
	}
}

func (f *findings) fault() error {
	if len(f.err.Fields) == 0 {
		return nil
	}
	return f.err
}

// text is one line of text, between least and most letters long.
func (f *findings) text(path, s string, least, most int) string {
	clean, ok := line(s)
	n := utf8.RuneCountInString(clean)
	switch {
	case !ok:
		f.add(path, "invalid_text", "Control characters are not accepted.")
	case n == 0 && least > 0:
		f.add(path, "required", "Is needed.")
	case n > most:
		f.add(path, "too_long", "Is too long.")
	}
	return clean
}
