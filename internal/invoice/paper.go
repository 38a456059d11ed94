package invoice

import (
	"context"
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/pdf"
	"github.com/haat-market/haat/internal/platform/web"
)

// Where things stand on the paper.
const (
	margin    = 15 * pdf.MM
	rightEdge = pdf.Wide - margin
	half      = pdf.Wide / 2
	lowest    = pdf.High - 22*pdf.MM
	small     = 8_000
	normal    = 9_000
	big       = 16_000
	gap       = 4 * pdf.MM
)

// columns are the right edges of the figures of a line, from the left.
var figureColumns = []struct {
	edge  int
	title string
}{
	{margin + 92*pdf.MM, "Qty"}, {margin + 112*pdf.MM, "Goods"}, {margin + 130*pdf.MM, "Discount"}, {margin + 142*pdf.MM, "Tax %"}, {margin + 159*pdf.MM, "Tax"}, {rightEdge, "Total"},
}

// sheet is a paper on which lines are written one under another.
type sheet struct {
	*pdf.Doc
	v View
	y int
}

// Paper is a document as PDF.
func (v View) Paper() ([]byte, error) {
	d, err := pdf.New(v.Title + " " + v.Number)
	if err != nil {
		return nil, err
	}
	s := &sheet{Doc: d, v: v}
	s.page()
	s.head()
	s.lines()
	s.totals()
	return d.Bytes(), nil
}

func (s *sheet) page() {
	s.Page()
	s.y = margin + 8*pdf.MM
	s.Text(margin, pdf.High-10*pdf.MM, small, pdf.Left, s.v.writer())
	s.Text(rightEdge, pdf.High-10*pdf.MM, small, pdf.Right, fmt.Sprintf("%s · %d", s.v.Number, s.Pages()))
}

// room begins a new page if less than a height is left. It says whether it did.
func (s *sheet) room(height int) bool {
	if s.y+height <= lowest {
		return false
	}
	s.page()
	return true
}

// put writes a text, in as many lines as it takes, and gives the place below it.
func (s *sheet) put(x, y, width, size int, text string) int {
	for _, l := range s.Wrap(size, width, text) {
		s.Text(x, y, size, pdf.Left, l)
		y += size * 14 / 10
	}
	return y
}

func (s *sheet) head() {
	v := s.v
	s.Text(margin, s.y, big, pdf.Left, v.Title)
	y := s.y - 4*pdf.MM
	for _, f := range [][2]string{
		{"Number", v.Number}, {"Date", v.Date}, {"Financial year", v.Year}, {"Order", v.OrderNumber}, {"Place of supply", v.PlaceOfSupply}, {"Reverse charge", yes(v.ReverseCharge)},
		{"Invoice", v.of()}, {"Reason", v.Reason},
	} {
		if f[1] == "" {
			continue
		}
		s.Text(half+35*pdf.MM, y, normal, pdf.Right, f[0])
		y = s.put(half+38*pdf.MM, y, rightEdge-half-38*pdf.MM, normal, f[1])
	}
	s.y = max(y, s.y) + gap
	seller, buyer := s.party(margin, "Seller", v.Seller), s.party(half, "Buyer", v.Buyer)
	s.y = max(seller, buyer) + gap
}

func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func (v View) of() string {
	if v.Of == nil {
		return ""
	}
	return v.Of.Number + ", " + v.Of.Date
}

func (s *sheet) party(x int, title string, p PartyView) int {
	width := half - margin - gap
	s.Text(x, s.y, small, pdf.Left, title)
	y := s.put(x, s.y+5*pdf.MM, width, 11_000, p.Name)
	for _, text := range []string{p.TradeName, addressLine(p.Address), labelled("State: ", p.State), labelled("Tax number: ", p.TaxNumber), p.Phone, p.Email} {
		if text != "" {
			y = s.put(x, y, width, normal, text)
		}
	}
	return y
}

func labelled(label, text string) string {
	if text == "" {
		return ""
	}
	return label + text
}

