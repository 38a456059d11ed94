package wallet_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
)

func card(number string) M {
	return M{"gateway": "test", "card": M{"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}}
}

const goodCard, badCard = "4242424242424242", "4000000000000002"

// till is a gateway whose answers a test decides.
type till struct {
	mu   sync.Mutex
	paid bool
}

func (*till) About() gateway.About {
	return gateway.About{Name: "till", Title: "Till", Verified: gateway.BySandbox, Takes: gateway.TakesRedirect, Free: true, Refunds: gateway.PartRefunds, Window: 5 * time.Minute}
}

func (*till) Hear(context.Context, gateway.Message) (gateway.Hint, error) {
	return gateway.Hint{}, gateway.ErrForged
}

func (g *till) Start(ctx context.Context, c gateway.Charge) (gateway.Outcome, error) {
	return g.Lookup(ctx, c)
}

func (g *till) Lookup(_ context.Context, c gateway.Charge) (gateway.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := gateway.Outcome{State: gateway.Waiting, Reference: "till_" + c.Attempt, Amount: c.Amount, Currency: money.Currency("NPR"), Next: &gateway.Next{Type: "redirect", URL: "https://till.example/" + c.Attempt}}
	if g.paid {
		out.State, out.Next = gateway.Paid, nil
	}
	return out, nil
}

func (*till) Refund(_ context.Context, r gateway.Refund) (gateway.Refunded, error) {
	return gateway.Refunded{Done: true, Reference: r.ID}, nil
}

func (g *till) pay() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.paid = true
}

func TestTopUp(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ana, eve, admin := m.Person("customer"), m.Person("customer"), m.Person("admin")
		a := ana.Key("topup-key-00000001").Post("/v1/wallet/topups", M{"amount": "100.00"}).Want(201).Is("state", "pending").Is("amount", "100.00").
			Is("payment.state", "pending").Is("payment.kind", "topup").Is("payment.amount", "100.00")
		id, pay := a.Str("id"), a.Str("payment.id")
		again := ana.Key("topup-key-00000001").Post("/v1/wallet/topups", M{"amount": "100.00"}).Want(201).Is("id", id)
		if again.Header.Get("Idempotency-Replayed") != "true" {
			t.Error("not said to be a replay")
		}
		eve.Get("/v1/wallet/topups/", id).Problem(404, "topup_not_found")
		eve.Post("/v1/wallet/topups/{}/cancel", nil, id).Problem(404, "topup_not_found")
		eve.Post("/v1/payments/{}/attempts", card(goodCard), pay).Problem(404, "payment_not_found")
		admin.Get("/v1/wallet/topups/", id).Want(200)

		// From a wallet into itself nothing moves; a declined card may be tried again.
		ana.Post("/v1/payments/{}/attempts", M{"gateway": "wallet"}, pay).Problem(422, "gateway_unknown")
		ana.Post("/v1/payments/{}/attempts", card(badCard), pay).Problem(402, "card_declined").Is("details.can_retry", true)
		ana.Post("/v1/payments/{}/attempts", card(goodCard), pay).Want(201).Is("state", "succeeded").Is("fee", "4.50").Is("total", "104.50")
		ana.Get("/v1/wallet/topups/", id).Want(200).Is("state", "paid").Is("payment.state", "completed")
		ana.Get("/v1/wallet").Want(200).Is("balance", "100.00").Is("available", "100.00")
		ana.Get("/v1/wallet/transactions").Want(200).Is("items.0.kind", "topup").Is("items.0.amount", "100.00").Is("items.0.subject", pay)
		ana.Post("/v1/payments/{}/attempts", card(goodCard), pay).Problem(409, "already_paid")
		ana.Post("/v1/wallet/topups/{}/cancel", nil, id).Problem(409, "topup_closed").Is("details.state", "paid")

		second := ana.Post("/v1/wallet/topups", M{"amount": "5"}).Want(201).Str("id")
		ana.Get("/v1/wallet/topups").Want(200).Is("items.0.id", second).Is("items.1.id", id)
		ana.Get("/v1/wallet/topups?state=paid").Want(200).Is("items.0.id", id).Is("next_cursor", nil)
		eve.Get("/v1/wallet/topups").Want(200).Is("next_cursor", nil)
		ana.Post("/v1/wallet/topups/{}/cancel", nil, second).Want(200).Is("state", "cancelled").Is("payment.state", "cancelled")
		admin.Get("/v1/events?type=wallet.topup_paid").Want(200).Is("items.0.subject", id)
	})
}

