package event

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/schema"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// each runs a test on every engine that there is.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Run("embedded", func(t *testing.T) {
		f(t, open(t, db.Config{File: filepath.Join(t.TempDir(), "haat.db")}))
	})
	t.Run("postgres", func(t *testing.T) {
		f(t, open(t, db.Config{URL: freshPostgres(t)}))
	})
}

func open(t *testing.T, cfg db.Config) *db.DB {
	t.Helper()
	for _, m := range schema.Migrations(schema.SQLite)[:1] {
		cfg.Schema.Embedded = append(cfg.Schema.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres)[:1] {
		cfg.Schema.Postgres = append(cfg.Schema.Postgres, db.Migration(m))
	}
	cfg.Schema.Unique, cfg.Log, cfg.MaxConns = schema.Unique, quiet, 20
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func freshPostgres(t *testing.T) string {
	t.Helper()
	base := os.Getenv("HAAT_TEST_POSTGRES")
	if base == "" {
		base = "postgres:///postgres?host=/var/run/postgresql&user=postgres"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Skipf("no PostgreSQL here: %v", err)
	}
	var b [6]byte
	rand.Read(b[:])
	name := "haat_test_" + hex.EncodeToString(b[:])
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := conn.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		conn.Close(context.Background())
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func newFake() *clock.Fake { return clock.NewFake(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)) }

func write(t *testing.T, d *db.DB, f func(ctx context.Context, tx db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), "test", f); err != nil {
		t.Fatal(err)
	}
}

func appendAll(t *testing.T, d *db.DB, l *Log, events ...Event) {
	t.Helper()
	write(t, d, func(ctx context.Context, tx db.Tx) error { return l.AppendMany(ctx, tx, events) })
}

// happened makes a small event.
func happened(subject string) Event {
	return Event{Type: "test.happened", Subject: subject, Actor: System}
}

// leader is a runner that leads, with the log's sweeps.
func leader(t *testing.T, d *db.DB, c clock.Clock, l *Log) *job.Runner {
	t.Helper()
	r := job.NewRunner(d, c, quiet, "leader")
	l.Work(r)
	return r
}

func sweep(t *testing.T, r *job.Runner, name string, want int) {
	t.Helper()
	if n, err := r.RunSweep(t.Context(), name); err != nil || n != want {
		t.Fatalf("%s did %d, not %d: %v", name, n, want, err)
	}
}

// findings runs the checks of the log.
func findings(t *testing.T, d *db.DB, l *Log) (found []string) {
	t.Helper()
	err := d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
		found = nil
		report := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
		if err := l.CheckDense(ctx, tx, report); err != nil {
			return err
		}
		return l.CheckCursors(ctx, tx, report)
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
