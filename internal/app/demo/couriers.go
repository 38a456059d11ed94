package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
)

// rider is a courier.
type rider struct {
	human
	business, vehicle, plate string
	capacity                 int64 // grams
	lat, lng                 string
	waits                    bool // for an admin to look at his papers
}

// riders carry. The first one is there to be signed in as.
var riders = []rider{
	{courier, "Gopal Express", "motorcycle", "BA 12 PA 3456", 80_000, "27.703000", "85.318000", false},
	{human{name: "Bina Rai", mail: "bina.rai", phone: "+9779851000004"}, "Patan Pedals", "bicycle", "", 40_000, "27.690000", "85.322000", false},
	{human{name: "Kumar Lama", mail: "kumar.lama", phone: "+9779851000005"}, "Ring Road Cargo", "van", "BA 3 KHA 7788", 800_000, "27.712000", "85.330000", false},
	{human{name: "Deepa Shrestha", mail: "deepa.shrestha", phone: "+9779851000006"}, "Deepa on Wheels", "motorcycle", "BA 77 PA 9012", 60_000, "27.680000", "85.310000", true},
	{human{name: "ياسر الأمين", mail: "yasir.elamin", phone: "+249912090001"}, "توصيل النيلين", "motorcycle", "خ 4 1234", 80_000, "15.610000", "32.520000", false},
	{human{name: "Amna Babiker", mail: "amna.babiker", phone: "+249912090002"}, "Two Niles Delivery", "van", "KH 2 5678", 800_000, "15.630000", "32.500000", false},
}

// hire makes the couriers: their profiles, and their papers as an admin has seen them.
func (s *story) hire(ctx context.Context) error {
	for _, r := range riders {
		who, err := s.join(ctx, r.human, web.RoleCourier, web.RoleCustomer)
		if err != nil {
			return err
		}
		s.riders = append(s.riders, who)
		if err := s.outfit(ctx, r, who); err != nil {
			return fmt.Errorf("courier %s: %w", r.mail, err)
		}
	}
	return nil
}

func (s *story) outfit(ctx context.Context, r rider, who web.Caller) error {
	p := delivery.Profile{BusinessName: &r.business, Phone: &r.phone, Vehicle: &r.vehicle, Plate: &r.plate, Capacity: &r.capacity}
	v, err := s.app.Delivery.Change(ctx, who, p)
	if err != nil {
		return err
	}
	for n, kind := range []string{"identity", "license"} {
		doc := delivery.NewDocument{Kind: kind, Number: fmt.Sprintf("%s-%d-%s", kind[:2], n+1, r.phone[len(r.phone)-5:]), Expires: s.end.AddDate(1, 2+n, 0)}
		if _, err := s.app.Delivery.AddDocument(ctx, who, doc); err != nil {
			return err
		}
	}
	if r.waits {
		return nil
	}
	if _, err := s.app.Delivery.Verify(ctx, s.admin, v.ID); err != nil {
		return err
	}
	ready := true
	_, err = s.app.Delivery.Change(ctx, who, delivery.Profile{Available: &ready})
	return err
}

// leg is a step with a delivery: so long before now. The first one of each makes it.
type leg struct {
	ago    time.Duration
	on     delivery.Event
	reason string
}

const makeIt delivery.Event = "make"

// haul plans a purchase that a courier carries.
func (s *story) haul(buyer, stalls, by int, method payment.Method, ago time.Duration, legs ...leg) {
	st := s.stalls[stalls]
	t := &trade{s: s, buyer: s.buyers[buyer], method: method, home: true, wants: []want{s.wantOf(st)}}
	if method == payment.ByGateway {
		t.cards = []string{goodCard}
	}
	s.plan(deed{at: s.end.Add(-ago), lane: t.buyer.lane, do: t.place})
	if method == payment.ByCash {
		t.step(s.end.Add(-ago+30*time.Minute), st, st.owner, order.Confirm, order.Why{})
	}
	id := ""
	for _, l := range legs {
		s.plan(deed{at: s.end.Add(-l.ago), lane: t.buyer.lane, do: func(ctx context.Context) error {
			if t.missed {
				return nil
			}
			made, err := insist(func() (string, error) { return s.carryOn(ctx, t, st, by, id, l) })
			if err != nil {
				return fmt.Errorf("%s of the delivery of order %s: %w", l.on, t.orders[st], err)
			}
			id = made
			return nil
		}})
	}
}

