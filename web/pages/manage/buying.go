package manage

import (
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
)

// mountBuying adds what the market's people do about stores that buy.
func (m *manage) mountBuying(f *frame.Frame, get, post func(path string, h frame.Handler)) {
	get("/subscriptions", m.subscriptions)
	get("/storefronts", m.storefronts)
	post("/storefronts/{store}/{verb}", m.moveStorefront)
	get("/areas", m.areaRequests)
	post("/areas/{id}/{verb}", m.judgeAreas)
	get("/statements", m.statements)
	post("/statements/run", m.runStatements)
	post("/statements/pay", m.payStatements)
	get("/statements/{id}", m.bill)
	f.PostFile("/manage/statements/{id}/transfer", web.Admin, picture.MaxBytes, at(m.recordTransfer))
	get("/statements/{id}/pdf", m.billFile)
	get("/transfers", m.transfers)
	get("/transfers/{id}/image", m.transferImage)
	post("/transfers/{id}/{verb}", m.judgeTransfer)
	get("/dealers", m.dealerReport)
}

type subscriptionRow struct {
	subscription.Subscription
	Badge sell.Badge
	Link  string // to the payment that is waited for
}

type subscriptionsPage struct {
	Tabs  []tab
	Items []subscriptionRow
	pager
}

// subscriptions are those of all stores; what waits for its payment leads there.
func (m *manage) subscriptions(p *frame.Page) error {
	options := []frame.Option{{Text: p.T("All")}}
	for _, s := range []subscription.State{subscription.Pending, subscription.Active, subscription.Expired, subscription.Cancelled, subscription.Lapsed} {
		options = append(options, frame.Option{Value: string(s), Text: sell.SubscriptionBadge(p, s).Text})
	}
	list, here, err := tabs(p, "state", options)
	if err != nil {
		return err
	}
	items, next, err := m.Plans.List(p.Context(), p.Caller, "", here, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := subscriptionsPage{Tabs: list}
	for _, x := range items {
		row := subscriptionRow{x, sell.SubscriptionBadge(p, x.State), "/manage/stores/" + x.Store.PublicID}
		if x.Payment != nil {
			row.Link = "/manage/payments/" + x.Payment.PublicID
		}
		page.Items = append(page.Items, row)
	}
	page.set(p, next)
	return p.Show("manage/subscriptions", p.T("Subscriptions"), page)
}

type areasPage struct {
	Items []rate.Request
	pager
}

// areaRequests are the wishes of stores to come to more postal codes.
func (m *manage) areaRequests(p *frame.Page) error {
	items, next, err := m.Rates.Requests(p.Context(), p.Caller, "", "pending", perPage, cursor(p))
	if err != nil {
		return err
	}
	page := areasPage{Items: items}
	page.set(p, next)
	return p.Show("manage/areas", p.T("Requests for postal codes"), page)
}

func (m *manage) judgeAreas(p *frame.Page) error {
	verb := p.R.PathValue("verb")
	if verb != "approve" && verb != "reject" {
		return errNoPage
	}
	form, err := p.Sent("note")
	if err != nil {
		return err
	}
	_, err = m.Rates.JudgeAreas(p.Context(), p.Caller, p.R.PathValue("id"), verb == "approve", form.Get("note"))
	return m.back(p, "/manage/areas", err, rate.ErrRequestState)
}

// back goes on after a deed; that it was done before is said and is no mistake.
func (m *manage) back(p *frame.Page, to string, err error, done ...*fault.Error) error {
	for _, d := range done {
		if fault.Code(err) == d.Code {
			p.Leave("It was decided already.")
			return p.See(to)
		}
	}
	if err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(to)
}

var statementFields = []string{"month", "statements", "note"}

type statementsPage struct {
	Tabs  []tab
	Items []sell.StatementRow
	Form  *frame.Form
	pager
}

// statements are those of all stores.
func (m *manage) statements(p *frame.Page) error {
	last := p.In(p.Now()).AddDate(0, 0, 1-p.In(p.Now()).Day()).AddDate(0, 0, -1)
	return m.showStatements(p, p.Form(statementFields...).Set("month", last.Format("2006-01")), false)
}

func (m *manage) showStatements(p *frame.Page, form *frame.Form, again bool) error {
	list, here, err := tabs(p, "state", []frame.Option{{Text: p.T("All")}, {Value: "issued", Text: p.T("Not paid")}, {Value: "paid", Text: p.T("Paid")}, {Value: "open", Text: p.T("Being written")}})
	if err != nil {
		return err
	}
	items, next, err := m.Commission.List(p.Context(), p.Caller, "", here, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := statementsPage{Tabs: list, Items: sell.StatementRows(p, m.Commission, items), Form: form}
	page.set(p, next)
	if again {
		return form.Again("manage/statements", p.T("Commission"), page)
	}
	return p.Show("manage/statements", p.T("Commission"), page)
}

func (m *manage) runStatements(p *frame.Page) error {
	p.Self = "/manage/statements"
	form, err := p.Sent(statementFields...)
	if err != nil {
		return err
	}
	_, err = m.Commission.Run(p.Context(), form.Digits("month"))
	switch fault.Code(err) {
	case commission.ErrMonth.Code, commission.ErrMonthRuns.Code:
		if known, ok := fault.As(err); ok {
			form.Wrong("month", p.Say(known))
		}
		return m.showStatements(p, form, true)
	}
	return m.back(p, "/manage/statements", err)
}

// payStatements settles many with what their stores earned.
func (m *manage) payStatements(p *frame.Page) error {
	p.Self = "/manage/statements"
	form, err := p.Sent(statementFields...)
	if err != nil {
		return err
	}
	ids := form.All("statements")
	if len(ids) == 0 {
		form.Wrong("", p.T("Choose at least one."))
		return m.showStatements(p, form, true)
	}
	if err = m.Commission.Pay(p.Context(), p.Caller, ids[:min(len(ids), perPage)], commission.PayCmd{Note: form.Get("note")}); err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
		return m.showStatements(p, form, true)
	}
	return m.back(p, "/manage/statements", nil)
}

type billPage struct {
	sell.BillPage
	Form      *frame.Form
	Transfers []sell.TransferRow
}

// bill is a statement, and how it was paid.
func (m *manage) bill(p *frame.Page) error {
	page, err := m.billPage(p, nil)
	if err != nil {
		return err
	}
	return p.Show("manage/bill", p.T("Commission {month}", "month", page.Month), page)
}

func (m *manage) billPage(p *frame.Page, form *frame.Form) (page billPage, err error) {
	if page.BillPage, err = sell.Bill(p, m.Commission, p.R.PathValue("id")); err != nil {
		return page, err
	}
	if form == nil {
		form = p.Form(sell.TransferFields...).Set("amount", page.Amount)
	}
	page.Form = form
	list, err := m.Commission.TransfersFor(p.Context(), p.Caller, page.ID)
	page.Transfers = sell.TransferRows(p, m.Commission, list)
	return page, err
}

// recordTransfer keeps what the bank says of a transfer, with its picture.
func (m *manage) recordTransfer(p *frame.Page) error {
	id := p.R.PathValue("id")
	p.Self = "/manage/statements/" + id
	form, kept, err := sell.SubmitTransfer(p, m.Commission, id)
	if err != nil {
		return err
	}
	if kept {
		p.Leave("It is kept.")
		return p.See(p.Self)
	}
	page, err := m.billPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/bill", p.T("Commission {month}", "month", page.Month), page)
}

func (m *manage) billFile(p *frame.Page) error {
	return sell.SendBill(p, m.Commission, p.R.PathValue("id"))
}

type transfersPage struct {
	Tabs  []tab
	Items []sell.TransferRow
	pager
}

// transfers are all payments of statements.
func (m *manage) transfers(p *frame.Page) error {
	list, here, err := tabs(p, "state", []frame.Option{{Text: p.T("All")}, {Value: "submitted", Text: p.T("Waits for an answer")}, {Value: "approved", Text: p.T("Approved")}, {Value: "rejected", Text: p.T("Rejected")}})
	if err != nil {
		return err
	}
	items, next, err := m.Commission.Transfers(p.Context(), p.Caller, here, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := transfersPage{Tabs: list, Items: sell.TransferRows(p, m.Commission, items)}
	page.set(p, next)
	return p.Show("manage/transfers", p.T("Payments of commission"), page)
}

func (m *manage) judgeTransfer(p *frame.Page) error {
	verb := p.R.PathValue("verb")
	if verb != "approve" && verb != "reject" {
		return errNoPage
	}
	form, err := p.Sent("reason")
	if err != nil {
		return err
	}
	err = m.Commission.Judge(p.Context(), p.Caller, p.R.PathValue("id"), verb == "approve", form.Get("reason"))
	return m.back(p, p.Back("/manage/transfers"), err, commission.ErrTransferState, commission.ErrState)
}

type dealersPage struct {
	Items []dealerRow
	Next  string
	First string
}

type dealerRow struct {
	commission.Dealer
	Base, Amount, Unpaid string
}

// dealerReport is what the statements of each store come to.
func (m *manage) dealerReport(p *frame.Page) error {
	after := ask(p, "after")
	list, err := m.Commission.Dealers(p.Context(), p.Caller, after, perPage)
	if err != nil {
		return err
	}
	page := dealersPage{}
	cur := p.Settings.Currency
	for _, d := range list {
		page.Items = append(page.Items, dealerRow{d, p.Lang.Money(d.DealersRow.Base, cur), p.Lang.Money(d.DealersRow.Amount, cur), p.Lang.Money(d.DealersRow.Unpaid, cur)})
	}
	if len(list) == perPage {
		page.Next = "/manage/dealers?after=" + list[len(list)-1].Store.PublicID
	}
	if after != "" {
		page.First = "/manage/dealers"
	}
	return p.Show("manage/dealers", p.T("What dealers bought"), page)
}

// transferImage is the picture of a transfer.
func (m *manage) transferImage(p *frame.Page) error {
	file, err := m.Commission.Image(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.File(file)
}
