package shop

import (
	"errors"
	"strings"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
)

const newAddress = "new"

// addressFields are what an address is written with.
var addressFields = []string{"name", "phone", "line1", "line2", "city", "district", "state", "postal_code", "country", "instructions"}

var checkoutFields = append([]string{"address", "note", "method", "total", "keep", "tax_number"}, addressFields...)

type checkoutPage struct {
	Form      *frame.Form
	Lines     cartPage
	Quote     order.QuoteView
	Addresses []frame.Option
	Methods   []frame.Option
	New       bool // another address is being written
}

func readAddress(f *frame.Form) identity.Address {
	return identity.Address{
		Name: f.Get("name"), Phone: f.Digits("phone"), Line1: f.Get("line1"), Line2: f.Get("line2"), City: f.Get("city"), District: f.Get("district"),
		State: f.Get("state"), PostalCode: f.Digits("postal_code"), Country: f.Get("country"), Instructions: f.Get("instructions"),
	}
}

// askCheckout shows what a checkout would come to, and asks where to and how it is paid.
func (s *shop) askCheckout(p *frame.Page) error {
	p.NoIndex = true
	if !p.Caller.SignedIn() {
		return s.askGuest(p)
	}
	form := p.Form(checkoutFields...).Set("method", string(payment.ByGateway)).Set("keep", "1")
	page, err := s.checkoutPage(p, form)
	if err != nil {
		return s.notCheckout(p, err)
	}
	return p.Show("shop/checkout", p.T("Checkout"), page)
}

// notCheckout goes back to the cart when the cart is why there can be no checkout.
func (s *shop) notCheckout(p *frame.Page, err error) error {
	for _, known := range []*fault.Error{order.ErrEmptyCart, order.ErrCartChanged, order.ErrLineNotFound, order.ErrMixedCurrencies, order.ErrTotalTooLarge} {
		if errors.Is(err, known) {
			if !errors.Is(err, order.ErrEmptyCart) {
				p.Leave("Something in your cart has changed. Please look at it again.")
			}
			return p.See("/cart")
		}
	}
	return err
}

func (s *shop) checkoutPage(p *frame.Page, form *frame.Form) (page checkoutPage, err error) {
	page.Form = form
	if page.Lines, err = s.cartPage(p); err != nil {
		return page, err
	}
	if page.Quote, err = s.Orders.Quote(p.Context(), p.Caller, order.CheckoutCmd{}); err != nil {
		return page, err
	}
	form.Set("total", page.Quote.Totals.Total)
	list, _, err := s.Identity.Addresses(p.Context(), p.Caller, 100, "")
	if err != nil {
		return page, err
	}
	chosen := form.Get("address")
	for _, a := range list {
		if chosen == "" && a.Default {
			chosen = a.PublicID
		}
		name := a.Label
		if name == "" {
			name = a.Name
		}
		page.Addresses = append(page.Addresses, frame.Option{Value: a.PublicID, Text: name, Hint: strings.Join(nonEmpty(a.Line1, a.Line2, a.City), ", ")})
	}
	if len(list) > 0 {
		page.Addresses = append(page.Addresses, frame.Option{Value: newAddress, Text: p.T("Another address"), Hint: p.T("Write it below.")})
	} else {
		chosen = newAddress
	}
	form.Set("address", chosen)
	page.New = chosen == newAddress
	page.Methods, err = s.methods(p, page.Quote)
	return page, err
}

