package catalog

import (
	"context"
	"log/slog"

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
	// Count sets what is on hand. A count below what is promised is left out and comes back in refused.
	Count(ctx context.Context, tx db.Tx, counts []Count, subject, reason string) (refused map[int64]bool, err error)
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
	// Currency is the market's, in which all prices are.
	Currency func(context.Context) (money.Currency, error)
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	jobs     *job.Runner
	stores   *store.Service
	currency func(context.Context) (money.Currency, error)
	shelf    Shelf
}

// New opens the room and watches the stores.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, jobs: d.Jobs, stores: d.Stores, currency: d.Currency, shelf: noShelf{},
	}
	d.Stores.Watch(s)
	return s
}

// StockWith registers the shelf. It is there before the first request.
func (s *Service) StockWith(shelf Shelf) { s.shelf = shelf }

// noShelf is a market without stock: nothing is available, nothing is counted.
type noShelf struct{}

func (noShelf) Available(context.Context, db.Tx, []int64) (map[int64]int64, error) {
	return map[int64]int64{}, nil
}

func (noShelf) Count(context.Context, db.Tx, []Count, string, string) (map[int64]bool, error) {
	return map[int64]bool{}, nil
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
