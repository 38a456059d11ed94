package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/web"
)

// asServer makes this test's own program the server that a session starts.
const asServer = "HAAT_BENCH_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(asServer) == "" {
		os.Exit(m.Run())
	}
	if err := serveHere(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serveHere() error {
	var commands struct {
		Serve config.Config `cmd:""`
	}
	k, err := kong.New(&commands)
	if err != nil {
		return err
	}
	if _, err := k.Parse(os.Args[1:]); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return app.Serve(ctx, commands.Serve, app.Console{In: strings.NewReader(""), Out: io.Discard, Err: os.Stderr}, app.ServeOptions{})
}

func short(t *testing.T) Options {
	t.Setenv(asServer, "1")
	return Options{
		Folder: t.TempDir(), Clients: []int{4}, Length: 400 * time.Millisecond, Warm: 50 * time.Millisecond, Shape: Shape{Accounts: 24, Stores: 2, Variants: 5},
		Program: []string{os.Args[0]}, Progress: t.Output(),
	}
}

// each runs a session on each engine that there is.
func each(t *testing.T, f func(t *testing.T, o Options)) {
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			o := short(t)
			if engine == db.Postgres {
				o.Database = config.NewSecret(dbtest.EmptyPostgres(t))
			}
			f(t, o)
			left, err := os.ReadDir(o.Folder)
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// good holds a report to what must be so however fast the machine is.
func good(t *testing.T, r *Report, o Options, whats ...string) {
	t.Helper()
	if len(r.Runs) != len(whats)*len(o.Clients) {
		t.Errorf("%d runs", len(r.Runs))
	}
	for _, what := range whats {
		for _, n := range o.Clients {
			x, ok := r.find(what, n)
			if !ok || x.Done == 0 || x.Failed() > 0 || x.PerSecond <= 0 || x.P50 <= 0 || x.P50 > x.Max {
				t.Errorf("%s with %d clients: %+v", what, n, x)
			}
			if strings.HasSuffix(what, "http") && (x.BytesIn == 0 || x.BytesOut == 0) {
				t.Errorf("%s: no bytes", what)
			}
		}
	}
	if r.Machine.Sync <= 0 || r.Machine.Cores == 0 || r.Start <= 0 {
		t.Errorf("machine: %+v, started in %v", r.Machine, r.Start)
	}
	var raw, text, markdown bytes.Buffer
	if err := errors.Join(JSON(&raw, r), r.Text(&text), r.Markdown(&markdown)); err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(raw.Bytes(), &again); err != nil || len(again.Runs) != len(r.Runs) {
		t.Errorf("JSON: %v\n%s", err, &raw)
	}
	for _, what := range whats {
		if !strings.Contains(text.String(), what) || !strings.Contains(markdown.String(), "| "+what+" |") {
			t.Errorf("%s is in no table:\n%s\n%s", what, &text, &markdown)
		}
	}
}

func TestCheckout(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		o.Profiles = t.TempDir()
		r, err := Checkout(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		whats := []string{whatCheckout, whatCeiling, whatSame}
		if !o.Database.Set() {
			whats = append(whats, whatSingle)
		}
		good(t, r, o, whats...)
		if want := (len(whats) - 1) * len(o.Clients); len(r.Ratios) != want {
			t.Errorf("%d ratios, want %d: %+v", len(r.Ratios), want, r.Ratios)
		}
		profiles, err := os.ReadDir(o.Profiles)
		if err != nil || len(profiles) != len(whats) {
			t.Errorf("profiles: %v %v", profiles, err)
		}
	})
}

func TestFlow(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		r, err := Flow(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		good(t, r, o, whatFlow)
		if o.Database.Set() { // what was made there is somebody's now
			if _, err := Flow(t.Context(), o); !errors.Is(err, errMarket) {
				t.Errorf("measured on a market: %v", err)
			}
		}
	})
}

// Files go in whole while others buy.
func TestImport(t *testing.T) {
	each(t, func(t *testing.T, o Options) {
		r, err := Import(t.Context(), o, 50)
		if err != nil {
			t.Fatal(err)
		}
		good(t, r, o, whatAlone, whatBeside, whatAfter)
		if len(r.Imports) != 1+len(o.Clients) || len(r.Ratios) != 2*len(o.Clients) {
			t.Errorf("imports %+v, ratios %+v", r.Imports, r.Ratios)
		}
		for _, x := range r.Imports {
			if x.Files < 1 || x.Rows != int64(50*x.Files) || x.PerSecond() <= 0 {
				t.Errorf("%+v", x)
			}
		}
	})
	o := short(t)
	for _, rows := range []int{0, 100_001} {
		if _, err := Import(t.Context(), o, rows); err == nil {
			t.Errorf("a file of %d rows was taken", rows)
		}
	}
}

