package db_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/db/lite/faultfs"
)

// TestBulkIsBetween: interactive writes go first, and at most one chunk is in a group.
func TestBulkIsBetween(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	var group [7]int64 // in which each ran; written by the writer only
	note := func(i int) db.Func {
		return func(context.Context, db.Tx) error { group[i] = d.Stats().Groups; return nil }
	}
	release := hold(t, d)
	var all sync.WaitGroup
	for i := range 3 {
		all.Go(func() {
			if err := d.Write(ctx, "chunk", note(i), db.Bulk()); err != nil {
				t.Error(err)
			}
		})
		eventually(t, func() bool { _, n := db.Waiting(d); return n == i+1 })
	}
	for i := range 4 {
		all.Go(func() {
			if err := d.Write(ctx, "w", note(3+i)); err != nil {
				t.Error(err)
			}
		})
		eventually(t, func() bool { n, _ := db.Waiting(d); return n == i+1 })
	}
	release()
	all.Wait()
	chunks, writes := group[:3], group[3:]
	if slices.Max(writes) >= slices.Min(chunks) || chunks[0] == chunks[1] || chunks[1] == chunks[2] {
		t.Errorf("chunks ran in groups %v, the writes that came after them in %v", chunks, writes)
	}
}

// TestBulkIsNotStarved: chunks come to their turns while interactive work never lets the writer rest.
func TestBulkIsNotStarved(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	var over atomic.Bool
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			for !over.Load() {
				if err := d.Write(ctx, "w", func(context.Context, db.Tx) error { return nil }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for range 5 {
		if err := d.Write(ctx, "chunk", func(context.Context, db.Tx) error { return nil }, db.Bulk()); err != nil {
			t.Error(err)
		}
	}
	over.Store(true)
	all.Wait()
}

// TestBackgroundHoldsNoChunkBack: a chunk gives way to those who wait for an answer, and not to the program's own work.
func TestBackgroundHoldsNoChunkBack(t *testing.T) {
	nothing := func(context.Context, db.Tx) error { return nil }
	for _, c := range []struct {
		name    string
		opts    []db.Option
		givesIn bool
	}{
		{"somebody's", nil, true},
		{"the program's", []db.Option{db.Background()}, false},
	} {
		d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
		for range 2 { // the first owes those who were served before, the second has paid it
			if err := d.Write(ctx, "chunk", nothing, db.Bulk()); err != nil {
				t.Fatal(err)
			}
		}
		before := db.GaveWay(d)
		release := hold(t, d, db.Background())
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				if err := d.Write(ctx, "chunk", nothing, db.Bulk()); err != nil {
					t.Error(err)
				}
			})
		}
		eventually(t, func() bool { _, n := db.Waiting(d); return n == 2 })
		all.Go(func() {
			if err := d.Write(ctx, "w", nothing, c.opts...); err != nil {
				t.Error(err)
			}
		})
		eventually(t, func() bool { n, _ := db.Waiting(d); return n == 1 })
		release()
		all.Wait()
		if gaveIn := db.GaveWay(d) > before; gaveIn != c.givesIn {
			t.Errorf("behind %s work chunks gave way: %t", c.name, gaveIn)
		}
	}
}

// TestSyncs counts what the engine syncs: at least once for each write that stands alone, and far less often than
// there are functions when many write at once.
func TestSyncs(t *testing.T) {
	fs := faultfs.New()
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, VFS: fs.Name})
	for i := range 50 {
		before := fs.Syncs.Load()
		mustWrite(t, d, add(fmt.Sprint("a", i)))
		if fs.Syncs.Load() == before {
			t.Fatalf("write %d was answered without a sync", i)
		}
	}
	const each = 20
	before := fs.Syncs.Load()
	clients(64, func(c int) {
		for i := range each {
			if err := d.Write(ctx, "w", add(fmt.Sprint("b", c, "-", i))); err != nil {
				t.Error(err)
			}
		}
	})
	syncs := fs.Syncs.Load() - before
	t.Logf("64 clients: %d syncs for %d functions", syncs, 64*each)
	if syncs == 0 || syncs > 64*each/6 { // without letting the others come first: one for three
		t.Errorf("%d syncs for %d functions", syncs, 64*each)
	}
	if n := dbtest.One[int64](t, d, countItems); n != 50+64*each {
		t.Errorf("%d items", n)
	}
}

