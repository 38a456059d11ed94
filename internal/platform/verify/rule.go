package verify

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
)

// Rule is something that must always hold.
type Rule struct {
	// Name is a sentence, beginning with the room: "ledger: every posting has all its legs".
	Name string
	// Check calls report for each thing that does not hold. An error says that it could not look.
	Check func(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error
}
