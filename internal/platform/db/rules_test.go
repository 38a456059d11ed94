package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const (
	selectThree = "SELECT id FROM items WHERE id > $1 ORDER BY id"
	noSuchItem  = "SELECT id FROM items WHERE v = 'nobody'"
	deleteAll   = "DELETE FROM items WHERE n >= $1"
	upsert      = "INSERT INTO items (v) VALUES ($1) ON CONFLICT (v) DO NOTHING"
	upsertAdd   = "INSERT INTO items (v, n) VALUES ($1, 1) ON CONFLICT (v) DO UPDATE SET n = items.n + 1"
	addAll      = "UPDATE items SET n = n + $1 RETURNING n"
	moveJobs    = "UPDATE jobs SET item = $1 RETURNING id"
	insertJob   = "INSERT INTO jobs (courier, state, item) VALUES ($1, $2, $3)"
	getNote     = "SELECT note FROM items WHERE v = $1"
	selectTwo   = "SELECT id, v FROM items WHERE v = $1"
)

var _ = dbtest.SQL(selectThree, noSuchItem, deleteAll, upsert, upsertAdd, addAll, moveJobs, insertJob, getNote, selectTwo,
	"DELETE FROM jobs", "SELECT nothing FROM nowhere")

func run(ctx context.Context, tx db.Tx, sql string, args ...any) error {
	_, err := tx.Exec(ctx, sql, args...)
	return err
}

