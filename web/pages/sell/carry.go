package sell

import (
	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
)

type saleRow struct {
	delivery.SaleView
	Badge   Badge
	Carried Badge
	Link    string
	Steps   []action // that the store takes itself
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

// askCourier makes a delivery for an order of this store.
func (s *sell) askCourier(p *frame.Page, d *Desk) error {
	o, err := s.opened(p, d)
	if err != nil {
		return err
	}
	// Sent twice it makes one: an order has one open delivery at most.
	if _, _, err := s.Delivery.Create(p.Context(), p.Caller, delivery.NewDelivery{Order: o.ID}); err != nil {
		return err
	}
	p.Leave("Couriers see it now.")
	return p.See(d.Link("/sales"))
}
