package shop

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

func asFault(err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	return f
}

// stateNames are what people call the states of an order.
var stateNames = map[order.State]string{
	order.AwaitingPayment: lang.M("Waits for payment"), order.Pending: lang.M("Waits for the store"), order.Confirmed: lang.M("Confirmed"),
	order.Processing: lang.M("Being prepared"), order.Shipped: lang.M("On its way"), order.Delivered: lang.M("Delivered"),
	order.Completed: lang.M("Completed"), order.Cancelled: lang.M("Cancelled"), order.Returning: lang.M("Comes back"), order.Returned: lang.M("Returned"),
}

// StateBadge is a state of an order as people see it.
type StateBadge struct{ Text, Class string }

func badge(p *frame.Page, s order.State) StateBadge {
	b := StateBadge{Text: p.T(stateNames[s]), Class: "good"}
	switch s {
	case order.AwaitingPayment, order.Pending, order.Returning:
		b.Class = "warn"
	case order.Cancelled, order.Returned:
		b.Class = "bad"
	}
	return b
}

type orderRow struct {
	order.Summary
	Badge StateBadge
}

type ordersPage struct {
	Items       []orderRow
	First, Next string
}

// orders are the reader's own.
func (s *shop) orders(p *frame.Page) error {
	cursor := p.R.URL.Query().Get("cursor")
	list, err := s.Orders.List(p.Context(), p.Caller, order.ListQuery{}, web.PageParams{Limit: 20, Cursor: cursor})
	if err != nil {
		return err
	}
	page := ordersPage{}
	for _, o := range list.Items {
		page.Items = append(page.Items, orderRow{o, badge(p, o.State)})
	}
	if list.NextCursor != nil {
		page.Next = "/orders?" + url.Values{"cursor": {*list.NextCursor}}.Encode()
	}
	if cursor != "" {
		page.First = "/orders"
	}
	return p.Show("shop/orders", p.T("Your orders"), page)
}

type step struct {
	Text string
	At   *time.Time
	Bad  bool
}

type orderPage struct {
	order.View
	Badge   StateBadge
	Steps   []step
	Actions []action
	Pay     string // the payment that it waits for
	Whole   bool   // only the whole checkout can be cancelled
	Follow  string // the link of whoever ordered without an account
	Message string // opens WhatsApp with the order written out
	Carried []carried
	Invoice string // the page of its invoice
	Back    []dues.RefundRow
	About   []dues.DisputeRow
	Wrong   bool   // a dispute can be opened
	Rate    string // where it is rated, or what was said is seen
}

type action struct {
	Event              order.Event
	Text, Why, Confirm string
	Danger             bool
}

// own are the steps that a buyer takes.
var own = []action{
	{Event: order.Deliver, Text: lang.M("I have received it")},
	{Event: order.Complete, Text: lang.M("All is well: pay the store"), Why: lang.M("The store gets its money now. Otherwise it does so by itself some days after delivery.")},
	{Event: order.Cancel, Text: lang.M("Cancel the order"), Why: lang.M("What you paid comes back the way it came."), Danger: true},
}

