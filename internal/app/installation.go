package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/mail"
)

// Installation is a market at its place: the folder locked, the database open and up to date, the address taken, and
// nothing running yet.
type Installation struct {
	*App
	Config config.Config
	// KeyMade says that the folder had no secret key before.
	KeyMade bool

	listener net.Listener
	closers  []func() error
}

// Open takes the place of a market, making it where there is none. Close gives it back.
func Open(ctx context.Context, c config.Config, log *slog.Logger) (_ *Installation, err error) {
	i := &Installation{Config: c}
	defer func() {
		if err != nil {
			err = errors.Join(err, i.Close())
		}
	}()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if c.Database.Set() {
		// The embedded engine locks the folder itself. Here the lock only keeps two servers from sharing a control socket.
		lock := flock.New(filepath.Join(c.Data, "haat.lock"))
		ok, err := lock.TryLock()
		if err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
		if !ok {
			return nil, errTaken(ctx, c.Place)
		}
		i.closers = append(i.closers, lock.Unlock)
	}
	d, err := OpenDB(ctx, c.Place, log)
	if errors.Is(err, db.ErrLocked) {
		return nil, errTaken(ctx, c.Place)
	}
	if err != nil {
		return nil, err
	}
	i.closers = append(i.closers, d.Close)

	// Taken before the market is built, because links are made of it when a port of 0 leaves the choice to the system.
	if i.listener, err = net.Listen("tcp", c.Addr); err != nil {
		return nil, fmt.Errorf("%w; choose another address with --addr", err)
	}
	i.closers = append(i.closers, func() error { return closed(i.listener.Close()) })
	if strings.HasSuffix(c.Addr, ":0") {
		i.Config.Addr = i.listener.Addr().String()
	}

	key, made, err := c.SecretKey()
	if err != nil {
		return nil, err
	}
	i.KeyMade = made
	clk := databaseClock{d}
	sender, err := newSender(c, clk, log)
	if err != nil {
		return nil, err
	}
	i.App, err = Build(Options{Config: i.Config, DB: d, Clock: clk, Log: log, Mail: sender, Key: key.For("identity"), Version: Version()})
	return i, err
}

// Close gives the place back.
func (i *Installation) Close() error {
	var errs []error
	for n := len(i.closers) - 1; n >= 0; n-- {
		errs = append(errs, i.closers[n]())
	}
	i.closers = nil
	return errors.Join(errs...)
}

// closed takes closing twice as closing.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func newSender(c config.Config, clk clock.Clock, log *slog.Logger) (mail.Sender, error) {
	if c.SMTPURL.Set() {
		return mail.NewSMTP(mail.SMTPConfig{URL: c.SMTPURL.Reveal(), From: c.MailFrom, Clock: clk})
	}
	return mail.NewFiles(c.MailFolder(), c.MailFrom, clk, log)
}

// errTaken says who has the folder, as far as he answers.
func errTaken(ctx context.Context, place config.Place) error {
	who := "another haat"
	if s, err := dial(place).status(ctx); err == nil {
		who = fmt.Sprintf("another haat (process %d, at %s)", s.PID, s.Addr)
	}
	return fmt.Errorf("%s has the data folder %s open; stop it, or choose another folder with --data", who, place.Data)
}