// TestRules: what a transaction refuses, in the same words on both engines. Every case begins with the items a, b and
// c; left says what is there afterwards.
func TestRules(t *testing.T) {
	boom := errors.New("boom")
	cases := []struct {
		name string
		f    func(ctx context.Context, tx db.Tx) error
		want error
		left string
	}{
		{"a second statement while rows are open", func(ctx context.Context, tx db.Tx) error {
			rows, err := tx.Query(ctx, selectThree, int64(0))
			if err != nil {
				return err
			}
			defer rows.Close()
			rows.Next()
			return add("d")(ctx, tx)
		}, db.ErrRowsOpen, "a b c"},
		{"the same query inside its own loop", func(ctx context.Context, tx db.Tx) error {
			rows, err := tx.Query(ctx, selectThree, int64(0))
			if err != nil {
				return err
			}
			defer rows.Close()
			for n := 0; rows.Next(); n++ {
				if n > 3 {
					return boom
				}
				var id int64
				if err := tx.QueryRow(ctx, selectThree, int64(1)).Scan(&id); err != nil {
					return err
				}
			}
			return rows.Err()
		}, db.ErrRowsOpen, "a b c"},
		{"rows left open", func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Query(ctx, selectThree, int64(0))
			return errors.Join(add("x")(context.WithoutCancel(ctx), nopTx{}), err)
		}, db.ErrRowsOpen, "a b c"},
		{"rows left open that have none", func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Query(ctx, noSuchItem)
			return err
		}, db.ErrRowsOpen, "a b c"},
		{"QueryRow never scanned", func(ctx context.Context, tx db.Tx) error {
			tx.QueryRow(ctx, insertItemID, "d")
			return nil
		}, db.ErrRowsOpen, "a b c"},
		{"QueryRow never scanned, then another statement", func(ctx context.Context, tx db.Tx) error {
			tx.QueryRow(ctx, insertItemID, "d")
			return add("e")(ctx, tx)
		}, db.ErrRowsOpen, "a b c"},
		{"rows closed early", func(ctx context.Context, tx db.Tx) error {
			rows, err := tx.Query(ctx, selectThree, int64(0))
			if err != nil {
				return err
			}
			rows.Next()
			rows.Close()
			rows.Close()
			return errors.Join(rows.Err(), add("d")(ctx, tx))
		}, nil, "a b c d"},
		{"no rows is an answer", func(ctx context.Context, tx db.Tx) error {
			var id int64
			if err := tx.QueryRow(ctx, noSuchItem).Scan(&id); err != db.ErrNoRows {
				return fmt.Errorf("got %w", err)
			}
			return add("d")(ctx, tx)
		}, nil, "a b c d"},
		{"a statement after a failed one", func(ctx context.Context, tx db.Tx) error {
			if add("a")(ctx, tx) == nil {
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"a failed statement that was hidden", func(ctx context.Context, tx db.Tx) error {
			if add("a")(ctx, tx) == nil {
				return boom
			}
			return nil
		}, db.ErrFailed, "a b c"},
		{"a failed Scan that was hidden", func(ctx context.Context, tx db.Tx) error {
			var note string
			if tx.QueryRow(ctx, getNote, "a").Scan(&note) == nil { // it is NULL
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"Try survives and undoes", func(ctx context.Context, tx db.Tx) error {
			err := tx.Try(ctx, func(ctx context.Context) error {
				return errors.Join(add("d")(ctx, tx), add("a")(ctx, tx))
			})
			if !db.IsConstraint(err, "items_v_key") {
				return fmt.Errorf("Try said %w", err)
			}
			return add("e")(ctx, tx)
		}, nil, "a b c e"},
		{"Try undoes what an own refusal leaves", func(ctx context.Context, tx db.Tx) error {
			err := tx.Try(ctx, func(ctx context.Context) error {
				return errors.Join(add("d")(ctx, tx), boom)
			})
			if !errors.Is(err, boom) {
				return err
			}
			return add("e")(ctx, tx)
		}, nil, "a b c e"},
		{"Try in Try", func(ctx context.Context, tx db.Tx) error {
			return tx.Try(ctx, func(ctx context.Context) error {
				if err := add("d")(ctx, tx); err != nil {
					return err
				}
				err := tx.Try(ctx, func(ctx context.Context) error {
					return errors.Join(add("e")(ctx, tx), tx.Try(ctx, func(ctx context.Context) error { return add("f")(ctx, tx) }), boom)
				})
				if !errors.Is(err, boom) {
					return err
				}
				return add("g")(ctx, tx)
			})
		}, nil, "a b c d g"},
		{"the outer Try undoes the inner's work", func(ctx context.Context, tx db.Tx) error {
			err := tx.Try(ctx, func(ctx context.Context) error {
				return errors.Join(tx.Try(ctx, func(ctx context.Context) error { return add("d")(ctx, tx) }), boom)
			})
			if !errors.Is(err, boom) {
				return err
			}
			return add("e")(ctx, tx)
		}, nil, "a b c e"},
		{"a failure hidden inside Try", func(ctx context.Context, tx db.Tx) error {
			err := tx.Try(ctx, func(ctx context.Context) error {
				_ = add("a")(ctx, tx) // the mistake under test
				return nil
			})
			if !errors.Is(err, db.ErrFailed) {
				return fmt.Errorf("Try said %w", err)
			}
			return add("d")(ctx, tx)
		}, nil, "a b c d"},
		{"rows left open inside Try", func(ctx context.Context, tx db.Tx) error {
			var rows pgx.Rows
			err := tx.Try(ctx, func(ctx context.Context) (err error) {
				rows, err = tx.Query(ctx, selectThree, int64(0))
				return err
			})
			if !errors.Is(err, db.ErrRowsOpen) {
				return fmt.Errorf("Try said %w", err)
			}
			// The same statement again, and then the old rows are closed: the new ones must not notice.
			again, err := tx.Query(ctx, selectThree, int64(0))
			if err != nil {
				return err
			}
			again.Next()
			rows.Close()
			n := 1
			for again.Next() {
				n++
			}
			if n != 3 || rows.Next() {
				return fmt.Errorf("the rows that are left: %d", n)
			}
			return errors.Join(again.Err(), add("d")(ctx, tx))
		}, nil, "a b c d"},
		{"Try while rows are open", func(ctx context.Context, tx db.Tx) error {
			rows, err := tx.Query(ctx, selectThree, int64(0))
			if err != nil {
				return err
			}
			defer rows.Close()
			return tx.Try(ctx, func(ctx context.Context) error { return nil })
		}, db.ErrRowsOpen, "a b c"},
		{"a wrong statement", func(ctx context.Context, tx db.Tx) error {
			if run(ctx, tx, "SELECT nothing FROM nowhere") == nil {
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"too few arguments", func(ctx context.Context, tx db.Tx) error {
			if run(ctx, tx, insertItem, "d") == nil {
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"too few destinations", func(ctx context.Context, tx db.Tx) error {
			var id int64
			if tx.QueryRow(ctx, selectTwo, "a").Scan(&id) == nil {
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"a foreign key broken by a row that nobody reads", func(ctx context.Context, tx db.Tx) error {
			for range 2 {
				if err := run(ctx, tx, insertJob, "k", "done", nil); err != nil {
					return err
				}
			}
			var id int64
			if tx.QueryRow(ctx, moveJobs, int64(99)).Scan(&id) == nil {
				return boom
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
		{"a check broken by the third row", func(ctx context.Context, tx db.Tx) error {
			var n int64
			if err := tx.QueryRow(ctx, addAll, int64(-1)).Scan(&n); !db.IsConstraint(err, "items_n_check") {
				return fmt.Errorf("told %w", err)
			}
			return add("d")(ctx, tx)
		}, db.ErrFailed, "a b c"},
	}
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
					return errors.Join(run(ctx, tx, "DELETE FROM jobs"), run(ctx, tx, deleteAll, 0),
						add("a")(ctx, tx), add("b")(ctx, tx), add("c")(ctx, tx))
				})
				err := d.Write(ctx, c.name, c.f)
				if !errors.Is(err, c.want) {
					t.Errorf("told %v, want %v", err, c.want)
				}
				if got := items(t, d); got != c.left {
					t.Errorf("on disk: %q, want %q", got, c.left)
				}
			})
		}
	})
}

// nopTx does nothing, so that a case can mention a write that must not happen.
type nopTx struct{ db.Tx }

func (nopTx) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, nil
}

func TestNestedRefused(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		nothing := func(context.Context, db.Tx) error { return nil }
		outer := map[string]func(db.Func) error{
			"Write": func(f db.Func) error { return d.Write(ctx, "outer", f) },
			"Read":  func(f db.Func) error { return d.Read(ctx, "outer", f) },
			"Long":  func(f db.Func) error { return d.Read(ctx, "outer", f, db.Long()) },
		}
		for name, open := range outer {
			err := open(func(ctx context.Context, tx db.Tx) error {
				derived, cancel := context.WithCancel(ctx)
				defer cancel()
				if err := d.Write(derived, "inner", nothing); !errors.Is(err, db.ErrNested) {
					t.Errorf("Write in %s: %v", name, err)
				}
				if err := d.Read(ctx, "inner", nothing); !errors.Is(err, db.ErrNested) {
					t.Errorf("Read in %s: %v", name, err)
				}
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestDeadAfterItsFunction(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		mustWrite(t, d, add("a"))
		var old db.Tx
		var rows pgx.Rows
		var batch pgx.BatchResults
		use := func() {
			t.Helper()
			var n int64
			for what, err := range map[string]error{
				"Exec":     run(ctx, old, insertItem, "late", 0),
				"QueryRow": old.QueryRow(ctx, getItem, "a").Scan(&n),
				"Try":      old.Try(ctx, func(context.Context) error { return nil }),
				"Batch":    old.SendBatch(ctx, &pgx.Batch{}).Close(),
			} {
				if !errors.Is(err, db.ErrDead) {
					t.Errorf("%s afterwards: %v", what, err)
				}
			}
			if rows != nil && (rows.Next() || rows.Scan(&n) == nil) {
				t.Error("old rows gave a row")
			}
			if batch != nil {
				if _, err := batch.Exec(); err == nil {
					t.Error("an old batch ran")
				}
				_ = batch.Close() // whatever it says
			}
		}
		keepRows := func(ctx context.Context, tx db.Tx) (err error) {
			old = tx
			rows, err = tx.Query(ctx, itemsFrom, int64(0))
			rows.Next()
			return err
		}
		if err := d.Write(ctx, "w", keepRows); !errors.Is(err, db.ErrRowsOpen) {
			t.Error(err)
		}
		use()
		if err := d.Read(ctx, "r", keepRows); !errors.Is(err, db.ErrRowsOpen) {
			t.Error(err)
		}
		use()
		rows = nil
		if err := d.Write(ctx, "w", func(ctx context.Context, tx db.Tx) error {
			old = tx
			b := &pgx.Batch{}
			b.Queue(insertItem, "b", 0)
			b.Queue(insertItem, "c", 0)
			batch = tx.SendBatch(ctx, b)
			return nil
		}); !errors.Is(err, db.ErrRowsOpen) {
			t.Error(err)
		}
		use()
		mustWrite(t, d, add("z"))
		if got := items(t, d); got != "a z" {
			t.Errorf("on disk: %q", got)
		}
	})
}

func TestRowsAffected(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
			var got []string
			for _, c := range []struct {
				sql  string
				args []any
			}{
				{insertItem, []any{"a", 1}},
				{insertItem, []any{"b", 2}},
				{insertItemID, []any{"c"}},
				{upsert, []any{"a"}},
				{upsertAdd, []any{"a"}},
				{addAll, []any{int64(1)}},
				{countItems, nil},              // one row, not the count before it
				{itemsFrom, []any{int64(0)}},   // three rows
				{itemsFrom, []any{int64(1e9)}}, // none
				{addItem, []any{int64(1), "nobody"}},
				{deleteAll, []any{int64(0)}},
			} {
				tag, err := tx.Exec(ctx, c.sql, c.args...)
				if err != nil {
					return fmt.Errorf("%s: %w", c.sql, err)
				}
				got = append(got, fmt.Sprint(tag.RowsAffected()))
			}
			if s := strings.Join(got, " "); s != "1 1 1 0 1 3 1 3 0 0 3" {
				t.Errorf("rows: %s", s)
			}
			return nil
		})
	})
}
