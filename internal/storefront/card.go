package storefront

import (
	"strings"

	"github.com/haat-market/haat/internal/platform/pdf"
	"github.com/haat-market/haat/internal/platform/qr"
)

// A sheet of visiting cards: ten of the usual size, 85 by 54 millimetres, with lines to cut along.
const (
	cardWide = 85 * pdf.MM
	cardHigh = 54 * pdf.MM
	across   = 2
	down     = 5
	codeSide = 28 * pdf.MM
	hair     = 200 // thousandths of a point
)

// CodeText is what the storefront's code says: where its page is; in a market without an address the store's code.
func (s *Service) CodeText(f Storefront) string {
	if a := s.Address(f); a != "" {
		return a
	}
	return f.Store.Code
}

// Card is a sheet of visiting cards as PDF.
func (s *Service) Card(f Storefront) ([]byte, error) {
	d, err := pdf.New(f.Store.Profile.Name)
	if err != nil {
		return nil, err
	}
	drawn, err := qr.New(s.CodeText(f), qr.Medium)
	if err != nil {
		return nil, err
	}
	d.Page()
	left, top := (pdf.Wide-across*cardWide)/2, (pdf.High-down*cardHigh)/2
	for i := range across + 1 {
		d.Line(left+i*cardWide, top, left+i*cardWide, top+down*cardHigh, hair)
	}
	for i := range down + 1 {
		d.Line(left, top+i*cardHigh, left+across*cardWide, top+i*cardHigh, hair)
	}
	lines := s.cardLines(f)
	for i := range across * down {
		card(d, left+i%across*cardWide, top+i/across*cardHigh, f.Store.Profile.Name, lines, drawn)
	}
	return d.Bytes(), nil
}

// cardLines are what stands on a card below the name.
func (s *Service) cardLines(f Storefront) (out []string) {
	p := f.Store.Profile
	phone := p.Phone
	if phone == "" {
		phone = p.WhatsApp
	}
	codes := make([]string, len(f.Places))
	for i, x := range f.Places {
		codes[i] = x.PostalCode
	}
	city := ""
	if p.Address != nil {
		city = p.Address.City
	}
	for _, line := range []string{p.BusinessType, city, phone, f.Hours, strings.Join(codes, ", "), f.Store.Code, strings.TrimPrefix(strings.TrimPrefix(s.Address(f), "https://"), "http://")} {
		if line != "" {
			out = append(out, line)
		}
	}
	return out
}

func card(d *pdf.Doc, x, y int, name string, lines []string, c qr.Code) {
	const edge, small, step = 4 * pdf.MM, 7_500, 3600
	wide := cardWide - codeSide - 3*edge
	at := y + 9*pdf.MM
	for i, l := range d.Wrap(11_000, wide, name) {
		if i == 2 {
			break
		}
		d.Text(x+edge, at, 11_000, pdf.Left, l)
		at += 14_000
	}
	at += 2 * pdf.MM
	for _, text := range lines {
		for _, l := range d.Wrap(small, wide, text) {
			if at > y+cardHigh-2*pdf.MM {
				return
			}
			d.Text(x+edge, at, small, pdf.Left, l)
			at += small + step/2
		}
	}
	paint(d, x+cardWide-edge-codeSide, y+(cardHigh-codeSide)/2, codeSide, c)
}

// paint draws a code as runs of thick lines.
func paint(d *pdf.Doc, x, y, side int, c qr.Code) {
	for row := range c.Size() {
		for from := 0; from < c.Size(); {
			to := from
			for to < c.Size() && c.Black(to, row) {
				to++
			}
			if to > from {
				middle := y + (2*row+1)*side/(2*c.Size())
				d.Line(x+from*side/c.Size(), middle, x+to*side/c.Size(), middle, side/c.Size()+hair/4)
			}
			from = to + 1
		}
	}
}
