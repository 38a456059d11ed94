package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Bounds of one bulk edit: it is one transaction.
const (
	maxBulk         = 200  // items, or products of a selection
	maxBulkVariants = 1000 // of all products that it names
	maxBulkLook     = 2000 // listings that a selection looks at
	maxTags         = 250
	keptBulk        = 7 * 24 * time.Hour // longer than an Idempotency-Key
)

// What a bulk edit is refused with, whole or an item of it.
var (
	ErrInvalidBulk = fault.New(fault.Invalid, "invalid_bulk_edit", "Send either changes, or one change for a list or a selection of products.")
	ErrBulkTooMuch = fault.New(fault.Conflict, "too_much_at_once", "One request can look at 1000 variants: send this in a request of its own.")
	// Three that the rooms of the shelf and of stores have too.
	errNotTracked = fault.New(fault.Conflict, "stock_not_tracked", "Stock of this variant is not tracked. Switch it on at the variant first.")
	errOneVariant = fault.New(fault.Invalid, "variant_needed", "The product has several variants: name the one whose stock was counted.")
	errCurrency   = fault.New(fault.Conflict, "other_currency", "The variant is priced in another currency: give it a price first.")
)

// BulkChange says what becomes of a product, or of one of its variants. What is nil or empty stays.
type BulkChange struct {
	Price     *string
	PriceBy   *PriceStep
	CompareAt *string // "" takes it away
	Stock     *int64  // what was counted
	LowAt     *int64
	StoreLow  bool // low at the store's figure again
	Category  *string
	Brand     *string
	Vendor    *string
	TaxRate   *string
	TaxCode   *string
	Tags      *[]string // instead of those that are there
	AddTags   []string
	DropTags  []string
	Action    Action
}

// PriceStep changes a price by a percentage or an amount, and rounds the result once, half away from zero, to a
// multiple of Round.
type PriceStep struct {
	Percent string // -100 to 100
	Amount  string
	Round   string // "" is the smallest unit
}

// BulkItem is a change of one product, or of one variant of it.
type BulkItem struct {
	Product string
	Variant string
	Version *int64 // of the variant where one is named, else of the product
	Change  BulkChange
}

// BulkFilter selects products of the store.
type BulkFilter struct {
	State    State // "": all but what is archived
	Category string
	Brand    string
}

// BulkInput is a request: items, or one change for a list of products or for a selection.
type BulkInput struct {
	DryRun   bool
	Items    []BulkItem
	Change   *BulkChange
	Products []string
	Filter   *BulkFilter
	Cursor   string // where a selection goes on
}

// What became of an item.
const (
	bulkChanged   = "changed"
	bulkUnchanged = "unchanged"
	bulkRefused   = "refused"
)

// BulkResult is what became of an item.
type BulkResult struct {
	Index   int          `json:"index" doc:"Which of the changes; in a selection, which product."`
	Product string       `json:"product"`
	Variant string       `json:"variant,omitempty"`
	Outcome string       `json:"outcome" enum:"changed,unchanged,refused"`
	Code    string       `json:"code,omitempty" doc:"Why it was refused."`
	Message string       `json:"message,omitempty"`
	Errors  []BulkError  `json:"errors,omitempty" doc:"What is wrong with which field."`
	Changes []BulkDetail `json:"changes,omitempty" doc:"What is different now."`
}

