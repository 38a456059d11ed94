package order_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
)

// world is a small market in which anything may happen in any order: two buyers, two stores, a few units, and time
// that jumps. Whatever was done, the books agree, no unit is lost, and every refusal has a reason.
type world struct {
	*apptest.Market
	stores    []apptest.Store
	variants  []string
	buyers    []*apptest.Client
	addresses []string
	callers   []web.Caller // of the buyers, for calls past the API where tokens would run out
	sellers   []web.Caller
	orders    []string
	checkouts []string
	payments  []string
	disputes  []string
	payouts   []string
	stamp     string // makes the keys of this world its own
	// run does one thing, as somebody who calls the market does; where the market may crash, again until it is done.
	run func(t *rapid.T, operation string, f func(ctx context.Context) error) error
}

const (
	worldStock = 6
	worldMoney = 100_000
)

func newWorld(m *apptest.Market) *world {
	w := &world{Market: m, run: func(_ *rapid.T, _ string, f func(context.Context) error) error { return f(context.Background()) }}
	m.Person("admin").Patch("/v1/settings", M{"platform_fee_bp": 700, "store_debt_limit": "10.00"}).Want(200)
	for i := range 2 {
		st := m.Store()
		_, v := st.Product(fmt.Sprintf("Thing %d", i), "40.00", worldStock)
		w.stores, w.variants = append(w.stores, st), append(w.variants, v)
		w.sellers = append(w.sellers, w.caller(st.Owner))
		b, address := m.Buyer()
		m.Fund(b, worldMoney)
		w.buyers, w.addresses = append(w.buyers, b), append(w.addresses, address)
		w.callers = append(w.callers, w.caller(b))
	}
	return w
}

func (w *world) caller(c *apptest.Client) web.Caller {
	caller, err := w.Identity.Authenticate(context.Background(), c.Token)
	if err != nil {
		w.T.Fatal(err)
	}
	return caller
}

// refused lets only refusals with a code pass.
func (w *world) refused(t *rapid.T, err error) bool {
	if err == nil {
		return false
	}
	if !isFault(err) {
		t.Fatalf("not a refusal: %v", err)
	}
	return true
}

func (w *world) checkout(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "buyer")
	method := rapid.SampledFrom([]string{"gateway", "wallet", "cod"}).Draw(t, "method")
	n := rapid.Int64Range(1, 3).Draw(t, "units")
	ctx := context.Background()
	cmd := order.CheckoutCmd{
		AddressID: w.addresses[i], Method: method, ExpectedTotal: fmt.Sprintf("%d.00", 40*n),
		Direct: &order.Direct{Variant: w.variants[rapid.IntRange(0, 1).Draw(t, "variant")], Quantity: n},
	}
	if rapid.Bool().Draw(t, "cart") {
		cmd.Direct, cmd.ExpectedTotal = nil, fmt.Sprintf("%d.00", 40*(n+1))
		if err := w.Cart.Clear(ctx, w.callers[i].AccountID); err != nil {
			t.Fatal(err)
		}
		for k, v := range w.variants {
			if _, err := w.Cart.Add(ctx, w.callers[i].AccountID, v, []int64{n, 1}[k]); w.refused(t, err) {
				return
			}
		}
	}
	var id string
	if w.refused(t, w.run(t, "order.checkout", func(ctx context.Context) (err error) {
		id, _, err = w.Orders.Checkout(ctx, w.callers[i], cmd)
		return err
	})) {
		return
	}
	v, err := w.Orders.GetCheckout(ctx, w.callers[i], id)
	if err != nil {
		t.Fatal(err)
	}
	w.checkouts = append(w.checkouts, id)
	for _, o := range v.Orders {
		w.orders = append(w.orders, o.ID)
	}
	if v.Payment != nil {
		w.payments = append(w.payments, v.Payment.ID)
	}
}

func (w *world) pay(t *rapid.T) {
	if len(w.payments) == 0 {
		return
	}
	cmd := startCmd(rapid.SampledFrom(w.payments).Draw(t, "payment"), rapid.SampledFrom([]string{"4242424242424242", "4000000000000002", ""}).Draw(t, "card"))
	payer := rapid.SampledFrom(w.callers).Draw(t, "payer")
	w.refused(t, w.run(t, "payment.attempt", func(ctx context.Context) error {
		_, _, err := w.Payments.Start(ctx, payer, cmd)
		return err
	}))
}

