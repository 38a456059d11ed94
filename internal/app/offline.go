package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/logging"
	"github.com/haat-market/haat/internal/platform/mail"
)

// commandLimit is for reads of commands that look through everything: a big market takes long.
const commandLimit = 24 * time.Hour

// commandLog tells the operator of a command what goes wrong, and nothing else.
func commandLog(con Console) *slog.Logger { return logging.New(con.Err, "text", slog.LevelWarn) }

// openExisting opens the database of a market that no server of this folder has open. It makes none and migrates
// nothing.
func openExisting(ctx context.Context, place config.Place, con Console) (*db.DB, error) {
	if !place.Database.Set() {
		switch _, err := os.Stat(place.DatabaseFile()); {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no market in %s; 'haat serve' opens one, and --data says where another is", place.Data)
		case err != nil:
			return nil, err
		}
	}
	d, err := db.Open(ctx, db.Config{
		File: place.DatabaseFile(), URL: place.Database.Reveal(), Schema: Schema(), Log: commandLog(con), LongTimeout: commandLimit,
	})
	if errors.Is(err, db.ErrLocked) {
		// It did not answer on its socket a moment ago.
		return nil, fmt.Errorf("another haat has the data folder %s open, but does not answer there: it is starting, stopping or stuck; try again in a moment", place.Data)
	}
	return d, err
}

// upToDate refuses a database that this program's statements do not fit.
func upToDate(ctx context.Context, d *db.DB) error {
	s, err := d.SchemaState(ctx)
	switch {
	case err != nil:
		return err
	case s.Applied == 0:
		return errors.New("the database is empty; 'haat serve' or 'haat migrate' sets it up")
	case len(s.Pending) > 0:
		return fmt.Errorf("the database is of an older release (schema %d); bring it up to date with 'haat migrate'", s.Applied)
	}
	return nil
}

// buildOffline puts a market together for a command: it sends no mail, runs no workers and has no lasting key.
func buildOffline(place config.Place, d *db.DB, log *slog.Logger) (*App, error) {
	return buildWithKey(place, d, log, []byte(rand.Text()+rand.Text()))
}

func buildWithKey(place config.Place, d *db.DB, log *slog.Logger, key []byte) (*App, error) {
	c := config.Default()
	c.Place = place
	return Build(Options{Config: c, DB: d, Log: log, Mail: noMail{}, Key: key, Version: Version()})
}

type noMail struct{}

// Send implements mail.Sender.
func (noMail) Send(context.Context, mail.Message) error {
	return errors.New("a command sends no mail; the server does")
}

// withSealed is withMarket for what is sealed or made with the installation's key, such as links.
func withSealed(ctx context.Context, place config.Place, con Console, f func(a *App) error) error {
	return withOpen(ctx, place, con, func(d *db.DB) (*App, error) {
		key, made, err := place.SecretKey()
		if err == nil && made {
			err = fmt.Errorf("there was no secret.key in %s; this command needs the one that the server has", place.Data)
		}
		if err != nil {
			return nil, err
		}
		return buildWithKey(place, d, commandLog(con), key.For("identity"))
	}, f)
}

// withMarket runs f on the market of a place that no server has open.
func withMarket(ctx context.Context, place config.Place, con Console, f func(a *App) error) error {
	return withOpen(ctx, place, con, func(d *db.DB) (*App, error) { return buildOffline(place, d, commandLog(con)) }, f)
}

func withOpen(ctx context.Context, place config.Place, con Console, build func(*db.DB) (*App, error), f func(a *App) error) (err error) {
	d, err := openExisting(ctx, place, con)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := upToDate(ctx, d); err != nil {
		return err
	}
	a, err := build(d)
	if err != nil {
		return err
	}
	return f(a)
}

// plural is n of something, in English.
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "y") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(what, "y"))
	}
	return fmt.Sprintf("%d %ss", n, what)
}
