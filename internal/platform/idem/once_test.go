package idem

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/job"
)

// What the tests' operations make.
const (
	makeOne  = "INSERT INTO settings (name, value, updated_at, updated_by) VALUES ($1, '', 0, 'test')"
	countAll = "SELECT COUNT(*) FROM settings"
	countKey = "SELECT COUNT(*) FROM idempotency_keys"
	ageKeys  = "UPDATE idempotency_keys SET created_at = $1"
)

func init() {
	db.RegisterLowered(map[string]string{
		makeOne:  "INSERT INTO settings (name, value, updated_at, updated_by) VALUES (?1, '', 0, 'test')",
		countAll: countAll,
		countKey: countKey,
		ageKeys:  "UPDATE idempotency_keys SET created_at = ?1",
	})
}

var made atomic.Int64

// create makes a new object each time it really runs.
func create(ctx context.Context, tx db.Tx) (string, error) {
	id := fmt.Sprint("obj_", made.Add(1))
	_, err := tx.Exec(ctx, makeOne, id)
	return id, err
}

func keyed(ctx context.Context, value, fingerprint string) context.Context {
	return WithKey(ctx, Key{Scope: "account:acc_1", Operation: "order.checkout", Value: value, Fingerprint: fingerprint})
}

func count(t *testing.T, d *db.DB, sql string) (n int64) {
	t.Helper()
	err := d.Read(t.Context(), "test", func(ctx context.Context, tx db.Tx) error {
		return tx.QueryRow(ctx, sql).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTwinsMakeOneObject(t *testing.T) {
	for name, opts := range map[string][]db.Option{"serializable": nil, "read committed": {db.ReadCommitted()}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, d *db.DB) {
				const twins = 50
				var ran, replays atomic.Int64
				var objects sync.Map
				var wg sync.WaitGroup
				for range twins {
					wg.Go(func() {
						object, replayed, err := Once(keyed(t.Context(), "key", "same"), d, "order.checkout", create, opts...)
						if err != nil {
							t.Error(err)
							return
						}
						objects.Store(object, true)
						if replayed {
							replays.Add(1)
						} else {
							ran.Add(1)
						}
					})
				}
				wg.Wait()
				different := 0
				objects.Range(func(any, any) bool { different++; return true })
				if ran.Load() != 1 || replays.Load() != twins-1 || different != 1 || count(t, d, countAll) != 1 {
					t.Errorf("%d ran, %d replayed, %d objects told, %d made", ran.Load(), replays.Load(), different, count(t, d, countAll))
				}
			})
		})
	}
}

func TestTheSameKeyForAnotherRequest(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		first, _, err := Once(keyed(t.Context(), "key", "one"), d, "order.checkout", create)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = Once(keyed(t.Context(), "key", "two"), d, "order.checkout", create)
		if f, ok := fault.As(err); !ok || f.Code != "idempotency_key_reused" || f.Kind != fault.Invalid {
			t.Errorf("another request: %v", err)
		}
		// Another operation and another caller have keys of their own.
		second, replayed, err := Once(keyed(t.Context(), "key", "one"), d, "payment.start", create)
		if err != nil || replayed || second == first {
			t.Error(second, replayed, err)
		}
		other := WithKey(t.Context(), Key{Scope: "account:acc_2", Value: "key", Fingerprint: "one"})
		third, replayed, err := Once(other, d, "order.checkout", create)
		if err != nil || replayed || third == first {
			t.Error(third, replayed, err)
		}
		again, replayed, err := Once(keyed(t.Context(), "key", "one"), d, "order.checkout", create)
		if err != nil || !replayed || again != first {
			t.Error(again, replayed, err)
		}
	})
}

func TestARefusalStoresNothing(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		refused := fault.New(fault.Conflict, "out_of_stock", "Gone.")
		ctx := keyed(t.Context(), "key", "one")
		object, replayed, err := Once(ctx, d, "order.checkout", func(ctx context.Context, tx db.Tx) (string, error) {
			if _, err := create(ctx, tx); err != nil {
				return "", err
			}
			return "obj", refused
		})
		if !errors.Is(err, refused) || object != "" || replayed || count(t, d, countAll)+count(t, d, countKey) != 0 {
			t.Errorf("%q %v %v", object, replayed, err)
		}
		if _, _, err := Once(ctx, d, "order.checkout", func(context.Context, db.Tx) (string, error) { return "", nil }); err == nil {
			t.Error("an object without a name was stored")
		}
		// The same key, also with another body: nothing was promised yet.
		object, replayed, err = Once(keyed(t.Context(), "key", "two"), d, "order.checkout", create)
		if err != nil || replayed || object == "" {
			t.Error(object, replayed, err)
		}
	})
}

