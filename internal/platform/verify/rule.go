package verify

import (
	"context"

	"github.com/haat-market/haat/internal/platform/db"
)

// Rule is something that must always hold.
type Rule struct {
	// Name is short and begins with the room: "order.lines".
	Name string
	// About is what holds, in a sentence without capital or full stop: "an
	// order's figures are the sums of its lines". It may be empty where the name
	// says it all.
	About string
	// Check calls report for each thing that does not hold, from one goroutine,
	// and goes on. An error says that it could not look.
	Check func(ctx context.Context, tx db.Tx, report func(format string, args ...any)) error
}
