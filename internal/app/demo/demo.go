package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/logging"
)

// Folder is where a demo is unless somebody says otherwise.
const Folder = "./haat-demo"

// Run serves a demo, after filling it where there is nothing yet.
func Run(ctx context.Context, c config.Config, con app.Console, o app.ServeOptions) error {
	if err := clear(ctx, c.Place, con); err != nil {
		return err
	}
	o.Prepare = func(ctx context.Context, i *app.Installation) error {
		stage, err := Look(ctx, i.DB)
		if err != nil {
			return err
		}
		switch stage {
		case Empty:
			if err := fill(ctx, i, con); err != nil {
				return err
			}
			i.KeyMade = false // a market was filled, but nothing was sealed with an older key
		case Begun:
			return errors.New("the filling of this demo was interrupted; empty its database and start again")
		case Real:
			return real(c.Place)
		}
		return greet(i, con)
	}
	return app.Serve(ctx, c, con, o)
}

func real(place config.Place) error {
	return fmt.Errorf("there is a market in %s that is not a demo: 'haat serve' opens it; --data takes a demo elsewhere", place.Data)
}

// clear looks at the file before it is opened for good: another market is left as it is, and a demo whose filling was
// interrupted is thrown away.
func clear(ctx context.Context, place config.Place, con app.Console) error {
	if place.Database.Set() {
		return nil
	}
	file := place.DatabaseFile()
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Config{File: file, Schema: app.Schema(), Log: quiet(con)})
	if err != nil {
		return nil //nolint:nilerr // opening it for good says what is wrong with it, or who has it
	}
	stage, err := Look(ctx, d)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	switch stage {
	case Real:
		return real(place)
	case Begun:
		for _, name := range []string{file, file + "-wal", file + "-shm"} {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// quiet is a log of what goes wrong: the story's own times would only confuse.
func quiet(con app.Console) *slog.Logger { return logging.New(con.Err, "text", slog.LevelError) }

func fill(ctx context.Context, i *app.Installation, con app.Console) error {
	if _, err := fmt.Fprintf(con.Err, "Filling %s with a month of trade …\n", i.Config.Data); err != nil {
		return err
	}
	r, err := Fill(ctx, i.DB, i.Config, clock.System().Now().Add(i.DB.ClockOffset()), quiet(con))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.Out, "A demo of %d stores, %d products, %d customers and %d orders was made in %v.\n",
		r.Stores, r.Products, r.Customers, r.Orders, r.Took.Round(10*time.Millisecond))
	return err
}

// greet says who can sign in.
func greet(i *app.Installation, con app.Console) error {
	text := fmt.Sprintf("Sign in with the password %q as\n", Password)
	for _, in := range SignIns() {
		text += fmt.Sprintf("  %-10s  %-24s  %s\n", in.Role, in.Email, in.About)
	}
	if !local(i.Config.Addr) {
		text += "Everybody who can reach " + i.Config.Addr + " can do so: put nothing of value into a demo.\n"
	}
	_, err := fmt.Fprint(con.Out, text)
	return err
}

// local says whether only this machine can reach an address.
func local(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
