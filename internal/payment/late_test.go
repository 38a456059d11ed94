package payment_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/money"
)

type M = apptest.M

// slow is a gateway outside the market that a test steers: it answers late, twice, wrongly, or not at all.
type slow struct {
	mu      sync.Mutex
	silent  bool // calls fail: the outcome is unknown
	charges map[string]payment.Outcome
	refunds map[string]int64
	refuse  string // refunds are refused with this code
}

func newSlow() *slow {
	return &slow{charges: map[string]payment.Outcome{}, refunds: map[string]int64{}}
}

func (*slow) Name() string { return "slow" }

var errSilent = errors.New("no answer")

func (g *slow) Start(_ context.Context, c payment.Charge) (payment.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.charges[c.Attempt]; !ok {
		g.charges[c.Attempt] = payment.Outcome{State: payment.OutcomeWaiting, Reference: "slow_" + c.Attempt, Amount: c.Amount, Currency: c.Currency}
	}
	if g.silent {
		return payment.Outcome{}, errSilent
	}
	return g.charges[c.Attempt], nil
}

func (g *slow) Lookup(_ context.Context, c payment.Charge) (payment.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.silent {
		return payment.Outcome{}, errSilent
	}
	out, ok := g.charges[c.Attempt]
	if !ok {
		return payment.Outcome{State: payment.OutcomeUnknown}, nil
	}
	return out, nil
}

func (g *slow) Refund(_ context.Context, r payment.RefundOrder) (payment.RefundOutcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.silent {
		return payment.RefundOutcome{}, errSilent
	}
	if g.refuse != "" {
		return payment.RefundOutcome{Failure: g.refuse}, nil
	}
	g.refunds[r.Refund] = r.Amount
	return payment.RefundOutcome{Done: true, Reference: "slow_" + r.Refund}, nil
}

// decide sets what became of an attempt.
func (g *slow) decide(attempt string, change func(*payment.Outcome)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.charges[attempt]
	change(&out)
	g.charges[attempt] = out
}

func paid(o *payment.Outcome) { o.State = payment.OutcomePaid }

func (g *slow) givenBack() (sum int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.refunds {
		sum += n
	}
	return sum
}

// story is a checkout of one thing that is being paid at the slow gateway.
type story struct {
	*apptest.Market
	t             *testing.T
	gateway       *slow
	store         apptest.Store
	buyer         *apptest.Client
	variant       string
	checkout, pay string
	attempt       string
}

func each(t *testing.T, f func(t *testing.T, s *story)) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := &story{Market: m, t: t, gateway: newSlow()}
		m.Payments.AddGateway(s.gateway)
		s.store = m.Store()
		_, s.variant = s.store.Product("Lamp", "100.00", 1)
		var address string
		s.buyer, address = m.Buyer()
		a := s.buyer.Post("/v1/checkouts", M{"direct": M{"variant": s.variant, "quantity": 1}, "address_id": address, "payment_method": "gateway", "expected_total": "100.00"}).Want(201)
		s.checkout, s.pay = "/v1/checkouts/"+a.Str("id"), "/v1/payments/"+a.Str("payment.id")
		f(t, s)
	})
}

func (s *story) start() {
	s.t.Helper()
	s.attempt = s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow", "card": M{"number": "4242424242424242", "exp_month": 1, "exp_year": 2030, "cvc": "123"}}).Want(201).Is("state", "started").Str("id")
}

func (s *story) later(d time.Duration) {
	s.Clock.Advance(d)
	s.buyer, s.store.Owner = s.SignIn(s.buyer), s.SignIn(s.store.Owner)
}

func (s *story) order(state, status string) {
	s.t.Helper()
	a := s.buyer.Get(s.checkout).Want(200)
	if a.Str("orders.0.state") != state || a.Str("orders.0.payment_status") != status {
		s.t.Errorf("the order is %s and %s, want %s and %s", a.Str("orders.0.state"), a.Str("orders.0.payment_status"), state, status)
	}
}

// A browser that never came back: the poller finds the money.
func TestPollerSettlesWhatTheBrowserLeft(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.gateway.silent = true
		s.start()
		s.buyer.Post(s.pay+"/verify", nil).Problem(409, "payment_not_confirmed")
		s.gateway.silent = false
		s.gateway.decide(s.attempt, paid)
		s.Clock.Advance(31 * time.Second)
		s.Sweep("payment.look")
		s.order("confirmed", "paid")
		s.Sweep("payment.look")
		s.buyer.Get(s.pay).Is("state", "completed").Is("fee", "4.50")
	})
}

// A running attempt stretches the window, but not for ever; then money that still comes is late. The goods are there:
// they are taken again at the frozen price.
func TestLateMoneyFindsTheGoods(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.later(14 * time.Minute)
		if n := s.Sweep("payment.expire"); n != 0 {
			t.Fatalf("expired %d while an attempt ran", n)
		}
		s.later(2 * time.Minute)
		if n := s.Sweep("payment.expire"); n != 1 {
			t.Fatalf("expired %d, want 1", n)
		}
		s.order("cancelled", "unpaid")
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200).Is("state", "completed").Is("late", true)
		s.order("confirmed", "paid")
		s.store.Owner.Get("/v1/variants/", s.variant, "/stock").Is("available", 0).Is("reserved", 0)
	})
}

