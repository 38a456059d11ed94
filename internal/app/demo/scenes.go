package demo

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
)

// wantOf takes something of a store.
func (s *story) wantOf(st *stall) want {
	for {
		if w, ok := s.pick(st); ok {
			return w
		}
	}
}

// alone plans that something happens beside which nothing else does, at exactly its time.
func (s *story) alone(at time.Time, do func(ctx context.Context) error) {
	s.plan(deed{at: at, alone: true, do: do})
}

func (s *story) sweepAt(at time.Time, name string) {
	s.alone(at, func(ctx context.Context) error {
		_, err := s.app.Jobs.RunSweep(ctx, name)
		return err
	})
}

// lateMoney plans three payments whose outcome is learned only when the time to pay is over.
func (s *story) lateMoney() {
	noon := func(ago int) time.Time { return s.begin.AddDate(0, 0, days-ago).Add(13 * time.Hour) }
	lost := func(b *buyer, w want, at time.Time) *trade {
		t := &trade{s: s, buyer: b, wants: []want{w}, method: payment.ByGateway, cards: []string{goodCard}, lost: true}
		s.alone(at, t.place)
		s.alone(at.Add(3*time.Hour), func(ctx context.Context) error {
			s.owed.Store(true) // what cannot have its money any more gives it back
			_, err := s.app.Jobs.RunSweep(ctx, sweepLook)
			return err
		})
		return t
	}

	// The goods are still there: the order is confirmed after all.
	at := noon(19)
	kept := lost(s.buyers[1], s.wantOf(s.stalls[0]), at)
	s.sweepAt(at.Add(payWithin+slack), sweepExpire)
	s.deliver(kept, s.stalls[0], at.Add(6*time.Hour))

	// The customer had cancelled: everything goes back, the fee too.
	at = noon(12)
	back := lost(s.buyers[2], s.wantOf(s.stalls[3]), at)
	s.alone(at.Add(25*time.Minute), func(ctx context.Context) error { return back.cancelAll(ctx, back.buyer.Caller) })

	// The last one broke meanwhile: the money goes back.
	at = noon(8)
	st := s.stalls[2]
	w := s.wantOf(st)
	for w.item.price < 500_000 {
		w = s.wantOf(st)
	}
	w.units, w.item.left, w.item.apart = 1, 0, true // nobody else asks for it
	lost(s.buyers[15], w, at)
	s.sweepAt(at.Add(payWithin+slack), sweepExpire)
	nothing, few := int64(0), int64(3)
	s.alone(at.Add(2*time.Hour), func(ctx context.Context) error {
		return s.count(ctx, st.owner, w.item, inventory.Adjustment{Set: &nothing, Reason: "damaged", Note: "Water in the store-room"})
	})
	s.alone(at.AddDate(0, 0, 2), func(ctx context.Context) error {
		return s.count(ctx, st.owner, w.item, inventory.Adjustment{Delta: &few, Reason: "received"})
	})
}

// deliver plans that an order that was paid is packed, sent, delivered and completed.
func (s *story) deliver(t *trade, st *stall, at time.Time) {
	hand := st.hands[len(st.hands)-1]
	t.step(at, st, hand, order.Process, order.Why{})
	t.step(at.Add(20*time.Hour), st, hand, order.Ship, order.Why{Note: carriers[0]})
	t.step(at.Add(60*time.Hour), st, hand, order.Deliver, order.Why{})
	t.step(at.Add(80*time.Hour), st, t.buyer.Caller, order.Complete, order.Why{})
}

// move is a step of a scene: so long before now.
type move struct {
	ago time.Duration
	who party
	on  order.Event
	why order.Why
}

type party int

const (
	byStaff party = iota
	byOwner
	byBuyer
)

