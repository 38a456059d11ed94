package shop

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/web/pages/frame"
)

var pickupFields = append([]string{"address", "note", "pickup_date", "pickup_slot", "total", "keep"}, addressFields...)

// bringDays is how far ahead a pickup is arranged.
const bringDays = 30

// slots are the halves of a day in which dealers come.
func slots(p *frame.Page) []frame.Option {
	return []frame.Option{{Value: "8am - 1pm", Text: p.T("In the morning, 8 to 1")}, {Value: "1pm - 6pm", Text: p.T("In the afternoon, 1 to 6")}}
}

type bringPage struct {
	Form        *frame.Form
	Selling     cart.SellingView
	Addresses   []frame.Option
	New         bool // another address is being written
	Slots       []frame.Option
	First, Last string // the days to choose from
}

// askPickup shows what a sale to dealers would come to, and asks where and when it is fetched.
func (s *shop) askPickup(p *frame.Page) error {
	p.NoIndex = true
	form := p.Form(pickupFields...).Set("keep", "1").Set("pickup_slot", "8am - 1pm").Set("pickup_date", p.In(p.Now()).AddDate(0, 0, 1).Format(time.DateOnly))
	page, err := s.bringPage(p, form)
	if err != nil {
		return err
	}
	if !page.Selling.Ready {
		return p.See("/cart")
	}
	return p.Show("shop/bring", p.T("Arrange the pickup"), page)
}

func (s *shop) bringPage(p *frame.Page, form *frame.Form) (page bringPage, err error) {
	page.Form, page.Slots = form, slots(p)
	today := p.In(p.Now())
	page.First, page.Last = today.Format(time.DateOnly), today.AddDate(0, 0, bringDays).Format(time.DateOnly)
	if page.Selling, err = s.Cart.ShowSelling(p.Context(), p.Caller.AccountID); err != nil {
		return page, err
	}
	form.Set("total", page.Selling.Totals.OrderTotal)
	list, _, err := s.Identity.Addresses(p.Context(), p.Caller, 100, "")
	if err != nil {
		return page, err
	}
	chosen, pin := form.Get("address"), ""
	if len(page.Selling.Lines) > 0 {
		pin = page.Selling.Lines[0].PostalCode
	}
	for _, a := range list {
		if chosen == "" && a.PostalCode == pin {
			chosen = a.PublicID
		}
		page.Addresses = append(page.Addresses, frame.Option{Value: a.PublicID, Text: cmp.Or(a.Label, a.Name, a.Line1), Hint: strings.Join(nonEmpty(a.Line1, a.City, a.PostalCode), ", ")})
	}
	if chosen == "" {
		chosen = newAddress
	}
	if len(list) > 0 {
		page.Addresses = append(page.Addresses, frame.Option{Value: newAddress, Text: p.T("Another address"), Hint: p.T("Write it below.")})
	}
	if form.Get("postal_code") == "" {
		form.Set("postal_code", pin)
	}
	form.Set("address", chosen)
	page.New = chosen == newAddress
	return page, nil
}

