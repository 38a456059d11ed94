package invoice

import (
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// What a caller may be told.
var (
	ErrNotFound  = fault.New(fault.NotFound, "invoice_not_found", "There is no such invoice.")
	ErrNotIssued = fault.New(fault.NotFound, "invoice_not_issued", "The order has no invoice yet. It is written when the order leaves the store.")
	ErrAdminList = fault.New(fault.Forbidden, "forbidden", "Only an admin lists everybody's invoices.")
)

// The kinds.
const (
	kindInvoice = "invoice"
	kindCredit  = "credit_note"
)

// Content is everything that stands on a document, amounts in minor units. It is stored as it was written: a field may be
// added, and none changes its meaning.
type Content struct {
	Kind          string         `json:"kind"`
	Number        string         `json:"number"`
	Year          string         `json:"year"`
	Order         string         `json:"order"`
	OrderNumber   string         `json:"order_number"`
	Of            *Reference     `json:"of,omitempty"`     // of a credit note: the invoice
	Reason        string         `json:"reason,omitempty"` // of a credit note
	Date          string         `json:"date"`             // the market's day
	Currency      money.Currency `json:"currency"`
	Halved        bool           `json:"halved"`
	Seller        Party          `json:"seller"`
	Buyer         Party          `json:"buyer"`
	PlaceOfSupply string         `json:"place_of_supply"`
	Reverse       bool           `json:"reverse,omitempty"` // the buyer owes the tax
	Paid          int64          `json:"paid,omitempty"`    // of what a store bought: what the seller got, and how
	PaidBy        string         `json:"paid_by,omitempty"`
	Lines         []Line         `json:"lines"`
	Taxes         []Tax          `json:"taxes"`
	Net           int64          `json:"net"`
	Tax           int64          `json:"tax"`
	Total         int64          `json:"total"`
}

// Reference names the invoice that a credit note takes from.
type Reference struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Date   string `json:"date"`
}

// Party is the seller or the buyer.
type Party struct {
	Name      string            `json:"name"`       // in law
	Trade     string            `json:"trade_name"` // what people call it
	TaxNumber string            `json:"tax_number"`
	State     string            `json:"state"` // with its code, where the country has such
	Email     string            `json:"email"`
	Phone     string            `json:"phone"`
	Address   *identity.Address `json:"address,omitempty"`
}

// Line is one line; Net is Goods − Discount, Total is Net + Tax.
type Line struct {
	Title     string `json:"title"`
	Variant   string `json:"variant"`
	SKU       string `json:"sku"`
	TaxCode   string `json:"tax_code"`
	Quantity  int64  `json:"quantity"`          // 0: no goods are counted here
	Weighed   int64  `json:"weighed,omitempty"` // of what a store bought: thousandths of a unit
	Unit      string `json:"unit,omitempty"`
	UnitPrice int64  `json:"unit_price"`
	Goods     int64  `json:"goods"`
	Discount  int64  `json:"discount"`
	Net       int64  `json:"net"`
	TaxRate   int64  `json:"tax_rate"` // basis points
	Tax       int64  `json:"tax"`
	Total     int64  `json:"total"`
	Delivery  bool   `json:"delivery,omitempty"`
}

// Tax is what all lines of one rate come to, under each name that the law has for it.
type Tax struct {
	Rate  int64  `json:"rate"`
	Net   int64  `json:"net"`
	Parts []Part `json:"parts"`
}

// Part is a tax by its name.
type Part struct {
	Name   string `json:"name"`
	Rate   int64  `json:"rate"` // hundredths of a basis point, because a half may have one more digit
	Amount int64  `json:"amount"`
}

// sum adds the lines up and says what taxes they have. between: from one state of the country into another.
func (c *Content) sum(country string, between bool) {
	c.Net, c.Tax, c.Total, c.Taxes = 0, 0, 0, nil
	at := map[int64]int{}
	tax := make([]int64, 0, len(c.Lines))
	for _, l := range c.Lines {
		c.Net, c.Tax, c.Total = c.Net+l.Net, c.Tax+l.Tax, c.Total+l.Total
		if l.TaxRate == 0 && l.Tax == 0 {
			continue
		}
		i, ok := at[l.TaxRate]
		if !ok {
			i = len(c.Taxes)
			at[l.TaxRate] = i
			c.Taxes, tax = append(c.Taxes, Tax{Rate: l.TaxRate}), append(tax, 0)
		}
		c.Taxes[i].Net += l.Net
		tax[i] += l.Tax
	}
	for i := range c.Taxes {
		c.Taxes[i].Parts = parts(country, c.Halved, between, c.Taxes[i].Rate, tax[i])
	}
}

// parts names a tax as the country does. Both halves are equal to the unit, because each line's were.
func parts(country string, halved, between bool, rate, amount int64) []Part {
	switch {
	case halved && !between:
		return []Part{{"CGST", rate * 50, amount / 2}, {"SGST", rate * 50, amount - amount/2}}
	case halved:
		return []Part{{"IGST", rate * 100, amount}}
	case country == "NP":
		return []Part{{"VAT", rate * 100, amount}}
	case country == "IN": // of what a store bought, where the tax is no sum of halves
		return []Part{{"GST", rate * 100, amount}}
	}
	return []Part{{"Tax", rate * 100, amount}}
}
