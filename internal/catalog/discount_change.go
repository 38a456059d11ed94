package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// wanted says which of the two somebody means: their ids look alike.
type wanted bool

const (
	aDiscount wanted = false
	anEvent   wanted = true
)

// ownDiscount is a discount that the caller may change: his store's, or a sale event for an admin. Errors:
// ErrDiscountNotFound for strangers, ErrEventNotFound, and those of store.Require.
func (s *Service) ownDiscount(ctx context.Context, tx db.Tx, caller web.Caller, id string, what wanted, right store.Right) (catalogdb.Discount, *store.Brief, error) {
	none := ErrDiscountNotFound
	if what == anEvent {
		none = ErrEventNotFound
	}
	d, err := catalogdb.New(tx).DiscountByPublicID(ctx, id)
	switch {
	case err != nil:
		return d, nil, ifNone(err, none)
	case (d.StoreID == nil) != (what == anEvent), what == anEvent && !caller.Is(web.RoleAdmin):
		return d, nil, none
	case what == anEvent:
		return d, nil, nil
	}
	b, err := s.stores.RequireID(ctx, tx, caller, *d.StoreID, right)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = ErrDiscountNotFound
	}
	return d, &b, err
}

// ChangeDiscount changes a discount of a store. Of one that buyers have seen only title and end can change.
func (s *Service) ChangeDiscount(ctx context.Context, caller web.Caller, id string, in DiscountPatch) (Discount, error) {
	return s.changeDiscount(ctx, caller, id, aDiscount, in)
}

// ChangeEvent changes a sale event, under the same rules.
func (s *Service) ChangeEvent(ctx context.Context, caller web.Caller, id string, in DiscountPatch) (Discount, error) {
	return s.changeDiscount(ctx, caller, id, anEvent, in)
}

func (s *Service) changeDiscount(ctx context.Context, caller web.Caller, id string, what wanted, in DiscountPatch) (Discount, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Discount{}, err
	}
	err = s.db.Write(ctx, "catalog.change_discount", func(ctx context.Context, tx db.Tx) error {
		d, b, err := s.ownDiscount(ctx, tx, caller, id, what, store.Catalog)
		if err != nil {
			return err
		}
		now := s.now()
		state := stateAt(d, now)
		switch {
		case in.Version != nil && *in.Version != d.Version:
			return ErrVersion.With("version", d.Version)
		case state == Ended:
			return ErrDiscountState.With("state", string(state))
		case state == Live && (in.Percent != nil || in.Amount != nil || in.From != nil || in.Things != nil):
			return ErrDiscountLive
		}
		// The sweep may be late: what began by the clock begins here.
		was := d
		f := newFindings(ErrInvalidDiscount)
		if in.Title != nil {
			d.Title = f.text("title", *in.Title, 1, maxTitle)
		}
		if in.Percent != nil || in.Amount != nil {
			f.worth(&d, deref(in.Percent), deref(in.Amount), cur, b == nil)
		}
		if in.From != nil {
			d.StartsAt = max(clock.Micro(*in.From), now)
		}
		if in.To != nil {
			d.EndsAt = clock.Micro(*in.To)
		}
		f.times(d, now)
		if err := f.fault(); err != nil {
			return err
		}
		q := catalogdb.New(tx)
		if in.Things != nil {
			if Scope(d.Scope) == ScopeAll || Scope(d.Scope) == ScopeProducts {
				d.Scope = string(ScopeAll)
				if len(*in.Things) > 0 {
					d.Scope = string(ScopeProducts)
				}
			}
			things, err := s.things(ctx, tx, b, Scope(d.Scope), *in.Things)
			if err != nil {
				return err
			}
			if err := q.ClearDiscountScopes(ctx, d.ID); err != nil {
				return fmt.Errorf("scope: %w", err)
			}
			if err := s.setThings(ctx, tx, d, things); err != nil {
				return err
			}
			if err := s.retarget(ctx, tx, d, things); err != nil {
				return err
			}
		}
		fields := changedFields(was, d, in.Things != nil)
		if len(fields) == 0 {
			return nil
		}
		d.DueAt = d.EndsAt
		if DiscountState(d.State) == Scheduled {
			d.DueAt = d.StartsAt
		}
		if err := s.saveDiscount(ctx, tx, &d); err != nil {
			return err
		}
		facts := map[string]any{"fields": fields, "value": d.Value, "kind": d.Kind, "from": clock.Time(d.StartsAt), "to": clock.Time(d.EndsAt)}
		if err := s.happened(ctx, tx, nounOf(d)+".changed", d.PublicID, facts); err != nil {
			return err
		}
		return s.turn(ctx, tx, d)
	})
	if err != nil {
		return Discount{}, err
	}
	return s.discount(ctx, id)
}

