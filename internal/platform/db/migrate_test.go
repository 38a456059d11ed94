package db_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

var _ = dbtest.SQL("SELECT COUNT(*) FROM schema_migrations", "SELECT x FROM one", "SELECT x FROM two", "SELECT x FROM half")

// steps is a schema of these migrations, the same for both engines.
func steps(texts ...string) (s db.Schema) {
	for i, sql := range texts {
		m := db.Migration{Number: i + 1, Name: "step", SQL: sql}
		s.Postgres = append(s.Postgres, m)
		m.SQL = strings.ReplaceAll(sql, "BIGINT)", "INTEGER) STRICT")
		s.Embedded = append(s.Embedded, m)
	}
	return s
}

const (
	one    = "-- a comment\nCREATE TABLE one (x BIGINT);\nINSERT INTO one (x) VALUES (1);\n-- the end\n"
	two    = "CREATE TABLE two (x BIGINT);"
	broken = "CREATE TABLE half (x BIGINT); INSERT INTO half (x) VALUES (1); INSERT INTO nowhere (x) VALUES (1);"
)

// onEmpty runs f with settings of a database without any schema; open may be called again and again.
func onEmpty(t *testing.T, f func(t *testing.T, open func(db.Schema) *db.DB)) {
	for _, engine := range dbtest.Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			cfg := db.Config{Log: dbtest.Quiet}
			if engine == db.Postgres {
				cfg.URL = dbtest.EmptyPostgres(t)
			} else {
				cfg.File = filepath.Join(t.TempDir(), "haat.db")
			}
			var last *db.DB
			closeLast := func() {
				if last != nil && engine == db.Embedded {
					if err := last.Close(); err != nil {
						t.Error(err)
					}
				}
			}
			t.Cleanup(closeLast)
			f(t, func(s db.Schema) *db.DB {
				closeLast() // one process at a time has the file
				cfg.Schema = s
				d, err := db.Open(ctx, cfg)
				if err != nil {
					t.Fatal(err)
				}
				if last = d; engine == db.Postgres {
					t.Cleanup(func() {
						if err := d.Close(); err != nil {
							t.Error(err)
						}
					})
				}
				return d
			})
		})
	}
}

func migrates(t *testing.T, d *db.DB, want int) {
	t.Helper()
	if n, err := d.Migrate(ctx); err != nil || n != want {
		t.Errorf("applied %d, want %d: %v", n, want, err)
	}
}

// exists reports whether a statement can be run.
func exists(d *db.DB, sql string) bool {
	return d.Read(ctx, "test.exists", func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, sql) }) == nil
}

func TestMigrate(t *testing.T) {
	onEmpty(t, func(t *testing.T, open func(db.Schema) *db.DB) {
		d := open(steps(one))
		migrates(t, d, 1)
		migrates(t, d, 0)
		d = open(steps(one, two))
		migrates(t, d, 1)
		if n := dbtest.One[int64](t, d, "SELECT COUNT(*) FROM schema_migrations"); n != 2 {
			t.Errorf("%d migrations are noted", n)
		}
		older := open(steps(one)) // a program of the release before, during a rolling update
		migrates(t, older, 0)
		if !exists(older, "SELECT x FROM two") {
			t.Error("the newer release's table is gone")
		}
		edited := open(steps(strings.Replace(one, "VALUES (1)", "VALUES (2)", 1), two))
		if n, err := edited.Migrate(ctx); err == nil || n != 0 || !strings.Contains(err.Error(), "0001 step was changed") {
			t.Errorf("an edited migration: %d, %v", n, err)
		}
	})
}

// TestMigrateFails: a migration that fails leaves nothing, neither of itself nor of those before it in the same run.
func TestMigrateFails(t *testing.T) {
	onEmpty(t, func(t *testing.T, open func(db.Schema) *db.DB) {
		d := open(steps(one))
		migrates(t, d, 1)
		for _, bad := range []string{broken, "CREATE TABLE half (x BIGINT); COMMIT;", "CREATE TABLE half (x BIGINT) nonsense"} {
			d = open(steps(one, two, bad))
			if n, err := d.Migrate(ctx); err == nil || n != 0 {
				t.Fatalf("%s: applied %d: %v", bad, n, err)
			}
			if bad == broken && (exists(d, "SELECT x FROM two") || exists(d, "SELECT x FROM half")) {
				t.Error("a table is left over")
			}
			if !exists(d, "SELECT x FROM one") {
				t.Error("the schema before is gone")
			}
		}
	})
}

// TestMigrateTwoNodes: two nodes that start at once apply each migration once.
func TestMigrateTwoNodes(t *testing.T) {
	url := dbtest.EmptyPostgres(t)
	if url == "" {
		t.Log("no PostgreSQL here")
		return
	}
	var total [6]int
	clients(6, func(i int) {
		d, err := db.Open(ctx, db.Config{URL: url, Schema: steps(one, two), Log: dbtest.Quiet, MaxConns: 2})
		if err != nil {
			t.Error(err)
			return
		}
		defer d.Close()
		if total[i], err = d.Migrate(ctx); err != nil {
			t.Error(err)
		}
	})
	sum := 0
	for _, n := range total {
		sum += n
	}
	if sum != 2 {
		t.Errorf("applied %v", total)
	}
}

// TestLocale: a database that sorts as people do gives the same order and the same rows as bytes, because the schema
// says so.
func TestLocale(t *testing.T) {
	url, locale := dbtest.LocalePostgres(t)
	if url == "" {
		t.Log("no PostgreSQL here")
		return
	}
	t.Logf("locale: %s", locale)
	dbtest.SQL("SELECT v FROM items ORDER BY v", "SELECT COUNT(*) FROM items WHERE v > 'Z'")
	var got [2]string
	for i, cfg := range []db.Config{{Schema: fixture}, {Schema: fixture, URL: url}} {
		d := dbtest.Open(t, []db.Engine{db.Embedded, db.Postgres}[i], cfg)
		if cfg.URL != "" {
			migrates(t, d, 1)
		}
		for _, v := range []string{"b", "B", "a", "A", "é", "z", "Z", "_", "ä", "न", "10", "9"} {
			mustWrite(t, d, add(v))
		}
		err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
			got[i] = ""
			rows, err := tx.Query(ctx, "SELECT v FROM items ORDER BY v")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var v string
				if err := rows.Scan(&v); err != nil {
					return err
				}
				got[i] += " " + v
			}
			return rows.Err()
		})
		n := dbtest.One[int64](t, d, "SELECT COUNT(*) FROM items WHERE v > 'Z'")
		if err != nil || n != 7 {
			t.Errorf("%d above Z: %v", n, err)
		}
	}
	if got[0] != got[1] {
		t.Errorf("embedded:%s\nPostgreSQL:%s", got[0], got[1])
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := db.Open(ctx, db.Config{URL: "postgres://user:secret@[::1", Log: dbtest.Quiet}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a broken URL: %v", err)
	}
	if _, err := db.Open(ctx, db.Config{URL: "postgres://user:secret@127.0.0.1:1/x", Log: dbtest.Quiet}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no server: %v", err)
	}
	file := filepath.Join(t.TempDir(), "haat.db")
	if err := writeFile(file, strings.Repeat("not a database ", 1000)); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Open(ctx, db.Config{File: file, Log: dbtest.Quiet}); err == nil {
		d.Close()
		t.Error("a file of something else was opened")
	}
}
