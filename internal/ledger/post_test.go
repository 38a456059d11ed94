package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

var (
	ana    = Wallet("acc_ana", "NPR")
	bina   = Wallet("acc_bina", "NPR")
	order1 = Escrow("ord_1", "NPR")
	order2 = Escrow("ord_2", "NPR")
	shop   = StoreEarnings("sto_1", "NPR")
	ram    = CourierCash("acc_ram", "NPR")
)

// A sale paid from the wallet, from the first rupee to the payout, and a refund after it.
func TestSaleThroughTheBooks(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100_000)
		b.must(b.post(WalletPays, "pay_1", "ord_1",
			Leg{From: ana, To: order1, Amount: 60_000}, Leg{From: ana, To: order2, Amount: 30_000, Subject: "ord_2"},
			Leg{From: PlatformPromotions("NPR"), To: order1, Amount: 0}))
		b.expect(ana, 10_000, 0)
		b.expect(order1, 60_000, 0)
		b.expect(order2, 30_000, 0)

		b.must(b.post(SaleCompleted, "ord_1/completed", "ord_1",
			Leg{From: order1, To: shop, Amount: 55_000}, Leg{From: order1, To: PlatformFees("NPR"), Amount: 3_000},
			Leg{From: order1, To: PlatformDelivery("NPR"), Amount: 2_000}))
		b.expect(order1, 0, 0)
		b.expect(shop, 55_000, 0)
		b.expect(PlatformFees("NPR"), 3_000, 0)

		b.must(b.post(PayoutApproved, "pot_1", "pot_1", Leg{From: shop, To: PayoutsTransit("NPR"), Amount: 55_000}))
		b.must(b.post(PayoutSettled, "pot_1/settled", "pot_1", Leg{From: PayoutsTransit("NPR"), To: Bank("NPR"), Amount: 55_000}))
		b.expect(Bank("NPR"), 55_000, 0)

		// After the payout the refund is the store's debt, less the fee that is given back.
		b.must(b.post(RefundFromStore, "ref_1", "ord_1",
			Leg{From: shop, To: RefundsDue("NPR"), Amount: 10_000}, Leg{From: PlatformFees("NPR"), To: shop, Amount: 500}))
		b.expect(shop, -9_500, 0)
		b.must(b.post(RefundConfirmed, "ref_1/confirmed", "ord_1", Leg{From: RefundsDue("NPR"), To: ana, Amount: 10_000}))
		b.expect(ana, 20_000, 0)
		b.expect(RefundsDue("NPR"), 0, 0)
		b.expect(EquityOpening("NPR"), -100_000, 0)
		b.clean()
	})
}

func TestRefusals(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100)
		b.must(b.post(WalletPays, "pay_1", "ord_1", Leg{From: ana, To: order1, Amount: 40}))
		for _, c := range []struct {
			name string
			err  error
			p    Posting
			ref  string
			legs []Leg
		}{
			{"more than is there", ErrInsufficientBalance, WalletPays, "x", []Leg{{From: ana, To: order1, Amount: 61}}},
			{"more than is there, in two legs", ErrInsufficientBalance, WalletPays, "x", []Leg{{From: ana, To: order1, Amount: 60}, {From: ana, To: order2, Amount: 1}}},
			{"a wallet that was never used", ErrInsufficientBalance, WalletPays, "x", []Leg{{From: bina, To: order1, Amount: 1}}},
			{"an escrow that has less", ErrInsufficientBalance, RefundFromEscrow, "x", []Leg{{From: order1, To: RefundsDue("NPR"), Amount: 41}}},
			{"an escrow that was never used", ErrInsufficientBalance, RefundFromEscrow, "x", []Leg{{From: order2, To: RefundsDue("NPR"), Amount: 1}}},
			{"a payout makes no debt", ErrInsufficientBalance, PayoutApproved, "x", []Leg{{From: shop, To: PayoutsTransit("NPR"), Amount: 1}}},
			{"a wallet makes no debt", ErrInsufficientBalance, BuybackByWallet, "x", []Leg{{From: ana, To: bina, Amount: 61}}},
			{"too much for an account", ErrBalanceTooLarge, OpeningBalance, "x", []Leg{{From: EquityOpening("NPR"), To: ana, Amount: money.Max}}},
			{"below zero", ErrAmount, WalletPays, "x", []Leg{{From: ana, To: order1, Amount: -1}}},
			{"above the bound", ErrAmount, WalletPays, "x", []Leg{{From: ana, To: order1, Amount: money.Max + 1}}},
			{"reference with another amount", ErrReferenceReused, WalletPays, "pay_1", []Leg{{From: ana, To: order1, Amount: 41}}},
			{"reference with another account", ErrReferenceReused, WalletPays, "pay_1", []Leg{{From: ana, To: order2, Amount: 40}}},
			{"reference with another posting", ErrReferenceReused, BuybackByWallet, "pay_1", []Leg{{From: ana, To: bina, Amount: 40}}},
			{"reference with one leg more", ErrReferenceReused, WalletPays, "pay_1", []Leg{{From: ana, To: order1, Amount: 40}, {From: ana, To: order2, Amount: 1}}},
			{"reference with other values and no money for it", ErrReferenceReused, WalletPays, "pay_1", []Leg{{From: ana, To: order1, Amount: 5000}}},
			{"a posting nobody knows", ErrPosting, "gift", "x", []Leg{{From: ana, To: bina, Amount: 1}}},
			{"a leg that the posting has not", ErrPosting, WalletPays, "x", []Leg{{From: ana, To: bina, Amount: 1}}},
			{"a leg backwards", ErrPosting, WalletPays, "x", []Leg{{From: order1, To: ana, Amount: 1}}},
			{"another currency", ErrPosting, WalletPays, "x", []Leg{{From: ana, To: Escrow("ord_1", "INR"), Amount: 1}}},
			{"to itself", ErrPosting, BuybackByWallet, "x", []Leg{{From: ana, To: ana, Amount: 1}}},
			{"opening with itself", ErrPosting, OpeningBalance, "x", []Leg{{From: EquityOpening("NPR"), To: EquityOpening("NPR"), Amount: 1}}},
			{"no reference", ErrPosting, WalletPays, "", []Leg{{From: ana, To: order1, Amount: 1}}},
			{"no account", ErrPosting, WalletPays, "x", []Leg{{From: "wallet::NPR", To: order1, Amount: 1}}},
			{"no currency", ErrPosting, WalletPays, "x", []Leg{{From: "wallet:acc_ana", To: order1, Amount: 1}}},
		} {
			t.Run(c.name, func(t *testing.T) {
				if err := b.post(c.p, c.ref, "ord_1", c.legs...); !errors.Is(err, c.err) {
					t.Errorf("got %v, want %v", err, c.err)
				}
			})
		}
		b.expect(ana, 60, 0)
		b.expect(order1, 40, 0)
		b.expect(order2, 0, 0)
		if n := dbtest.One[int64](t, b.db, "SELECT COUNT(*) FROM ledger_transfers"); n != 2 {
			t.Errorf("%d transfers, want 2", n)
		}
		b.clean()
	})
}

