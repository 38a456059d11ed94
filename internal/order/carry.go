package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// ErrCarried refuses a step that is a courier's.
var ErrCarried = fault.New(fault.Conflict, "courier_has_it", "A courier has this order. Take the delivery away from him first, or let him do it.")

// Carrier is told of steps that people take with an order, under the order's lock: before, when it may refuse, and after.
type Carrier interface {
	Moving(ctx context.Context, tx db.Tx, order string, on Event, party Party, actor string) error
	Moved(ctx context.Context, tx db.Tx, order string, on Event, party Party, actor string) error
}

// CarryWith registers who carries orders.
func (s *Service) CarryWith(c Carrier) { s.carrier = c }

// Parcel is what whoever carries an order has to know of it.
type Parcel struct {
	Order    string
	StoreID  int64
	BuyerID  int64 // 0: ordered without an account
	State    State
	Contact  Contact
	Address  identity.Address
	Weight   int64 // grams
	Value    int64
	Delivery int64 // what the buyer pays for it
	Currency string
	Cash     int64 // to be taken at the door
}

// Parcel locks an order, in the order of all locks, and reads it for the store's people and admins. Errors: ErrNotFound,
// ErrNotYours, and those of the store's rights.
func (s *Service) Parcel(ctx context.Context, tx db.Tx, caller web.Caller, id string) (Parcel, error) {
	c, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return Parcel{}, err
	}
	parties, err := s.parties(ctx, tx, caller, orders[i])
	if err != nil {
		return Parcel{}, err
	}
	if took(Rule{By: seller}, parties) == "" {
		return Parcel{}, ErrNotYours
	}
	if orders[i].Side != sale {
		return Parcel{}, wrongState(orders[i], parties)
	}
	return parcel(ctx, tx, c, orders[i])
}

// LockParcel is Parcel for whoever was asked already.
func (s *Service) LockParcel(ctx context.Context, tx db.Tx, id string) (Parcel, error) {
	c, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return Parcel{}, err
	}
	return parcel(ctx, tx, c, orders[i])
}

func parcel(ctx context.Context, tx db.Tx, c orderdb.Checkout, o orderdb.Order) (Parcel, error) {
	p := Parcel{
		Order: o.PublicID, StoreID: o.StoreID, BuyerID: o.AccountID, State: State(o.State), Value: o.Total, Delivery: o.Delivery, Currency: o.Currency,
	}
	if o.Method == string(payment.ByCash) {
		p.Cash = o.Total - o.Captured
	}
	lines, err := orderdb.New(tx).LinesOfOrders(ctx, []int64{o.ID})
	if err != nil {
		return p, err
	}
	for _, l := range lines {
		p.Weight += l.Weight * (l.Quantity - l.CutQuantity)
	}
	return p, errors.Join(json.Unmarshal([]byte(c.Contact), &p.Contact), json.Unmarshal([]byte(c.Address), &p.Address))
}

// Carry takes a courier's step with an order that the caller has locked. What the table does not have is ErrState.
func (s *Service) Carry(ctx context.Context, tx db.Tx, id string, on Event, why Why, actor string) error {
	c, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	o := &orders[i]
	rule, ok := Find(State(o.State), on)
	if !ok {
		return wrongState(*o, []Party{Courier})
	}
	if took(rule, []Party{Courier}) == "" {
		return fmt.Errorf("order %s: %s is no courier's step", o.PublicID, on)
	}
	return s.apply(ctx, tx, c, o, rule, why, actor)
}

// steps takes a step that people take, and tells whoever carries orders before and after.
func (s *Service) steps(ctx context.Context, tx db.Tx, c orderdb.Checkout, o *orderdb.Order, rule Rule, party Party, why Why, actor string) error {
	if s.carrier == nil {
		return s.apply(ctx, tx, c, o, rule, why, actor)
	}
	if err := s.carrier.Moving(ctx, tx, o.PublicID, rule.On, party, actor); err != nil {
		return err
	}
	if err := s.apply(ctx, tx, c, o, rule, why, actor); err != nil {
		return err
	}
	return s.carrier.Moved(ctx, tx, o.PublicID, rule.On, party, actor)
}

// ForBuyer says whether the caller is who ordered. Errors: ErrNotFound for everybody but the order's people.
func (s *Service) ForBuyer(ctx context.Context, tx db.Tx, caller web.Caller, id string) (buyer bool, err error) {
	o, parties, err := s.open(ctx, tx, caller, id)
	return err == nil && o.AccountID == caller.AccountID && len(parties) > 0, err
}
