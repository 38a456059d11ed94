package order

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
)

// stepBuyback takes a step of people with an order of this side, under its locks.
// Errors: ErrState, ErrNotYours, ErrPickupDay, ErrPickupEarly, ErrDealerShut.
func (s *Service) stepBuyback(ctx context.Context, tx db.Tx, caller web.Caller, o *orderdb.Order, parties []Party, on Event, why Why) error {
	rule, ok := findBuyback(State(o.State), on)
	if !ok || on == PickUp { // which says what was weighed
		return wrongState(*o, parties)
	}
	party := took(rule, parties)
	if party == "" {
		return ErrNotYours
	}
	p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
	if err != nil {
		return fmt.Errorf("pickup of order %s: %w", o.PublicID, err)
	}
	switch on {
	case Accept:
		if err := s.mustBuy(ctx, tx, o.StoreID); err != nil {
			return err
		}
	case Cancel:
		why.Reason = string(party)
		if party == Buyer {
			why.Reason = "customer"
		}
	}
	if err := s.callOff(ctx, tx, o, on, party, caller.Account); err != nil {
		return err
	}
	return s.moveBuyback(ctx, tx, o, p, rule, why, caller.Account)
}

// callOff tells whoever carries orders of a step, before it is taken: a courier is not sent to a door for nothing.
func (s *Service) callOff(ctx context.Context, tx db.Tx, o *orderdb.Order, on Event, party Party, actor string) error {
	if s.carrier == nil {
		return nil
	}
	return s.carrier.Moving(ctx, tx, o.PublicID, on, party, actor)
}

// FetchMissed takes a courier's word that nobody was at the door of an order that the caller has locked. Errors: ErrState,
// ErrPickupEarly.
func (s *Service) FetchMissed(ctx context.Context, tx db.Tx, id, note, actor string) error {
	_, orders, i, err := s.lockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	o := &orders[i]
	rule, ok := findBuyback(State(o.State), Miss)
	if o.Side != buyback || !ok {
		return wrongState(*o, []Party{Courier})
	}
	p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
	if err != nil {
		return err
	}
	return s.moveBuyback(ctx, tx, o, p, rule, Why{Note: note}, actor)
}

// mustBuy refuses what a store may not do that does not buy at present. Error: ErrDealerShut.
func (s *Service) mustBuy(ctx context.Context, tx db.Tx, storeID int64) error {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{storeID})
	if err != nil {
		return err
	}
	may, err := s.rates.MayBuy(ctx, tx, briefs[storeID])
	if err == nil && !may {
		err = ErrDealerShut
	}
	return err
}

// moveBuyback writes what a step changes, but for what is weighed.
func (s *Service) moveBuyback(ctx context.Context, tx db.Tx, o *orderdb.Order, p orderdb.Pickup, rule Rule, why Why, actor string) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	at := clock.Micro(now)
	set := orderdb.SetPickupParams{OrderID: o.ID, Day: p.Day, Slot: p.Slot, MissedAt: p.MissedAt, Open: rule.To != Cancelled}
	name := "order." + string(rule.To)
	facts := map[string]any{"from": rule.From, "to": rule.To}
	switch rule.On {
	case Accept:
		o.ConfirmedAt = &at
	case Reschedule:
		if o.DueAt, err = why.appointment.due(now, settings); err != nil {
			return err
		}
		set.Day, set.Slot, set.MissedAt = why.appointment.day, why.appointment.slot, nil
		name, facts["day"], facts["slot"] = "order.rescheduled", set.Day, set.Slot
	case Miss:
		if now.In(settings.Location()).Format("2006-01-02") < p.Day {
			return ErrPickupEarly
		}
		set.MissedAt, o.DueAt, o.ConfirmedAt = &at, clock.Micro(now.Add(forgottenAfter)), nil
		name, facts["day"] = "order.missed", p.Day
	case Cancel:
		o.CancelledAt, o.CancelReason, o.DueAt = &at, why.Reason, noTimer
		facts["reason"] = why.Reason
	}
	if why.Note != "" {
		facts["note"] = why.Note
	}
	q := orderdb.New(tx)
	o.State = string(rule.To)
	n, err := q.UpdateOrder(ctx, update(*o, rule.From, at))
	if err != nil {
		return err
	}
	more, err := q.SetPickup(ctx, set)
	if err != nil {
		return err
	}
	if n != 1 || more != 1 {
		return fmt.Errorf("order %s: its state changed under its lock", o.PublicID)
	}
	return s.events.Append(ctx, tx, event.Event{Type: name, Subject: o.PublicID, Actor: actor, Facts: facts})
}

