package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/schema"
)

var start = time.Date(2026, 4, 14, 6, 0, 0, 0, time.UTC)

func testSchema() db.Schema {
	convert := func(from []schema.Migration) (out []db.Migration) {
		for _, m := range from {
			out = append(out, db.Migration{Number: m.Number, Name: m.Name, SQL: m.SQL})
		}
		return out
	}
	return db.Schema{
		Embedded: convert(schema.Migrations(schema.SQLite)), Postgres: convert(schema.Migrations(schema.Postgres)),
		Unique: schema.Unique,
	}
}

// books is a ledger on a fresh database.
type books struct {
	testing.TB
	*Service
	clock *clock.Fake
}

func each(t *testing.T, f func(t *testing.T, b books)) {
	t.Helper()
	dbtest.EachWith(t, db.Config{Schema: testSchema(), Twice: true}, func(t *testing.T, d *db.DB) {
		f(t, newBooks(t, d))
	})
}

func newBooks(t testing.TB, d *db.DB) books {
	c := clock.NewFake(start)
	return books{TB: t, Service: New(d, c), clock: c}
}

// write runs f as the hot path does.
func (b books) write(f func(ctx context.Context, tx db.Tx) error) error {
	b.Helper()
	return b.db.Write(context.Background(), "test", f, db.ReadCommitted())
}

func (b books) post(p Posting, reference, subject string, legs ...Leg) error {
	b.Helper()
	return b.write(func(ctx context.Context, tx db.Tx) error { return b.Post(ctx, tx, p, reference, subject, legs...) })
}

func (b books) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b books) read(f func(ctx context.Context, tx db.Tx) error) {
	b.Helper()
	b.must(b.db.Read(context.Background(), "test", f, db.Long()))
}

func (b books) balance(k Key) (out Balance) {
	b.Helper()
	b.read(func(ctx context.Context, tx db.Tx) (err error) {
		out, err = b.Balance(ctx, tx, k)
		return err
	})
	return out
}

func (b books) expect(k Key, balance, held int64) {
	b.Helper()
	if got, want := b.balance(k), (Balance{Balance: balance, Held: held, Available: balance - held}); got != want {
		b.Errorf("%s: %+v, want %+v", k, got, want)
	}
}

// fill puts money into a wallet.
func (b books) fill(k Key, amount int64) {
	b.Helper()
	a, err := k.parse()
	b.must(err)
	b.must(b.post(OpeningBalance, "open/"+string(k), "opening", Leg{From: EquityOpening(a.currency), To: k, Amount: amount}))
}

// check is what verify says of the books, in the caller's transaction.
func (b books) check(ctx context.Context, tx db.Tx) (out []string, err error) {
	for _, r := range b.Rules() {
		err = errors.Join(err, r.Check(ctx, tx, func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }))
	}
	return out, err
}

// findings are what verify says of the books.
func (b books) findings() (out []string) {
	b.Helper()
	b.read(func(ctx context.Context, tx db.Tx) (err error) {
		out, err = b.check(ctx, tx)
		return err
	})
	return out
}

// clean fails unless verify finds nothing.
func (b books) clean() {
	b.Helper()
	for _, f := range b.findings() {
		b.Error(f)
	}
}
