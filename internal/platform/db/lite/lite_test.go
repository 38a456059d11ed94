package lite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

func open(t *testing.T, o Options) *Conn {
	t.Helper()
	o.Create = true
	c, err := Open(filepath.Join(t.TempDir(), "it's 100%?#.db"), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := c.Script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT) STRICT; -- done"); err != nil {
		t.Fatal(err)
	}
	return c
}

func same(sql string) (string, error) { return sql, nil }

func run(t *testing.T, c *Conn, sql string, args ...any) *Stmt {
	t.Helper()
	s, err := c.Prepare(sql, same)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(args); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = s.Step(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestKeptStatements: those used last are kept, up to the limit, and each is as good as new when it is used again.
func TestKeptStatements(t *testing.T) {
	c := open(t, Options{KeptStmts: 3})
	text := func(i int) string {
		return fmt.Sprintf("INSERT INTO t (id, v) VALUES (%d, ?1) ON CONFLICT DO NOTHING", i)
	}
	for i := range 10 {
		run(t, c, text(i), "x")
		run(t, c, text(0), "x") // used all the time, so never dropped
	}
	if c.Kept() != 3 {
		t.Errorf("%d are kept", c.Kept())
	}
	prepared := 0
	for _, i := range []int{0, 8, 9, 7} {
		if _, err := c.Prepare(text(i), func(sql string) (string, error) { prepared++; return sql, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if prepared != 1 {
		t.Errorf("%d had to be prepared, only the fourth should", prepared)
	}
}

// TestKeptMemory: many more texts than are kept cost no more memory than those that are.
func TestKeptMemory(t *testing.T) {
	c := open(t, Options{KeptStmts: 50})
	tls := libc.NewTLS()
	defer tls.Close()
	used := func(n int) int64 {
		for i := range n {
			run(t, c, fmt.Sprintf("SELECT v, %d FROM t WHERE id = ?1", i), 1)
		}
		return lib.Xsqlite3_memory_used(tls)
	}
	few, many := used(100), used(2000)
	if many > few+few/4 {
		t.Errorf("%d bytes after 100 texts, %d after 2000", few, many)
	}
}

func TestBigValuesAreLetGo(t *testing.T) {
	c := open(t, Options{})
	s := run(t, c, "INSERT INTO t (v) VALUES (?1)", strings.Repeat("x", 1<<20))
	if s.big {
		t.Error("a large value is still bound")
	}
	if _, err := s.Step(); err != nil { // with what is bound now, which is nothing
		t.Fatal(err)
	}
	nulls := 0
	if err := c.Each("SELECT 1 FROM t WHERE v IS NULL", func(*Stmt) error { nulls++; return nil }); err != nil || nulls != 1 {
		t.Errorf("%d rows without a value: %v", nulls, err)
	}
}

func TestOneStatementATime(t *testing.T) {
	c := open(t, Options{})
	run(t, c, "INSERT INTO t (v) VALUES ('a'), ('b')")
	a, err := c.Prepare("SELECT id FROM t", same)
	if err != nil {
		t.Fatal(err)
	}
	if more, err := a.Step(); !more || err != nil {
		t.Fatal(more, err)
	}
	b, err := c.Prepare("SELECT v FROM t", same)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Step(); !errors.Is(err, errOpen) {
		t.Errorf("told %v", err)
	}
	c.CloseRows()
	if more, err := b.Step(); !more || err != nil {
		t.Error(more, err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	c := open(t, Options{})
	for _, sql := range []string{"", "-- nothing", "SELECT 1; SELECT 2", "SELECT", "SELECT \"v\" FROM t WHERE \"nothing\" = 1"} {
		if s, err := c.Prepare(sql, same); err == nil {
			t.Errorf("%q was prepared: %v", sql, s.Columns)
		}
	}
	if _, err := c.Prepare("SELECT 1; -- and no more", same); err != nil {
		t.Error(err)
	}
	s, err := c.Prepare("SELECT ?1, ?2", same)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]any{nil, {1}, {1, 2, 3}} {
		if s.Bind(args) == nil {
			t.Errorf("%d arguments for two were taken", len(args))
		}
	}
}

// TestInterruptLeavesNothing: an interrupt ends one read and not the next, and costs no goroutine for each.
func TestInterruptLeavesNothing(t *testing.T) {
	c := open(t, Options{})
	const forever = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT COUNT(*) FROM c"
	before := runtime.NumGoroutine()
	for i := range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		stop := c.Interrupt(ctx)
		if i%2 == 0 {
			cancel()
			s, err := c.Prepare(forever, same)
			if err == nil {
				_, err = s.Step()
			}
			var e *Error
			if !errors.As(err, &e) || e.Kind != Interrupted {
				t.Errorf("told %v", err)
			}
		}
		stop()
		cancel()
		run(t, c, "SELECT 1")
	}
	if after := runtime.NumGoroutine(); after > before+3 {
		t.Errorf("%d goroutines, %d before", after, before)
	}
}

func TestSettingsAreReadBack(t *testing.T) {
	c := open(t, Options{CacheKB: 100})
	if err := c.Script("PRAGMA query_only=ON"); err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "query_only": "1", "wal_autocheckpoint": "0",
		"cache_size": "-100", "temp_store": "2",
	} {
		if err := c.Each("PRAGMA "+pragma, func(s *Stmt) error {
			if got := s.st.ColumnText(0); got != want {
				t.Errorf("%s is %s", pragma, got)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
}

// TestMadeID: the insert of one row says which number it got, where the id is that number, and elsewhere the engine is
// asked as before.
func TestMadeID(t *testing.T) {
	c := open(t, Options{})
	if err := c.Script(`CREATE TABLE other (id INTEGER NOT NULL PRIMARY KEY, v TEXT) STRICT, WITHOUT ROWID;
		CREATE TABLE named (id TEXT NOT NULL PRIMARY KEY, v TEXT) STRICT;
		CREATE TABLE noted (id INTEGER PRIMARY KEY, v TEXT) STRICT;
		CREATE TRIGGER note AFTER INSERT ON t BEGIN INSERT INTO noted (id, v) VALUES (NEW.id + 100, NEW.v); END`); err != nil {
		t.Fatal(err)
	}
	row := func(sql string, dest any, args ...any) *Stmt {
		t.Helper()
		s, err := c.Prepare(sql, same)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(args); err != nil {
			t.Fatal(err)
		}
		if more, err := s.Step(); !more || err != nil {
			t.Fatalf("%s: %v %v", sql, more, err)
		}
		if s.Columns != 1 || s.Name(0) != "id" || len(s.Values()) != 1 {
			t.Errorf("%s: %d columns, %s, %v", sql, s.Columns, s.Name(0), s.Values())
		}
		if err := s.Scan([]any{dest}); err != nil {
			t.Fatal(err)
		}
		if more, err := s.Step(); more || err != nil {
			t.Errorf("%s: a second row: %v", sql, err)
		}
		return s
	}
	var id int64
	for want := int64(1); want <= 3; want++ {
		if s := row("INSERT INTO t (v)\nVALUES (?1)\nRETURNING id", &id, "x"); id != want || !s.makesID {
			t.Errorf("id %d, want %d, %v", id, want, s.makesID)
		}
	}
	if s := row("INSERT INTO other (id, v)\nVALUES (?1, 'x')\nRETURNING id", &id, 77); id != 77 || s.makesID {
		t.Errorf("without row numbers: %d, %v", id, s.makesID)
	}
	var name string
	if s := row("INSERT INTO named (id, v)\nVALUES (?1, 'x')\nRETURNING id", &name, "abc"); name != "abc" || s.makesID {
		t.Errorf("a text: %q, %v", name, s.makesID)
	}
	// What may insert nothing has no number to give.
	s, err := c.Prepare("INSERT INTO t (id, v)\nVALUES (1, ?1)\nON CONFLICT DO NOTHING\nRETURNING id", same)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind([]any{"x"}); err != nil {
		t.Fatal(err)
	}
	if more, err := s.Step(); more || err != nil || s.makesID {
		t.Error("an insert that did nothing gave a row", err)
	}
	// Rows that nobody reads are given up, and another statement may run.
	s, err = c.Prepare("INSERT INTO t (v)\nVALUES (?1)\nRETURNING id", same)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind([]any{"y"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Step(); err != nil {
		t.Fatal(err)
	}
	if err := s.Scan([]any{&name}); err == nil {
		t.Error("a number was read as a text")
	}
	other, err := c.Prepare("SELECT 1", same)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Step(); !errors.Is(err, errOpen) {
		t.Error("another statement ran beside open rows:", err)
	}
	c.CloseRows()
	row("INSERT INTO t (v)\nVALUES (?1)\nRETURNING id", &id, "z")
	if id != 5 {
		t.Errorf("id %d after rows that were given up, want 5", id)
	}
}
