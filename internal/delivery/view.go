package delivery

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// PointView is a place on earth.
type PointView struct {
	Lat string `json:"lat" doc:"Degrees as a decimal"`
	Lng string `json:"lng"`
}

func pointView(p *geo.Point) *PointView {
	if p == nil {
		return nil
	}
	lat, lng := p.Strings()
	return &PointView{lat, lng}
}

// CourierName is who carries something.
type CourierName struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	BusinessName string `json:"business_name"`
	Phone        string `json:"phone"`
	Vehicle      string `json:"vehicle"`
	Plate        string `json:"plate"`
	Rating       string `json:"rating" doc:"Of five stars; empty while nobody has rated"`
}

// View is a delivery as its courier, its store's people and admins see it.
type View struct {
	ID           string       `json:"id"`
	Tracking     string       `json:"tracking_number" doc:"For people and paper; the tracking page is reached by its link"`
	TrackingURL  string       `json:"tracking_url,omitempty" doc:"The public page, for whoever is to follow it; absent where the market does not know its own address"`
	Order        string       `json:"order"`
	Side         string       `json:"side" enum:"sale,buyback" doc:"sale: goods from a store to who bought them; buyback: what a dealer bought, from the household to the dealer"`
	Lines        []LineView   `json:"lines,omitempty" doc:"What it carries of the order; absent where it is all of it and was made before deliveries had lines, and of a buyback"`
	Weigh        *WeighView   `json:"weigh,omitempty" doc:"Of a buyback that is not picked up yet: what is weighed at the household's door"`
	State        State        `json:"state" enum:"available,assigned,picked_up,in_transit,delivered,failed,returned,cancelled"`
	Courier      *CourierName `json:"courier,omitempty" doc:"Absent while nobody has it"`
	Pickup       Place        `json:"pickup"`
	Dropoff      Place        `json:"dropoff"`
	Instructions string       `json:"instructions"`
	Weight       int64        `json:"package_weight" doc:"Grams"`
	Size         string       `json:"package_size"`
	Value        string       `json:"package_value"`
	Fragile      bool         `json:"fragile"`
	Signature    bool         `json:"requires_signature"`
	Priority     string       `json:"priority" enum:"low,normal,high,urgent"`
	Currency     string       `json:"currency"`
	Fee          string       `json:"fee"`
	Earned       string       `json:"earned" doc:"The courier's part, once delivered"`
	Cash         string       `json:"cash" doc:"To be taken from the receiver"`
	CashState    string       `json:"cash_state,omitempty" enum:"carried,handed_in,short"`
	Distance     *int64       `json:"distance_m" nullable:"true" doc:"Straight line from door to door, in metres"`
	PickupAt     *time.Time   `json:"requested_pickup_at" nullable:"true"`
	DeliverAt    *time.Time   `json:"requested_delivery_at" nullable:"true"`
	EtaAt        *time.Time   `json:"estimated_delivery_at" nullable:"true"`
	Proof        string       `json:"proof" doc:"How it was proved: pin, qr, photo (with a signature), buyer (his own word), or none; empty before"`
	CodeHash     string       `json:"code_hash,omitempty" doc:"For its courier: SHA-256 of the text of the receiver's code, so that a phone without the network can check it"`
	TriesLeft    int64        `json:"tries_left" doc:"Wrong PINs that are still taken"`
	FailReason   string       `json:"fail_reason,omitempty"`
	Fails        int64        `json:"fails"`
	Far          *int64       `json:"distance_from_dropoff_m" nullable:"true" doc:"Where the courier said it was delivered"`
	Flagged      bool         `json:"flagged" doc:"Somebody should look: far from the drop-off, or steps that contradict each other"`
	Rating       *int64       `json:"rating" nullable:"true"`
	AssignedAt   *time.Time   `json:"assigned_at" nullable:"true"`
	PickedUpAt   *time.Time   `json:"picked_up_at" nullable:"true"`
	DeliveredAt  *time.Time   `json:"delivered_at" nullable:"true"`
	DueAt        time.Time    `json:"due_at" doc:"When it should have moved on; later it is late"`
	CreatedAt    time.Time    `json:"created_at"`
	UpdatedAt    time.Time    `json:"updated_at"`
	Actions      []Event      `json:"allowed_actions"`
}

