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
	c, err := q.LockCheckout(ctx, checkout)
	if err != nil {
		return err
	}
	_, err = q.LockOrdersOfCheckout(ctx, c.ID)
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
	if late {
		on = PayLate
	} else if err := p.s.inventory.SellMany(ctx, tx, publicIDs(orders)); err != nil {
		return nil, err
	}
	for i := range orders {
		o := &orders[i]
		rule, ok := Find(State(o.State), on)
		if ok && late {
			ok, err = p.retake(ctx, tx, pay, o)
			if err != nil {
				return nil, err
			}
		}
		o.Captured, o.Method = o.Total, string(pay.Method)
		if ok {
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

// retake takes the stock of an order again, if the money may still have it.
func (p payable) retake(ctx context.Context, tx db.Tx, pay payment.Payment, o *orderdb.Order) (bool, error) {
	if pay.CancelledByPayer() || o.CancelReason != "payment_expired" {
		return false, nil
	}
	lines, err := orderdb.New(tx).LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return false, err
	}
	var demand []inventory.Line
	for _, l := range lines {
		if l.Tracked {
			demand = append(demand, inventory.Line{Variant: l.VariantID, Qty: l.Quantity})
		}
	}
	err = p.s.inventory.SellNow(ctx, tx, o.PublicID, demand)
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
