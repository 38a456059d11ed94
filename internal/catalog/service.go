package catalog

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// Shelf knows what is in stock. Inventory, which stands above this room, registers itself.
type Shelf interface {
	// Available says how many units of each variant may be sold; one that never had stock may be missing.
	Available(ctx context.Context, tx db.Tx, variants []int64) (map[int64]int64, error)
	// OnHand says how many units of each variant there are, those that are promised too; one that never had stock may be
	// missing.
	OnHand(ctx context.Context, tx db.Tx, variants []int64) (map[int64]int64, error)
	// Count sets what is on hand. A count below what is promised is left out and comes back in refused.
	Count(ctx context.Context, tx db.Tx, counts []Count, subject, reason string) (refused map[int64]bool, err error)
	// Shelved says how variants stand on the shelf now; one that never had stock may be missing.
	Shelved(ctx context.Context, tx db.Tx, variants []int64) (map[int64]OnShelf, error)
	// SetThresholds says what variants are low at; nil leaves one to its store.
	SetThresholds(ctx context.Context, tx db.Tx, own map[int64]*int64) error
	// Stand says what variants are called by and whether they are counted now.
	Stand(ctx context.Context, tx db.Tx, list []Standing) error
}

// Standing is how a variant stands on the shelf.
type Standing struct {
	Variant, Store int64
	SKU            string
	Kept           bool // its stock is tracked, and it can come to be sold
}

// OnShelf is how many units of a variant there are and can be sold, and what it is low at where it says so itself.
type OnShelf struct {
	OnHand, Available int64
	OwnLowAt          *int64
}

// Count is what stands on the shelf of a variant.
type Count struct {
	Variant int64
	OnHand  int64
}

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Events *event.Log
	Jobs   *job.Runner
	Stores *store.Service
	Blobs  *blob.Store
	// Fetch gets what is at an address; ImagesByURL says whether imports may ask it to.
	Fetch interface {
		Get(ctx context.Context, address string) ([]byte, error)
	}
	ImagesByURL func(context.Context) (bool, error)
	// Currency is the market's, in which all prices are.
	Currency func(context.Context) (money.Currency, error)
	// Terms are the market's, asked inside a transaction.
	Terms func(context.Context, db.Tx) (Terms, error)
}

// Terms are the market's settings that the catalogue goes by.
type Terms struct {
	Currency money.Currency
	Approval bool // products are approved before they are published
	Brands   bool // products name registered brands only
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	jobs     *job.Runner
	stores   *store.Service
	blobs    *blob.Store
	currency func(context.Context) (money.Currency, error)
	terms    func(context.Context, db.Tx) (Terms, error)
	fetch    interface {
		Get(ctx context.Context, address string) ([]byte, error)
	}
	byURL     func(context.Context) (bool, error)
	shelf     Shelf
	rater     Rater
	materials []MaterialWatcher
}

// New opens the room and watches the stores.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, jobs: d.Jobs, stores: d.Stores, blobs: d.Blobs, currency: d.Currency, terms: d.Terms, fetch: d.Fetch, byURL: d.ImagesByURL, shelf: noShelf{},
	}
	d.Stores.Watch(s)
	return s
}

// StockWith registers the shelf. It is there before the first request.
func (s *Service) StockWith(shelf Shelf) { s.shelf = shelf }

// Rater says what buyers think of products, by their public ids. A room above registers itself; without one no product has
// a rating.
type Rater interface {
	ProductRatings(ctx context.Context, tx db.Tx, products []string) (map[string]*store.Rating, error)
}

// RateWith registers who knows ratings. It is there before the first request.
func (s *Service) RateWith(r Rater) { s.rater = r }

// noShelf is a market without stock: nothing is available, nothing is counted.
type noShelf struct{}

func (noShelf) Available(context.Context, db.Tx, []int64) (map[int64]int64, error) {
	return map[int64]int64{}, nil
}

func (noShelf) OnHand(context.Context, db.Tx, []int64) (map[int64]int64, error) {
	return map[int64]int64{}, nil
}

func (noShelf) Count(context.Context, db.Tx, []Count, string, string) (map[int64]bool, error) {
	return map[int64]bool{}, nil
}

func (noShelf) Shelved(context.Context, db.Tx, []int64) (map[int64]OnShelf, error) {
	return map[int64]OnShelf{}, nil
}

func (noShelf) SetThresholds(context.Context, db.Tx, map[int64]*int64) error { return nil }

func (noShelf) Stand(context.Context, db.Tx, []Standing) error { return nil }

// stand tells the shelf how the variants of products stand.
func (s *Service) stand(ctx context.Context, tx db.Tx, products []catalogdb.Product) error {
	ids, gone := make([]int64, len(products)), map[int64]bool{}
	for i, p := range products {
		ids[i], gone[p.ID] = p.ID, State(p.State) == Archived
	}
	rows, err := catalogdb.New(tx).StandingOfProducts(ctx, ids)
	if err != nil {
		return fmt.Errorf("variants on the shelf: %w", err)
	}
	list := make([]Standing, len(rows))
	for i, r := range rows {
		list[i] = Standing{Variant: r.ID, Store: r.StoreID, SKU: deref(r.Sku), Kept: r.TrackStock && !r.Archived && !gone[r.ProductID]}
	}
	return s.shelf.Stand(ctx, tx, list)
}

// sells says whether goods can be bought at a store now.
func sells(b store.Brief) bool { return b.Open() && b.Sells }

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

func actorOf(ctx context.Context) string {
	if c := web.CallerFrom(ctx); c.SignedIn() {
		return c.Account
	}
	return event.System
}

// happened appends an event.
func (s *Service) happened(ctx context.Context, tx db.Tx, what, subject string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: what, Subject: subject, Actor: actorOf(ctx), Facts: facts})
}

// firstError runs a batch to its end and returns what broke it.
func firstError(b interface{ Exec(func(int, error)) }) (first error) {
	b.Exec(func(_ int, err error) {
		if err != nil && first == nil {
			first = err
		}
	})
	return first
}

// deref is the value, or nothing.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
