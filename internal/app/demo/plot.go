package demo

import (
	"context"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/wallet"
)

// Names of the sweeps that the story waits for.
const (
	sweepExpire = "payment.expire"
	sweepLook   = "payment.look"
	sweepDue    = "order.due"
)

// The market's times.
const (
	payWithin = 60 * time.Minute // in settings
	answer    = 24 * time.Hour   // a store's to a cash order
	release   = 72 * time.Hour   // from delivery to completion
	slack     = 55 * time.Minute // a sweep is planned so long after its time, because the clock walks
)

// plot plans the month: the days as they come, and the scenes that must not be missing.
func (s *story) plot() {
	s.topUps()
	s.lateMoney() // before the days, so that they find enough on the shelves
	s.today()
	s.hauls()
	s.sales()
	s.messages()
	s.scrap()
	for day := range days + 1 {
		midnight := s.begin.AddDate(0, 0, day)
		// In the order of their times: each counts on what those before it left on the shelves.
		if day%9 == 5 {
			s.prices(midnight.Add(time.Hour))
		}
		if day%7 == 3 {
			s.stocktaking(midnight.Add(2*time.Hour), day)
		}
		if midnight.Weekday() == time.Sunday || midnight.Weekday() == time.Wednesday {
			s.restock(midnight.Add(4 * time.Hour))
		}
		n := 8 + s.rnd.IntN(4)
		if midnight.Weekday() == time.Saturday { // the day off
			n += 5
		}
		for range n {
			at := midnight.Add(7*time.Hour + time.Duration(s.rnd.Int64N(int64(15*time.Hour))))
			if t := s.shopping(); t != nil {
				s.happen(t, at)
			}
		}
	}
}

// hours is a time of the story between two numbers of hours from now on.
func (s *story) hours(from, to float64) time.Duration {
	return time.Duration((from + s.rnd.Float64()*(to-from)) * float64(time.Hour))
}

// office moves a time to when somebody is in the shop.
func (s *story) office(t time.Time) time.Time {
	local := t.In(s.begin.Location())
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
	switch hour := local.Hour(); {
	case hour < 9:
		return midnight.Add(9*time.Hour + s.hours(0, 1))
	case hour >= 19:
		return midnight.Add(33*time.Hour + s.hours(0, 1))
	}
	return t
}

// shopping makes up a purchase: who, what, how it is paid. It is nil where the chosen shelves are empty.
func (s *story) shopping() *trade {
	t := &trade{s: s, buyer: s.buyers[min(s.rnd.IntN(len(s.buyers)+3), len(s.buyers)-1)]}
	if s.rnd.IntN(8) == 0 {
		t.buyer = s.buyers[0]
	}
	stalls := 1
	if s.rnd.IntN(5) == 0 {
		stalls = 2
	}
	cost := int64(0)
	for range stalls {
		st := s.anyStall()
		for range 1 + s.rnd.IntN(3) {
			w, ok := s.pick(st)
			if !ok || slices.ContainsFunc(t.wants, func(o want) bool { return o.item == w.item }) {
				continue // a line of the cart is of one thing
			}
			t.wants = append(t.wants, w)
			cost += w.item.price * w.units
		}
		cost += 12_000
	}
	if len(t.wants) == 0 {
		return nil
	}
	if s.rnd.IntN(6) == 0 {
		t.note = notes[s.rnd.IntN(len(notes))]
	}
	cost += cost / 10 // prices may rise meanwhile
	switch n := s.rnd.IntN(10); {
	case n < 3 && cost <= t.buyer.purse:
		t.method = payment.ByWallet
		t.buyer.purse -= cost
	case n < 6:
		t.method = payment.ByCash
	default:
		t.method, t.cards = payment.ByGateway, []string{goodCard}
	}
	return t
}

var notes = []string{
	"Please ring twice.", "A gift: no prices on the paper, please.", "कृपया बिहान १० बजेपछि ल्याउनुहोला।", "घर के पीछे से आइए।",
	"الرجاء الاتصال قبل الوصول.", "Leave it with the neighbour on the ground floor.", "After six in the evening.",
}