// scene plans one purchase whose times are counted back from now.
func (s *story) scene(buyer, stalls int, method payment.Method, cards []string, ago time.Duration, moves ...move) {
	t := &trade{s: s, buyer: s.buyers[buyer], method: method, cards: cards}
	st := s.stalls[stalls%10]
	t.wants = []want{s.wantOf(st)}
	if other := stalls / 10; other > 0 {
		t.wants = append(t.wants, s.wantOf(s.stalls[other]))
	}
	cost := int64(24_000) // two deliveries
	for _, w := range t.wants {
		cost += w.item.price * w.units * 11 / 10 // prices may rise meanwhile
	}
	if method == payment.ByWallet {
		if cost > t.buyer.purse { // dearer than thought: by card then
			t.method, t.cards = payment.ByGateway, []string{goodCard}
		} else {
			t.buyer.purse -= cost
		}
	}
	ago += time.Duration(s.rnd.Int64N(int64(50 * time.Second))) // nobody comes on the minute
	// In the last hours every time counts: what waits for its payment must not have waited too long.
	s.plan(deed{at: s.end.Add(-ago), lane: t.buyer.lane, alone: ago < 2*span, do: t.place})
	for _, m := range moves {
		who := st.owner
		switch m.who {
		case byStaff:
			who = st.hands[len(st.hands)-1]
		case byBuyer:
			who = t.buyer.Caller
		}
		t.step(s.end.Add(-m.ago), st, who, m.on, m.why)
	}
}

// today plans where things stand now: an order in every state for the customer, the seller and the staff who are there
// to be signed in as, and some for others; and what lies in the carts.
func (s *story) today() {
	const (
		m = time.Minute
		h = time.Hour
		d = 24 * time.Hour
	)
	card := []string{goodCard}
	none := order.Why{}
	refused := order.Why{Note: "Refused at the door."}

	s.scene(0, 0, payment.ByGateway, nil, 9*m)
	s.scene(4, 53, payment.ByGateway, []string{declined}, 11*m)
	s.scene(13, 6, payment.ByGateway, nil, 14*m)

	s.scene(0, 0, payment.ByCash, nil, 100*m)
	s.scene(2, 0, payment.ByCash, nil, 3*h)
	s.scene(7, 3, payment.ByCash, nil, 35*m)

	s.scene(0, 0, payment.ByWallet, nil, 75*m)
	s.scene(5, 10, payment.ByGateway, card, 50*m)
	s.scene(22, 6, payment.ByGateway, []string{poorCard, goodCard}, 25*m)

	s.scene(0, 0, payment.ByGateway, card, 22*h, move{18 * h, byStaff, order.Process, none})
	s.scene(0, 0, payment.ByWallet, nil, 50*h, move{44 * h, byStaff, order.Process, none}, move{20 * h, byStaff, order.Ship, order.Why{Note: carriers[1]}})
	s.scene(0, 0, payment.ByGateway, card, 5*d, move{3 * d, byOwner, order.Ship, order.Why{Note: carriers[0]}}, move{20 * h, byOwner, order.Deliver, none})
	s.scene(0, 0, payment.ByCash, nil, 15*d, move{15*d - 2*h, byOwner, order.Confirm, none}, move{14 * d, byStaff, order.Ship, none},
		move{12 * d, byStaff, order.Deliver, none}, move{11 * d, byBuyer, order.Complete, none})
	s.scene(0, 0, payment.ByWallet, nil, 6*d, move{6*d - h, byBuyer, order.Cancel, none})
	s.scene(0, 0, payment.ByGateway, card, 4*d, move{3 * d, byStaff, order.Ship, none}, move{15 * h, byStaff, order.Return, refused})
	s.scene(0, 0, payment.ByGateway, card, 13*d, move{12 * d, byStaff, order.Ship, none}, move{10 * d, byStaff, order.Return, refused},
		move{9 * d, byStaff, order.Receive, order.Why{Restock: true}})
	s.scene(9, 4, payment.ByCash, nil, 9*d, move{9*d - 3*h, byOwner, order.Confirm, none}, move{8 * d, byOwner, order.Ship, none},
		move{6 * d, byOwner, order.Return, refused}, move{5 * d, byOwner, order.Receive, order.Why{Note: "Torn: cannot be sold again."}})

	for _, b := range []int{0, 3, 8, 22} {
		wants := []want{s.wantOf(s.stalls[b%8]), s.wantOf(s.stalls[1])}
		if b == 0 {
			wants = append(wants, s.wantOf(s.stalls[3]), s.wantOf(s.stalls[7]))
		}
		s.alone(s.end.Add(-5*m), func(ctx context.Context) error { return s.fillCart(ctx, s.buyers[b], wants) })
	}
}
