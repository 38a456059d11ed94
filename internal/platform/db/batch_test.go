package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func TestBatch(t *testing.T) {
	cases := []struct {
		name string
		f    func(ctx context.Context, tx db.Tx, b *pgx.Batch) error
		want error
		left string
	}{
		{"closed without a look", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(insertItem, "a", 0)
			b.Queue(insertItem, "b", 0)
			return tx.SendBatch(ctx, b).Close()
		}, nil, "a b"},
		{"joined, read in order", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			j := db.Join(tx)
			b.Queue(insertItem, "a", 0)
			b.Queue(insertItem, "b", 0)
			one, none := j.SendBatch(ctx, b), j.SendBatch(ctx, &pgx.Batch{})
			var c pgx.Batch
			c.Queue(countItems)
			two := j.SendBatch(ctx, &c)
			for range 2 {
				if _, err := one.Exec(); err != nil {
					return err
				}
			}
			var n int64
			if err := errors.Join(one.Close(), none.Close(), two.QueryRow().Scan(&n), two.Close(), j.Close()); err != nil || n != 2 {
				return fmt.Errorf("%d items, %w", n, err)
			}
			return add("c")(ctx, tx)
		}, nil, "a b c"},
		{"joined, read out of order", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			j := db.Join(tx)
			b.Queue(countItems)
			j.SendBatch(ctx, b)
			if _, err := j.SendBatch(ctx, b).Exec(); err == nil {
				return errors.New("the second was read before the first")
			}
			if _, err := j.SendBatch(ctx, b).Exec(); err == nil {
				return errors.New("more was joined after it was sent")
			}
			_, exec := j.Exec(ctx, insertItem, "x", 0)
			if exec == nil || j.QueryRow(ctx, countItems).Scan() == nil {
				return errors.New("a statement alone went through")
			}
			return j.Close()
		}, nil, ""},
		{"joined, stops at the first error", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			j := db.Join(tx)
			b.Queue(insertItem, "a", 0)
			b.Queue(insertItem, "a", 0)
			one := j.SendBatch(ctx, b)
			var c pgx.Batch
			c.Queue(insertItem, "b", 0)
			two := j.SendBatch(ctx, &c)
			_, first := one.Exec()
			_, second := one.Exec()
			_, third := two.Exec()
			if first != nil || !db.IsConstraint(second, "items_v_key") || !db.IsConstraint(third, "items_v_key") || !db.IsConstraint(j.Close(), "items_v_key") {
				return fmt.Errorf("told %v, %v, %v", first, second, third)
			}
			return nil
		}, db.ErrFailed, ""},
		{"joined and counted", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			j := db.Join(tx)
			b.Queue(insertItem, "a", 0)
			b.Queue(addItem, 1, "nobody")
			b.Queue(addItem, 1, "a")
			res := j.Counted().SendBatch(ctx, b)
			_, one := res.Exec()
			_, none := res.Exec()
			_, other := res.Exec()
			if one != nil || !errors.Is(none, db.ErrNoRows) || other != nil {
				return fmt.Errorf("told %v, %v, %v", one, none, other)
			}
			return errors.Join(res.Close(), j.Close(), add("b")(ctx, tx))
		}, nil, "a b"},
		{"joined and nothing", func(ctx context.Context, tx db.Tx, _ *pgx.Batch) error {
			return errors.Join(db.Join(tx).Close(), add("a")(ctx, tx))
		}, nil, "a"},
		{"empty", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			return errors.Join(tx.SendBatch(ctx, b).Close(), add("a")(ctx, tx))
		}, nil, "a"},
		{"stops at the first error", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			for _, v := range []string{"a", "a", "b"} {
				b.Queue(insertItem, v, 0)
			}
			res := tx.SendBatch(ctx, b)
			_, one := res.Exec()
			_, two := res.Exec()
			_, three := res.Exec()
			if one != nil || !db.IsConstraint(two, "items_v_key") || !db.IsConstraint(three, "items_v_key") {
				return fmt.Errorf("told %v, %v, %v", one, two, three)
			}
			if err := res.Close(); !db.IsConstraint(err, "items_v_key") {
				return fmt.Errorf("Close: %v", err)
			}
			return nil
		}, db.ErrFailed, ""},
		{"stops at the first error, unseen", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			for _, v := range []string{"a", "a", "b"} {
				b.Queue(insertItem, v, 0)
			}
			if err := tx.SendBatch(ctx, b).Close(); !db.IsConstraint(err, "items_v_key") {
				return fmt.Errorf("Close: %v", err)
			}
			return add("c")(ctx, tx)
		}, db.ErrFailed, ""},
		{"inside Try", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			for _, v := range []string{"a", "a", "b"} {
				b.Queue(insertItem, v, 0)
			}
			err := tx.Try(ctx, func(ctx context.Context) error { return tx.SendBatch(ctx, b).Close() })
			if !db.IsConstraint(err, "items_v_key") {
				return fmt.Errorf("Try: %v", err)
			}
			return add("c")(ctx, tx)
		}, nil, "c"},
		{"never closed", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(insertItem, "a", 0)
			tx.SendBatch(ctx, b)
			return nil
		}, db.ErrRowsOpen, ""},
		{"never closed inside Try", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(insertItem, "a", 0)
			b.Queue(insertItem, "b", 0)
			var res pgx.BatchResults
			err := tx.Try(ctx, func(ctx context.Context) error { res = tx.SendBatch(ctx, b); return nil })
			if !errors.Is(err, db.ErrRowsOpen) {
				return fmt.Errorf("Try: %v", err)
			}
			_ = res.Close() // what was given up must not run any more
			return add("c")(ctx, tx)
		}, nil, "c"},
		{"another statement meanwhile", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(insertItem, "a", 0)
			res := tx.SendBatch(ctx, b)
			defer res.Close()
			return add("c")(ctx, tx)
		}, db.ErrRowsOpen, ""},
		{"rows, a row and callbacks", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			var id, n int64
			var seen []string
			b.Queue(insertItem, "a", 5)
			b.Queue(insertItemID, "b").QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
			b.Queue(itemsFrom, int64(0)).Query(func(rows pgx.Rows) error {
				for rows.Next() {
					var v string
					if err := rows.Scan(&v); err != nil {
						return err
					}
					seen = append(seen, v)
				}
				return rows.Err()
			})
			b.Queue(getItem, "a").QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
			if err := tx.SendBatch(ctx, b).Close(); err != nil {
				return err
			}
			if id == 0 || n != 5 || fmt.Sprint(seen) != "[a b]" {
				return fmt.Errorf("got %d, %d, %v", id, n, seen)
			}
			return add("c")(ctx, tx)
		}, nil, "a b c"},
		{"rows read by hand", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(insertItem, "a", 5)
			b.Queue(getItem, "a")
			b.Queue(getItem, "nobody")
			b.Queue(insertItem, "b", 5)
			res := tx.SendBatch(ctx, b)
			defer res.Close()
			var n int64
			if _, err := res.Exec(); err != nil {
				return err
			}
			rows, err := res.Query()
			if err != nil {
				return err
			}
			if !rows.Next() || rows.Scan(&n) != nil || n != 5 {
				return fmt.Errorf("got %d: %v", n, rows.Err())
			}
			rows.Close()
			if err := res.QueryRow().Scan(&n); err != db.ErrNoRows {
				return fmt.Errorf("got %w", err)
			}
			if err := res.Close(); err != nil {
				return err
			}
			return add("c")(ctx, tx)
		}, nil, "a b c"},
		{"rows of the batch left open", func(ctx context.Context, tx db.Tx, b *pgx.Batch) error {
			b.Queue(getItem, "a")
			b.Queue(insertItem, "b", 5)
			res := tx.SendBatch(ctx, b)
			if _, err := res.Query(); err != nil {
				return err
			}
			_, err := res.Exec()
			return err
		}, db.ErrRowsOpen, ""},
	}
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				mustWrite(t, d, func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, deleteAll, 0) })
				err := d.Write(ctx, c.name, func(ctx context.Context, tx db.Tx) error { return c.f(ctx, tx, &pgx.Batch{}) })
				if !errors.Is(err, c.want) {
					t.Errorf("told %v, want %v", err, c.want)
				}
				mustWrite(t, d, func(context.Context, db.Tx) error { return nil })
				if got := items(t, d); got != c.left {
					t.Errorf("on disk: %q, want %q", got, c.left)
				}
			})
		}
	})
}
