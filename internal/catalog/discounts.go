package catalog

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// DiscountInput is a discount or a sale event as somebody writes it. Percent or amount, one of them.
type DiscountInput struct {
	Title   string
	Percent string // "12.5"
	Amount  string // off each piece, in the market's currency
	From    *time.Time
	To      *time.Time
	Scope   Scope
	Things  []string // public ids, as the scope says
	PaidBy  Payer
}

// DiscountPatch changes what is not nil.
type DiscountPatch struct {
	Version *int64
	Title   *string
	Percent *string
	Amount  *string
	From    *time.Time
	To      *time.Time
	Things  *[]string
}

// check reads a discount into its row. now is where time stands: nothing begins before it.
func (in DiscountInput) check(cur money.Currency, now int64, event bool) (catalogdb.Discount, error) {
	f := newFindings(ErrInvalidDiscount)
	d := catalogdb.Discount{Title: f.text("title", in.Title, 1, maxTitle), Scope: string(in.Scope), PaidBy: string(in.PaidBy), StartsAt: now, EndsAt: noEnd}
	f.worth(&d, in.Percent, in.Amount, cur, event)
	if in.From != nil {
		d.StartsAt = max(clock.Micro(*in.From), now)
	}
	if in.To != nil {
		d.EndsAt = clock.Micro(*in.To)
	} else if event {
		f.add("to", "required", "A sale event has an end.")
	}
	f.times(d, now)
	return d, f.fault()
}

// worth reads how much a discount takes off.
func (f *findings) worth(d *catalogdb.Discount, percent, amount string, cur money.Currency, event bool) {
	switch {
	case (percent == "") == (amount == ""):
		f.add("percent", "one_of", "Give percent or amount, one of them.")
	case amount != "" && event:
		f.add("amount", "one_of", "A sale event takes off a percentage.")
	case percent != "":
		bp, err := money.ParseRate(percent)
		if err != nil || bp < 1 || bp > 10_000 {
			f.add("percent", "out_of_range", "Is a percentage above 0 and up to 100, with at most two decimals.")
		}
		d.Kind, d.Value, d.Currency = string(Percent), bp, ""
	default:
		d.Kind, d.Value, d.Currency = string(Amount), f.price("amount", amount, cur), string(cur)
		if d.Value == 0 {
			f.add("amount", "out_of_range", "Is nothing.")
		}
	}
}

func (f *findings) times(d catalogdb.Discount, now int64) {
	switch {
	case d.StartsAt >= noEnd || d.EndsAt > noEnd:
		f.add("to", "out_of_range", "Is too far away.")
	case d.EndsAt <= now:
		f.add("to", "past", "Is over already.")
	case d.EndsAt <= d.StartsAt:
		f.add("to", "out_of_range", "Is not after its beginning.")
	}
}

// CreateDiscount makes a discount of a store; without products it is for all of them.
func (s *Service) CreateDiscount(ctx context.Context, caller web.Caller, storeID string, in DiscountInput) (Discount, error) {
	in.PaidBy, in.Scope = PaidByStore, ScopeAll
	if len(in.Things) > 0 {
		in.Scope = ScopeProducts
	}
	return s.createDiscount(ctx, in, "catalog.create_discount", func(ctx context.Context, tx db.Tx) (*store.Brief, error) {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
		if err != nil {
			return nil, err
		}
		n, err := catalogdb.New(tx).CountOpenDiscounts(ctx, &b.ID)
		if err == nil && n >= maxOpenDiscounts {
			err = ErrManyDiscounts
		}
		return &b, err
	})
}

// CreateEvent makes a sale event of the market.
func (s *Service) CreateEvent(ctx context.Context, in DiscountInput) (Discount, error) {
	return s.createDiscount(ctx, in, "catalog.create_event", func(context.Context, db.Tx) (*store.Brief, error) { return nil, nil })
}

