package payment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// State is where a payment stands. What was refunded of it is an amount beside the state, not a state.
type State string

// The states.
const (
	Pending    State = "pending"    // waits for an attempt
	Processing State = "processing" // an attempt runs
	Completed  State = "completed"
	Expired    State = "expired"
	Cancelled  State = "cancelled"
)

// Method is how a payable is paid.
type Method string

// The methods.
const (
	ByGateway Method = "gateway"
	ByWallet  Method = "wallet"
	ByCash    Method = "cod"
)

// AttemptState is where an attempt stands.
type AttemptState string

// The states of an attempt. Duplicate: the money came twice and goes back. Review: the gateway's amount or currency
// is not ours, so a person decides.
const (
	Started   AttemptState = "started"
	Succeeded AttemptState = "succeeded"
	Failed    AttemptState = "failed"
	Lapsed    AttemptState = "expired"
	Duplicate AttemptState = "duplicate"
	Review    AttemptState = "review"
)

// Times of the windows. A gateway's page may be open when the window ends, so a running attempt stretches it; nobody
// holds goods longer than windowMost.
const (
	attemptGrace = 10 * time.Minute
	windowMost   = 90 * time.Minute
	watchFor     = 24 * time.Hour // how long the poller goes on asking about an attempt that was given up
	// Who pays by transfer has days, and a while to begin anew after one that came to nothing; all of it is bounded.
	afterTransfer = 24 * time.Hour
	transferMost  = 7 * 24 * time.Hour
	lastCall      = 2 * time.Minute // no new attempt this close to the end
	maxAttempts   = 20
)

// Never is the end of a window that has none.
var Never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// What a caller may be told.
var (
	ErrNotFound        = fault.New(fault.NotFound, "payment_not_found", "There is no such payment.")
	ErrGateway         = fault.New(fault.Invalid, "gateway_unknown", "This way of paying is not offered. GET /v1/payment-methods lists those that are.")
	ErrGatewayOff      = fault.New(fault.Conflict, "gateway_unavailable", "This way of paying is not offered at the moment.")
	ErrGatewayAmount   = fault.New(fault.Conflict, "gateway_amount", "This way of paying does not take this amount.")
	ErrChoice          = fault.New(fault.Invalid, "choice_invalid", "Choose one of the ways that this gateway offers.")
	ErrAlreadyPaid     = fault.New(fault.Conflict, "already_paid", "This has been paid already.")
	ErrClosed          = fault.New(fault.Conflict, "payment_closed", "This payment is closed. Check out again.")
	ErrRunning         = fault.New(fault.Conflict, "attempt_running", "Another attempt at this payment is running. Wait for its outcome.")
	ErrWindowClosing   = fault.New(fault.Conflict, "payment_window_closing", "The time to pay is nearly over, so no new attempt is started. Check out again.")
	ErrTooManyTries    = fault.New(fault.TooMany, "too_many_attempts", "Too many attempts at this payment. Check out again.")
	ErrNotAtDoor       = fault.New(fault.Conflict, "pays_at_the_door", "This is paid in cash on delivery.")
	ErrDeclined        = fault.New(fault.PaymentRequired, "card_declined", "The card was declined. Try another card.")
	ErrNoFunds         = fault.New(fault.PaymentRequired, "insufficient_funds", "The card has too little money on it. Try another card.")
	ErrExpiredCard     = fault.New(fault.PaymentRequired, "expired_card", "The card has expired. Try another card.")
	ErrCVC             = fault.New(fault.PaymentRequired, "incorrect_cvc", "The security code is wrong. Check it and try again.")
	ErrCard            = fault.New(fault.Invalid, "card_invalid", "The card's details are not complete.")
	ErrNotConfirmed    = fault.New(fault.Conflict, "payment_not_confirmed", "The provider has not confirmed this payment yet. Look again in a minute.")
	ErrBankDown        = fault.New(fault.Unavailable, "bank_service_down", "The provider does not work at the moment. Try again later, or pay in another way.")
	ErrTimedOut        = fault.New(fault.Conflict, "payment_timeout", "The time to pay is over. Check out again.")
	ErrNotPossible     = fault.New(fault.PaymentRequired, "payment_not_possible", "The provider refused this payment. Pay in another way.")
	ErrGaveUp          = fault.New(fault.PaymentRequired, "payer_cancelled", "The payment was cancelled at the provider.")
	ErrRefundTooLarge  = fault.New(fault.Conflict, "refund_too_large", "More would be given back than was paid.")
	ErrRefundNotFound  = fault.New(fault.NotFound, "refund_not_found", "There is no such refund.")
	ErrRefundSettled   = fault.New(fault.Conflict, "refund_not_failed", "Only a refund that failed is settled by hand.")
	ErrSettleReference = fault.New(fault.Invalid, "reference_required", "Name the reference under which the bank paid it.")
	ErrNoWallet        = fault.New(fault.Conflict, "no_wallet", "Whoever paid this has no account here, so there is no wallet that it could go into.")
)