func TestTopUpLimits(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ana, admin := m.Person("customer"), m.Person("admin")
		admin.Patch("/v1/settings", M{"topup_min": "10", "topup_max": "500.00", "topup_daily_max": "700"}).Want(200).Is("topup_max", "500.00")
		m.Clock.Advance(3 * time.Second)
		for _, c := range []struct{ amount, code string }{
			{"9.99", "topup_amount"}, {"500.01", "topup_amount"}, {"0", "invalid_amount"}, {"-20.00", "invalid_amount"}, {"1e2", "invalid_amount"},
			{"10.001", "invalid_amount"}, {"99999999999999999", "amount_out_of_range"}, {"१००", "invalid_amount"},
		} {
			ana.Post("/v1/wallet/topups", M{"amount": c.amount}).Problem(422, c.code)
		}
		ana.Post("/v1/wallet/topups", M{"amount": "20.00", "currency": "USD"}).Problem(422, "wrong_currency")
		ana.Post("/v1/wallet/topups", M{"amount": "500.00"}).Want(201)
		ana.Post("/v1/wallet/topups", M{"amount": "200.01"}).Problem(409, "topup_daily_limit").Is("details.left", "200.00")
		// The same limit holds for what is asked for at once.
		var all sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 20 {
			all.Go(func() {
				a, err := ana.Try("POST", "/v1/wallet/topups", M{"amount": "150.00"})
				if err != nil {
					t.Error(err)
				} else if a.Status == 201 {
					mu.Lock()
					made++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if made != 1 {
			t.Errorf("%d top-ups of 150.00 fit into 200.00", made)
		}
		m.Clock.Advance(25 * time.Hour)
		ana = m.SignIn(ana)
		for m.Sweep("payment.expire") > 0 {
		}
		ana.Get("/v1/wallet/topups").Want(200).Is("items.0.state", "expired").Is("items.0.payment.state", "expired")
		for range 3 {
			ana.Post("/v1/wallet/topups", M{"amount": "100.00"}).Want(201)
		}
		ana.Post("/v1/wallet/topups", M{"amount": "100.00"}).Problem(409, "too_many_topups")
	})
}

// Money that comes after its top-up was given up is still the payer's; money that comes twice goes back once.
func TestTopUpPaidLateAndTwice(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		g := &till{}
		m.Payments.AddGateway(g)
		ana := m.Person("customer")
		top := func(amount string) (id, pay string) {
			a := ana.Post("/v1/wallet/topups", M{"amount": amount}).Want(201)
			ana.Post("/v1/payments/{}/attempts", M{"gateway": "till"}, a.Str("payment.id")).Want(201).Is("state", "started")
			return a.Str("id"), a.Str("payment.id")
		}
		late, _ := top("40.00")
		cancelled, _ := top("7.00")
		ana.Post("/v1/wallet/topups/{}/cancel", nil, cancelled).Want(200).Is("state", "cancelled")
		m.Clock.Advance(40 * time.Minute)
		ana = m.SignIn(ana)
		for m.Sweep("payment.look") > 0 {
			m.Clock.Advance(5 * time.Minute)
			if m.Sweep("payment.expire") > 0 {
				break
			}
		}
		ana = m.SignIn(ana)
		ana.Get("/v1/wallet/topups/", late).Want(200).Is("state", "expired")
		g.pay()
		for range 10 {
			m.Clock.Advance(10 * time.Minute)
			m.Sweep("payment.look")
		}
		ana = m.SignIn(ana)
		ana.Get("/v1/wallet/topups/", late).Want(200).Is("state", "paid").Is("payment.late", true)
		ana.Get("/v1/wallet/topups/", cancelled).Want(200).Is("state", "paid")
		ana.Get("/v1/wallet").Want(200).Is("balance", "47.00")

		// Two attempts that both pay: the second goes back to where it came from.
		g.mu.Lock()
		g.paid = false
		g.mu.Unlock()
		_, pay := top("9.00")
		m.Clock.Advance(16 * time.Minute)
		ana = m.SignIn(ana)
		m.Sweep("payment.look")
		ana.Post("/v1/payments/{}/attempts", card(goodCard), pay).Want(201).Is("state", "succeeded")
		g.pay()
		m.Clock.Advance(10 * time.Minute)
		m.Sweep("payment.look")
		m.RunJobs()
		ana.Get("/v1/wallet").Want(200).Is("balance", "56.00")
		ana.Get("/v1/payments/", pay, "/refunds").Want(200).Is("items.0.state", "completed").Is("items.0.reason", "duplicate").Is("items.0.destination", "source")
	})
}

func TestTopUpByTransfer(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		ana, admin := m.Person("customer"), m.Person("admin")
		admin.Patch("/v1/gateways/bank_transfer", M{"details": M{"account_name": "Asan", "account_number": "1", "bank": "Nabil"}, "fee_fixed": "3.00"}).Want(200)
		a := ana.Post("/v1/wallet/topups", M{"amount": "250.00"}).Want(201)
		pay := a.Str("payment.id")
		ana.Post("/v1/payments/{}/attempts", M{"gateway": "bank_transfer"}, pay).Want(201).Is("total", "253.00")
		proof := ana.Post("/v1/payments/{}/proof", M{"reference": "BANK 777"}, pay).Want(200).Str("attempts.0.proof.id")
		ana.Get("/v1/wallet").Want(200).Is("balance", "0.00")
		admin.Post("/v1/payment-proofs/{}/approve", M{"amount": "253.00"}, proof).Want(200).Is("state", "approved")
		ana.Get("/v1/wallet").Want(200).Is("balance", "250.00")
		ana.Get("/v1/wallet/topups/", a.Str("id")).Want(200).Is("state", "paid")
		admin.Get("/v1/ledger/accounts?kind=bank").Want(200).Is("items.0.balance", "-253.00")
	})
}
