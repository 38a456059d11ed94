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
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a caller may be told of orders that couriers carry.
var (
	ErrCarried = fault.New(fault.Conflict, "courier_has_it", "A courier has this order. Take the delivery away from him first, or let him do it.")
	ErrPayMost = fault.New(fault.Conflict, "over_pay_limit", "This comes to more than the dealer has set aside. Take less along, or let the dealer send you with more.")
	ErrPartly  = fault.New(fault.Conflict, "part_delivered", "A part of this order has arrived. The rest can be carried once more; what the buyer does not want is a matter of a refund.")
	ErrNoCash  = fault.New(fault.Invalid, "wallet_only", "What a courier fetches is paid from the dealer's wallet. He carries no cash for it.")
)

// Carrier is told of steps that people take with an order, under the order's lock: before, when it may refuse, and after.
//
// Cutting is told that so many units of a line that deliveries carry are taken out of an order before it is shipped.
type Carrier interface {
	Cutting(ctx context.Context, tx db.Tx, order, line string, units int64, actor string) error
	Moving(ctx context.Context, tx db.Tx, order string, on Event, party Party, actor string) error
	Moved(ctx context.Context, tx db.Tx, order string, on Event, party Party, actor string) error
}

// CarryWith registers who carries orders.
func (s *Service) CarryWith(c Carrier) { s.carrier = c }

// Parcel is what whoever carries an order has to know of it.
type Parcel struct {
	Order    string
	Side     string
	StoreID  int64
	BuyerID  int64 // 0: ordered without an account
	State    State
	Contact  Contact
	Address  identity.Address
	Weight   int64 // grams
	Value    int64
	Delivery int64 // what the buyer pays for it
	Currency string
	Cash     int64 // to be taken at the door, for all of it
	Lines    []ParcelLine
	Day      string // of the side buyback: when it is fetched
	Slot     string
	Pay      int64 // of the side buyback: what the customer gets for what was ordered
}

// ParcelLine is a line of goods.
type ParcelLine struct {
	Key     int64 // for Load
	Line    string
	Title   string
	Left    int64 // units that the store has not cut
	Carried int64 // of these, units that are in a delivery
	Weight  int64 // grams of a unit
	Value   int64 // of all that are left
}

// Free are the units that nobody carries yet.
func (l ParcelLine) Free() int64 { return l.Left - l.Carried }

// Loading is so many units of a line that get into a delivery, or less than none that get out.
type Loading struct {
	Key   int64
	Units int64
}

// Load notes what of an order that the caller has locked got into a delivery, or out. The database refuses more than there is.
func (s *Service) Load(ctx context.Context, tx db.Tx, units []Loading) error {
	rows := make([]orderdb.LoadLinesParams, 0, len(units))
	for _, u := range units {
		if u.Units != 0 {
			rows = append(rows, orderdb.LoadLinesParams{ID: u.Key, Units: u.Units})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	var failed error
	orderdb.New(tx).LoadLines(ctx, rows).Exec(func(_ int, err error) { failed = errors.Join(failed, err) })
	return failed
}

// Units are how many units of a line are left in an order, and how many of them are in a delivery.
type Units struct{ Left, Carried int64 }

// UnitsOf are the units of orders' lines, by order and line.
func (s *Service) UnitsOf(ctx context.Context, tx db.Tx, orders []string) (map[string]map[string]Units, error) {
	rows, err := orderdb.New(tx).CarriedLines(ctx, orders)
	out := map[string]map[string]Units{}
	for _, r := range rows {
		if out[r.OrderRef] == nil {
			out[r.OrderRef] = map[string]Units{}
		}
		out[r.OrderRef][r.Line] = Units{r.Quantity - r.CutQuantity, r.Carried}
	}
	return out, err
}

// CashOf is what was paid for orders at the door; those of which nothing was are left out.
func (s *Service) CashOf(ctx context.Context, tx db.Tx, orders []string) (map[string]int64, error) {
	rows, err := orderdb.New(tx).CapturedOfOrders(ctx, orders, string(payment.ByCash))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.PublicID] = r.Captured
	}
	return out, err
}

// ToWeigh is what is weighed at the door of who sells to a store.
type ToWeigh struct {
	Number     string
	PostalCode string
	Lines      []LineToWeigh
}

// LineToWeigh is a line of it.
type LineToWeigh struct {
	Line      string `json:"line"`
	Title     string `json:"title"`
	Unit      string `json:"unit"`
	UnitPrice string `json:"unit_price"`
	Ordered   string `json:"ordered"`
}

// ToWeigh is what is to be weighed of orders that wait for their pickup, by order.
func (s *Service) ToWeigh(ctx context.Context, tx db.Tx, orders []string) (map[string]ToWeigh, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	rows, err := orderdb.New(tx).LinesToWeigh(ctx, orders)
	out := map[string]ToWeigh{}
	for _, r := range rows {
		v := out[r.OrderRef]
		v.Number, v.PostalCode = Number(r.OrderNumber), r.PostalCode
		v.Lines = append(v.Lines, LineToWeigh{r.Line, r.Title, r.Unit, money.Format(r.UnitPrice, money.Currency(r.Currency)), qty.Format(r.Ordered)})
		out[r.OrderRef] = v
	}
	return out, err
}

// Buyback says whether it is fetched from who ordered, and not brought to him.
func (p Parcel) Buyback() bool { return p.Side == buyback }

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
		Order: o.PublicID, Side: o.Side, StoreID: o.StoreID, BuyerID: o.AccountID, State: State(o.State), Value: o.Total, Delivery: o.Delivery, Currency: o.Currency,
	}
	if o.Method == string(payment.ByCash) {
		p.Cash = o.Total - o.Captured
	}
	if err := p.load(ctx, tx, o); err != nil {
		return p, err
	}
	return p, errors.Join(json.Unmarshal([]byte(c.Contact), &p.Contact), json.Unmarshal([]byte(c.Address), &p.Address))
}

// load adds what is in it.
func (p *Parcel) load(ctx context.Context, tx db.Tx, o orderdb.Order) error {
	q := orderdb.New(tx)
	if o.Side == buyback {
		p.Pay = o.Goods
		pickup, err := q.PickupOf(ctx, o.ID)
		if err != nil {
			return err
		}
		p.Day, p.Slot = pickup.Day, pickup.Slot
		lines, err := q.BuybackLines(ctx, o.ID)
		for _, l := range lines {
			p.Weight += grams(l)
		}
		return err
	}
	lines, err := q.LinesOfOrders(ctx, []int64{o.ID})
	for _, l := range lines {
		left := l.Quantity - l.CutQuantity
		p.Weight += l.Weight * left
		p.Lines = append(p.Lines, ParcelLine{Key: l.ID, Line: l.PublicID, Title: titleOf(l), Left: left, Carried: l.Carried, Weight: l.Weight, Value: l.Total - l.CutTotal})
	}
	return err
}

func titleOf(l orderdb.OrderLine) string {
	if l.VariantTitle == "" {
		return l.Title
	}
	return l.Title + ", " + l.VariantTitle
}

// grams is about what a line weighs that was not on the scales yet. A litre is taken for water; of pieces nobody knows.
func grams(l orderdb.BuybackLine) int64 {
	switch l.Unit { // ordered is in thousandths
	case "kg", "litre":
		return l.Ordered
	case "g":
		return l.Ordered / 1000
	case "quintal":
		return l.Ordered * 100
	case "tonne":
		return l.Ordered * 1000
	default:
		return 0
	}
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
