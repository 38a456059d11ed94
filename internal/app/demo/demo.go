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
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"

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
	if err := prepare(ctx, c, con); err != nil {
		return err
	}
	o.Prepare = func(ctx context.Context, i *app.Installation) error {
		stage, err := Look(ctx, i.DB)
		if err != nil {
			return err
		}
		switch stage {
		case Empty:
			if err := fill(ctx, i.DB, i.Config, con); err != nil {
				return err
			}
		case Begun:
			return errors.New("the filling of this demo was interrupted; empty its database and start again")
		case Real:
			return errReal(c.Place)
		}
		i.KeyMade = false // nothing of a demo was sealed with a key that is lost now
		go paint(ctx, i.App)
		go follow(ctx, i.App)
		return greet(i, con)
	}
	return app.Serve(ctx, c, con, o)
}

func errReal(place config.Place) error {
	return fmt.Errorf("there is a market in %s that is not a demo: 'haat serve' opens it; --data takes a demo elsewhere", place.Data)
}

// prepare looks at the folder before it is opened for good: a market that is not a demo stays untouched, and where
// there is none a demo is made.
func prepare(ctx context.Context, c config.Config, con app.Console) (err error) {
	if c.Database.Set() {
		return nil
	}
	switch _, err := os.Stat(c.DatabaseFile()); {
	case errors.Is(err, fs.ErrNotExist):
		return build(ctx, c, con)
	case err != nil:
		return err
	}
	d, err := db.Open(ctx, db.Config{File: c.DatabaseFile(), Schema: app.Schema(), Log: quiet(con)})
	if err != nil {
		return nil //nolint:nilerr // opening it for good says what is wrong with it, or who has it
	}
	stage, err := Look(ctx, d)
	if err == nil && stage == Real {
		err = errReal(c.Place)
	}
	return errors.Join(err, d.Close())
}

// build fills a file that gets its place only when it is whole and on disk. Until then nothing is waited for, which is
// much faster, and nothing of it is kept.
func build(ctx context.Context, c config.Config, con app.Console) (err error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	lock := flock.New(filepath.Join(c.Data, "haat.lock")) // as the database's engine takes it
	if ok, err := lock.TryLock(); err != nil || !ok {
		return err // opening it for good says who has it
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	folder := filepath.Join(c.Data, "filling")
	if err := os.RemoveAll(folder); err != nil { // of one that was interrupted
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "haat.db")
	d, err := db.Open(ctx, db.Config{File: file, Schema: app.Schema(), Log: quiet(con), Scratch: true})
	if err != nil {
		return err
	}
	if _, err = d.Migrate(ctx); err == nil {
		err = fill(ctx, d, c, con)
	}
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	if _, err := os.Stat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the demo's log was not emptied: %w", err)
	}
	if err := onDisk(file); err != nil {
		return err
	}
	if err := os.Rename(file, c.DatabaseFile()); err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // cannot sync a folder and need not
		return nil
	}
	return onDisk(c.Data)
}

// onDisk has a file or a folder on disk.
func onDisk(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// quiet is a log of what goes wrong: the story's own times would only confuse.
func quiet(con app.Console) *slog.Logger { return logging.New(con.Err, "text", slog.LevelError) }

func fill(ctx context.Context, d *db.DB, c config.Config, con app.Console) error {
	if _, err := fmt.Fprintf(con.Err, "Filling %s with two months of trade …\n", c.Data); err != nil {
		return err
	}
	key, _, err := c.SecretKey()
	if err != nil {
		return err
	}
	r, err := Fill(ctx, d, c, key.For("identity"), clock.System().Now().Add(d.ClockOffset()), quiet(con))
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
