package order

import (
	"context"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// maxUnanswered is how many checkouts in cash an account may have that a store has not answered: each holds goods back
// for a day, and costs whoever orders nothing.
const maxUnanswered = 20

// mayOwe bounds how many checkouts an account can have without paying. The cart's lock stands before it, so the
// account's next checkout counts this one.
func (s *Service) mayOwe(ctx context.Context, tx db.Tx, caller web.Caller, settings market.Settings, state State) error {
	q := orderdb.New(tx)
	var open, most int64
	var err error
	switch state {
	case AwaitingPayment:
		most = settings.MaxUnpaidCheckouts
		open, err = q.CountOpenCheckouts(ctx, caller.AccountID)
	case Pending:
		most = maxUnanswered
		open, err = q.CountUnanswered(ctx, caller.AccountID)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	if open >= most {
		return ErrTooManyUnpaid.With("limit", most)
	}
	return nil
}

// mayHold bounds how much of one thing an account can hold back from other buyers without having paid, over all its
// checkouts: several small ones hold as much as a large one. What is sold as it is made holds nobody up.
func (s *Service) mayHold(ctx context.Context, tx db.Tx, caller web.Caller, b *basket, state State) error {
	if state != AwaitingPayment && state != Pending {
		return nil
	}
	wanted := map[int64]int64{}
	ids := make([]int64, 0, len(b.lines))
	for _, l := range b.lines {
		if l.sell.TrackStock {
			if _, seen := wanted[l.sell.VariantID]; !seen {
				ids = append(ids, l.sell.VariantID)
			}
			wanted[l.sell.VariantID] += l.cart.Qty // each bounded, and there are not many lines
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := orderdb.New(tx).HeldBy(ctx, caller.AccountID, ids)
	if err != nil {
		return err
	}
	held := make(map[int64]int64, len(rows))
	for _, r := range rows {
		held[r.VariantID] = r.Quantity
	}
	for _, l := range b.lines {
		id := l.sell.VariantID
		if most := b.settings.MaxReserved; l.sell.TrackStock && wanted[id] > most-held[id] {
			return ErrTooMuchReserved.With("variant", l.sell.Variant).With("limit", most).With("held", held[id])
		}
	}
	return nil
}
