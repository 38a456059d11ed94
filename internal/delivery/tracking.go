package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
)

// ErrTracking is what a stranger's guess gets, and whose link is none.
var ErrTracking = fault.New(fault.NotFound, "tracking_not_found", "There is no delivery with this number or link.")

// fuzz is the side of the squares, in millionths of a degree, in which a public position is said: about 200 m.
const fuzz = 2_000

// fuzzed is the middle of the square that a point is in.
func fuzzed(p geo.Point) geo.Point {
	snap := func(n int64) int64 {
		cell := n / fuzz
		if n < 0 && n%fuzz != 0 {
			cell--
		}
		return cell*fuzz + fuzz/2
	}
	return geo.Point{Lat: snap(p.Lat), Lng: snap(p.Lng)}
}

// TrackView is a delivery as everybody with its link may see it: no names, no doors, no telephone numbers.
type TrackView struct {
	Tracking    string       `json:"tracking_number"`
	State       State        `json:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	From        string       `json:"from" doc:"City and district"`
	To          string       `json:"to"`
	Courier     string       `json:"courier,omitempty" doc:"First name; by the link only, while he has it"`
	Vehicle     string       `json:"vehicle,omitempty"`
	EtaAt       *time.Time   `json:"estimated_delivery_at" nullable:"true"`
	Position    *PointView   `json:"position,omitempty" doc:"Of the courier, to about 200 m, while he is on the way"`
	PositionAt  *time.Time   `json:"position_at,omitempty"`
	PickupArea  *PointView   `json:"pickup_area,omitempty" doc:"To about 200 m, while it is on the way"`
	DropArea    *PointView   `json:"dropoff_area,omitempty"`
	DeliveredAt *time.Time   `json:"delivered_at" nullable:"true"`
	UpdatedAt   time.Time    `json:"updated_at"`
	History     []TrackEntry `json:"history" doc:"Oldest first"`
}

// TrackEntry is a state that a delivery came into.
type TrackEntry struct {
	State State     `json:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	At    time.Time `json:"at"`
}

// link is the public page of a delivery; "" where nobody knows the market's address.
func (s *Service) link(d deliverydb.Delivery) string {
	if s.url == "" {
		return ""
	}
	return s.url + "/t/" + s.trackToken(d.PublicID)
}

// Tracking is where a delivery stands, for whoever has its link, or its number: that can be read from a parcel, and so
// it says less. Errors: ErrTracking.
func (s *Service) Tracking(ctx context.Context, number string) (v TrackView, err error) {
	err = s.db.Read(ctx, "delivery.tracking", func(ctx context.Context, tx db.Tx) error {
		q := deliverydb.New(tx)
		d, err := q.DeliveryByTrack(ctx, code.Hash(number))
		whole := err == nil
		if errors.Is(err, db.ErrNoRows) {
			if number = strings.ToUpper(number); !trackingNumber.MatchString(number) {
				return ErrTracking
			}
			d, err = q.DeliveryByTracking(ctx, number)
		}
		if err != nil {
			return notFound(err, ErrTracking)
		}
		v, err = s.trackView(ctx, tx, d, whole)
		return err
	})
	return v, err
}

func (s *Service) trackView(ctx context.Context, tx db.Tx, d deliverydb.Delivery, whole bool) (TrackView, error) {
	v := TrackView{Tracking: d.Tracking, State: State(d.State), DeliveredAt: timeOf(d.DeliveredAt), UpdatedAt: clock.Time(d.UpdatedAt), History: []TrackEntry{}}
	from, err := decodePlace(d.Pickup)
	if err != nil {
		return v, err
	}
	to, err := decodePlace(d.Dropoff)
	if err != nil {
		return v, err
	}
	v.From, v.To = area(from), area(to)
	rows, err := deliverydb.New(tx).EventsOf(ctx, d.ID, mostEvents)
	if err != nil {
		return v, err
	}
	for _, r := range rows {
		if n := len(v.History); n == 0 || v.History[n-1].State != State(r.State) {
			v.History = append(v.History, TrackEntry{State(r.State), clock.Time(r.At)})
		}
	}
	if whole && v.State.Held() {
		err = s.carrying(ctx, tx, d, &v)
	}
	return v, err
}

