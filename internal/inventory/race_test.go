package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// raced opens both engines with enough connections to meet.
func raced(t *testing.T, f func(t *testing.T, s *shop)) {
	t.Helper()
	dbtest.EachWith(t, db.Config{Schema: testSchema(), MaxConns: 24}, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

// TestTheLastUnits lets 200 customers want one of 20.
func TestTheLastUnits(t *testing.T) {
	raced(t, func(t *testing.T, s *shop) {
		s.stock(20)
		var won, lost atomic.Int64
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				err := s.try(func(ctx context.Context, tx db.Tx) error {
					o := fmt.Sprintf("ord_%d", i)
					if i%2 == 0 {
						return s.SellNow(ctx, tx, o, lines(1, 1))
					}
					return s.Reserve(ctx, tx, o, lines(1, 1))
				})
				switch {
				case err == nil:
					won.Add(1)
				case errors.Is(err, inventory.ErrOutOfStock):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 20 || lost.Load() != 180 {
			t.Errorf("%d got one and %d did not", won.Load(), lost.Load())
		}
		if l := s.levels(1)[1]; l.Available != 0 {
			t.Errorf("%d left", l.Available)
		}
		s.verify()
	})
}

// TestOppositeOrders lets orders name the same variants in opposite order: nobody waits in a circle.
func TestOppositeOrders(t *testing.T) {
	raced(t, func(t *testing.T, s *shop) {
		s.stock(1000, 1000, 1000)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				o := fmt.Sprintf("ord_%d", i)
				want := lines(1, 1, 2, 1, 3, 1)
				if i%2 == 0 {
					want = lines(3, 1, 2, 1, 1, 1)
				}
				if err := s.reserve(o, want...); err != nil {
					t.Error(err)
				}
				err := s.try(func(ctx context.Context, tx db.Tx) error {
					if i%3 == 0 {
						return s.Release(ctx, tx, o, "test")
					}
					return s.Sell(ctx, tx, o)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// 22 of 64 gave theirs back.
		s.wantLevels(level{958, 0}, level{958, 0}, level{958, 0})
		s.verify()
	})
}

// TestSoldOrReleased lets payment and expiry meet at one order: one of them happens, once.
func TestSoldOrReleased(t *testing.T) {
	raced(t, func(t *testing.T, s *shop) {
		const orders = 20
		s.stock(orders)
		for i := range orders {
			if err := s.reserve(fmt.Sprintf("ord_%d", i), lines(1, 1)...); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		for i := range orders {
			o := fmt.Sprintf("ord_%d", i)
			for range 3 {
				for _, f := range []db.Func{
					func(ctx context.Context, tx db.Tx) error { return s.Sell(ctx, tx, o) },
					func(ctx context.Context, tx db.Tx) error { return s.Release(ctx, tx, o, "payment_expired") },
				} {
					wg.Go(func() {
						if err := s.try(f); err != nil {
							t.Error(err)
						}
					})
				}
			}
		}
		wg.Wait()
		l := s.levels(1)[1]
		sold := dbtest.One[int64](t, s.db, "SELECT COUNT(*) FROM reservations WHERE state = 'sold'")
		if l.Reserved != 0 || l.Available != orders-sold {
			t.Errorf("%+v with %d sold", l, sold)
		}
		s.verify()
	})
}
