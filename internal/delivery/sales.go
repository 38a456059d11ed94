package delivery

import (
	"context"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// SaleView is an order of a store with what carries it.
type SaleView struct {
	order.Summary
	Delivery *SaleDelivery  `json:"delivery,omitempty" doc:"The newest; absent where no courier was asked: the store carries it itself"`
	Parts    []SaleDelivery `json:"deliveries" doc:"All that carry it or brought it, the oldest first"`
	Own      bool           `json:"own_delivery" doc:"The store carries it itself, and says with POST /v1/orders/{id}/deliver that it is there"`
	MayAsk   bool           `json:"may_ask_courier" doc:"A courier can be asked to carry it, with POST /v1/deliveries"`
}

// SaleDelivery is where the delivery of a sale stands.
type SaleDelivery struct {
	ID       string       `json:"id"`
	Tracking string       `json:"tracking_number"`
	State    State        `json:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	Courier  *CourierName `json:"courier,omitempty"`
	EtaAt    *time.Time   `json:"estimated_delivery_at" nullable:"true"`
	Late     bool         `json:"late" doc:"It should have moved on by now"`
	Proof    string       `json:"proof"`
}

type salesIn struct {
	ByID
	web.PageParams
	State string `query:"state" enum:"awaiting_payment,pending,confirmed,processing,shipped,delivered,completed,cancelled,returning,returned"`
}

// Sales pages through a store's orders, newest first, each with what carries it. Errors: those of the store's rights,
// db.ErrInvalidCursor.
func (s *Service) Sales(ctx context.Context, caller web.Caller, store, state string, page web.PageParams) (out web.Page[SaleView], err error) {
	list, err := s.orders.List(ctx, caller, order.ListQuery{Store: store, State: state}, page)
	if err != nil {
		return out, err
	}
	refs := make([]string, len(list.Items))
	for i, o := range list.Items {
		refs[i] = o.ID
	}
	carried, parts := map[string]*SaleDelivery{}, map[string][]SaleDelivery{}
	var units map[string]map[string]order.Units
	err = s.db.Read(ctx, "delivery.sales", func(ctx context.Context, tx db.Tx) error {
		rows, err := deliverydb.New(tx).LastOfOrders(ctx, refs)
		if err != nil {
			return err
		}
		live, err := deliverydb.New(tx).LiveOfOrders(ctx, refs, mostParts)
		if err != nil {
			return err
		}
		names, err := s.names(ctx, tx, slices.Concat(rows, live))
		if err != nil {
			return err
		}
		clear(parts)
		for _, d := range rows {
			carried[d.OrderRef] = s.saleDelivery(d, names)
		}
		for _, d := range live {
			parts[d.OrderRef] = append(parts[d.OrderRef], *s.saleDelivery(d, names))
		}
		units, err = s.orders.UnitsOf(ctx, tx, refs)
		return err
	})
	items := make([]SaleView, len(list.Items))
	for i, o := range list.Items {
		items[i] = saleView(o, carried[o.ID], parts[o.ID], units[o.ID])
	}
	return web.Page[SaleView]{Items: items, NextCursor: list.NextCursor}, err
}

// mostParts bounds what is read for a page of orders; each has a handful at most.
const mostParts = 2000

// saleView says of an order what carries it, and whether a courier can be asked for more of it.
func saleView(o order.Summary, last *SaleDelivery, parts []SaleDelivery, units map[string]order.Units) SaleView {
	if parts == nil {
		parts = []SaleDelivery{}
	}
	v := SaleView{Summary: o, Delivery: last, Parts: parts, Own: last == nil || last.State == Cancelled}
	free, carried, open := int64(0), int64(0), false
	for _, u := range units {
		free, carried = free+u.Left-u.Carried, carried+u.Carried
	}
	for _, d := range parts {
		open = open || d.State.Open()
	}
	whole := len(parts) > 0 && carried == 0 // made before deliveries had lines
	switch o.State {
	case order.Confirmed, order.Processing:
		v.MayAsk = o.Side == sale && free > 0 && !whole || o.Side == buyback && o.State == order.Confirmed && len(parts) == 0
	case order.Shipped:
		v.MayAsk = free > 0 && !whole && !v.Own && o.Side == sale
		v.Own = v.Own || !open
	}
	return v
}

func (s *Service) saleDelivery(d deliverydb.Delivery, names map[int64]CourierName) *SaleDelivery {
	out := &SaleDelivery{ID: d.PublicID, Tracking: d.Tracking, State: State(d.State), EtaAt: timeOf(d.EtaAt), Late: d.Open && timeOf(&d.DueAt).Before(s.clock.Now()), Proof: d.Proof}
	if d.CourierID != nil {
		if name, ok := names[*d.CourierID]; ok {
			out.Courier = &name
		}
	}
	return out
}

func (s *Service) mountSales(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	web.Register(api, op("GET", "/v1/stores/{id}/sales", "sales", "A store's orders with what carries each, newest first", web.Owner,
		store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, db.ErrInvalidCursor, db.ErrUnsupportedFilter),
		func(ctx context.Context, in *salesIn) (*one[web.Page[SaleView]], error) {
			out, err := s.Sales(ctx, web.CallerFrom(ctx), in.ID, in.State, in.PageParams)
			return &one[web.Page[SaleView]]{out}, err
		})
}
