package demo_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/app/demo"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/mail"
)

// output is what a command writes, and tells of words in it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	on   map[string]func()
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	for word, f := range o.on {
		if strings.Contains(o.text.String(), word) {
			delete(o.on, word)
			f()
		}
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func place(t *testing.T, folder string) config.Config {
	t.Helper()
	c := config.Default()
	c.Data, c.Addr, c.MetricsAddr = folder, "127.0.0.1:0", ""
	return c
}

var openAt = regexp.MustCompile(`Haat is open at (http://\S+)`)

// serve runs the demo of a folder, has f look at it, and ends it. It gives what was printed.
func serve(t *testing.T, folder string, f func(url string)) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	opened := make(chan struct{})
	out := &output{on: map[string]func(){"data ": func() { close(opened) }}}
	ended := make(chan error, 1)
	go func() {
		ended <- demo.Run(ctx, place(t, folder), app.Console{Out: out, Err: io.Discard}, app.ServeOptions{})
	}()
	select {
	case <-opened:
		f(openAt.FindStringSubmatch(out.String())[1])
	case err := <-ended:
		t.Fatalf("it ended: %v\n%s", err, out)
	case <-time.After(2 * time.Minute):
		t.Fatalf("it did not open\n%s", out)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A demo whose filling is interrupted begins anew; one that is there is gone on with; both let everybody in.
func TestRunFillsOnceAndGoesOn(t *testing.T) {
	folder := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	progress := &output{on: map[string]func(){"Filling": func() { time.AfterFunc(200*time.Millisecond, stop) }}}
	err := demo.Run(ctx, place(t, folder), app.Console{Out: io.Discard, Err: progress}, app.ServeOptions{})
	if err == nil || !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || slices.ContainsFunc(left, func(f os.DirEntry) bool { return f.Name() != "haat.lock" && f.Name() != "secret.key" }) {
		t.Errorf("it left %v (%v)", left, err)
	}
	// What a process leaves that is killed.
	if err := os.Mkdir(filepath.Join(folder, "filling"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "filling", "haat.db"), []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := serve(t, folder, func(url string) { signIn(t, url) })
	if !strings.Contains(first, "14 stores") || strings.Contains(first, "/setup?") {
		t.Errorf("the first start says:\n%s", first)
	}
	for _, in := range demo.SignIns() {
		if !strings.Contains(first, in.Email) {
			t.Errorf("the first start does not name the %s", in.Role)
		}
	}
	counts := census(t, folder)
	second := serve(t, folder, func(url string) { signIn(t, url) })
	if strings.Contains(second, "14 stores") || !strings.Contains(second, demo.Password) {
		t.Errorf("the second start says:\n%s", second)
	}
	if again := census(t, folder); again != counts {
		t.Errorf("the second start made %v of %v", again, counts)
	}
	if _, err := os.Stat(filepath.Join(folder, "mail")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("somebody was written to: %v", err)
	}
}

// signIn signs everybody in over HTTP.
func signIn(t *testing.T, url string) {
	t.Helper()
	for _, in := range demo.SignIns() {
		body, err := json.Marshal(map[string]string{"email": in.Email, "password": demo.Password})
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(url+"/v1/auth/login", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d (%v)", in.Role, res.StatusCode, err)
		}
	}
}

// census counts what there is in a folder that nobody serves.
func census(t *testing.T, folder string) (n [4]int64) {
	t.Helper()
	d, err := app.OpenDB(context.Background(), place(t, folder).Place, dbtest.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	n = [4]int64{
		dbtest.One[int64](t, d, "SELECT COUNT(*) FROM accounts"), dbtest.One[int64](t, d, "SELECT COUNT(*) FROM products"),
		dbtest.One[int64](t, d, "SELECT COUNT(*) FROM orders"), dbtest.One[int64](t, d, "SELECT COUNT(*) FROM ledger_transfers"),
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return n
}

// A market that is not a demo is left as it is.
func TestRunRefusesARealMarket(t *testing.T) {
	folder := t.TempDir()
	c := place(t, folder)
	d, err := app.OpenDB(context.Background(), c.Place, dbtest.Quiet)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.Build(app.Options{Config: c, DB: d, Log: dbtest.Quiet, Mail: &mail.Recorder{}, Key: make([]byte, 32), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Identity.CreateAccount(context.Background(), identity.NewAccount{
		Name: "Asha Rai", Email: "asha@example.org", Password: "correct horse battery", Roles: []string{"superadmin"},
	}); err != nil {
		t.Fatal(err)
	}
	look(t, d, demo.Real)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before := census(t, folder)
	err = demo.Run(context.Background(), c, app.Console{Out: io.Discard, Err: io.Discard}, app.ServeOptions{})
	if err == nil || !strings.Contains(err.Error(), "not a demo") {
		t.Errorf("it says: %v", err)
	}
	if after := census(t, folder); after != before {
		t.Errorf("it made %v of %v", after, before)
	}
}
