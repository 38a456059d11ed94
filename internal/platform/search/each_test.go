package search

import (
	"context"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/schema"
)

func each(t *testing.T, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	s := db.Schema{Unique: schema.Unique}
	for _, m := range schema.Migrations(schema.SQLite) {
		s.Embedded = append(s.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres) {
		s.Postgres = append(s.Postgres, db.Migration(m))
	}
	dbtest.Each(t, s, f)
}

func putAll(t *testing.T, d *db.DB, docs ...Document) {
	t.Helper()
	err := d.Write(t.Context(), "test.put", func(ctx context.Context, tx db.Tx) error { return Put(ctx, tx, docs) })
	if err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, d *db.DB, query string) (r Result) {
	t.Helper()
	err := d.Read(t.Context(), "test.find", func(ctx context.Context, tx db.Tx) (err error) {
		r, err = Find(ctx, tx, query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func suggest(t *testing.T, d *db.DB, query string) (out []string) {
	t.Helper()
	err := d.Read(t.Context(), "test.suggest", func(ctx context.Context, tx db.Tx) error {
		list, err := Suggest(ctx, tx, query, 5)
		out = nil
		for _, s := range list {
			out = append(out, s.Text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func findings(t *testing.T, d *db.DB) (out []string) {
	t.Helper()
	err := d.Read(t.Context(), "test.verify", func(ctx context.Context, tx db.Tx) error {
		return check(ctx, tx, func(format string, _ ...any) { out = append(out, format) })
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func titled(id int64, title, description string) Document {
	return Document{ID: id, Fields: []Field{{Text: title, Weight: 200, Suggest: true}, {Text: description, Weight: 20}}}
}
