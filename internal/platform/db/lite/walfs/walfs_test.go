//go:build linux

package walfs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db/lite"
	"github.com/haat-market/haat/internal/platform/db/lite/faultfs"
	"github.com/haat-market/haat/internal/platform/db/lite/walfs"
)

func open(t *testing.T, file, vfs string, o lite.Options) *lite.Conn {
	t.Helper()
	o.VFS = vfs
	c, err := lite.Open(file, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func run(t *testing.T, c *lite.Conn, sql string) {
	t.Helper()
	if err := c.Script(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// text is the one value that a query gives.
func text(t *testing.T, c *lite.Conn, sql string) (v string) {
	t.Helper()
	if err := c.Each(sql, func(s *lite.Stmt) error { return s.Scan([]any{&v}) }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func over(t *testing.T, under string) string {
	t.Helper()
	name, err := walfs.Over(under)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t (v) SELECT hex(randomblob(400)) FROM n"

func TestTheSameNameForTheSameSystem(t *testing.T) {
	if a, b := over(t, ""), over(t, ""); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if _, err := walfs.Over("nowhere"); err == nil {
		t.Error("a system over nothing")
	}
}

// A transaction larger than the cache writes pages to the log before its end, reads them again and writes them anew.
// Every commit is seen by a connection that knows nothing of this file system, and what was rolled back is not.
func TestCommitsAreSeenByOthers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	w := open(t, file, over(t, ""), lite.Options{Create: true, CacheKB: 64})
	run(t, w, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT")
	r := open(t, file, "", lite.Options{ReadOnly: true})
	want := 0
	for i := range 6 {
		run(t, w, "BEGIN IMMEDIATE")
		run(t, w, many)
		run(t, w, "UPDATE t SET v = v || 'x' WHERE id % 7 = 0")
		if got := text(t, w, "SELECT CAST(COUNT(*) AS TEXT) FROM t"); got != fmt.Sprint(want+3000) {
			t.Fatalf("round %d: the writer sees %s rows", i, got)
		}
		if i%3 == 2 {
			run(t, w, "ROLLBACK")
		} else {
			run(t, w, "COMMIT")
			want += 3000
		}
		if got := text(t, r, "SELECT CAST(COUNT(*) AS TEXT) FROM t"); got != fmt.Sprint(want) {
			t.Fatalf("round %d: another connection sees %s rows, not %d", i, got, want)
		}
		if got := text(t, r, "PRAGMA integrity_check"); got != "ok" {
			t.Fatalf("round %d: %s", i, got)
		}
		if _, _, err := w.Checkpoint([]string{"PASSIVE", "RESTART", "TRUNCATE"}[i%3]); err != nil {
			t.Fatal(err)
		}
	}
}

// The pages of a commit come in a few writes, and a disk that is full when they come undoes that commit alone.
func TestAFullDiskUndoesOneCommit(t *testing.T) {
	fs := faultfs.New()
	file := filepath.Join(t.TempDir(), "x.db")
	w := open(t, file, over(t, fs.Name), lite.Options{Create: true})
	run(t, w, "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT")
	writes := 0
	full := false
	fs.OnLog(func(op faultfs.Op) faultfs.Fault {
		if op == faultfs.Write {
			writes++
			if full {
				return faultfs.Full
			}
		}
		return faultfs.None
	})
	run(t, w, many) // some 650 pages
	if writes == 0 || writes > 40 {
		t.Errorf("%d writes", writes)
	}
	full = true
	if err := w.Script(many); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("on a full disk: %v", err)
	}
	full = false
	run(t, w, "INSERT INTO t (v) VALUES ('after')")
	fs.OnLog(nil)
	r := open(t, file, "", lite.Options{ReadOnly: true})
	if got := text(t, r, "SELECT CAST(COUNT(*) AS TEXT) FROM t"); got != "3001" {
		t.Errorf("%s rows", got)
	}
	if got := text(t, r, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}
