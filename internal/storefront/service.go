package storefront

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront/storefrontdb"
	"github.com/haat-market/haat/internal/subscription"
)

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Events *event.Log
	Stores *store.Service
	Rates  *rate.Service
	Plans  *subscription.Service
}

// Service is the room.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	events *event.Log
	stores *store.Service
	rates  *rate.Service
	plans  *subscription.Service
}

// New opens the room: it watches stores and their subscriptions.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, events: d.Events, stores: d.Stores, rates: d.Rates, plans: d.Plans}
	d.Stores.Watch(s)
	d.Plans.Watch(s)
	return s
}

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

// StoreChanged implements store.Watcher.
func (s *Service) StoreChanged(ctx context.Context, tx db.Tx, b store.Brief) error {
	return s.refresh(ctx, tx, b)
}

// AccessChanged implements subscription.Watcher.
func (s *Service) AccessChanged(ctx context.Context, tx db.Tx, b store.Brief) error {
	return s.refresh(ctx, tx, b)
}

// refresh shows or hides a store's storefront after something that it hangs on has changed.
func (s *Service) refresh(ctx context.Context, tx db.Tx, b store.Brief) error {
	q := storefrontdb.New(tx)
	row, err := q.LockOfStore(ctx, b.ID)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.show(ctx, tx, row, b)
}

func (s *Service) show(ctx context.Context, tx db.Tx, row storefrontdb.Storefront, b store.Brief) error {
	until, err := s.plans.Until(ctx, tx, b.ID)
	if err != nil {
		return err
	}
	shown := reason(State(row.State), b, until) == Visible
	if !shown {
		until = 0
	}
	_, err = storefrontdb.New(tx).Show(ctx, shown, until, row.ID)
	return err
}

// Create opens a store's storefront. Errors: ErrTaken, ErrNoPlan, rate.ErrDoesNotBuy, web.ErrInvalid; store.Require's.
func (s *Service) Create(ctx context.Context, caller web.Caller, storeID, hours string) error {
	hours, err := identity.Line("hours", hours, maxHours)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "storefront.create", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Own)
		if err != nil {
			return err
		}
		if !b.Buys {
			return rate.ErrDoesNotBuy
		}
		until, err := s.plans.Until(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if until == 0 {
			return ErrNoPlan
		}
		id := code.ID("sfr")
		err = storefrontdb.New(tx).InsertStorefront(ctx, id, b.ID, hours, s.now())
		if db.IsConstraint(err, "storefronts_store_key") {
			return ErrTaken.Because(err)
		}
		if err != nil {
			return fmt.Errorf("insert storefront: %w", err)
		}
		if err := s.note(ctx, tx, caller, "storefront.created", id, map[string]any{"store": b.PublicID}); err != nil {
			return err
		}
		return s.refresh(ctx, tx, b)
	})
}

func (s *Service) note(ctx context.Context, tx db.Tx, caller web.Caller, kind, id string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: id, Actor: caller.Account, Facts: facts})
}

// change runs f on a store's storefront, under its lock. Errors: ErrNotFound; store.Require's.
func (s *Service) change(ctx context.Context, what string, caller web.Caller, storeID string, right store.Right, f func(ctx context.Context, tx db.Tx, row storefrontdb.Storefront, b store.Brief) error) error {
	return s.db.Write(ctx, what, func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, right)
		if err != nil {
			return err
		}
		row, err := storefrontdb.New(tx).LockOfStore(ctx, b.ID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		return f(ctx, tx, row, b)
	})
}

// SetHours says when the store is open, in its own words. Errors: ErrNotFound, web.ErrInvalid; store.Require's.
func (s *Service) SetHours(ctx context.Context, caller web.Caller, storeID, hours string) error {
	hours, err := identity.Line("hours", hours, maxHours)
	if err != nil {
		return err
	}
	return s.change(ctx, "storefront.change", caller, storeID, store.Own, func(ctx context.Context, tx db.Tx, row storefrontdb.Storefront, _ store.Brief) error {
		if row.Hours == hours {
			return nil
		}
		if _, err := storefrontdb.New(tx).SetHours(ctx, hours, s.now(), row.ID); err != nil {
			return err
		}
		return s.note(ctx, tx, caller, "storefront.updated", row.PublicID, map[string]any{"hours": hours})
	})
}

