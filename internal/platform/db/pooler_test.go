package db_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// TestBehindPooler: with default_query_exec_mode=exec, which a transaction pooler needs, nothing is prepared and
// nothing is set for the session, and everything works as before.
func TestBehindPooler(t *testing.T) {
	url := dbtest.EmptyPostgres(t)
	if url == "" {
		t.Log("no PostgreSQL here")
		return
	}
	if strings.Contains(url, "?") {
		url += "&"
	} else {
		url += "?"
	}
	both := db.Schema{Postgres: append(append([]db.Migration{}, fixture.Postgres...), db.Migration{Number: 2, Name: "posts", SQL: posts.Postgres[0].SQL})}
	d := dbtest.Open(t, db.Postgres, db.Config{URL: url + "default_query_exec_mode=exec", Schema: both})
	migrates(t, d, 2)
	insertPosts(t, d, somePosts(100))
	mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
		b := &pgx.Batch{}
		b.Queue(insertItem, "a", 1)
		b.Queue(insertItem, "b", 2)
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		if ok, err := tx.TryLock(ctx, "a name"); !ok || err != nil {
			return errors.Join(errors.New("not locked"), err)
		}
		err := tx.Try(ctx, func(ctx context.Context) error { return add("a")(ctx, tx) })
		if !db.IsConstraint(err, "items_v_key") {
			return err
		}
		return run(ctx, tx, insertAll, 1001, "c", 3, true, ptr("note"))
	})
	err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
		var n, m int64
		if err := tx.QueryRow(ctx, itemsByIDs, []int64{1, 2, 9}).Scan(&n); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, itemsByNames, []string{"a", "c"}).Scan(&m); err != nil {
			return err
		}
		if n != 2 || m != 2 {
			t.Errorf("found %d and %d", n, m)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	ids, next, err := page(d, db.ListQuery{Filters: map[string]any{"shop": 1}, Limit: 5})
	if err != nil || len(ids) != 5 {
		t.Fatal(ids, err)
	}
	if ids, _, err = page(d, db.ListQuery{Filters: map[string]any{"shop": 1}, Limit: 5, Cursor: next}); err != nil || len(ids) != 5 {
		t.Error(ids, err)
	}
}

// TestTryLock: a name that another transaction holds is refused at once, and free when that has ended.
func TestTryLock(t *testing.T) {
	onPostgres(t, db.Config{Schema: fixture}, func(t *testing.T, d *db.DB) {
		var other bool
		try := func(name string) {
			mustWrite(t, d, func(ctx context.Context, tx db.Tx) (err error) { other, err = tx.TryLock(ctx, name); return err })
		}
		mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
			mine, err := tx.TryLock(ctx, "a")
			if err != nil {
				return err
			}
			if try("a"); !mine || other {
				t.Errorf("mine %v, another's %v", mine, other)
			}
			if try("b"); !other {
				t.Error("another name was refused")
			}
			return nil
		})
		if try("a"); !other {
			t.Error("still held")
		}
	})
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture})
	mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
		if ok, err := tx.TryLock(ctx, "a"); !ok || err != nil {
			t.Errorf("embedded: %v %v", ok, err)
		}
		return nil
	})
}
