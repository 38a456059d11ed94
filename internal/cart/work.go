package cart

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/cart/cartdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Work registers the room's sweep.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "cart.guests", Every: 10 * time.Minute, Run: s.forget})
}

// forget deletes the carts of guests who did not come back. Each is locked first, as by whoever puts something in.
func (s *Service) forget(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "cart.forget_guests", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := cartdb.New(tx)
		ids, err := q.ExpiredGuests(ctx, clock.Micro(s.clock.Now()))
		if err != nil || len(ids) == 0 {
			n = 0
			return wrap(err, "expired guests")
		}
		holders := make([]int64, len(ids))
		for i, id := range ids {
			holders[i] = -id
		}
		carts, err := q.CartsOf(ctx, holders)
		if err != nil {
			return wrap(err, "carts of guests")
		}
		if _, err := q.DeleteLinesOf(ctx, carts); err != nil {
			return wrap(err, "delete lines")
		}
		if _, err := q.DeleteCarts(ctx, carts); err != nil {
			return wrap(err, "delete carts")
		}
		deleted, err := q.DeleteGuests(ctx, ids)
		n = int(deleted)
		return wrap(err, "delete guests")
	}, db.Bulk())
	return n, err
}

// Rules are what haat verify checks of carts.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{{Name: "cart.guests", About: "a cart without an account is a guest's", Check: s.checkGuests}}
}

func (s *Service) checkGuests(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	stray, err := cartdb.New(tx).StrayCarts(ctx)
	for _, id := range stray {
		report("cart %s: its guest is not there", id)
	}
	return wrap(err, "stray carts")
}
