package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
)

const create = "CREATE TABLE t (id BIGINT PRIMARY KEY, v TEXT NOT NULL, CONSTRAINT t_v_key UNIQUE (v))"

func TestSmoke(t *testing.T) {
	ctx := context.Background()
	db.RegisterLowered(map[string]string{
		"INSERT INTO t (id, v) VALUES ($1, $2)": "INSERT INTO t (id, v) VALUES (?1, ?2)",
		"SELECT v FROM t WHERE id = $1":         "SELECT v FROM t WHERE id = ?1",
	})
	for _, url := range []string{"", os.Getenv("HAAT_TEST_POSTGRES")} {
		d, err := db.Open(ctx, db.Config{URL: url, File: filepath.Join(t.TempDir(), "haat.db"), Schema: db.Schema{
			Embedded: []db.Migration{{Number: 1, Name: "t", SQL: "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL, CONSTRAINT t_v_key UNIQUE (v)) STRICT;\n-- end\n"}},
			Postgres: []db.Migration{{Number: 1, Name: "t", SQL: create}},
			Unique:   map[string]string{"t.v": "t_v_key"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		err = d.Write(ctx, "w", func(ctx context.Context, tx db.Tx) error {
			if _, err := tx.Exec(ctx, "INSERT INTO t (id, v) VALUES ($1, $2)", int64(1), "a"); err != nil {
				return err
			}
			err := tx.Try(ctx, func(ctx context.Context) error {
				_, err := tx.Exec(ctx, "INSERT INTO t (id, v) VALUES ($1, $2)", int64(2), "a")
				return err
			})
			if !db.IsConstraint(err, "t_v_key") {
				t.Errorf("got %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
			var v string
			if err := tx.QueryRow(ctx, "SELECT v FROM t WHERE id = $1", int64(1)).Scan(&v); err != nil || v != "a" {
				t.Errorf("got %q %v", v, err)
			}
			err := tx.QueryRow(ctx, "SELECT v FROM t WHERE id = $1", int64(9)).Scan(&v)
			if err != db.ErrNoRows {
				t.Errorf("got %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if os.Getenv("HAAT_TEST_POSTGRES") == "" {
			return
		}
	}
}
