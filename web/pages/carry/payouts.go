package carry

import (
	"errors"
	"net/url"

	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
)

const payoutsPerPage = 20

type payoutsPage struct {
	wallet.Carried
	Items       []dues.PayoutRow
	Form        *frame.Form
	First, Next string
}

func (c *carry) payoutsPage(p *frame.Page, form *frame.Form) (page payoutsPage, err error) {
	p.NoIndex, p.Section = true, "carry"
	page.Form = form
	if page.Carried, err = c.Wallet.CourierFunds(p.Context(), p.Caller.Account); err != nil {
		return page, err
	}
	cursor := p.R.URL.Query().Get("cursor")
	list, next, err := c.Wallet.Payouts(p.Context(), p.Caller, wallet.PayoutQuery{Holder: string(wallet.OfCourier)}, web.PageParams{Limit: payoutsPerPage, Cursor: cursor})
	if err != nil {
		return page, err
	}
	page.Items = dues.PayoutRows(p, list)
	if next != "" {
		page.Next = "/courier/payouts?" + url.Values{"cursor": {next}}.Encode()
	}
	if cursor != "" {
		page.First = "/courier/payouts"
	}
	return page, nil
}

// payouts are what the courier asked for of what he earned, and the form for another one.
func (c *carry) payouts(p *frame.Page) error {
	page, err := c.payoutsPage(p, p.Form(dues.PayoutFields...))
	if err != nil {
		return err
	}
	return p.Show("carry/payouts", p.T("Money to your bank"), page)
}

func (c *carry) askPayout(p *frame.Page) error {
	form, err := p.Sent(dues.PayoutFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), wallet.PayoutRate); err != nil {
		return err
	}
	cmd := dues.AskedPayout(form)
	cmd.Courier = true
	_, _, err = c.Wallet.RequestPayout(form.Once("wallet.courier_payout"), p.Caller, cmd)
	if err == nil {
		p.Leave("It is asked for, and set aside until the market has decided.")
		return p.See("/courier/payouts")
	}
	if errors.Is(err, wallet.ErrCashInHand) {
		form.Wrong("amount", p.Say(wallet.ErrCashInHand))
	} else if err := dues.RefusePayout(p, form, err); err != nil {
		return err
	}
	page, err := c.payoutsPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("carry/payouts", p.T("Money to your bank"), page)
}
