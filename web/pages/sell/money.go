package sell

import (
	"errors"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
)

// money is what became of an order's money: its invoice, what was given back, and disputes.
func (s *sell) money(p *frame.Page, page *orderPage) error {
	v, err := s.Invoices.OfOrder(p.Context(), p.Caller, page.Order.ID)
	switch {
	case err == nil:
		page.Invoice = "/invoices/" + v.ID
	case !errors.Is(err, invoice.ErrNotIssued):
		return err
	}
	back, err := s.Orders.Refunds(p.Context(), p.Caller, page.Order.ID)
	if err != nil {
		return err
	}
	about, err := s.Orders.DisputesOf(p.Context(), p.Caller, page.Order.ID)
	if err != nil {
		return err
	}
	page.Back, page.About = dues.RefundRows(p, back), dues.DisputeRows(p, about)
	paid := page.Order.PaymentStatus == "paid" || page.Order.PaymentStatus == "part_refunded"
	if p.Is(web.RoleAdmin) && (page.Order.Frozen || slices.Contains(freezable, page.Order.State)) && page.Order.Side == "sale" {
		page.Freeze = "/manage/orders/" + page.Order.ID + "/freeze"
	}
	page.Give = paid && page.Order.Side == "sale" && !page.Order.Disputed && !page.Order.Frozen
	return nil
}

// freezable are the states in which an order has money that can stand still.
var freezable = []order.State{order.Confirmed, order.Processing, order.Shipped, order.Delivered, order.Returning}

// What of an order's money is given back.
const (
	giveAll   = "whole"
	giveSum   = "amount"
	giveLines = "lines"
)

type refundPage struct {
	Desk  *Desk
	Form  *frame.Form
	Order order.View
	Whats []frame.Option
	Lines []refundLine
}

// refundLine is a line of which units can be given back.
type refundLine struct {
	order.LineView
	Field string
	Left  int64
}

// refundPage has a field for each line that has units left.
func (s *sell) refundPage(p *frame.Page, d *Desk) (page refundPage, fields []string, err error) {
	page = refundPage{Desk: d}
	if page.Order, err = s.opened(p, d); err != nil {
		return page, nil, err
	}
	fields = []string{"what", "amount", "delivery", "wallet", "reason"}
	for _, l := range page.Order.Lines {
		if left := l.Quantity - l.CutQuantity - l.RefundQuantity; left > 0 {
			page.Lines = append(page.Lines, refundLine{l, "units-" + l.ID, left})
			fields = append(fields, "units-"+l.ID)
		}
	}
	page.Whats = []frame.Option{
		{Value: giveAll, Text: p.T("All that is left")}, {Value: giveSum, Text: p.T("An amount")}, {Value: giveLines, Text: p.T("For these units")},
	}
	return page, fields, nil
}

// askRefund asks what of an order's money is given back, and why.
func (s *sell) askRefund(p *frame.Page, d *Desk) error {
	page, fields, err := s.refundPage(p, d)
	if err != nil {
		return err
	}
	page.Form = p.Form(fields...)
	return p.Show("sell/refund", p.T("Give money back"), page)
}

// wanted is what the form says.
func (page refundPage) wanted(p *frame.Page) order.RefundCmd {
	form := page.Form
	cmd := order.RefundCmd{Wallet: form.Has("wallet"), Reason: form.Get("reason")}
	if cmd.Reason == "" {
		form.Wrong("reason", p.T("Say why: the buyer reads it."))
	}
	switch form.Get("what") {
	case giveAll:
		cmd.Whole = true
	case giveSum:
		if cmd.Amount = strings.ReplaceAll(form.Digits("amount"), ",", ""); cmd.Amount == "" {
			form.Wrong("amount", p.T("Must be an amount such as 250."))
		}
	case giveLines:
		cmd.Delivery = form.Has("delivery")
		for _, l := range page.Lines {
			if form.Get(l.Field) == "" || form.Digits(l.Field) == "0" {
				continue
			}
			n := form.Int(l.Field)
			if n < 1 || n > l.Left {
				form.Wrong(l.Field, p.T("That is no quantity."))
			}
			cmd.Lines = append(cmd.Lines, order.RefundLine{Line: l.ID, Quantity: n})
		}
		if len(cmd.Lines) == 0 {
			form.Wrong("what", p.T("Say how many of which."))
		}
	default:
		form.Wrong("what", p.T("Choose how much."))
	}
	return cmd
}