// arrange makes an order with a pickup for each dealer.
func (s *shop) arrange(p *frame.Page) error {
	p.NoIndex, p.Self = true, "/scrap/pickup"
	form, err := p.Sent(pickupFields...)
	if err != nil {
		return err
	}
	cmd := order.BuybackCmd{
		AddressID: form.Get("address"), Note: form.Get("note"), Day: form.Digits("pickup_date"), Slot: form.Get("pickup_slot"), ExpectedTotal: form.Get("total"),
	}
	var written *identity.Address
	if cmd.AddressID == newAddress || cmd.AddressID == "" {
		a := readAddress(form)
		if written, cmd.AddressID, cmd.Address = &a, "", &a; a.Phone == "" {
			form.Wrong("phone", p.T("The dealer needs a number to call."))
		}
		if _, err := a.Normal("", p.Settings.Country); err != nil {
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	if form.Ok() {
		id, _, err := s.Orders.CheckoutBuyback(form.Once("order.checkout_buyback"), p.Caller, cmd)
		if err == nil {
			if err := s.keep(p, form, written); err != nil {
				return err
			}
			return p.See("/checkouts/" + id)
		}
		switch fault.Code(err) {
		case order.ErrTotalChanged.Code:
			form.Wrong("", p.T("The total is another one now. Please look at it and order again if it suits you."))
		case order.ErrCartChanged.Code, order.ErrEmptyCart.Code:
			p.Leave("Something in your cart has changed. Please look at it again.")
			return p.See("/cart")
		case order.ErrNotServed.Code: // its fields are lines, of which the page says enough
			form.Wrong("", p.T("A dealer does not come to this address, or another price holds there. Choose the address for which you looked at the prices."))
		default:
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	page, err := s.bringPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("shop/bring", p.T("Arrange the pickup"), page)
}

// keep remembers a written address, if that was asked for. The order has it already: that it cannot be kept as well is no
// reason to say that something failed.
func (s *shop) keep(p *frame.Page, form *frame.Form, written *identity.Address) error {
	if written == nil || !form.Has("keep") {
		return nil
	}
	_, _, err := s.Identity.AddAddress(p.Context(), p.Caller, identity.NewAddress{Address: *written})
	if _, ok := fault.As(err); ok {
		return nil
	}
	return err
}

type pickupPage struct {
	order.View
	Badge   StateBadge
	Steps   []step
	OTP     *order.OTP // while a pickup is waited for
	Form    *frame.Form
	Slots   []frame.Option
	Actions map[string]bool
	First   string
	Last    string
	Units   map[string]string
	Carried []carried // a courier fetches it for the dealer
	Rate    string    // where the dealer is rated
	Paper   string    // the page of what the dealer wrote
}

// pickup is an order of the side buyback, as its customer sees it.
func (s *shop) pickup(p *frame.Page, o order.View, form *frame.Form) (page pickupPage, err error) {
	if form == nil {
		form = p.Form("pickup_date", "pickup_slot", "note").Set("pickup_date", o.Buyback.PickupDate).Set("pickup_slot", o.Buyback.PickupSlot)
	}
	page = pickupPage{View: o, Badge: badge(p, o.State), Form: form, Slots: slots(p), Actions: map[string]bool{}, Units: units(p), Rate: rateLink(o)}
	today := p.In(p.Now())
	page.First, page.Last = today.Format(time.DateOnly), today.AddDate(0, 0, bringDays).Format(time.DateOnly)
	if o.Buyback.MissedAt != nil && o.State == order.Pending {
		page.Badge = StateBadge{p.T("Nobody was there"), "warn"}
	}
	for _, a := range o.Actions {
		page.Actions[string(a)] = true
	}
	page.Steps = []step{{p.T("Arranged"), &o.PlacedAt, false}, {p.T("The dealer comes"), o.ConfirmedAt, false}, {p.T("Weighed and paid"), o.CompletedAt, false}}
	if o.State == order.Cancelled {
		page.Steps = append(slices.DeleteFunc(page.Steps, func(s step) bool { return s.At == nil }), step{p.T("Cancelled"), o.CancelledAt, true})
	}
	sent, err := s.Delivery.ForOrder(p.Context(), p.Caller, o.ID)
	if err != nil {
		return page, err
	}
	if page.Carried, err = carriedBy(p, sent); err != nil {
		return page, err
	}
	if o.Buyback.Receipt != nil {
		paper, err := s.Invoices.OfOrder(p.Context(), p.Caller, o.ID)
		switch {
		case err == nil:
			page.Paper = "/invoices/" + paper.ID
		case !errors.Is(err, invoice.ErrNotIssued):
			return page, err
		}
	}
	otp, err := s.Orders.OTPOf(p.Context(), p.Caller, o.ID)
	switch fault.Code(err) {
	case "":
		page.OTP = &otp
	case order.ErrNoOTP.Code, order.ErrNotFound.Code: // it is over, or somebody else's whom an admin helps
		err = nil
	}
	return page, err
}

// scrapSteps are the steps of a customer with what he sells.
var scrapSteps = []order.Event{order.Cancel, order.Miss, order.Reschedule}

// stepPickup takes a customer's step with a pickup.
func (s *shop) stepPickup(p *frame.Page, o order.View) error {
	on := order.Event(p.R.PathValue("step"))
	link := "/orders/" + o.ID
	form, err := p.Sent("pickup_date", "pickup_slot", "note")
	if err != nil {
		return err
	}
	switch {
	case on == "otp":
		_, err = s.Orders.RenewOTP(p.Context(), p.Caller, o.ID)
	case on == order.Reschedule:
		err = s.Orders.RescheduleTo(p.Context(), p.Caller, o.ID, form.Digits("pickup_date"), form.Get("pickup_slot"), form.Get("note"))
	case slices.Contains(scrapSteps, on):
		err = s.Orders.Step(p.Context(), p.Caller, o.ID, on, order.Why{Note: form.Get("note")})
	default:
		return errNoPage
	}
	switch fault.Code(err) {
	case "":
		if err != nil {
			return err
		}
		p.Leave("Done.")
		return p.See(link)
	case order.ErrState.Code, order.ErrNoOTP.Code:
		p.Leave("The order has changed in the meantime. See where it stands.")
		return p.See(link)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = link
	page, err := s.pickup(p, o, form)
	if err != nil {
		return err
	}
	return form.Again("shop/pickup", p.T("Order {number}", "number", o.Number), page)
}

// receipt is what the customer got, on paper.
func (s *shop) receipt(p *frame.Page) error {
	p.NoIndex = true
	o, err := s.Orders.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	if o.Buyback == nil || o.Buyback.Receipt == nil {
		return errNoPage
	}
	page, err := s.pickup(p, o, nil)
	if err != nil {
		return err
	}
	return p.Show("shop/receipt", p.T("Receipt {number}", "number", o.Buyback.Receipt.Number), page)
}
