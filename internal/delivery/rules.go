package delivery

import (
	"context"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Rules are what haat verify checks of deliveries.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{
		{Name: "delivery.load", About: "a courier's jobs and weight are those of the deliveries that he has, within his bounds", Check: s.checkLoad},
		{Name: "delivery.history", About: "the last row of a delivery's history is its state", Check: s.checkHistory},
		{Name: "delivery.paid", About: "what a delivery cost, the cash that was taken and what was handed in of it are booked once, and nothing for others", Check: s.checkPaid},
		{Name: "delivery.lines", About: "no unit of an order is in two deliveries that are not over or have arrived, and each order line says how many are in one", Check: s.checkLines},
		{Name: "delivery.parts", About: "what couriers took for the parts of an order that they brought as a whole is what was paid for it at the door", Check: s.checkParts},
		{Name: "delivery.aside", About: "what is set aside in dealers' wallets is for what couriers fetch for them, and is let go of when it is fetched", Check: s.checkAside},
	}
}

const pageOfRules = 500

func (s *Service) checkLoad(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	q := deliverydb.New(tx)
	for after := int64(0); ; {
		rows, err := q.CouriersAfter(ctx, after, pageOfRules)
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]int64, len(rows))
		for i, c := range rows {
			ids[i], after = c.ID, c.ID
		}
		carried, err := q.CarriedBy(ctx, ids)
		if err != nil {
			return err
		}
		have := map[int64]deliverydb.CarriedByRow{}
		for _, r := range carried {
			have[*r.CourierID] = r
		}
		for _, c := range rows {
			if h := have[c.ID]; h.Jobs != c.Jobs || h.Load != c.Load || c.Jobs > MostJobs {
				report("courier %s: %d jobs of %d g; the deliveries that he has are %d of %d g, and he may have %d", c.PublicID, c.Jobs, c.Load, h.Jobs, h.Load, MostJobs)
			}
		}
	}
}

// each walks all deliveries in pages.
func each(ctx context.Context, tx db.Tx, f func([]deliverydb.Delivery) error) error {
	for after := int64(0); ; {
		rows, err := deliverydb.New(tx).DeliveriesAfter(ctx, after, pageOfRules)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		if err := f(rows); err != nil {
			return err
		}
	}
}

func (s *Service) checkHistory(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return each(ctx, tx, func(rows []deliverydb.Delivery) error {
		ids := make([]int64, len(rows))
		for i, d := range rows {
			ids[i] = d.ID
		}
		last, err := deliverydb.New(tx).LastStates(ctx, ids)
		if err != nil {
			return err
		}
		states := map[int64]string{}
		for _, r := range last {
			states[r.DeliveryID] = r.State
		}
		for _, d := range rows {
			if states[d.ID] != d.State {
				report("delivery %s is %s; its history ends with %q", d.PublicID, d.State, states[d.ID])
			}
		}
		return nil
	})
}

func (s *Service) checkPaid(ctx context.Context, tx db.Tx, report func(string, ...any)) error {
	return each(ctx, tx, func(rows []deliverydb.Delivery) error {
		references := make([]string, len(rows))
		for i, d := range rows {
			references[i] = "carry:" + d.PublicID
		}
		booked, err := s.ledger.Booked(ctx, tx, references)
		if err != nil {
			return err
		}
		if err := s.checkCash(ctx, tx, rows, report); err != nil {
			return err
		}
		for i, d := range rows {
			want := int64(0)
			if State(d.State) == Delivered {
				want = d.Fee
			}
			if booked[references[i]] != want {
				report("delivery %s is %s: %d of its fee is booked and not %d", d.PublicID, d.State, booked[references[i]], want)
			}
		}
		return nil
	})
}

func (s *Service) checkCash(ctx context.Context, tx db.Tx, rows []deliverydb.Delivery, report func(string, ...any)) error {
	var references []string
	for _, d := range rows {
		if d.Cash > 0 {
			references = append(references, "cash:"+d.PublicID, "handin:"+d.PublicID)
		}
	}
	if references == nil {
		return nil
	}
	booked, err := s.ledger.Booked(ctx, tx, references)
	if err != nil {
		return err
	}
	for _, d := range rows {
		if d.Cash == 0 {
			continue
		}
		want := int64(0)
		if State(d.State) == Delivered {
			want = d.Cash
		}
		if got := booked["cash:"+d.PublicID]; got != want || (want > 0) != (d.CashState != "") {
			report("delivery %s is %s with cash %q: %d is booked as taken and not %d", d.PublicID, d.State, d.CashState, got, want)
		}
		handed := d.CashState == cashHanded || d.CashState == cashShort
		if got := booked["handin:"+d.PublicID]; (got >= d.Cash) != handed || !handed && got != 0 {
			report("delivery %s has its cash %q: %d is booked as handed in", d.PublicID, d.CashState, got)
		}
	}
	return nil
}
