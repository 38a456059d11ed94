package inventory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// maxOwners is how many open orders a refusal names.
const maxOwners = 20

const maxNote = 500

// Adjustment is what somebody did to the shelf: either a change or a count.
type Adjustment struct {
	Delta  *int64 // so many more, or fewer
	Set    *int64 // so many were counted
	Reason string
	Note   string
}

// check reads an adjustment.
func (a Adjustment) check() error {
	switch {
	case (a.Delta == nil) == (a.Set == nil):
		return ErrAdjustment.Field("delta", "one_of", "Give delta or set, not both.")
	case a.Delta != nil && (*a.Delta == 0 || *a.Delta < -MaxQty || *a.Delta > MaxQty):
		return ErrAdjustment.Field("delta", "out_of_range", "Is not a change of stock.")
	case a.Set != nil && (*a.Set < 0 || *a.Set > MaxQty):
		return ErrAdjustment.Field("set", "out_of_range", "Is not a count.")
	case utf8.RuneCountInString(a.Note) > maxNote || strings.ContainsFunc(a.Note, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return ErrAdjustment.Field("note", "too_long", "Is too long or has control characters.")
	}
	return nil
}

// delta is the change that an adjustment makes to a level.
func (a Adjustment) delta(l Level) int64 {
	if a.Set != nil {
		return *a.Set - l.OnHand()
	}
	return *a.Delta
}

// variant is a variant that the caller has a right to. Strangers are told that there is none.
func (s *Service) variant(ctx context.Context, tx db.Tx, caller web.Caller, id string, right store.Right) (catalog.VariantKey, error) {
	v, err := s.catalog.VariantKey(ctx, tx, id)
	if err != nil {
		return v, err
	}
	_, err = s.stores.RequireID(ctx, tx, caller, v.StoreID, right)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = catalog.ErrVariantNotFound
	}
	return v, err
}

