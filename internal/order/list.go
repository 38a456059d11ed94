package order

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ErrAdminList refuses everybody's orders to those who are not admins.
var ErrAdminList = fault.New(fault.Forbidden, "forbidden", "Only an admin lists everybody's orders.")

var orderList = db.DefineList(db.List{
	Name: "order.orders",
	Select: "SELECT o.id, o.public_id, o.checkout_id, o.store_id, o.account_id, o.side, o.channel, o.reference, o.state, o.cancel_reason, o.method, o.payment_status, o.currency, " +
		"o.goods, o.discount, o.tax, o.delivery, o.total, o.fee, o.captured, o.refunded, o.line_count, o.unit_count, o.placed_at, o.updated_at, o.disputed, o.frozen",
	From: "FROM orders o",
	Filters: []db.Filter{
		{Name: "account", SQL: "o.account_id = ?", Type: db.Int},
		{Name: "store", SQL: "o.store_id = ?", Type: db.Int},
		{Name: "state", SQL: "o.state = ?", Type: db.Text},
		{Name: "payment_status", SQL: "o.payment_status = ?", Type: db.Text},
		{Name: "side", SQL: "o.side = ?", Type: db.Text},
		{Name: "customer", SQL: "o.side = 'buyback' AND o.account_id = ?", Type: db.Int}, // as the partial index has it
		{Name: "bought", SQL: "o.side = 'buyback' AND o.side = ?", Type: db.Text},
		{Name: "channel", SQL: "o.channel = ?", Type: db.Text},
		{Name: "guest", SQL: "o.channel = 'guest' AND o.channel = ?", Type: db.Text}, // as the partial index has it
		{Name: "reference", SQL: "o.reference <> '' AND o.reference = ?", Type: db.Text},
		{Name: "number", SQL: "o.id = ?", Type: db.Int},
		{Name: "first", SQL: "o.id >= ?", Type: db.Int},
		{Name: "last", SQL: "o.id <= ?", Type: db.Int},
		{Name: "from", SQL: "o.placed_at >= ?", Type: db.Int},
		{Name: "to", SQL: "o.placed_at < ?", Type: db.Int},
	},
	// Orders are numbered as they are placed.
	Sorts:  []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "o.id", Type: db.Int}}}},
	Combos: orderCombos(),
})

