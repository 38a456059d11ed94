package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const (
	countJobs = "SELECT COUNT(*) FROM jobs WHERE courier = $1"
	setItem   = "UPDATE items SET n = $1 WHERE v = $2"
)

var _ = dbtest.SQL(countJobs, setItem, "SELECT pg_sleep(30)", "SHOW transaction_isolation")

// clients runs f in n goroutines and waits.
func clients(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// TestAtMostFive: "count, and insert when there are fewer than five" never gives more than five, on either engine.
func TestAtMostFive(t *testing.T) {
	dbtest.EachWith(t, db.Config{Schema: fixture, MaxConns: 20, RetryAttempts: 50}, func(t *testing.T, d *db.DB) {
		for round := range 4 {
			courier := fmt.Sprint("k", round)
			var taken atomic.Int64
			clients(32, func(int) {
				var mine bool
				err := d.Write(ctx, "job.take", func(ctx context.Context, tx db.Tx) error {
					mine = false
					var n int64
					if err := tx.QueryRow(ctx, countJobs, courier).Scan(&n); err != nil || n >= 5 {
						return err
					}
					mine = true
					return run(ctx, tx, insertJob, courier, "open", nil)
				})
				switch {
				case errors.Is(err, db.ErrTryAgain):
				case err != nil:
					t.Error(err)
				case mine:
					taken.Add(1)
				}
			})
			if n := dbtest.One[int64](t, d, countJobs, courier); n != taken.Load() || n > 5 || n == 0 {
				t.Errorf("%d jobs, %d callers were told that they have one", n, taken.Load())
			}
		}
	})
}

// TestRetries: PostgreSQL's wish to be tried again is honoured however f dresses it, and not for ever.
func TestRetries(t *testing.T) {
	lost := &pgconn.PgError{Code: "40001"}
	onPostgres(t, db.Config{Schema: fixture, RetryAttempts: 4}, func(t *testing.T, d *db.DB) {
		runs := 0
		err := d.Write(ctx, "w", func(context.Context, db.Tx) error { runs++; return fmt.Errorf("wrapped: %w", lost) })
		if !errors.Is(err, db.ErrTryAgain) || runs < 4 {
			t.Errorf("told %v after %d runs", err, runs)
		}
		runs = 0
		err = d.Write(ctx, "w", func(context.Context, db.Tx) error { runs++; return errors.New("no") })
		if err == nil || errors.Is(err, db.ErrTryAgain) || runs > 2 {
			t.Errorf("a refusal: told %v after %d runs", err, runs)
		}
	})
}

// TestRetriesHidden: two transactions change one row, and the second one's function makes something else of what
// PostgreSQL tells it. It is tried again all the same.
func TestRetriesHidden(t *testing.T) {
	onPostgres(t, db.Config{Schema: fixture}, func(t *testing.T, d *db.DB) {
		for name, hide := range map[string]func(ctx context.Context, tx db.Tx) error{
			"behind another error": func(ctx context.Context, tx db.Tx) error {
				if run(ctx, tx, addItem, int64(1), "behind another error") != nil {
					return errors.New("something else")
				}
				return nil
			},
			"behind nothing": func(ctx context.Context, tx db.Tx) error {
				_ = run(ctx, tx, addItem, int64(1), "behind nothing")
				return nil
			},
			"by Try": func(ctx context.Context, tx db.Tx) error {
				_ = tx.Try(ctx, func(ctx context.Context) error { return run(ctx, tx, addItem, int64(1), "by Try") })
				return nil
			},
		} {
			mustWrite(t, d, add(name))
			first := true
			err := d.Write(ctx, "outer", func(ctx context.Context, tx db.Tx) error {
				var n int64
				if err := tx.QueryRow(ctx, getItem, name).Scan(&n); err != nil {
					return err
				}
				if first {
					first = false
					mustWrite(t, d, func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, addItem, int64(1), name) })
				}
				return hide(ctx, tx)
			})
			if err != nil {
				t.Errorf("%s: told %v", name, err)
			}
			if n := dbtest.One[int64](t, d, getItem, name); n != 2 {
				t.Errorf("%s: n is %d", name, n)
			}
		}
	})
}

func onPostgres(t *testing.T, cfg db.Config, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, e := range dbtest.Engines(t) {
		if e == db.Postgres {
			f(t, dbtest.Open(t, e, cfg))
		}
	}
}

