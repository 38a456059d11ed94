package delivery

import (
	"context"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// What a caller may be told of what couriers fetch for dealers.
var (
	ErrOwnScrap = fault.New(fault.Conflict, "own_scrap", "Nobody weighs what he sells himself. Another courier has to fetch it.")
	ErrPayUpTo  = fault.New(fault.Invalid, "pay_up_to_invalid", "What the household may get is a decimal amount in the order's currency, and not less than what was ordered comes to.")
)

// A dealer who says nothing sets half as much again aside as what was ordered comes to.
const (
	payMargin = 3
	payOf     = 2
)

// payHold and feeHold name what is set aside in a dealer's wallet: for who sells, and for the courier.
func payHold(id string) string { return "fetch-pay:" + id }
func feeHold(id string) string { return "fetch-fee:" + id }

// maySend says whether the caller may have a courier fetch what a store bought: who gives its owner's money away, and the
// market's people, who do it for him. Errors: those of the store's rights.
func (s *Service) maySend(ctx context.Context, tx db.Tx, caller web.Caller, p order.Parcel) error {
	if caller.Is(web.RoleAdmin) {
		return nil
	}
	_, err := s.stores.RequireID(ctx, tx, caller, p.StoreID, store.Own)
	return err
}

// payMost is what the household may get at most, and pickupTime when it is fetched where nobody said so.
func payMost(p order.Parcel, said string) (int64, error) {
	if said == "" {
		return money.MulRatio(p.Pay, payMargin, payOf)
	}
	most, err := money.Parse(said, money.Currency(p.Currency))
	if err != nil || most < p.Pay {
		return 0, ErrPayUpTo.With("currency", p.Currency).With("least", money.Format(p.Pay, money.Currency(p.Currency)))
	}
	return most, nil
}

// fetching completes what is said of a delivery that fetches what a dealer bought.
func (s *Service) fetching(ctx context.Context, tx db.Tx, p order.Parcel, n *NewDelivery) error {
	settings, err := s.market.SettingsIn(ctx, tx)
	if err != nil {
		return err
	}
	if n.Fee == "" {
		n.Fee = money.Format(settings.DeliveryFlat, money.Currency(p.Currency))
	}
	if at, ok := order.SlotBegins(p.Day, p.Slot, settings.Location()); ok && n.PickupAt == nil {
		n.PickupAt = ptr(at.In(time.UTC))
	}
	return nil
}

// setAside keeps the household's money and the courier's fee in the wallet of the dealer's owner, so that nobody stands at
// a door that cannot be paid. Errors: ledger.ErrInsufficientBalance.
func (s *Service) setAside(ctx context.Context, tx db.Tx, d deliverydb.Delivery) error {
	wallet, err := s.ownersWallet(ctx, tx, d)
	if err != nil {
		return err
	}
	for _, h := range []struct {
		name   string
		amount int64
	}{{payHold(d.PublicID), d.PayMost}, {feeHold(d.PublicID), d.Fee}} {
		if h.amount == 0 {
			continue
		}
		if _, err := s.ledger.Hold(ctx, tx, wallet, h.amount, h.name, d.PublicID, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) ownersWallet(ctx context.Context, tx db.Tx, d deliverydb.Delivery) (ledger.Key, error) {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{d.StoreID})
	if err != nil {
		return "", err
	}
	owner := briefs[d.StoreID].OwnerID
	people, err := s.identity.Briefs(ctx, tx, []int64{owner})
	return ledger.Wallet(people[owner].PublicID, d.Currency), err
}

// letGo gives back what is still set aside for a delivery.
func (s *Service) letGo(ctx context.Context, tx db.Tx, d deliverydb.Delivery) error {
	if d.PayMost > 0 && d.PickedUpAt == nil {
		if err := s.ledger.VoidHold(ctx, tx, payHold(d.PublicID)); err != nil {
			return err
		}
	}
	if d.Fee == 0 {
		return nil
	}
	return s.ledger.VoidHold(ctx, tx, feeHold(d.PublicID))
}

// toWeigh says whether a delivery waits to be weighed at a household's door.
func toWeigh(d deliverydb.Delivery) bool { return d.Side == buyback && d.PickedUpAt == nil }

// weigh is the pickup at a household's door: the order is weighed, paid and completed. A wrong password is counted and
// committed. Errors: those of order.Fetch.
func (s *Service) weigh(ctx context.Context, tx db.Tx, w *work, a Action) (refusal, err error) {
	d := w.row
	refusal, err = s.orders.Fetch(ctx, tx, d.OrderRef, order.Fetching{PickupCmd: a.Weighed, Most: d.PayMost, Actor: a.Actor, Free: func(ctx context.Context, tx db.Tx) error {
		if d.PayMost == 0 {
			return nil
		}
		return s.ledger.VoidHold(ctx, tx, payHold(d.PublicID))
	}})
	if f, ok := fault.As(refusal); ok && f.Code == order.ErrWrongOTP.Code && a.Client != "" { // the queue may be sent again: this try is one try
		err = s.note(ctx, tx, &w.row, wrongProof, a.Note)
	}
	return refusal, err
}

// nobody ends a job whose household was not there, or did not want it any more: the order waits for another day.
func (s *Service) nobody(ctx context.Context, tx db.Tx, w *work, n *Note) error {
	if !toWeigh(w.row) {
		return wrongState(w.row, []Party{Courier})
	}
	if err := s.orders.FetchMissed(ctx, tx, w.row.OrderRef, w.row.FailReason, n.Actor); err != nil {
		return err
	}
	return s.callOff(ctx, tx, w, n)
}

// payFetched pays the courier out of what was set aside for him.
func (s *Service) payFetched(ctx context.Context, tx db.Tx, d *deliverydb.Delivery) error {
	if d.Fee == 0 {
		return nil
	}
	couriers, err := deliverydb.New(tx).CouriersByIDs(ctx, []int64{*d.CourierID})
	if err != nil {
		return err
	}
	if len(couriers) != 1 {
		return fmt.Errorf("delivery %s: its courier is not there", d.PublicID)
	}
	h, err := s.ledger.HoldOf(ctx, tx, feeHold(d.PublicID))
	if err != nil {
		return err
	}
	to := ledger.CourierEarnings(couriers[0].Account, d.Currency)
	if err := s.ledger.Lock(ctx, tx, h.Account, to); err != nil {
		return err
	}
	if err := s.ledger.VoidHold(ctx, tx, h.Reference); err != nil {
		return err
	}
	return s.ledger.Post(ctx, tx, ledger.FetchDone, "carry:"+d.PublicID, d.PublicID,
		ledger.Leg{From: h.Account, To: to, Amount: d.Earned},
		ledger.Leg{From: h.Account, To: ledger.PlatformDelivery(d.Currency), Amount: d.Fee - d.Earned})
}

// WeighView is what a courier weighs at a household's door.
type WeighView struct {
	Number     string              `json:"order_number"`
	Store      string              `json:"store" doc:"Whose rates hold for material that was not ordered"`
	PostalCode string              `json:"postal_code"`
	PayUpTo    string              `json:"pay_up_to" doc:"What the household may get at most, from the dealer's wallet"`
	Lines      []order.LineToWeigh `json:"lines"`
}

// withCargo adds to a page of deliveries what they carry, or what is to be weighed for them.
func (s *Service) withCargo(ctx context.Context, tx db.Tx, rows []deliverydb.Delivery, views []View) error {
	lines, err := s.cargoViews(ctx, tx, rows)
	if err != nil {
		return err
	}
	var refs []string
	var stores []int64
	for i, d := range rows {
		views[i].Lines = lines[d.ID]
		if toWeigh(d) && d.Open {
			refs, stores = append(refs, d.OrderRef), append(stores, d.StoreID)
		}
	}
	if refs == nil {
		return nil
	}
	weigh, err := s.orders.ToWeigh(ctx, tx, refs)
	if err != nil {
		return err
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	for i, d := range rows {
		if v, ok := weigh[d.OrderRef]; ok && toWeigh(d) && d.Open {
			views[i].Weigh = &WeighView{v.Number, briefs[d.StoreID].PublicID, v.PostalCode, money.Format(d.PayMost, money.Currency(d.Currency)), v.Lines}
		}
	}
	return err
}
