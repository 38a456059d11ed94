package invoice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/invoice/invoicedb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// StoreView names a store.
type StoreView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// Summary is a document in a list.
type Summary struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind" enum:"invoice,credit_note,self_invoice"`
	Number   string    `json:"number" doc:"Store, financial year and place in it; without gaps"`
	Order    string    `json:"order"`
	Store    StoreView `json:"store"`
	Currency string    `json:"currency"`
	Net      string    `json:"net"`
	Tax      string    `json:"tax"`
	Total    string    `json:"total"`
	IssuedAt time.Time `json:"issued_at"`
}

// PartyView is the seller or the buyer as he stands on the document.
type PartyView struct {
	Name      string            `json:"name" doc:"In law"`
	TradeName string            `json:"trade_name,omitempty"`
	TaxNumber string            `json:"tax_number,omitempty"`
	State     string            `json:"state,omitempty" doc:"With its code in the GST, in India"`
	Email     string            `json:"email,omitempty"`
	Phone     string            `json:"phone,omitempty"`
	Address   *identity.Address `json:"address,omitempty"`
}

// LineView is a line of a document.
type LineView struct {
	Title     string `json:"title"`
	Variant   string `json:"variant,omitempty"`
	SKU       string `json:"sku,omitempty"`
	TaxCode   string `json:"tax_code,omitempty" doc:"HSN or SAC"`
	Quantity  int64  `json:"quantity" doc:"0 where only money is taken back, and where something was weighed"`
	Weighed   string `json:"weighed,omitempty" doc:"Of what a store bought"`
	Unit      string `json:"unit" doc:"NOS: counted pieces; of what was weighed its unit"`
	UnitPrice string `json:"unit_price" doc:"As the buyer was shown it"`
	Goods     string `json:"goods"`
	Discount  string `json:"discount"`
	Net       string `json:"net" doc:"goods − discount: what is taxed"`
	TaxRate   string `json:"tax_rate" doc:"Percent"`
	Tax       string `json:"tax"`
	Total     string `json:"total"`
	Delivery  bool   `json:"delivery" doc:"The delivery charge and no goods"`
}

// TaxView is what all lines of one rate come to.
type TaxView struct {
	Rate  string     `json:"rate" doc:"Percent"`
	Net   string     `json:"net"`
	Parts []PartView `json:"parts" doc:"CGST and SGST, equal; or IGST; or VAT"`
}

// PartView is a tax by its name.
type PartView struct {
	Name   string `json:"name"`
	Rate   string `json:"rate" doc:"Percent"`
	Amount string `json:"amount"`
}

// ReferenceView names another document.
type ReferenceView struct {
	ID     string `json:"id"`
	Number string `json:"number"`
	Date   string `json:"date" format:"date"`
}

// View is a whole document.
type View struct {
	Summary
	Title         string          `json:"title" doc:"Tax invoice; Invoice, of a supplier without a tax number; Credit note; Self-invoice; Purchase note, of a buyer without a tax number"`
	Year          string          `json:"year" doc:"The financial year of the number"`
	Date          string          `json:"date" format:"date" doc:"The market's day"`
	OrderNumber   string          `json:"order_number"`
	Of            *ReferenceView  `json:"of,omitempty" doc:"Of a credit note: the invoice that it takes from"`
	Reason        string          `json:"reason,omitempty" doc:"Of a credit note"`
	Seller        PartyView       `json:"seller"`
	Buyer         PartyView       `json:"buyer"`
	PlaceOfSupply string          `json:"place_of_supply"`
	ReverseCharge bool            `json:"reverse_charge" doc:"Whether the buyer owes the tax"`
	Paid          string          `json:"paid,omitempty" doc:"Of what a store bought: what the seller got"`
	PaidBy        string          `json:"paid_by,omitempty" enum:"cash,wallet"`
	Lines         []LineView      `json:"lines"`
	Taxes         []TaxView       `json:"taxes"`
	CreditNotes   []ReferenceView `json:"credit_notes" doc:"Of an invoice: what was taken back of it"`
}

func summaryOf(r invoicedb.Invoice, b store.Brief) Summary {
	cur := money.Currency(r.Currency)
	return Summary{
		ID: r.PublicID, Kind: r.Kind, Number: r.Number, Order: r.OrderRef, Store: StoreView{b.PublicID, b.Name, b.Slug}, Currency: r.Currency,
		Net: money.Format(r.Net, cur), Tax: money.Format(r.Tax, cur), Total: money.Format(r.Total, cur), IssuedAt: clock.Time(r.IssuedAt),
	}
}

func partyView(p Party) PartyView {
	v := PartyView{Name: p.Name, TaxNumber: p.TaxNumber, State: p.State, Email: p.Email, Phone: p.Phone, Address: p.Address}
	if p.Trade != p.Name {
		v.TradeName = p.Trade
	}
	return v
}

// percent is a rate in hundredths of a basis point.
func percent(rate int64) string {
	if rate%100 == 0 {
		return money.FormatRate(rate / 100)
	}
	return fmt.Sprintf("%d.%03d", rate/10_000, rate%10_000/10) // half of an odd one
}

