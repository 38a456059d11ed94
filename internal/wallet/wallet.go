package wallet

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// Refusals.
var (
	ErrAmount   = fault.New(fault.Invalid, "invalid_amount", "The amount must be above zero and in the market's currency.")
	ErrCurrency = fault.New(fault.Invalid, "wrong_currency", "Wallets are in the market's currency.")
	ErrReason   = fault.New(fault.Invalid, "reason_required", "Say in a few words why the money is given.")
)

const maxReason = 200

// Funds are what is on an account of the ledger.
type Funds struct {
	Currency money.Currency
	ledger.Balance
}

// Credit is money that an admin put into a wallet.
type Credit struct {
	ID        string
	Account   string
	Amount    int64
	Currency  money.Currency
	Reason    string
	Actor     string
	CreatedAt time.Time
}

// reference is the credit's in the ledger.
func (c Credit) reference() string { return "credit:" + c.ID }

// readCredit checks what an admin sent.
func readCredit(amount, currency, reason string, market money.Currency) (int64, string, error) {
	minor, err := readAmount(amount, currency, market)
	if err != nil {
		return 0, "", err
	}
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > maxReason {
		return 0, "", ErrReason
	}
	return minor, reason, nil
}