// What is refused leaves nothing behind, also where the caller goes on and commits.
func TestRefusedMoneyLeavesNoTrace(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 140)
		b.must(b.post(WalletPays, "pay_0", "ord_1", Leg{From: ana, To: order1, Amount: 40}))
		b.must(b.write(func(ctx context.Context, tx db.Tx) error {
			err := b.Post(ctx, tx, WalletPays, "pay_1", "ord_1", Leg{From: ana, To: order1, Amount: 101})
			if !errors.Is(err, ErrInsufficientBalance) {
				return fmt.Errorf("got %v", err)
			}
			err = b.Post(ctx, tx, RefundFromEscrow, "ref_1", "ord_1", Leg{From: order1, To: RefundsDue("NPR"), Amount: 41})
			if !errors.Is(err, ErrInsufficientBalance) {
				return fmt.Errorf("got %v", err)
			}
			err = b.Post(ctx, tx, WalletPays, "pay_0", "ord_1", Leg{From: ana, To: order1, Amount: 39})
			if !errors.Is(err, ErrReferenceReused) {
				return fmt.Errorf("got %v", err)
			}
			return b.Post(ctx, tx, WalletPays, "pay_0", "ord_1", Leg{From: ana, To: order1, Amount: 40})
		}))
		b.expect(ana, 100, 0)
		b.expect(order1, 40, 0)
		b.clean()
	})
}

func TestInsufficientBalanceSaysHowMuch(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 12_345)
		err := b.post(WalletPays, "pay_1", "ord_1", Leg{From: ana, To: order1, Amount: 20_000})
		f, ok := fault.As(err)
		if !ok || f.Details["required"] != "200.00" || f.Details["available"] != "123.45" || f.Details["currency"] != "NPR" {
			t.Errorf("got %v with %v", err, f)
		}
	})
}

// A repeat changes nothing, even when the money that it moved has gone since.
func TestRepeat(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100)
		legs := []Leg{{From: ana, To: order1, Amount: 60}, {From: ana, To: order2, Amount: 40}}
		for range 3 {
			b.must(b.post(WalletPays, "pay_1", "ord_1", legs...))
			b.expect(ana, 0, 0)
		}
		release := []Leg{{From: order1, To: shop, Amount: 60}}
		for range 2 {
			b.must(b.post(SaleCompleted, "ord_1/completed", "ord_1", release...))
		}
		b.expect(shop, 60, 0)
		b.clean()
	})
}

func TestDebtOnlyWhereThePostingAllowsIt(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.must(b.post(StoreCollected, "ord_1/fees", "ord_1",
			Leg{From: shop, To: PlatformFees("NPR"), Amount: 300}, Leg{From: shop, To: TaxFees("NPR"), Amount: 39}))
		b.expect(shop, -339, 0)
		b.must(b.post(CommissionPaid, "stm_1", "stm_1", Leg{From: Bank("NPR"), To: shop, Amount: 300}))
		b.expect(shop, -39, 0)
		if err := b.post(PayoutApproved, "pot_1", "pot_1", Leg{From: shop, To: PayoutsTransit("NPR"), Amount: 1}); !errors.Is(err, ErrInsufficientBalance) {
			t.Errorf("payout from a debt: %v", err)
		}
		b.must(b.post(CashDelivered, "ord_2/cash", "ord_2", Leg{From: ram, To: order2, Amount: 700}))
		b.expect(ram, -700, 0)
		b.must(b.post(CashHandedIn, "han_1", "ord_2", Leg{From: Cashbox("NPR"), To: ram, Amount: 650}))
		b.must(b.post(CashShortfall, "han_1/rest", "ord_2", Leg{From: PlatformLosses("NPR"), To: ram, Amount: 50}))
		b.expect(ram, 0, 0)
		b.clean()
	})
}

func TestTransfersAreNeverChanged(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 100)
		for _, sql := range []string{"UPDATE ledger_transfers SET amount = 1", "DELETE FROM ledger_transfers"} {
			dbtest.SQL(sql)
			err := b.write(func(ctx context.Context, tx db.Tx) error {
				_, err := tx.Exec(ctx, sql)
				return err
			})
			var c *db.ConstraintError
			if !errors.As(err, &c) || c.Kind != db.AppendOnly {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}
