package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// Migrate brings the database's schema up to date, or with check only says whether it is. A server does so by itself
// when it starts; this is for those who want it done before.
func Migrate(ctx context.Context, place config.Place, con Console, check bool) (err error) {
	if !place.Database.Set() {
		s, err := dial(place).status(ctx)
		if err == nil {
			return con.print("The market is open (process %d) and its schema %d up to date.\n", s.PID, s.Schema)
		}
		if !errors.Is(err, errNoServer) {
			return err
		}
	}
	if check {
		return checkSchema(ctx, place, con)
	}
	d, err := db.Open(ctx, db.Config{File: place.DatabaseFile(), URL: place.Database.Reveal(), Schema: Schema(), Log: commandLog(con)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	n, err := d.Migrate(ctx)
	if err != nil {
		return err
	}
	s, err := d.SchemaState(ctx)
	if err != nil {
		return err
	}
	return con.print("%s applied; the schema is at %d.\n", plural(n, "step"), s.Applied)
}

// ErrPending is that Migrate has something to do.
var ErrPending = errors.New("the schema is not up to date; 'haat migrate' applies what is missing")

func checkSchema(ctx context.Context, place config.Place, con Console) (err error) {
	d, err := openExisting(ctx, place, con)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := d.SchemaState(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("The schema is at %d.\n", s.Applied)
	if s.Newer {
		text += "A newer release has migrated this database.\n"
	}
	for _, m := range s.Pending {
		text += fmt.Sprintf("missing: %04d %s\n", m.Number, m.Name)
	}
	if err := con.print("%s", text); err != nil {
		return err
	}
	if len(s.Pending) > 0 {
		return ErrPending
	}
	return nil
}