// orderCombos are the combinations of whose orders, one narrow condition with an index of its own, a time, and conditions
// that are tested on the rows that the index gives. A time is looked up first: it is a run of numbers.
func orderCombos() (out []db.Combo) {
	type narrow struct {
		index         string
		filters, post []string
	}
	whose := map[string][]narrow{
		"": {
			{"orders_pkey", nil, nil}, {"orders_in_state", []string{"state"}, nil}, {"orders_in_payment", []string{"payment_status"}, nil},
			{"orders_in_state", []string{"state"}, []string{"payment_status"}}, {"orders_by_guest", []string{"guest"}, nil},
			{"orders_by_guest", []string{"guest"}, []string{"state"}}, {"orders_referred", []string{"reference"}, nil},
			{"orders_bought", []string{"bought"}, nil}, {"orders_bought", []string{"bought"}, []string{"state"}}, {"orders_pkey", []string{"number"}, nil},
		},
		"store": {
			{"orders_of_store", []string{"store"}, nil}, {"orders_of_store_in_state", []string{"store", "state"}, nil},
			{"orders_of_store_in_payment", []string{"store", "payment_status"}, nil}, {"orders_of_store_in_state", []string{"store", "state"}, []string{"payment_status"}},
			{"orders_of_store_by_guest", []string{"store", "guest"}, nil}, {"orders_of_store_by_guest", []string{"store", "guest"}, []string{"state"}},
			{"orders_of_store_bought", []string{"store", "bought"}, nil}, {"orders_of_store_bought", []string{"store", "bought"}, []string{"state"}},
			{"orders_of_store_of_customer", []string{"store", "customer"}, nil}, {"orders_of_store_of_customer", []string{"store", "customer"}, []string{"state"}},
			{"orders_referred", []string{"reference"}, []string{"store"}}, {"orders_pkey", []string{"number"}, []string{"store"}},
		},
		"account": {
			{"orders_of_account", []string{"account"}, nil}, {"orders_of_account", []string{"account"}, []string{"state"}},
			{"orders_of_account", []string{"account"}, []string{"payment_status"}}, {"orders_of_account", []string{"account"}, []string{"state", "payment_status"}},
			{"orders_of_account", []string{"account"}, []string{"channel"}}, {"orders_of_account", []string{"account"}, []string{"channel", "state"}},
			{"orders_referred", []string{"reference"}, []string{"account"}}, {"orders_pkey", []string{"number"}, []string{"account"}},
		},
	}
	for _, who := range []string{"", "store", "account"} {
		for _, n := range whose[who] {
			alone := slices.Contains(n.filters, "number") || slices.Contains(n.filters, "reference")
			for _, side := range [][]string{nil, {"side"}} {
				if slices.Contains(n.filters, "bought") || slices.Contains(n.filters, "customer") {
					if side != nil {
						continue // the index says it
					}
					alone = true
				}
				c := db.Combo{Filters: n.filters, Post: slices.Concat(n.post, side), Sort: "newest", Index: n.index}
				if len(c.Post) == 0 {
					c.Post = nil
				}
				out = append(out, c)
				if alone {
					continue
				}
				if who == "store" && !slices.Contains(n.filters, "guest") { // a store's time is short enough to be looked through
					c.Filters, c.Post, c.Index = []string{"store"}, slices.Concat(n.filters[1:], c.Post), "orders_of_store"
				}
				c.Filters, c.Post = slices.Concat(c.Filters, []string{"first", "last"}), slices.Concat(c.Post, []string{"from", "to"})
				out = append(out, c)
			}
		}
	}
	return out
}

func scanOrder(r db.Scanner) (o orderdb.Order, err error) {
	err = r.Scan(&o.ID, &o.PublicID, &o.CheckoutID, &o.StoreID, &o.AccountID, &o.Side, &o.Channel, &o.Reference, &o.State, &o.CancelReason, &o.Method,
		&o.PaymentStatus, &o.Currency, &o.Goods, &o.Discount, &o.Tax, &o.Delivery, &o.Total, &o.Fee, &o.Captured, &o.Refunded, &o.LineCount, &o.UnitCount,
		&o.PlacedAt, &o.UpdatedAt, &o.Disputed, &o.Frozen)
	return o, err
}

// ListQuery says whose orders (the caller's own, a store's for its people, everybody's for admins), and which of them.
type ListQuery struct {
	Store         string
	All           bool
	State         string
	PaymentStatus string
	Side          string
	Customer      string // a store's orders of the side buyback of one account
	Channel       string
	Reference     string
	Number        string // as on paper: H-000042
	From, To      time.Time
}

// List pages through orders, newest first.
func (s *Service) List(ctx context.Context, caller web.Caller, q ListQuery, page web.PageParams) (out web.Page[Summary], err error) {
	err = s.db.Read(ctx, "order.list", func(ctx context.Context, tx db.Tx) error {
		orders, next, err := s.listed(ctx, tx, caller, q, page)
		if err != nil {
			return err
		}
		items, err := s.summaries(ctx, tx, caller, q.Store != "", orders)
		out = web.NewPage(items, next)
		return err
	})
	return out, err
}

