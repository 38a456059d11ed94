package inventory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory/inventorydb"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const (
	thresholdKind  = "inventory.threshold"
	marketKind     = "inventory.market_threshold"
	thresholdChunk = 200
)

// mark says which lists of its store a stock row stands in.
type mark string

const (
	markNone mark = "" // not counted, or no longer sold
	markFine mark = "fine"
	markLow  mark = "low"
	markOut  mark = "out"
)

func markOf(available, lowAt int64) mark {
	switch {
	case available == 0:
		return markOut
	case available <= lowAt:
		return markLow
	}
	return markFine
}

// remark writes the marks of the stock that crossed a line: most movements cross none, and write nothing.
func remark(ctx context.Context, tx db.Tx, moves []move) error {
	last := map[int64]move{}
	for _, m := range moves {
		last[m.variant] = m
	}
	var rows []inventorydb.MarkStockParams
	for _, v := range sortedKeys(last) {
		m := last[v]
		if now := markOf(m.after.Available, m.lowAt); m.mark != markNone && m.mark != now {
			rows = append(rows, inventorydb.MarkStockParams{Mark: string(now), VariantID: v})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := firstError(inventorydb.New(tx).MarkStock(ctx, rows)); err != nil {
		return fmt.Errorf("mark stock: %w", err)
	}
	return nil
}

// Stand writes what variants are called by and whether they are counted now. What is so already stays untouched.
func (s *Service) Stand(ctx context.Context, tx db.Tx, list []catalog.Standing) error {
	if len(list) == 0 {
		return nil
	}
	list = slices.SortedFunc(slices.Values(list), func(a, b catalog.Standing) int { return int(min(max(a.Variant-b.Variant, -1), 1)) })
	variants := make([]int64, len(list))
	for i, v := range list {
		variants[i] = v.Variant
	}
	q := inventorydb.New(tx)
	found, err := q.Stands(ctx, variants)
	if err != nil {
		return fmt.Errorf("stock: %w", err)
	}
	there := make(map[int64]inventorydb.StandsRow, len(found))
	for _, r := range found {
		there[r.VariantID] = r
	}
	named := map[int64]bool{}
	for _, v := range list {
		named[v.Store] = true
	}
	stores, err := s.storesLowAt(ctx, tx, sortedKeys(named))
	if err != nil {
		return err
	}
	now := clock.Micro(s.clock.Now())
	var rows []inventorydb.PutStandsParams
	for _, v := range list {
		r, ok := there[v.Variant]
		lowAt, to := stores[v.Store], markNone
		if r.OwnLowAt != nil {
			lowAt = *r.OwnLowAt
		}
		if v.Kept {
			to = markOf(r.Available, lowAt)
		}
		if !ok || r.StoreID != v.Store || r.Sku != v.SKU || mark(r.Mark) != to || r.LowAt != lowAt {
			rows = append(rows, inventorydb.PutStandsParams{VariantID: v.Variant, UpdatedAt: now, StoreID: v.Store, Sku: v.SKU, LowAt: lowAt, Mark: string(to)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := firstError(q.PutStands(ctx, rows)); err != nil {
		return fmt.Errorf("stock on the shelf: %w", err)
	}
	return nil
}

// storesLowAt is what stock of stores is low at: their own figures, else the market's.
func (s *Service) storesLowAt(ctx context.Context, tx db.Tx, stores []int64) (map[int64]int64, error) {
	rows, err := inventorydb.New(tx).StoreThresholds(ctx, stores)
	if err != nil {
		return nil, fmt.Errorf("thresholds: %w", err)
	}
	out := make(map[int64]int64, len(stores))
	for _, r := range rows {
		out[r.StoreID] = r.LowAt
	}
	if len(out) == len(stores) {
		return out, nil
	}
	market, err := s.lowAt(ctx, tx)
	if err != nil {
		return nil, err
	}
	for _, id := range stores {
		if _, own := out[id]; !own {
			out[id] = market
		}
	}
	return out, nil
}

// storeLowAt is what stock of a store is low at, and whether the store said so.
func (s *Service) storeLowAt(ctx context.Context, tx db.Tx, storeID int64) (lowAt int64, own bool, err error) {
	lowAt, err = inventorydb.New(tx).StoreThreshold(ctx, storeID)
	switch {
	case errors.Is(err, db.ErrNoRows):
		lowAt, err = s.lowAt(ctx, tx)
		return lowAt, false, err
	case err != nil:
		return 0, false, fmt.Errorf("threshold: %w", err)
	}
	return lowAt, true, nil
}

// Threshold is what a store's stock is low at; own: the store said so.
func (s *Service) Threshold(ctx context.Context, caller web.Caller, storeID string) (lowAt int64, own bool, err error) {
	err = s.db.Read(ctx, "inventory.store_threshold", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Stock)
		if err != nil {
			return err
		}
		lowAt, own, err = s.storeLowAt(ctx, tx, b.ID)
		return err
	})
	return lowAt, own, err
}

// SetThreshold says what a store's stock is low at, where a variant does not say; nil is the market's figure. The lists
// of a small store change with it, those of a big one follow within moments.
func (s *Service) SetThreshold(ctx context.Context, caller web.Caller, storeID string, lowAt *int64) error {
	if lowAt != nil && (*lowAt < 0 || *lowAt > MaxQty) {
		return ErrThreshold
	}
	return s.db.Write(ctx, "inventory.set_store_threshold", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Stock)
		if err != nil {
			return err
		}
		q := inventorydb.New(tx)
		if lowAt == nil {
			err = q.DropStoreThreshold(ctx, b.ID)
		} else {
			err = q.PutStoreThreshold(ctx, b.ID, *lowAt, clock.Micro(s.clock.Now()))
		}
		if err != nil {
			return fmt.Errorf("threshold: %w", err)
		}
		n, err := s.spreadThreshold(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if n == thresholdChunk {
			if err := s.jobs.Enqueue(ctx, tx, job.New(thresholdKind, thresholdWork{b.ID})); err != nil {
				return err
			}
		}
		return s.events.Append(ctx, tx, event.Event{Type: "store.threshold_set", Subject: b.PublicID, Actor: actorOf(ctx), Facts: map[string]any{"low_at": lowAt}})
	})
}

type thresholdWork struct {
	Store int64 `json:"store"`
}

// Work registers what the room does later.
func (s *Service) Work(j *job.Runner) {
	j.Handle(thresholdKind, job.Typed(s.thresholdJob))
	j.Handle(marketKind, job.Typed(s.marketJob))
}

// marketSaid follows the market's setting.
func (s *Service) marketSaid(ctx context.Context, tx db.Tx, events []event.Event) error {
	for _, e := range events {
		if e.Type == "market.setting_changed" && e.Facts["setting"] == market.LowStockSetting {
			return s.jobs.Enqueue(ctx, tx, job.New(marketKind, marketWork{}))
		}
	}
	return nil
}

// marketWork is how far a change of the market's setting has come, by stores.
type marketWork struct {
	After int64 `json:"after"`
}

// marketJob brings the stock of all stores without a figure of their own in line with the market's of then.
func (s *Service) marketJob(ctx context.Context, w marketWork) error {
	for {
		var found []int64
		n := 0
		err := s.db.Write(ctx, marketKind, func(ctx context.Context, tx db.Tx) (err error) {
			n = 0
			if found, err = inventorydb.New(tx).NextStore(ctx, w.After); err != nil || len(found) == 0 {
				return err
			}
			n, err = s.spreadThreshold(ctx, tx, found[0]) // nothing, in a store with a figure of its own
			return err
		}, db.Bulk())
		if err != nil || len(found) == 0 {
			return err
		}
		if n < thresholdChunk {
			w.After = found[0]
		}
	}
}

// thresholdJob goes on where SetThreshold stopped, by the figure of then.
func (s *Service) thresholdJob(ctx context.Context, w thresholdWork) error {
	for n := thresholdChunk; n == thresholdChunk; {
		err := s.db.Write(ctx, thresholdKind, func(ctx context.Context, tx db.Tx) (err error) {
			n, err = s.spreadThreshold(ctx, tx, w.Store)
			return err
		}, db.Bulk())
		if err != nil {
			return err
		}
	}
	return nil
}

// spreadThreshold brings up to a chunk of a store's stock in line with what the store's is low at.
func (s *Service) spreadThreshold(ctx context.Context, tx db.Tx, storeID int64) (int, error) {
	lowAt, _, err := s.storeLowAt(ctx, tx, storeID)
	if err != nil {
		return 0, err
	}
	q := inventorydb.New(tx)
	variants, err := q.LowerThresholds(ctx, storeID, lowAt, thresholdChunk)
	if err == nil && len(variants) < thresholdChunk {
		var more []int64
		more, err = q.HigherThresholds(ctx, storeID, lowAt, int32(thresholdChunk-len(variants)))
		variants = append(variants, more...)
	}
	if err != nil {
		return 0, fmt.Errorf("stock with another threshold: %w", err)
	}
	if len(variants) == 0 {
		return 0, nil
	}
	slices.Sort(variants)
	there, err := q.Stands(ctx, variants)
	if err != nil {
		return 0, fmt.Errorf("lock stock: %w", err)
	}
	now := clock.Micro(s.clock.Now())
	rows := make([]inventorydb.PutStandsParams, 0, len(there))
	for _, r := range there {
		if r.OwnLowAt == nil && r.Mark != "" {
			rows = append(rows, inventorydb.PutStandsParams{VariantID: r.VariantID, UpdatedAt: now, StoreID: r.StoreID, Sku: r.Sku, LowAt: lowAt, Mark: string(markOf(r.Available, lowAt))})
		}
	}
	if err := firstError(q.PutStands(ctx, rows)); err != nil {
		return 0, fmt.Errorf("thresholds: %w", err)
	}
	return len(variants), nil
}

// SetVariantThreshold says what a variant's stock is low at; nil leaves it to its store.
func (s *Service) SetVariantThreshold(ctx context.Context, caller web.Caller, id string, own *int64) (Stock, error) {
	if own != nil && (*own < 0 || *own > MaxQty) {
		return Stock{}, ErrThreshold
	}
	err := s.db.Write(ctx, "inventory.set_threshold", func(ctx context.Context, tx db.Tx) error {
		v, err := s.variant(ctx, tx, caller, id, store.Stock)
		if err != nil {
			return err
		}
		if v.Archived {
			return catalog.ErrVariantNotFound
		}
		if err := s.SetThresholds(ctx, tx, map[int64]*int64{v.ID: own}); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "variant.threshold_set", Subject: id, Actor: actorOf(ctx), Facts: map[string]any{"low_at": own}})
	})
	if err != nil {
		return Stock{}, err
	}
	return s.Stock(ctx, caller, id)
}

// Shelved says how variants stand on the shelf now; one that never had stock is missing.
func (s *Service) Shelved(ctx context.Context, tx db.Tx, variants []int64) (map[int64]catalog.OnShelf, error) {
	rows, err := inventorydb.New(tx).Thresholds(ctx, variants)
	if err != nil {
		return nil, fmt.Errorf("stock: %w", err)
	}
	out := make(map[int64]catalog.OnShelf, len(rows))
	for _, r := range rows {
		out[r.VariantID] = catalog.OnShelf{OnHand: r.Available + r.Reserved, Available: r.Available, OwnLowAt: r.OwnLowAt}
	}
	return out, nil
}

// SetThresholds says what variants are low at; nil leaves one to its store. The figures were found acceptable before.
func (s *Service) SetThresholds(ctx context.Context, tx db.Tx, own map[int64]*int64) error {
	if len(own) == 0 {
		return nil
	}
	variants := sortedKeys(own)
	if _, err := s.lock(ctx, tx, variants); err != nil {
		return err
	}
	q := inventorydb.New(tx)
	there, err := q.Stands(ctx, variants)
	if err != nil {
		return fmt.Errorf("stock: %w", err)
	}
	named := map[int64]bool{}
	for _, r := range there {
		named[r.StoreID] = true
	}
	stores, err := s.storesLowAt(ctx, tx, sortedKeys(named))
	if err != nil {
		return err
	}
	rows := make([]inventorydb.SetOwnThresholdsParams, len(there))
	for i, r := range there {
		lowAt, to := stores[r.StoreID], mark(r.Mark)
		if o := own[r.VariantID]; o != nil {
			lowAt = *o
		}
		if to != markNone {
			to = markOf(r.Available, lowAt)
		}
		rows[i] = inventorydb.SetOwnThresholdsParams{OwnLowAt: own[r.VariantID], LowAt: lowAt, Mark: string(to), VariantID: r.VariantID}
	}
	if err := firstError(q.SetOwnThresholds(ctx, rows)); err != nil {
		return fmt.Errorf("thresholds: %w", err)
	}
	return nil
}
