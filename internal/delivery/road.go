package delivery

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// Action is a courier's step on the road.
type Action struct {
	Note
	PIN    string
	QR     string
	Reason string
	// Weighed is what came of a household's scrap.
	Weighed order.PickupCmd
	// Later is when a failed delivery is tried again, in microseconds.
	Later *int64
}

// Act takes a courier's step. A step whose client's event was taken before changes nothing. Errors: ErrNotFound,
// ErrState, ErrClientEvent, ErrProofNeeded, ErrSignatureNeeded, ErrWrongProof, ErrProofLocked, and those of order.Fetch.
func (s *Service) Act(ctx context.Context, caller web.Caller, id string, on Event, a Action) error {
	var refusal error
	// READ COMMITTED: every check follows the locks of the order and of the delivery; that a client's event counts once
	// is a unique index.
	err := s.db.Write(ctx, "delivery."+string(on), func(ctx context.Context, tx db.Tx) error {
		refusal = nil
		w, err := s.begin(ctx, tx, id)
		if err != nil {
			return err
		}
		parties, err := s.parties(ctx, tx, caller, w.row)
		if err != nil {
			return err
		}
		mine := a
		mine.Actor = caller.Account
		if w.row.CourierID != nil {
			mine.courier = *w.row.CourierID
		}
		if done, err := s.before(ctx, tx, w, on, mine); done || err != nil {
			return err
		}
		refusal, err = s.act(ctx, tx, w, on, parties, mine)
		return err
	}, db.ReadCommitted())
	if err != nil {
		return err
	}
	return refusal
}

// wrongProof is the row of a history that a wrong PIN or password leaves.
const wrongProof = "wrong_proof"

// before says whether a client's event was taken already.
func (s *Service) before(ctx context.Context, tx db.Tx, w *work, on Event, a Action) (bool, error) {
	if a.Client == "" {
		return false, nil
	}
	e, err := deliverydb.New(tx).EventByClient(ctx, a.courier, &a.Client)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if e.DeliveryID == w.row.ID && e.Kind == wrongProof && on == Deliver {
		return false, ErrWrongProof.With("tries_left", MostTries-w.row.Tries) // counted when it came first
	}
	if e.DeliveryID == w.row.ID && e.Kind == wrongProof && on == Pickup {
		return false, order.ErrWrongOTP
	}
	if e.DeliveryID != w.row.ID || e.Kind != string(on) {
		return false, ErrClientEvent
	}
	return true, nil
}

// act takes a step under the locks. What has to be remembered although it is refused is a refusal, not an error.
func (s *Service) act(ctx context.Context, tx db.Tx, w *work, on Event, parties []Party, a Action) (refusal, err error) {
	rule, err := w.step(on, parties)
	if err != nil {
		return nil, err
	}
	n := &a.Note
	switch on {
	case Pickup:
		if toWeigh(w.row) {
			if refusal, err := s.weigh(ctx, tx, w, a); refusal != nil || err != nil {
				return refusal, err
			}
		}
		err = s.pickUp(ctx, tx, w, n)
	case Deliver:
		if w.row.Side == buyback && isStore(parties) { // the dealer's own word that he has it
			return nil, s.arrived(ctx, tx, w, n, "buyer", false)
		}
		if err := s.attach(ctx, tx, w.row, n); err != nil {
			return nil, err
		}
		if w.row.Signature && n.Sign == "" {
			return nil, ErrSignatureNeeded
		}
		proof, refusal, err := s.prove(ctx, tx, w, a)
		if refusal != nil || err != nil {
			return refusal, err
		}
		return nil, s.arrived(ctx, tx, w, n, proof, false)
	case Fail:
		if a.Reason == "" {
			return nil, ErrReasonNeeded
		}
		w.row.FailReason, w.row.Fails = a.Reason, w.row.Fails+1
		if a.Later != nil {
			w.row.DeliverAt = a.Later
		}
		if rule.To == Cancelled {
			err = s.nobody(ctx, tx, w, n)
		}
	case Retry:
		w.row.FailReason = ""
	case Return:
		err = s.comesBack(ctx, tx, w, n)
	}
	if err != nil {
		return nil, err
	}
	var facts map[string]any
	if a.Reason != "" {
		facts = map[string]any{"reason": a.Reason}
	}
	return nil, s.move(ctx, tx, w, on, rule.To, *n, facts)
}

// pickUp ships the order, when this is the first of it that leaves its store, and makes the receiver's proof.
func (s *Service) pickUp(ctx context.Context, tx db.Tx, w *work, n *Note) (err error) {
	now := s.clock.Now()
	at := clock.Micro(now)
	w.row.PickedUpAt = &at
	if w.row.Cash, err = s.cashOf(ctx, tx, w); err != nil { // lines may have been cut since the job was made
		return err
	}
	w.row.PinNo, w.row.Tries = w.row.PinNo+1, 0
	q := deliverydb.New(tx)
	if w.row.Distance != nil {
		c, err := q.LockCourier(ctx, *w.row.CourierID)
		if err != nil {
			return err
		}
		w.row.EtaAt = ptr(clock.Micro(now.Add(travel(*w.row.Distance, c.Vehicle))))
	}
	if w.row.Side == buyback || w.parcel.State != order.Confirmed && w.parcel.State != order.Processing {
		return nil // weighed, or from another courier's hands, or another part of the order is on its way already
	}
	return s.orders.Carry(ctx, tx, w.row.OrderRef, order.Ship, order.Why{}, n.Actor)
}

