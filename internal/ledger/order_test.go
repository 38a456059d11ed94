package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// recorder notes which queries run, by name, and with which arguments.
type recorder struct {
	db.Tx
	names []string
	args  map[string][][]any
}

func (r *recorder) note(sql string, args []any) {
	_, name, _ := strings.Cut(sql, "-- name: ")
	name, _, _ = strings.Cut(name, " ")
	if len(r.names) == 0 || r.names[len(r.names)-1] != name { // the statements of a batch are one
		r.names = append(r.names, name)
	}
	r.args[name] = append(r.args[name], args)
}

func (r *recorder) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	r.note(sql, args)
	return r.Tx.Exec(ctx, sql, args...)
}

func (r *recorder) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r.note(sql, args)
	return r.Tx.Query(ctx, sql, args...)
}

func (r *recorder) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r.note(sql, args)
	return r.Tx.QueryRow(ctx, sql, args...)
}

func (r *recorder) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		r.note(q.SQL, q.Arguments)
	}
	return r.Tx.SendBatch(ctx, b)
}

// What runs, in which order, and how often a posting goes to the database and back: locks first, in the order of keys,
// and the market's own accounts are never touched.
func TestOrderOfStatements(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		wallets := []Key{Wallet("acc_c", "NPR"), Wallet("acc_b", "NPR"), Wallet("acc_a", "NPR")}
		for _, w := range wallets {
			b.fill(w, 1_000)
		}
		b.must(b.post(StoreCollected, "fees", "x", Leg{From: shop, To: PlatformFees("NPR"), Amount: 1}))
		run := func(name string, want string, f func(ctx context.Context, tx db.Tx) error) *recorder {
			var r *recorder
			b.must(b.write(func(ctx context.Context, tx db.Tx) error {
				r = &recorder{Tx: tx, args: map[string][][]any{}}
				return f(ctx, r)
			}))
			if got := strings.Join(r.names, " "); got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
			return r
		}
		post := func(p Posting, reference string, legs ...Leg) func(ctx context.Context, tx db.Tx) error {
			return func(ctx context.Context, tx db.Tx) error { return b.Post(ctx, tx, p, reference, "x", legs...) }
		}
		gateway := Gateway("test", "NPR")
		run("the gateway's first capture", "OpenAccount InsertTransfer TransfersOfReference OpenAccount InsertTransfer",
			post(OnlineCapture, "p0", Leg{From: gateway, To: order1, Amount: 5}))
		run("capture", "OpenAccount InsertTransfer", post(OnlineCapture, "p1",
			Leg{From: gateway, To: order1, Amount: 5}, Leg{From: gateway, To: order2, Amount: 5}, Leg{From: gateway, To: Surcharge("NPR"), Amount: 0}))
		run("wallet pays for two orders", "LockGuarded OpenAccount InsertTransfer MoveGuarded", post(WalletPays, "p2",
			Leg{From: wallets[0], To: order1, Amount: 5}, Leg{From: wallets[0], To: order2, Amount: 5}))
		run("complete", "LockGuarded AccountIDs CameIn WentOut InsertTransfer MoveGuarded", post(SaleCompleted, "p3",
			Leg{From: order1, To: shop, Amount: 4}, Leg{From: order1, To: PlatformFees("NPR"), Amount: 1}))
		r := run("three wallets", "LockGuarded InsertTransfer MoveGuarded", post(BuybackByWallet, "p4",
			Leg{From: wallets[0], To: wallets[1], Amount: 3}, Leg{From: wallets[1], To: wallets[2], Amount: 2}))
		for name, at := range map[string]int{"LockGuarded": 0, "MoveGuarded": 1} {
			var keys []string
			for _, args := range r.args[name] {
				keys = append(keys, args[at].(string))
			}
			if len(keys) != 3 || !slices.IsSorted(keys) {
				t.Errorf("%s has the order %v", name, keys)
			}
		}
		if sql := "SELECT COUNT(*) FROM ledger_accounts WHERE NOT guarded AND balance <> 0"; dbtest.One[int64](t, b.db, sql) != 0 {
			t.Error("a summed account has a balance row")
		}
		run("a repeat", "LockGuarded OpenAccount InsertTransfer MoveGuarded TransfersOfReference MoveGuarded", post(WalletPays, "p2",
			Leg{From: wallets[0], To: order1, Amount: 5}, Leg{From: wallets[0], To: order2, Amount: 5}))
		run("nothing", "", post(WalletPays, "p5", Leg{From: wallets[0], To: order1, Amount: 0}))
		b.clean()
	})
}

func BenchmarkWalletPays(bench *testing.B) {
	for _, engine := range dbtest.Engines(bench) {
		bench.Run(string(engine), func(bench *testing.B) {
			b := newBooks(bench, dbtest.Open(bench, engine, db.Config{Schema: testSchema()}))
			wallets := make([]Key, 64)
			for i := range wallets {
				wallets[i] = Wallet(fmt.Sprintf("acc_%d", i), "NPR")
				b.fill(wallets[i], 1_000_000_000)
			}
			worker := make(chan int, len(wallets))
			for i := range wallets {
				worker <- i
			}
			bench.SetParallelism(32)
			bench.RunParallel(func(pb *testing.PB) {
				me := <-worker
				for n := 0; pb.Next(); n++ {
					order := fmt.Sprintf("ord_%d_%d", me, n)
					if err := b.post(WalletPays, "pay/"+order, order, Leg{From: wallets[me], To: Escrow(order, "NPR"), Amount: 10}); err != nil {
						bench.Error(err)
					}
				}
			})
		})
	}
}