// TestAnswerIsOnDisk copies the files at the moment an answer arrives, as a power cut would find them, and looks for
// the row in the copy. Only what was synced by then is let into the copy.
func TestAnswerIsOnDisk(t *testing.T) {
	fs := faultfs.New()
	dir := t.TempDir()
	file := filepath.Join(dir, "haat.db")
	d := dbtest.Open(t, db.Embedded, db.Config{File: file, Schema: fixture, VFS: fs.Name})
	if _, err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	synced := &syncedCopy{file: file}
	fs.OnLog(synced.before)
	write := func(v string) {
		if err := d.Write(ctx, "w", add(v)); err != nil {
			t.Error(err)
		} else if !synced.holds(t, v) {
			t.Errorf("%s was answered, and is not in what was synced by then", v)
		}
	}
	for i := range 5 {
		write(fmt.Sprint("alone", i))
	}
	clients(16, func(i int) { write(fmt.Sprint("together", i)) })
}

// TestGroupsAreBounded: a group ends at 256 functions although more wait.
func TestGroupsAreBounded(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	release := hold(t, d)
	var all sync.WaitGroup
	for range 600 {
		all.Go(func() {
			if err := d.Write(ctx, "w", func(context.Context, db.Tx) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	eventually(t, func() bool { n, _ := db.Waiting(d); return n == 600 })
	before := d.Stats().Groups
	release()
	all.Wait()
	if n := d.Stats().Groups - before; n < 2 {
		t.Errorf("600 functions in %d groups", n+1)
	}
}

// TestLogIsBounded writes while overlapping reads never leave the log a quiet moment. The gate must keep it short.
func TestLogIsBounded(t *testing.T) {
	const gate = 1 << 20
	run := func(t *testing.T, walGate int64) (size int64, gates int64) {
		d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, WALGate: walGate, Readers: 3})
		mustWrite(t, d, add("a"))
		var stop atomic.Bool
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				for !stop.Load() {
					if err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
						var n int64
						err := tx.QueryRow(ctx, countItem, "a").Scan(&n)
						time.Sleep(3 * time.Millisecond)
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		text := strings.Repeat("x", 60_000)
		for i := range 200 { // 12 MB in all
			mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
				return run(ctx, tx, insertNote, fmt.Sprint("w", i), text)
			})
			size = max(size, d.Stats().WALBytes)
			if i%20 == 0 {
				time.Sleep(60 * time.Millisecond) // the log is looked at twenty times a second
			}
		}
		stop.Store(true)
		all.Wait()
		return size, d.Stats().Gates
	}
	open, none := run(t, 1<<40)
	size, gates := run(t, gate)
	t.Logf("log of at most %d kB with the gate (%d times), %d kB without", size>>10, gates, open>>10)
	if gates == 0 || none != 0 || size > 6*gate || size > open/2 {
		t.Errorf("log of %d bytes, held back %d times; without the gate %d", size, gates, open)
	}
}

// TestLogShrinks: what a long read let grow is given back when it is over, also when nobody writes any more.
func TestLogShrinks(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, WALGate: 256 << 10})
	mustWrite(t, d, add("a"))
	text := strings.Repeat("x", 60_000)
	err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, countItems).Scan(&n); err != nil {
			return err
		}
		for i := range 60 {
			mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
				return run(ctx, tx, insertNote, fmt.Sprint("w", i), text)
			})
		}
		return nil
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	grown := d.Stats().WALBytes
	eventually(t, func() bool { return d.Stats().WALBytes < grown/4 })
}
