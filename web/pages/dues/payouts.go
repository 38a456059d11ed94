package dues

import (
	"errors"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// PayoutFields are those of the form that asks for a payout.
var PayoutFields = []string{"amount", "bank", "branch", "account_name", "account_number", "note"}

var payoutStates = []frame.Option{
	{Value: string(wallet.PayoutRequested), Text: lang.M("To be decided")}, {Value: string(wallet.PayoutApproved), Text: lang.M("On its way to the bank")}, {Value: string(wallet.PayoutSettled), Text: lang.M("Paid out")},
	{Value: string(wallet.PayoutRejected), Text: lang.M("Rejected")}, {Value: string(wallet.PayoutCancelled), Text: lang.M("Taken back")}, {Value: string(wallet.PayoutFailed), Text: lang.M("Failed")},
}

// PayoutRow is a payout as lists show it.
type PayoutRow struct {
	wallet.Payout
	Badge Badge
	End   string // of the number of the bank's account
	Open  bool   // nobody has decided
}

// PayoutRows are payouts as lists show them.
func PayoutRows(p *frame.Page, items []wallet.Payout) []PayoutRow {
	out := make([]PayoutRow, len(items))
	for i, v := range items {
		b := Badge{Text: word(p, payoutStates, string(v.State)), Class: "warn"}
		switch v.State {
		case wallet.PayoutSettled:
			b.Class = "good"
		case wallet.PayoutRejected, wallet.PayoutFailed:
			b.Class = "bad"
		case wallet.PayoutCancelled:
			b.Class = ""
		}
		end := v.Bank.AccountNumber
		out[i] = PayoutRow{Payout: v, Badge: b, End: end[max(len(end)-4, 0):], Open: v.State == wallet.PayoutRequested}
	}
	return out
}

// PayoutStates are those that a list can be narrowed to.
func PayoutStates(p *frame.Page) []frame.Option { return translated(p, true, payoutStates) }

// AskedPayout is what a form asks for.
func AskedPayout(form *frame.Form) wallet.PayoutCmd {
	return wallet.PayoutCmd{
		Amount: amount(form, "amount"), Note: form.Get("note"),
		Bank: wallet.Bank{Name: form.Get("bank"), Branch: form.Get("branch"), AccountName: form.Get("account_name"), AccountNumber: form.Digits("account_number")},
	}
}

// amount is a decimal as people type it, without the commas.
func amount(form *frame.Form, name string) string {
	return strings.ReplaceAll(form.Digits(name), ",", "")
}

type payoutsPage struct {
	Currency money.Currency
	Funds    ledger.Balance
	Items    []PayoutRow
	Form     *frame.Form
	pager
}

func (u *dues) payoutsPage(p *frame.Page, form *frame.Form) (page payoutsPage, err error) {
	p.NoIndex = true
	funds, err := u.Wallet.Funds(p.Context(), p.Caller.Account)
	if err != nil {
		return page, err
	}
	list, next, err := u.Wallet.Payouts(p.Context(), p.Caller, wallet.PayoutQuery{}, params(p))
	if err != nil {
		return page, err
	}
	page = payoutsPage{Currency: funds.Currency, Funds: funds.Balance, Items: PayoutRows(p, list), Form: form}
	page.set(p, &next)
	return page, nil
}

// payouts are the reader's own, and the form for another one.
func (u *dues) payouts(p *frame.Page) error {
	page, err := u.payoutsPage(p, p.Form(PayoutFields...))
	if err != nil {
		return err
	}
	return p.Show("dues/payouts", p.T("Money to your bank"), page)
}

func (u *dues) askPayout(p *frame.Page) error {
	form, err := p.Sent(PayoutFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), wallet.PayoutRate); err != nil {
		return err
	}
	_, _, err = u.Wallet.RequestPayout(form.Once("wallet.payout"), p.Caller, AskedPayout(form))
	if err == nil {
		p.Leave("It is asked for, and set aside until the market has decided.")
		return p.See("/account/payouts")
	}
	if err := RefusePayout(p, form, err); err != nil {
		return err
	}
	page, err := u.payoutsPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("dues/payouts", p.T("Money to your bank"), page)
}

// RefusePayout says in a form why a payout cannot be asked for.
func RefusePayout(p *frame.Page, form *frame.Form, err error) error {
	switch {
	case errors.Is(err, wallet.ErrAmount):
		form.Wrong("amount", p.T("Must be an amount such as 250."))
	case errors.Is(err, wallet.ErrPayoutAmount):
		form.Wrong("amount", p.Say(wallet.ErrPayoutAmount))
	case errors.Is(err, ledger.ErrInsufficientBalance):
		form.Wrong("amount", p.Say(ledger.ErrInsufficientBalance))
	default:
		return form.Refuse(err)
	}
	return nil
}

func (u *dues) cancelPayout(p *frame.Page) error {
	if err := u.Wallet.CancelPayout(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	p.Leave("It is taken back.")
	return p.See(p.Back("/account/payouts"))
}
