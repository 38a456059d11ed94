package delivery

import (
	"context"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
)

// Moving implements order.Carrier: a store does not ship what a courier has, and what is cancelled is not carried.
func (s *Service) Moving(ctx context.Context, tx db.Tx, id string, on order.Event, party order.Party, actor string) error {
	switch on {
	case order.Ship, order.Cancel, order.Deliver, order.Return, order.PickUp, order.Miss, order.Reschedule:
	default:
		return nil
	}
	q := deliverydb.New(tx)
	open, err := q.LockOpenOfOrder(ctx, id)
	if err != nil {
		return err
	}
	for _, d := range open {
		w, err := s.withParcel(ctx, tx, d)
		if err != nil {
			return err
		}
		if err := s.makeWay(ctx, tx, w, on, party, actor); err != nil {
			return err
		}
	}
	if on != order.Return {
		return nil
	}
	live, err := q.LiveOfOrder(ctx, id)
	if err == nil && len(live) > 0 {
		err = order.ErrPartly.With("delivery", live[0].PublicID)
	}
	return err
}

// withParcel is a delivery whose order and whose row the caller has locked.
func (s *Service) withParcel(ctx context.Context, tx db.Tx, d deliverydb.Delivery) (*work, error) {
	w := &work{row: d, was: State(d.State)}
	var err error
	w.parcel, err = s.orders.LockParcel(ctx, tx, d.OrderRef)
	return w, err
}

// makeWay ends a delivery that stands in the way of a step with its order, or refuses the step. Errors: order.ErrCarried.
func (s *Service) makeWay(ctx context.Context, tx db.Tx, w *work, on order.Event, party order.Party, actor string) error {
	n := Note{Actor: actor}
	ends := false
	switch on {
	case order.Deliver:
		if party == order.Buyer && w.row.PinNo > 0 && w.was.Held() && w.row.Cash == 0 { // whether cash was taken, only the courier says
			return nil // Moved ends it
		}
	case order.Cancel, order.Miss, order.Reschedule: // another day is another job
		ends = true
	case order.Ship, order.PickUp:
		ends = w.was == Available
	}
	if !ends {
		return order.ErrCarried.With("delivery", w.row.PublicID)
	}
	if err := s.callOff(ctx, tx, w, &n); err != nil {
		return err
	}
	return s.move(ctx, tx, w, Cancel, Cancelled, n, nil)
}

// Moved implements order.Carrier: the buyer's own word that he has everything ends what carries it.
func (s *Service) Moved(ctx context.Context, tx db.Tx, id string, on order.Event, party order.Party, actor string) error {
	if on != order.Deliver || party != order.Buyer {
		return nil
	}
	open, err := deliverydb.New(tx).LockOpenOfOrder(ctx, id)
	if err != nil {
		return err
	}
	for _, d := range open {
		w, err := s.withParcel(ctx, tx, d)
		if err != nil {
			return err
		}
		if err := s.arrived(ctx, tx, w, &Note{Actor: actor}, "buyer", true); err != nil {
			return err
		}
	}
	return nil
}

// Cutting implements order.Carrier: what is taken out of an order is taken out of what carries it, of the newest delivery
// first. One that is left with nothing is called off.
func (s *Service) Cutting(ctx context.Context, tx db.Tx, id, line string, units int64, actor string) error {
	q := deliverydb.New(tx)
	open, err := q.LockOpenOfOrder(ctx, id)
	if err != nil {
		return err
	}
	rows, err := q.LinesOf(ctx, keysOf(open))
	if err != nil {
		return err
	}
	for i := len(open) - 1; i >= 0 && units > 0; i-- {
		took, left, err := s.cutFrom(ctx, tx, open[i], rows, line, units)
		if err != nil {
			return err
		}
		units -= took
		if took == 0 || left > 0 {
			continue
		}
		w, err := s.withParcel(ctx, tx, open[i])
		if err != nil {
			return err
		}
		n := Note{Actor: actor}
		if err := s.callOff(ctx, tx, w, &n); err != nil {
			return err
		}
		if err := s.move(ctx, tx, w, Cancel, Cancelled, n, nil); err != nil {
			return err
		}
	}
	return nil
}

// cutFrom takes units of a line out of a delivery, at most those that it has, and says what is left in it of all lines.
func (s *Service) cutFrom(ctx context.Context, tx db.Tx, d deliverydb.Delivery, rows []deliverydb.DeliveryLine, line string, units int64) (took, left int64, err error) {
	for _, r := range rows {
		if r.DeliveryID != d.ID {
			continue
		}
		left += r.Quantity
		if r.Line != line {
			continue
		}
		took = min(units, r.Quantity)
		if _, err := deliverydb.New(tx).CutLine(ctx, took, r.ID); err != nil {
			return 0, 0, err
		}
	}
	if took == 0 {
		return 0, left, nil
	}
	p, err := s.orders.LockParcel(ctx, tx, d.OrderRef)
	if err != nil {
		return 0, 0, err
	}
	for _, l := range p.Lines {
		if l.Line == line {
			return took, left - took, s.orders.Load(ctx, tx, []order.Loading{{Key: l.Key, Units: -took}})
		}
	}
	return 0, 0, order.ErrOrderLine
}

func keysOf(rows []deliverydb.Delivery) []int64 {
	out := make([]int64, len(rows))
	for i, d := range rows {
		out[i] = d.ID
	}
	return out
}