// OfferView is a delivery that waits, as couriers see it before they have it: no names, no doors.
type OfferView struct {
	ID        string     `json:"id"`
	Side      string     `json:"side" enum:"sale,buyback" doc:"buyback: it is weighed at the household's door"`
	From      string     `json:"from" doc:"City and district"`
	To        string     `json:"to"`
	Away      *int64     `json:"away_m" nullable:"true" doc:"How far the pickup is, in metres; null where it has no position"`
	Distance  *int64     `json:"distance_m" nullable:"true" doc:"From door to door, in metres"`
	Weight    int64      `json:"package_weight"`
	Size      string     `json:"package_size"`
	Fragile   bool       `json:"fragile"`
	Priority  string     `json:"priority"`
	Currency  string     `json:"currency"`
	Fee       string     `json:"fee"`
	Cash      string     `json:"cash"`
	PickupAt  *time.Time `json:"requested_pickup_at" nullable:"true"`
	DeliverAt *time.Time `json:"requested_delivery_at" nullable:"true"`
	CreatedAt time.Time  `json:"created_at"`
}

// EventView is a row of a delivery's history.
type EventView struct {
	Kind      string     `json:"kind"`
	State     State      `json:"state"`
	Actor     string     `json:"actor"`
	Note      string     `json:"note"`
	Place     *PointView `json:"place,omitempty"`
	Photo     bool       `json:"photo"`
	Signature bool       `json:"signature"`
	PhotoPath string     `json:"photo_path,omitempty" doc:"Where the photo is read"`
	SignPath  string     `json:"signature_path,omitempty" doc:"Where the signature is read"`
	DeviceAt  *time.Time `json:"device_at" nullable:"true" doc:"By the phone's clock"`
	At        time.Time  `json:"at"`
}

func timeOf(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	return ptr(clock.Time(*us))
}

func stars(c deliverydb.Courier) string {
	if c.RatingCount == 0 {
		return ""
	}
	n := (c.RatingSum*100 + c.RatingCount/2) / c.RatingCount
	return string(rune('0'+n/100)) + "." + string(rune('0'+n/10%10)) + string(rune('0'+n%10))
}

// names are the couriers of deliveries, for a whole page at once.
func (s *Service) names(ctx context.Context, tx db.Tx, rows []deliverydb.Delivery) (map[int64]CourierName, error) {
	ids := []int64{}
	for _, d := range rows {
		if d.CourierID != nil && !slices.Contains(ids, *d.CourierID) {
			ids = append(ids, *d.CourierID)
		}
	}
	if len(ids) == 0 {
		return map[int64]CourierName{}, nil
	}
	couriers, err := deliverydb.New(tx).CouriersByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	return s.namesOf(ctx, tx, couriers)
}

func (s *Service) namesOf(ctx context.Context, tx db.Tx, couriers []deliverydb.Courier) (map[int64]CourierName, error) {
	out := map[int64]CourierName{}
	if len(couriers) == 0 {
		return out, nil
	}
	accounts := make([]int64, len(couriers))
	for i, c := range couriers {
		accounts[i] = c.AccountID
	}
	briefs, err := s.identity.Briefs(ctx, tx, accounts)
	for _, c := range couriers {
		out[c.ID] = CourierName{
			ID: c.PublicID, Name: briefs[c.AccountID].Name, BusinessName: c.BusinessName, Phone: c.Contact, Vehicle: c.Vehicle, Plate: c.Plate, Rating: stars(c),
		}
	}
	return out, err
}

func (s *Service) view(d deliverydb.Delivery, names map[int64]CourierName, parties []Party) (View, error) {
	cur := money.Currency(d.Currency)
	v := View{
		ID: d.PublicID, Tracking: d.Tracking, TrackingURL: s.link(d), Order: d.OrderRef, Side: d.Side, State: State(d.State), Instructions: d.Instructions,
		Weight: d.Weight, Size: d.Size, Value: money.Format(d.Value, cur), Fragile: d.Fragile, Signature: d.Signature, Priority: priorities[d.Priority], Currency: d.Currency,
		Fee: money.Format(d.Fee, cur), Earned: money.Format(d.Earned, cur), Cash: money.Format(d.Cash, cur), CashState: d.CashState, Distance: d.Distance,
		PickupAt: timeOf(d.PickupAt), DeliverAt: timeOf(d.DeliverAt), EtaAt: timeOf(d.EtaAt), Proof: d.Proof, TriesLeft: MostTries - d.Tries, FailReason: d.FailReason, Fails: d.Fails,
		Far: d.Far, Flagged: d.Flagged, Rating: d.Rating, AssignedAt: timeOf(d.AssignedAt), PickedUpAt: timeOf(d.PickedUpAt), DeliveredAt: timeOf(d.DeliveredAt),
		DueAt: clock.Time(d.DueAt), CreatedAt: clock.Time(d.CreatedAt), UpdatedAt: clock.Time(d.UpdatedAt), Actions: Allowed(d.Side, State(d.State), parties...),
	}
	if d.CourierID != nil {
		if name, ok := names[*d.CourierID]; ok {
			v.Courier = &name
		}
	}
	if slices.Contains(parties, Courier) && d.Open {
		v.CodeHash = s.qrHash(d)
	}
	var err, err2 error
	v.Pickup, err = decodePlace(d.Pickup)
	v.Dropoff, err2 = decodePlace(d.Dropoff)
	return v, errors.Join(err, err2)
}