// Move takes an action on a storefront's state; why is a suspension's, which the owner reads.
// Errors: ErrNotFound, ErrState, web.ErrInvalid, web.ErrForbidden; store.Require's.
func (s *Service) Move(ctx context.Context, caller web.Caller, storeID string, a Action, why string) error {
	right := store.Own
	if a.byAdmin() {
		right = store.View
	}
	why, err := identity.Text("reason", why, 500)
	if err != nil {
		return err
	}
	if a == Suspend && why == "" {
		return web.ErrInvalid.Field("reason", web.CodeRequired, "The owner has to be told why.")
	}
	return s.change(ctx, "storefront."+string(a), caller, storeID, right, func(ctx context.Context, tx db.Tx, row storefrontdb.Storefront, b store.Brief) error {
		if a.byAdmin() && !caller.Is(web.RoleAdmin) {
			return web.ErrForbidden
		}
		to, ok := moves[State(row.State)][a]
		if !ok {
			return ErrState.With("state", row.State).With("allowed_actions", State(row.State).actions(!a.byAdmin(), a.byAdmin()))
		}
		from := ""
		switch a {
		case Suspend:
			from = row.State
		case Reinstate:
			to = State(row.SuspendedFrom)
		}
		n, err := storefrontdb.New(tx).SetState(ctx, storefrontdb.SetStateParams{ID: row.ID, Was: row.State, State: string(to), SuspendReason: why, SuspendedFrom: from, Now: s.now()})
		if err == nil && n != 1 {
			err = fmt.Errorf("storefront %s: its state changed under its lock", row.PublicID)
		}
		if err != nil {
			return err
		}
		facts := map[string]any{"store": b.PublicID, "from": row.State, "to": string(to)}
		if why != "" {
			facts["reason"] = why
		}
		if err := s.note(ctx, tx, caller, past[a], row.PublicID, facts); err != nil {
			return err
		}
		row.State = string(to)
		return s.show(ctx, tx, row, b)
	})
}

// Delete takes a storefront away for good; the store may open another one. Errors: ErrNotFound, web.ErrForbidden.
func (s *Service) Delete(ctx context.Context, caller web.Caller, storeID string) error {
	if !caller.Is(web.RoleAdmin) {
		return web.ErrForbidden
	}
	return s.change(ctx, "storefront.delete", caller, storeID, store.View, func(ctx context.Context, tx db.Tx, row storefrontdb.Storefront, b store.Brief) error {
		if _, err := storefrontdb.New(tx).DeleteStorefront(ctx, row.ID); err != nil {
			return err
		}
		return s.note(ctx, tx, caller, "storefront.deleted", row.PublicID, map[string]any{"store": b.PublicID})
	})
}

// Rules are what haat verify checks of storefronts.
func (s *Service) Rules() []verify.Rule {
	return []verify.Rule{{Name: "storefront.shown", About: "exactly the storefronts that are published, of open stores whose subscription runs, are seen", Check: s.check}}
}

// check asks once for each storefront of a page: they are as few as stores.
func (s *Service) check(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error {
	for after := int64(0); ; {
		rows, err := storefrontdb.New(tx).VerifyAfter(ctx, after)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1].ID
		stores := make([]int64, len(rows))
		for i, r := range rows {
			stores[i] = r.StoreID
		}
		briefs, err := s.stores.Briefs(ctx, tx, stores)
		if err != nil {
			return err
		}
		for _, r := range rows {
			until, err := s.plans.Until(ctx, tx, r.StoreID)
			if err != nil {
				return err
			}
			want := reason(State(r.State), briefs[r.StoreID], until) == Visible
			if shown := r.Shown && r.ShownUntil > s.now(); shown != want || want && r.ShownUntil != until {
				report("storefront %s: seen is %v until %d and ought to be %v until %d", r.PublicID, shown, r.ShownUntil, want, until)
			}
		}
	}
}
