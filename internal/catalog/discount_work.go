package catalog

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

const repriceKind = "catalog.reprice"

// repriceWork is how far one pass of a discount over the lists has come.
type repriceWork struct {
	Discount int64 `json:"discount"`
	Pass     int64 `json:"pass"`
	// Targets are what is left to walk: the discount's when the pass began, and those it had before.
	Targets []string `json:"targets"`
	After   int64    `json:"after"`
}

// pass begins a new pass of a discount over the lists of what it is for, and of what it was for. The first chunk is
// rewritten with the change itself; the rest of a large one follows within moments, and carts and orders, which ask the
// discounts themselves, see the truth meanwhile.
func (s *Service) pass(ctx context.Context, tx db.Tx, d *catalogdb.Discount, before ...string) error {
	q := catalogdb.New(tx)
	rows, err := q.DiscountTargets(ctx, d.ID)
	if err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	w := repriceWork{Discount: d.ID, Pass: d.Pass + 1}
	seen := map[string]bool{}
	add := func(t string) {
		if !seen[t] {
			seen[t] = true
			w.Targets = append(w.Targets, t)
		}
	}
	for _, r := range rows {
		// What holds in one store only is that store's.
		if r.StoreID != 0 && r.Target[0] != 'p' {
			add(key('s', r.StoreID))
		} else {
			add(r.Target)
		}
	}
	for _, t := range before {
		add(t)
	}
	d.Pass, d.Settled = w.Pass, false
	if err := s.saveDiscount(ctx, tx, d); err != nil {
		return err
	}
	left, err := s.repriceStep(ctx, tx, w)
	if err != nil {
		return err
	}
	if len(left.Targets) == 0 {
		d.Settled = true
		return nil
	}
	return s.jobs.Enqueue(ctx, tx, job.New(repriceKind, left))
}

// repriceStep rewrites one chunk of listings, and settles the pass when nothing is left.
func (s *Service) repriceStep(ctx context.Context, tx db.Tx, w repriceWork) (repriceWork, error) {
	q := catalogdb.New(tx)
	var ids []int64
	for len(w.Targets) > 0 && len(ids) < relistChunk {
		kind, rest, _ := strings.Cut(w.Targets[0], ":")
		id, _ := strconv.ParseInt(rest, 10, 64)
		room := int32(relistChunk - len(ids))
		var more []int64
		var err error
		switch kind {
		case "p":
			more = []int64{id}
		case "s":
			more, err = q.StoreListings(ctx, id, w.After, room)
		case "c":
			more, err = q.ProductsInCategory(ctx, id, w.After, room)
		default:
			more, err = q.AllListings(ctx, w.After, room)
		}
		if err != nil {
			return w, fmt.Errorf("products of a discount: %w", err)
		}
		ids = append(ids, more...)
		if kind == "p" || len(more) < int(room) {
			w.Targets, w.After = w.Targets[1:], 0
		} else {
			w.After = more[len(more)-1]
		}
	}
	if err := s.reprice(ctx, tx, ids); err != nil {
		return w, err
	}
	if len(w.Targets) > 0 {
		return w, nil
	}
	_, err := q.SettleDiscount(ctx, w.Discount, w.Pass)
	return w, err
}

// repriceJob goes on where pass stopped, with the prices of then.
func (s *Service) repriceJob(ctx context.Context, w repriceWork) error {
	for len(w.Targets) > 0 {
		left := w
		err := s.db.Write(ctx, repriceKind, func(ctx context.Context, tx db.Tx) (err error) {
			left, err = s.repriceStep(ctx, tx, w)
			return err
		}, db.Bulk())
		if err != nil {
			return err
		}
		w = left
	}
	return nil
}

// sweepDiscounts begins and ends discounts when their time comes.
func (s *Service) sweepDiscounts(ctx context.Context, lease job.Lease) (int, error) {
	var ids []int64
	err := s.db.Read(ctx, "catalog.discounts", func(ctx context.Context, tx db.Tx) (err error) {
		ids, err = catalogdb.New(tx).DueDiscounts(ctx, s.now())
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		err := s.db.Write(ctx, "catalog.discounts", func(ctx context.Context, tx db.Tx) error {
			if err := lease.Check(ctx, tx); err != nil {
				return err
			}
			d, err := catalogdb.New(tx).DiscountByID(ctx, id)
			if err != nil {
				return fmt.Errorf("discount: %w", err)
			}
			return s.turn(ctx, tx, d)
		}, db.Bulk())
		if err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// turn brings a discount to the state of now, if it is another. One that began and ended unseen did both.
func (s *Service) turn(ctx context.Context, tx db.Tx, d catalogdb.Discount) error {
	now := s.now()
	if d.DueAt > now || DiscountState(d.State) == Ended {
		return nil
	}
	if DiscountState(d.State) == Scheduled {
		d.State, d.DueAt = string(Live), d.EndsAt
		if err := s.happened(ctx, tx, nounOf(d)+".started", d.PublicID, nil); err != nil {
			return err
		}
	}
	if d.EndsAt <= now {
		if err := s.closeDiscount(ctx, tx, &d); err != nil {
			return err
		}
	}
	return s.pass(ctx, tx, &d)
}

// closeDiscount ends a discount's row and what prices find of it.
func (s *Service) closeDiscount(ctx context.Context, tx db.Tx, d *catalogdb.Discount) error {
	d.State, d.DueAt = string(Ended), noEnd
	if err := catalogdb.New(tx).CloseDiscountTargets(ctx, d.ID); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	return s.happened(ctx, tx, nounOf(*d)+".ended", d.PublicID, nil)
}

// saveDiscount writes a discount that was read in this transaction.
func (s *Service) saveDiscount(ctx context.Context, tx db.Tx, d *catalogdb.Discount) error {
	d.UpdatedAt = s.now()
	n, err := catalogdb.New(tx).UpdateDiscount(ctx, catalogdb.UpdateDiscountParams{
		Title: d.Title, Kind: d.Kind, Value: d.Value, Currency: d.Currency, Scope: d.Scope, State: d.State, StartsAt: d.StartsAt, EndsAt: d.EndsAt,
		DueAt: d.DueAt, Pass: d.Pass, Settled: d.Settled, UpdatedAt: d.UpdatedAt, ID: d.ID, Version: d.Version,
	})
	if err != nil {
		return fmt.Errorf("discount: %w", err)
	}
	if n == 0 {
		return ErrVersion
	}
	d.Version++
	return nil
}

// treeMoved writes anew where prices look for discounts of categories.
func (s *Service) treeMoved(ctx context.Context, tx db.Tx) error {
	q := catalogdb.New(tx)
	rows, err := q.OpenCategoryDiscounts(ctx)
	if err != nil || len(rows) == 0 {
		return err
	}
	ids := make([]int64, len(rows))
	for i, d := range rows {
		ids[i] = d.ID
	}
	scopes, err := q.DiscountScopes(ctx, ids)
	if err != nil {
		return fmt.Errorf("scopes: %w", err)
	}
	for _, d := range rows {
		var things []int64
		for _, sc := range scopes {
			if sc.DiscountID == d.ID {
				things = append(things, sc.Thing)
			}
		}
		before, err := q.DiscountTargets(ctx, d.ID)
		if err != nil {
			return fmt.Errorf("targets: %w", err)
		}
		if err := s.retarget(ctx, tx, d, things); err != nil {
			return err
		}
		if DiscountState(d.State) != Live {
			continue
		}
		var was []string
		for _, t := range before {
			was = append(was, t.Target)
		}
		if err := s.pass(ctx, tx, &d, was...); err != nil {
			return err
		}
	}
	return nil
}
