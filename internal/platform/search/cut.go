package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// maxWord is how many letters of a word count.
const maxWord = 40

// Cut gives the words of a text in their order, in the one form in which all spellings of a word are compared:
// compatible forms alike, without case, Latin accents, Arabic vowel signs and lengthening, nukta and joiners; the
// marks of Indic scripts, without which their words are others, stay.
func Cut(text string) []string {
	var out []string
	for _, w := range split(text, false) {
		out = append(out, w.text)
	}
	return out
}

// CutForIndex is Cut, and what hyphens and apostrophes join also as one word: T-shirt is found as tshirt.
func CutForIndex(text string) []string {
	var out []string
	pieces := split(text, true)
	for i := 0; i < len(pieces); {
		end := i + 1
		for end < len(pieces) && pieces[end].joined {
			end++
		}
		for _, p := range pieces[i:end] {
			out = append(out, p.text)
		}
		if end-i > 1 {
			var whole strings.Builder
			for _, p := range pieces[i:end] {
				whole.WriteString(p.text)
			}
			if w := whole.String(); utf8.RuneCountInString(w) <= maxWord {
				out = append(out, w)
			}
		}
		i = end
	}
	return out
}

type piece struct {
	text   string
	joined bool // to the one before it
}

func split(text string, join bool) (out []piece) {
	runes := []rune(fold(text))
	runes = nasals(runes)
	start, gap := -1, 2
	end := func(i int) {
		if start >= 0 {
			w := runes[start:i]
			out = append(out, piece{string(w[:min(len(w), maxWord)]), join && gap == 1 && len(out) > 0})
			start, gap = -1, 0
		}
	}
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) && start >= 0:
			if start < 0 {
				start = i
			}
			continue
		case r == '-' || r == '\'' || r == '\u2019' || r == '\u2010' || r == '\u2011' || r == '.':
			end(i)
			gap++
		default:
			end(i)
			gap = 2
		}
	}
	end(len(runes))
	return out
}

// fold writes the characters of a text in their one form.
func fold(text string) string {
	text = norm.NFKC.String(text)
	if !ascii(text) {
		text = cases.Fold().String(text)
		text = norm.NFD.String(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	var base rune
	for _, r := range text {
		if r < utf8.RuneSelf {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			base = r
			b.WriteByte(byte(r))
			continue
		}
		if unicode.IsMark(r) {
			if r = mark(r, base); r != 0 {
				b.WriteRune(r)
			}
			continue
		}
		switch s, ok := letters[r]; {
		case ok:
			b.WriteString(s)
		case unicode.IsDigit(r):
			b.WriteByte(byte('0' + digit(r)))
		default:
			b.WriteRune(r)
		}
		base = r
	}
	return norm.NFC.String(b.String())
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// digit is the value of a decimal digit of any script: they stand in tens, each beginning with zero.
func digit(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return (r - zero) % 10
}

// letters are other spellings of the same letter that no normal form knows of.
var letters = map[rune]string{
	'œ': "oe", 'æ': "ae", 'ø': "o", 'đ': "d", 'ð': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'þ': "th",
	'ـ': "", // tatweel
	'ى': "ي", 'ی': "ي", 'ے': "ي", 'ک': "ك", 'ة': "ه", 'ہ': "ه", 'ھ': "ه", 'ٱ': "ا",
	'\u200c': "", '\u200d': "", '\u00ad': "", '\ufeff': "", // joiners, and hyphens nobody sees
}

// mark is a combining mark as it is kept, 0 for none.
func mark(r, base rune) rune {
	switch {
	case unicode.In(r, unicode.Arabic) || r >= 0x064b && r <= 0x065f || r == 0x0670:
		return 0 // vowel signs, and the hamza and madda over and under letters
	case nukta[r]:
		return 0
	case candrabindu[r] != 0:
		return candrabindu[r]
	case unicode.In(r, unicode.Inherited): // accents that stand on letters of any script
		if unicode.In(base, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew) || base < utf8.RuneSelf {
			return 0
		}
	case unicode.In(r, unicode.Hebrew):
		return 0
	}
	return r
}

var nukta = map[rune]bool{0x093c: true, 0x09bc: true, 0x0a3c: true, 0x0abc: true, 0x0b3c: true, 0x0c3c: true, 0x0cbc: true}

// candrabindu is written for anusvara and the other way round.
var candrabindu = map[rune]rune{0x0901: 0x0902, 0x0981: 0x0982, 0x0a01: 0x0a02, 0x0a81: 0x0a82, 0x0b01: 0x0b02, 0x0c00: 0x0c02, 0x0c01: 0x0c02, 0x0c80: 0x0c82, 0x0c81: 0x0c82}

// nasals writes a nasal before a consonant of its own place in Devanagari as the dot that most people write: हिन्दी is
// हिंदी.
func nasals(runes []rune) []rune {
	out := runes[:0:0]
	for i := 0; i < len(runes); i++ {
		if i+2 < len(runes) && runes[i+1] == 0x094d && homorganic(runes[i], runes[i+2]) {
			out = append(out, 0x0902)
			i++
			continue
		}
		out = append(out, runes[i])
	}
	return out
}

func homorganic(nasal, next rune) bool {
	switch nasal {
	case 0x0919: // ङ
		return next >= 0x0915 && next <= 0x0918
	case 0x091e: // ञ
		return next >= 0x091a && next <= 0x091d
	case 0x0923: // ण
		return next >= 0x091f && next <= 0x0922
	case 0x0928: // न
		return next >= 0x0924 && next <= 0x0927
	case 0x092e: // म
		return next >= 0x092a && next <= 0x092d
	}
	return false
}