func TestIsolationLevels(t *testing.T) {
	onPostgres(t, db.Config{Schema: fixture}, func(t *testing.T, d *db.DB) {
		var level string
		show := func(ctx context.Context, tx db.Tx) error {
			return tx.QueryRow(ctx, "SHOW transaction_isolation").Scan(&level)
		}
		for _, c := range []struct {
			want string
			open func() error
		}{
			{"serializable", func() error { return d.Write(ctx, "w", show) }},
			{"read committed", func() error { return d.Write(ctx, "w", show, db.ReadCommitted()) }},
			{"repeatable read", func() error { return d.Read(ctx, "r", show) }},
			{"repeatable read", func() error { return d.Read(ctx, "r", show, db.Long()) }},
		} {
			if err := c.open(); err != nil || level != c.want {
				t.Errorf("%s, want %s: %v", level, c.want, err)
			}
		}
	})
}

// TestReadIsOneSnapshot: what others commit during a Read is not seen by it.
func TestReadIsOneSnapshot(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		mustWrite(t, d, add("a"))
		for _, opts := range [][]db.Option{nil, {db.Long()}} {
			mustWrite(t, d, func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, setItem, 1, "a") })
			err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
				var before, after int64
				if err := tx.QueryRow(ctx, getItem, "a").Scan(&before); err != nil {
					return err
				}
				mustWrite(t, d, func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, setItem, 2, "a") })
				if err := tx.QueryRow(ctx, getItem, "a").Scan(&after); err != nil {
					return err
				}
				if before != 1 || after != 1 {
					t.Errorf("saw %d and then %d", before, after)
				}
				return nil
			}, opts...)
			if err != nil {
				t.Error(err)
			}
			if n := dbtest.One[int64](t, d, getItem, "a"); n != 2 {
				t.Errorf("afterwards: %d", n)
			}
		}
	})
}

func TestReadCannotWrite(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		for _, opts := range [][]db.Option{nil, {db.Long()}} {
			err := d.Read(ctx, "r", add("a"), opts...)
			if !errors.Is(err, db.ErrReadOnly) {
				t.Errorf("told %v", err)
			}
			err = d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
				var id int64
				return tx.QueryRow(ctx, insertItemID, "a").Scan(&id)
			}, opts...)
			if !errors.Is(err, db.ErrReadOnly) {
				t.Errorf("RETURNING: told %v", err)
			}
		}
		if got := items(t, d); got != "" {
			t.Errorf("on disk: %q", got)
		}
	})
}

// TestReadTimeout: a runaway query ends, its caller is told so, and the slot is free again.
func TestReadTimeout(t *testing.T) {
	cfg := db.Config{Schema: fixture, Readers: 1, ReadTimeout: time.Second, LongTimeout: 1200 * time.Millisecond}
	dbtest.EachWith(t, cfg, func(t *testing.T, d *db.DB) {
		for _, opts := range [][]db.Option{nil, {db.Long()}} {
			start := time.Now()
			err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, runaway) }, opts...)
			if !errors.Is(err, db.ErrTimeout) {
				t.Errorf("told %v", err)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			leaving, cancel := context.WithCancel(ctx)
			err = d.Read(leaving, "r", func(ctx context.Context, tx db.Tx) error {
				cancel()
				return run(ctx, tx, runaway)
			}, opts...)
			if !errors.Is(err, context.Canceled) || errors.Is(err, db.ErrTimeout) {
				t.Errorf("a caller who left was told %v", err)
			}
			if got := dbtest.One[int64](t, d, countItems); got != 0 {
				t.Errorf("got %d", got)
			}
		}
	})
}

