package delivery

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// Claim gives the caller a delivery that waits. Errors: ErrNotFound, ErrTaken, ErrState, ErrUnverified, ErrSuspended,
// ErrExpired, ErrTooMany, ErrCapacity, ErrCashLimit, ErrOwnScrap.
func (s *Service) Claim(ctx context.Context, caller web.Caller, id string, n Note) error {
	// READ COMMITTED: the delivery's state is looked at under its lock; jobs and weight are a guarded update of the
	// courier's row, whose facts were read under its lock.
	return s.db.Write(ctx, "delivery.claim", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := s.mine(ctx, tx, caller)
		if err != nil {
			return err
		}
		if w.was != Available {
			if w.row.CourierID != nil && w.was.Open() {
				if *w.row.CourierID == c.ID && w.was == Assigned {
					return nil // accepted again, or accepts what he was given
				}
				return ErrTaken
			}
			return wrongState(w.row, nil)
		}
		n.Actor = caller.Account
		return s.give(ctx, tx, w, c.ID, Claim, n, nil)
	}, db.ReadCommitted())
}

// AssignTo gives a courier a delivery that waits, or one that another courier has not picked up yet. Errors: as Claim,
// and ErrCourier.
func (s *Service) AssignTo(ctx context.Context, caller web.Caller, id, courier string) error {
	// READ COMMITTED: as Claim.
	return s.db.Write(ctx, "delivery.assign", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, id)
		if err != nil {
			return err
		}
		c, err := deliverydb.New(tx).CourierByPublicID(ctx, courier)
		if errors.Is(err, db.ErrNoRows) {
			return ErrCourier
		}
		if err != nil {
			return err
		}
		if _, err := w.step(Assign, []Party{Admin}); err != nil {
			return err
		}
		if w.row.CourierID != nil && *w.row.CourierID == c.ID {
			return nil
		}
		return s.give(ctx, tx, w, c.ID, Assign, Note{Actor: caller.Account}, nil)
	}, db.ReadCommitted())
}

// give makes a delivery a courier's. The delivery is locked; whoever has it loses it.
func (s *Service) give(ctx context.Context, tx db.Tx, w *work, courier int64, on Event, n Note, facts map[string]any) error {
	q := deliverydb.New(tx)
	if err := s.lockCouriers(ctx, q, courier, w.row.CourierID); err != nil {
		return err
	}
	c, err := q.LockCourier(ctx, courier)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	if err := fit(c, clock.Micro(now)); err != nil {
		return err
	}
	if w.row.Side == buyback && w.row.BuyerID == c.AccountID { // he would say the weight and give the consent
		return ErrOwnScrap
	}
	if err := mayCarry(ctx, q, c.ID, w.row); err != nil {
		return err
	}
	if w.row.CourierID != nil {
		if _, err := q.DropJob(ctx, w.row.Weight, clock.Micro(now), *w.row.CourierID); err != nil {
			return err
		}
	}
	took, err := q.TakeJob(ctx, w.row.Weight, clock.Micro(now), c.ID, MostJobs)
	if err != nil {
		return err
	}
	if took == 0 {
		return full(c, w.row.Weight)
	}
	if w.parcel.State == order.Confirmed && !w.parcel.Buyback() {
		if err := s.orders.Carry(ctx, tx, w.row.OrderRef, order.Process, order.Why{}, n.Actor); err != nil {
			return err
		}
	}
	at := clock.Micro(now)
	w.row.CourierID, w.row.ShareBp, w.row.AssignedAt = &c.ID, c.ShareBp, &at
	w.row.EtaAt = nil
	if w.row.Distance != nil {
		w.row.EtaAt = ptr(clock.Micro(now.Add(handling + travel(*w.row.Distance, c.Vehicle))))
	}
	all := map[string]any{"courier": c.PublicID}
	for k, v := range facts {
		all[k] = v
	}
	return s.move(ctx, tx, w, on, Assigned, n, all)
}

// lockCouriers locks two couriers in the order of their ids.
func (s *Service) lockCouriers(ctx context.Context, q *deliverydb.Queries, a int64, b *int64) error {
	if b == nil || *b >= a {
		return nil // the second is locked by its update
	}
	_, err := q.LockCourier(ctx, *b)
	return err
}

// full says which of a courier's bounds is reached.
func full(c deliverydb.Courier, weight int64) error {
	if c.Jobs >= MostJobs {
		return ErrTooMany.With("jobs", c.Jobs).With("most", MostJobs)
	}
	return ErrCapacity.With("package_weight", weight).With("vehicle_capacity", c.Capacity).With("carried", c.Load)
}

// Unassign takes a delivery from its courier before he has picked it up, or lets him give it back. It waits again.
func (s *Service) Unassign(ctx context.Context, caller web.Caller, id string, n Note) error {
	return s.change(ctx, caller, id, Unassign, n, s.free)
}

// Release takes a failed delivery from its courier, for another one to try.
func (s *Service) Release(ctx context.Context, caller web.Caller, id string, n Note) error {
	return s.change(ctx, caller, id, Release, n, s.free)
}

// Cancel ends a delivery before it is picked up. The store carries the order itself, or another delivery is made.
func (s *Service) Cancel(ctx context.Context, caller web.Caller, id string, n Note) error {
	return s.change(ctx, caller, id, Cancel, n, s.callOff)
}

// callOff takes what is called off from its courier, and lets go of what was kept for it.
func (s *Service) callOff(ctx context.Context, tx db.Tx, w *work, n *Note) error {
	if err := s.drop(ctx, tx, w, n); err != nil {
		return err
	}
	if w.row.Side == buyback {
		return s.letGo(ctx, tx, w.row)
	}
	return s.unload(ctx, tx, w)
}

// free takes a job from its courier.
func (s *Service) free(ctx context.Context, tx db.Tx, w *work, n *Note) error {
	if err := s.drop(ctx, tx, w, n); err != nil {
		return err
	}
	w.row.CourierID, w.row.EtaAt, w.row.AssignedAt = nil, nil, nil
	return nil
}

// drop takes a job off a courier's figures.
func (s *Service) drop(ctx context.Context, tx db.Tx, w *work, _ *Note) error {
	if w.row.CourierID == nil || !w.was.Held() {
		return nil
	}
	_, err := deliverydb.New(tx).DropJob(ctx, w.row.Weight, clock.Micro(s.clock.Now()), *w.row.CourierID)
	return err
}

// change takes a step that one of the delivery's parties asks for; f does what goes with it.
func (s *Service) change(ctx context.Context, caller web.Caller, id string, on Event, n Note, f func(context.Context, db.Tx, *work, *Note) error) error {
	// READ COMMITTED: every check follows the locks of the order and of the delivery.
	return s.db.Write(ctx, "delivery."+string(on), func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, id)
		if err != nil {
			return err
		}
		parties, err := s.parties(ctx, tx, caller, w.row)
		if err != nil {
			return err
		}
		rule, err := w.step(on, parties)
		if err != nil {
			return err
		}
		mine := n
		mine.Actor = caller.Account
		if err := f(ctx, tx, w, &mine); err != nil {
			return err
		}
		return s.move(ctx, tx, w, on, rule.To, mine, nil)
	}, db.ReadCommitted())
}