func (s *Service) listed(ctx context.Context, tx db.Tx, caller web.Caller, q ListQuery, page web.PageParams) ([]orderdb.Order, string, error) {
	filters := map[string]any{}
	switch {
	case q.Store != "":
		b, err := s.stores.Require(ctx, tx, caller, q.Store, store.Orders)
		if err != nil {
			return nil, "", err
		}
		filters["store"] = b.ID
	case q.All:
		if !caller.Is(web.RoleAdmin) {
			return nil, "", ErrAdminList
		}
	default:
		filters["account"] = caller.AccountID
	}
	for name, value := range map[string]string{"state": q.State, "payment_status": q.PaymentStatus, "side": q.Side, "channel": q.Channel, "reference": q.Reference} {
		if value != "" {
			filters[name] = value
		}
	}
	if _, own := filters["account"]; q.Channel == byGuest && !own {
		delete(filters, "channel")
		filters["guest"] = byGuest
	}
	if err := s.bought(ctx, tx, q, filters); err != nil {
		return nil, "", err
	}
	if q.Number != "" {
		n, ok := numbered(q.Number)
		if !ok {
			return nil, "", nil
		}
		filters["number"] = n
	}
	if !q.From.IsZero() || !q.To.IsZero() {
		if err := s.within(ctx, tx, q, filters); err != nil {
			return nil, "", err
		}
	}
	return db.QueryList(ctx, tx, orderList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor}, scanOrder)
}

// bought narrows the side buyback by an index of its own, where there is one. Error: identity.ErrAccountNotFound.
func (s *Service) bought(ctx context.Context, tx db.Tx, q ListQuery, filters map[string]any) error {
	switch {
	case q.Customer != "":
		a, err := s.identity.Find(ctx, tx, q.Customer)
		if err != nil {
			return err
		}
		delete(filters, "side")
		filters["customer"] = a.ID
	case q.Side == buyback && filters["account"] == nil && q.PaymentStatus == "" && q.Channel == "" && q.Reference == "" && q.Number == "" && q.From.IsZero() && q.To.IsZero():
		delete(filters, "side")
		filters["bought"] = buyback
	}
	return nil
}

// numbered reads a number as on paper, with or without what stands before the digits.
func numbered(s string) (int64, bool) {
	s = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(s)), "H-")
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n > 0
}

// within turns a time into the run of numbers that its orders have, and some more on both sides, which the exact times
// are tested on.
func (s *Service) within(ctx context.Context, tx db.Tx, q ListQuery, filters map[string]any) error {
	var from, to int64 = 0, noTimer
	if !q.From.IsZero() {
		from = clock.Micro(q.From)
	}
	if !q.To.IsZero() {
		to = clock.Micro(q.To)
	}
	first, err := firstPlaced(ctx, tx, from-db.ClockSkew.Microseconds())
	if err != nil {
		return err
	}
	last, err := firstPlaced(ctx, tx, to+db.ClockSkew.Microseconds())
	if err != nil {
		return err
	}
	filters["first"], filters["last"], filters["from"], filters["to"] = first, last, from, to
	return nil
}

// firstPlaced is the number of the first order that was placed at a time or later.
func firstPlaced(ctx context.Context, tx db.Tx, at int64) (int64, error) {
	q := orderdb.New(tx)
	last, err := q.LastOrder(ctx)
	if err != nil {
		return 0, err
	}
	return db.FirstAt(last, at, func(id int64) (int64, int64, error) {
		row, err := q.OrderFrom(ctx, id)
		return row.ID, row.PlacedAt, err
	})
}

// summaries adds stores and checkouts by one query each. asStore: the caller looks at a store of his.
func (s *Service) summaries(ctx context.Context, tx db.Tx, caller web.Caller, asStore bool, orders []orderdb.Order) ([]Summary, error) {
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
		v := summary(o, public[o.CheckoutID], briefs[o.StoreID])
		v.Actions = actions(o, listParties(caller, asStore, o)...)
		items = append(items, v)
	}
	return items, nil
}

// listParties are the parts that the caller has in an order that a list shows him.
func listParties(caller web.Caller, asStore bool, o orderdb.Order) (out []Party) {
	if caller.SignedIn() && o.AccountID == caller.AccountID {
		out = append(out, Buyer)
	}
	switch {
	case caller.Is(web.RoleAdmin):
		out = append(out, Store, Admin)
	case asStore:
		out = append(out, Store)
	}
	return out
}