func TestStatements(t *testing.T) {
	o := short(t)
	list, err := Statements(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ what, tx, name string }{
		{"checkout", "order.checkout", "InsertOrder"}, {"purchase", "order.checkout", "InsertOrder"}, {"purchase", "cart.add", "PutLine"},
		{"purchase", "payment.record", "UpdateOrder"},
	} {
		i := slices.IndexFunc(list, func(s Statement) bool { return s.Case == want.what && s.Transaction == want.tx && s.Name == want.name })
		if i < 0 {
			t.Errorf("%+v is not there", want)
			continue
		}
		runs := 1.0
		if want.what == "purchase" {
			runs = 2
		}
		if s := list[i]; s.Runs != runs || s.Micros <= 0 {
			t.Errorf("%+v", s)
		}
	}
	var out bytes.Buffer
	if err := StatementTable(&out, list); err != nil || !strings.Contains(out.String(), "| purchase | payment.record |") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// A market that runs elsewhere is prepared over its API, and what it refuses is counted by its code.
func TestForeign(t *testing.T) {
	o := short(t)
	ctx := t.Context()
	m, err := openMarket(ctx, config.Place{Data: t.TempDir()}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	hash, err := m.Identity.HashPassword(ctx, password)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.account(ctx, "admin", hash, web.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	tokens, _, err := m.Identity.Login(ctx, "admin@bench.example.org", password, identity.Device{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := m.serve()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	o.URL = s.at.url.String()
	if _, err := Flow(ctx, o); !errors.Is(err, errAdmin) {
		t.Errorf("without a token: %v", err)
	}
	o.Token = "nobody's"
	var refused *refusal
	if _, err := Flow(ctx, o); !errors.As(err, &refused) || refused.status != 401 {
		t.Errorf("with somebody's token: %v", err)
	}
	o.Token, o.Clients = tokens.Access, []int{2}
	for what, f := range map[string]func(context.Context, Options) (*Report, error){whatCheckout: Checkout, whatFlow: Flow} {
		r, err := f(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		if x, ok := r.find(what, 2); !ok || x.Done == 0 || x.Failed() > 0 || len(r.Runs) != 1 {
			t.Errorf("%s: %+v", what, r.Runs)
		}
	}
	b := &bench{at: s.at}
	if b.stage, err = prepareAt(ctx, s.at, o.Token, o.Shape); err != nil {
		t.Fatal(err)
	}
	b.stage.direct, b.stage.pair = "1.00", "2.00" // not what it costs
	for want, w := range map[string]worker{
		"409 total_changed": &checkouter{b.stage.hire(s.at, 0, 1)}, "checkout: 409 total_changed": &shopper{b.stage.hire(s.at, 0, 1)},
	} {
		if got := w.do(ctx); got.failed != want || got.in == 0 || got.out == 0 {
			t.Errorf("%+v, want %s", got, want)
		}
		if err := w.close(); err != nil {
			t.Error(err)
		}
	}
}

func TestOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"no clients":      func(o *Options) { o.Clients = nil },
		"minus a client":  func(o *Options) { o.Clients = []int{-1} },
		"more than there": func(o *Options) { o.Clients = []int{25} },
		"no time":         func(o *Options) { o.Length = 0 },
		"for ever":        func(o *Options) { o.Length = time.Hour },
		"one store":       func(o *Options) { o.Shape.Stores = 1 },
		"no program":      func(o *Options) { o.Program = []string{"/nowhere/haat"} },
		"no folder":       func(o *Options) { o.Folder = "/nowhere/at/all" },
		"nobody there":    func(o *Options) { o.URL = "http://127.0.0.1:1" },
		"no address":      func(o *Options) { o.URL = "market.example" },
	} {
		o := short(t)
		change(&o)
		if _, err := Flow(t.Context(), o); err == nil {
			t.Errorf("%s: measured all the same", name)
		}
	}
	o := short(t)
	o.Program = []string{os.Args[0], "-test.run=^$", "--"} // ends at once, without serving
	t.Setenv(asServer, "")
	if _, err := Flow(t.Context(), o); err == nil || !strings.Contains(err.Error(), "did not become ready") {
		t.Errorf("a server that ends: %v", err)
	}
}

// Variants of one purchase are of two stores, whatever is bought.
func TestOther(t *testing.T) {
	for stores := 2; stores < 5; stores++ {
		for variants := stores; variants < 9; variants++ {
			s := &stage{stores: stores, variants: make([]string, variants)}
			for v := range variants {
				for step := range 20 {
					if o := s.other(v, step); o == v || o%stores == v%stores {
						t.Fatalf("%d stores, %d variants: %d beside %d", stores, variants, o, v)
					}
				}
			}
		}
	}
}
