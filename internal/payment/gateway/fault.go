package gateway

import (
	"errors"
	"fmt"
	"time"
)

// What Hear may say.
var (
	ErrForged  = errors.New("gateway: the message is not genuine")
	ErrIgnored = errors.New("gateway: the message is about no charge")
)

// ErrRefused says that the provider refused the request itself: a wrong key, a field that it does not like. Asking again
// does not help.
var ErrRefused = errors.New("gateway: the provider refused the request")

// Codes of failures, as payers are told them.
const (
	CardDeclined  = "card_declined"
	NoFunds       = "insufficient_funds"
	ExpiredCard   = "expired_card"
	WrongCVC      = "incorrect_cvc"
	PayerGaveUp   = "payer_cancelled"
	TimedOut      = "payment_timeout"
	BankDown      = "bank_service_down"
	NotPossible   = "not_possible"     // the provider refused for a reason of its own
	RefundTooMuch = "refund_too_large" // more than is left of the charge
	RefundUnsure  = "refund_unsure"    // it may have been done; a person has to look
)

// DownError says that the provider does not work at the moment and has done nothing.
type DownError struct {
	After time.Duration // when to ask again; zero if it did not say
	Cause error
}

// Error implements error.
func (e *DownError) Error() string { return fmt.Sprintf("gateway: the provider is down: %v", e.Cause) }

// Unwrap gives the cause.
func (e *DownError) Unwrap() error { return e.Cause }

// Down finds a DownError.
func Down(err error) (*DownError, bool) {
	var d *DownError
	ok := errors.As(err, &d)
	return d, ok
}
