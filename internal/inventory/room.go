package inventory

import (
	"log/slog"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB      *db.DB
	Clock   clock.Clock
	Log     *slog.Logger
	Events  *event.Log
	Catalog *catalog.Service
	Stores  *store.Service
}

// Service is the room.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	events  *event.Log
	catalog *catalog.Service
	stores  *store.Service
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, events: d.Events, catalog: d.Catalog, stores: d.Stores}
}

// Inventory is the shelf of the catalogue.
var _ catalog.Shelf = (*Service)(nil)
