package sell

import (
	"net/http"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

type orderRow struct {
	order.Summary
	Badge Badge
	Link  string
}

func orderRows(p *frame.Page, items []order.Summary) []orderRow {
	out := make([]orderRow, len(items))
	for i, o := range items {
		out[i] = orderRow{o, OrderBadge(p, o.State), "/sell/" + o.Store.ID + "/orders/" + o.ID}
	}
	return out
}

// OrderList is a page of orders with what narrows it down; the market's people see it too.
type OrderList struct {
	Desk  *Desk
	Tabs  []tab
	Form  *frame.Form
	Items []orderRow
	Pay   []frame.Option
	From  []frame.Option
	Any   bool
	Clear string
	Keep  string // the state that is open
	File  string // the same list, whole, as a file
	pager
}

// PaymentStates are those of an order to choose from.
func paymentStates(p *frame.Page) []frame.Option {
	return []frame.Option{{Text: p.T("All")}, {Value: "unpaid", Text: p.T("Not paid")}, {Value: "paid", Text: p.T("Paid")}, {Value: "part_refunded", Text: p.T("Part of the money given back")}, {Value: "refunded", Text: p.T("Money given back")}}
}

// AskOrders reads what somebody wants of the orders of a store, or of all.
func AskOrders(p *frame.Page, q order.ListQuery) (page OrderList, _ order.ListQuery) {
	form := p.Form("number", "payment_status", "channel", "from", "to")
	ask := p.R.URL.Query()
	for _, name := range []string{"number", "payment_status", "channel", "from", "to"} {
		form.Set(name, ask.Get(name))
		page.Any = page.Any || ask.Get(name) != ""
	}
	page.Form, page.Tabs, page.Clear, page.Keep = form, tabs(p, "state", OrderStates(p)), p.R.URL.Path, ask.Get("state")
	page.Pay = paymentStates(p)
	page.From = []frame.Option{{Text: p.T("All")}, {Value: "checkout", Text: p.T("In the market")}, {Value: "guest", Text: p.T("By message")}}
	known := func(options []frame.Option, name string) string {
		v := ask.Get(name)
		if !slices.ContainsFunc(options, func(o frame.Option) bool { return o.Value == v }) {
			return ""
		}
		return v
	}
	q.State, q.PaymentStatus, q.Channel, q.Number = known(OrderStates(p), "state"), known(page.Pay, "payment_status"), known(page.From, "channel"), form.Digits("number")
	if q.Number != "" {
		q.State, q.PaymentStatus, q.Channel = "", "", ""
	} else {
		if t := Day(p, form, "from", false); t != nil {
			q.From = *t
		}
		if t := Day(p, form, "to", true); t != nil {
			q.To = *t
		}
	}
	page.File = p.R.URL.Path + ".csv"
	if wish := Further(p, ""); strings.Contains(wish, "?") {
		page.File += wish[strings.Index(wish, "?"):]
	}
	return page, q
}

// ListOrders is a page of orders of a store, or of all.
func ListOrders(p *frame.Page, s *order.Service, q order.ListQuery) (OrderList, error) {
	page, q := AskOrders(p, q)
	list, err := s.List(p.Context(), p.Caller, q, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	page.Items = orderRows(p, list.Items)
	if list.NextCursor != nil {
		page.set(p, *list.NextCursor)
	} else {
		page.set(p, "")
	}
	return page, nil
}

func (s *sell) orders(p *frame.Page, d *Desk) error {
	page, err := ListOrders(p, s.Orders, order.ListQuery{Store: d.PublicID})
	if err != nil {
		return err
	}
	page.Desk = d
	return p.Show("sell/orders", p.T("Orders"), page)
}

// ExportOrders sends the orders of a store, or of all, that a page shows, whole and as a file.
func ExportOrders(p *frame.Page, s *order.Service, q order.ListQuery) error {
	page, q := AskOrders(p, q)
	if !page.Form.Ok() { // the page says what is wrong
		return p.See(strings.Replace(p.R.URL.RequestURI(), ".csv", "", 1))
	}
	write, err := s.Export(p.Context(), p.Caller, q)
	if err != nil {
		return err
	}
	return p.Download("orders.csv", write)
}

func (s *sell) exportOrders(p *frame.Page, d *Desk) error {
	return ExportOrders(p, s.Orders, order.ListQuery{Store: d.PublicID})
}

type action struct {
	Event      order.Event
	Text, Hint string
	Danger     bool
	Note       bool // says why
	Restock    bool
}

// steps are what a store does with an order, the usual first.
var steps = []action{
	{Event: order.Confirm, Text: lang.M("Confirm the order"), Hint: lang.M("All of it or nothing: what there is not enough of is named.")},
	{Event: order.Process, Text: lang.M("It is being prepared")},
	{Event: order.Ship, Text: lang.M("It is on its way")},
	{Event: order.Deliver, Text: lang.M("It was delivered"), Hint: lang.M("Cash that was paid at the door is yours from then on.")},
	{Event: order.Return, Text: lang.M("It comes back"), Hint: lang.M("The parcel was refused, or nobody was there."), Danger: true, Note: true},
	{Event: order.Receive, Text: lang.M("It is back"), Restock: true, Note: true},
	{Event: order.Cancel, Text: lang.M("Cancel the order"), Hint: lang.M("What was paid goes back to the buyer."), Danger: true, Note: true},
}

type orderPage struct {
	Desk    *Desk
	Form    *frame.Form
	Order   order.View
	Badge   Badge
	Actions []action
	MayCut  bool
	History []eventRow
	Short   []order.ShortLine
	Refused string
	Message string // opens WhatsApp with the buyer
	Buyer   bool   // has an account
	Invoice string // the page of its invoice
	Back    []dues.RefundRow
	About   []dues.DisputeRow
	Give    bool // money can be given back
	Parts   []partRow
	Free    []freeLine // what a courier can still be asked to carry
	Freeze  string     // the page where an admin freezes the money, or frees it
}

type eventRow struct {
	order.EventView
	Text string
	Note string
}

var orderEvents = map[string]string{
	"order.placed": lang.M("Ordered"), "order.confirmed": lang.M("Confirmed"), "order.processing": lang.M("Being prepared"), "order.shipped": lang.M("On its way"),
	"order.delivered": lang.M("Delivered"), "order.completed": lang.M("Completed"), "order.cancelled": lang.M("Cancelled"), "order.paid": lang.M("Paid"),
	"order.returning": lang.M("Comes back"), "order.returned": lang.M("Returned"), "order.cut": lang.M("Something was taken out"), "order.changed": lang.M("Changed"),
	"order.claimed": lang.M("Taken over by an account"), "order.refunded": lang.M("Money was given back"), "order.disputed": lang.M("The buyer disputes it"), "order.dispute_withdrawn": lang.M("The dispute was withdrawn"),
	"order.dispute_resolved": lang.M("The dispute was decided"), "order.frozen": lang.M("Its money was frozen"), "order.unfrozen": lang.M("Its money is free again"),
}

// opened is an order of this store.
func (s *sell) opened(p *frame.Page, d *Desk) (order.View, error) {
	o, err := s.Orders.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err == nil && o.Store.ID != d.PublicID {
		err = order.ErrNotFound
	}
	return o, err
}

func (s *sell) orderPage(p *frame.Page, d *Desk, form *frame.Form) (page orderPage, err error) {
	o, err := s.opened(p, d)
	if err != nil {
		return page, err
	}
	page = orderPage{Desk: d, Form: form, Order: o, Badge: OrderBadge(p, o.State), MayCut: slices.Contains(o.Actions, order.Cut)}
	for _, a := range steps {
		if slices.Contains(o.Actions, a.Event) && (a.Event != order.Cancel || o.State != order.AwaitingPayment) {
			a.Text = p.T(a.Text)
			if a.Hint != "" {
				a.Hint = p.T(a.Hint)
			}
			page.Actions = append(page.Actions, a)
		}
	}
	history, err := s.Orders.History(p.Context(), p.Caller, o.ID, web.PageParams{Limit: 50})
	if err != nil {
		return page, err
	}
	for _, e := range history.Items {
		text, ok := orderEvents[e.Type]
		if !ok {
			text = lang.M("Changed")
		}
		note, _ := e.Facts["note"].(string) // not every event has one
		if e.Type == "order.frozen" || e.Type == "order.unfrozen" {
			note, _ = e.Facts["reason"].(string)
		}
		page.History = append(page.History, eventRow{e, p.T(text), note})
	}
	if page.Parts, err = s.parts(p, d, o.ID); err != nil {
		return page, err
	}
	page.Free = freeLines(o, page.Parts)
	return page, s.money(p, &page)
}

func (s *sell) order(p *frame.Page, d *Desk) error {
	if o, err := s.opened(p, d); err == nil && o.Buyback != nil {
		return p.See(d.Link("/pickups/" + o.ID))
	}
	form := p.Form("note", "restock", "store_note")
	page, err := s.orderPage(p, d, form)
	if err != nil {
		return err
	}
	if page.Order.StoreNote != nil {
		form.Set("store_note", *page.Order.StoreNote)
	}
	return p.Show("sell/order", p.T("Order {number}", "number", page.Order.Number), page)
}

// step takes a store's step with an order. What there is not enough of is named.
func (s *sell) step(p *frame.Page, d *Desk) error {
	on := order.Event(p.R.PathValue("step"))
	if !slices.ContainsFunc(steps, func(a action) bool { return a.Event == on }) {
		return order.ErrNotFound
	}
	o, err := s.opened(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent("note", "restock", "store_note")
	if err != nil {
		return err
	}
	err = s.Orders.Step(p.Context(), p.Caller, o.ID, on, order.Why{Note: form.Get("note"), Restock: form.Has("restock")})
	link := d.Link("/orders/" + o.ID)
	refused, ok := fault.As(err)
	switch {
	case err == nil:
		p.Leave("Done.")
		return p.See(link)
	case ok && refused.Code == order.ErrState.Code:
		p.Leave("The order has changed in the meantime. See where it stands.")
		return p.See(link)
	case ok && refused.Code == inventory.ErrOutOfStock.Code:
		page, err := s.orderPage(p, d, form)
		if err != nil {
			return err
		}
		if page.Order.StoreNote != nil {
			form.Set("store_note", *page.Order.StoreNote)
		}
		page.Short, _ = refused.Details["lines"].([]order.ShortLine) // of a guest's order; of others the store knows what it has
		page.Refused = p.T("It could not be confirmed: there is not enough of everything. Take out what is missing, or put it on the shelf first.")
		p.Self = link
		return p.ShowStatus(http.StatusConflict, "sell/order", p.T("Order {number}", "number", o.Number), page)
	}
	return err
}

// note keeps what the store wants to remember.
func (s *sell) note(p *frame.Page, d *Desk) error {
	o, err := s.opened(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent("store_note")
	if err != nil {
		return err
	}
	text := form.Get("store_note")
	if err := s.Orders.Change(p.Context(), p.Caller, o.ID, order.ChangeCmd{StoreNote: &text}); err != nil {
		return err
	}
	p.Leave("It is kept.")
	return p.See(d.Link("/orders/" + o.ID))
}

type cutPage struct {
	Desk  *Desk
	Form  *frame.Form
	Order order.View
	Line  order.LineView
	Left  int64
}

var cutFields = []string{"quantity", "restock", "note"}

func (s *sell) cutPage(p *frame.Page, d *Desk, form *frame.Form) (page cutPage, err error) {
	page = cutPage{Desk: d, Form: form}
	if page.Order, err = s.opened(p, d); err != nil {
		return page, err
	}
	i := slices.IndexFunc(page.Order.Lines, func(l order.LineView) bool { return l.ID == p.R.PathValue("line") })
	if i < 0 {
		return page, order.ErrOrderLine
	}
	page.Line = page.Order.Lines[i]
	page.Left = page.Line.Quantity - page.Line.CutQuantity
	return page, nil
}

func (s *sell) askCut(p *frame.Page, d *Desk) error {
	page, err := s.cutPage(p, d, p.Form(cutFields...).Set("quantity", "1"))
	if err != nil {
		return err
	}
	return p.Show("sell/cut", p.T("Take out of the order"), page)
}

// cut takes units that are not there out of an order.
func (s *sell) cut(p *frame.Page, d *Desk) error {
	form, err := p.Sent(cutFields...)
	if err != nil {
		return err
	}
	page, err := s.cutPage(p, d, form)
	if err != nil {
		return err
	}
	n := form.Int("quantity")
	if form.Ok() && n < 1 {
		form.Wrong("quantity", p.T("That is no quantity."))
	}
	if form.Ok() {
		_, err := s.Orders.Cut(form.Once("order.cut"), p.Caller, page.Order.ID, order.CutCmd{Line: page.Line.ID, Quantity: n, Restock: form.Has("restock"), Note: form.Get("note")})
		if err == nil {
			p.Leave("It is taken out. The buyer pays that much less.")
			return p.See(d.Link("/orders/" + page.Order.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("sell/cut", p.T("Take out of the order"), page)
}