// refund gives money of an order back.
func (s *sell) refund(p *frame.Page, d *Desk) error {
	page, fields, err := s.refundPage(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(fields...)
	if err != nil {
		return err
	}
	page.Form = form
	cmd := page.wanted(p)
	if form.Ok() {
		_, _, err := s.Orders.Refund(form.Once("order.refund"), p.Caller, page.Order.ID, cmd)
		if err == nil {
			p.Leave("The money goes back to the buyer.")
			return p.See(d.Link("/orders/" + page.Order.ID))
		}
		if cmd.Amount != "" && (errors.Is(err, order.ErrRefundAmount) || errors.Is(err, payment.ErrRefundTooLarge)) {
			form.Wrong("amount", p.T("At most {amount} can be given back.", "amount", p.Lang.Amount(page.Order.Refundable, money.Currency(page.Order.Currency))))
		} else if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("sell/refund", p.T("Give money back"), page)
}

type disputesPage struct {
	Desk  *Desk
	Tabs  []tab
	Items []dues.DisputeRow
	pager
}

// disputes are those about the store's orders.
func (s *sell) disputes(p *frame.Page, d *Desk) error {
	page := disputesPage{Desk: d, Tabs: tabs(p, "state", dues.DisputeStates(p))}
	state := known(dues.DisputeStates(p), p.R.URL.Query().Get("state"))
	list, err := s.Orders.Disputes(p.Context(), p.Caller, order.DisputeQuery{Store: d.PublicID, State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page.Items = dues.DisputeRows(p, list.Items)
	next := ""
	if list.NextCursor != nil {
		next = *list.NextCursor
	}
	page.set(p, next)
	return p.Show("sell/disputes", p.T("Disputes"), page)
}

// known is a value that can be chosen, or none.
func known(options []frame.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return value
		}
	}
	return ""
}

type payoutsPage struct {
	Desk     *Desk
	Currency money.Currency
	Funds    ledger.Balance
	Owed     int64 // to the market
	Items    []dues.PayoutRow
	Form     *frame.Form
	Debt     *frame.Form
	pager
}

func (s *sell) payoutsPage(p *frame.Page, d *Desk, form *frame.Form) (page payoutsPage, err error) {
	funds, _, _, err := s.Wallet.Earnings(p.Context(), p.Caller, d.PublicID, web.PageParams{Limit: 1})
	if err != nil {
		return page, err
	}
	list, next, err := s.Wallet.Payouts(p.Context(), p.Caller, wallet.PayoutQuery{Store: d.PublicID}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	page = payoutsPage{Desk: d, Currency: funds.Currency, Funds: funds.Balance, Owed: max(-funds.Balance.Balance, 0), Items: dues.PayoutRows(p, list), Form: form, Debt: p.Form("pay")}
	page.set(p, next)
	return page, nil
}

// payouts are those of what the store earned, and the form for another one.
func (s *sell) payouts(p *frame.Page, d *Desk) error {
	page, err := s.payoutsPage(p, d, p.Form(dues.PayoutFields...))
	if err != nil {
		return err
	}
	return p.Show("sell/payouts", p.T("Money to your bank"), page)
}

func (s *sell) askPayout(p *frame.Page, d *Desk) error {
	form, err := p.Sent(dues.PayoutFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), wallet.PayoutRate); err != nil {
		return err
	}
	cmd := dues.AskedPayout(form)
	cmd.Store = d.PublicID
	_, _, err = s.Wallet.RequestPayout(form.Once("wallet.store_payout"), p.Caller, cmd)
	if err == nil {
		p.Leave("It is asked for, and set aside until the market has decided.")
		return p.See(d.Link("/payouts"))
	}
	if err := dues.RefusePayout(p, form, err); err != nil {
		return err
	}
	page, err := s.payoutsPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/payouts", p.T("Money to your bank"), page)
}

// payDebt pays what the store owes the market out of its owner's wallet.
func (s *sell) payDebt(p *frame.Page, d *Desk) error {
	form, err := p.Sent("pay")
	if err != nil {
		return err
	}
	_, _, err = s.Wallet.PayDebt(form.Once("wallet.pay_debt"), p.Caller, wallet.DebtCmd{
		Store: d.PublicID, Amount: strings.ReplaceAll(form.Digits("pay"), ",", ""), Source: wallet.FromWallet,
	})
	if err == nil {
		p.Leave("It is paid.")
		return p.See(d.Link("/payouts"))
	}
	if errors.Is(err, wallet.ErrAmount) {
		form.Wrong("pay", p.T("Must be an amount such as 250."))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := s.payoutsPage(p, d, p.Form(dues.PayoutFields...))
	if err != nil {
		return err
	}
	page.Debt = form
	return form.Again("sell/payouts", p.T("Money to your bank"), page)
}
