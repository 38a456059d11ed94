package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func (b books) trial() (t TrialBalance) {
	b.Helper()
	b.read(func(ctx context.Context, tx db.Tx) (err error) {
		t, err = b.TrialBalance(ctx, tx)
		return err
	})
	return t
}

func (b books) statement(k Key, limit int, cursor string) (list []Entry, next string) {
	b.Helper()
	b.read(func(ctx context.Context, tx db.Tx) (err error) {
		list, next, err = b.Statement(ctx, tx, k, limit, cursor)
		return err
	})
	return list, next
}

// trade books n small sales.
func (b books) trade(from, n int) {
	b.Helper()
	for i := from; i < from+n; i++ {
		order := fmt.Sprintf("ord_%d", i)
		b.must(b.post(WalletPays, "pay/"+order, order, Leg{From: ana, To: Escrow(order, "NPR"), Amount: 10}))
		b.must(b.post(SaleCompleted, "done/"+order, order,
			Leg{From: Escrow(order, "NPR"), To: shop, Amount: 9}, Leg{From: Escrow(order, "NPR"), To: PlatformFees("NPR"), Amount: 1}))
	}
}

// Folding moves nothing: balances and the trial balance are the same before and after, and so is what comes later.
func TestFold(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 1_000)
		b.trade(0, 5)
		before := b.trial()
		r := b.sweeps()
		if n := b.sweep(r, "ledger.fold"); n != 0 {
			t.Errorf("%d were folded that may still have an earlier one to come", n)
		}
		b.clock.Advance(6 * time.Minute)
		b.trade(5, 1) // too young
		if n := b.sweep(r, "ledger.fold"); n != 16 {
			t.Errorf("%d were folded, want 16", n)
		}
		b.expect(PlatformFees("NPR"), 6, 0)
		b.expect(EquityOpening("NPR"), -1_000, 0)
		b.trade(6, 1)
		b.expect(PlatformFees("NPR"), 7, 0)
		after := b.trial()
		if !before.Complete || !after.Complete || after.AsOf != b.clock.Now() {
			t.Errorf("as of %v, %v", after.AsOf, after.Complete)
		}
		want := map[string]int64{
			"equity:opening:NPR": -1_000, "wallet:NPR": 930, "escrow:NPR": 0, "store_earnings:NPR": 63, "platform:fees:NPR": 7,
		}
		var sum int64
		for _, l := range after.Lines {
			if l.Balance() != want[l.Book] {
				t.Errorf("%s: %d, want %d", l.Book, l.Balance(), want[l.Book])
			}
			sum += l.Balance()
			delete(want, l.Book)
		}
		if sum != 0 || len(want) != 0 {
			t.Errorf("the books come to %d; missing %v", sum, want)
		}
		b.clock.Advance(time.Hour)
		b.sweep(r, "ledger.fold")
		if got := b.trial(); fmt.Sprint(got.Lines) != fmt.Sprint(after.Lines) {
			t.Errorf("folding changed %v to %v", after.Lines, got.Lines)
		}
		b.clean()
	})
}

// A trial balance reads the checkpoints and a bounded tail; of an empty market it is empty.
func TestTrialBalanceOfNothing(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		if got := b.trial(); len(got.Lines) != 0 || !got.Complete || !got.AsOf.IsZero() {
			t.Errorf("got %+v", got)
		}
		b.expect(Bank("NPR"), 0, 0)
		list, next := b.statement(ana, 10, "")
		if len(list) != 0 || next != "" {
			t.Errorf("got %v, %q", list, next)
		}
		b.clean()
	})
}

func TestTwoCurrencies(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(Wallet("acc_ana", "NPR"), 100)
		b.fill(Wallet("acc_ana", "INR"), 7)
		b.expect(Wallet("acc_ana", "NPR"), 100, 0)
		b.expect(Wallet("acc_ana", "INR"), 7, 0)
		sums := map[string]int64{}
		for _, l := range b.trial().Lines {
			sums[l.Currency] += l.Balance()
		}
		if len(sums) != 2 || sums["NPR"] != 0 || sums["INR"] != 0 {
			t.Errorf("got %v", sums)
		}
	})
}

