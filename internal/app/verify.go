package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/verify"
)

// Verify re-derives every balance, stock figure and total from the journals and says what does not agree; then it
// returns an error. It looks at one moment, also while the market is open.
func Verify(ctx context.Context, place config.Place, con Console) error {
	if !place.Database.Set() {
		copied, err := dial(place).snapshot(ctx)
		if err == nil {
			con.note("the market is open: a copy of this moment is verified")
			return errors.Join(verifyFile(ctx, place, copied, con), os.Remove(copied))
		}
		if !errors.Is(err, errNoServer) {
			return err
		}
	}
	return withMarket(ctx, place, con, func(a *App) error { return a.verify(ctx, con) })
}

// verifyFile verifies a file that nobody writes.
func verifyFile(ctx context.Context, place config.Place, file string, con Console) (err error) {
	d, err := db.OpenSnapshot(ctx, db.Config{File: file, Schema: Schema(), Log: commandLog(con), LongTimeout: commandLimit})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := upToDate(ctx, d); err != nil {
		return err
	}
	a, err := buildOffline(place, d, commandLog(con))
	if err != nil {
		return err
	}
	return a.verify(ctx, con)
}

// verify runs all rules on one snapshot and prints what does not hold.
func (a *App) verify(ctx context.Context, con Console) error {
	began := time.Now()
	var found []verify.Finding
	rules := a.Rules()
	err := a.DB.Read(ctx, "verify", func(ctx context.Context, tx db.Tx) (err error) {
		found, err = verify.Run(ctx, tx, rules, func(done, total int, next verify.Rule) {
			con.note("%*d/%d %s", len(fmt.Sprint(total)), done+1, total, next.Name)
		})
		return err
	}, db.Long())
	for _, f := range found {
		if err := con.print("%s\n", f); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	a.Log.Debug("verified", slog.Duration("took", time.Since(began)))
	if len(found) > 0 {
		return fmt.Errorf("%d of %d rules do not hold", len(found), len(rules))
	}
	return con.print("All %d rules hold.\n", len(rules))
}
