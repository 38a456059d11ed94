package db_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

const touchItem = "UPDATE items SET n = n + 1 WHERE id = $1"

var _ = dbtest.SQL(touchItem, "SELECT v, n FROM items WHERE id = $1")

// order is a write of twelve statements, the smallest that is like one of the market's.
func order(i int64) db.Func {
	return func(ctx context.Context, tx db.Tx) error {
		for k := range int64(4) {
			id := (i+k)%1000 + 1
			var v string
			var n int64
			if err := tx.QueryRow(ctx, "SELECT v, n FROM items WHERE id = $1", id).Scan(&v, &n); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, touchItem, id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, insertJob, "k", "new", id); err != nil {
				return err
			}
		}
		return nil
	}
}

func benchOpen(b *testing.B, cfg db.Config) *db.DB {
	cfg.Schema = fixture
	d := dbtest.Open(b, db.Embedded, cfg)
	mustWrite(b, d, func(ctx context.Context, tx db.Tx) error {
		for i := range 1000 {
			if err := add(fmt.Sprint("item", i))(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
	return d
}

func benchWrite(b *testing.B, perCPU int, cfg db.Config, f func(int64) db.Func) {
	d := benchOpen(b, cfg)
	var i atomic.Int64
	b.SetParallelism(perCPU)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := d.Write(ctx, "bench", f(i.Add(1))); err != nil {
				b.Error(err)
			}
		}
	})
	s := d.Stats()
	b.ReportMetric(float64(s.Functions)/float64(s.Groups), "functions/group")
}

// BenchmarkWriteGroup: 64 clients (with 2 processors), committed in groups.
func BenchmarkWriteGroup(b *testing.B) { benchWrite(b, 32, db.Config{}, order) }

// BenchmarkWriteOneByOne: the same, a commit each.
func BenchmarkWriteOneByOne(b *testing.B) { benchWrite(b, 32, db.Config{OneByOne: true}, order) }

// BenchmarkWriteAlone: one client.
func BenchmarkWriteAlone(b *testing.B) {
	d := benchOpen(b, db.Config{})
	b.ReportAllocs()
	for i := range int64(b.N) {
		mustWrite(b, d, order(i))
	}
}

// BenchmarkWriteNothing: what a function costs that does nothing: queue, hand-over, savepoint.
func BenchmarkWriteNothing(b *testing.B) {
	benchWrite(b, 32, db.Config{}, func(int64) db.Func { return func(context.Context, db.Tx) error { return nil } })
}

// BenchmarkStatement: one statement inside a write.
func BenchmarkStatement(b *testing.B) {
	d := benchOpen(b, db.Config{})
	for name, f := range map[string]func(ctx context.Context, tx db.Tx, id int64) error{
		"update": func(ctx context.Context, tx db.Tx, id int64) error { return run(ctx, tx, touchItem, id) },
		"select": func(ctx context.Context, tx db.Tx, id int64) error {
			var v string
			var n int64
			return tx.QueryRow(ctx, "SELECT v, n FROM items WHERE id = $1", id).Scan(&v, &n)
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			mustWrite(b, d, func(ctx context.Context, tx db.Tx) error {
				b.ResetTimer()
				for i := range int64(b.N) {
					if err := f(ctx, tx, i%1000+1); err != nil {
						return err
					}
				}
				b.StopTimer()
				return nil
			})
		})
	}
}

// BenchmarkRead: a read of one row, alone and from many.
func BenchmarkRead(b *testing.B) {
	d := benchOpen(b, db.Config{})
	read := func(id int64) error {
		var v string
		var n int64
		return d.Read(ctx, "bench", func(ctx context.Context, tx db.Tx) error {
			return tx.QueryRow(ctx, "SELECT v, n FROM items WHERE id = $1", id).Scan(&v, &n)
		})
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for i := range int64(b.N) {
			if err := read(i%1000 + 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("many", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		var i atomic.Int64
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := read(i.Add(1)%1000 + 1); err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkList: a page of twenty.
func BenchmarkList(b *testing.B) {
	d := dbtest.Open(b, db.Embedded, db.Config{Schema: posts})
	insertPosts(b, d, somePosts(2000))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := page(d, db.ListQuery{Filters: map[string]any{"shop": int64(1)}, Limit: 20}); err != nil {
			b.Fatal(err)
		}
	}
}