func TestStatement(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 1_000)
		b.trade(0, 7)
		b.fill(bina, 50)
		b.must(b.post(BuybackByWallet, "buy_1", "ord_x", Leg{From: bina, To: ana, Amount: 33}))
		whole, next := b.statement(ana, 100, "")
		if len(whole) != 9 || next != "" {
			t.Fatalf("%d entries, next %q", len(whole), next)
		}
		if e := whole[0]; e.Amount != 33 || e.After != 963 || e.Other != bina || e.Kind != TransferBuyback || e.Subject != "ord_x" {
			t.Errorf("newest: %+v", e)
		}
		if e := whole[8]; e.Amount != 1_000 || e.After != 1_000 || e.Kind != TransferOpening || !e.At.Equal(start) {
			t.Errorf("oldest: %+v", e)
		}
		for i := range whole[:8] {
			if whole[i].After-whole[i].Amount != whole[i+1].After {
				t.Errorf("entry %d: %d less %d is not %d", i, whole[i].After, whole[i].Amount, whole[i+1].After)
			}
		}
		// The pages are the whole, also while money moves on.
		var paged []Entry
		for cursor := ""; ; {
			page, next := b.statement(ana, 2, cursor)
			paged = append(paged, page...)
			if next == "" {
				break
			}
			cursor = next
			b.trade(100+len(paged), 1)
		}
		if fmt.Sprint(paged) != fmt.Sprint(whole) {
			t.Errorf("pages:\n%v\nwhole:\n%v", paged, whole)
		}
		// A summed account, folded or not.
		fees, _ := b.statement(PlatformFees("NPR"), 100, "")
		b.clock.Advance(time.Hour)
		b.sweep(b.sweeps(), "ledger.fold")
		folded, _ := b.statement(PlatformFees("NPR"), 100, "")
		if fmt.Sprint(fees) != fmt.Sprint(folded) || fees[0].After != int64(len(fees)) {
			t.Errorf("folding changed\n%v to\n%v", fees, folded)
		}
	})
}

func TestStatementCursor(t *testing.T) {
	for _, m := range []mark{{1, 0}, {42, -7}, {math.MaxInt64, math.MaxInt64 / 4}} {
		if got, err := parseMark(m.String()); err != nil || got != m {
			t.Errorf("%v: %v, %v", m, got, err)
		}
	}
	for _, bad := range []string{
		"x", "!!", mark{0, 1}.String(), mark{-1, 1}.String(), mark{1, math.MaxInt64}.String(), mark{1, math.MinInt64}.String(), "MSwyIA", "MSwr",
		strings.Repeat("MSwy", 100),
	} {
		if _, err := parseMark(bad); !errors.Is(err, db.ErrInvalidCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLists(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 1_000)
		b.trade(0, 3)
		b.must(b.post(WalletPays, "pay_open", "ord_open", Leg{From: ana, To: order1, Amount: 5}))
		accounts := func(filters map[string]any) (out map[Key]Balance) {
			b.read(func(ctx context.Context, tx db.Tx) error {
				rows, _, err := b.Accounts(ctx, tx, db.ListQuery{Filters: filters, Limit: 100})
				out = map[Key]Balance{}
				for _, r := range rows {
					out[r.Key] = r.Balance
				}
				return err
			})
			return out
		}
		check := func() {
			all := accounts(nil)
			for k, want := range map[Key]Balance{
				ana: {965, 0, 965}, order1: {5, 0, 5}, Escrow("ord_0", "NPR"): {}, shop: {27, 0, 27}, PlatformFees("NPR"): {3, 0, 3},
				EquityOpening("NPR"): {-1_000, 0, -1_000},
			} {
				if all[k] != want {
					t.Errorf("%s: %+v, want %+v", k, all[k], want)
				}
			}
		}
		check()
		b.clock.Advance(time.Hour)
		b.sweep(b.sweeps(), "ledger.fold")
		check()
		if got := accounts(map[string]any{"kind": "escrow"}); len(got) != 3 {
			t.Errorf("escrows: %v", got)
		}
		if got := accounts(map[string]any{"owner": "acc_ana"}); len(got) != 1 {
			t.Errorf("of ana: %v", got)
		}
		if got := accounts(map[string]any{"owner": "acc_ana", "kind": "escrow"}); len(got) != 0 {
			t.Errorf("escrows of ana: %v", got)
		}

		transfers := func(f Filter) (out []Transfer, err error) {
			b.read(func(ctx context.Context, tx db.Tx) error {
				out, _, err = b.Transfers(ctx, tx, f, 100, "")
				return nil
			})
			return out, err
		}
		for _, c := range []struct {
			f    Filter
			want int
		}{
			{Filter{}, 11}, {Filter{Subject: "ord_2"}, 3}, {Filter{Reference: "done/ord_2"}, 2}, {Filter{From: ana}, 4}, {Filter{To: ana}, 1},
			{Filter{Account: ana}, 5}, {Filter{Subject: "nobody"}, 0},
		} {
			got, err := transfers(c.f)
			if err != nil || len(got) != c.want {
				t.Errorf("%+v: %d transfers, %v, want %d", c.f, len(got), err, c.want)
			}
		}
		if got, _ := transfers(Filter{Reference: "done/ord_2"}); got[0].Leg != 1 || got[1].To != PlatformFees("NPR") || got[0].Posting != SaleCompleted {
			t.Errorf("legs: %+v", got)
		}
		if _, err := transfers(Filter{From: ana, To: shop}); !errors.Is(err, db.ErrUnsupportedFilter) {
			t.Errorf("two filters: %v", err)
		}
		if _, err := transfers(Filter{Account: ana, Subject: "x"}); !errors.Is(err, db.ErrUnsupportedFilter) {
			t.Errorf("two filters: %v", err)
		}
		if _, err := transfers(Filter{Account: "wallet:nobody:NPR"}); !errors.Is(err, ErrAccountNotFound) {
			t.Errorf("nobody: %v", err)
		}
	})
}

