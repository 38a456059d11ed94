package manage

import (
	"strings"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
)

var creditFields = []string{"amount", "reason", "look"}

type creditPage struct {
	Row      accountRow
	Form     *frame.Form
	Has      string // what is in the wallet now
	Will     string // what will be in it
	Amount   string
	Look     bool // the second look: nothing can be typed any more
	Currency money.Currency
}

func (m *manage) creditPage(p *frame.Page, form *frame.Form) (page creditPage, minor int64, err error) {
	a, err := m.Identity.Account(p.Context(), p.R.PathValue("id"))
	if err != nil {
		return page, 0, err
	}
	funds, err := m.Wallet.Funds(p.Context(), a.PublicID)
	if err != nil {
		return page, 0, err
	}
	page = creditPage{Row: accountRowOf(p, a), Form: form, Has: p.Lang.Money(funds.Balance.Balance, funds.Currency), Currency: p.Settings.Currency}
	minor, bad := money.Parse(strings.ReplaceAll(form.Digits("amount"), ",", ""), p.Settings.Currency)
	if bad == nil && minor > 0 {
		page.Amount = p.Lang.Money(minor, p.Settings.Currency)
		if will, err := money.Sum(funds.Balance.Balance, minor); err == nil {
			page.Will = p.Lang.Money(will, p.Settings.Currency)
		}
	} else {
		minor = 0
	}
	return page, minor, nil
}

func (m *manage) askCredit(p *frame.Page) error {
	page, _, err := m.creditPage(p, p.Form(creditFields...))
	if err != nil {
		return err
	}
	return p.Show("manage/credit", p.T("Put money into a wallet"), page)
}

// credit puts money into a wallet. It is shown once more before: who gets it, how much, why, and what will be there.
func (m *manage) credit(p *frame.Page) error {
	form, err := p.Sent(creditFields...)
	if err != nil {
		return err
	}
	page, minor, err := m.creditPage(p, form)
	if err != nil {
		return err
	}
	if minor == 0 {
		form.Wrong("amount", p.T("Must be an amount such as 250."))
	}
	if form.Get("reason") == "" {
		form.Wrong("reason", p.T("Say why: it stands in the books for ever."))
	}
	if form.Ok() && !form.Has("look") {
		page.Look = true
		form.Set("look", "1")
		return p.Show("manage/credit", p.T("Put money into a wallet"), page)
	}
	if form.Ok() {
		_, _, err = m.Wallet.Give(form.Once("wallet.credit"), p.Caller.Account, page.Row.PublicID, money.Format(minor, p.Settings.Currency), string(p.Settings.Currency), form.Get("reason"))
		if err == nil {
			p.Leave("The money is in the wallet.")
			return p.See("/manage/accounts/" + page.Row.PublicID)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	form.Set("look", "")
	return form.Again("manage/credit", p.T("Put money into a wallet"), page)
}

type expiredPage struct {
	order.ExpiryView
	Items []expiredRow
}

type expiredRow struct {
	order.Summary
	Badge sell.Badge
	Link  string
}

// expired are the orders whose time to be paid or answered is over.
func (m *manage) expired(p *frame.Page) error {
	var page expiredPage
	var err error
	if page.ExpiryView, err = m.Orders.Expiry(p.Context()); err != nil {
		return err
	}
	list, err := m.Orders.DueForExpiry(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		page.Items = append(page.Items, expiredRow{o, sell.OrderBadge(p, o.State), "/sell/" + o.Store.ID + "/orders/" + o.ID})
	}
	return p.Show("manage/expired", p.T("Orders whose time is over"), page)
}

// expire does now what the sweeps would do in a moment.
func (m *manage) expire(p *frame.Page) error {
	v, err := m.Orders.Expiry(p.Context())
	if err != nil {
		return err
	}
	done := 0
	for _, name := range v.Sweeps {
		n, err := m.Jobs.RunSweep(p.Context(), name)
		if err != nil {
			return err
		}
		done += n
	}
	p.Leave("It ran. Things done: {count}", "count", done)
	return p.See("/manage/expired")
}
