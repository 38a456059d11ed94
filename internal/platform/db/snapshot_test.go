package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func writeFile(file, content string) error { return os.WriteFile(file, []byte(content), 0o600) }

// TestSnapshot copies the database while others write, and reads the copy beside the running market.
func TestSnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's a folder")
	d := dbtest.Open(t, db.Embedded, db.Config{File: filepath.Join(dir, "haat.db"), Schema: fixture})
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, d, add("before"))
	var stop atomic.Bool
	var all sync.WaitGroup
	for c := range 4 {
		all.Go(func() {
			for i := 0; !stop.Load(); i++ { // two rows each time, so that half a transaction would show
				mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
					return errors.Join(add(fmt.Sprint(c, "-", i))(ctx, tx), add(fmt.Sprint(c, "-", i, "b"))(ctx, tx))
				})
			}
		})
	}
	copied := filepath.Join(dir, "copy.db")
	for range 5 {
		if err := os.Remove(copied); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if err := d.Snapshot(ctx, copied); err != nil {
			t.Fatal(err)
		}
		c, err := db.OpenSnapshot(ctx, db.Config{File: copied, Schema: fixture, Log: dbtest.Quiet})
		if err != nil {
			t.Fatal(err)
		}
		if n := dbtest.One[int64](t, c, countItems); n%2 != 1 {
			t.Errorf("%d items in the copy", n)
		}
		if err := c.Write(ctx, "w", add("x")); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("Write on a copy: %v", err)
		}
		if _, err := c.Migrate(ctx); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("Migrate on a copy: %v", err)
		}
		if err := c.Snapshot(ctx, copied+"2"); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("Snapshot of a copy: %v", err)
		}
		if err := c.Health(ctx); err != nil {
			t.Error(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	stop.Store(true)
	all.Wait()
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	if err := d.Snapshot(ctx, copied); !errors.Is(err, os.ErrExist) {
		t.Errorf("onto a file that is there: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Snapshot(gone, filepath.Join(dir, "never.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if err := d.Snapshot(ctx, filepath.Join(dir, "nowhere", "x.db")); err == nil {
		t.Error("into a folder that is not there")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.part*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v %v", left, err)
	}
	// The copy is a whole database: it can be opened and written like any other.
	moved := filepath.Join(t.TempDir(), "haat.db")
	if err := os.Rename(copied, moved); err != nil {
		t.Fatal(err)
	}
	restored := dbtest.Open(t, db.Embedded, db.Config{File: moved, Schema: fixture})
	migrates(t, restored, 0)
	mustWrite(t, restored, add("after"))
}

func TestSnapshotOfPostgres(t *testing.T) {
	onPostgres(t, db.Config{Schema: fixture}, func(t *testing.T, d *db.DB) {
		if err := d.Snapshot(ctx, filepath.Join(t.TempDir(), "x")); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("told %v", err)
		}
	})
}

// TestCheckStatements: a text that an engine does not take is found at start.
func TestCheckStatements(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		good := map[string]string{insertItem: "INSERT INTO items (v, n) VALUES (?1, ?2)"}
		if err := db.CheckTexts(ctx, d, good); err != nil {
			t.Errorf("good texts: %v", err)
		}
		bad := map[string]string{insertItem: "INSERT INTO items (v, n) VALUES (?1, ?2)", "SELECT a FROM b": "SELECT a FROM b"}
		if err := db.CheckTexts(ctx, d, bad); err == nil {
			t.Error("bad texts were taken")
		}
	})
}
