package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const (
	itemsByIDs   = "SELECT COUNT(*) FROM items WHERE n = ANY($1::bigint[])"
	itemsByNames = "SELECT COUNT(*) FROM items WHERE v = ANY($1::text[])"
	insertAll    = "INSERT INTO items (id, v, n, ok, note) VALUES ($1, $2, $3, $4, $5)"
	getAll       = "SELECT id, v, n, ok, note FROM items WHERE id = $1"
	nextN        = "SELECT n + 1 FROM items WHERE v = $1"
	sumN         = "SELECT COALESCE(SUM(n), 0)::bigint FROM items"
	aNull        = "SELECT NULL::bigint"
	getV         = "SELECT v FROM items WHERE id = 1001"
	getTwo       = "SELECT n FROM items WHERE id = 1002"
	getMany      = "SELECT n FROM items WHERE id = 1003"
	insertDiary  = "INSERT INTO diary (id, text) VALUES ($1, $2)"
)

var _ = dbtest.SQL(insertAll, getAll, nextN, getV, getTwo, getMany, insertDiary)

func init() {
	db.RegisterLowered(map[string]string{
		aNull:        "SELECT NULL",
		itemsByIDs:   "SELECT COUNT(*) FROM items WHERE n IN (SELECT value FROM json_each(?1))",
		itemsByNames: "SELECT COUNT(*) FROM items WHERE v IN (SELECT value FROM json_each(?1))",
		sumN:         "SELECT COALESCE(SUM(n), 0) FROM items",
	})
}

type (
	state  string
	number int64
)

func ptr[T any](v T) *T { return &v }

// TestStrictValues: what one engine refuses the other refuses, and what both take comes back as it was.
func TestStrictValues(t *testing.T) {
	var v, note string
	var n int64
	var ok bool
	var small int16
	cases := []struct {
		name string
		sql  string
		args []any
		dest []any // scanned when there is any
		want error // nil: must work; errAny: some error
	}{
		{"a NUL byte", insertItem, []any{"a\x00b", 0}, nil, db.ErrText},
		{"broken UTF-8", insertItem, []any{"a\xffb", 0}, nil, db.ErrText},
		{"a NUL byte behind a pointer", insertAll, []any{9, "z", 0, true, ptr("\x00")}, nil, db.ErrText},
		{"a NUL byte in a list", itemsByNames, []any{[]string{"a", "\x00"}}, []any{&n}, db.ErrText},
		{"broken UTF-8 in a list", itemsByNames, []any{[]string{"a\xc3"}}, []any{&n}, db.ErrText},
		{"text for a number", insertItem, []any{"z", "12abc"}, nil, errAny},
		{"digits for a number", insertItem, []any{"z", "12"}, nil, nil}, // both take them
		{"a float for a number", insertItem, []any{"z", 1.5}, nil, errAny},
		{"an unknown type", insertItem, []any{"z", struct{ X int }{1}}, nil, errAny},
		{"a channel", insertItem, []any{"z", make(chan int)}, nil, errAny},
		{"NULL where none may be", insertItem, []any{nil, 0}, nil, errAny},
		{"NULL into text", getAll, []any{1001}, []any{&n, &v, &n, &ok, &note}, errAny},
		{"NULL into a number", aNull, nil, []any{&n}, errAny},
		{"text into a number", getV, nil, []any{&n}, errAny},
		{"text into a bool", getV, nil, []any{&ok}, errAny},
		{"a number into a bool", getTwo, nil, []any{&ok}, errAny},
		{"a large number into a small one", getMany, nil, []any{&small}, errAny},
		{"an overflow on its way in", addItem, []any{int64(1), "max"}, nil, db.ErrRange},
		{"an overflow on its way out", nextN, []any{"max"}, []any{&n}, db.ErrRange},
		{"a sum that overflows", sumN, nil, []any{&n}, db.ErrRange},
	}
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				undo := errors.New("undo")
				err := d.Write(ctx, c.name, func(ctx context.Context, tx db.Tx) error {
					for i, v := range []struct {
						v string
						n int64
					}{{"one", 1}, {"two", 2}, {"many", 70_000}, {"max", math.MaxInt64}} {
						if err := run(ctx, tx, insertAll, 1001+i, v.v, v.n, false, nil); err != nil {
							t.Fatalf("before: %v", err)
						}
					}
					var err error
					if c.dest != nil {
						err = tx.QueryRow(ctx, c.sql, c.args...).Scan(c.dest...)
					} else {
						err = run(ctx, tx, c.sql, c.args...)
					}
					return cmp.Or(err, undo)
				})
				want := cmp.Or(c.want, undo)
				if (want == errAny && errors.Is(err, undo)) || (want != errAny && !errors.Is(err, want)) {
					t.Errorf("told %v, want %v", err, want)
				}
			})
		}
	})
}

