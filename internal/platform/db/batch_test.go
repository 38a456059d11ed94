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
