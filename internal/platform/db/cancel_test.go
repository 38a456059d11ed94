package db_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/db/lite"
	"github.com/haat-market/haat/internal/platform/db/lite/faultfs"
)

func TestCancelBeforeStart(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		ran := false
		err := d.Write(gone, "w", func(context.Context, db.Tx) error { ran = true; return nil })
		if !errors.Is(err, context.Canceled) || ran {
			t.Errorf("told %v, ran %v", err, ran)
		}
	})
}

// TestCancelWhileWaiting: a caller may leave as long as his function waits for its turn; it then never runs.
func TestCancelWhileWaiting(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	release := hold(t, d)
	leaving, cancel := context.WithCancel(ctx)
	told := make(chan error)
	go func() { told <- d.Write(leaving, "w", add("left")) }()
	eventually(t, func() bool { n, _ := db.Waiting(d); return n == 1 })
	cancel()
	if err := <-told; !errors.Is(err, context.Canceled) {
		t.Errorf("told %v", err)
	}
	release()
	mustWrite(t, d, add("next"))
	if got := items(t, d); got != "next" {
		t.Errorf("on disk: %q", got)
	}
}

func TestCancelBetweenStatements(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		leaving, cancel := context.WithCancel(ctx)
		err := d.Write(leaving, "w", func(ctx context.Context, tx db.Tx) error {
			if err := add("A")(ctx, tx); err != nil {
				return err
			}
			cancel()
			return add("B")(ctx, tx)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("told %v", err)
		}
		mustWrite(t, d, add("next"))
		if got := items(t, d); got != "next" {
			t.Errorf("on disk: %q", got)
		}
	})
}

// TestCancelAfterLastStatement: a function that did all it wanted is kept, and its caller is told so.
func TestCancelAfterLastStatement(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		leaving, cancel := context.WithCancel(ctx)
		err := d.Write(leaving, "w", func(ctx context.Context, tx db.Tx) error {
			err := add("A")(ctx, tx)
			cancel()
			return err
		})
		if d.Engine() == db.Embedded || err == nil { // with HAAT_TEST_TWICE the second run finds its caller gone
			if twice := os.Getenv("HAAT_TEST_TWICE") == "1"; (err == nil) == twice {
				t.Errorf("told %v", err)
			}
		}
		if want := map[bool]string{true: "A", false: ""}[err == nil]; items(t, d) != want {
			t.Errorf("told %v, on disk: %q", err, items(t, d))
		}
	})
}

// TestNoAnswerBeforeTheSync holds the sync back and cancels the caller: he must not be answered before it is over.
func TestNoAnswerBeforeTheSync(t *testing.T) {
	fs := faultfs.New()
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, VFS: fs.Name})
	syncing, release := make(chan struct{}), make(chan struct{})
	var over atomic.Bool
	fs.OnLog(func(op faultfs.Op) faultfs.Fault {
		if op == faultfs.Sync && !over.Load() {
			close(syncing)
			<-release
			over.Store(true)
		}
		return faultfs.None
	})
	leaving, cancel := context.WithCancel(ctx)
	told := make(chan error, 1)
	go func() {
		err := d.Write(leaving, "w", add("A"))
		if !over.Load() {
			t.Error("answered before the sync was over")
		}
		told <- err
	}()
	select {
	case <-syncing:
	case <-time.After(10 * time.Second):
		t.Fatal("the write was not synced")
	}
	cancel()
	select {
	case err := <-told:
		t.Fatalf("told %v while the sync was under way", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(release)
	if err := <-told; err != nil {
		t.Errorf("told %v", err)
	}
	fs.OnLog(nil)
	if got := items(t, d); got != "A" {
		t.Errorf("on disk: %q", got)
	}
}

// TestBusy lets another process hold the file's write lock: the caller is told to try again, and the writer lives.
func TestBusy(t *testing.T) {
	if file := os.Getenv("HAAT_TEST_HOLD"); file != "" {
		holdLock(t, file)
		return
	}
	file := filepath.Join(t.TempDir(), "haat.db")
	d := dbtest.Open(t, db.Embedded, db.Config{File: file, Schema: fixture, BusyTimeout: 50 * time.Millisecond})
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0], "-test.run=^TestBusy$", "-test.v")
	other.Env = append(os.Environ(), "HAAT_TEST_HOLD="+file)
	stdin, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { _, err := os.Stat(file + ".held"); return err == nil })
	if err := d.Write(ctx, "w", add("A")); !errors.Is(err, db.ErrTryAgain) {
		t.Errorf("told %v", err)
	}
	if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { return nil }); err != nil {
		t.Errorf("a reader was told %v", err)
	}
	stdin.Close()
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, d, add("B"))
	if got := items(t, d); got != "B" {
		t.Errorf("on disk: %q", got)
	}
}

// holdLock is the other process: it holds the lock until its input ends.
func holdLock(t *testing.T, file string) {
	conn, err := lite.Open(file, lite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Run("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".held", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	os.Stdin.Read(b[:])
}

// TestLocked: a second process, or a second Open, is refused with the folder's name.
func TestLocked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "haat.db")
	cfg := db.Config{File: file, Schema: fixture, Log: dbtest.Quiet}
	d, err := db.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(ctx, cfg); !errors.Is(err, db.ErrLocked) || !strings.Contains(err.Error(), filepath.Dir(file)) {
		t.Errorf("a second Open was told %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err = db.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode: %v %v", info.Mode(), err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Errorf("Close twice: %v", err)
	}
	if err := d.Write(ctx, "w", add("A")); !errors.Is(err, db.ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
	if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { return nil }); !errors.Is(err, db.ErrClosed) {
		t.Errorf("Read after Close: %v", err)
	}
}