func TestTwinsOfARefusalTryThemselves(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		refused := errors.New("refused")
		var tries, good, bad atomic.Int64
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				mine := tries.Add(1)
				_, _, err := Once(keyed(t.Context(), "key", "same"), d, "op", func(ctx context.Context, tx db.Tx) (string, error) {
					if mine%2 == 0 {
						return "", refused
					}
					return create(ctx, tx)
				})
				switch {
				case err == nil:
					good.Add(1)
				case errors.Is(err, refused):
					bad.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if good.Load() < 10 || count(t, d, countAll) != 1 {
			t.Errorf("%d good, %d refused, %d made", good.Load(), bad.Load(), count(t, d, countAll))
		}
	})
}

func TestWithoutAKeyItIsAWrite(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		for range 2 {
			if object, replayed, err := Once(t.Context(), d, "op", create); err != nil || replayed || object == "" {
				t.Error(object, replayed, err)
			}
		}
		refused := errors.New("refused")
		object, _, err := Once(t.Context(), d, "op", func(context.Context, db.Tx) (string, error) { return "obj", refused })
		if !errors.Is(err, refused) || object != "" {
			t.Error(object, err)
		}
		if count(t, d, countAll) != 2 || count(t, d, countKey) != 0 {
			t.Error("stored a key nobody gave")
		}
	})
}

// While the first one runs, its twin waits outside the database and then gives up; the caller may give up earlier.
func TestTwinsDoNotWaitForEver(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		if d.Engine() == db.Embedded {
			return // writes are serial: a twin cannot meet a running one
		}
		inside, leave := make(chan struct{}), make(chan struct{})
		var enter sync.Once
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _, err := Once(keyed(t.Context(), "key", "one"), d, "op", func(ctx context.Context, tx db.Tx) (string, error) {
				enter.Do(func() { close(inside) })
				<-leave
				return create(ctx, tx)
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-inside
		ctx := keyed(t.Context(), "key", "one")
		key, _ := KeyFrom(ctx)
		_, _, err := within(ctx, d, "op", key, create, nil, 100*time.Millisecond)
		if f, ok := fault.As(err); !ok || f.Code != "idempotency_in_progress" || f.Kind != fault.Conflict || f.RetryAfter != time.Second {
			t.Errorf("twin: %v", err)
		}
		ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if _, _, err := Once(ctx, d, "op", create); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller who left: %v", err)
		}
		// Another key is not held up.
		if _, _, err := Once(keyed(t.Context(), "other key", "one"), d, "op", create); err != nil {
			t.Error(err)
		}
		close(leave)
		wg.Wait()
		if object, replayed, err := Once(keyed(t.Context(), "key", "one"), d, "op", create); err != nil || !replayed || object == "" {
			t.Error(object, replayed, err)
		}
	})
}

func TestLookup(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		look := func(ctx context.Context) (object string, found bool, err error) {
			err = d.Read(ctx, "test", func(ctx context.Context, tx db.Tx) error {
				var err error
				object, found, err = Lookup(ctx, tx, "op")
				return err
			})
			return object, found, err
		}
		ctx := keyed(t.Context(), "key", "one")
		for _, c := range []context.Context{t.Context(), ctx} {
			if object, found, err := look(c); err != nil || found || object != "" {
				t.Error(object, found, err)
			}
		}
		want, _, err := Once(ctx, d, "op", create)
		if err != nil {
			t.Fatal(err)
		}
		if object, found, err := look(ctx); err != nil || !found || object != want {
			t.Error(object, found, err)
		}
		if _, _, err := look(keyed(t.Context(), "key", "two")); !errors.Is(err, ErrReused) {
			t.Error(err)
		}
	})
}

func TestKeysLiveTwoDays(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB) {
		r := job.NewRunner(d, newFake(), quiet, "a")
		Work(r)
		ctx := keyed(t.Context(), "key", "one")
		for i := range 3 {
			if _, _, err := Once(keyed(t.Context(), strings.Repeat("k", 16+i), "one"), d, "op", create); err != nil {
				t.Fatal(err)
			}
		}
		age := func(by time.Duration) {
			write(t, d, func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, ageKeys, clock.Micro(time.Now().Add(-by)))
				return err
			})
		}
		age(47 * time.Hour)
		if n, err := r.RunSweep(ctx, "idem.prune"); err != nil || n != 0 {
			t.Error(n, err)
		}
		age(49 * time.Hour)
		if n, err := r.RunSweep(ctx, "idem.prune"); err != nil || n != 3 {
			t.Error(n, err)
		}
		if n := count(t, d, countKey); n != 0 {
			t.Error(n)
		}
	})
}
