package payment_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
)

type M = apptest.M

// slow is a gateway outside the market that a test steers: it answers late, twice, wrongly, or not at all.
type slow struct {
	mu      sync.Mutex
	silent  bool // calls fail: the outcome is unknown
	charges map[string]gateway.Outcome
	refunds map[string]int64
	refuse  string        // refunds are refused with this code
	down    time.Duration // it does not work, and says for how long
	asked   int
}

func newSlow() *slow {
	return &slow{charges: map[string]gateway.Outcome{}, refunds: map[string]int64{}}
}

func (*slow) About() gateway.About {
	return gateway.About{Name: "slow", Title: "Slow", Verified: gateway.BySandbox, Takes: gateway.TakesCard, Refunds: gateway.PartRefunds, Window: 5 * time.Minute}
}

// Hear believes everybody: what is heard is a hint only.
func (g *slow) Hear(_ context.Context, m gateway.Message) (gateway.Hint, error) {
	if m.Header.Get("X-Forged") != "" {
		return gateway.Hint{}, gateway.ErrForged
	}
	return gateway.Hint{Event: m.Query.Get("event"), Attempt: m.Query.Get("attempt")}, nil
}

var errSilent = errors.New("no answer")

func (g *slow) Start(_ context.Context, c gateway.Charge) (gateway.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.down > 0 {
		return gateway.Outcome{}, &gateway.DownError{After: g.down}
	}
	if _, ok := g.charges[c.Attempt]; !ok {
		g.charges[c.Attempt] = gateway.Outcome{State: gateway.Waiting, Reference: "slow_" + c.Attempt, Amount: c.Amount, Currency: c.Currency}
	}
	if g.silent {
		return gateway.Outcome{}, errSilent
	}
	return g.charges[c.Attempt], nil
}

func (g *slow) Lookup(_ context.Context, c gateway.Charge) (gateway.Outcome, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if g.down > 0 {
		return gateway.Outcome{}, &gateway.DownError{After: g.down}
	}
	if g.silent {
		return gateway.Outcome{}, errSilent
	}
	out, ok := g.charges[c.Attempt]
	if !ok {
		return gateway.Outcome{State: gateway.Unknown}, nil
	}
	return out, nil
}

func (g *slow) Refund(_ context.Context, r gateway.Refund) (gateway.Refunded, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.silent {
		return gateway.Refunded{}, errSilent
	}
	if g.refuse != "" {
		return gateway.Refunded{Failure: g.refuse}, nil
	}
	g.refunds[r.ID] = r.Amount
	return gateway.Refunded{Done: true, Reference: "slow_" + r.ID}, nil
}

// decide sets what became of an attempt.
func (g *slow) decide(attempt string, change func(*gateway.Outcome)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := g.charges[attempt]
	change(&out)
	g.charges[attempt] = out
}

func paid(o *gateway.Outcome) { o.State = gateway.Paid }

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
		s.gateway.decide(first, func(o *gateway.Outcome) { o.State, o.Failure = gateway.Failed, "card_declined" })
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
	for name, lie := range map[string]func(*gateway.Outcome){
		"less":             func(o *gateway.Outcome) { o.State, o.Amount = gateway.Paid, o.Amount-1 },
		"more":             func(o *gateway.Outcome) { o.State, o.Amount = gateway.Paid, o.Amount+1 },
		"another currency": func(o *gateway.Outcome) { o.State, o.Currency = gateway.Paid, money.Currency("USD") },
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

// A refund that the gateway does not answer is tried again, one that it refuses goes into the wallet, and one that it may
// have given is kept for a person, who settles it once.
func TestRefundIsRetriedOrKept(t *testing.T) {
	each(t, func(t *testing.T, s *story) {
		s.start()
		s.gateway.decide(s.attempt, paid)
		s.buyer.Post(s.pay+"/verify", nil).Want(200)
		order := "/v1/orders/" + s.buyer.Get(s.checkout).Str("orders.0.id")
		for _, c := range []struct{ amount, failure, state, destination string }{
			{"30.00", "account_closed", "completed", "wallet"}, {"20.00", "refund_unsure", "failed", "source"}, {"10.00", "refund_too_large", "failed", "source"},
		} {
			s.gateway.silent = true
			id := s.store.Owner.Post(order+"/refunds", M{"amount": c.amount, "reason": "broken"}).Want(201).Is("state", "requested").Is("destination", "source").Str("id")
			s.RunJobs()
			s.buyer.Get("/v1/refunds/", id).Want(200).Is("state", "processing")
			s.gateway.silent, s.gateway.refuse = false, c.failure
			s.later(time.Hour)
			s.RunJobs()
			s.buyer.Get("/v1/refunds/", id).Want(200).Is("state", c.state).Is("destination", c.destination).Is("failure", c.failure)
		}
		s.buyer.Get("/v1/wallet").Want(200).Is("balance", "30.00")
		admin := s.Person("admin")
		list := admin.Get("/v1/refunds?all=true&state=failed").Want(200).Is("items.1.amount", "20.00").Is("items.0.amount", "10.00")
		one, two := list.Str("items.0.id"), list.Str("items.1.id")
		s.buyer.Post("/v1/refunds/{}/settle", M{"to": "wallet"}, one).Problem(403, "forbidden")
		admin.Post("/v1/refunds/{}/settle", M{"to": "bank"}, one).Problem(422, "reference_required")
		admin.Post("/v1/refunds/{}/settle", M{"to": "bank", "reference": "TT 77"}, one).Want(200).Is("state", "completed").Is("reference", "TT 77")
		admin.Post("/v1/refunds/{}/settle", M{"to": "wallet"}, one).Problem(409, "refund_not_failed")
		admin.Post("/v1/refunds/{}/settle", M{"to": "wallet"}, two).Want(200).Is("destination", "wallet")
		s.buyer.Get("/v1/wallet").Want(200).Is("balance", "50.00")
		admin.Post("/v1/refunds/ref_0000000000000000/settle", M{"to": "wallet"}).Problem(404, "refund_not_found")
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