// carryOn takes one step with a delivery.
func (s *story) carryOn(ctx context.Context, t *trade, st *stall, by int, id string, l leg) (string, error) {
	d, who := s.app.Delivery, s.riders[by]
	n := delivery.Note{}
	switch l.on {
	case makeIt:
		id, _, err := d.Create(ctx, st.owner, delivery.NewDelivery{Order: t.orders[st], Fee: "150.00", Instructions: "Please call when you are near."})
		return id, err
	case delivery.Claim:
		return id, d.Claim(ctx, who, id, n)
	case delivery.Cancel:
		return id, d.Cancel(ctx, st.owner, id, delivery.Note{Text: "We bring it ourselves."})
	case delivery.Deliver:
		shown, err := d.ForOrder(ctx, t.buyer.Caller, t.orders[st])
		if err != nil || len(shown) == 0 || shown[len(shown)-1].Proof == nil {
			return id, fmt.Errorf("the buyer has nothing to show: %w", err)
		}
		return id, d.Act(ctx, who, id, l.on, delivery.Action{Note: n, QR: shown[len(shown)-1].Proof.QR})
	default:
		return id, d.Act(ctx, who, id, l.on, delivery.Action{Note: n, Reason: l.reason})
	}
}

// hauls plan deliveries in every state, around Kathmandu and Khartoum.
func (s *story) hauls() {
	const (
		m    = time.Minute
		h    = time.Hour
		d    = 24 * time.Hour
		card = payment.ByGateway
	)
	claimed := func(at time.Duration) []leg {
		return []leg{{ago: at + 30*m, on: makeIt}, {ago: at, on: delivery.Claim}}
	}
	way := func(at time.Duration, on ...delivery.Event) (out []leg) {
		out = claimed(at)
		for i, e := range on {
			out = append(out, leg{ago: at - time.Duration(i+1)*at/time.Duration(len(on)+2), on: e})
		}
		return out
	}
	s.haul(1, 9, 0, card, 5*h, leg{ago: 50 * m, on: makeIt})
	s.haul(6, 8, 0, card, 9*h, leg{ago: 40 * m, on: makeIt})
	s.haul(29, 6, 4, card, 6*h, leg{ago: 55 * m, on: makeIt})
	s.haul(7, 9, 0, card, 8*h, claimed(70*m)...)
	s.haul(30, 8, 1, card, 10*h, way(100*m, delivery.Pickup)...)
	s.haul(0, 9, 0, card, 7*h, way(80*m, delivery.Pickup, delivery.Depart)...)
	s.haul(22, 6, 4, card, 8*h, way(90*m, delivery.Pickup, delivery.Depart)...)
	s.haul(6, 9, 2, card, 30*h, way(25*h, delivery.Pickup, delivery.Depart, delivery.Deliver)...)
	s.haul(1, 8, 0, payment.ByCash, 28*h, way(22*h, delivery.Pickup, delivery.Depart, delivery.Deliver)...)
	s.haul(23, 6, 5, payment.ByCash, 3*d, way(50*h, delivery.Pickup, delivery.Deliver)...)
	s.haul(7, 8, 2, card, 26*h, append(way(20*h, delivery.Pickup, delivery.Depart), leg{ago: 4 * h, on: delivery.Fail, reason: "nobody_home"})...)
	s.haul(23, 6, 5, card, 4*d, append(way(70*h, delivery.Pickup, delivery.Depart), leg{ago: 20 * h, on: delivery.Fail, reason: "refused"}, leg{ago: 10 * h, on: delivery.Return})...)
	s.haul(30, 9, 0, card, 2*d, leg{ago: 40 * h, on: makeIt}, leg{ago: 38 * h, on: delivery.Cancel})
	s.alone(s.end.Add(-2*m), s.standings)
}

// standings say where the couriers are.
func (s *story) standings(ctx context.Context) error {
	for i, r := range riders {
		at, ok := geo.NewPoint(r.lat, r.lng)
		if !ok {
			return fmt.Errorf("courier %s: no place", r.mail)
		}
		if _, err := s.app.Delivery.Seen(ctx, s.riders[i], []delivery.Fix{{Where: at, At: s.end.Add(-3 * time.Minute)}}); err != nil {
			return err
		}
	}
	return s.app.Delivery.Flush(ctx)
}
