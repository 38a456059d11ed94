package payment

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/money"
)

// Gateway is a way to take money from outside. Its calls are made outside any transaction, may be repeated with the
// same attempt or refund, and are believed only as far as amount and currency agree with ours.
type Gateway interface {
	// Name is the gateway's name in the API, the ledger and the settings.
	Name() string
	// Start begins a charge for an attempt. An error means that the outcome is unknown: Lookup will tell.
	Start(ctx context.Context, c Charge) (Outcome, error)
	// Lookup asks what became of an attempt. It is the truth; answers of browsers are hints.
	Lookup(ctx context.Context, c Charge) (Outcome, error)
	// Refund gives money back, once for each refund id.
	Refund(ctx context.Context, r RefundOrder) (RefundOutcome, error)
}

// Charge is what a gateway is asked to take. Attempt is the key under which it must not take twice.
type Charge struct {
	Attempt   string
	Reference string // the gateway's own, when it has given one
	Amount    int64  // minor units, the fee included
	Currency  money.Currency
	Card      Card // passed through, never kept
	Expires   time.Time
}

// Card is a payer's card as typed. It is passed to the gateway and never stored or logged.
type Card struct {
	Number string
	Month  int
	Year   int
	CVC    string
}

// LogValue keeps a card out of the log.
func (Card) LogValue() string { return "card" }

// String keeps a card out of messages.
func (Card) String() string { return "card" }

// OutcomeState is what a gateway says of a charge.
type OutcomeState string

// The outcomes.
const (
	OutcomePaid    OutcomeState = "paid"
	OutcomeFailed  OutcomeState = "failed"
	OutcomeWaiting OutcomeState = "waiting"
	OutcomeUnknown OutcomeState = "unknown" // the gateway has never heard of it
)

// Outcome is a gateway's answer about a charge.
type Outcome struct {
	State     OutcomeState
	Reference string
	Amount    int64
	Currency  money.Currency
	Failure   string // a code of failures
}

// RefundOrder asks a gateway to give back. Refund is the key under which it must not give twice.
type RefundOrder struct {
	Refund    string
	Attempt   string
	Reference string
	Amount    int64
	Currency  money.Currency
}

// RefundOutcome is a gateway's answer: done, or refused for good.
type RefundOutcome struct {
	Done      bool
	Reference string
	Failure   string
}
