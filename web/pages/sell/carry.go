package sell

import (
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

type saleRow struct {
	delivery.SaleView
	Badge   Badge
	Carried Badge
	Others  []otherPart // where the order goes in several
	Link    string
	Steps   []action // that the store takes itself
}

// otherPart is a delivery beside the newest one.
type otherPart struct {
	Number string
	Badge  Badge
}

type salesPage struct {
	Desk  *Desk
	Tabs  []tab
	Items []saleRow
	pager
}

// ownSteps are what a store does that carries its goods itself.
var ownSteps = []order.Event{order.Ship, order.Deliver}

// sales are the store's orders with what carries each.
func (s *sell) sales(p *frame.Page, d *Desk) error {
	state := p.R.URL.Query().Get("state")
	var options []frame.Option
	for _, o := range OrderStates(p) {
		switch order.State(o.Value) {
		case "", order.Confirmed, order.Processing, order.Shipped, order.Delivered, order.Completed, order.Returning:
			options = append(options, o)
		}
	}
	list, err := s.Delivery.Sales(p.Context(), p.Caller, d.PublicID, state, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := salesPage{Desk: d, Tabs: tabs(p, "state", options)}
	for _, v := range list.Items {
		row := saleRow{SaleView: v, Badge: OrderBadge(p, v.State), Link: d.Link("/orders/" + v.ID)}
		if v.Delivery != nil {
			row.Carried = CarryBadge(p, v.Delivery.State)
			for _, d := range v.Parts {
				if d.ID != v.Delivery.ID {
					row.Others = append(row.Others, otherPart{d.Tracking, CarryBadge(p, d.State)})
				}
			}
		}
		if v.Own {
			row.Steps = ownOf(p, v)
		}
		page.Items = append(page.Items, row)
	}
	next := ""
	if list.NextCursor != nil {
		next = *list.NextCursor
	}
	page.set(p, next)
	return p.Show("sell/sales", p.T("Deliveries"), page)
}

func ownOf(p *frame.Page, v delivery.SaleView) (out []action) {
	for _, a := range steps {
		for _, on := range ownSteps {
			if a.Event != on {
				continue
			}
			for _, may := range v.Actions {
				if may == on {
					out = append(out, action{Event: on, Text: p.T(a.Text)})
				}
			}
		}
	}
	return out
}

// partRow is a delivery of an order, or of a part of it.
type partRow struct {
	delivery.View
	Badge Badge
	May   map[string]bool
}

// mostParts is how many deliveries of one order a page shows.
const mostParts = 50

// parts are what carries an order of this store or has carried it, the newest first.
func (s *sell) parts(p *frame.Page, d *Desk, id string) ([]partRow, error) {
	list, err := s.Delivery.List(p.Context(), p.Caller, delivery.Selection{Store: d.PublicID, Order: id}, web.PageParams{Limit: mostParts})
	if err != nil {
		return nil, err
	}
	out := make([]partRow, len(list.Items))
	for i, v := range list.Items {
		out[i] = partRow{View: v, Badge: CarryBadge(p, v.State), May: map[string]bool{}}
		for _, a := range v.Actions {
			out[i].May[string(a)] = true
		}
	}
	return out, nil
}

// freeLine is a line of which some units are in no delivery.
type freeLine struct {
	ID, Title string
	Left      int64
	Number    int
}

// freeLines are what can still be given to a courier: before it is shipped, and once a courier has a part of it.
func freeLines(o order.View, parts []partRow) (out []freeLine) {
	live, picked := false, false
	for _, d := range parts {
		live = live || d.State.Open() || d.State == delivery.Delivered
		picked = picked || d.PickedUpAt != nil
	}
	ready := o.State == order.Confirmed || o.State == order.Processing || o.State == order.Shipped && picked
	carried := false
	for _, l := range o.Lines {
		carried = carried || l.Carried > 0
	}
	if !ready || live && !carried { // one that carries all
		return nil
	}
	for i, l := range o.Lines {
		if left := l.Quantity - l.CutQuantity - l.Carried; left > 0 {
			title := l.Title
			if l.VariantTitle != "" {
				title += ", " + l.VariantTitle
			}
			out = append(out, freeLine{l.ID, title, left, i + 1})
		}
	}
	return out
}

// askCourier makes a delivery for an order of this store: of the lines that the form names, else of all that is left.
func (s *sell) askCourier(p *frame.Page, d *Desk) error {
	o, err := s.opened(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent("line", "units", "fee")
	if err != nil {
		return err
	}
	n := delivery.NewDelivery{Order: o.ID, Fee: strings.ReplaceAll(form.Digits("fee"), ",", "")}
	lines, units := form.All("line"), form.All("units")
	for i, line := range lines {
		if i >= len(units) {
			break
		}
		many, err := strconv.ParseInt(lang.Digits(strings.TrimSpace(units[i])), 10, 64)
		switch {
		case strings.TrimSpace(units[i]) == "" || err == nil && many == 0:
		case err != nil:
			return delivery.ErrLines
		default:
			n.Lines = append(n.Lines, delivery.LineUnits{Line: line, Units: many})
		}
	}
	if len(lines) > 0 && len(n.Lines) == 0 {
		p.Leave("Say how many of what the courier is to carry.")
		return p.See(d.Link("/orders/" + o.ID))
	}
	// Sent twice it makes one: no unit is carried twice.
	if _, _, err := s.Delivery.Create(form.Once("delivery.create"), p.Caller, n); err != nil {
		return err
	}
	p.Leave("Couriers see it now.")
	if len(lines) > 0 {
		return p.See(d.Link("/orders/" + o.ID))
	}
	return p.See(d.Link("/sales"))
}

// callOff ends a delivery that nobody has picked up, of an order of this store.
func (s *sell) callOff(p *frame.Page, d *Desk) error {
	o, err := s.opened(p, d)
	if err != nil {
		return err
	}
	part, err := s.part(p, d, o.ID)
	if err != nil {
		return err
	}
	if err := s.Delivery.Cancel(p.Context(), p.Caller, part.ID, delivery.Note{}); err != nil {
		return err
	}
	p.Leave("Done.")
	if o.Buyback != nil {
		return p.See(d.Link("/pickups/" + o.ID))
	}
	return p.See(d.Link("/orders/" + o.ID))
}

// part is the delivery that the address names, of this order. Errors: delivery.ErrNotFound.
func (s *sell) part(p *frame.Page, d *Desk, id string) (partRow, error) {
	parts, err := s.parts(p, d, id)
	for _, x := range parts {
		if x.ID == p.R.PathValue("delivery") {
			return x, nil
		}
	}
	if err == nil {
		err = delivery.ErrNotFound
	}
	return partRow{}, err
}
