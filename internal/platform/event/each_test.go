package event

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/schema"
)

var quiet = dbtest.Quiet

// each runs a test on every engine that there is, on the ground floor's tables.
func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	s := db.Schema{Unique: schema.Unique}
	for _, m := range schema.Migrations(schema.SQLite)[:1] {
		s.Embedded = append(s.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres)[:1] {
		s.Postgres = append(s.Postgres, db.Migration(m))
	}
	dbtest.EachWith(t, db.Config{Schema: s, MaxConns: 20}, f)
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
		for _, rule := range l.Rules() {
			if err := rule.Check(ctx, tx, report); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