func (s *story) anyStall() *stall {
	all := 0
	for _, st := range s.stalls {
		all += st.share
	}
	n := s.rnd.IntN(all)
	for _, st := range s.stalls {
		if n -= st.share; n < 0 {
			return st
		}
	}
	return s.stalls[0]
}

// pick takes something from a store's shelves. A few things are bought again and again.
func (s *story) pick(st *stall) (want, bool) {
	for range 8 {
		i := min(s.rnd.IntN(len(st.items)), s.rnd.IntN(len(st.items)))
		it := st.items[(i*37+11)%len(st.items)] // the first lines of a file are not the best things
		units := int64(1)
		if it.price < 100_000 {
			units += s.rnd.Int64N(3)
		}
		if it.left > units {
			it.left -= units
			return want{st, it, units}, true
		}
	}
	return want{}, false
}

// happen plans a purchase and what comes of it.
func (s *story) happen(t *trade, at time.Time) {
	if !at.Before(s.end.Add(-20 * time.Minute)) {
		return
	}
	s.plan(deed{at: at, lane: t.buyer.lane, do: t.place})
	luck := s.rnd.IntN(100)
	switch {
	case t.method == payment.ByGateway && luck < 7: // forgotten
		t.cards = nil
		s.plan(deed{at: at.Add(payWithin + slack), sweep: sweepExpire})
		return
	case t.method == payment.ByGateway && luck < 11:
		t.cards = []string{declined, expiredCard}
		s.plan(deed{at: at.Add(payWithin + slack + 10*time.Minute), sweep: sweepExpire})
		return
	case t.method == payment.ByGateway && luck < 16:
		t.cards, t.regret = nil, t.buyer.Caller
		return
	case t.method == payment.ByGateway && luck < 18:
		t.cards, t.regret = nil, s.admin
		return
	case t.method == payment.ByGateway && luck < 28:
		t.cards = []string{[]string{declined, poorCard, expiredCard}[luck%3], goodCard}
	}
	for _, st := range t.stalls() {
		s.fate(t, st, at)
	}
}

// fate plans what becomes of one store's order.
func (s *story) fate(t *trade, st *stall, at time.Time) {
	hand := st.hands[s.rnd.IntN(len(st.hands))]
	luck := s.rnd.IntN(100)
	if t.method == payment.ByCash {
		switch {
		case luck < 6: // nobody answered
			s.plan(deed{at: at.Add(answer + slack), sweep: sweepDue})
			return
		case luck < 10:
			t.step(at.Add(s.hours(0.5, 3)), st, t.buyer.Caller, order.Cancel, order.Why{Note: "Found it nearer by."})
			return
		case luck < 14:
			t.step(at.Add(s.hours(1, 5)), st, hand, order.Cancel, order.Why{Note: "We do not deliver there, sorry."})
			return
		}
		if at = at.Add(s.hours(0.6, 6)); s.rnd.IntN(3) == 0 {
			at = at.Add(s.hours(0, 8))
		}
		t.step(at, st, hand, order.Confirm, order.Why{})
	} else {
		switch {
		case luck < 4:
			t.step(at.Add(s.hours(0.6, 5)), st, t.buyer.Caller, order.Cancel, order.Why{Note: "Ordered the wrong size."})
			return
		case luck < 9:
			t.step(at.Add(s.hours(1, 20)), st, hand, order.Cancel, order.Why{Note: "The last one turned out to be damaged."})
			return
		}
	}
	if s.rnd.IntN(5) > 0 {
		at = s.office(at.Add(s.hours(0.6, 14)))
		t.step(at, st, hand, order.Process, order.Why{})
	}
	at = s.office(at.Add(s.hours(1, 26)))
	t.step(at, st, hand, order.Ship, order.Why{Note: carriers[s.rnd.IntN(len(carriers))]})
	if luck > 93 {
		at = at.Add(s.hours(20, 60))
		t.step(at, st, hand, order.Return, order.Why{Note: "Nobody was at home, three times."})
		t.step(s.office(at.Add(s.hours(20, 70))), st, hand, order.Receive, order.Why{Restock: luck < 98, Note: "Back at the shop."})
		return
	}
	at = at.Add(s.hours(9, 70))
	t.step(at, st, hand, order.Deliver, order.Why{})
	s.heard(t, st, at)
	if s.rnd.IntN(3) == 0 {
		t.step(at.Add(s.hours(2, 60)), st, t.buyer.Caller, order.Complete, order.Why{})
		return
	}
	s.plan(deed{at: at.Add(release + slack), sweep: sweepDue})
}

