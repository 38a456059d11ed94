package order

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
)

// Bought is a completed order of the side buyback, as a statement of its store has it.
type Bought struct {
	Pickup      int64 // what pages go by
	Key         int64
	ID          string
	Number      string
	Total       int64 // the order's total: lines, tax and percent
	Currency    money.Currency
	CompletedAt time.Time
}

// BoughtStores are stores that bought something in a month of the market's calendar, after one, at most 200. It joins the
// caller's transaction.
func (s *Service) BoughtStores(ctx context.Context, tx db.Tx, month string, after int64) ([]int64, error) {
	return orderdb.New(tx).BoughtStores(ctx, month, after)
}

// BoughtBy is what a store bought in a month, after a pickup. It joins the caller's transaction.
func (s *Service) BoughtBy(ctx context.Context, tx db.Tx, month string, store, after int64, limit int32) ([]Bought, error) {
	rows, err := orderdb.New(tx).BoughtOrders(ctx, month, store, after, limit)
	out := make([]Bought, len(rows))
	for i, r := range rows {
		out[i] = Bought{Pickup: r.ID, Key: r.OrderID, ID: r.PublicID, Number: Number(r.OrderID), Total: r.Total + r.Fee, Currency: money.Currency(r.Currency), CompletedAt: clock.Time(*r.CompletedAt)}
	}
	return out, err
}
