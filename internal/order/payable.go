package order

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
)

// payable tells payment about checkouts.
type payable struct{ s *Service }

// Kind implements payment.Payable.
func (payable) Kind() string { return Kind }

// Lock locks the checkout and its orders.
func (p payable) Lock(ctx context.Context, tx db.Tx, checkout string) error {
	q := orderdb.New(tx)
	id, err := q.HoldCheckout(ctx, checkout)
	if err != nil {
		return err
	}
	_, err = q.HoldOrdersOfCheckout(ctx, id)
	return err
}

// Paid confirms the orders. Late money: each order is reserved again at its frozen price and confirmed, or refused;
// after a customer's cancel every one is refused.
func (p payable) Paid(ctx context.Context, tx db.Tx, pay payment.Payment, late bool) (refused []string, err error) {
	q := orderdb.New(tx)
	c, err := q.GetCheckout(ctx, pay.Payable)
	if err != nil {
		return nil, err
	}
	orders, err := q.OrdersOfCheckout(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	if c.Method != string(pay.Method) {
		err = q.SetCheckoutMethod(ctx, c.ID, string(pay.Method))
	} else {
		err = q.CloseCheckout(ctx, c.ID)
	}
	if err != nil {
		return nil, err
	}
	on := Pay
	var again map[int64][]inventory.Line
	if late {
		on = PayLate
		again, err = p.wanted(ctx, tx, pay, orders)
	} else {
		err = p.s.inventory.SellMany(ctx, tx, publicIDs(orders))
	}
	if err != nil {
		return nil, err
	}
	for i := range orders {
		o := &orders[i]
		rule, ok := Find(State(o.State), on)
		if ok && late {
			if ok, err = p.retake(ctx, tx, again, o); err != nil {
				return nil, err
			}
		}
		o.Captured, o.Method = o.Total, string(pay.Method)
		if ok {
			if err := p.s.promotionIn(ctx, tx, o.PublicID, o.Currency, o.Promotion); err != nil {
				return nil, err
			}
			if err := p.s.move(ctx, tx, o, rule, Why{}, "system"); err != nil {
				return nil, err
			}
			continue
		}
		if o.Total > 0 {
			refused = append(refused, o.PublicID)
			o.Refunded = o.Captured
			if _, err := q.UpdateOrder(ctx, update(*o, State(o.State), o.UpdatedAt)); err != nil {
				return nil, err
			}
		}
	}
	return refused, nil
}

// wanted is what the orders that late money may still have would take, by order. The stock of all of them is locked at
// once, because each order then takes its own.
func (p payable) wanted(ctx context.Context, tx db.Tx, pay payment.Payment, orders []orderdb.Order) (map[int64][]inventory.Line, error) {
	out := map[int64][]inventory.Line{}
	var ids, variants []int64
	for _, o := range orders {
		if !pay.CancelledByPayer() && o.CancelReason == "payment_expired" {
			out[o.ID] = nil
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	lines, err := orderdb.New(tx).LinesOfOrders(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		if l.Tracked {
			out[l.OrderID] = append(out[l.OrderID], inventory.Line{Variant: l.VariantID, Qty: l.Quantity})
			variants = append(variants, l.VariantID)
		}
	}
	return out, p.s.inventory.Lock(ctx, tx, variants)
}

// retake takes the stock of an order again, if the money may still have it.
func (p payable) retake(ctx context.Context, tx db.Tx, again map[int64][]inventory.Line, o *orderdb.Order) (bool, error) {
	lines, may := again[o.ID]
	if !may {
		return false, nil
	}
	err := p.s.inventory.SellNow(ctx, tx, o.PublicID, lines)
	if errors.Is(err, inventory.ErrOutOfStock) {
		return false, nil
	}
	return err == nil, err
}

// Expired cancels the orders and gives their stock back.
func (p payable) Expired(ctx context.Context, tx db.Tx, pay payment.Payment) error {
	q := orderdb.New(tx)
	c, err := q.GetCheckout(ctx, pay.Payable)
	if err != nil {
		return err
	}
	orders, err := q.OrdersOfCheckout(ctx, c.ID)
	if err != nil {
		return err
	}
	return p.s.closeOpen(ctx, tx, c, orders, Expire, "payment_expired", "system")
}
