package order_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/idem"
)

// errCrash is what everything gets from a market that has crashed.
var errCrash = errors.New("the market crashed")

// mortal is a market's process that crashes before one of its statements, and stays dead until it is started again. What
// was committed before is there, what was not is not, whatever was on its way.
type mortal struct {
	mu   sync.Mutex
	left int // statements until it crashes; below zero it lives
	dead bool
}

// doom lets it crash before the n-th statement from now; n = 0: it lives.
func (m *mortal) doom(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.dead = n-1, false
}

// crashed says whether it did.
func (m *mortal) crashed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dead
}

func (m *mortal) alive() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.dead && m.left >= 0 {
		m.dead = m.left == 0
		m.left--
	}
	return !m.dead
}

func (m *mortal) watch(_ string, tx db.Tx) db.Tx { return &mortalTx{tx, m} }

type mortalTx struct {
	db.Tx
	m *mortal
}

func (t *mortalTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if !t.m.alive() {
		return pgconn.CommandTag{}, errCrash
	}
	return t.Tx.Exec(ctx, sql, args...)
}

func (t *mortalTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if !t.m.alive() {
		return nil, errCrash
	}
	return t.Tx.Query(ctx, sql, args...)
}

func (t *mortalTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if !t.m.alive() {
		return noAnswer{}
	}
	return t.Tx.QueryRow(ctx, sql, args...)
}

func (t *mortalTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if !t.m.alive() {
		return noBatch{}
	}
	return t.Tx.SendBatch(ctx, b)
}

// noAnswer and noBatch are what a dead process says to a query and to a batch.
type noAnswer struct{}

func (noAnswer) Scan(...any) error { return errCrash }

type noBatch struct{ pgx.BatchResults }

func (noBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, errCrash }
func (noBatch) Query() (pgx.Rows, error)         { return nil, errCrash }
func (noBatch) QueryRow() pgx.Row                { return noAnswer{} }
func (noBatch) Close() error                     { return errCrash }

// survive does one thing in a market that may crash at any of its statements. Whoever asked for it asks again, under the
// same key, until he is answered; and sometimes once more, because the answer was lost on the way to him.
func (w *world) survive(m *mortal) func(*rapid.T, string, func(context.Context) error) error {
	deeds := 0
	return func(t *rapid.T, operation string, f func(context.Context) error) error {
		deeds++
		ctx := idem.WithKey(context.Background(), idem.Key{
			Scope: "account:somebody", Operation: operation, Value: w.stamp + "-" + strconv.Itoa(deeds), Fingerprint: strings.Repeat("0123456789abcdef", 4),
		})
		var err error
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, 60), 0, 3).Draw(t, "crashes") {
			m.doom(n)
			err = f(ctx)
			if !m.crashed() { // it was over before
				m.doom(0)
				return err
			}
			m.doom(0)
		}
		if err = f(ctx); err == nil && rapid.Bool().Draw(t, "answer lost") {
			// Without a key the second time is another deed, which may be refused.
			if again := f(ctx); again != nil && !isFault(again) {
				t.Fatalf("asked again: %v", again)
			}
		}
		return err
	}
}

// The same with crashes between any two statements: of a request, of a sweep, of a follower of events before its place is
// stored, of a job. At the end, when everything that was left open had its time, the books agree.
func TestAnythingInAnyOrderWithCrashes(t *testing.T) {
	m := &mortal{left: -1}
	dbtest.EachWith(t, db.Config{Schema: app.Schema(), Watch: m.watch}, func(t *testing.T, d *db.DB) {
		market := apptest.On(t, d)
		few(t, "4")
		worlds := 0
		rapid.Check(t, func(rt *rapid.T) {
			m.doom(0)
			w := newWorld(market)
			worlds++
			w.stamp = "crash-" + strconv.Itoa(worlds) + "-0000000000"
			w.run = w.survive(m)
			rt.Repeat(map[string]func(*rapid.T){
				"checkout": w.checkout, "pay": w.pay, "pay again": w.pay, "step": w.step, "step again": w.step, "cancel": w.cancel, "wait": w.wait, "refund": w.refund,
				"quarrel": w.quarrel, "payout": w.payout, "pay debt": w.payDebt, "follow": w.follow,
			})
			w.check(rt)
		})
		m.doom(0)
	})
}

// follow numbers the events and serves their followers.
func (w *world) follow(t *rapid.T) {
	for _, sweep := range []string{"event.number", "event.follow.order.popularity", "event.follow.invoice.follow", "event.follow.watch.follow"} {
		if err := w.run(t, sweep, func(ctx context.Context) error { _, err := w.Jobs.RunSweep(ctx, sweep); return err }); err != nil {
			t.Fatal(err)
		}
	}
}
