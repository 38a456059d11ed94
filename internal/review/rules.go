package review

import (
	"context"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/review/reviewdb"
)

// Rules are what haat verify checks of reviews.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "review.counts", About: "how many gave how many stars is what the shown reviews of the store or product say", Check: s.checkCounts},
		{Name: "review.bought", About: "what somebody says is of his own order, of that store, and the order is done", Check: s.checkBought},
	}
}

func (s *Service) checkCounts(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	if err := s.checkStores(ctx, tx, report); err != nil {
		return err
	}
	if err := s.checkProducts(ctx, tx, report); err != nil {
		return err
	}
	q := reviewdb.New(tx)
	stores, err := q.UncountedStores(ctx)
	if err != nil {
		return err
	}
	for _, id := range stores {
		report("store %d has reviews that are not counted", id)
	}
	products, err := q.UncountedProducts(ctx)
	for _, id := range products {
		report("product %s has reviews that are not counted", id)
	}
	return err
}

func (s *Service) checkStores(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := reviewdb.New(tx)
	for after := int64(0); ; {
		rows, err := q.StoreRatingsAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids, want := make([]int64, len(rows)), map[int64]*counts{}
		for i, r := range rows {
			ids[i], want[r.StoreID] = r.StoreID, &counts{}
		}
		after = ids[len(ids)-1]
		counted, err := q.CountedOfStores(ctx, ids)
		if err != nil {
			return err
		}
		for _, c := range counted {
			want[c.StoreID].add(c.Stars, c.N)
		}
		for _, r := range rows {
			if have := (counts{r.One, r.Two, r.Three, r.Four, r.Five}); have != *want[r.StoreID] {
				report("store %d: its rating counts %v, its shown reviews are %v", r.StoreID, have, *want[r.StoreID])
			}
		}
	}
}

func (s *Service) checkProducts(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	q := reviewdb.New(tx)
	for after := ""; ; {
		rows, err := q.ProductRatingsAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids, want := make([]string, len(rows)), map[string]*counts{}
		for i, r := range rows {
			ids[i], want[r.Product] = r.Product, &counts{}
		}
		after = ids[len(ids)-1]
		counted, err := q.CountedOfProducts(ctx, ids)
		if err != nil {
			return err
		}
		for _, c := range counted {
			want[c.Product].add(c.Stars, c.N)
		}
		for _, r := range rows {
			if have := (counts{r.One, r.Two, r.Three, r.Four, r.Five}); have != *want[r.Product] {
				report("product %s: its rating counts %v, its shown reviews are %v", r.Product, have, *want[r.Product])
			}
		}
	}
}

// done are the states that an order can be in after it was rated.
var done = map[order.State]bool{order.Delivered: true, order.Completed: true, order.Returning: true, order.Returned: true}

func (s *Service) checkBought(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	for after := int64(0); ; {
		rows, err := reviewdb.New(tx).VerifyAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.Reference
		}
		orders, err := s.orders.Standings(ctx, tx, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			o := orders[r.Reference]
			if o.AccountID != r.AccountID || o.StoreID != r.StoreID || !done[o.State] {
				report("review %s of account %d and store %d: its order %q is of account %d and store %d, and %q", r.PublicID, r.AccountID, r.StoreID, r.Reference, o.AccountID, o.StoreID, o.State)
			}
		}
	}
}
