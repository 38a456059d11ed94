package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/pprof"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// Options say what is measured and where.
type Options struct {
	URL      string        // a market that runs; "" = start one
	Token    string        // an admin's, with URL
	Database config.Secret // PostgreSQL for the market that is started; "" = a file
	Folder   string        // where temporary folders are made; "" = the system's
	Keep     string        // folder in which the markets of Growth stay, and are found again; "" = they do not
	Clients  []int
	Length   time.Duration // of each measurement
	Warm     time.Duration // before each, not counted
	Shape    Shape
	Program  []string  // that serves; nil = this one
	Profiles string    // folder for CPU profiles of the measurements at the most clients but one; "" = none
	Progress io.Writer // nil = nobody is told

	alone bool // the server has the prepared market itself: nobody else wants a copy
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Program) == 0 {
		self, err := os.Executable()
		if err != nil {
			return o, err
		}
		o.Program = []string{self}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if len(o.Clients) == 0 {
		return o, errors.New("no number of clients was given")
	}
	if o.Length <= 0 || o.Length > 10*time.Minute {
		return o, errors.New("a measurement takes more than nothing and at most ten minutes")
	}
	if o.Profiles != "" {
		if err := os.MkdirAll(o.Profiles, 0o700); err != nil {
			return o, err
		}
	}
	return o, o.Shape.check(o.Clients)
}

// note tells how far it is. Whoever closed that end does not want it.
func (o Options) note(format string, args ...any) {
	_, _ = fmt.Fprintf(o.Progress, format+"\n", args...)
}

// bench is one session: a market made ready, and the folders beside it.
type bench struct {
	Options
	dir    string // removed at the end
	base   config.Place
	server *server // nil with a foreign URL
	at     place
	stage  *stage
	report *Report
}

