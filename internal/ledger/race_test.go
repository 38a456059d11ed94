package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

// crowd runs n workers at once and waits for them.
func crowd(n int, f func(worker int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	all.Wait()
}

func crowdBooks(t *testing.T, f func(t *testing.T, b books)) {
	t.Helper()
	dbtest.EachWith(t, db.Config{Schema: testSchema(), MaxConns: 24}, func(t *testing.T, d *db.DB) { f(t, newBooks(t, d)) })
}

// Many move money among few wallets, in both directions, holding and giving back: no rupee is made or lost, no wallet
// falls below zero, and nobody waits for ever.
func TestRaceAmongFewWallets(t *testing.T) {
	crowdBooks(t, func(t *testing.T, b books) {
		const workers, rounds, each = 20, 25, 1_000
		wallets := []Key{Wallet("acc_a", "NPR"), Wallet("acc_b", "NPR"), Wallet("acc_c", "NPR"), Wallet("acc_d", "NPR")}
		for _, w := range wallets {
			b.fill(w, each)
		}
		var moved, refused atomic.Int64
		crowd(workers, func(worker int) {
			r := rand.New(rand.NewPCG(1, uint64(worker)))
			for round := range rounds {
				ref := fmt.Sprintf("race/%d/%d", worker, round)
				from, to := r.IntN(4), r.IntN(3)
				if to >= from {
					to++
				}
				legs := []Leg{{From: wallets[from], To: wallets[to], Amount: r.Int64N(700) + 1}}
				if r.IntN(2) == 0 { // a third wallet, so that the locks of two postings overlap in every order
					legs = append(legs, Leg{From: wallets[to], To: wallets[(to+1)%4], Amount: r.Int64N(100) + 1})
				}
				var err error
				if r.IntN(4) == 0 {
					if err = b.hold(wallets[from], r.Int64N(300)+1, ref, time.Time{}); err == nil {
						if r.IntN(2) == 0 {
							err = b.void(ref)
						} else {
							err = b.take(ref, BuybackByWallet, wallets[to], 1)
						}
					}
				} else {
					err = b.post(BuybackByWallet, ref, "race", legs...)
				}
				switch {
				case err == nil:
					moved.Add(1)
				case errors.Is(err, ErrInsufficientBalance):
					refused.Add(1)
				default:
					t.Errorf("%s: %v", ref, err)
				}
			}
		})
		var total int64
		for _, w := range wallets {
			got := b.balance(w)
			if got.Available < 0 || got.Held != 0 {
				t.Errorf("%s: %+v", w, got)
			}
			total += got.Balance
		}
		if total != int64(len(wallets))*each {
			t.Errorf("the wallets hold %d, want %d", total, len(wallets)*each)
		}
		if moved.Load() == 0 || refused.Load() == 0 {
			t.Errorf("%d moved, %d refused: this proves nothing", moved.Load(), refused.Load())
		}
		b.clean()
	})
}

// One wallet, money for ten: of forty that pay at once ten can.
func TestRaceForTheLastRupee(t *testing.T) {
	crowdBooks(t, func(t *testing.T, b books) {
		b.fill(ana, 1_000)
		var paid atomic.Int64
		crowd(40, func(worker int) {
			order := fmt.Sprintf("ord_%d", worker)
			err := b.post(WalletPays, "pay/"+order, order, Leg{From: ana, To: Escrow(order, "NPR"), Amount: 100})
			switch {
			case err == nil:
				paid.Add(1)
			case !errors.Is(err, ErrInsufficientBalance):
				t.Errorf("%s: %v", order, err)
			}
		})
		if paid.Load() != 10 {
			t.Errorf("%d paid, want 10", paid.Load())
		}
		b.expect(ana, 0, 0)
		b.clean()
	})
}

// The same posting from everywhere at once is booked once, and nobody is told otherwise; also where it opens accounts.
func TestRaceOfRepeats(t *testing.T) {
	crowdBooks(t, func(t *testing.T, b books) {
		b.fill(ana, 1_000)
		crowd(24, func(int) {
			err := b.post(WalletPays, "pay_1", "ord_1", Leg{From: ana, To: order1, Amount: 600}, Leg{From: ana, To: order2, Amount: 300})
			if err != nil {
				t.Errorf("pay: %v", err)
			}
		})
		b.expect(ana, 100, 0)
		crowd(24, func(worker int) {
			if worker%2 == 0 {
				if err := b.post(SaleCompleted, "done_1", "ord_1", Leg{From: order1, To: shop, Amount: 600}); err != nil {
					t.Errorf("complete: %v", err)
				}
				return
			}
			if err := b.post(OpeningBalance, "new_1", "x", Leg{From: EquityOpening("NPR"), To: bina, Amount: 5}); err != nil {
				t.Errorf("open: %v", err)
			}
		})
		b.expect(shop, 600, 0)
		b.expect(bina, 5, 0)
		b.clean()
	})
}

// Of those who end a hold at once, one does.
func TestRaceForAHold(t *testing.T) {
	crowdBooks(t, func(t *testing.T, b books) {
		for round := range 5 {
			k := Wallet(fmt.Sprintf("acc_%d", round), "NPR")
			ref := fmt.Sprintf("hld_%d", round)
			b.fill(k, 100)
			b.must(b.hold(k, 80, ref, start.Add(time.Hour)))
			var taken atomic.Int64
			crowd(16, func(worker int) {
				var err error
				if worker%2 == 0 {
					err = b.void(ref)
				} else if err = b.take(ref, PayoutApproved, PayoutsTransit("NPR"), 80); err == nil {
					taken.Store(1)
				}
				if err != nil && !errors.Is(err, ErrHoldEnded) {
					t.Errorf("%v", err)
				}
			})
			b.expect(k, 100-80*taken.Load(), 0)
		}
		b.clean()
	})
}

// At the default isolation of writes the ledger is right too.
func TestRaceSerializable(t *testing.T) {
	crowdBooks(t, func(t *testing.T, b books) {
		b.fill(ana, 500)
		var paid atomic.Int64
		crowd(16, func(worker int) {
			order := fmt.Sprintf("ord_%d", worker)
			err := b.db.Write(context.Background(), "test", func(ctx context.Context, tx db.Tx) error {
				return b.Post(ctx, tx, WalletPays, "pay/"+order, order, Leg{From: ana, To: Escrow(order, "NPR"), Amount: 100})
			})
			switch {
			case err == nil:
				paid.Add(1)
			case !errors.Is(err, ErrInsufficientBalance) && !errors.Is(err, db.ErrTryAgain):
				t.Errorf("%s: %v", order, err)
			}
		})
		b.expect(ana, 500-100*paid.Load(), 0)
		b.clean()
	})
}