// unproved says how a delivery without PIN and code is proved, where the market allows that. Errors: ErrProofNeeded.
func (s *Service) unproved(ctx context.Context, tx db.Tx, n Note) (proof string, err error) {
	set, err := s.market.SettingsIn(ctx, tx)
	switch {
	case err != nil:
		return "", err
	case set.DeliveryProof != market.ProofPIN && n.Photo != "" && n.Sign != "":
		return "photo", nil
	case set.DeliveryProof == market.ProofOptional:
		return "none", nil
	}
	return "", ErrProofNeeded
}

// prove looks at what the receiver gave. A wrong PIN is counted and committed.
func (s *Service) prove(ctx context.Context, tx db.Tx, w *work, a Action) (proof string, refusal, err error) {
	switch {
	case a.QR != "":
		if same(a.QR, s.qr(w.row)) {
			return "qr", nil, nil
		}
		return "", nil, ErrWrongProof // 128 bits are not guessed: nothing is counted
	case a.PIN == "":
		proof, err = s.unproved(ctx, tx, a.Note)
		return proof, nil, err
	case w.row.Tries >= MostTries:
		return "", nil, ErrProofLocked
	case same(a.PIN, s.pin(w.row)):
		return "pin", nil, nil
	}
	n, err := deliverydb.New(tx).CountTry(ctx, clock.Micro(s.clock.Now()), w.row.ID)
	if err != nil || n == 0 {
		return "", ErrProofLocked, err
	}
	if a.Client != "" { // the queue may be sent again: this try is one try
		if err := s.note(ctx, tx, &w.row, wrongProof, a.Note); err != nil {
			return "", nil, err
		}
	}
	if w.row.Tries+1 >= MostTries {
		return "", ErrProofLocked, nil
	}
	return "", ErrWrongProof.With("tries_left", MostTries-w.row.Tries-1), nil
}

// arrived ends a delivery: the courier has earned, and with the last of it the order is delivered. told says that the order
// is being moved by whoever calls.
func (s *Service) arrived(ctx context.Context, tx db.Tx, w *work, n *Note, proof string, told bool) error {
	if err := s.drop(ctx, tx, w, n); err != nil {
		return err
	}
	at := clock.Micro(s.clock.Now())
	d := &w.row
	d.DeliveredAt, d.Proof, d.FailReason = &at, proof, ""
	if to := pointOf(d.DropLat, d.DropLng); to != nil && n.Where != nil {
		d.Far = ptr(geo.Metres(*to, *n.Where))
		d.Flagged = d.Flagged || *d.Far > farAway
	}
	share, err := money.Percent(d.Fee, d.ShareBp)
	if err != nil {
		return err
	}
	d.Earned = share
	if !told && d.Side == sale {
		all, err := s.complete(ctx, tx, w)
		if err != nil {
			return err
		}
		if all {
			if err := s.orders.Carry(ctx, tx, d.OrderRef, order.Deliver, order.Why{}, n.Actor); err != nil {
				return err
			}
		}
	}
	if err := s.pay(ctx, tx, d); err != nil {
		return err
	}
	return s.move(ctx, tx, w, Deliver, Delivered, *n, map[string]any{"proof": proof, "earned": d.Earned, "currency": d.Currency, "flagged": d.Flagged})
}

// pay books the cash that the courier took, and the fee: the store pays it from what it earned or will earn, the courier
// has his share, the market the rest.
func (s *Service) pay(ctx context.Context, tx db.Tx, d *deliverydb.Delivery) error {
	if d.Side == buyback {
		return s.payFetched(ctx, tx, d)
	}
	if d.Fee == 0 && d.Cash == 0 {
		return nil
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{d.StoreID})
	if err != nil {
		return err
	}
	couriers, err := deliverydb.New(tx).CouriersByIDs(ctx, []int64{*d.CourierID})
	if err != nil || len(couriers) != 1 {
		return errors.Join(err, fmt.Errorf("delivery %s: its courier is not there", d.PublicID))
	}
	from, to := ledger.StoreEarnings(briefs[d.StoreID].PublicID, d.Currency), ledger.CourierEarnings(couriers[0].Account, d.Currency)
	if d.Cash > 0 && d.Fee > 0 { // two postings
		if err := s.ledger.Lock(ctx, tx, from, to, ledger.CourierCash(couriers[0].Account, d.Currency)); err != nil {
			return err
		}
	}
	if err := s.takeCash(ctx, tx, d, couriers[0]); err != nil || d.Fee == 0 {
		return err
	}
	return s.ledger.Post(ctx, tx, ledger.DeliveryDone, "carry:"+d.PublicID, d.PublicID,
		ledger.Leg{From: from, To: to, Amount: d.Earned},
		ledger.Leg{From: from, To: ledger.PlatformDelivery(d.Currency), Amount: d.Fee - d.Earned})
}
