package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/logging"
	"github.com/haat-market/haat/internal/platform/web"
)

// ServeOptions are what only the command line knows.
type ServeOptions struct {
	// MetricsRequired: the operator chose the address for metrics himself, so that it being taken is an error.
	MetricsRequired bool
	// Prepare runs when the market is open and nobody can reach it yet.
	Prepare func(ctx context.Context, i *Installation) error
}

// Serve runs a market until ctx ends, and then as long as the requests under way take, but not longer than the
// configuration says.
func Serve(ctx context.Context, c config.Config, con Console, o ServeOptions) (err error) {
	log := logging.New(con.Err, c.LogFormat, c.LogLevel)
	spareMemory()
	listenWhileBusy()
	i, err := Open(ctx, c, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, i.Close()) }()
	if o.Prepare != nil {
		if err := o.Prepare(ctx, i); err != nil {
			return err
		}
	}
	return i.run(ctx, con, o)
}

// spareMemory lets garbage wait until there is more of it: a market lives on so little (7 MB) that it would be collected
// all the time, and at 400 that takes a twentieth of the processor under load. Above the limit it is collected as it comes. GOGC and GOMEMLIMIT say otherwise.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(800)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(160 << 20)
	}
}

// listenWhileBusy lets one goroutine more run than there are cores. The runtime looks for requests that came in when one of
// its processors has nothing to do, and else every 10 ms: where both cores had work, half of a list's time was spent
// before it was read (decision 45). GOMAXPROCS says otherwise.
func listenWhileBusy() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	}
}

// run serves until ctx ends, then stops in order: no new requests, those under way to their end, the workers, the
// database.
func (i *Installation) run(ctx context.Context, con Console, o ServeOptions) (err error) {
	metrics, err := i.serveMetrics(o.MetricsRequired)
	if err != nil {
		return err
	}
	if metrics != nil {
		defer func() { err = errors.Join(err, metrics.Close()) }()
	}
	ctl, err := i.openControl()
	if err != nil {
		i.Log.Warn("there is no control socket: commands that need the running server will not work", slog.Any("error", err))
	} else {
		defer func() { err = errors.Join(err, ctl.close()) }()
	}
	if i.DB.Engine() == db.Embedded { // whose folder's lock we have
		if err := i.Jobs.TakeOver(ctx); err != nil {
			return err
		}
	}
	// The workers outlive ctx: they stop after the requests.
	if err := i.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	defer i.keepPositions(ctx)()
	server := web.NewServer(i.API, i.Config.Addr)
	server.RegisterOnShutdown(i.Delivery.LetGo)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(i.listener) }()

	err = i.welcome(ctx, con, metrics)
	if err == nil {
		go spareAtRest(ctx)
		select {
		case <-ctx.Done():
			i.Log.Info("stopping", slog.Duration("timeout", i.Config.ShutdownTimeout))
		case err = <-failed:
			err = fmt.Errorf("the server has failed: %w", err)
		}
	}
	return errors.Join(err, i.stop(server))
}

// keepPositions writes where couriers are until what it returns is called, after the last request.
func (i *Installation) keepPositions(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		i.Delivery.KeepPositions(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// stop ends the requests and the workers within the configured time.
func (i *Installation) stop(server *http.Server) error {
	i.stopping.Store(true)
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), i.Config.ShutdownTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("requests were cut short after %v", i.Config.ShutdownTimeout), server.Close())
	}
	err = errors.Join(err, i.Jobs.Stop(ctx))
	if err == nil {
		i.Log.Info("stopped", slog.Duration("took", time.Since(began).Round(time.Millisecond)))
	}
	return err
}

// welcome tells the operator where the market is, and how to become its first administrator. It goes to the terminal
// and not to the log, which carries no secrets.
func (i *Installation) welcome(ctx context.Context, con Console, metrics *metricsServer) error {
	at := i.Config.BaseURL()
	if at == "" {
		at = "http://" + i.Config.Addr
	}
	folder, err := filepath.Abs(i.Config.Data)
	if err != nil {
		return err
	}
	token, fresh, err := i.Identity.SetupToken(ctx)
	if err != nil {
		return err
	}
	if i.KeyMade && !fresh {
		i.Log.Warn("the data folder had no secret key, so a new one was made; what the old one sealed cannot be opened any more", slog.String("folder", folder))
	}
	attrs := []any{slog.String("addr", i.Config.Addr), slog.String("url", i.Config.BaseURL()), slog.String("version", Version()),
		slog.String("engine", string(i.DB.Engine())), slog.String("folder", folder)}
	text := fmt.Sprintf("Haat is open at %s\n  API    %s/docs\n  data   %s\n", at, at, folder)
	if metrics != nil {
		attrs = append(attrs, slog.String("metrics", metrics.addr))
		text += fmt.Sprintf("  metrics http://%s/metrics\n", metrics.addr)
	}
	i.Log.Info("serving", attrs...)
	if i.Config.BaseURL() == "" {
		text += "HAAT_URL is not set: links in mails are left out, because they are made of it alone.\n"
	}
	if fresh {
		text += fmt.Sprintf("This market has no administrator yet. To become it, open this link within 15 minutes (it works once):\n  %s/setup?token=%s\n", at, token)
	}
	if err := con.print("%s", text); err != nil { // a market is open also where nobody reads that it is
		i.Log.Warn("the address and the set-up link could not be printed", slog.Any("error", err))
	}
	return nil
}
