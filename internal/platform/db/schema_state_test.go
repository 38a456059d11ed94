package db_test

import (
	"path/filepath"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func TestSchemaState(t *testing.T) {
	second := func(sql string) db.Migration { return db.Migration{Number: 2, Name: "second", SQL: sql} }
	longer := db.Schema{
		Embedded: append(fixture.Embedded[:1:1], second("CREATE TABLE second (id INTEGER PRIMARY KEY) STRICT")),
		Postgres: append(fixture.Postgres[:1:1], second("CREATE TABLE second (id BIGINT PRIMARY KEY)")),
	}
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			cfg := db.Config{File: filepath.Join(t.TempDir(), "haat.db"), Log: dbtest.Quiet}
			if engine == db.Postgres {
				cfg.URL = dbtest.EmptyPostgres(t)
			}
			state := func(schema db.Schema, migrate bool) db.SchemaState {
				t.Helper()
				cfg.Schema = schema
				d, err := db.Open(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := d.Close(); err != nil {
						t.Error(err)
					}
				}()
				if migrate {
					if _, err := d.Migrate(ctx); err != nil {
						t.Fatal(err)
					}
				}
				s, err := d.SchemaState(ctx)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			if s := state(fixture, false); s.Applied != 0 || len(s.Pending) != 1 || s.Newer {
				t.Errorf("an empty database: %+v", s)
			}
			if s := state(fixture, true); s.Applied != 1 || len(s.Pending) != 0 || s.Newer {
				t.Errorf("migrated: %+v", s)
			}
			if s := state(longer, false); s.Applied != 1 || len(s.Pending) != 1 || s.Pending[0].Number != 2 || s.Newer {
				t.Errorf("one step behind: %+v", s)
			}
			state(longer, true)
			if s := state(fixture, false); s.Applied != 2 || len(s.Pending) != 0 || !s.Newer {
				t.Errorf("an older program: %+v", s)
			}
		})
	}
}
