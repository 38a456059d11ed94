package wallet

import (
	"errors"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// TopUpKind is the payable's kind that payment knows top-ups by.
const TopUpKind = "topup"

// maxPendingTopUps bounds how many top-ups of an account may wait for payment.
const maxPendingTopUps = 3

// limitSpan is what the limits of a day are counted over: not a calendar's day, at whose end twice as much could pass.
const limitSpan = 24 * time.Hour

// TopUpState is where a top-up stands.
type TopUpState string

// The states of a top-up. One that expired or was cancelled becomes paid when its money comes after all: whose money it
// is, is known.
const (
	TopUpPending   TopUpState = "pending"
	TopUpPaid      TopUpState = "paid"
	TopUpExpired   TopUpState = "expired"
	TopUpCancelled TopUpState = "cancelled"
)

// Refusals of top-ups.
var (
	ErrTopUpNotFound  = fault.New(fault.NotFound, "topup_not_found", "There is no such top-up.")
	ErrTopUpAmount    = fault.New(fault.Invalid, "topup_amount", "This is less or more than may be put into a wallet at once.")
	ErrTopUpDaily     = fault.New(fault.Conflict, "topup_daily_limit", "This is more than may be put into a wallet in 24 hours. Try a smaller amount, or tomorrow.")
	ErrTooManyTopUps  = fault.New(fault.Conflict, "too_many_topups", "Too many top-ups wait for payment. Pay or cancel one of them first.")
	ErrTopUpNotOpen   = fault.New(fault.Conflict, "topup_closed", "This top-up does not wait for payment any more.")
	errTopUpOverpaid  = errors.New("wallet: a payment differs from its top-up")
	errTopUpTwicePaid = errors.New("wallet: a top-up was paid twice")
)

// TopUp is money that somebody puts, or wants to put, into his wallet.
type TopUp struct {
	ID        string
	Account   string
	Amount    int64
	Currency  money.Currency
	State     TopUpState
	PaidAt    *time.Time
	CreatedAt time.Time
	Payment   payment.Payment
}

func topUpOf(r walletdb.WalletTopup) TopUp {
	t := TopUp{
		ID: r.PublicID, Account: r.Account, Amount: r.Amount, Currency: money.Currency(r.Currency), State: TopUpState(r.State),
		CreatedAt: clock.Time(r.CreatedAt),
	}
	if r.PaidAt != nil {
		at := clock.Time(*r.PaidAt)
		t.PaidAt = &at
	}
	return t
}

// readAmount reads a decimal amount of the market's currency that is above zero.
func readAmount(amount, currency string, cur money.Currency) (int64, error) {
	if currency != "" && currency != string(cur) {
		return 0, ErrCurrency.With("currency", string(cur))
	}
	minor, err := money.Parse(amount, cur)
	if errors.Is(err, money.ErrOverflow) {
		return 0, ledger.ErrAmount
	}
	if err != nil || minor <= 0 {
		return 0, ErrAmount.Because(err).With("currency", string(cur))
	}
	return minor, nil
}

// readTopUp checks what somebody wants to put in.
func readTopUp(amount, currency string, m market.Settings) (int64, error) {
	minor, err := readAmount(amount, currency, m.Currency)
	if err != nil {
		return 0, err
	}
	if minor < m.TopUpMin || m.TopUpMax > 0 && minor > m.TopUpMax {
		e := ErrTopUpAmount.With("min", money.Format(m.TopUpMin, m.Currency)).With("currency", m.Currency)
		if m.TopUpMax > 0 {
			e = e.With("max", money.Format(m.TopUpMax, m.Currency))
		}
		return 0, e
	}
	return minor, nil
}
