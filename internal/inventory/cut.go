package inventory

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Cut makes an owner's share of a variant smaller: what was set aside for it, or sold to it, and now does not go out.
// With restock the units may be sold to others, else they are not there: a store cuts what it cannot find. It fails on
// an owner that has less, which is a mistake of the caller's.
func (s *Service) Cut(ctx context.Context, tx db.Tx, owner string, variant, qty int64, restock bool, reason string) error {
	q := inventorydb.New(tx)
	for _, from := range []state{live, sold} {
		rows, err := lockReservations(ctx, q, []string{owner}, from)
		if err != nil {
			return fmt.Errorf("reservations: %w", err)
		}
		for _, r := range rows {
			if r.VariantID == variant {
				return s.cut(ctx, tx, r, from, qty, restock, reason)
			}
		}
	}
	return fmt.Errorf("inventory: %s has nothing of variant %d", owner, variant)
}

func (s *Service) cut(ctx context.Context, tx db.Tx, r inventorydb.LockLiveRow, from state, qty int64, restock bool, reason string) error {
	if qty < 1 || qty > r.Qty {
		return fmt.Errorf("inventory: %s has %d of variant %d, so %d cannot be cut", r.Owner, r.Qty, r.VariantID, qty)
	}
	m := move{variant: r.VariantID, kind: Adjust, subject: r.Owner, reason: reason}
	end, leave := released, inventorydb.New(tx).EndLive
	if from == live {
		m.reserved = -qty
		if restock {
			m.kind, m.available = Release, qty
		}
	} else {
		end, leave = returned, inventorydb.New(tx).EndSold
		if restock {
			m.kind, m.available = Return, qty
		}
	}
	now := clock.Micro(s.clock.Now())
	var n int64
	var err error
	if qty == r.Qty {
		n, err = leave(ctx, string(end), now, []int64{r.ID})
	} else {
		n, err = inventorydb.New(tx).ShrinkReservation(ctx, qty, now, r.ID)
	}
	if err != nil {
		return fmt.Errorf("reservation: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("inventory: reservation %d was locked and did not change", r.ID)
	}
	if m.available == 0 && m.reserved == 0 {
		return nil // sold and gone: the shelf is as it was
	}
	moves := []move{m}
	if err := s.apply(ctx, tx, moves); err != nil {
		return fmt.Errorf("cut stock: %w", err)
	}
	if !moves[0].done {
		return fmt.Errorf("inventory: stock of variant %d does not hold what is reserved of it", r.VariantID)
	}
	return s.journal(ctx, tx, moves)
}
