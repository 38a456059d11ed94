package order

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
)

// soldTypes are the events that sold looks at.
var soldTypes = []string{"order.placed", "order." + string(Confirmed), "order." + string(Cancelled), "order." + string(Returned)}

// popularity follows what becomes of orders and tells the catalogue how many units were sold: those of orders that were
// confirmed and not called off or sent back. What it writes is in the transaction that stores the follower's place, so
// each is counted once.
func (s *Service) popularity(ctx context.Context, events []event.Event) (event.Apply, error) {
	sign := map[string]int64{}
	var orders []string
	for _, e := range events {
		n := sold(e)
		if n == 0 {
			continue
		}
		if _, ok := sign[e.Subject]; !ok {
			orders = append(orders, e.Subject)
		}
		sign[e.Subject] += n
	}
	if len(orders) == 0 {
		return nil, nil
	}
	units := map[string]int64{}
	err := s.db.Read(ctx, "order.popularity", func(ctx context.Context, tx db.Tx) error {
		rows, err := orderdb.New(tx).UnitsOfOrders(ctx, orders) // a line's product and quantity never change
		if err != nil {
			return fmt.Errorf("units of orders: %w", err)
		}
		clear(units)
		for _, r := range rows {
			units[r.Product] += sign[r.OrderRef] * r.Quantity
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, tx db.Tx) error { return s.catalog.Sold(ctx, tx, units) }, nil
}

// sold says whether an event makes an order's goods sold (1), or not sold any more (-1).
func sold(e event.Event) int64 {
	text := func(fact string) State {
		v, _ := e.Facts[fact].(string)
		return State(v)
	}
	switch e.Type {
	case "order.placed":
		if text("state") == Confirmed {
			return 1
		}
	case "order." + string(Confirmed):
		return 1
	case "order." + string(Cancelled):
		if from := text("from"); from != AwaitingPayment && from != Pending {
			return -1
		}
	case "order." + string(Returned):
		return -1
	}
	return 0
}
