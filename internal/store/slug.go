package store

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/code"
)

const (
	minSlug = 3
	maxSlug = 60
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func validSlug(s string) bool {
	return len(s) >= minSlug && len(s) <= maxSlug && slugForm.MatchString(s)
}

// slugOf writes a name in letters that every keyboard has: Latin without accents, Devanagari and Arabic
// transliterated, everything else a hyphen. A name of which too little is left gets a random slug.
func slugOf(name string) string {
	var b strings.Builder
	runes := []rune(cases.Fold().String(norm.NFKD.String(name)))
	for i, r := range runes {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case consonants[r] != "":
			b.WriteString(consonants[r])
			if inherent(runes[i+1:]) {
				b.WriteByte('a')
			}
		case letters[r] != "":
			b.WriteString(letters[r])
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’', r == '\u200c', r == '\u200d', r == 'ـ', r == 'ء':
			// Accents, joiners and what is not heard part no words.
		default:
			b.WriteByte('-')
		}
	}
	s := strings.Trim(hyphens.ReplaceAllString(b.String(), "-"), "-")
	if len(s) > 48 {
		s = strings.TrimRight(s[:48], "-")
	}
	if len(s) < minSlug {
		s = "store-" + suffix()
	}
	return s
}

var hyphens = regexp.MustCompile(`-+`)

// suffix is random text that tells two slugs apart.
func suffix() string { return code.Letters(6) }

// inherent says whether the vowel that a Devanagari consonant carries is spoken: not before a vowel sign or a virama,
// and not at the end of a word.
func inherent(rest []rune) bool {
	for _, r := range rest {
		switch {
		case r == '\u093c': // nukta, a part of the consonant
			continue
		case r == '\u094d', r >= '\u093e' && r <= '\u094c', r == '\u0962', r == '\u0963':
			return false
		default:
			return r >= '\u0900' && r <= '\u0963'
		}
	}
	return false
}

var consonants = map[rune]string{
	'क': "k", 'ख': "kh", 'ग': "g", 'घ': "gh", 'ङ': "ng", 'च': "ch", 'छ': "chh", 'ज': "j", 'झ': "jh", 'ञ': "ny",
	'ट': "t", 'ठ': "th", 'ड': "d", 'ढ': "dh", 'ण': "n", 'त': "t", 'थ': "th", 'द': "d", 'ध': "dh", 'न': "n",
	'प': "p", 'फ': "ph", 'ब': "b", 'भ': "bh", 'म': "m", 'य': "y", 'र': "r", 'ल': "l", 'व': "v", 'श': "sh",
	'ष': "sh", 'स': "s", 'ह': "h", 'ळ': "l",
}

var letters = map[rune]string{
	'अ': "a", 'आ': "a", 'इ': "i", 'ई': "i", 'उ': "u", 'ऊ': "u", 'ऋ': "ri", 'ए': "e", 'ऐ': "ai", 'ऑ': "o", 'ओ': "o", 'औ': "au",
	'ा': "a", 'ि': "i", 'ी': "i", 'ु': "u", 'ू': "u", 'ृ': "ri", 'ॅ': "e", 'े': "e", 'ै': "ai", 'ॉ': "o", 'ो': "o", 'ौ': "au",
	'ं': "n", 'ँ': "n", 'ः': "h",
	'०': "0", '१': "1", '२': "2", '३': "3", '४': "4", '५': "5", '६': "6", '७': "7", '८': "8", '९': "9",
	'ا': "a", 'ب': "b", 'پ': "p", 'ت': "t", 'ٹ': "t", 'ث': "th", 'ج': "j", 'چ': "ch", 'ح': "h", 'خ': "kh", 'د': "d", 'ڈ': "d",
	'ذ': "dh", 'ر': "r", 'ڑ': "r", 'ز': "z", 'ژ': "zh", 'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "a",
	'غ': "gh", 'ف': "f", 'ق': "q", 'ك': "k", 'ک': "k", 'گ': "g", 'ل': "l", 'م': "m", 'ن': "n", 'ں': "n", 'ه': "h", 'ہ': "h",
	'ھ': "h", 'ة': "a", 'و': "w", 'ي': "y", 'ی': "y", 'ى': "a", 'ے': "e",
	'٠': "0", '١': "1", '٢': "2", '٣': "3", '٤': "4", '٥': "5", '٦': "6", '٧': "7", '٨': "8", '٩': "9",
	'۰': "0", '۱': "1", '۲': "2", '۳': "3", '۴': "4", '۵': "5", '۶': "6", '۷': "7", '۸': "8", '۹': "9",
	'æ': "ae", 'ø': "o", 'œ': "oe", 'đ': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ð': "d",
}
