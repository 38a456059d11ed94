package order

import (
	"context"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ErrAdminList refuses everybody's orders to those who are not admins.
var ErrAdminList = fault.New(fault.Forbidden, "forbidden", "Only an admin lists everybody's orders.")

var orderList = db.DefineList(db.List{
	Name: "order.orders",
	Select: "SELECT o.id, o.public_id, o.checkout_id, o.store_id, o.side, o.state, o.cancel_reason, o.method, o.payment_status, o.currency, " +
		"o.goods, o.discount, o.tax, o.delivery, o.total, o.line_count, o.unit_count, o.placed_at, o.updated_at",
	From: "FROM orders o",
	Filters: []db.Filter{
		{Name: "account", SQL: "o.account_id = ?", Type: db.Int},
		{Name: "store", SQL: "o.store_id = ?", Type: db.Int},
		{Name: "state", SQL: "o.state = ?", Type: db.Text},
		{Name: "payment_status", SQL: "o.payment_status = ?", Type: db.Text},
	},
	Sorts: []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "o.placed_at", Type: db.Int}, {Column: "o.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "orders_newest"},
		{Filters: []string{"state"}, Sort: "newest", Index: "orders_state"},
		{Filters: []string{"payment_status"}, Sort: "newest", Index: "orders_payment_status"},
		{Filters: []string{"account"}, Sort: "newest", Index: "orders_account"},
		{Filters: []string{"account", "state"}, Sort: "newest", Index: "orders_account_state"},
		{Filters: []string{"account", "payment_status"}, Sort: "newest", Index: "orders_account_payment"},
		{Filters: []string{"store"}, Sort: "newest", Index: "orders_store"},
		{Filters: []string{"store", "state"}, Sort: "newest", Index: "orders_store_state"},
		{Filters: []string{"store", "payment_status"}, Sort: "newest", Index: "orders_store_payment"},
	},
})

func scanOrder(r db.Scanner) (o orderdb.Order, err error) {
	err = r.Scan(&o.ID, &o.PublicID, &o.CheckoutID, &o.StoreID, &o.Side, &o.State, &o.CancelReason, &o.Method, &o.PaymentStatus, &o.Currency, &o.Goods,
		&o.Discount, &o.Tax, &o.Delivery, &o.Total, &o.LineCount, &o.UnitCount, &o.PlacedAt, &o.UpdatedAt)
	return o, err
}

// ListQuery says whose orders: the caller's own, a store's (for its people), or everybody's (for admins).
type ListQuery struct {
	Store         string
	All           bool
	State         string
	PaymentStatus string
}

// List pages through orders, newest first.
func (s *Service) List(ctx context.Context, caller web.Caller, q ListQuery, page web.PageParams) (out web.Page[Summary], err error) {
	err = s.db.Read(ctx, "order.list", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{}
		switch {
		case q.Store != "":
			b, err := s.stores.Require(ctx, tx, caller, q.Store, store.Orders)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case q.All:
			if !caller.Is(web.RoleAdmin) {
				return ErrAdminList
			}
		default:
			filters["account"] = caller.AccountID
		}
		if q.State != "" {
			filters["state"] = q.State
		}
		if q.PaymentStatus != "" {
			filters["payment_status"] = q.PaymentStatus
		}
		orders, next, err := db.QueryList(ctx, tx, orderList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanOrder)
		if err != nil {
			return err
		}
		items, err := s.summaries(ctx, tx, orders)
		out = web.NewPage(items, next)
		return err
	})
	return out, err
}

// summaries adds stores and checkouts by one query each.
func (s *Service) summaries(ctx context.Context, tx db.Tx, orders []orderdb.Order) ([]Summary, error) {
	stores, checkouts := make([]int64, len(orders)), make([]int64, len(orders))
	for i, o := range orders {
		stores[i], checkouts[i] = o.StoreID, o.CheckoutID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return nil, err
	}
	rows, err := orderdb.New(tx).CheckoutsByID(ctx, checkouts)
	if err != nil {
		return nil, err
	}
	public := make(map[int64]string, len(rows))
	for _, c := range rows {
		public[c.ID] = c.PublicID
	}
	items := make([]Summary, 0, len(orders))
	for _, o := range orders {
		items = append(items, summary(o, public[o.CheckoutID], briefs[o.StoreID]))
	}
	return items, nil
}
