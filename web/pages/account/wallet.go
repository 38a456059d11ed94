package account

import (
	"errors"
	"net/url"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

func (a *account) mountWallet(f *frame.Frame) {
	f.Get("/account/wallet", web.SignedIn, a.wallet)
	f.Post("/account/wallet/topups", web.SignedIn, a.topUp)
	f.Post("/account/wallet/topups/{id}/cancel", web.SignedIn, a.cancelTopUp)
}

type walletPage struct {
	Currency    money.Currency
	Funds       ledger.Balance
	Items       []walletRow
	Form        *frame.Form
	Ways        []string // in which money can be put in; none where the market takes none
	Limits      string
	Waiting     []wallet.TopUp // to be paid
	First, Next string
}

type walletRow struct {
	ledger.Entry
	Text string
}

// kindNames are what people call the kinds of money that come and go.
var kindNames = map[string]string{
	"payment": lang.M("Payment"), "refund": lang.M("Money back"), "topup": lang.M("Put in"), "opening": lang.M("Put in by the market"),
	"payout": lang.M("Paid out"),
}

func (a *account) walletPage(p *frame.Page, form *frame.Form) (page walletPage, err error) {
	cursor := p.R.URL.Query().Get("cursor")
	funds, err := a.Wallet.Funds(p.Context(), p.Caller.Account)
	if err != nil {
		return page, err
	}
	list, next, _, err := a.Wallet.Transactions(p.Context(), p.Caller.Account, web.PageParams{Limit: 20, Cursor: cursor})
	if err != nil {
		return page, err
	}
	page = walletPage{Currency: funds.Currency, Funds: funds.Balance, Form: form, Limits: topUpLimits(p)}
	for _, e := range list {
		name, ok := kindNames[string(e.Kind)]
		if !ok {
			name = lang.M("Booking")
		}
		page.Items = append(page.Items, walletRow{e, p.T(name)})
	}
	if next != "" {
		page.Next = "/account/wallet?" + url.Values{"cursor": {next}}.Encode()
	}
	if cursor != "" {
		page.First = "/account/wallet"
	}
	if page.Ways, err = a.ways(p); err != nil {
		return page, err
	}
	page.Waiting, _, err = a.Wallet.TopUps(p.Context(), p.Caller, string(wallet.TopUpPending), web.PageParams{Limit: 20})
	return page, err
}

// ways are those in which money can be put in.
func (a *account) ways(p *frame.Page) (out []string, err error) {
	offers, err := a.Payments.Offers(p.Context())
	for _, o := range offers {
		if !o.On(p.Settings.Currency) {
			continue
		}
		switch {
		case o.Name == "bank_transfer":
			out = append(out, p.T("Bank transfer"))
		case o.Takes == gateway.TakesCard:
			out = append(out, p.T("By card"))
		default:
			out = append(out, o.Title)
		}
	}
	return out, err
}

// topUpLimits says how much may be put in at once.
func topUpLimits(p *frame.Page) string {
	least := p.Lang.Money(p.Settings.TopUpMin, p.Settings.Currency)
	if p.Settings.TopUpMax == 0 {
		return p.T("{least} or more.", "least", least)
	}
	return p.T("From {least} to {most}.", "least", least, "most", p.Lang.Money(p.Settings.TopUpMax, p.Settings.Currency))
}

func (a *account) wallet(p *frame.Page) error {
	page, err := a.walletPage(p, p.Form("amount"))
	if err != nil {
		return err
	}
	return p.Show("account/wallet", p.T("Wallet"), page)
}

// topUp opens a payment that ends in the wallet, and goes there.
func (a *account) topUp(p *frame.Page) error {
	p.Self = "/account/wallet"
	form, err := p.Sent("amount")
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), wallet.TopUpRate); err != nil {
		return err
	}
	id, _, err := a.Wallet.StartTopUp(form.Once("wallet.topup"), p.Caller, strings.ReplaceAll(form.Digits("amount"), ",", ""), "")
	if err == nil {
		t, err := a.Wallet.TopUp(p.Context(), p.Caller, id)
		if err != nil {
			return err
		}
		return p.See("/pay/" + t.Payment.PublicID)
	}
	if err := refuseTopUp(p, form, err); err != nil {
		return err
	}
	page, err := a.walletPage(p, form)
	if err != nil {
		return err
	}
	form.Renew()
	return form.Again("account/wallet", p.T("Wallet"), page)
}

// refuseTopUp says at the amount what is wrong with it.
func refuseTopUp(p *frame.Page, form *frame.Form, err error) error {
	if errors.Is(err, wallet.ErrAmount) {
		form.Wrong("amount", p.T("Must be an amount such as 250."))
		return nil
	}
	for _, at := range []*fault.Error{wallet.ErrTopUpAmount, wallet.ErrTopUpDaily, ledger.ErrAmount, ledger.ErrBalanceTooLarge} {
		if errors.Is(err, at) {
			form.Wrong("amount", p.Say(at))
			return nil
		}
	}
	return form.Refuse(err)
}

// cancelTopUp gives a top-up up.
func (a *account) cancelTopUp(p *frame.Page) error {
	if err := a.Wallet.CancelTopUp(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	p.Leave("It is taken back.")
	return p.See("/account/wallet")
}
