package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/web"
)

const maxName = 100

// Name is a person's or thing's name in one line: 1 to 100 characters, without control characters and those that turn
// the direction of what stands around it, inner spaces single. path is the field that a refusal names.
func Name(path, s string) (string, error) {
	s, err := Line(path, s, maxName)
	if err == nil && s == "" {
		err = web.ErrInvalid.Field(path, web.CodeRequired, "Must be given.")
	}
	return s, err
}

// Line is one line of text of at most so many characters; it may be empty.
func Line(path, s string, most int) (string, error) {
	if strings.ContainsFunc(s, func(r rune) bool { return badInLine(r) }) {
		return "", web.ErrInvalid.Field(path, web.CodeInvalidFormat, "Must be one line of text.")
	}
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > most {
		return "", web.ErrInvalid.Field(path, web.CodeTooLong, "Is too long.")
	}
	return s, nil
}

// Text is several lines of text of at most so many characters; it may be empty.
func Text(path, s string, most int) (string, error) {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	if strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && badInLine(r) }) {
		return "", web.ErrInvalid.Field(path, web.CodeInvalidFormat, "Must be plain text.")
	}
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		return "", web.ErrInvalid.Field(path, web.CodeTooLong, "Is too long.")
	}
	return s, nil
}

// badInLine finds control characters, what some reader takes for a line's end, and the overrides of direction. The
// joiners U+200C and U+200D stay: Indic and Arabic scripts are written with them.
func badInLine(r rune) bool {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029', r == '\ufeff':
		return true
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		return true
	default:
		return false
	}
}