// Late money, and the goods are gone: it goes back by itself, with the gateway's fee.
func TestLateMoneyWithoutGoodsGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.later(16 * time.Minute)
		s.Sweep("payment.expire")
		other, address := s.Buyer()
		s.Fund(other, 10000)
		other.Post("/v1/checkouts", M{"direct": M{"variant": s.variant, "quantity": 1}, "address_id": address, "payment_method": "wallet", "expected_total": "100.00"}).Want(201)
		s.gateway.decide(s.attempt, paid)
		s.Sweep("payment.look")
		s.order("cancelled", "refunded")
		s.Verify()
		s.RunJobs()
		if got := s.gateway.givenBack(); got != 10450 {
			t.Errorf("%d was given back, want 10450", got)
		}
		s.buyer.Get(s.pay, "/refunds").Is("items.0.state", "completed").Is("items.0.amount", "100.00").Is("items.0.fee", "4.50").Is("items.0.reason", "paid_late")
		s.RunJobs()
		if got := s.gateway.givenBack(); got != 10450 {
			t.Errorf("%d was given back after a second run", got)
		}
	})
}

// After a customer's cancel, money that still comes always goes back, though the goods are there.
func TestMoneyAfterCancelGoesBack(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.buyer.Post(s.checkout+"/cancel", nil).Want(200).Is("orders.0.state", "cancelled")
		s.gateway.decide(s.attempt, paid)
		s.Clock.Advance(time.Minute)
		s.Sweep("payment.look")
		s.order("cancelled", "refunded")
		s.store.Owner.Get("/v1/variants/", s.variant, "/stock").Is("available", 1)
		s.RunJobs()
		if got := s.gateway.givenBack(); got != 10450 {
			t.Errorf("%d was given back, want 10450", got)
		}
	})
}

// An attempt that was given up and a second one are both paid: the order is paid once, the rest goes back.
func TestPaidTwice(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		first := s.attempt
		s.gateway.decide(first, func(o *payment.Outcome) { o.State, o.Failure = payment.OutcomeFailed, "card_declined" })
		s.Clock.Advance(time.Minute)
		s.Sweep("payment.look")
		s.start()
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200).Is("state", "completed")
		s.gateway.decide(first, paid)
		if err := s.Payments.Recheck(context.Background(), first); err != nil {
			t.Fatal(err)
		}
		s.order("confirmed", "paid")
		s.Verify()
		s.RunJobs()
		if got := s.gateway.givenBack(); got != 10450 {
			t.Errorf("%d was given back, want 10450", got)
		}
	})
}

// A gateway that lies about amount or currency is not believed.
func TestWrongAmountIsForReview(t *testing.T) {
	for name, lie := range map[string]func(*payment.Outcome){
		"less":             func(o *payment.Outcome) { o.State, o.Amount = payment.OutcomePaid, o.Amount-1 },
		"more":             func(o *payment.Outcome) { o.State, o.Amount = payment.OutcomePaid, o.Amount+1 },
		"another currency": func(o *payment.Outcome) { o.State, o.Currency = payment.OutcomePaid, money.Currency("USD") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *story) {
				s.start()
				s.gateway.decide(s.attempt, lie)
				s.buyer.Post(s.pay+"/verify", nil).Want(200).Is("attempts.0.state", "review")
				s.order("awaiting_payment", "unpaid")
			})
		})
	}
}

// A refund that the gateway refuses is kept for a person; one that it does not answer is tried again.
func TestRefundIsRetriedOrKept(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200)
		order := "/v1/orders/" + s.buyer.Get(s.checkout).Str("orders.0.id")
		s.gateway.silent = true
		s.buyer.Post(order+"/cancel", nil).Want(200)
		s.RunJobs()
		s.buyer.Get(s.pay, "/refunds").Is("items.0.state", "processing")
		s.gateway.silent, s.gateway.refuse = false, "account_closed"
		s.later(time.Hour)
		s.RunJobs()
		s.buyer.Get(s.pay, "/refunds").Is("items.0.state", "failed").Is("items.0.failure", "account_closed")
		s.Person("admin").Get("/v1/refunds?state=failed").Want(200).Is("items.0.amount", "100.00")
	})
}

// Somebody else's payment is not there, whatever is asked of it.
func TestStrangersSeeNoPayment(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		stranger := s.Person("customer")
		stranger.Get(s.pay).Problem(404, "payment_not_found")
		stranger.Get(s.pay, "/refunds").Problem(404, "payment_not_found")
		stranger.Post(s.pay+"/verify", nil).Problem(404, "payment_not_found")
		stranger.Post(s.pay+"/attempts", M{"gateway": "wallet"}).Problem(404, "payment_not_found")
		s.store.Owner.Get(s.pay).Problem(404, "payment_not_found")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "nowhere"}).Problem(422, "gateway_unknown")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "slow"}).Problem(422, "card_invalid")
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "wallet"}).Problem(409, "insufficient_balance")
		s.Fund(s.buyer, 10000)
		s.buyer.Post(s.pay+"/attempts", M{"gateway": "wallet"}).Want(201).Is("state", "succeeded")
		s.order("confirmed", "paid")
	})
}
