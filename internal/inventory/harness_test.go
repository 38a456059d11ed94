package inventory_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/verify"
	"github.com/haat-market/haat/internal/schema"
	"github.com/haat-market/haat/internal/store"
)

// shop is the room with variants to count, numbered from 1.
type shop struct {
	*inventory.Service
	t  testing.TB
	db *db.DB
}

func testSchema() db.Schema {
	out := db.Schema{Unique: schema.Unique}
	for _, m := range schema.Migrations(schema.SQLite) {
		out.Embedded = append(out.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres) {
		out.Postgres = append(out.Postgres, db.Migration(m))
	}
	return out
}

// each runs f on both engines, with every function run twice.
func each(t *testing.T, f func(t *testing.T, s *shop)) {
	t.Helper()
	dbtest.EachWith(t, db.Config{Schema: testSchema(), Twice: true}, func(t *testing.T, d *db.DB) { f(t, open(t, d)) })
}

func open(t testing.TB, d *db.DB) *shop {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 10, 1, 6, 0, 0, 0, time.UTC))
	stores := store.New(store.Deps{DB: d, Clock: c, Log: dbtest.Quiet})
	products := catalog.New(catalog.Deps{
		DB: d, Clock: c, Log: dbtest.Quiet, Events: event.New(c), Stores: stores,
		Currency: func(context.Context) (money.Currency, error) { return "NPR", nil },
	})
	s := &shop{t: t, db: d, Service: inventory.New(inventory.Deps{
		DB: d, Clock: c, Log: dbtest.Quiet, Events: event.New(c), Catalog: products, Stores: stores,
		LowAt: func(context.Context, db.Tx) (int64, error) { return 5, nil },
	})}
	dbtest.Exec(t, d, `INSERT INTO accounts (id, public_id, code, name, email, email_key, phone, password_hash, state, created_at, updated_at)
		VALUES (1, 'acc_1', '1', 'Asha', 'a@example.org', 'a@example.org', '', '', 'active', 0, 0)`)
	dbtest.Exec(t, d, `INSERT INTO stores (id, public_id, code, owner_id, name, name_key, slug, description, business_type, email, phone, whatsapp, address, sells, buys, state, suspend_reason, suspended_from, created_at, updated_at)
		VALUES (1, 'sto_1', '1', 1, 'S', 's', 's', '', '', '', '', '', '{}', TRUE, FALSE, 'published', '', '', 0, 0)`)
	dbtest.Exec(t, d, `INSERT INTO products (id, public_id, store_id, handle, title, description, vendor, option1, option2, option3, state, version, created_at, updated_at)
		VALUES (1, 'prd_1', 1, 'p', 'P', '', '', 'N', '', '', 'published', 1, 0, 0)`)
	return s
}

// stock makes variants with so much on hand each; their ids are 1, 2, 3, …
func (s *shop) stock(onHand ...int64) {
	s.t.Helper()
	var counts []catalog.Count
	for i, n := range onHand {
		id := int64(i + 1)
		dbtest.Exec(s.t, s.db, `INSERT INTO variants (id, public_id, product_id, store_id, position, option1, option2, option3, barcode, price, currency, weight, track_stock, archived, version, created_at, updated_at)
			VALUES ($1, $2, 1, 1, 0, $3, '', '', '', 100, 'NPR', 0, TRUE, FALSE, 1, 0, 0)`, id, fmt.Sprintf("var_%d", id), fmt.Sprint(id))
		counts = append(counts, catalog.Count{Variant: id, OnHand: n})
	}
	s.write(func(ctx context.Context, tx db.Tx) error {
		refused, err := s.Count(ctx, tx, counts, "test", "initial")
		if len(refused) > 0 {
			s.t.Errorf("refused %v", refused)
		}
		return err
	})
}

// try runs f as order does it: in one transaction of its own.
func (s *shop) try(f db.Func) error {
	return s.db.Write(context.Background(), "test.stock", f, db.ReadCommitted())
}

func (s *shop) write(f db.Func) {
	s.t.Helper()
	if err := s.try(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) reserve(owner string, lines ...inventory.Line) error {
	return s.try(func(ctx context.Context, tx db.Tx) error { return s.Reserve(ctx, tx, owner, lines) })
}

func (s *shop) levels(variants ...int64) (out map[int64]inventory.Level) {
	s.t.Helper()
	err := s.db.Read(context.Background(), "test.levels", func(ctx context.Context, tx db.Tx) (err error) {
		out, err = s.Levels(ctx, tx, variants)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// wantLevels compares available and reserved, variant by variant from 1.
func (s *shop) wantLevels(want ...inventory.Level) {
	s.t.Helper()
	all := map[int64]inventory.Level{}
	for i, l := range want {
		all[int64(i+1)] = l
	}
	if got := s.levels(slices.Collect(maps.Keys(all))...); !maps.Equal(got, all) {
		s.t.Errorf("levels %v, want %v", got, all)
	}
}

// findings runs the room's rules.
func (s *shop) findings() (found []verify.Finding) {
	s.t.Helper()
	err := s.db.Read(context.Background(), "test.verify", func(ctx context.Context, tx db.Tx) (err error) {
		found, err = verify.Run(ctx, tx, s.Rules(), nil)
		return err
	}, db.Long())
	if err != nil {
		s.t.Fatal(err)
	}
	return found
}

func (s *shop) verify() {
	s.t.Helper()
	for _, f := range s.findings() {
		s.t.Error(f)
	}
}

func lines(pairs ...int64) (out []inventory.Line) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, inventory.Line{Variant: pairs[i], Qty: pairs[i+1]})
	}
	return out
}

// counter counts what is sent to the database.
type counter struct {
	db.Tx
	n int
}

func (c *counter) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	c.n++
	return c.Tx.Exec(ctx, sql, args...)
}

func (c *counter) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c.n++
	return c.Tx.Query(ctx, sql, args...)
}

func (c *counter) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.n++
	return c.Tx.QueryRow(ctx, sql, args...)
}

func (c *counter) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	c.n++
	return c.Tx.SendBatch(ctx, b)
}
