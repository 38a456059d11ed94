package delivery

import (
	"cmp"
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// NewDelivery is what is said of a delivery when it is made. What is empty comes from the order and the store.
type NewDelivery struct {
	Order        string
	Lines        []LineUnits // of goods; none: all that nobody carries yet
	PayUpTo      string      // of what a dealer bought: what the household may get
	Pickup       *Place
	Dropoff      *Place
	Instructions string
	Weight       int64 // grams
	Size         string
	Value        string
	Fragile      bool
	Signature    bool
	Priority     string
	Fee          string
	PickupAt     *time.Time
	DeliverAt    *time.Time
}

// Create makes a delivery for an order of goods that is confirmed, or on its way in part, and for what a dealer has agreed
// to fetch; once for each idempotency key. Errors: order.ErrNotFound, order.ErrNotYours, ErrOrderState, ErrExists, ErrLines,
// ErrPlace, ErrFee, ErrPayUpTo, ledger.ErrInsufficientBalance, and those of the store's rights.
func (s *Service) Create(ctx context.Context, caller web.Caller, n NewDelivery) (id string, replayed bool, err error) {
	o, err := s.orders.Get(ctx, caller, n.Order)
	if err != nil {
		return "", false, err
	}
	said, path := n.Pickup, "body.pickup."
	if o.Side == buyback {
		said, path = n.Dropoff, "body.dropoff."
	}
	home, err := s.storeDoor(ctx, caller, o.Store.ID, said, path)
	if err != nil {
		return "", false, err
	}
	// READ COMMITTED: the order's state is looked at under its lock, and so is what of it nobody carries yet; that no unit
	// is carried twice is a check of its line. What is set aside is a guarded update of the wallet.
	return idem.Once(ctx, s.db, "delivery.create", func(ctx context.Context, tx db.Tx) (string, error) {
		p, err := s.orders.Parcel(ctx, tx, caller, n.Order)
		if err != nil {
			return "", err
		}
		if p.Buyback() {
			if err := s.maySend(ctx, tx, caller, p); err != nil {
				return "", err
			}
		}
		return s.make(ctx, tx, caller.Account, p, home, n)
	}, db.ReadCommitted())
}

// CreateFor makes a delivery for an order that is named as on paper (H-000042) or by its id, for whoever runs the market's
// machine. Errors: as Create.
func (s *Service) CreateFor(ctx context.Context, n NewDelivery) (v View, err error) {
	operator := web.Caller{AccountID: nobody, Account: event.System, Roles: []string{web.RoleAdmin}}
	if !strings.HasPrefix(n.Order, "ord_") {
		list, err := s.orders.List(ctx, operator, order.ListQuery{All: true, Number: n.Order}, web.PageParams{Limit: 1})
		if err != nil {
			return v, err
		}
		if len(list.Items) == 0 {
			return v, order.ErrNotFound
		}
		n.Order = list.Items[0].ID
	}
	id, _, err := s.Create(ctx, operator, n)
	if err != nil {
		return v, err
	}
	return s.Get(ctx, operator, id)
}

// nobody is the account of a caller who has none and buys nothing.
const nobody = -1

// storeDoor is where a store's goods are picked up, or brought what it bought: what was said, else the store's own address.
func (s *Service) storeDoor(ctx context.Context, caller web.Caller, id string, said *Place, path string) (Place, error) {
	facts, err := s.identity.Facts(ctx)
	if err != nil {
		return Place{}, err
	}
	if said != nil {
		return said.normal(path, facts.Country)
	}
	st, err := s.stores.Get(ctx, caller, id)
	if err != nil {
		return Place{}, err
	}
	if st.Address == nil {
		return Place{Contact: st.Profile.Name, Phone: st.Phone, Address: identity.Address{Line1: st.Profile.Name, Country: facts.Country}}, nil
	}
	return Place{Contact: cmp.Or(st.Address.Name, st.Profile.Name), Phone: cmp.Or(st.Address.Phone, st.Phone), Address: *st.Address}, nil
}

func (p Place) normal(path, country string) (Place, error) {
	a, err := p.Address.Normal(path, country)
	if err != nil {
		return p, err
	}
	out := Place{Address: a}
	if out.Contact, err = identity.Line(path+"contact", cmp.Or(p.Contact, a.Name), 100); err != nil {
		return p, err
	}
	if out.Phone, err = identity.Line(path+"phone", cmp.Or(p.Phone, a.Phone), 32); err != nil {
		return p, err
	}
	return out, nil
}

// customer is where who ordered is.
func customer(p order.Parcel) Place {
	return Place{Contact: cmp.Or(p.Contact.Name, p.Address.Name), Phone: cmp.Or(p.Contact.Phone, p.Address.Phone), Address: p.Address}
}

func (s *Service) make(ctx context.Context, tx db.Tx, actor string, p order.Parcel, home Place, n NewDelivery) (string, error) {
	load, err := s.mayCarryOf(ctx, tx, p, n)
	if err != nil {
		return "", err
	}
	if p.Buyback() {
		if err := s.fetching(ctx, tx, p, &n); err != nil {
			return "", err
		}
	}
	row, err := s.fresh(p, load, home, n)
	if err != nil {
		return "", err
	}
	q := deliverydb.New(tx)
	if _, err := q.InsertDelivery(ctx, row); err != nil {
		return "", err
	}
	d, err := q.Delivery(ctx, row.PublicID)
	if err != nil {
		return "", err
	}
	if err := s.note(ctx, tx, &d, "create", Note{Actor: actor}); err != nil {
		return "", err
	}
	err = s.events.Append(ctx, tx, event.Event{Type: "delivery.available", Subject: row.PublicID, Actor: actor, Facts: map[string]any{
		"order": p.Order, "side": row.Side, "weight": row.Weight, "fee": row.Fee, "currency": row.Currency,
	}})
	if err != nil {
		return "", err
	}
	if p.Buyback() {
		return row.PublicID, s.setAside(ctx, tx, d)
	}
	return row.PublicID, s.load(ctx, tx, d.ID, load)
}

// mayCarryOf is what of an order a new delivery carries. What a dealer bought is fetched at once by one courier; goods may
// go in parts, also when some are on their way already. Errors: ErrOrderState, ErrExists, ErrLines.
func (s *Service) mayCarryOf(ctx context.Context, tx db.Tx, p order.Parcel, n NewDelivery) (cargo, error) {
	q := deliverydb.New(tx)
	ready := p.State == order.Confirmed || p.State == order.Processing && !p.Buyback()
	if p.State == order.Shipped && !p.Buyback() {
		out, err := q.PickedOfOrder(ctx, p.Order) // else the store ships it itself
		if err != nil {
			return cargo{}, err
		}
		ready = out > 0
	}
	if !ready {
		return cargo{}, ErrOrderState.With("state", string(p.State))
	}
	live, err := q.LiveOfOrder(ctx, p.Order)
	if err != nil {
		return cargo{}, err
	}
	if len(live) > 0 && (p.Buyback() || carriedOf(p) == 0) { // of goods: one that carries all, and nothing is noted of it
		return cargo{}, ErrExists.With("delivery", live[0].PublicID)
	}
	if p.Buyback() {
		if len(n.Lines) > 0 {
			return cargo{}, ErrLines.Field("body.lines", "not_in_parts", "What is sold to a dealer is fetched at once.")
		}
		return cargo{whole: true}, nil
	}
	return choose(p, n.Lines)
}

func carriedOf(p order.Parcel) (sum int64) {
	for _, l := range p.Lines {
		sum += l.Carried
	}
	return sum
}

// fresh is the row of a new delivery.
func (s *Service) fresh(p order.Parcel, load cargo, home Place, n NewDelivery) (row deliverydb.InsertDeliveryParams, err error) {
	from, to, err := doors(p, home, n)
	if err != nil {
		return row, err
	}
	pickup, err := json.Marshal(from)
	if err != nil {
		return row, err
	}
	dropoff, err := json.Marshal(to)
	if err != nil {
		return row, err
	}
	now := s.clock.Now()
	id := code.ID("dlv")
	row = deliverydb.InsertDeliveryParams{
		PublicID: id, Tracking: "TRK" + code.Digits(12), TrackHash: code.Hash(s.trackToken(id)), OrderRef: p.Order, StoreID: p.StoreID, BuyerID: p.BuyerID, Side: p.Side,
		Pickup: string(pickup), Dropoff: string(dropoff), PickupCell: cellOf(from.point()), Instructions: n.Instructions,
		Size: n.Size, Fragile: n.Fragile, Signature: n.Signature, Priority: priorityOf(n.Priority), Currency: p.Currency,
		PickupAt: micros(n.PickupAt), DeliverAt: micros(n.DeliverAt), CreatedAt: clock.Micro(now),
	}
	if err := figures(&row, p, load, n); err != nil {
		return row, err
	}
	row.PickupLat, row.PickupLng = split(from.point())
	row.DropLat, row.DropLng = split(to.point())
	if a, b := from.point(), to.point(); a != nil && b != nil {
		row.Distance = ptr(geo.Metres(*a, *b))
	}
	row.Words = wordsOf(row.Tracking, row.OrderRef, id, from.Contact, from.Phone, area(from), to.Contact, to.Phone, area(to))
	row.DueAt = due(deliverydb.Delivery{State: string(Available), PickupAt: row.PickupAt}, now)
	return row, nil
}

// doors are where it is fetched and where it is brought.
func doors(p order.Parcel, home Place, n NewDelivery) (from, to Place, err error) {
	door, said, path := customer(p), n.Dropoff, "body.dropoff."
	if p.Buyback() {
		said, path = n.Pickup, "body.pickup."
	}
	if said != nil {
		if door, err = said.normal(path, p.Address.Country); err != nil {
			return from, to, err
		}
	}
	if p.Buyback() {
		return door, home, nil
	}
	return home, door, nil
}

// figures are what a new delivery weighs, what it is worth, what it costs, and what is paid at the door.
func figures(row *deliverydb.InsertDeliveryParams, p order.Parcel, load cargo, n NewDelivery) (err error) {
	weight := p.Weight
	if !load.whole {
		weight = load.weight()
	}
	row.Weight = min(cmp.Or(n.Weight, weight), maxWeight)
	for _, x := range []struct {
		to *int64
		of int64
	}{{&row.Fee, p.Delivery}, {&row.Value, p.Value}, {&row.Cash, p.Cash}} {
		if *x.to, err = load.part(p, x.of); err != nil {
			return err
		}
	}
	cur := money.Currency(p.Currency)
	if n.Fee != "" {
		if row.Fee, err = money.Parse(n.Fee, cur); err != nil || row.Fee < 0 {
			return ErrFee.With("currency", p.Currency)
		}
	}
	if n.Value != "" {
		if row.Value, err = money.Parse(n.Value, cur); err != nil || row.Value < 0 {
			return ErrFee.With("currency", p.Currency).Field("body.value", "invalid", "A decimal amount.")
		}
	}
	if p.Buyback() {
		row.PayMost, err = payMost(p, n.PayUpTo)
	}
	return err
}

func priorityOf(name string) int64 {
	for i, p := range priorities {
		if p == name {
			return int64(i)
		}
	}
	return 1
}

func micros(t *time.Time) *int64 {
	if t == nil || t.IsZero() {
		return nil
	}
	return ptr(clock.Micro(*t))
}