// dueBuyback is time's own step: a pickup that nobody spoke of was missed; one that stays missed is cancelled.
func (s *Service) dueBuyback(ctx context.Context, tx db.Tx, o *orderdb.Order) error {
	p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
	if err != nil {
		return err
	}
	on, why := Miss, Why{}
	if p.MissedAt != nil {
		on, why = Cancel, Why{Reason: "missed"}
	}
	rule, ok := findBuyback(State(o.State), on)
	if !ok {
		return nil
	}
	if err := s.callOff(ctx, tx, o, on, System, event.System); err != nil {
		return err
	}
	return s.moveBuyback(ctx, tx, o, p, rule, why, event.System)
}

// RescheduleTo arranges another day. Errors: those of Step, and ErrPickupDay.
func (s *Service) RescheduleTo(ctx context.Context, caller web.Caller, id, day, slot, note string) error {
	return s.Step(ctx, caller, id, Reschedule, Why{Note: note, appointment: appointment{day, slot}})
}

// changePlace lets a pickup be at another address of the same postal code, where the same prices hold.
// Errors: rate.ErrPostalCode, ErrNotServed.
func (s *Service) changePlace(ctx context.Context, tx db.Tx, o orderdb.Order, a identity.Address) error {
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return err
	}
	there, err := rate.Normal(a.PostalCode, settings.Country)
	if err != nil {
		return rate.ErrPostalCode.Field("body.address.postal_code", rate.ErrPostalCode.Code, rate.ErrPostalCode.Message)
	}
	p, err := orderdb.New(tx).PickupOf(ctx, o.ID)
	if err == nil && p.PostalCode != there {
		err = ErrNotServed.Field("body.address.postal_code", "rate_of_another_postal_code", "The order's prices hold at "+p.PostalCode+".")
	}
	return err
}

// OTP is what the customer shows at the door.
type OTP struct {
	Number    string
	Password  string // "" once it is locked
	TriesLeft int64
}

// OTPOf shows the password to the customer, and to nobody else. Errors: ErrNotFound, ErrNoOTP.
func (s *Service) OTPOf(ctx context.Context, caller web.Caller, id string) (out OTP, err error) {
	err = s.db.Read(ctx, "order.otp", func(ctx context.Context, tx db.Tx) error {
		o, p, err := s.ownPickup(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		out = OTP{Number: Number(o.ID), TriesLeft: maxOTPTries - p.Tries}
		if out.TriesLeft > 0 {
			out.Password = s.otp(o.PublicID, p)
		}
		return nil
	})
	return out, err
}

func (s *Service) ownPickup(ctx context.Context, tx db.Tx, caller web.Caller, id string) (o orderdb.Order, p orderdb.Pickup, err error) {
	q := orderdb.New(tx)
	if o, err = q.GetOrder(ctx, id); errors.Is(err, db.ErrNoRows) || err == nil && (!caller.SignedIn() || o.AccountID != caller.AccountID) {
		return o, p, ErrNotFound
	}
	if err != nil {
		return o, p, err
	}
	if o.Side != buyback {
		return o, p, ErrNoOTP
	}
	if p, err = q.PickupOf(ctx, o.ID); err == nil && !p.Open {
		err = ErrNoOTP
	}
	return o, p, err
}

// RenewOTP makes another password, with all tries. Errors: ErrNotFound, ErrNoOTP.
func (s *Service) RenewOTP(ctx context.Context, caller web.Caller, id string) (OTP, error) {
	err := s.db.Write(ctx, "order.renew_otp", func(ctx context.Context, tx db.Tx) error {
		o, _, err := s.ownPickup(ctx, tx, caller, id)
		if err != nil {
			return err
		}
		n, err := orderdb.New(tx).RenewOTP(ctx, o.ID)
		if err == nil && n == 0 {
			err = ErrNoOTP
		}
		return err
	})
	if err != nil {
		return OTP{}, err
	}
	return s.OTPOf(ctx, caller, id)
}