func changedFields(a, b catalogdb.Discount, things bool) []string {
	var out []string
	for name, differs := range map[string]bool{
		"title": a.Title != b.Title, "value": a.Value != b.Value || a.Kind != b.Kind, "from": a.StartsAt != b.StartsAt, "to": a.EndsAt != b.EndsAt,
		"scope": things,
	} {
		if differs {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// EndDiscount ends a discount now; one that has not begun never will. Ending it again changes nothing.
func (s *Service) EndDiscount(ctx context.Context, caller web.Caller, id string) (Discount, error) {
	return s.endDiscount(ctx, caller, id, aDiscount)
}

// EndEvent is EndDiscount for a sale event.
func (s *Service) EndEvent(ctx context.Context, caller web.Caller, id string) (Discount, error) {
	return s.endDiscount(ctx, caller, id, anEvent)
}

func (s *Service) endDiscount(ctx context.Context, caller web.Caller, id string, what wanted) (Discount, error) {
	err := s.db.Write(ctx, "catalog.end_discount", func(ctx context.Context, tx db.Tx) error {
		d, _, err := s.ownDiscount(ctx, tx, caller, id, what, store.Catalog)
		if err != nil || DiscountState(d.State) == Ended {
			return err
		}
		now := s.now()
		d.EndsAt = min(d.EndsAt, max(now, d.StartsAt))
		if err := s.closeDiscount(ctx, tx, &d); err != nil {
			return err
		}
		return s.pass(ctx, tx, &d)
	})
	if err != nil {
		return Discount{}, err
	}
	return s.discount(ctx, id)
}

// JoinEvent takes a store into a sale event that stores pay, with all that the event is for.
func (s *Service) JoinEvent(ctx context.Context, caller web.Caller, id, storeID string) (Discount, error) {
	return s.attend(ctx, caller, id, storeID, true)
}

// LeaveEvent takes a store out of a sale event again.
func (s *Service) LeaveEvent(ctx context.Context, caller web.Caller, id, storeID string) (Discount, error) {
	return s.attend(ctx, caller, id, storeID, false)
}

func (s *Service) attend(ctx context.Context, caller web.Caller, id, storeID string, in bool) (Discount, error) {
	err := s.db.Write(ctx, "catalog.join_event", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
		if err != nil {
			return err
		}
		q := catalogdb.New(tx)
		d, err := q.DiscountByPublicID(ctx, id)
		if err != nil {
			return ifNone(err, ErrEventNotFound)
		}
		if d.StoreID != nil {
			return ErrEventNotFound
		}
		now := s.now()
		if state := stateAt(d, now); state == Ended {
			return ErrDiscountState.With("state", string(state))
		}
		scopes, err := q.DiscountScopes(ctx, []int64{d.ID})
		if err != nil {
			return fmt.Errorf("scope: %w", err)
		}
		things := make([]int64, len(scopes))
		for i, sc := range scopes {
			things[i] = sc.Thing
		}
		if Payer(d.PaidBy) != PaidByStore || Scope(d.Scope) == ScopeStores && !slices.Contains(things, b.ID) {
			return ErrNotJoinable
		}
		var n int64
		what := "sale_event.joined"
		if in {
			n, err = q.JoinDiscount(ctx, d.ID, b.ID, actorOf(ctx), now)
		} else {
			n, err = q.LeaveDiscount(ctx, d.ID, b.ID)
			what = "sale_event.left"
		}
		if err != nil || n == 0 { // joined or left already
			return err
		}
		if err := s.retarget(ctx, tx, d, things); err != nil {
			return err
		}
		if err := s.happened(ctx, tx, what, d.PublicID, map[string]any{"store": b.PublicID}); err != nil {
			return err
		}
		if DiscountState(d.State) != Live {
			return nil
		}
		return s.pass(ctx, tx, &d, key('s', b.ID))
	})
	if err != nil {
		return Discount{}, err
	}
	return s.discount(ctx, id)
}
