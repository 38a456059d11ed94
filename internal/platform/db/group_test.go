package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/db/lite"
	"github.com/haat-market/haat/internal/platform/db/lite/faultfs"
)

const (
	runaway = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000000) SELECT COUNT(*) FROM c"
	// A write, which an interrupt makes the engine undo with everything before it.
	runawayWrite = "UPDATE items SET n = (" + runaway + ")"
	insertNote   = "INSERT INTO items (v, note) VALUES ($1, $2)"
)

var _ = dbtest.SQL(runaway, runawayWrite, insertNote, "ROLLBACK")

// TestGroupFaults puts one bad function between good neighbours. Each caller must be told what is on disk: the bad one
// his own error, the others success, and the next group works.
func TestGroupFaults(t *testing.T) {
	boom := errors.New("boom")
	big := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		bad   db.Func
		told  func(outcome) bool
		reran bool // the neighbours had to run again
	}{
		"its own error": {
			bad:  func(ctx context.Context, tx db.Tx) error { return errors.Join(add("B")(ctx, tx), boom) },
			told: func(o outcome) bool { return errors.Is(o.err, boom) },
		},
		"a full disk": {
			bad: func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, insertNote, "B", big)
				return err
			},
			told:  func(o outcome) bool { return errors.Is(o.err, db.ErrDiskFull) && errors.Is(o.err, db.ErrLost) },
			reran: true,
		},
		"a full disk that it hides": {
			bad: func(ctx context.Context, tx db.Tx) error {
				_, _ = tx.Exec(ctx, insertNote, "B", big) // the mistake under test
				return nil
			},
			told:  func(o outcome) bool { return errors.Is(o.err, db.ErrFailed) },
			reran: true,
		},
		"a full disk inside Try": {
			bad: func(ctx context.Context, tx db.Tx) error {
				err := tx.Try(ctx, func(ctx context.Context) error {
					_, err := tx.Exec(ctx, insertNote, "B", big)
					return err
				})
				if !errors.Is(err, db.ErrLost) {
					return errors.New("Try hid the loss")
				}
				return add("B2")(ctx, tx)
			},
			told:  func(o outcome) bool { return errors.Is(o.err, db.ErrLost) },
			reran: true,
		},
		"an interrupt": {
			bad: func(ctx context.Context, tx db.Tx) error {
				if err := add("B")(ctx, tx); err != nil {
					return err
				}
				over, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
				defer cancel()
				defer db.Interrupt(over, tx)()
				_, err := tx.Exec(ctx, runawayWrite)
				return err
			},
			told:  func(o outcome) bool { return errors.Is(o.err, db.ErrLost) },
			reran: true,
		},
		"a panic": {
			bad: func(ctx context.Context, tx db.Tx) error {
				if err := add("B")(ctx, tx); err != nil {
					return err
				}
				panic(boom)
			},
			told: func(o outcome) bool {
				p, ok := o.panic.(*db.Panic)
				return ok && p.Value == boom && strings.Contains(string(p.Stack), "TestGroupFaults")
			},
		},
		"a panic inside Try that it survives": {
			bad: func(ctx context.Context, tx db.Tx) error {
				func() {
					defer func() { _ = recover() }()
					_ = tx.Try(ctx, func(ctx context.Context) error { return errors.Join(add("B")(ctx, tx), panicked()) })
				}()
				return nil
			},
			told: func(o outcome) bool { return errors.Is(o.err, db.ErrFailed) },
		},
		"Goexit": {
			bad: func(ctx context.Context, tx db.Tx) error {
				if err := add("B")(ctx, tx); err != nil {
					return err
				}
				runtime.Goexit()
				return nil
			},
			told: func(o outcome) bool { return o.goexit },
		},
		"rows left open": {
			bad: func(ctx context.Context, tx db.Tx) error {
				if err := add("B")(ctx, tx); err != nil {
					return err
				}
				rows, err := tx.Query(ctx, itemsFrom, int64(0))
				if err != nil || !rows.Next() {
					return errors.Join(err, errors.New("no rows"))
				}
				return nil
			},
			told: func(o outcome) bool { return errors.Is(o.err, db.ErrRowsOpen) },
		},
		"QueryRow never scanned": {
			bad: func(ctx context.Context, tx db.Tx) error {
				tx.QueryRow(ctx, insertItemID, "B")
				return nil
			},
			told: func(o outcome) bool { return errors.Is(o.err, db.ErrRowsOpen) },
		},
		"a commit that fails": {
			bad: func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, insertLate, int64(1), int64(99))
				return err
			},
			told: func(o outcome) bool {
				var c *db.ConstraintError
				return errors.As(o.err, &c) && c.Kind == db.ForeignKey
			},
			reran: true,
		},
		"a transaction ended by hand": {
			bad: func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, "ROLLBACK")
				return err
			},
			told:  func(o outcome) bool { return o.err != nil },
			reran: true,
		},
	} {
		t.Run(name, func(t *testing.T) { faultyGroup(t, 0, c.bad, c.told, c.reran) })
		t.Run(name+", without savepoints", func(t *testing.T) { faultyGroup(t, 1, c.bad, c.told, c.reran) })
	}
}

