package wallet

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/wallet/walletdb"
)

// PayoutState is where a payout stands.
type PayoutState string

// The states of a payout. Requested money is held; approved money is on its way; what the bank paid is settled. One that
// failed, at the bank or after it, is on its account again.
const (
	PayoutRequested PayoutState = "requested"
	PayoutApproved  PayoutState = "approved"
	PayoutSettled   PayoutState = "settled"
	PayoutRejected  PayoutState = "rejected"
	PayoutCancelled PayoutState = "cancelled"
	PayoutFailed    PayoutState = "failed"
)

// payoutTable is all that can happen to a payout.
var payoutTable = map[PayoutState][]PayoutState{
	PayoutRequested: {PayoutApproved, PayoutRejected, PayoutCancelled},
	PayoutApproved:  {PayoutSettled, PayoutFailed},
	PayoutSettled:   {PayoutFailed},
}

// Holder says whose money is paid out.
type Holder string

// The holders. What a courier earned is his account's, beside its wallet.
const (
	OfWallet  Holder = "wallet"
	OfStore   Holder = "store"
	OfCourier Holder = "courier"
)

// maxOpenPayouts bounds how many payouts of a wallet or a store may wait.
const maxOpenPayouts = 5

// Refusals of payouts.
var (
	ErrPayoutNotFound = fault.New(fault.NotFound, "payout_not_found", "There is no such payout.")
	ErrPayoutAmount   = fault.New(fault.Invalid, "payout_amount", "This is less than is paid out at once.")
	ErrPayoutDaily    = fault.New(fault.Conflict, "payout_daily_limit", "This is more than may be asked for in 24 hours. Try a smaller amount, or tomorrow.")
	ErrTooManyPayouts = fault.New(fault.Conflict, "too_many_payouts", "Too many payouts wait. Wait for one of them, or cancel it.")
	ErrPayoutState    = fault.New(fault.Conflict, "payout_state", "The payout's state does not allow this.")
	ErrPayoutSecond   = fault.New(fault.Conflict, "second_approver_needed", "Above this amount a second, different admin has to approve.")
	ErrOwnPayout      = fault.New(fault.Forbidden, "own_payout", "Nobody decides about his own payout.")
	ErrBankDetails    = fault.New(fault.Invalid, "bank_details", "Name the bank, whose account it is, and its number.")
	ErrPayoutReason   = fault.New(fault.Invalid, "reason_needed", "Say in a few words why.")
	ErrPayoutBank     = fault.New(fault.Invalid, "reference_required", "Name the number that the bank gave the transfer.")
	ErrCashInHand     = fault.New(fault.Conflict, "cash_in_hand", "Hand in the cash that you carry first, or ask for less.")
	ErrPayoutFile     = fault.New(fault.Invalid, "payout_file", "The file is not CSV with the columns payout and result, or has too many lines.")
)

// Bank is where a payout goes.
type Bank struct {
	Name, Branch, AccountName, AccountNumber string
}

// Payout is money that its owner wants at his bank. Amounts are minor units.
type Payout struct {
	id                                                     int64
	ID                                                     string
	Holder                                                 Holder
	accountID, storeID                                     int64
	Account, Store                                         string // who asked, and for which store
	Amount                                                 int64
	Currency                                               money.Currency
	State                                                  PayoutState
	Bank                                                   Bank
	Note, Reference, Reason, FirstBy, DecidedBy, SettledBy string
	DecidedAt, SettledAt                                   *time.Time
	CreatedAt, UpdatedAt                                   time.Time
}

func payoutOf(r walletdb.WalletPayout) Payout {
	p := Payout{
		id: r.ID, ID: r.PublicID, Holder: Holder(r.Holder), accountID: r.AccountID, storeID: r.StoreID, Account: r.Account, Store: r.Store, Amount: r.Amount,
		Currency: money.Currency(r.Currency), State: PayoutState(r.State), Bank: Bank{r.Bank, r.Branch, r.AccountName, r.AccountNumber}, Note: r.Note,
		Reference: r.Reference, Reason: r.Reason, FirstBy: r.FirstBy, DecidedBy: r.DecidedBy, SettledBy: r.SettledBy, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
	if r.Carried {
		p.Holder = OfCourier
	}
	if r.DecidedAt != nil {
		at := clock.Time(*r.DecidedAt)
		p.DecidedAt = &at
	}
	if r.SettledAt != nil {
		at := clock.Time(*r.SettledAt)
		p.SettledAt = &at
	}
	return p
}

// from is the account that is paid out of.
func (p Payout) from() ledger.Key {
	switch p.Holder {
	case OfStore:
		return ledger.StoreEarnings(p.Store, string(p.Currency))
	case OfCourier:
		return ledger.CourierEarnings(p.Account, string(p.Currency))
	}
	return ledger.Wallet(p.Account, string(p.Currency))
}

// kept is the holder as its row has it: a courier's is an account's, marked.
func (p Payout) kept() (holder string, carried bool) {
	if p.Holder == OfCourier {
		return string(OfWallet), true
	}
	return string(p.Holder), false
}

// The references of a payout in the ledger: its hold, and the transfer that it is posted as, have the first.
func (p Payout) reference() string { return "payout:" + p.ID }
func (p Payout) settled() string   { return "payout_settled:" + p.ID }
func (p Payout) bounced() string   { return "payout_bounced:" + p.ID }

// readPayout checks what somebody asks for.
func readPayout(amount, currency string, m market.Settings) (int64, error) {
	minor, err := readAmount(amount, currency, m.Currency)
	if err != nil {
		return 0, err
	}
	if minor < m.PayoutMin {
		return 0, ErrPayoutAmount.With("min", money.Format(m.PayoutMin, m.Currency)).With("currency", m.Currency)
	}
	return minor, nil
}

// normal checks where a payout goes and writes it as banks do.
func (b Bank) normal() (Bank, error) {
	for _, f := range []struct {
		name     string
		text     *string
		min, max int
	}{
		{"bank", &b.Name, 2, 100}, {"branch", &b.Branch, 0, 100}, {"account_name", &b.AccountName, 2, 100}, {"account_number", &b.AccountNumber, 4, 40},
	} {
		*f.text = strings.Join(strings.Fields(*f.text), " ")
		if n := utf8.RuneCountInString(*f.text); n < f.min || n > f.max || strings.ContainsFunc(*f.text, unicode.IsControl) {
			return b, ErrBankDetails.Field("body.bank."+f.name, "required", "This is needed.")
		}
	}
	b.AccountNumber = strings.ToUpper(strings.ReplaceAll(b.AccountNumber, " ", ""))
	if strings.Trim(b.AccountNumber, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-/") != "" {
		return b, ErrBankDetails.Field("body.bank.account_number", "invalid_format", "Letters, digits, - and / only.")
	}
	return b, nil
}