func viewOf(r invoicedb.Invoice, b store.Brief, notes []invoicedb.Invoice) (View, error) {
	var c Content
	if err := json.Unmarshal([]byte(r.Content), &c); err != nil {
		return View{}, fmt.Errorf("invoice %s: %w", r.PublicID, err)
	}
	v := View{
		Summary: summaryOf(r, b), Title: "Invoice", Year: c.Year, Date: c.Date, OrderNumber: c.OrderNumber, Reason: c.Reason, Seller: partyView(c.Seller),
		Buyer: partyView(c.Buyer), PlaceOfSupply: c.PlaceOfSupply, Lines: make([]LineView, 0, len(c.Lines)), Taxes: make([]TaxView, 0, len(c.Taxes)),
		CreditNotes: make([]ReferenceView, 0, len(notes)),
	}
	switch {
	case c.Kind == kindCredit:
		v.Title = "Credit note"
	case c.Kind == kindSelf:
		v.Title, v.ReverseCharge = "Purchase note", c.Reverse
		v.Paid, v.PaidBy = money.Format(c.Paid, c.Currency), c.PaidBy
		if c.Buyer.TaxNumber != "" {
			v.Title = "Self-invoice"
		}
	case c.Seller.TaxNumber != "":
		v.Title = "Tax invoice"
	}
	if c.Of != nil {
		v.Of = &ReferenceView{c.Of.ID, c.Of.Number, c.Of.Date}
	}
	text := func(minor int64) string { return money.Format(minor, c.Currency) }
	for _, l := range c.Lines {
		if l.Total == 0 && l.Quantity == 0 && l.Weighed == 0 {
			continue // of a credit note, which has a line for each of the invoice's
		}
		unit, weighed := "NOS", ""
		if l.Weighed > 0 {
			unit, weighed = l.Unit, qty.Format(l.Weighed)
		}
		v.Lines = append(v.Lines, LineView{
			Title: l.Title, Variant: l.Variant, SKU: l.SKU, TaxCode: l.TaxCode, Quantity: l.Quantity, Weighed: weighed, Unit: unit, UnitPrice: text(l.UnitPrice), Goods: text(l.Goods),
			Discount: text(l.Discount), Net: text(l.Net), TaxRate: money.FormatRate(l.TaxRate), Tax: text(l.Tax), Total: text(l.Total), Delivery: l.Delivery,
		})
	}
	for _, t := range c.Taxes {
		one := TaxView{Rate: money.FormatRate(t.Rate), Net: text(t.Net)}
		for _, p := range t.Parts {
			one.Parts = append(one.Parts, PartView{p.Name, percent(p.Rate), text(p.Amount)})
		}
		v.Taxes = append(v.Taxes, one)
	}
	for _, n := range notes {
		var c Content
		if err := json.Unmarshal([]byte(n.Content), &c); err != nil {
			return View{}, fmt.Errorf("credit note %s: %w", n.PublicID, err)
		}
		v.CreditNotes = append(v.CreditNotes, ReferenceView{n.PublicID, n.Number, c.Date})
	}
	return v, nil
}

// Get is a document, for its buyer, its store's people and admins. Others get ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (v View, err error) {
	err = s.db.Read(ctx, "invoice.get", func(ctx context.Context, tx db.Tx) error {
		if isSelf(id) {
			v, err = s.getSelf(ctx, tx, caller, id)
			return err
		}
		row, err := invoicedb.New(tx).GetInvoice(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := s.maySee(ctx, tx, caller, row); err != nil {
			return err
		}
		v, err = s.show(ctx, tx, row)
		return err
	})
	return v, err
}

func (s *Service) maySee(ctx context.Context, tx db.Tx, caller web.Caller, row invoicedb.Invoice) error {
	if caller.Is(web.RoleAdmin) {
		return nil
	}
	buyer, err := invoicedb.New(tx).BuyerOf(ctx, row.ID)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	if err == nil && caller.SignedIn() && buyer == caller.AccountID {
		return nil
	}
	_, err = s.stores.RequireID(ctx, tx, caller, row.StoreID, store.Orders)
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return ErrNotFound
	}
	return err
}

func (s *Service) show(ctx context.Context, tx db.Tx, row invoicedb.Invoice) (View, error) {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
	if err != nil {
		return View{}, err
	}
	var notes []invoicedb.Invoice
	if row.Kind == kindInvoice {
		if notes, err = invoicedb.New(tx).CreditNotesOf(ctx, &row.ID); err != nil {
			return View{}, err
		}
	}
	return viewOf(row, briefs[row.StoreID], notes)
}

// OfOrder is the invoice of an order, for those who may see the order. Errors: order.ErrNotFound, ErrNotIssued.
func (s *Service) OfOrder(ctx context.Context, caller web.Caller, id string) (v View, err error) {
	err = s.db.Read(ctx, "invoice.of_order", func(ctx context.Context, tx db.Tx) error {
		if err := s.orders.MaySee(ctx, tx, caller, id); err != nil {
			return err
		}
		v, err = s.ofOrder(ctx, tx, id)
		return err
	})
	return v, err
}

// Followed is the invoice of the order of a follow link. Errors: order.ErrFollow, ErrNotIssued.
func (s *Service) Followed(ctx context.Context, token string) (v View, err error) {
	err = s.db.Read(ctx, "invoice.followed", func(ctx context.Context, tx db.Tx) error {
		id, err := s.orders.FollowedBy(ctx, tx, token)
		if err != nil {
			return err
		}
		v, err = s.ofOrder(ctx, tx, id)
		return err
	})
	return v, err
}

func (s *Service) ofOrder(ctx context.Context, tx db.Tx, id string) (View, error) {
	q := invoicedb.New(tx)
	row, err := q.InvoiceOfOrder(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		bought, err := q.SelfInvoiceOfOrder(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return View{}, ErrNotIssued
		}
		if err != nil {
			return View{}, err
		}
		return s.show(ctx, tx, plain(bought))
	}
	if err != nil {
		return View{}, err
	}
	return s.show(ctx, tx, row)
}
