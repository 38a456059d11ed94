package catalog

import (
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/store"
)

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Stores *store.Service
}

// Service is the room.
type Service struct {
	db     *db.DB
	clock  clock.Clock
	stores *store.Service
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, stores: d.Stores}
}

// sells says whether goods can be bought at a store now.
func sells(b store.Brief) bool { return b.Open() && b.Sells }
