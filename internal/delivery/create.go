package delivery

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
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

// Create makes a delivery for an order that is confirmed and not shipped yet, once for each idempotency key. Errors:
// order.ErrNotFound, order.ErrNotYours, ErrOrderState, ErrExists, ErrPlace, ErrFee, and those of the store's rights.
func (s *Service) Create(ctx context.Context, caller web.Caller, n NewDelivery) (id string, replayed bool, err error) {
	o, err := s.orders.Get(ctx, caller, n.Order)
	if err != nil {
		return "", false, err
	}
	from, err := s.sender(ctx, caller, o.Store.ID, n.Pickup)
	if err != nil {
		return "", false, err
	}
	// READ COMMITTED: the order's state is looked at under its lock; that it has one open delivery is a unique index.
	return idem.Once(ctx, s.db, "delivery.create", func(ctx context.Context, tx db.Tx) (string, error) {
		p, err := s.orders.Parcel(ctx, tx, caller, n.Order)
		if err != nil {
			return "", err
		}
		return s.make(ctx, tx, caller.Account, p, from, n)
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

// sender is where a store's goods are picked up: what was said, else the store's own address.
func (s *Service) sender(ctx context.Context, caller web.Caller, id string, said *Place) (Place, error) {
	facts, err := s.identity.Facts(ctx)
	if err != nil {
		return Place{}, err
	}
	if said != nil {
		return said.normal("body.pickup.", facts.Country)
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

// receiver is where a parcel goes.
func receiver(p order.Parcel) Place {
	return Place{Contact: cmp.Or(p.Contact.Name, p.Address.Name), Phone: cmp.Or(p.Contact.Phone, p.Address.Phone), Address: p.Address}
}

func (s *Service) make(ctx context.Context, tx db.Tx, actor string, p order.Parcel, from Place, n NewDelivery) (string, error) {
	if p.State != order.Confirmed && p.State != order.Processing {
		return "", ErrOrderState.With("state", string(p.State))
	}
	q := deliverydb.New(tx)
	if open, err := q.OpenOfOrder(ctx, p.Order); err == nil {
		return "", ErrExists.With("delivery", open.PublicID)
	} else if !errors.Is(err, db.ErrNoRows) {
		return "", err
	}
	row, err := s.fresh(p, from, n)
	if err != nil {
		return "", err
	}
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
	return row.PublicID, s.events.Append(ctx, tx, event.Event{Type: "delivery.available", Subject: row.PublicID, Actor: actor, Facts: map[string]any{
		"order": p.Order, "weight": row.Weight, "fee": row.Fee, "currency": row.Currency,
	}})
}

// fresh is the row of a new delivery.
func (s *Service) fresh(p order.Parcel, from Place, n NewDelivery) (row deliverydb.InsertDeliveryParams, err error) {
	to := receiver(p)
	if n.Dropoff != nil {
		if to, err = n.Dropoff.normal("body.dropoff.", p.Address.Country); err != nil {
			return row, err
		}
	}
	cur := money.Currency(p.Currency)
	fee, value := p.Delivery, p.Value
	if n.Fee != "" {
		if fee, err = money.Parse(n.Fee, cur); err != nil || fee < 0 {
			return row, ErrFee.With("currency", p.Currency)
		}
	}
	if n.Value != "" {
		if value, err = money.Parse(n.Value, cur); err != nil || value < 0 {
			return row, ErrFee.With("currency", p.Currency).Field("body.value", "invalid", "A decimal amount.")
		}
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
		PublicID: id, Tracking: "TRK" + code.Digits(12), TrackHash: code.Hash(s.trackToken(id)), OrderRef: p.Order, StoreID: p.StoreID, BuyerID: p.BuyerID,
		Pickup: string(pickup), Dropoff: string(dropoff), PickupCell: cellOf(from.point()), Instructions: n.Instructions, Weight: min(cmp.Or(n.Weight, p.Weight), maxWeight),
		Size: n.Size, Value: value, Fragile: n.Fragile, Signature: n.Signature, Priority: priorityOf(n.Priority), Currency: p.Currency, Fee: fee, Cash: p.Cash,
		PickupAt: micros(n.PickupAt), DeliverAt: micros(n.DeliverAt), CreatedAt: clock.Micro(now),
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
