package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Events   *event.Log
	Ledger   *ledger.Service
	Market   *market.Service
	Identity *identity.Service
	Stores   *store.Service
	Orders   *order.Service
	Blobs    *blob.Store
	URL      string // the market's, for links
	Key      []byte // the server's secret
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	ledger   *ledger.Service
	market   *market.Service
	identity *identity.Service
	stores   *store.Service
	orders   *order.Service
	files    *blob.Store
	url      string
	key      []byte
	planner  Planner
	places   *positions
	streams  atomic.Int64 // that follow a delivery
}

// New opens the room and tells order that there are couriers.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, ledger: d.Ledger, market: d.Market, identity: d.Identity, stores: d.Stores,
		orders: d.Orders, files: d.Blobs, url: d.URL, key: d.Key,
		planner: Greedy{}, places: newPositions(),
	}
	d.Orders.CarryWith(s)
	return s
}

// work is a delivery under its locks: the order's first, then its own.
type work struct {
	row    deliverydb.Delivery
	was    State
	parcel order.Parcel
}

// begin locks a delivery's order and then the delivery. Errors: ErrNotFound.
func (s *Service) begin(ctx context.Context, tx db.Tx, id string) (*work, error) {
	q := deliverydb.New(tx)
	seen, err := q.Delivery(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	w := &work{}
	if w.parcel, err = s.orders.LockParcel(ctx, tx, seen.OrderRef); err != nil {
		return nil, err
	}
	if w.row, err = q.LockDelivery(ctx, seen.ID); err != nil {
		return nil, err
	}
	w.was = State(w.row.State)
	return w, nil
}

// parties says in which parts the caller may act. A stranger gets ErrNotFound.
func (s *Service) parties(ctx context.Context, tx db.Tx, caller web.Caller, d deliverydb.Delivery) (out []Party, err error) {
	if d.CourierID != nil && caller.Is(web.RoleCourier) {
		c, err := deliverydb.New(tx).CourierOfAccount(ctx, caller.AccountID)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return nil, err
		}
		if err == nil && c.ID == *d.CourierID {
			out = append(out, Courier)
		}
	}
	if caller.Is(web.RoleAdmin) {
		return append(out, Store, Admin), nil
	}
	_, err = s.stores.RequireID(ctx, tx, caller, d.StoreID, store.Orders)
	switch _, ok := fault.As(err); {
	case err == nil:
		out = append(out, Store)
	case !ok:
		return nil, err
	case len(out) == 0:
		return nil, ErrNotFound
	}
	return out, nil
}

// step looks the rule of an event up, for these parties.
func (w *work) step(on Event, parties []Party) (Rule, error) {
	rule, ok := Find(w.row.Side, w.was, on)
	if !ok {
		return Rule{}, wrongState(w.row, parties)
	}
	for _, p := range parties {
		for _, by := range rule.By {
			if p == by {
				return rule, nil
			}
		}
	}
	return Rule{}, ErrNotYours
}

func wrongState(d deliverydb.Delivery, parties []Party) error {
	return ErrState.With("state", d.State).With("allowed_actions", Allowed(d.Side, State(d.State), parties...))
}

// Note is what comes with a step: who says so, and what his phone knows.
type Note struct {
	Actor  string
	Client string // the phone's own name for the event
	Text   string
	At     *int64 // by the phone's clock
	Where  *geo.Point
	Photo  string
	Sign   string
	// courier is whose phone it was; 0 for others.
	courier int64
}

// move writes a delivery's new state, a row of its history and its event.
func (s *Service) move(ctx context.Context, tx db.Tx, w *work, on Event, to State, n Note, facts map[string]any) error {
	q := deliverydb.New(tx)
	now := s.clock.Now()
	d := &w.row
	d.State, d.Open, d.UpdatedAt = string(to), to.Open(), clock.Micro(now)
	if !to.Open() {
		at := d.UpdatedAt
		d.EndedAt = &at
	}
	d.DueAt = due(*d, now)
	rows, err := q.UpdateDelivery(ctx, deliverydb.UpdateDeliveryParams{
		State: d.State, Open: d.Open, CourierID: d.CourierID, ShareBp: d.ShareBp, Earned: d.Earned, Cash: d.Cash, CashState: d.CashState, EtaAt: d.EtaAt,
		PinNo: d.PinNo, Tries: d.Tries, Proof: d.Proof, FailReason: d.FailReason, Fails: d.Fails, Far: d.Far, Flagged: d.Flagged, DeliverAt: d.DeliverAt,
		AssignedAt: d.AssignedAt, PickedUpAt: d.PickedUpAt, DeliveredAt: d.DeliveredAt, EndedAt: d.EndedAt, DueAt: d.DueAt, UpdatedAt: d.UpdatedAt,
		ID: d.ID, Was: string(w.was),
	})
	if err != nil {
		return err
	}
	if rows != 1 {
		return errors.New("delivery " + d.PublicID + ": its state changed under its lock")
	}
	if err := s.note(ctx, tx, d, on, n); err != nil {
		return err
	}
	all := map[string]any{"from": w.was, "to": to, "order": d.OrderRef}
	for k, v := range facts {
		all[k] = v
	}
	w.was = to
	return s.events.Append(ctx, tx, event.Event{Type: "delivery." + string(to), Subject: d.PublicID, Actor: n.Actor, Facts: all})
}

// note writes a row of a delivery's history.
func (s *Service) note(ctx context.Context, tx db.Tx, d *deliverydb.Delivery, on Event, n Note) error {
	lat, lng := split(n.Where)
	_, err := deliverydb.New(tx).InsertEvent(ctx, deliverydb.InsertEventParams{
		DeliveryID: d.ID, CourierID: n.courier, ClientID: filled(n.Client), Kind: string(on), State: d.State, Actor: n.Actor, Note: n.Text,
		Lat: lat, Lng: lng, Photo: filled(n.Photo), Signature: filled(n.Sign), DeviceAt: n.At, At: clock.Micro(s.clock.Now()),
	})
	return err
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func ptr[T any](v T) *T { return &v }
