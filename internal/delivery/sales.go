package delivery

import (
	"context"
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
	Delivery *SaleDelivery `json:"delivery,omitempty" doc:"Absent where no courier was asked: the store carries it itself"`
	Own      bool          `json:"own_delivery" doc:"The store carries it itself, and says with POST /v1/orders/{id}/deliver that it is there"`
	MayAsk   bool          `json:"may_ask_courier" doc:"A courier can be asked to carry it, with POST /v1/deliveries"`
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

// saleSide is the side of orders whose goods go from the store to the buyer.
const saleSide = "sale"

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
	carried := map[string]*SaleDelivery{}
	err = s.db.Read(ctx, "delivery.sales", func(ctx context.Context, tx db.Tx) error {
		rows, err := deliverydb.New(tx).LastOfOrders(ctx, refs)
		if err != nil {
			return err
		}
		names, err := s.names(ctx, tx, rows)
		for _, d := range rows {
			carried[d.OrderRef] = s.saleDelivery(d, names)
		}
		return err
	})
	items := make([]SaleView, len(list.Items))
	for i, o := range list.Items {
		d := carried[o.ID]
		own := d == nil || d.State == Cancelled
		items[i] = SaleView{o, d, own, own && o.Side == saleSide && (o.State == order.Confirmed || o.State == order.Processing)}
	}
	return web.Page[SaleView]{Items: items, NextCursor: list.NextCursor}, err
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
