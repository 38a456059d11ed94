package idem

import (
	"context"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
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
