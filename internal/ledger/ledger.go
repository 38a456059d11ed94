package ledger

import (
	"errors"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// Refusals that a caller may meet.
var (
	ErrInsufficientBalance = fault.New(fault.Conflict, "insufficient_balance", "There is not enough money on the account.")
	ErrBalanceTooLarge     = fault.New(fault.Conflict, "balance_too_large", "The account would hold more than an account can.")
	ErrReferenceReused     = fault.New(fault.Conflict, "reference_reused", "This reference was booked before with other values.")
	ErrHoldNotFound        = fault.New(fault.NotFound, "hold_not_found", "No money is held under this reference.")
	ErrHoldEnded           = fault.New(fault.Conflict, "hold_ended", "The money is no longer held.")
	ErrAmount              = fault.New(fault.Invalid, "amount_out_of_range", "The amount must be above zero and at most 100,000,000,000.00.")
	ErrAccountNotFound     = fault.New(fault.NotFound, "account_not_found", "There is no such account in the ledger.")
)

// ErrPosting is a mistake of the program: a posting that is not in the table, a leg that it does not allow, two
// currencies, a bad key or reference.
var ErrPosting = errors.New("ledger: posting not allowed")

// Leg is one movement of a posting.
type Leg struct {
	From, To Key
	Amount   int64
	// Subject is what the money moves for, where it differs from the posting's.
	Subject string
}

// Balance is what is on an account. Available is what may be spent: Balance − Held.
type Balance struct {
	Balance, Held, Available int64
}

// HoldState is the state of a hold.
type HoldState string

// The states of a hold. It leaves open once.
const (
	HoldOpen    HoldState = "open"
	HoldPosted  HoldState = "posted"
	HoldVoided  HoldState = "voided"
	HoldExpired HoldState = "expired"
)

// Hold is money of a guarded account that is set aside.
type Hold struct {
	ID        int64
	Reference string
	Account   Key
	Amount    int64
	State     HoldState
	Subject   string
	ExpiresAt time.Time // zero: until somebody decides
}

const (
	maxReference = 200
	maxSubject   = 100
)

func insufficient(a account, required, available int64) error {
	cur := money.Currency(a.currency)
	return ErrInsufficientBalance.With("required", money.Format(required, cur)).
		With("available", money.Format(max(available, 0), cur)).With("currency", a.currency)
}
