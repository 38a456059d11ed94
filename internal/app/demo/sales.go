package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/web"
)

// sweepDiscounts begins and ends discounts.
const sweepDiscounts = "catalog.discounts"

// sales plan what is reduced: some stores' own weeks, and a sale of the whole market that the market pays for. They
// begin at night, when nobody checks out, because a price that changes stops a checkout.
func (s *story) sales() {
	night := func(ago int) time.Time { return s.begin.AddDate(0, 0, days-ago).Add(2 * time.Hour) }
	own := func(stall, ago int, in catalog.DiscountInput, to int) {
		st, from := s.stalls[stall], night(ago)
		end := from.AddDate(0, 0, to)
		in.To = &end
		s.reduce(from, func(ctx context.Context) error {
			_, err := s.app.Catalog.CreateDiscount(ctx, st.owner, st.id, in)
			return err
		})
		if end.Before(s.end) {
			s.sweepAt(end, sweepDiscounts)
		}
	}
	own(4, 33, catalog.DiscountInput{Title: "Monsoon clearance", Percent: "20"}, 10)
	own(0, 5, catalog.DiscountInput{Title: "Autumn flush is here", Percent: "10"}, 21)
	own(8, 4, catalog.DiscountInput{Title: "Trekking season", Percent: "15"}, 30)
	own(10, 3, catalog.DiscountInput{Title: "तीज सेल", Amount: "150.00"}, 14)
	own(5, 2, catalog.DiscountInput{Title: "पुस्तक मेला", Percent: "12.5"}, 12)

	soon, later := s.end.AddDate(0, 0, 6), s.end.AddDate(0, 0, 13)
	s.reduce(night(1), func(ctx context.Context) error {
		st := s.stalls[7]
		_, err := s.app.Catalog.CreateDiscount(ctx, st.owner, st.id, catalog.DiscountInput{Title: "Week of the weavers", Percent: "10", From: &soon, To: &later})
		return err
	})
	s.reduce(night(3).Add(10*time.Minute), func(ctx context.Context) error {
		_, err := s.app.Catalog.CreateEvent(ctx, catalog.DiscountInput{
			Title: "Festival of lights", Percent: "8", To: &later, Scope: catalog.ScopeCategories, PaidBy: catalog.PaidByPlatform,
			Things: []string{s.tree["lighting"], s.tree["sweets-snacks"], s.tree["electric"]},
		})
		return err
	})
}

// reduce does something to prices, and then what follows of it for the lists.
func (s *story) reduce(at time.Time, do func(ctx context.Context) error) {
	s.alone(at, func(ctx context.Context) error {
		s.owed.Store(true) // lists are written anew by a job
		_, err := insist(func() (struct{}, error) { return struct{}{}, do(ctx) })
		return err
	})
}

// passers are people without an account who order by message.
var passers = []human{
	{"Kiran Basnet", "", "+9779846500001", pokhara}, {"मीना राई", "", "+9779842500002", kathmandu}, {"Harish Rawal", "", "+919811500003", delhi},
	{"سارة محجوب", "", "+249912500004", khartoum}, {"Bina Shakya", "", "+9779841500005", kathmandu}, {"Tarun Mehta", "", "+919833500006", kolkata},
	{"عمر الفاضل", "", "+249912500007", kassala}, {"Jamuna KC", "", "+9779847500008", pokhara},
}

// messages plan orders of people without an account: most are confirmed and brought, the last ones wait.
func (s *story) messages() {
	for i, h := range passers {
		st := s.stalls[(i*3)%len(s.stalls)]
		w := s.wantOf(st)
		at := s.begin.AddDate(0, 0, days-3*(len(passers)-1-i)).Add(10 * time.Hour)
		if i >= len(passers)-2 {
			at = s.end.Add(-time.Duration(i) * 17 * time.Minute)
		}
		lane := 1_000 + i
		var id string
		s.plan(deed{at: at, lane: lane, do: func(ctx context.Context) error {
			home := h.address()
			ids, err := insist(func() ([]string, error) {
				ids, _, err := s.app.Orders.PlaceGuest(ctx, web.Caller{}, "", order.GuestCmd{
					Reference: fmt.Sprintf("LEG-%04d", 117+i), Contact: order.Contact{Name: h.name, Phone: h.phone}, Address: &home,
					Lines: []order.GuestLine{{Variant: w.item.variant, Quantity: w.units}},
				})
				return ids, err
			})
			if err != nil {
				return fmt.Errorf("message of %s: %w", h.name, err)
			}
			id = ids[0]
			s.orders.Add(int64(len(ids)))
			return nil
		}})
		for n, on := range []order.Event{order.Confirm, order.Ship, order.Deliver} {
			s.plan(deed{at: at.Add(time.Duration(n*26+2) * time.Hour), lane: lane, do: func(ctx context.Context) error {
				_, err := insist(func() (struct{}, error) { return struct{}{}, s.app.Orders.Step(ctx, st.owner, id, on, order.Why{}) })
				return err
			}})
		}
		s.plan(deed{at: at.Add(54*time.Hour + release + slack), sweep: sweepDue})
	}
}
