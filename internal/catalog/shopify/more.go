package shopify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxImages = 250
	maxURL    = 2048
	maxLong   = 5000
	// maxMore is how much of the cells without a meaning is kept of one product.
	maxMore = 64 << 10
)

// placed is an image with the place that the file gives it.
type placed struct {
	Image
	position int64
}

// image reads the picture that a row names. One that is named twice stands where it was named first.
func (p *parser) image() {
	url := p.address(colImage)
	if url == "" || slices.ContainsFunc(p.placed, func(i placed) bool { return i.URL == url }) {
		return
	}
	if len(p.placed) == maxImages {
		p.fail(colImage, CodeTooMany, fmt.Sprintf("A product takes at most %d images.", maxImages))
		return
	}
	at := int64(len(p.placed)) + 1
	if s := p.text(colImagePosition); s != "" {
		if n, ok := digits(s); ok {
			at = n
		} else {
			p.fail(colImagePosition, CodeInvalidNumber, fmt.Sprintf("%.40q is not a position.", s))
		}
	}
	p.placed = append(p.placed, placed{Image{Line: p.table.start, URL: url, Alt: p.alt()}, at})
}

// alt is what an image shows: one line, cut where it is longer than anybody reads.
func (p *parser) alt() string {
	return truncate(strings.Join(strings.Fields(p.long(colImageAlt)), " "), 500)
}

// address reads an address; whether it leads anywhere shows when it is fetched.
func (p *parser) address(c column) string {
	s := p.long(c)
	if s == "" {
		return ""
	}
	lower := strings.ToLower(s)
	if len(s) > maxURL || strings.ContainsAny(s, " \n\t") || !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") && !strings.HasPrefix(lower, "/") {
		p.fail(c, CodeInvalid, "Takes an address that begins with https://.")
		return ""
	}
	return s
}

func (p *parser) bounded(c column) string {
	s := p.long(c)
	if utf8.RuneCountInString(s) > maxLong {
		p.fail(c, CodeTooLong, fmt.Sprintf("Takes at most %d characters.", maxLong))
		return ""
	}
	return s
}

// cells are what the row says in columns that mean nothing here.
func (p *parser) cells() (out []Cell) {
	for _, i := range p.header.other {
		b := p.table.cell(i)
		if len(b) == 0 {
			continue
		}
		s := Bare(strings.TrimSpace(string(b)))
		if s == "" {
			continue
		}
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			p.report(&RowError{Line: p.table.start, Column: p.header.names[i], Code: CodeNotText, Message: "The cell is not text: save the file as CSV UTF-8."})
			return nil
		}
		if p.more += len(s) + len(p.header.names[i]); p.more > maxMore {
			p.report(&RowError{Line: p.table.start, Column: p.header.names[i], Code: CodeTooLong, Message: "The product says too much in columns that mean nothing here: " + strconv.Itoa(maxMore>>10) + " kB are kept."})
			return nil
		}
		out = append(out, Cell{p.header.names[i], s})
	}
	return out
}

const formula = "=+-@\t\r"

// Guarded is a cell as it is safe in a spreadsheet: what would be a formula begins with a quote. Bare takes it away.
func Guarded(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && strings.IndexByte(formula, rest[0]) >= 0 {
		return "'" + s
	}
	return s
}

// GuardedLabel is Guarded for SKUs and barcodes, where files have a quote before long numbers too.
func GuardedLabel(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && len(rest) < len(s) && rest[0] >= '0' && rest[0] <= '9' {
		return "'" + s
	}
	return Guarded(s)
}

// Bare is a cell without the quote that Guarded put in front.
func Bare(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && len(rest) < len(s) && strings.IndexByte(formula, rest[0]) >= 0 {
		return s[1:]
	}
	return s
}
