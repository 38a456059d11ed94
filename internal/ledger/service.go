package ledger

import (
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Service is the ledger. Its methods that take a transaction join the caller's; an error from one of them must end
// that transaction.
type Service struct {
	db    *db.DB
	clock clock.Clock
}

// New returns the ledger of a database.
func New(d *db.DB, c clock.Clock) *Service { return &Service{db: d, clock: c} }