// carrying adds who has the delivery, and where he is while he is on the way to the receiver.
func (s *Service) carrying(ctx context.Context, tx db.Tx, d deliverydb.Delivery, v *TrackView) error {
	couriers, err := deliverydb.New(tx).CouriersByIDs(ctx, []int64{*d.CourierID})
	if err != nil || len(couriers) != 1 {
		return err
	}
	c := couriers[0]
	briefs, err := s.identity.Briefs(ctx, tx, []int64{c.AccountID})
	if err != nil {
		return err
	}
	v.Courier, _, _ = strings.Cut(briefs[c.AccountID].Name, " ")
	v.Vehicle, v.EtaAt = c.Vehicle, timeOf(d.EtaAt)
	if v.State != PickedUp && v.State != InTransit {
		return nil
	}
	soft := func(p *geo.Point) *PointView {
		if p == nil {
			return nil
		}
		at := fuzzed(*p)
		return pointView(&at)
	}
	to := pointOf(d.DropLat, d.DropLng)
	v.PickupArea, v.DropArea = soft(pointOf(d.PickupLat, d.PickupLng)), soft(to)
	here, at := s.where(c)
	if here == nil || at < clock.Micro(s.clock.Now().Add(-freshPosition)) {
		return nil
	}
	v.Position, v.PositionAt = soft(here), timeOf(&at)
	if to != nil {
		v.EtaAt = ptr(clock.Time(at).Add(travel(geo.Metres(fuzzed(*here), *to)/500*500, c.Vehicle)).UTC().Truncate(time.Minute))
	}
	return nil
}

// OrderTrack is what happened to an order and to what carries it, in one list.
type OrderTrack struct {
	TrackingURL string            `json:"tracking_url,omitempty" doc:"The public page of what carries it now"`
	Delivery    string            `json:"delivery,omitempty"`
	State       string            `json:"delivery_state,omitempty"`
	Parts       []OrderPart       `json:"deliveries" doc:"All that carry it or have carried it, the newest first"`
	Items       []OrderTrackEntry `json:"items" doc:"Oldest first"`
}

// OrderPart is one delivery of an order.
type OrderPart struct {
	Delivery    string     `json:"delivery"`
	State       State      `json:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	TrackingURL string     `json:"tracking_url,omitempty"`
	Lines       []LineView `json:"lines" doc:"What it carries; none where it is all of the order"`
}

// OrderTrackEntry is one thing that happened.
type OrderTrackEntry struct {
	Source string    `json:"source" enum:"order,delivery"`
	Kind   string    `json:"kind"`
	State  string    `json:"state,omitempty"`
	Of     string    `json:"delivery,omitempty" doc:"Which delivery, if it happened to one"`
	At     time.Time `json:"at"`
}

// mostHistory is how many events of an order are told.
const mostHistory = 200

// OrderTracking merges what happened to an order with what happened to its deliveries, for the order's people. Errors:
// order.ErrNotFound.
func (s *Service) OrderTracking(ctx context.Context, caller web.Caller, id string) (out OrderTrack, err error) {
	err = s.db.Read(ctx, "delivery.order_tracking", func(ctx context.Context, tx db.Tx) error {
		if _, err := s.orders.ForBuyer(ctx, tx, caller, id); err != nil {
			return err
		}
		out, err = s.orderTrack(ctx, tx, id)
		return err
	})
	return out, err
}

func (s *Service) orderTrack(ctx context.Context, tx db.Tx, id string) (out OrderTrack, err error) {
	out.Items, out.Parts = []OrderTrackEntry{}, []OrderPart{}
	events, _, err := s.events.History(ctx, tx, id, event.Page{Limit: mostHistory})
	if err != nil {
		return out, err
	}
	for _, e := range events {
		state, _ := e.Facts["to"].(string)
		out.Items = append(out.Items, OrderTrackEntry{"order", e.Type, state, "", e.At})
	}
	q := deliverydb.New(tx)
	rows, err := q.DeliveriesOfOrder(ctx, id, mostHistory)
	if err != nil {
		return out, err
	}
	carries, err := s.cargoViews(ctx, tx, rows)
	if err != nil {
		return out, err
	}
	for _, d := range rows {
		part := OrderPart{d.PublicID, State(d.State), s.link(d), carries[d.ID]}
		if part.Lines == nil {
			part.Lines = []LineView{}
		}
		out.Parts = append(out.Parts, part)
		all, err := q.EventsOf(ctx, d.ID, mostHistory)
		if err != nil {
			return out, err
		}
		for _, r := range all {
			out.Items = append(out.Items, OrderTrackEntry{"delivery", "delivery." + r.Kind, r.State, d.PublicID, clock.Time(r.At)})
		}
		if out.Delivery == "" || d.Open {
			out.Delivery, out.State, out.TrackingURL = d.PublicID, d.State, s.link(d)
		}
	}
	slices.SortStableFunc(out.Items, func(a, b OrderTrackEntry) int { return a.At.Compare(b.At) })
	return out, nil
}
