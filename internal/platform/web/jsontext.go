package web

import (
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/platform/fault"
)

const maxDepth = 32

// readJSON reads a whole JSON text, strictly: one value, no duplicate names, no
// deeper than maxDepth, every string valid UTF-8 without NUL and without half
// a surrogate pair. It returns the value for validation, and the text again,
// with every string that was not NFC rewritten; most often that is the very
// same slice.
//
// One pass does what would else be three (check, normalise, decode), and the
// decoder of the operation's input then sees exactly what was checked.
func readJSON(text []byte) (value any, normal []byte, err error) {
	p := jsonReader{in: text}
	value, err = p.value(0)
	if err == nil {
		if p.space(); p.pos != len(p.in) {
			err = errSyntax
		}
	}
	if err != nil {
		return nil, nil, jsonFault(err)
	}
	if p.out == nil {
		return value, text, nil
	}
	return value, append(p.out, text[p.copied:]...), nil
}

var errSyntax = errors.New("syntax")

// textError is a text that is JSON, but not acceptable; path grows while the
// reader returns.
type textError struct {
	fault *fault.Error
	field fault.Field
}

func (e *textError) Error() string { return e.field.Code }

func (e *textError) under(step string) *textError {
	switch {
	case e.field.Path == "" || e.field.Path[0] == '[':
		e.field.Path = step + e.field.Path
	default:
		e.field.Path = step + "." + e.field.Path
	}
	return e
}

func jsonFault(err error) error {
	var te *textError
	if errors.As(err, &te) {
		return te.fault.Field(cleanPath("body."+te.field.Path), te.field.Code, te.field.Message)
	}
	return ErrMalformedJSON
}

func refuseText() error {
	return &textError{ErrInvalidText, fault.Field{Code: ErrInvalidText.Code, Message: ErrInvalidText.Message}}
}

type jsonReader struct {
	in     []byte
	pos    int
	out    []byte // the text so far, once something was rewritten
	copied int    // how much of in is in out
}

func (p *jsonReader) space() {
	for p.pos < len(p.in) {
		switch p.in[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		default:
			return
		}
	}
}

func (p *jsonReader) peek() byte {
	if p.space(); p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

func (p *jsonReader) word(w string, value any) (any, error) {
	if len(p.in)-p.pos < len(w) || string(p.in[p.pos:p.pos+len(w)]) != w {
		return nil, errSyntax
	}
	p.pos += len(w)
	return value, nil
}

func (p *jsonReader) value(depth int) (any, error) {
	switch c := p.peek(); c {
	case '{':
		return p.object(depth + 1)
	case '[':
		return p.array(depth + 1)
	case '"':
		return p.string()
	case 't':
		return p.word("true", true)
	case 'f':
		return p.word("false", false)
	case 'n':
		return p.word("null", nil)
	default:
		if c == '-' || '0' <= c && c <= '9' {
			return p.number()
		}
		return nil, errSyntax
	}
}

func tooDeep() error {
	return &textError{ErrMalformedJSON.Sayf("The request's body is nested too deeply."),
		fault.Field{Code: "too_deep", Message: "Is nested too deeply."}}
}

func (p *jsonReader) object(depth int) (any, error) {
	if depth > maxDepth {
		return nil, tooDeep()
	}
	p.pos++
	members := map[string]any{}
	if p.peek() == '}' {
		p.pos++
		return members, nil
	}
	for {
		if p.peek() != '"' {
			return nil, errSyntax
		}
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if _, twice := members[name]; twice {
			return nil, (&textError{ErrInvalid, fault.Field{Code: CodeDuplicate, Message: "This field is there twice."}}).under(name)
		}
		if p.peek() != ':' {
			return nil, errSyntax
		}
		p.pos++
		value, err := p.value(depth)
		if err != nil {
			if te, ok := err.(*textError); ok { //nolint:errorlint // never wrapped inside the reader
				return nil, te.under(name)
			}
			return nil, err
		}
		members[name] = value
		switch p.peek() {
		case ',':
			p.pos++
		case '}':
			p.pos++
			return members, nil
		default:
			return nil, errSyntax
		}
	}
}

func (p *jsonReader) array(depth int) (any, error) {
	if depth > maxDepth {
		return nil, tooDeep()
	}
	p.pos++
	items := []any{}
	if p.peek() == ']' {
		p.pos++
		return items, nil
	}
	for {
		item, err := p.value(depth)
		if err != nil {
			if te, ok := err.(*textError); ok { //nolint:errorlint // never wrapped inside the reader
				return nil, te.under("[" + strconv.Itoa(len(items)) + "]")
			}
			return nil, err
		}
		items = append(items, item)
		switch p.peek() {
		case ',':
			p.pos++
		case ']':
			p.pos++
			return items, nil
		default:
			return nil, errSyntax
		}
	}
}

// number reads a number as validation wants it. The exact digits stay in the
// text, from which the input is decoded.
func (p *jsonReader) number() (any, error) {
	start := p.pos
	if p.in[p.pos] == '-' {
		p.pos++
	}
	whole := p.digits()
	if whole == 0 || whole > 1 && p.in[p.pos-whole] == '0' {
		return nil, errSyntax
	}
	exact := true
	if p.pos < len(p.in) && p.in[p.pos] == '.' {
		exact = false
		if p.pos++; p.digits() == 0 {
			return nil, errSyntax
		}
	}
	if p.pos < len(p.in) && p.in[p.pos]|0x20 == 'e' {
		exact = false
		p.pos++
		if p.pos < len(p.in) && (p.in[p.pos] == '+' || p.in[p.pos] == '-') {
			p.pos++
		}
		if p.digits() == 0 {
			return nil, errSyntax
		}
	}
	digits := p.in[start:p.pos]
	if exact && whole <= 15 {
		return smallInt(digits), nil
	}
	f, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return nil, &textError{ErrInvalid, fault.Field{Code: CodeOutOfRange, Message: "Is too large a number."}}
	}
	return f, nil
}

