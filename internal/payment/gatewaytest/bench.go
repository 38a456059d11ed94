package gatewaytest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
)

// Bench is a gateway beside a provider that the suite steers.
type Bench struct {
	Gateway  gateway.Gateway
	Provider Provider
	Currency money.Currency
	Other    money.Currency // another one that the provider could report; "" if its answers name none
	Card     gateway.Card   // pays, where the gateway takes cards
	Bad      gateway.Card   // is declined
	Choice   string
	Bank     string
	Secrets  []string // must not be seen anywhere
}

// Provider is the other side: the provider, and the payer in front of it. Charges are named by their attempts.
type Provider interface {
	// Pay lets the payer pay what was asked for.
	Pay(attempt string)
	// Decline lets the payer fail, or give up, for good.
	Decline(attempt string)
	// Misreport makes the provider say that this was paid, whatever was asked for.
	Misreport(attempt string, amount int64, c money.Currency)
	// Taken is what the provider has taken for an attempt, Given what it has given back of it.
	Taken(attempt string) int64
	Given(attempt string) int64
	// Charges is how many charges the provider knows for an attempt.
	Charges(attempt string) int
}

// Wire is a provider that can fail. In-process ones cannot.
type Wire interface {
	// Down makes the provider answer that it does not work, and when to try again, without doing anything.
	Down(after time.Duration)
	// Silent makes the provider do what it is asked and not answer.
	Silent()
	// Up ends both.
	Up()
}

// Browsers is a provider that sends payers back. Browser is what their browser brings; event tells two returns apart
// where the provider does.
type Browsers interface {
	Browser(attempt string) gateway.Message
}

// Webhooks is a provider that calls by itself. Webhook is such a call, signed; the same event twice is the same call.
type Webhooks interface {
	Webhook(attempt, event string) gateway.Message
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9_]{1,31}$`)

// charge is a charge of the suite: its own attempt each time.
func (b Bench) charge(attempt string, amount int64) gateway.Charge {
	now := time.Now()
	return gateway.Charge{
		Attempt: attempt, Amount: amount, Currency: b.Currency, Title: "Order of 2 things", Choice: b.Choice, Bank: b.Bank, Card: b.Card,
		Return: "https://market.example/payments/return/" + b.Gateway.About().Name + "?attempt=" + attempt, Shop: "https://market.example",
		Created: now, Expires: now.Add(b.Gateway.About().Window),
	}
}

// started starts a charge and gives it with the reference that the gateway gave it.
func (b Bench) started(t *testing.T, attempt string, amount int64) gateway.Charge {
	t.Helper()
	c := b.charge(attempt, amount)
	out, err := b.Gateway.Start(t.Context(), c)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return with(c, out)
}

func with(c gateway.Charge, out gateway.Outcome) gateway.Charge {
	if out.Reference != "" {
		c.Reference = out.Reference
	}
	return c
}

func (b Bench) lookup(t *testing.T, c gateway.Charge) gateway.Outcome {
	t.Helper()
	out, err := b.Gateway.Lookup(t.Context(), c)
	if err != nil {
		t.Fatalf("look up: %v", err)
	}
	return out
}

// paid starts a charge, lets the payer pay it, and looks it up.
func (b Bench) paid(t *testing.T, attempt string, amount int64) gateway.Charge {
	t.Helper()
	c := b.started(t, attempt, amount)
	b.Provider.Pay(attempt)
	out := b.lookup(t, c)
	if out.State != gateway.Paid || out.Amount != amount || out.Currency != b.Currency {
		t.Fatalf("paid %d %s; the gateway says %s %d %s", amount, b.Currency, out.State, out.Amount, out.Currency)
	}
	return with(c, out)
}

func refundOf(c gateway.Charge, id string, amount int64) gateway.Refund {
	return gateway.Refund{
		ID: id, Attempt: c.Attempt, Charge: c.Reference, Amount: amount, Whole: c.Amount, Currency: c.Currency, Created: c.Created,
	}
}

// give asks for a refund until the gateway has decided, as the market does.
func (b Bench) give(t *testing.T, r gateway.Refund) gateway.Refunded {
	t.Helper()
	for range 5 {
		out, err := b.Gateway.Refund(t.Context(), r)
		if err != nil {
			t.Fatalf("refund: %v", err)
		}
		if out.Done || out.Failure != "" {
			return out
		}
		r.Reference = out.Reference
	}
	t.Fatalf("refund %s is never decided", r.ID)
	return gateway.Refunded{}
}

// clean fails the test where a text has a secret in it.
func (b Bench) clean(t *testing.T, what string, values ...any) {
	t.Helper()
	for _, v := range values {
		for _, text := range []string{fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)} {
			for _, s := range b.Secrets {
				if s != "" && strings.Contains(text, s) {
					t.Errorf("%s shows a secret: %.200s", what, text)
				}
			}
		}
	}
}