func addressLine(a *identity.Address) string {
	if a == nil {
		return ""
	}
	var parts []string
	for _, p := range []string{a.Line1, a.Line2, a.City, a.District, a.PostalCode, a.Country} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

func (s *sheet) titles() {
	s.Text(margin, s.y, small, pdf.Left, "Description, HSN/SAC")
	for _, c := range figureColumns {
		s.Text(c.edge, s.y, small, pdf.Right, c.title)
	}
	s.rule()
}

func (s *sheet) rule() {
	s.Line(margin, s.y+1500, rightEdge, s.y+1500, 400)
	s.y += 5 * pdf.MM
}

func (s *sheet) lines() {
	s.titles()
	for _, l := range s.v.Lines {
		name := l.Title
		if l.Variant != "" {
			name += ", " + l.Variant
		}
		if l.TaxCode != "" {
			name += " (" + l.TaxCode + ")"
		}
		rows := s.Wrap(normal, 78*pdf.MM, name)
		if s.room(len(rows) * normal * 14 / 10) {
			s.titles()
		}
		count := ""
		if l.Quantity > 0 {
			count = fmt.Sprintf("%d %s", l.Quantity, l.Unit)
		}
		if l.Weighed != "" {
			count = l.Weighed + " " + l.Unit
		}
		for i, text := range []string{count, l.Goods, l.Discount, l.TaxRate, l.Tax, l.Total} {
			s.Text(figureColumns[i].edge, s.y, normal, pdf.Right, text)
		}
		for _, row := range rows {
			s.Text(margin, s.y, normal, pdf.Left, row)
			s.y += normal * 14 / 10
		}
		s.y += 1 * pdf.MM
	}
	s.rule()
}

func (s *sheet) totals() {
	v := s.v
	rows := [][2]string{{"Taxable value and charges", v.Net}}
	for _, t := range v.Taxes {
		for _, p := range t.Parts {
			rows = append(rows, [2]string{fmt.Sprintf("%s %s %% on %s", p.Name, p.Rate, t.Net), p.Amount})
		}
	}
	for _, r := range rows {
		s.room(6 * pdf.MM)
		s.Text(rightEdge-32*pdf.MM, s.y, normal, pdf.Right, r[0])
		s.Text(rightEdge, s.y, normal, pdf.Right, r[1])
		s.y += normal * 15 / 10
	}
	s.room(12 * pdf.MM)
	s.y += 1 * pdf.MM
	s.Text(rightEdge-32*pdf.MM, s.y, 12_000, pdf.Right, "Total "+v.Currency)
	s.Text(rightEdge, s.y, 12_000, pdf.Right, symbol(v.Currency)+v.Total)
	if v.Paid != "" {
		s.room(12 * pdf.MM)
		s.y += 7 * pdf.MM
		s.Text(rightEdge-32*pdf.MM, s.y, normal, pdf.Right, "Paid to the seller, "+v.PaidBy)
		s.Text(rightEdge, s.y, normal, pdf.Right, v.Paid)
	}
}

// symbol is a currency's own sign, where there is one that everybody knows.
func symbol(currency string) string {
	return map[string]string{"INR": "₹", "NPR": "रू ", "EUR": "€", "GBP": "£", "USD": "$"}[currency]
}

type paperOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

// paper is a document as the API gives it.
func paper(v View, err error) (*paperOut, error) {
	if err != nil {
		return nil, err
	}
	data, err := v.Paper()
	return &paperOut{"application/pdf", `inline; filename="` + v.FileName() + `"`, "private, no-store", data}, err
}

// FileName is what the paper is called where it is kept.
func (v View) FileName() string { return strings.ReplaceAll(v.Number, "/", "-") + ".pdf" }

// getPaper is Get as PDF.
func (s *Service) getPaper(ctx context.Context, in *idIn) (*paperOut, error) {
	return paper(s.Get(ctx, web.CallerFrom(ctx), in.ID))
}

// writer is whose paper it is: the seller's, or of what a store bought the store's.
func (v View) writer() string {
	if v.Kind == kindSelf {
		return v.Buyer.Name
	}
	return v.Seller.Name
}