func (w *world) step(t *rapid.T) {
	if len(w.orders) == 0 {
		return
	}
	on := rapid.SampledFrom(order.Events[:8]).Draw(t, "event")
	who := rapid.SampledFrom(slices.Concat(w.callers, w.sellers)).Draw(t, "who")
	id, why := rapid.SampledFrom(w.orders).Draw(t, "order"), order.Why{Restock: rapid.Bool().Draw(t, "restock")}
	w.refused(t, w.run(t, "order.step", func(ctx context.Context) error { return w.Orders.Step(ctx, who, id, on, why) }))
}

// refund gives something back, or tries to.
func (w *world) refund(t *rapid.T) {
	if len(w.orders) == 0 {
		return
	}
	id := rapid.SampledFrom(w.orders).Draw(t, "order")
	cmd := order.RefundCmd{Reason: "any", Wallet: rapid.Bool().Draw(t, "wallet")}
	switch rapid.IntRange(0, 2).Draw(t, "what") {
	case 0:
		cmd.Whole = true
	case 1:
		cmd.Amount = fmt.Sprintf("%d.%02d", rapid.IntRange(0, 90).Draw(t, "amount"), rapid.IntRange(0, 99).Draw(t, "hundredths"))
	case 2:
		o, err := w.Orders.Get(context.Background(), web.Caller{AccountID: -1, Account: "acc_admin", Roles: adminRoles}, id)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Lines = []order.RefundLine{{Line: o.Lines[0].ID, Quantity: rapid.Int64Range(0, 2).Draw(t, "units")}}
	}
	who := rapid.SampledFrom(slices.Concat(w.callers, w.sellers)).Draw(t, "who")
	w.refused(t, w.run(t, "order.refund", func(ctx context.Context) error {
		_, _, err := w.Orders.Refund(ctx, who, id, cmd)
		return err
	}))
}

// boss decides; he has no account of his own here.
var boss = web.Caller{AccountID: -1, Account: "acc_admin", Roles: adminRoles}

// quarrel opens a dispute, or says, decides, withdraws or freezes something about one.
func (w *world) quarrel(t *rapid.T) {
	if len(w.orders) == 0 {
		return
	}
	id := rapid.SampledFrom(w.orders).Draw(t, "order")
	who := rapid.SampledFrom(slices.Concat(w.callers, w.sellers)).Draw(t, "who")
	what := rapid.IntRange(0, 4).Draw(t, "what")
	if what == 0 || len(w.disputes) == 0 {
		var dispute string
		if !w.refused(t, w.run(t, "order.dispute", func(ctx context.Context) (err error) {
			dispute, _, err = w.Orders.OpenDispute(ctx, who, id, order.DisputeCmd{Reason: "other", Text: "x"})
			return err
		})) {
			w.disputes = append(w.disputes, dispute)
		}
		return
	}
	dispute := rapid.SampledFrom(w.disputes).Draw(t, "dispute")
	switch what {
	case 1:
		outcome := rapid.SampledFrom([]order.Outcome{order.OutcomeReleased, order.OutcomeRefunded, order.OutcomeSplit}).Draw(t, "outcome")
		w.refused(t, w.run(t, "order.resolve_dispute", func(ctx context.Context) error {
			return w.Orders.ResolveDispute(ctx, boss, dispute, order.ResolveCmd{Outcome: outcome, Amount: "12.34", Note: "x"})
		}))
	case 2:
		w.refused(t, w.run(t, "order.withdraw_dispute", func(ctx context.Context) error { return w.Orders.WithdrawDispute(ctx, who, dispute) }))
	case 3:
		w.refused(t, w.run(t, "order.dispute_message", func(ctx context.Context) error {
			_, err := w.Orders.SayInDispute(ctx, who, dispute, "x")
			return err
		}))
	default:
		frozen := rapid.Bool().Draw(t, "frozen")
		w.refused(t, w.run(t, "order.freeze", func(ctx context.Context) error { return w.Orders.SetFrozen(ctx, boss, id, "x", frozen) }))
	}
}