// Adjust changes what is on hand of a variant and answers with the movement. What is promised to open orders stays:
// less than that is refused, with the orders named.
func (s *Service) Adjust(ctx context.Context, caller web.Caller, id string, a Adjustment) (Movement, error) {
	if err := a.check(); err != nil {
		return Movement{}, err
	}
	made, replayed, err := idem.Once(ctx, s.db, "inventory.adjust", func(ctx context.Context, tx db.Tx) (string, error) {
		v, err := s.variant(ctx, tx, caller, id, store.Stock)
		if err != nil {
			return "", err
		}
		if v.Archived {
			return "", catalog.ErrVariantNotFound
		}
		if !v.TrackStock {
			return "", ErrNotTracked
		}
		levels, err := s.lock(ctx, tx, []int64{v.ID})
		if err != nil {
			return "", err
		}
		level := levels[v.ID]
		m := move{id: code.ID("mov"), variant: v.ID, kind: Adjust, available: a.delta(level), reason: a.Reason, note: a.Note}
		switch after := level.Available + m.available; {
		case after < 0:
			return "", s.belowReserved(ctx, tx, v.ID, level)
		case after > maxStock:
			return "", ErrTooMuchStock
		}
		moves := []move{m}
		if err := s.apply(ctx, tx, moves); err != nil {
			return "", fmt.Errorf("adjust stock: %w", err)
		}
		if !moves[0].done {
			return "", fmt.Errorf("inventory: locked stock of variant %d changed", v.ID)
		}
		if err := s.journal(ctx, tx, moves); err != nil {
			return "", err
		}
		return m.id, s.events.Append(ctx, tx, event.Event{
			Type: "stock.adjusted", Subject: id, Actor: actorOf(ctx),
			Facts: map[string]any{"movement": m.id, "delta": m.available, "on_hand": moves[0].after.OnHand(), "reason": a.Reason},
		})
	}, db.ReadCommitted()) // what is left is checked after locking the stock row; rights and flags hold as they were read
	if err != nil {
		return Movement{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.movement(ctx, made, id)
}

// lock opens the stock rows that are missing and locks all in the order of their variants.
func (s *Service) lock(ctx context.Context, tx db.Tx, variants []int64) (map[int64]Level, error) {
	q := inventorydb.New(tx)
	now := clock.Micro(s.clock.Now())
	missing := make([]inventorydb.OpenStockParams, len(variants))
	for i, v := range variants {
		missing[i] = inventorydb.OpenStockParams{VariantID: v, UpdatedAt: now}
	}
	if err := firstError(q.OpenStock(ctx, missing)); err != nil {
		return nil, fmt.Errorf("open stock: %w", err)
	}
	rows, err := q.LockStocks(ctx, variants)
	if err != nil {
		return nil, fmt.Errorf("lock stock: %w", err)
	}
	out := make(map[int64]Level, len(rows))
	for _, r := range rows {
		out[r.VariantID] = Level{r.Available, r.Reserved}
	}
	return out, nil
}

// belowReserved names the orders that the stock is promised to.
func (s *Service) belowReserved(ctx context.Context, tx db.Tx, variant int64, l Level) error {
	rows, err := inventorydb.New(tx).OwnersOf(ctx, variant, maxOwners)
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	owners := make([]map[string]any, len(rows))
	for i, r := range rows {
		owners[i] = map[string]any{"id": r.Owner, "quantity": r.Qty}
	}
	return ErrBelowReserved.With("on_hand", l.OnHand()).With("reserved", l.Reserved).With("orders", owners)
}

// Count sets what is on hand of variants, for files and new products. What did not change makes no movement. A count
// below what is promised is left out and comes back in refused.
func (s *Service) Count(ctx context.Context, tx db.Tx, counts []catalog.Count, subject, reason string) (refused map[int64]bool, err error) {
	refused = map[int64]bool{}
	if len(counts) == 0 {
		return refused, nil
	}
	wanted := make(map[int64]int64, len(counts))
	for _, c := range counts {
		if c.OnHand < 0 || c.OnHand > MaxQty {
			return nil, fmt.Errorf("%w: %d counted of variant %d", errQty, c.OnHand, c.Variant)
		}
		wanted[c.Variant] = c.OnHand
	}
	variants := sortedKeys(wanted)
	levels, err := s.lock(ctx, tx, variants)
	if err != nil {
		return nil, err
	}
	var moves []move
	for _, v := range variants {
		delta := wanted[v] - levels[v].OnHand()
		switch {
		case levels[v].Available+delta < 0:
			refused[v] = true
		case delta != 0:
			moves = append(moves, move{variant: v, kind: Adjust, available: delta, subject: subject, reason: reason})
		}
	}
	if len(moves) == 0 {
		return refused, nil
	}
	if err := s.apply(ctx, tx, moves); err != nil {
		return nil, fmt.Errorf("count stock: %w", err)
	}
	for _, m := range moves {
		if !m.done {
			return nil, fmt.Errorf("inventory: locked stock of variant %d changed", m.variant)
		}
	}
	return refused, s.journal(ctx, tx, moves)
}

// movementOf makes a movement of its row.
func movementOf(r inventorydb.MovementByPublicIDRow, variant string) Movement {
	return Movement{
		PublicID: r.PublicID, Variant: variant, Kind: Kind(r.Kind), AvailableDelta: r.AvailableDelta, ReservedDelta: r.ReservedDelta,
		After: Level{r.AvailableAfter, r.ReservedAfter}, Subject: r.Subject, Reason: r.Reason, Note: r.Note, Actor: r.Actor,
		CreatedAt: clock.Time(r.CreatedAt),
	}
}

func (s *Service) movement(ctx context.Context, id, variant string) (out Movement, err error) {
	err = s.db.Read(ctx, "inventory.movement", func(ctx context.Context, tx db.Tx) error {
		r, err := inventorydb.New(tx).MovementByPublicID(ctx, id)
		out = movementOf(r, variant)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("movement: %w", err)
	}
	return out, nil
}

// Stock is how much there is of a variant, for the store's people.
type Stock struct {
	Variant    string
	TrackStock bool
	Level      Level
	LowAt      int64
	OwnLowAt   *int64 // nil: its store's
}

// Stock reads the stock of a variant.
func (s *Service) Stock(ctx context.Context, caller web.Caller, id string) (out Stock, err error) {
	err = s.db.Read(ctx, "inventory.stock", func(ctx context.Context, tx db.Tx) error {
		v, err := s.variant(ctx, tx, caller, id, store.Stock)
		if err != nil {
			return err
		}
		levels, err := s.Levels(ctx, tx, []int64{v.ID})
		if err != nil {
			return err
		}
		out = Stock{Variant: id, TrackStock: v.TrackStock, Level: levels[v.ID]}
		rows, err := inventorydb.New(tx).Thresholds(ctx, []int64{v.ID})
		if err != nil {
			return fmt.Errorf("threshold: %w", err)
		}
		for _, r := range rows {
			out.OwnLowAt = r.OwnLowAt
		}
		if out.LowAt = deref(out.OwnLowAt); out.OwnLowAt == nil {
			out.LowAt, _, err = s.storeLowAt(ctx, tx, v.StoreID)
		}
		return err
	})
	return out, err
}

var movementList = db.DefineList(db.List{
	Name: "inventory.movements",
	Select: `SELECT m.public_id, m.variant_id, m.kind, m.available_delta, m.reserved_delta, m.available_after, m.reserved_after,
	m.subject, m.reason, m.note, m.actor, m.created_at`,
	From:    "FROM stock_movements m",
	Filters: []db.Filter{{Name: "variant", SQL: "m.variant_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "m.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"variant"}, Sort: "newest", Index: "stock_movements_variant"}},
})

// Movements is a page of a variant's journal, the newest first.
func (s *Service) Movements(ctx context.Context, caller web.Caller, id string, limit int, cursor string) (items []Movement, next string, err error) {
	err = s.db.Read(ctx, "inventory.movements", func(ctx context.Context, tx db.Tx) error {
		v, err := s.variant(ctx, tx, caller, id, store.Stock)
		if err != nil {
			return err
		}
		items, next, err = db.QueryList(ctx, tx, movementList, db.ListQuery{Filters: map[string]any{"variant": v.ID}, Limit: limit, Cursor: cursor},
			func(row db.Scanner) (Movement, error) {
				var r inventorydb.MovementByPublicIDRow
				err := row.Scan(&r.PublicID, &r.VariantID, &r.Kind, &r.AvailableDelta, &r.ReservedDelta, &r.AvailableAfter, &r.ReservedAfter,
					&r.Subject, &r.Reason, &r.Note, &r.Actor, &r.CreatedAt)
				return movementOf(r, id), err
			})
		return err
	})
	return items, next, err
}

func deref(p *int64) int64 {
	if p == nil {
		return 0
	}
	return *p
}

// sortedKeys are the keys of a map in the order in which rows are locked.
func sortedKeys[V any](m map[int64]V) []int64 { return slices.Sorted(maps.Keys(m)) }
