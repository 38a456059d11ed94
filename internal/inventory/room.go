package inventory

import (
	"context"
	"log/slog"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Events  *event.Log
	Jobs    *job.Runner
	Catalog *catalog.Service
	Stores  *store.Service
	// LowAt is what stock is low at where neither its variant nor its store says: the market's setting.
	LowAt func(context.Context, db.Tx) (int64, error)
}

// Service is the room.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	events  *event.Log
	jobs    *job.Runner
	catalog *catalog.Service
	stores  *store.Service
	lowAt   func(context.Context, db.Tx) (int64, error)
}

// New opens the room.
func New(d Deps) *Service {
	s := &Service{db: d.DB, clock: d.Clock, events: d.Events, jobs: d.Jobs, catalog: d.Catalog, stores: d.Stores, lowAt: d.LowAt}
	d.Events.FollowTx("inventory.low_at", s.marketSaid, event.Only("market.setting_changed"), event.Calmly(), event.FromNow())
	return s
}

// Inventory is the shelf of the catalogue.
var _ catalog.Shelf = (*Service)(nil)
