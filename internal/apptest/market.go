package apptest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/platform/web/webtest"
)

// Start is where the harness's clock stands at the beginning.
var Start = time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC)

// Key is the secret of a market under test.
var Key = []byte("0123456789abcdef0123456789abcdef")

// Market is a market under test. Its clock moves only when told to, and its workers run only when told to.
type Market struct {
	*app.App
	T     testing.TB
	Clock *clock.Fake
	Mail  *mail.Recorder
	URL   string
	// Folder is the data folder.
	Folder string

	base  string // what links begin with
	check *webtest.Checker
	http  *http.Client
}

// Option changes how a market is built.
type Option func(*app.Options)

// WithLimits sets the rates; without it there are none.
func WithLimits(l web.Limits) Option { return func(o *app.Options) { o.Limits = &l } }

// reachable stands for the address that the market is given, which is known when it listens.
const reachable = "http://127.0.0.1:0"

// Reachable builds the links of the market with the address at which it listens, so that a browser can follow them back
// from another site.
func Reachable() Option { return func(o *app.Options) { o.Config.URL = reachable } }

// Each runs f on a market of its own for each engine.
func Each(t *testing.T, f func(t *testing.T, m *Market), opts ...Option) {
	t.Helper()
	dbtest.EachReused(t, db.Config{Schema: app.Schema(), Log: quiet()}, func(t *testing.T, d *db.DB) {
		f(t, On(t, d, opts...))
	})
}

// On builds a market on an open database and ends by verifying its books.
func On(t testing.TB, d *db.DB, opts ...Option) *Market {
	t.Helper()
	m := &Market{T: t, Clock: clock.NewFake(Start), Mail: &mail.Recorder{}}
	o := app.Options{
		Config: config.Default(), DB: d, Clock: m.Clock, Log: spoken(t), Mail: m.Mail, Key: Key,
		Hashing: &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}, Limits: &web.Limits{Off: true}, Version: "test",
	}
	o.Config.Data = t.TempDir()
	for _, f := range opts {
		f(&o)
	}
	server := httptest.NewUnstartedServer(nil)
	if o.Config.URL == reachable {
		o.Config.URL = "http://" + server.Listener.Addr().String()
	}
	m.Folder, m.base = o.Config.Data, o.Config.BaseURL()
	var err error
	if m.App, err = app.Build(o); err != nil {
		t.Fatal(err)
	}
	m.check = checker(t, m.API)
	server.Config.Handler = m.API
	server.Start()
	m.URL = server.URL
	m.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, MaxConnsPerHost: 256}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		server.Close()
		m.http.CloseIdleConnections()
		if !t.Failed() {
			m.Verify()
		}
	})
	return m
}

// checkers are kept by the operations that they know: what the document says of one is the same in every market.
var checkers struct {
	sync.Mutex
	of map[string]*webtest.Checker
}

func checker(t testing.TB, api *web.API) *webtest.Checker {
	t.Helper()
	var ids strings.Builder
	for _, op := range api.Operations() {
		ids.WriteString(op.ID + " ")
	}
	checkers.Lock()
	defer checkers.Unlock()
	c := checkers.of[ids.String()]
	if c == nil {
		var err error
		if c, err = webtest.NewChecker(api.Document()); err != nil {
			t.Fatal(err)
		}
		if checkers.of == nil {
			checkers.of = map[string]*webtest.Checker{}
		}
		checkers.of[ids.String()] = c
	}
	return c
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// spoken is a log that shows in the test's output what an operator would be told of.
func spoken(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError}))
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// Verify fails the test if anything does not agree.
func (m *Market) Verify() {
	m.T.Helper()
	for _, f := range m.Findings() {
		m.T.Errorf("verify: %v", f)
	}
}

// Findings runs all rules on one snapshot.
func (m *Market) Findings() (found []verify.Finding) {
	m.T.Helper()
	err := m.DB.Read(context.Background(), "verify", func(ctx context.Context, tx db.Tx) (err error) {
		found, err = verify.Run(ctx, tx, m.Rules(), nil)
		return err
	}, db.Long())
	if err != nil {
		m.T.Fatal(err)
	}
	return found
}

// Sweep runs a sweep to its end and says how much it did.
func (m *Market) Sweep(name string) int {
	m.T.Helper()
	n, err := m.Jobs.RunSweep(context.Background(), name)
	if err != nil {
		m.T.Fatalf("sweep %s: %v", name, err)
	}
	return n
}