func nonEmpty(parts ...string) (out []string) {
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// methods are the ways to pay, each with what it costs.
func (s *shop) methods(p *frame.Page, q order.QuoteView) ([]frame.Option, error) {
	cur := money.Currency(q.Currency)
	total, err := money.Parse(q.Totals.Total, cur)
	if err != nil {
		return nil, err
	}
	online, err := s.online(p, total, cur)
	if err != nil {
		return nil, err
	}
	funds, err := s.Wallet.Funds(p.Context(), p.Caller.Account)
	if err != nil {
		return nil, err
	}
	return append(online, []frame.Option{
		{Value: string(payment.ByWallet), Text: p.T("Wallet"), Hint: p.T("There are {amount} in it.", "amount", p.Lang.Money(funds.Available, funds.Currency)), Off: funds.Available < total},
		{Value: string(payment.ByCash), Text: p.T("Cash on delivery"), Hint: p.T("You pay at the door. The store has to agree first.")},
	}...), nil
}

// online is paying at a gateway, if one is on: by card here, or at a provider.
func (s *shop) online(p *frame.Page, total int64, cur money.Currency) ([]frame.Option, error) {
	var pay payPage
	pay.Currency = string(cur)
	if _, err := s.ways(p, &pay, total); err != nil {
		return nil, err
	}
	var names []string
	if pay.Card {
		names = append(names, p.T("Card"))
	}
	for _, o := range append(pay.Others, pay.Transfers...) {
		names = append(names, o.Title)
	}
	if len(names) == 0 {
		return nil, nil
	}
	hint := p.T("You pay in the next step.")
	if pay.Card && len(names) == 1 && pay.Fee != money.Format(0, cur) {
		hint = p.T("You pay in the next step. The payment service takes {fee} on top.", "fee", p.Lang.Amount(pay.Fee, cur))
	}
	return []frame.Option{{Value: string(payment.ByGateway), Text: strings.Join(names, ", "), Hint: hint}}, nil
}

// checkout makes the orders.
func (s *shop) checkout(p *frame.Page) error {
	p.NoIndex, p.Self = true, "/checkout"
	form, err := p.Sent(checkoutFields...)
	if err != nil {
		return err
	}
	cmd := order.CheckoutCmd{Note: form.Get("note"), Method: form.Get("method"), ExpectedTotal: form.Get("total"), AddressID: form.Get("address")}
	if number := form.Get("tax_number"); number != "" {
		cmd.Contact = &order.Contact{TaxNumber: number}
	}
	var written *identity.Address
	if cmd.AddressID == newAddress || cmd.AddressID == "" {
		a := readAddress(form)
		if written, cmd.AddressID = &a, ""; a.Phone == "" {
			form.Wrong("phone", p.T("The courier needs a number to call."))
		}
		if _, err := a.Normal("", p.Settings.Country); err != nil {
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
		cmd.Address = written
	}
	if cmd.ExpectedTotal == "" {
		return s.notCheckout(p, order.ErrCartChanged)
	}
	if form.Ok() {
		id, _, err := s.Orders.Checkout(form.Once("order.checkout"), p.Caller, cmd)
		if err == nil {
			return s.goOn(p, form, id, written)
		}
		if fault.Code(err) == order.ErrTotalChanged.Code {
			form.Wrong("", p.T("The total is another one now. Please look at it and order again if it suits you."))
		} else if err := s.refused(p, form, err); err != nil {
			return err
		}
	}
	page, err := s.checkoutPage(p, form)
	if err != nil {
		return s.notCheckout(p, err)
	}
	return form.Again("shop/checkout", p.T("Checkout"), page)
}

// refused puts into the form what it can mend.
func (s *shop) refused(p *frame.Page, form *frame.Form, err error) error {
	switch fault.Code(err) {
	case order.ErrCartChanged.Code, order.ErrEmptyCart.Code, order.ErrLineNotFound.Code, "out_of_stock":
		// nothing in this form would help: the cart has to be looked at
		return order.ErrCartChanged
	}
	return form.Refuse(err)
}

// goOn keeps the address, if that was asked for, and goes on to paying or to the orders.
func (s *shop) goOn(p *frame.Page, form *frame.Form, id string, written *identity.Address) error {
	if err := s.keep(p, form, written); err != nil {
		return err
	}
	c, err := s.Orders.GetCheckout(p.Context(), p.Caller, id)
	if err != nil {
		return err
	}
	if c.Payment != nil && c.Method == string(payment.ByGateway) && c.Payment.State == string(payment.Pending) {
		return p.See("/pay/" + c.Payment.ID)
	}
	return p.See("/checkouts/" + id)
}

type placedPage struct {
	order.CheckoutView
	Open bool // it waits for payment
	Paid bool
	Sold bool // it goes to dealers
}

// placed is what came of a checkout.
func (s *shop) placed(p *frame.Page) error {
	p.NoIndex = true
	c, err := s.Orders.GetCheckout(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := placedPage{CheckoutView: c}
	gone := true
	for _, o := range c.Orders {
		page.Open = page.Open || o.State == order.AwaitingPayment
		gone = gone && o.State == order.Cancelled
		page.Sold = o.Side == "buyback"
	}
	page.Paid = c.Payment == nil || c.Payment.State == string(payment.Completed)
	title := p.T("Thank you for your order")
	switch {
	case gone:
		title = p.T("This order was cancelled")
	case page.Sold:
		title = p.T("Your pickup is arranged")
	case page.Open:
		title = p.T("Your order waits for payment")
	}
	return p.Show("shop/placed", title, page)
}

func (s *shop) cancelCheckout(p *frame.Page) error {
	id := p.R.PathValue("id")
	if err := s.Orders.CancelCheckout(p.Context(), p.Caller, id); err != nil {
		return err
	}
	p.Leave("The order was cancelled.")
	return p.See("/checkouts/" + id)
}
