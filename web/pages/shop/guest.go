package shop

import (
	"errors"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
)

var guestFields = append([]string{"note", "total", "email", "tax_number"}, addressFields...)

// The same rates as the operations behind them have.
var (
	guestOrderRate = web.Limit{Name: "guest_order", Per: 10 * time.Minute, Burst: 60}
	followRate     = web.Limit{Name: "follow", Per: time.Minute, Burst: 120}
)

// askGuest offers who has no account to order by message, and to sign in.
func (s *shop) askGuest(p *frame.Page) error {
	page, err := s.guestPage(p, p.Form(guestFields...))
	if err != nil {
		return s.notCheckout(p, err)
	}
	return p.Show("shop/guest", p.T("Checkout"), page)
}

func (s *shop) guestPage(p *frame.Page, form *frame.Form) (page checkoutPage, err error) {
	page.Form = form
	holder, err := p.Holder()
	if err != nil {
		return page, err
	}
	if page.Lines, err = s.cartPage(p); err != nil {
		return page, err
	}
	if holder == 0 || len(page.Lines.Items) == 0 {
		return page, order.ErrEmptyCart
	}
	if page.Quote, err = s.Orders.Quote(p.Context(), web.Caller{AccountID: holder}, order.CheckoutCmd{}); err != nil {
		return page, err
	}
	form.Set("total", page.Quote.Totals.Total)
	return page, nil
}

// guestOrder sends what is in a guest's cart to its stores.
func (s *shop) guestOrder(p *frame.Page) error {
	p.NoIndex, p.Self = true, "/checkout"
	form, err := p.Sent(guestFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), guestOrderRate); err != nil {
		return err
	}
	cmd := order.GuestCmd{
		Reference: reference(form.Key()), Contact: order.Contact{Name: form.Get("name"), Phone: form.Digits("phone"), Email: form.Get("email"), TaxNumber: form.Get("tax_number")},
		Note: form.Get("note"), ExpectedTotal: form.Get("total"),
	}
	if a := readAddress(form); a.Line1 != "" || a.City != "" {
		cmd.Address = &a
	}
	ids, _, err := s.Orders.PlaceGuest(p.Context(), p.Caller, p.Guest(), cmd)
	if err == nil {
		return s.guestPlaced(p, ids)
	}
	if fault.Code(err) == order.ErrTotalChanged.Code {
		form.Wrong("", p.T("The total is another one now. Please look at it and order again if it suits you."))
	} else if err := s.refused(p, form, err); err != nil {
		return s.notCheckout(p, err)
	}
	page, err := s.guestPage(p, form)
	if err != nil {
		return s.notCheckout(p, err)
	}
	return form.Again("shop/guest", p.T("Checkout"), page)
}

// reference is the guest's own name for his order, made of the form's key: the same form gives the same order.
func reference(key string) string {
	var b strings.Builder
	b.WriteString("W-")
	for _, r := range strings.ToUpper(key) {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
		if b.Len() == 14 {
			break
		}
	}
	return b.String()
}

func (s *shop) guestPlaced(p *frame.Page, ids []string) error {
	placed, err := s.Orders.Placed(p.Context(), ids)
	if err != nil {
		return err
	}
	tokens := make([]string, len(placed))
	for i, o := range placed {
		tokens[i] = o.FollowToken
	}
	p.KeepPlaced(tokens)
	return p.See("/ordered")
}

type orderedPage struct {
	Orders []order.Placed
}

// ordered shows a guest what he has just ordered: the links that he has to keep, and the messages to the stores.
func (s *shop) ordered(p *frame.Page) error {
	p.NoIndex = true
	var page orderedPage
	for _, token := range p.Placed() {
		o, err := s.placedBy(p, token)
		if fault.Code(err) == order.ErrFollow.Code {
			continue // claimed, or over
		}
		if err != nil {
			return err
		}
		page.Orders = append(page.Orders, o)
	}
	if len(page.Orders) == 0 {
		return p.See("/")
	}
	return p.Show("shop/ordered", p.T("Thank you for your order"), page)
}

// placedBy is the order of a link with its message; the link is the proof that it may be shown.
func (s *shop) placedBy(p *frame.Page, token string) (order.Placed, error) {
	v, err := s.Orders.Follow(p.Context(), token)
	if err != nil {
		return order.Placed{}, err
	}
	placed, err := s.Orders.Placed(p.Context(), []string{v.ID})
	if err != nil {
		return order.Placed{}, err
	}
	return placed[0], nil
}

// follow is where an order stands, for whoever has its link.
func (s *shop) follow(p *frame.Page) error {
	p.NoIndex = true
	if err := web.Allow(p.Context(), followRate); err != nil {
		return err
	}
	token := p.R.PathValue("token")
	o, err := s.placedBy(p, token)
	if err != nil {
		return err
	}
	page := orderPage{Badge: badge(p, o.State), Follow: token, Steps: steps(p, o.State, times{o.PlacedAt, o.ConfirmedAt, o.ShippedAt, o.DeliveredAt, o.CompletedAt, o.CancelledAt})}
	page.Summary = order.Summary{
		ID: o.ID, Number: o.Number, Store: o.Store, State: o.State, CancelReason: o.CancelReason, PaymentMethod: o.PaymentMethod,
		PaymentStatus: o.PaymentStatus, Currency: o.Currency, Totals: o.Totals, PlacedAt: o.PlacedAt,
	}
	page.Contact, page.Address, page.Note, page.AnswerUntil = o.Contact, o.Address, o.Note, o.AnswerUntil
	for _, l := range o.Lines {
		page.Lines = append(page.Lines, order.LineView{
			Product: l.Product, Variant: l.Variant, Title: l.Title, VariantTitle: l.VariantTitle, Options: l.Options, Quantity: l.Quantity,
			UnitPrice: l.UnitPrice, Total: l.Total,
		})
	}
	if o.State == order.Pending {
		page.Message = o.Message.URL
	}
	d, err := s.Delivery.ForLink(p.Context(), token, p.Guest())
	if err != nil {
		return err
	}
	if page.Carried, err = carriedBy(p, d); err != nil {
		return err
	}
	switch _, err := s.Invoices.Followed(p.Context(), token); {
	case err == nil:
		page.Invoice = "/o/" + token + "/invoice"
	case !errors.Is(err, invoice.ErrNotIssued):
		return err
	}
	return p.Show("shop/order", p.T("Order {number}", "number", o.Number), page)
}

// claim makes the order of a link the reader's own.
func (s *shop) claim(p *frame.Page) error {
	id, err := s.Orders.Claim(p.Context(), p.Caller, order.ClaimCmd{Token: p.R.PathValue("token"), Guest: p.Guest()})
	if err != nil {
		return err
	}
	p.Leave("The order is yours now.")
	return p.See("/orders/" + id)
}