// order is one of the reader's orders: what it is, where it stands, and what he may do with it.
func (s *shop) order(p *frame.Page) error {
	p.NoIndex = true
	o, err := s.Orders.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	if o.Buyback != nil {
		page, err := s.pickup(p, o, nil)
		if err != nil {
			return err
		}
		return p.Show("shop/pickup", p.T("Order {number}", "number", o.Number), page)
	}
	page := orderPage{View: o, Badge: badge(p, o.State), Steps: steps(p, o.State, times{o.PlacedAt, o.ConfirmedAt, o.ShippedAt, o.DeliveredAt, o.CompletedAt, o.CancelledAt})}
	for _, a := range own {
		if slices.Contains(o.Actions, a.Event) {
			a.Text = p.T(a.Text)
			if a.Why != "" && (a.Event != order.Cancel || o.PaymentStatus == "paid") {
				a.Why = p.T(a.Why)
			} else {
				a.Why = ""
			}
			page.Actions = append(page.Actions, a)
		}
	}
	if o.State == order.AwaitingPayment {
		c, err := s.Orders.GetCheckout(p.Context(), p.Caller, o.Checkout)
		if err != nil {
			return err
		}
		if c.Payment != nil {
			page.Pay = c.Payment.ID
		}
		page.Whole = len(c.Orders) > 1
	}
	d, err := s.Delivery.ForOrder(p.Context(), p.Caller, o.ID)
	if err != nil {
		return err
	}
	if page.Carried, err = carriedBy(p, d); err != nil {
		return err
	}
	if err := s.money(p, &page); err != nil {
		return err
	}
	page.Rate = rateLink(o)
	return p.Show("shop/order", p.T("Order {number}", "number", o.Number), page)
}

// money is what became of an order's money: its invoice, what was given back, and disputes.
func (s *shop) money(p *frame.Page, page *orderPage) error {
	v, err := s.Invoices.OfOrder(p.Context(), p.Caller, page.ID)
	switch {
	case err == nil:
		page.Invoice = "/invoices/" + v.ID
	case !errors.Is(err, invoice.ErrNotIssued):
		return err
	}
	back, err := s.Orders.Refunds(p.Context(), p.Caller, page.ID)
	if err != nil {
		return err
	}
	about, err := s.Orders.DisputesOf(p.Context(), p.Caller, page.ID)
	if err != nil {
		return err
	}
	page.Back, page.About = dues.RefundRows(p, back), dues.DisputeRows(p, about)
	paid := page.PaymentStatus == "paid" || page.PaymentStatus == "part_refunded"
	page.Wrong = page.Side == "sale" && paid && !page.Disputed && (page.State == order.Shipped || page.State == order.Delivered)
	return nil
}

// rateLink is where an order is rated, once it can be.
func rateLink(o order.View) string {
	if o.State == order.Completed || o.Side == "sale" && o.State == order.Delivered {
		return "/orders/" + o.ID + "/review"
	}
	return ""
}

type times struct {
	placed                                              time.Time
	confirmed, shipped, delivered, completed, cancelled *time.Time
}

// steps are the way of an order, as far as it has come.
func steps(p *frame.Page, s order.State, t times) []step {
	out := []step{{p.T("Ordered"), &t.placed, false}, {p.T("Confirmed by the store"), t.confirmed, false}, {p.T("On its way"), t.shipped, false}}
	switch s {
	case order.Cancelled:
		out = slices.DeleteFunc(out, func(s step) bool { return s.At == nil })
		return append(out, step{p.T("Cancelled"), t.cancelled, true})
	case order.Returning, order.Returned:
		now := p.Now()
		return append(out, step{p.T(stateNames[s]), &now, true})
	}
	return append(out, step{p.T("Delivered"), t.delivered, false}, step{p.T("Completed"), t.completed, false})
}

// step takes one of a buyer's steps.
func (s *shop) step(p *frame.Page) error {
	id, on := p.R.PathValue("id"), order.Event(p.R.PathValue("step"))
	o, err := s.Orders.Get(p.Context(), p.Caller, id)
	if err != nil {
		return err
	}
	if o.Buyback != nil {
		return s.stepPickup(p, o)
	}
	if !slices.ContainsFunc(own, func(a action) bool { return a.Event == on }) {
		return errNoPage
	}
	form, err := p.Sent("note")
	if err != nil {
		return err
	}
	if err := s.Orders.Step(p.Context(), p.Caller, id, on, order.Why{Note: form.Get("note")}); err != nil {
		if f, ok := fault.As(err); ok && f.Code == order.ErrState.Code {
			p.Leave("The order has changed in the meantime. See where it stands.")
			return p.See("/orders/" + id)
		}
		return err
	}
	p.Leave("Done.")
	return p.See("/orders/" + id)
}