var errAny = errors.New("any error")

func TestValuesComeBack(t *testing.T) {
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		long := strings.Repeat("नमस्ते 🙏 '\"\\", 5000)
		mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
			return errors.Join(
				run(ctx, tx, insertAll, int64(1), "", int64(0), false, nil),
				run(ctx, tx, insertAll, ptr(int64(2)), ptr("x"), ptr(int64(math.MaxInt64)), ptr(true), ptr("")),
				run(ctx, tx, insertAll, number(3), state("sent"), int32(7), true, ptr(state("held"))),
				run(ctx, tx, insertAll, int16(4), long, 0, false, (*string)(nil)),
			)
		})
		err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
			var got []string
			for id := range 4 {
				var n, num number
				var v state
				var ok bool
				var note *state
				if err := tx.QueryRow(ctx, getAll, id+1).Scan(&n, &v, &num, &ok, &note); err != nil {
					return err
				}
				if id == 3 && string(v) != long {
					t.Error("the long text changed")
				}
				if id == 3 {
					v = "long"
				}
				s := "NULL"
				if note != nil {
					s = fmt.Sprintf("%q", *note)
				}
				got = append(got, fmt.Sprintf("%d %q %d %v %s", n, v, num, ok, s))
			}
			want := []string{
				`1 "" 0 false NULL`, `2 "x" 9223372036854775807 true ""`, `3 "sent" 7 true "held"`, `4 "long" 0 false NULL`,
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("got %s, want %s", got[i], want[i])
				}
			}
			for _, c := range []struct {
				sql  string
				list any
				want int64
			}{
				{itemsByIDs, []int64(nil), 0},
				{itemsByIDs, []int64{}, 0},
				{itemsByIDs, []int64{7, math.MaxInt64, math.MinInt64}, 2},
				{itemsByNames, []string(nil), 0},
				{itemsByNames, []string{}, 0},
				{itemsByNames, []string{"", "sent", `<&>"\`, long}, 3},
			} {
				var n int64
				if err := tx.QueryRow(ctx, c.sql, c.list).Scan(&n); err != nil {
					return err
				}
				if n != c.want {
					t.Errorf("%s of %.40v: %d", c.sql, c.list, n)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestConstraintErrors breaks one constraint of each kind. Both engines must give the same name and kind.
func TestConstraintErrors(t *testing.T) {
	cases := []struct {
		name, sql  string
		args       []any
		constraint string
		kind       db.ConstraintKind
	}{
		{"primary key", insertAll, []any{1001, "new", 0, true, nil}, "items_pkey", db.Unique},
		{"unique constraint", insertItem, []any{"a", 0}, "items_v_key", db.Unique},
		{"unique index on a part", insertJob, []any{"k", "running", 1001}, "jobs_running_key", db.Unique},
		{"check", insertItem, []any{"new", -1}, "items_n_check", db.Check},
		{"not null", insertItem, []any{nil, 0}, "items_v_not_null", db.NotNull},
		{"not null, update", "UPDATE items SET v = NULL", nil, "items_v_not_null", db.NotNull},
		{"append-only, update", "UPDATE diary SET text = 'x'", nil, "diary_append_only", db.AppendOnly},
		{"append-only, delete", "DELETE FROM diary", nil, "diary_append_only", db.AppendOnly},
		{"foreign key, insert", insertJob, []any{"k", "done", 99}, "", db.ForeignKey},
		{"foreign key, delete", "DELETE FROM items WHERE id = 1001", nil, "", db.ForeignKey},
	}
	dbtest.Each(t, fixture, func(t *testing.T, d *db.DB) {
		mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
			return errors.Join(
				run(ctx, tx, insertAll, 1001, "a", 0, true, nil),
				run(ctx, tx, insertJob, "k", "running", 1001),
				run(ctx, tx, insertJob, "k", "done", 1001), // beside the index, which has a condition
				run(ctx, tx, insertDiary, 1, "x"),
			)
		})
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				dbtest.SQL(c.sql)
				err := d.Write(ctx, c.name, func(ctx context.Context, tx db.Tx) error { return run(ctx, tx, c.sql, c.args...) })
				var got *db.ConstraintError
				if !errors.As(err, &got) || got.Name != c.constraint || got.Kind != c.kind {
					t.Errorf("told %v", err)
				}
				if !db.IsConstraint(err, c.constraint) || db.IsConstraint(err, "another") {
					t.Errorf("IsConstraint: %v", err)
				}
			})
		}
	})
}