// TestSpareSlot: while nobody writes, every core reads; beside a writer one core is left to it.
func TestSpareSlot(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, ReadTimeout: 20 * time.Second})
	slots := max(1, runtime.NumCPU()-1)
	reads := func(n int) (chan bool, chan bool, func()) {
		in, leave := make(chan bool, n), make(chan bool)
		var all sync.WaitGroup
		for range n {
			all.Go(func() {
				if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { in <- true; <-leave; return nil }); err != nil {
					t.Error(err)
				}
			})
		}
		return in, leave, all.Wait
	}
	time.Sleep(20 * time.Millisecond) // after the schema was written
	in, leave, wait := reads(slots + 1)
	for range slots + 1 {
		<-in
	}
	close(leave)
	wait()

	writing, written := make(chan bool), make(chan bool)
	var writer sync.WaitGroup
	writer.Go(func() {
		if err := d.Write(ctx, "w", func(context.Context, db.Tx) error { writing <- true; <-written; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-writing
	in, leave, wait = reads(slots + 1)
	for range slots {
		<-in
	}
	select {
	case <-in:
		t.Error("the writer's core was taken from it")
	case <-time.After(50 * time.Millisecond):
	}
	close(leave)
	wait() // who waited got the slot of one who left
	close(written)
	writer.Wait()
}

// TestReadSlots: no more reads run at once than there are slots, a long one does not take an interactive one's, and
// those who wait too long are told to try again.
func TestReadSlots(t *testing.T) {
	cfg := db.Config{Schema: fixture, Readers: 2, ReadTimeout: time.Second}
	d := dbtest.Open(t, db.Embedded, cfg)
	var now, most atomic.Int64
	clients(16, func(int) {
		if err := d.Read(ctx, "r", func(context.Context, db.Tx) error {
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(5 * time.Millisecond)
			now.Add(-1)
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	if most.Load() != 2 {
		t.Errorf("%d reads at once", most.Load())
	}
	hold := make(chan struct{})
	var holders sync.WaitGroup
	for range 2 {
		holders.Go(func() {
			_ = d.Read(ctx, "hold", func(context.Context, db.Tx) error { <-hold; return nil }) // ends late, which is not asked here
		})
	}
	eventually(t, func() bool { return d.Stats().ConnsInUse == 2 })
	if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { return nil }); !errors.Is(err, db.ErrTryAgain) {
		t.Errorf("one who waited too long was told %v", err)
	}
	if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { return nil }, db.Long()); err != nil {
		t.Errorf("a long read was told %v", err)
	}
	mustWrite(t, d, add("a")) // readers hold up no writer
	close(hold)
	holders.Wait()
}

// TestCloseBreaksOffLongReads: a shutdown does not wait minutes, and a running read's caller is told.
func TestCloseBreaksOffLongReads(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	told := make(chan error, 1)
	go func() {
		told <- d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, runaway) }, db.Long())
	}()
	eventually(t, func() bool { return d.Stats().ConnsInUse == 1 })
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-told; !errors.Is(err, db.ErrClosed) {
		t.Errorf("told %v", err)
	}
}

// TestReadGivesItsSlotBack: also when its function panics or leaves by Goexit.
func TestReadGivesItsSlotBack(t *testing.T) {
	cfg := db.Config{Schema: fixture, Readers: 1, MaxConns: 1, ReadTimeout: 20 * time.Second}
	dbtest.EachWith(t, cfg, func(t *testing.T, d *db.DB) {
		for range 3 {
			if o := attempt(func() error {
				return d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
					_, _ = tx.Query(ctx, countItems)
					panic("x")
				})
			}); o.panic == nil {
				t.Errorf("told %+v", o)
			}
			if o := attempt(func() error {
				return d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error { t2 := &testing.T{}; t2.FailNow(); return nil })
			}); !o.goexit {
				t.Errorf("told %+v", o)
			}
			if o := attempt(func() error {
				return d.Write(ctx, "w", func(ctx context.Context, tx db.Tx) error { _ = add("a")(ctx, tx); panic("x") })
			}); o.panic == nil {
				t.Errorf("told %+v", o)
			}
		}
		if got := items(t, d); got != "" {
			t.Errorf("on disk: %q", got)
		}
	})
}

// TestTooFewConnections: whoever gets no connection in time is told to try again.
func TestTooFewConnections(t *testing.T) {
	cfg := db.Config{Schema: fixture, MaxConns: 1, WaitTimeout: 50 * time.Millisecond, ReadTimeout: time.Minute}
	onPostgres(t, cfg, func(t *testing.T, d *db.DB) {
		hold := make(chan struct{})
		holding := make(chan struct{})
		done := make(chan error)
		go func() {
			done <- d.Read(ctx, "hold", func(context.Context, db.Tx) error { close(holding); <-hold; return nil })
		}()
		<-holding
		if err := d.Write(ctx, "w", add("a")); !errors.Is(err, db.ErrTryAgain) {
			t.Errorf("a Write was told %v", err)
		}
		if err := d.Read(ctx, "r", func(context.Context, db.Tx) error { return nil }); !errors.Is(err, db.ErrTryAgain) {
			t.Errorf("a Read was told %v", err)
		}
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestConnectionLostInside: a connection that dies under a function takes the transaction along, and only it.
func TestConnectionLostInside(t *testing.T) {
	onPostgres(t, db.Config{Schema: fixture}, func(t *testing.T, d *db.DB) {
		dbtest.SQL("SELECT pg_terminate_backend(pg_backend_pid())")
		err := d.Write(ctx, "w", func(ctx context.Context, tx db.Tx) error {
			if err := add("a")(ctx, tx); err != nil {
				return err
			}
			_ = run(ctx, tx, "SELECT pg_terminate_backend(pg_backend_pid())")
			return nil
		})
		if err == nil {
			t.Error("told success")
		}
		mustWrite(t, d, add("b"))
		if got := items(t, d); got != "b" {
			t.Errorf("on disk: %q", got)
		}
	})
}