// Every list text is served by the index that it names, without sorting.
func TestListsUseTheirIndexes(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		dbtest.Explain(t, b.db, []*db.List{accountList, transferList})
	})
}

// Each rule finds what it is for.
func TestVerifyFinds(t *testing.T) {
	each(t, func(t *testing.T, b books) {
		b.fill(ana, 1_010)
		b.trade(0, 3)
		b.must(b.hold(ana, 10, "hld_open", time.Time{}))
		b.must(b.hold(ana, 20, "hld_done", time.Time{}))
		b.must(b.take("hld_done", PayoutApproved, PayoutsTransit("NPR"), 20))
		b.clock.Advance(time.Hour)
		b.sweep(b.sweeps(), "ledger.fold")
		b.clean()
		breakAndFind(t, b)
	})
}

// breakAndFind breaks the books in a transaction that is rolled back, once for each finding.
func breakAndFind(t *testing.T, b books) {
	for _, c := range []struct{ name, sql, want string }{
		{"a balance of its own", "UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'wallet'", "balance 961, its transfers add up to 960"},
		{"money held by nobody", "UPDATE ledger_accounts SET held = held + 1 WHERE kind = 'wallet'", "11 are held, its open holds add up to 10"},
		{"a hold that forgot its money", "UPDATE ledger_holds SET state = 'voided', ended_at = 1 WHERE reference = 'hld_open'", "10 are held, its open holds add up to 0"},
		{"an account under another name", "UPDATE ledger_accounts SET owner = 'acc_eve' WHERE kind = 'wallet'", "owner \"acc_eve\""},
		{"an account that is none", "UPDATE ledger_accounts SET key = 'purse' WHERE kind = 'wallet'", "\"purse\" is no account"},
		{"a guard taken off", "UPDATE ledger_accounts SET guarded = FALSE, balance = 0, held = 0 WHERE kind = 'store_earnings'", "guarded false"},
		{"an escrow paid out twice", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) SELECT 'x', 1, 'sale_completed', 'escrow_release', f.id, t.id, 1, 'NPR', 'x', 1 FROM ledger_accounts f JOIN ledger_accounts t ON t.kind = 'store_earnings' WHERE f.key = 'escrow:ord_0:NPR'", "1 more went out than came in"},
		{"a posting nobody knows", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) SELECT 'x', 1, 'gift', 'fee', f.id, t.id, 1, 'NPR', 'x', 1 FROM ledger_accounts f JOIN ledger_accounts t ON t.kind = 'platform_fees' WHERE f.kind = 'equity_opening'", "gift has no fee from equity_opening to platform_fees"},
		{"a leg the posting has not", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) SELECT 'x', 1, 'wallet_pays', 'payment', f.id, t.id, 1, 'NPR', 'x', 1 FROM ledger_accounts f JOIN ledger_accounts t ON t.kind = 'platform_fees' WHERE f.kind = 'equity_opening'", "wallet_pays has no payment from equity_opening"},
		{"another currency", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) SELECT 'x', 1, 'opening_balance', 'opening', f.id, t.id, 1, 'INR', 'x', 1 FROM ledger_accounts f JOIN ledger_accounts t ON t.kind = 'platform_fees' WHERE f.kind = 'equity_opening'", "INR from an account in NPR"},
		{"a leg that is missing", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) SELECT 'x', 2, 'opening_balance', 'opening', f.id, t.id, 1, 'NPR', 'x', 1 FROM ledger_accounts f JOIN ledger_accounts t ON t.kind = 'platform_fees' WHERE f.kind = 'equity_opening'", "reference x: legs are missing"},
		{"an account that is missing", "INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) VALUES ('x', 1, 'opening_balance', 'opening', 999999, 1, 1, 'NPR', 'x', 1)", "one of its accounts does not exist"},
		{"a posted hold that is not booked", "UPDATE ledger_holds SET posted = posted - 1 WHERE reference = 'hld_done'", "hold hld_done: 19 were taken, 20 are booked"},
		{"a checkpoint of its own", "UPDATE ledger_checkpoints SET came_in = came_in + 1 WHERE book = 'platform:fees:NPR'", "checkpoint platform:fees:NPR: 4 in and 0 out"},
		{"a checkpoint that is missing", "DELETE FROM ledger_checkpoints WHERE book = 'platform:fees:NPR'", "checkpoint platform:fees:NPR is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.TB = t
			dbtest.SQL(c.sql)
			var found string
			undo := errors.New("undo")
			err := b.db.Write(context.Background(), "test.break", func(ctx context.Context, tx db.Tx) error {
				if _, err := tx.Exec(ctx, c.sql); err != nil {
					return err
				}
				list, err := b.check(ctx, tx)
				found = strings.Join(list, "\n")
				return errors.Join(undo, err)
			})
			if !errors.Is(err, undo) {
				t.Fatal(err)
			}
			if !strings.Contains(found, c.want) {
				t.Errorf("verify says:\n%s\nwant: %s", found, c.want)
			}
		})
	}
	b.TB = t
	b.clean()
}