var carriers = []string{"Nepal Post, registered", "With the night bus", "Pathao courier", "India Post, Speed Post", "By Sapana Cargo", "With our own motorbike"}

// topUps put money into wallets: most at the beginning, some again later.
func (s *story) topUps() {
	for i, b := range s.buyers {
		if i%3 == 2 {
			continue
		}
		for n := range 1 + s.rnd.IntN(2) {
			rupees := 5_000 * (1 + s.rnd.Int64N(6))
			if i == 0 {
				rupees = 40_000
			}
			b.purse += rupees * 100
			at := s.begin.Add(time.Duration(i) * time.Minute)
			if n > 0 {
				b.purse -= rupees * 100 // nobody counts on what comes later
				at = at.AddDate(0, 0, 12+s.rnd.IntN(8)).Add(5 * time.Hour)
			}
			s.plan(deed{at: at, lane: b.lane, do: func(ctx context.Context) error {
				_, err := insist(func() (wallet.Credit, error) {
					c, _, err := s.app.Wallet.Give(ctx, s.admin.Account, b.Account, money.Format(rupees*100, "NPR"), "NPR", "Paid in at the market's office")
					return c, err
				})
				return err
			}})
		}
	}
}

// restock brings new goods where the shelves are nearly empty.
func (s *story) restock(at time.Time) {
	for n, st := range s.stalls {
		for _, it := range st.items {
			if it.apart || it.left > 6 || s.rnd.IntN(2) == 0 {
				continue
			}
			units := 10 + s.rnd.Int64N(30)
			it.left += units
			who := st.stock[s.rnd.IntN(len(st.stock))]
			s.plan(deed{at: at.Add(time.Duration(n) * time.Minute), lane: -1 - n, do: func(ctx context.Context) error {
				return s.count(ctx, who, it, inventory.Adjustment{Delta: &units, Reason: "received", Note: "Delivery of the week"})
			}})
		}
	}
}

// stocktaking finds that something is not as it should be.
func (s *story) stocktaking(at time.Time, day int) {
	st := s.stalls[day%len(s.stalls)]
	for range 4 {
		it := st.items[s.rnd.IntN(len(st.items))]
		if it.left < 4 || it.left > 1<<30 {
			continue
		}
		it.left--
		reason := []string{"damaged", "lost", "correction"}[s.rnd.IntN(3)]
		minus := int64(-1)
		s.plan(deed{at: at, lane: -1, do: func(ctx context.Context) error {
			return s.count(ctx, st.owner, it, inventory.Adjustment{Delta: &minus, Reason: reason})
		}})
	}
}

// prices of some things change at night, when nobody checks out.
func (s *story) prices(at time.Time) {
	for n, st := range s.stalls {
		it := st.items[s.rnd.IntN(len(st.items))]
		percent := int64(96)
		if s.rnd.IntN(2) == 0 {
			percent = 106
		}
		it.price = it.price * percent / 100 / 500 * 500 // in steps of five rupees
		text := money.Format(it.price, "NPR")
		s.plan(deed{at: at.Add(time.Duration(n) * time.Second), lane: -1 - n, do: func(ctx context.Context) error {
			_, err := insist(func() (catalog.Variant, error) {
				return s.app.Catalog.UpdateVariant(ctx, st.owner, it.variant, catalog.VariantPatch{Price: &text})
			})
			return err
		}})
	}
}
