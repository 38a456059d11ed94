package shopify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/money"
)

// raw is a cell's text without what spreadsheets put around it. ok is false
// where it is not text.
func (p *parser) raw(c column) (s string, ok bool) {
	b := p.table.cell(p.header.at[c])
	if !utf8.Valid(b) {
		return "", false
	}
	s = strings.TrimSpace(string(b))
	s = Bare(s)
	return s, !strings.ContainsRune(s, 0)
}

// has says whether a cell says anything.
func (p *parser) has(c column) bool {
	s, ok := p.raw(c)
	return s != "" || !ok
}

// text is a cell of one line.
func (p *parser) text(c column) string {
	s, ok := p.raw(c)
	s = strings.Join(strings.Fields(s), " ")
	if !ok || strings.ContainsFunc(s, unicode.IsControl) {
		p.fail(c, CodeNotText, "The cell is not text: save the file as CSV UTF-8.")
		return ""
	}
	if utf8.RuneCountInString(s) > maxText {
		p.fail(c, CodeTooLong, fmt.Sprintf("Takes at most %d characters.", maxText))
		return ""
	}
	return s
}

// long is a cell of any length, with its line ends.
func (p *parser) long(c column) string {
	s, ok := p.raw(c)
	if !ok {
		p.fail(c, CodeNotText, "The cell is not text: save the file as CSV UTF-8.")
		return ""
	}
	return s
}

// bool reads TRUE and FALSE; an empty cell is def.
func (p *parser) bool(c column, def bool) bool {
	switch strings.ToLower(p.text(c)) {
	case "":
		return def
	case "true", "yes", "1":
		return true
	case "false", "no", "0":
		return false
	}
	p.fail(c, CodeInvalid, "Takes TRUE or FALSE.")
	return def
}

// oneOf reads a word of a list, in any case; an empty cell is the first one.
func (p *parser) oneOf(c column, words ...string) string {
	s := strings.ToLower(p.text(c))
	if s == "" {
		return words[0]
	}
	for _, w := range words {
		if s == w {
			return w
		}
	}
	p.fail(c, CodeInvalid, "Takes one of: "+strings.Join(words, ", ")+".")
	return words[0]
}

// amount reads a price. It is read as it stands or not at all: with separators,
// 1.000 can be one or a thousand.
func (p *parser) amount(c column) int64 {
	s := p.text(c)
	if s == "" {
		return 0
	}
	v, err := money.Parse(s, p.opts.Currency)
	switch {
	case errors.Is(err, money.ErrOverflow):
		p.fail(c, CodeInvalidAmount, "The amount is too large.")
		return 0
	case err != nil || v < 0:
		p.fail(c, CodeInvalidAmount, fmt.Sprintf("%.40q is not an amount in %s: write it as %s, without separators or signs.",
			s, p.opts.Currency, money.Format(125000, p.opts.Currency)))
		return 0
	}
	return v
}

// grams reads a weight; exports carry fractions of a gram, which are rounded.
func (p *parser) grams(c column) int64 {
	s := p.text(c)
	if s == "" {
		return 0
	}
	whole, fraction, _ := strings.Cut(s, ".")
	v, ok := digits(whole)
	if !ok || (fraction != "" && !allDigits(fraction)) || strings.HasSuffix(s, ".") {
		p.fail(c, CodeInvalidNumber, fmt.Sprintf("%.40q is not a weight in grams.", s))
		return 0
	}
	if fraction != "" && fraction[0] >= '5' {
		v++
	}
	return v
}

// count reads a number of pieces.
func (p *parser) count(c column) int64 {
	s := p.text(c)
	v, ok := digits(s)
	if !ok {
		p.fail(c, CodeInvalidNumber, fmt.Sprintf("%.40q is not a number of pieces: write a whole number, 0 where nothing is left.", s))
	}
	return v
}

// label reads a SKU or barcode.
func (p *parser) label(c column) string {
	s := p.text(c)
	if rest := strings.TrimLeft(s, "'"); rest != "" && len(rest) < len(s) && rest[0] >= '0' && rest[0] <= '9' {
		s = s[1:] // what exports put before long numbers
	}
	if c == colBarcode && looksRuined(s) {
		p.fail(c, CodeInvalidNumber, fmt.Sprintf("%.40q was a number before a spreadsheet shortened it: write all its digits, as text.", s))
	}
	return s
}

// looksRuined finds 8.90103E+12.
func looksRuined(s string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(s), "E+")
	if !found || !allDigits(exponent) {
		return false
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return len(whole) == 1 && allDigits(whole) && (fraction == "" || allDigits(fraction))
}

// digits reads a whole number up to maxNumber.
func digits(s string) (int64, bool) {
	if !allDigits(s) || len(s) > 18 {
		return 0, false
	}
	v, err := strconv.ParseInt(s, 10, 64)
	return v, err == nil && v <= maxNumber
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// tags splits the list of tags; repeated ones count once.
func (p *parser) tags(c column) []string {
	var out []string
	seen := map[string]bool{}
	for part := range strings.SplitSeq(p.long(c), ",") {
		tag := strings.Join(strings.Fields(part), " ")
		key := strings.ToLower(tag)
		if tag == "" || seen[key] {
			continue
		}
		if utf8.RuneCountInString(tag) > maxText || strings.ContainsFunc(tag, unicode.IsControl) {
			p.fail(c, CodeTooLong, fmt.Sprintf("A tag takes at most %d characters.", maxText))
			return nil
		}
		if len(out) == maxTags {
			p.fail(c, CodeTooMany, fmt.Sprintf("A product takes at most %d tags.", maxTags))
			return nil
		}
		seen[key] = true
		out = append(out, tag)
	}
	return out
}