func (p *jsonReader) digits() int {
	start := p.pos
	for p.pos < len(p.in) && '0' <= p.in[p.pos] && p.in[p.pos] <= '9' {
		p.pos++
	}
	return p.pos - start
}

// smallInt reads at most 15 digits, all of which a float64 holds exactly.
func smallInt(digits []byte) float64 {
	negative := digits[0] == '-'
	var n int64
	for _, d := range digits {
		if d != '-' {
			n = n*10 + int64(d-'0')
		}
	}
	if negative {
		n = -n
	}
	return float64(n)
}

// string reads a string and rewrites it in the text if it was not NFC.
func (p *jsonReader) string() (string, error) {
	start := p.pos
	p.pos++
	for i := p.pos; i < len(p.in); i++ {
		switch c := p.in[i]; {
		case c == '"':
			s := string(p.in[p.pos:i])
			p.pos = i + 1
			return s, nil
		case c < 0x20:
			return "", errSyntax
		case c == '\\' || c >= utf8.RuneSelf:
			raw, err := p.unquote(i)
			if err != nil {
				return "", err
			}
			if norm.NFC.IsNormal(raw) {
				return string(raw), nil
			}
			s := string(norm.NFC.Bytes(raw))
			return s, p.rewrite(start, s)
		}
	}
	return "", errSyntax
}

// rewrite puts s in the place of the string that began at start.
func (p *jsonReader) rewrite(start int, s string) error {
	quoted, err := json.Marshal(s)
	if err != nil {
		return errSyntax
	}
	p.out = append(append(p.out, p.in[p.copied:start]...), quoted...)
	p.copied = p.pos
	return nil
}

// unquote reads the rest of a string that holds an escape or a character
// outside ASCII, first seen at i.
func (p *jsonReader) unquote(i int) ([]byte, error) {
	b := append(make([]byte, 0, 64), p.in[p.pos:i]...)
	for i < len(p.in) {
		switch c := p.in[i]; {
		case c == '"':
			p.pos = i + 1
			return b, nil
		case c < 0x20:
			return nil, errSyntax
		case c == '\\':
			r, n, err := escape(p.in[i:])
			if err != nil {
				return nil, err
			}
			b = utf8.AppendRune(b, r)
			i += n
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			r, n := utf8.DecodeRune(p.in[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, refuseText()
			}
			b = append(b, p.in[i:i+n]...)
			i += n
		}
	}
	return nil, errSyntax
}

// escape reads one escape and how many bytes it takes.
func escape(in []byte) (rune, int, error) {
	if len(in) < 2 {
		return 0, 0, errSyntax
	}
	switch in[1] {
	case '"', '\\', '/':
		return rune(in[1]), 2, nil
	case 'b':
		return '\b', 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'u':
	default:
		return 0, 0, errSyntax
	}
	r, ok := hex4(in[2:])
	switch {
	case !ok:
		return 0, 0, errSyntax
	case r == 0:
		return 0, 0, refuseText()
	case !utf16.IsSurrogate(r):
		return r, 6, nil
	}
	if len(in) >= 12 && in[6] == '\\' && in[7] == 'u' {
		if low, ok := hex4(in[8:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return pair, 12, nil
			}
		}
	}
	return 0, 0, refuseText()
}

func hex4(in []byte) (rune, bool) {
	if len(in) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range in[:4] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