// session prepares a market, starts it, runs f and takes everything away again.
func session(ctx context.Context, o Options, name string, f func(*bench) error) (_ *Report, err error) {
	if o, err = o.withDefaults(); err != nil {
		return nil, err
	}
	b := &bench{Options: o, report: &Report{Name: name, Version: app.Version(), Shape: o.Shape, Warm: o.Warm.Seconds()}}
	if b.dir, err = os.MkdirTemp(o.Folder, "haat-bench-"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	engine := "of " + o.URL
	if o.URL == "" {
		if engine, err = b.fill(ctx); err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
	}
	b.note("measuring how fast the disk syncs")
	if b.report.Machine, err = thisMachine(engine, filepath.Dir(b.dir)); err != nil {
		return nil, err
	}
	if o.URL != "" {
		err = b.visit(ctx)
	} else {
		err = b.open(ctx)
		defer func() {
			if b.server != nil {
				err = errors.Join(err, b.server.stop())
			}
		}()
	}
	if err != nil {
		return nil, err
	}
	if err := b.stage.quote(ctx, b.at); err != nil {
		return nil, fmt.Errorf("quote: %w", err)
	}
	if err := f(b); err != nil {
		return nil, err
	}
	b.report.judge()
	return b.report, nil
}

// fill makes the market that is going to be measured.
func (b *bench) fill(ctx context.Context) (engine string, err error) {
	b.note("preparing %d accounts, %d stores and %d products", b.Shape.Accounts, b.Shape.Stores, b.Shape.Variants)
	b.base = config.Place{Data: filepath.Join(b.dir, "prepared"), Database: b.Database}
	if b.Keep != "" {
		b.base.Data = filepath.Join(b.Keep, b.Shape.name())
		b.stage, err = kept(ctx, b.base, b.Shape, b.note)
		return string(db.Embedded), err
	}
	b.stage, err = filled(ctx, b.base, b.Shape, b.note)
	if b.Database.Set() {
		return string(db.Postgres), err
	}
	return string(db.Embedded), err
}

// copied is a place with the same market; on PostgreSQL the same place, because there is one database.
func (b *bench) copied(name string) (config.Place, error) {
	if b.Database.Set() {
		return b.base, nil
	}
	at := b.base
	at.Data = filepath.Join(b.dir, name)
	return at, copyFolder(b.base.Data, at.Data)
}

// open starts the server.
func (b *bench) open(ctx context.Context) error {
	at := b.base
	if !b.alone {
		var err error
		if at, err = b.copied("served"); err != nil {
			return err
		}
	}
	var err error
	b.note("starting the server")
	if b.server, err = start(ctx, b.Program, at); err != nil {
		return err
	}
	b.at = b.server.at
	if err := sleep(ctx, 2*time.Second); err != nil {
		return err
	}
	b.report.Start = b.server.started.Seconds()
	if info, err := os.Stat(b.Program[0]); err == nil {
		b.report.Size = info.Size()
	}
	b.report.IdleRSS, _ = b.server.process.memory()
	return nil
}

// visit prepares a market that runs elsewhere.
func (b *bench) visit(ctx context.Context) (err error) {
	if b.at, err = placeOf(b.URL); err != nil {
		return err
	}
	if err := isReady(ctx, b.at); err != nil {
		return err
	}
	b.note("preparing %d accounts, %d stores and %d products at %s", b.Shape.Accounts, b.Shape.Stores, b.Shape.Variants, b.URL)
	if b.stage, err = prepareAt(ctx, b.at, b.Token, b.Shape); err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	return nil
}

// overHTTP measures one kind of work over HTTP.
func (b *bench) overHTTP(ctx context.Context, what string, clients int, hire func(buyer) worker) error {
	r, err := b.timed(ctx, what, clients, hire)
	if err == nil {
		b.add(r)
	}
	return err
}

// timed is such a measurement that is not written down yet.
func (b *bench) timed(ctx context.Context, what string, clients int, hire func(buyer) worker) (r Run, err error) {
	err = crew(clients, func(i int) (worker, error) { return hire(b.stage.hire(b.at, i, clients)), nil }, func(w []worker) (err error) {
		var server cpu
		if b.server != nil {
			server = b.server.process.cpu
		}
		again, err := giveWay()
		if err != nil {
			b.note("the generator takes its share of the cores as any other program: %v", err)
		}
		stop := b.profiled(ctx, what, clients)
		r, err = measure(ctx, what, w, b.Warm, b.Length, server)
		if err := errors.Join(err, stop(), again()); err != nil {
			return err
		}
		if b.server != nil {
			var most int64
			r.ServerRSS, most = b.server.process.memory()
			b.report.MostRSS = max(b.report.MostRSS, most)
		}
		return nil
	})
	return r, err
}

func (b *bench) add(r Run) {
	b.report.Runs = append(b.report.Runs, r)
	b.note("%-34s %4d clients %9.0f/s  p50 %.2f ms  p99 %.2f ms  %d errors", r.What, r.Clients, r.PerSecond, r.P50, r.P99, r.Failed())
}

// profileAt is the number of clients whose measurements are profiled: that of the bars, or else the last.
func (b *bench) profileAt() int {
	for _, n := range b.Clients {
		if n == barClients {
			return n
		}
	}
	return b.Clients[len(b.Clients)-1]
}

// profiled takes the server's profile beside a measurement.
func (b *bench) profiled(ctx context.Context, what string, clients int) (stop func() error) {
	if b.Profiles == "" || b.server == nil || clients != b.profileAt() {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		err := sleep(ctx, b.Warm)
		if err == nil {
			err = b.server.profile(ctx, b.Length, b.profileFile(what, clients))
		}
		done <- err
	}()
	return func() error { return <-done }
}

func (b *bench) profileFile(what string, clients int) string {
	return filepath.Join(b.Profiles, fmt.Sprintf("%s-%d.pprof", fileName(what), clients))
}

func fileName(what string) string {
	out := []byte(what)
	for i, c := range out {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			out[i] = '-'
		}
	}
	return string(out)
}

// here measures work in this process.
func (b *bench) here(ctx context.Context, what string, clients int, hire func(i int) worker) error {
	r, err := b.timedHere(ctx, what, clients, hire)
	if err == nil {
		b.add(r)
	}
	return err
}

func (b *bench) timedHere(ctx context.Context, what string, clients int, hire func(i int) worker) (r Run, err error) {
	err = crew(clients, func(i int) (worker, error) { return hire(i), nil }, func(w []worker) (err error) {
		if b.Profiles != "" && clients == b.profileAt() {
			f, err := os.Create(b.profileFile(what, clients))
			if err != nil {
				return err
			}
			if err := pprof.StartCPUProfile(f); err != nil {
				return errors.Join(err, f.Close())
			}
			defer func() {
				pprof.StopCPUProfile()
				err = errors.Join(err, f.Close())
			}()
		}
		r, err = measure(ctx, what, w, b.Warm, b.Length, nil)
		return err
	})
	return r, err
}