func (s *Service) createDiscount(ctx context.Context, in DiscountInput, op string, owner func(context.Context, db.Tx) (*store.Brief, error)) (Discount, error) {
	cur, err := s.currency(ctx)
	if err != nil {
		return Discount{}, err
	}
	id, replayed, err := idem.Once(ctx, s.db, op, func(ctx context.Context, tx db.Tx) (string, error) {
		b, err := owner(ctx, tx)
		if err != nil {
			return "", err
		}
		now := s.now()
		d, err := in.check(cur, now, b == nil)
		if err != nil {
			return "", err
		}
		things, err := s.things(ctx, tx, b, Scope(d.Scope), in.Things)
		if err != nil {
			return "", err
		}
		d.PublicID, d.CreatedBy, d.State, d.DueAt = code.ID("dsc"), actorOf(ctx), string(Scheduled), d.StartsAt
		if b != nil {
			d.StoreID = &b.ID
		}
		if d.StartsAt <= now {
			d.State, d.DueAt = string(Live), d.EndsAt
		}
		d.Version = 1
		q := catalogdb.New(tx)
		d.ID, err = q.InsertDiscount(ctx, catalogdb.InsertDiscountParams{
			PublicID: d.PublicID, StoreID: d.StoreID, Title: d.Title, Kind: d.Kind, Value: d.Value, Currency: d.Currency, Scope: d.Scope, PaidBy: d.PaidBy,
			State: d.State, StartsAt: d.StartsAt, EndsAt: d.EndsAt, DueAt: d.DueAt, CreatedBy: d.CreatedBy, CreatedAt: now,
		})
		if err != nil {
			return "", fmt.Errorf("discount: %w", err)
		}
		if err := s.setThings(ctx, tx, d, things); err != nil {
			return "", err
		}
		if err := s.retarget(ctx, tx, d, things); err != nil {
			return "", err
		}
		facts := map[string]any{"kind": d.Kind, "value": d.Value, "scope": d.Scope, "paid_by": d.PaidBy, "from": clock.Time(d.StartsAt), "state": d.State}
		if b != nil {
			facts["store"] = b.PublicID
		}
		if err := s.happened(ctx, tx, nounOf(d)+".created", d.PublicID, facts); err != nil {
			return "", err
		}
		if DiscountState(d.State) == Live {
			if err := s.happened(ctx, tx, nounOf(d)+".started", d.PublicID, nil); err != nil {
				return "", err
			}
			if err := s.pass(ctx, tx, &d); err != nil {
				return "", err
			}
		}
		return d.PublicID, nil
	})
	if err != nil {
		return Discount{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.discount(ctx, id)
}

// nounOf names a discount in events.
func nounOf(d catalogdb.Discount) string {
	if d.StoreID == nil {
		return "sale_event"
	}
	return "discount"
}

// things finds what a discount is made for. Products are of the store, if it is a store's discount.
func (s *Service) things(ctx context.Context, tx db.Tx, b *store.Brief, scope Scope, ids []string) ([]int64, error) {
	if len(ids) > maxScope {
		return nil, ErrInvalidDiscount.Field("products", "too_many", "A discount names at most 500 things.")
	}
	field := string(scope)
	if (scope == ScopeAll) != (len(ids) == 0) {
		return nil, ErrInvalidDiscount.Field(field, "required", "Name what it is for, or leave it for everything.")
	}
	known := map[string]int64{}
	q := catalogdb.New(tx)
	switch scope {
	case ScopeAll:
		return nil, nil
	case ScopeProducts:
		rows, err := q.ProductKeys(ctx, ids)
		if err != nil {
			return nil, fmt.Errorf("products: %w", err)
		}
		for _, r := range rows {
			if b == nil || r.StoreID == b.ID {
				known[r.PublicID] = r.ID
			}
		}
	case ScopeCategories:
		t, err := readTree(ctx, tx)
		if err != nil {
			return nil, err
		}
		for _, r := range t.rows {
			known[r.PublicID] = r.ID
		}
	case ScopeStores:
		found, err := s.stores.BriefsOf(ctx, tx, ids)
		if err != nil {
			return nil, fmt.Errorf("stores: %w", err)
		}
		for _, b := range found {
			known[b.PublicID] = b.ID
		}
	}
	var out []int64
	bad := ErrInvalidDiscount
	for i, id := range ids {
		if _, ok := known[id]; !ok {
			bad = bad.Field(field+"["+strconv.Itoa(i)+"]", "not_found", "There is no such thing here.")
			if len(bad.Fields) >= maxFindings {
				break
			}
			continue
		}
		out = append(out, known[id])
	}
	if len(bad.Fields) > 0 {
		return nil, bad
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (s *Service) setThings(ctx context.Context, tx db.Tx, d catalogdb.Discount, things []int64) error {
	rows := make([]catalogdb.InsertDiscountScopesParams, len(things))
	for i, t := range things {
		rows[i] = catalogdb.InsertDiscountScopesParams{DiscountID: d.ID, Thing: t}
	}
	if err := firstError(catalogdb.New(tx).InsertDiscountScopes(ctx, rows)); err != nil {
		return fmt.Errorf("scope of discount: %w", err)
	}
	return nil
}

// retarget writes where prices look for a discount: in the whole subtree of its categories, and, where stores pay it,
// in the stores that joined.
func (s *Service) retarget(ctx context.Context, tx db.Tx, d catalogdb.Discount, things []int64) error {
	q := catalogdb.New(tx)
	var targets []string
	switch Scope(d.Scope) {
	case ScopeAll:
		targets = []string{everything}
		if d.StoreID != nil {
			targets = []string{key('s', *d.StoreID)}
		}
	case ScopeProducts:
		for _, id := range things {
			targets = append(targets, key('p', id))
		}
	case ScopeStores:
		for _, id := range things {
			targets = append(targets, key('s', id))
		}
	case ScopeCategories:
		t, err := readTree(ctx, tx)
		if err != nil {
			return err
		}
		for _, c := range t.rows {
			if slices.ContainsFunc(things, func(id int64) bool { return t.below(c.ID, id) }) {
				targets = append(targets, key('c', c.ID))
			}
		}
	}
	open := DiscountState(d.State) != Ended
	var rows []catalogdb.InsertDiscountTargetsParams
	if d.StoreID != nil || Payer(d.PaidBy) == PaidByPlatform {
		for _, t := range targets {
			rows = append(rows, catalogdb.InsertDiscountTargetsParams{DiscountID: d.ID, Target: t, Open: open})
		}
	} else {
		joined, err := q.DiscountStores(ctx, []int64{d.ID})
		if err != nil {
			return fmt.Errorf("stores of event: %w", err)
		}
		for _, j := range joined {
			for _, t := range targets {
				if Scope(d.Scope) == ScopeStores && t != key('s', j.StoreID) {
					continue
				}
				rows = append(rows, catalogdb.InsertDiscountTargetsParams{DiscountID: d.ID, Target: t, StoreID: j.StoreID, Open: open})
			}
		}
	}
	if err := q.ClearDiscountTargets(ctx, d.ID); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	if err := firstError(q.InsertDiscountTargets(ctx, rows)); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	return nil
}