// Get reads a delivery for its courier, its store's people or an admin. Others get ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (v View, err error) {
	err = s.db.Read(ctx, "delivery.get", func(ctx context.Context, tx db.Tx) error {
		d, parties, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		names, err := s.names(ctx, tx, []deliverydb.Delivery{d})
		if err != nil {
			return err
		}
		if v, err = s.view(d, names, parties); err != nil {
			return err
		}
		one := []View{v}
		err = s.withCargo(ctx, tx, []deliverydb.Delivery{d}, one)
		v = one[0]
		return err
	})
	return v, err
}

func (s *Service) open(ctx context.Context, tx db.Tx, caller web.Caller, id string) (deliverydb.Delivery, []Party, error) {
	d, err := deliverydb.New(tx).Delivery(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return d, nil, ErrNotFound
	}
	if err != nil {
		return d, nil, err
	}
	parties, err := s.parties(ctx, tx, caller, d)
	return d, parties, err
}

// History is what happened to a delivery, oldest first, for those who may see it.
func (s *Service) History(ctx context.Context, caller web.Caller, id string) (out []EventView, err error) {
	err = s.db.Read(ctx, "delivery.history", func(ctx context.Context, tx db.Tx) error {
		d, _, err := s.open(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		out, err = history(ctx, tx, d)
		return err
	})
	return out, err
}

// mostEvents bounds a history; a delivery has a handful.
const mostEvents = 500

func history(ctx context.Context, tx db.Tx, d deliverydb.Delivery) ([]EventView, error) {
	rows, err := deliverydb.New(tx).EventsOf(ctx, d.ID, mostEvents)
	out := make([]EventView, len(rows))
	for i, r := range rows {
		out[i] = EventView{
			Kind: r.Kind, State: State(r.State), Actor: r.Actor, Note: r.Note, Place: pointView(pointOf(r.Lat, r.Lng)), Photo: r.Photo != nil, Signature: r.Signature != nil,
			PhotoPath: picturePath(d.PublicID, r.Photo), SignPath: picturePath(d.PublicID, r.Signature), DeviceAt: timeOf(r.DeviceAt), At: clock.Time(r.At),
		}
	}
	return out, err
}

// freeLooked is how many waiting deliveries are looked at for one answer.
const freeLooked = 500

// Offers are deliveries that wait near a point, the nearest first. Those without a position come last.
func (s *Service) Offers(ctx context.Context, near geo.Point, metres int64, limit int) (out []OfferView, err error) {
	err = s.db.Read(ctx, "delivery.offers", func(ctx context.Context, tx db.Tx) error {
		rows, err := deliverydb.New(tx).FreeNear(ctx, cellsNear(near, metres), freeLooked)
		if err != nil {
			return err
		}
		out = []OfferView{}
		for _, d := range rows {
			v, err := offer(d, near)
			if err != nil {
				return err
			}
			if v.Away == nil || *v.Away <= metres {
				out = append(out, v)
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b OfferView) int {
		switch {
		case a.Away == nil && b.Away == nil:
			return 0
		case a.Away == nil:
			return 1
		case b.Away == nil:
			return -1
		}
		return int(*a.Away - *b.Away)
	})
	return out[:min(len(out), limit)], err
}

func offer(d deliverydb.Delivery, near geo.Point) (OfferView, error) {
	cur := money.Currency(d.Currency)
	v := OfferView{
		ID: d.PublicID, Side: d.Side, Distance: d.Distance, Weight: d.Weight, Size: d.Size, Fragile: d.Fragile, Priority: priorities[d.Priority], Currency: d.Currency, Fee: money.Format(d.Fee, cur),
		Cash: money.Format(d.Cash, cur), PickupAt: timeOf(d.PickupAt), DeliverAt: timeOf(d.DeliverAt), CreatedAt: clock.Time(d.CreatedAt),
	}
	if at := pointOf(d.PickupLat, d.PickupLng); at != nil {
		v.Away = ptr(geo.Metres(near, *at))
	}
	from, err := decodePlace(d.Pickup)
	if err != nil {
		return v, err
	}
	to, err := decodePlace(d.Dropoff)
	v.From, v.To = area(from), area(to)
	return v, err
}

// area is where a place is, for those who need not know the door.
func area(p Place) string {
	return strings.Join(slices.DeleteFunc([]string{p.City, p.District}, func(s string) bool { return s == "" }), ", ")
}
