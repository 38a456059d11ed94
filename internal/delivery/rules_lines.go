package delivery

import (
	"context"
	"strings"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/db"
)

// eachOrders walks the orders of goods of all deliveries in pages; one may come again.
func eachOrders(ctx context.Context, tx db.Tx, f func(refs []string) error) error {
	return each(ctx, tx, func(rows []deliverydb.Delivery) error {
		var refs []string
		seen := map[string]bool{}
		for _, d := range rows {
			if d.Side == sale && !seen[d.OrderRef] {
				seen[d.OrderRef] = true
				refs = append(refs, d.OrderRef)
			}
		}
		if refs == nil {
			return nil
		}
		return f(refs)
	})
}

// checkParts adds up the cash of orders that couriers brought as a whole. What a store brought itself of an order, it was paid
// for itself.
func (s *Service) checkParts(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return eachOrders(ctx, tx, func(refs []string) error {
		paid, err := s.orders.CashOf(ctx, tx, refs)
		if err != nil {
			return err
		}
		taken, err := deliverydb.New(tx).TakenOfOrders(ctx, refs)
		if err != nil {
			return err
		}
		units, err := s.orders.UnitsOf(ctx, tx, refs)
		if err != nil {
			return err
		}
		for _, t := range taken {
			want, ok := paid[t.OrderRef]
			whole, noted := true, false
			for _, u := range units[t.OrderRef] {
				whole, noted = whole && u.Carried == u.Left, noted || u.Carried > 0
			}
			if ok && t.Arrived > 0 && t.UnderWay == 0 && (whole || !noted) && t.Cash != want {
				report("order %s was paid with %d at the door; its couriers took %d", t.OrderRef, want, t.Cash)
			}
		}
		return nil
	})
}

func (s *Service) checkLines(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return eachOrders(ctx, tx, func(refs []string) error {
		live, err := deliverydb.New(tx).LiveLines(ctx, refs)
		if err != nil {
			return err
		}
		units, err := s.orders.UnitsOf(ctx, tx, refs)
		if err != nil {
			return err
		}
		in := map[string]map[string]int64{}
		for _, l := range live {
			if in[l.OrderRef] == nil {
				in[l.OrderRef] = map[string]int64{}
			}
			in[l.OrderRef][l.Line] = l.Quantity
			if _, ok := units[l.OrderRef][l.Line]; !ok {
				report("order %s: deliveries carry %d of %s, which is no line of it", l.OrderRef, l.Quantity, l.Line)
			}
		}
		for _, ref := range refs {
			for line, u := range units[ref] {
				if n := in[ref][line]; n != u.Carried || n > u.Left {
					report("order %s: %d of %d units of %s are said to be carried; deliveries carry %d", ref, u.Carried, u.Left, line, n)
				}
			}
		}
		return nil
	})
}

// checkAside holds what is set aside against the deliveries that it is for.
func (s *Service) checkAside(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	open := map[string]ledger.Hold{}
	for after := int64(0); ; {
		holds, err := s.ledger.OpenHolds(ctx, tx, after, pageOfRules)
		if err != nil {
			return err
		}
		if len(holds) == 0 {
			break
		}
		for _, h := range holds {
			after = h.ID
			if strings.HasPrefix(h.Reference, payHold("")) || strings.HasPrefix(h.Reference, feeHold("")) {
				open[h.Reference] = h
			}
		}
	}
	err := each(ctx, tx, func(rows []deliverydb.Delivery) error {
		for _, d := range rows {
			if d.Side != buyback {
				continue
			}
			pay, fee := int64(0), int64(0)
			if d.Open {
				fee = d.Fee
			}
			if d.Open && d.PickedUpAt == nil {
				pay = d.PayMost
			}
			for name, want := range map[string]int64{payHold(d.PublicID): pay, feeHold(d.PublicID): fee} {
				if h := open[name]; h.Amount != want {
					report("delivery %s is %s: %d is set aside under %s and not %d", d.PublicID, d.State, h.Amount, name, want)
				}
				delete(open, name)
			}
		}
		return nil
	})
	for name, h := range open {
		report("%d is held on %s under %s, which is for no delivery", h.Amount, h.Account, name)
	}
	return err
}
