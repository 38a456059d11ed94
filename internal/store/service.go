package store

import (
	"context"
	"log/slog"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Watcher is told of every change of a store, in the transaction that makes it. An error stops the change.
type Watcher interface {
	StoreChanged(ctx context.Context, tx db.Tx, b Brief) error
}

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Log      *slog.Logger
	Identity *identity.Service
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	identity *identity.Service
	watchers []Watcher
}

// New opens the room.
func New(d Deps) *Service {
	return &Service{db: d.DB, clock: d.Clock, log: d.Log, identity: d.Identity}
}

// Watch registers a watcher. All of them are registered before the first request.
func (s *Service) Watch(w Watcher) { s.watchers = append(s.watchers, w) }
