package app

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/platform/config"
)

// RunCommission writes the statements of a month, such as 2026-10, by the running server when there is one. Begun again
// after it was cut off, it goes on where it stood; what is issued is left alone.
func RunCommission(ctx context.Context, place config.Place, con Console, month string) error {
	counts, err := dial(place).commission(ctx, month)
	if errors.Is(err, errNoServer) {
		err = withMarket(ctx, place, con, func(a *App) (err error) {
			counts, err = a.Commission.Run(ctx, month)
			return err
		})
	}
	if err != nil {
		return err
	}
	return con.print("%s", said(counts))
}

// said is what a run did, in words.
func said(c commission.Counts) string {
	if c.Stores == 0 {
		return c.Month + ": no store bought anything back.\n"
	}
	return c.Month + ": " + plural(c.Stores, "store") + ", " + plural(c.Issued, "statement") + " issued now, " + plural(c.Orders, "order") + " written down now.\n"
}