func faultyGroup(t *testing.T, calmAfter int, bad db.Func, told func(outcome) bool, reran bool) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, MaxPages: 100, CalmAfter: calmAfter})
	mustWrite(t, d, func(context.Context, db.Tx) error { return nil }) // one that goes well
	out := together(t, d, add("A"), bad, add("C"), add("D"))
	for i, who := range []string{"A", "B", "C", "D"} {
		if who == "B" {
			if !told(out[i]) {
				t.Errorf("B was told %+v", out[i])
			}
		} else if out[i] != (outcome{}) {
			t.Errorf("%s was told %+v", who, out[i])
		}
	}
	if got := items(t, d); got != "A C D" {
		t.Errorf("on disk: %q", got)
	}
	s := d.Stats()
	if got := s.Reruns > 0; got != reran {
		t.Errorf("neighbours ran again: %v", got)
	}
	bare := calmAfter > 0 && os.Getenv("HAAT_TEST_TWICE") != "1"
	if undone := s.Undone > 0; undone != (bare && !reran) {
		t.Errorf("the group was undone: %v", undone)
	}
	for _, o := range together(t, d, add("E"), add("F")) {
		if o != (outcome{}) {
			t.Errorf("the next group was told %+v", o)
		}
	}
	if got := items(t, d); got != "A C D E F" {
		t.Errorf("on disk after the next group: %q", got)
	}
}

func panicked() error { panic("inside") }

// TestGroupAllBad has nothing but bad functions in a group, of every kind.
func TestGroupAllBad(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, MaxPages: 100})
	full := func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, insertNote, "x", strings.Repeat("x", 1<<20))
		return err
	}
	late := func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, insertLate, int64(1), int64(99))
		return err
	}
	exit := func(context.Context, db.Tx) error { runtime.Goexit(); return nil }
	blow := func(context.Context, db.Tx) error { panic("x") }
	for i, o := range together(t, d, full, late, exit, blow, full, late, exit, late) {
		if o == (outcome{}) {
			t.Errorf("member %d was told that it succeeded", i)
		}
	}
	mustWrite(t, d, add("after"))
	if got := items(t, d); got != "after" {
		t.Errorf("on disk: %q", got)
	}
}

// TestGroupRefusalOfLostNeighbour: others refuse, panic or leave because of what the first did, and the first is lost.
// They must be asked again.
func TestGroupRefusalOfLostNeighbour(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, MaxPages: 100})
	unless := func(seen func()) db.Func {
		return func(ctx context.Context, tx db.Tx) error {
			var n int64
			if err := tx.QueryRow(ctx, countItem, "gone").Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				seen()
			}
			return nil
		}
	}
	out := together(t, d,
		func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, insertLate, int64(1), int64(99)) // fails at COMMIT
			return errors.Join(add("taken")(ctx, tx), add("gone")(ctx, tx), err)
		},
		add("taken"), unless(func() { panic("seen") }), unless(runtime.Goexit))
	if out[0].err == nil {
		t.Error("the first was told success")
	}
	for i, o := range out[1:] {
		if o != (outcome{}) {
			t.Errorf("neighbour %d was told %+v", i, o)
		}
	}
	if got := items(t, d); got != "taken" {
		t.Errorf("on disk: %q", got)
	}
}

// TestFailedSync: when the log cannot be synced nobody knows what is on disk. Nobody is told success, now or later.
func TestFailedSync(t *testing.T) {
	fs := faultfs.New()
	var fatal error
	file := filepath.Join(t.TempDir(), "haat.db")
	cfg := db.Config{File: file, Schema: fixture, GroupTime: time.Minute, VFS: fs.Name, OnFatal: func(err error) { fatal = err }}
	d := dbtest.Open(t, db.Embedded, cfg)
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, d, add("before"))
	fs.OnLog(func(op faultfs.Op) faultfs.Fault {
		if op == faultfs.Sync {
			return faultfs.IOError
		}
		return faultfs.None
	})
	for i, o := range together(t, d, add("A"), func(context.Context, db.Tx) error { return db.ErrNoRows }, add("C")) {
		if o.err == nil {
			t.Errorf("member %d was told success", i)
		}
	}
	var le *lite.Error
	if !errors.As(fatal, &le) || le.Kind != lite.IO {
		t.Fatalf("OnFatal was told %v", fatal)
	}
	fs.OnLog(nil)
	if err := d.Write(ctx, "later", add("later")); err == nil {
		t.Error("a later write was told success")
	}
	if d.Health(ctx) == nil {
		t.Error("healthy after a failed sync")
	}
	if got := items(t, d); got != "before" {
		t.Errorf("on disk: %q", got)
	}
}

// TestFullDiskAtCommit: the disk, not the page limit, is full when the group is written. All are told, and when there
// is room again the writer works.
func TestFullDiskAtCommit(t *testing.T) {
	fs := faultfs.New()
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, VFS: fs.Name})
	fs.OnLog(func(op faultfs.Op) faultfs.Fault {
		if op == faultfs.Write {
			return faultfs.Full
		}
		return faultfs.None
	})
	for i, o := range together(t, d, add("A"), add("B")) {
		if !errors.Is(o.err, db.ErrDiskFull) {
			t.Errorf("member %d was told %v", i, o.err)
		}
	}
	fs.OnLog(nil)
	mustWrite(t, d, add("C"))
	if got := items(t, d); got != "C" {
		t.Errorf("on disk: %q", got)
	}
}