// payout asks for money, or decides about what was asked for.
func (w *world) payout(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "whose")
	what := rapid.IntRange(0, 5).Draw(t, "what")
	if what == 0 || len(w.payouts) == 0 {
		cmd := wallet.PayoutCmd{
			Amount: fmt.Sprintf("%d.00", rapid.IntRange(1, 60).Draw(t, "amount")), Bank: wallet.Bank{Name: "Nabil", AccountName: "Asha", AccountNumber: "01234"},
		}
		caller := w.callers[i]
		if rapid.Bool().Draw(t, "store") {
			cmd.Store, caller = w.stores[i].ID, w.sellers[i]
		}
		var id string
		if !w.refused(t, w.run(t, "wallet.payout", func(ctx context.Context) (err error) {
			id, _, err = w.Wallet.RequestPayout(ctx, caller, cmd)
			return err
		})) {
			w.payouts = append(w.payouts, id)
		}
		return
	}
	id := rapid.SampledFrom(w.payouts).Draw(t, "payout")
	who := rapid.SampledFrom(slices.Concat(w.callers, w.sellers)).Draw(t, "who")
	w.refused(t, w.run(t, "wallet.decide_payout", func(ctx context.Context) error {
		switch what {
		case 1:
			return w.Wallet.ApprovePayout(ctx, boss, id)
		case 2:
			return w.Wallet.RejectPayout(ctx, boss, id, "x")
		case 3:
			return w.Wallet.SettlePayout(ctx, boss, id, "TT 1")
		case 4:
			return w.Wallet.FailPayout(ctx, boss, id, "x")
		default:
			return w.Wallet.CancelPayout(ctx, who, id)
		}
	}))
}

// payDebt pays what a store owes, or tries to.
func (w *world) payDebt(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "store")
	caller, source := w.sellers[i], wallet.FromWallet
	if rapid.Bool().Draw(t, "cash") {
		caller, source = boss, wallet.FromCash
	}
	w.refused(t, w.run(t, "wallet.pay_debt", func(ctx context.Context) error {
		_, _, err := w.Wallet.PayDebt(ctx, caller, wallet.DebtCmd{Store: w.stores[i].ID, Amount: "1.00", Source: source})
		return err
	}))
}

func (w *world) cancel(t *rapid.T) {
	if len(w.checkouts) == 0 {
		return
	}
	who, id := rapid.SampledFrom(w.callers).Draw(t, "who"), rapid.SampledFrom(w.checkouts).Draw(t, "checkout")
	w.refused(t, w.run(t, "order.cancel_checkout", func(ctx context.Context) error { return w.Orders.CancelCheckout(ctx, who, id) }))
}

func (w *world) wait(t *rapid.T) {
	w.Clock.Advance(rapid.SampledFrom([]time.Duration{time.Second, 14 * time.Minute, time.Hour, 25 * time.Hour, 73 * time.Hour}).Draw(t, "time"))
	for _, sweep := range []string{"payment.expire", "payment.look", "order.due"} {
		if rapid.Bool().Draw(t, sweep) {
			if err := w.run(t, sweep, func(ctx context.Context) error { _, err := w.Jobs.RunSweep(ctx, sweep); return err }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if rapid.Bool().Draw(t, "jobs") {
		if err := w.run(t, "jobs", func(ctx context.Context) error { _, err := w.Jobs.Drain(ctx); return err }); err != nil {
			t.Fatal(err)
		}
	}
}

// units follows every unit of a variant through the orders.
func (w *world) check(t *rapid.T) {
	if found := w.Findings(); len(found) > 0 {
		t.Fatalf("verify: %v", found)
	}
	ctx := context.Background()
	sold := 0
	for i, id := range w.orders {
		o, err := w.Orders.Get(ctx, web.Caller{AccountID: -1, Account: "acc_admin", Roles: adminRoles}, id)
		if err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
		switch o.State {
		case order.Cancelled, order.Returned:
		default:
			sold += int(o.Totals.UnitCount)
		}
	}
	if sold > 2*worldStock {
		t.Fatalf("%d units are sold or promised, there were %d", sold, 2*worldStock)
	}
}

func TestAnythingInAnyOrder(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		few(t, "12")
		rapid.Check(t, func(rt *rapid.T) {
			w := newWorld(m)
			rt.Repeat(map[string]func(*rapid.T){
				"checkout": w.checkout, "pay": w.pay, "step": w.step, "step again": w.step, "cancel": w.cancel, "wait": w.wait, "refund": w.refund, "refund again": w.refund, "quarrel": w.quarrel, "quarrel again": w.quarrel,
				"payout": w.payout, "payout again": w.payout, "pay debt": w.payDebt,
			})
			w.check(rt)
		})
	})
}

// few bounds how many worlds are tried: each is some hundred transactions.
func few(t *testing.T, checks string) {
	f := flag.Lookup("rapid.checks")
	before := f.Value.String()
	if err := f.Value.Set(checks); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) }) // it was valid before
}

var adminRoles = []string{web.RoleAdmin}

func isFault(err error) bool {
	_, ok := fault.As(err)
	return ok
}

func startCmd(id, card string) payment.StartCmd {
	if card == "" {
		return payment.StartCmd{Payment: id, Gateway: "wallet"}
	}
	return payment.StartCmd{Payment: id, Gateway: "test", Card: gateway.Card{Number: card, Month: 1, Year: 2030, CVC: "123"}}
}