// failures maps what an attempt failed with to what its payer is told.
var failures = map[string]*fault.Error{
	gateway.CardDeclined: ErrDeclined, gateway.NoFunds: ErrNoFunds, gateway.ExpiredCard: ErrExpiredCard, gateway.WrongCVC: ErrCVC,
	gateway.BankDown: ErrBankDown, gateway.TimedOut: ErrTimedOut, gateway.NotPossible: ErrNotPossible, gateway.PayerGaveUp: ErrGaveUp,
}

// What an admin may be told.
var (
	ErrGatewayUnknown    = fault.New(fault.NotFound, "gateway_not_found", "There is no such gateway.")
	ErrGatewaySetting    = fault.New(fault.Invalid, "gateway_setting_invalid", "This gateway cannot be set like that.")
	ErrGatewayIncomplete = fault.New(fault.Conflict, "gateway_incomplete", "This gateway cannot be turned on before it has what it needs.")
)

// Payment is a payment as other rooms see it. Amounts are minor units.
type Payment struct {
	ID          int64
	PublicID    string
	Kind        string // of the payable
	Payable     string // its public id
	AccountID   int64
	Account     string // public id
	Method      Method
	Currency    money.Currency
	Amount      int64
	Fee         int64 // of the gateway, on top, taken with the attempt that succeeded
	Captured    int64 // without the fee
	Refunded    int64 // without the fee
	State       State
	Late        bool // the money came after the window
	Until       time.Time
	CreatedAt   time.Time
	Completed   *time.Time
	cancelledBy string
}

func fromRow(r paymentdb.Payment) Payment {
	p := Payment{
		ID: r.ID, PublicID: r.PublicID, Kind: r.PayableKind, Payable: r.Payable, AccountID: r.AccountID, Account: r.Account,
		Method: Method(r.Method), Currency: money.Currency(r.Currency), Amount: r.Amount, Fee: r.Fee, Captured: r.Captured,
		Refunded: r.Refunded, State: State(r.State), Late: r.Late, Until: clock.Time(r.WindowUntil), CreatedAt: clock.Time(r.CreatedAt),
		cancelledBy: r.CancelledBy,
	}
	if r.CompletedAt != nil {
		at := clock.Time(*r.CompletedAt)
		p.Completed = &at
	}
	return p
}

// Open reports whether the payment still waits for money.
func (p Payment) Open() bool { return p.State == Pending || p.State == Processing }

// CancelledByPayer reports whether late money goes back at once, whatever is in stock.
func (p Payment) CancelledByPayer() bool { return p.State == Cancelled && p.cancelledBy == "customer" }

// Allocation is an order's share of a payment.
type Allocation struct {
	Order  string // public id
	Amount int64
}

// Payable is implemented by the room whose objects are paid for. All methods run inside payment's transaction.
type Payable interface {
	// Kind names the payable: "checkout".
	Kind() string
	// Lock locks the payable and what belongs to it, before payment locks its own row.
	Lock(ctx context.Context, tx db.Tx, payable string) error
	// Paid says that the money is here. With late the payment was already closed. It returns the orders that cannot
	// have their money any more; payment gives that back by itself.
	Paid(ctx context.Context, tx db.Tx, p Payment, late bool) (refused []string, err error)
	// Expired says that the window is over and nothing came.
	Expired(ctx context.Context, tx db.Tx, p Payment) error
}

// Direct is a Payable whose money is somebody's as soon as it came: it is booked as the payable says, and no order's escrow
// holds it. Late money is taken like any other, so nothing is refused.
type Direct interface {
	Payable
	// Book says how money that came from an account is posted. The legs sum to the payment; the gateway's fee is
	// payment's own leg.
	Book(ctx context.Context, tx db.Tx, p Payment, from ledger.Key) (ledger.Posting, []ledger.Leg, error)
}

// allowed is the table of a payment's changes. Late money is the one way out of a closed state.
var allowed = map[State][]State{
	Pending:    {Processing, Completed, Expired, Cancelled},
	Processing: {Pending, Completed, Expired, Cancelled},
	Expired:    {Completed},
	Cancelled:  {Completed},
	Completed:  {},
}

// become refuses a change that the table does not have. It is a mistake of the program: callers have looked before.
func (p Payment) become(next State) error {
	if !slices.Contains(allowed[p.State], next) {
		return fmt.Errorf("payment %s: %s cannot become %s", p.PublicID, p.State, next)
	}
	return nil
}

// GatewayFee is what the payer pays on top: fixed + amount × basis points, rounded half away from zero.
func GatewayFee(amount, fixed, bp int64) (int64, error) {
	part, err := money.Percent(amount, bp)
	if err != nil {
		return 0, err
	}
	return money.Sum(part, fixed)
}