// BulkError is what is wrong with a field of an item.
type BulkError struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// BulkDetail is one field before and after.
type BulkDetail struct {
	Variant string `json:"variant,omitempty" doc:"Whose field it is; absent for the product's."`
	Field   string `json:"field"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// BulkEdit is what became of a request.
type BulkEdit struct {
	ID                          string // "" for a dry run: nothing was done
	Changed, Unchanged, Refused int64
	Results                     []BulkResult
	Next                        string
	CreatedAt                   time.Time
}

// check refuses a request that says nothing or two things.
func (in BulkInput) check() error {
	f := newFindings(ErrInvalidBulk)
	switch {
	case len(in.Items) > 0 && (in.Change != nil || len(in.Products) > 0 || in.Filter != nil):
		f.add("changes", "one_of", "Is not given together with change, products or filter.")
	case len(in.Items) == 0 && in.Change == nil:
		f.add("changes", "required", "Is needed, or change.")
	case in.Change != nil && (len(in.Products) > 0) == (in.Filter != nil):
		f.add("products", "one_of", "Name products or give a filter, one of them.")
	case in.Cursor != "" && in.Filter == nil:
		f.add("cursor", "one_of", "Belongs to a filter.")
	case len(in.Items) > maxBulk || len(in.Products) > maxBulk:
		f.add("changes", "too_many", "A request changes at most 200.")
	}
	return f.fault()
}

// Bulk changes many products of a store in one transaction. An item that cannot be done becomes a result and changes
// nothing; the others are done.
func (s *Service) Bulk(ctx context.Context, caller web.Caller, storeID string, in BulkInput) (BulkEdit, error) {
	if err := in.check(); err != nil {
		return BulkEdit{}, err
	}
	cur, err := s.currency(ctx)
	if err != nil {
		return BulkEdit{}, err
	}
	if in.DryRun {
		return s.tryBulk(ctx, caller, storeID, cur, in)
	}
	id, replayed, err := idem.Once(ctx, s.db, "catalog.bulk", func(ctx context.Context, tx db.Tx) (string, error) {
		w, err := s.openBulk(ctx, tx, caller, storeID, cur, code.ID("blk"), in)
		if err != nil {
			return "", err
		}
		if err := w.write(ctx); err != nil {
			return "", err
		}
		out := w.edit()
		results, err := json.Marshal(out.Results)
		if err != nil {
			return "", err
		}
		err = w.q.InsertBulkEdit(ctx, catalogdb.InsertBulkEditParams{
			PublicID: w.id, StoreID: w.b.ID, Actor: actorOf(ctx), Changed: out.Changed, Unchanged: out.Unchanged, Refused: out.Refused,
			Results: string(results), NextCursor: out.Next, CreatedAt: s.now(),
		})
		if err != nil {
			return "", fmt.Errorf("bulk edit: %w", err)
		}
		return w.id, s.happened(ctx, tx, "products.edited", w.id, map[string]any{"store": w.b.PublicID, "changed": out.Changed, "refused": out.Refused})
	}, db.Bulk()) // many rows: checkouts do not wait behind it
	if err != nil {
		return BulkEdit{}, err
	}
	if replayed {
		web.MarkReplayed(ctx)
	}
	return s.bulkEdit(ctx, id)
}

// tryBulk says what a request would do.
func (s *Service) tryBulk(ctx context.Context, caller web.Caller, storeID string, cur money.Currency, in BulkInput) (out BulkEdit, err error) {
	err = s.db.Read(ctx, "catalog.bulk_try", func(ctx context.Context, tx db.Tx) error {
		w, err := s.openBulk(ctx, tx, caller, storeID, cur, "", in)
		if err == nil {
			out = w.edit()
		}
		return err
	})
	out.CreatedAt = s.clock.Now()
	return out, err
}

// bulkEdit is what became of an earlier request.
func (s *Service) bulkEdit(ctx context.Context, id string) (out BulkEdit, err error) {
	err = s.db.Read(ctx, "catalog.bulk_edit", func(ctx context.Context, tx db.Tx) error {
		r, err := catalogdb.New(tx).BulkEdit(ctx, id)
		if err != nil {
			return fmt.Errorf("bulk edit: %w", err)
		}
		out = BulkEdit{ID: r.PublicID, Changed: r.Changed, Unchanged: r.Unchanged, Refused: r.Refused, Next: r.NextCursor, CreatedAt: clock.Time(r.CreatedAt)}
		return json.Unmarshal([]byte(r.Results), &out.Results)
	})
	return out, err
}

// sweepBulk forgets what became of requests that nobody can repeat any more.
func (s *Service) sweepBulk(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "catalog.bulk_forget", func(ctx context.Context, tx db.Tx) error {
		n = 0
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q := catalogdb.New(tx)
		ids, err := q.OldBulkEdits(ctx, clock.Micro(s.clock.Now().Add(-keptBulk)), maxBulk)
		if err != nil || len(ids) == 0 {
			return err
		}
		gone, err := q.DeleteBulkEdits(ctx, ids)
		n = int(gone)
		return err
	}, db.Bulk())
	return n, err
}

// rightsOf are the refusals that the caller's rights in a store mean: of fields of the catalogue, and of the shelf.
// Somebody who has neither is refused as a whole.
func (s *Service) rightsOf(ctx context.Context, tx db.Tx, caller web.Caller, storeID string) (b store.Brief, catalog, stock error, err error) {
	b, catalog = s.stores.Require(ctx, tx, caller, storeID, store.Catalog)
	if catalog != nil && !errors.Is(catalog, store.ErrNoRight) {
		return b, nil, nil, catalog
	}
	other, stock := s.stores.Require(ctx, tx, caller, storeID, store.Stock)
	switch {
	case stock != nil && !errors.Is(stock, store.ErrNoRight), stock != nil && catalog != nil:
		return b, nil, nil, stock
	case catalog != nil:
		b = other
	}
	return b, catalog, stock, nil
}
