package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// sale is the side of orders in which the store sells.
const sale = "sale"

// placed is a checkout as it was written, so that nobody needs to read it back. Of a repeat only the id is known.
type placed struct {
	row     orderdb.Checkout
	orders  []orderdb.Order
	stores  map[int64]store.Brief
	payment *payment.Payment // nil when nothing is to be paid
}

func (b *basket) briefs() map[int64]store.Brief {
	out := make(map[int64]store.Brief, len(b.stores))
	for _, st := range b.stores {
		out[st.id] = st.brief
	}
	return out
}

// view shows a checkout that was written a moment ago, or read.
func (p placed) view(caller web.Caller) (CheckoutView, error) {
	c := p.row
	v := CheckoutView{
		ID: c.PublicID, Currency: c.Currency, Method: c.Method, Note: c.Note, PlacedAt: clock.Time(c.PlacedAt), Orders: make([]Summary, 0, len(p.orders)),
		Totals: view(Totals{c.Goods, c.Discount, c.Tax, c.Delivery, c.Total, c.LineCount, c.UnitCount}, money.Currency(c.Currency)),
	}
	var fee int64
	for _, o := range p.orders {
		fee += o.Fee
		one := summary(o, c.PublicID, p.stores[o.StoreID])
		one.Actions = actions(o, listParties(caller, false, o)...)
		v.Orders = append(v.Orders, one)
	}
	if c.Side == buyback {
		v.Totals = v.Totals.withFee(c.Total, fee, money.Currency(c.Currency))
	}
	if p.payment != nil {
		pv := p.payment.View()
		v.Payment = &pv
	}
	return v, errors.Join(json.Unmarshal([]byte(c.Contact), &v.Contact), json.Unmarshal([]byte(c.Address), &v.Address))
}

// insertOrders writes the orders, one for each store, and their lines.
func (s *Service) insertOrders(ctx context.Context, q *orderdb.Queries, caller web.Caller, b *basket, checkout int64, method string, state State) ([]orderdb.Order, error) {
	now := s.clock.Now()
	due := noTimer
	if state == Pending {
		due = clock.Micro(now.Add(cashAnswer))
	}
	var confirmed *int64
	if state == Confirmed {
		at := clock.Micro(now)
		confirmed = &at
	}
	orders := make([]orderdb.Order, len(b.stores))
	var lines []orderdb.InsertLinesParams
	for i, st := range b.stores {
		captured := int64(0)
		if state == Confirmed {
			captured = st.totals.Total
		}
		o := orderdb.Order{
			PublicID: code.ID("ord"), CheckoutID: checkout, StoreID: st.id, AccountID: caller.AccountID, Side: sale, Channel: byCheckout, State: string(state), Method: method,
			PaymentStatus: status(st.totals.Total, captured, 0), Currency: string(b.currency), Goods: st.totals.Goods, Discount: st.totals.Discount,
			Tax: st.totals.Tax, Delivery: st.totals.Delivery, Total: st.totals.Total, Fee: st.fee, Captured: captured, LineCount: st.totals.Lines,
			UnitCount: st.totals.Units, PlacedAt: clock.Micro(now), DueAt: due, ConfirmedAt: confirmed, UpdatedAt: clock.Micro(now), Promotion: st.promotion,
		}
		var err error
		o.ID, err = q.InsertOrder(ctx, orderdb.InsertOrderParams{
			PublicID: o.PublicID, CheckoutID: o.CheckoutID, StoreID: o.StoreID, AccountID: o.AccountID, Side: o.Side, State: o.State, Method: o.Method,
			PaymentStatus: o.PaymentStatus, Currency: o.Currency, Goods: o.Goods, Discount: o.Discount, Tax: o.Tax, Delivery: o.Delivery,
			Total: o.Total, Fee: o.Fee, Captured: o.Captured, LineCount: o.LineCount, UnitCount: o.UnitCount, PlacedAt: o.PlacedAt, DueAt: o.DueAt,
			ConfirmedAt: o.ConfirmedAt, Promotion: o.Promotion,
		})
		if err != nil {
			return nil, fmt.Errorf("insert order: %w", err)
		}
		orders[i] = o
		for _, l := range st.lines {
			lines = append(lines, lineRow(o.ID, l))
		}
	}
	var failed error
	q.InsertLines(ctx, lines).Exec(func(_ int, err error) { failed = errors.Join(failed, err) })
	return orders, failed
}

func lineRow(order int64, l basketLine) orderdb.InsertLinesParams {
	options, _ := json.Marshal(l.sell.Options) // names and values: strings always encode
	if l.sell.Options == nil {
		options = []byte("[]")
	}
	row := orderdb.InsertLinesParams{
		PublicID: code.ID("oln"), OrderID: order, VariantID: l.sell.VariantID, Variant: l.sell.Variant, Product: l.sell.Product, Title: l.sell.Title,
		VariantTitle: l.sell.VariantTitle, Options: string(options), Sku: l.sell.SKU, Barcode: l.sell.Barcode, Tracked: l.sell.TrackStock,
		Weight: l.sell.Weight, UnitPrice: l.sell.Price, Quantity: l.cart.Qty, Goods: l.priced.goods, Discount: l.priced.discount, TaxBp: l.priced.taxRate,
		Tax: l.priced.tax, Total: l.priced.total, Fee: l.priced.fee, ListPrice: l.sell.ListPrice, TaxCode: l.sell.TaxCode, Image: file(l.sell.Image),
	}
	if d := l.sell.Discount; d != nil {
		row.DiscountRef, row.DiscountTitle, row.DiscountBy = d.ID, d.Title, string(d.By)
	}
	return row
}

// file names a picture that is kept with a line; nil where there is none.
func file(name string) *string {
	if name == "" {
		return nil
	}
	return &name
}
