package sell

import (
	"github.com/haat-market/haat/internal/commission"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var statementStates = map[commission.State]Badge{
	commission.Open: {lang.M("Being written"), ""}, commission.Issued: {lang.M("Not paid"), "warn"}, commission.Paid: {lang.M("Paid"), "good"},
}

// StatementRow is a statement in a list.
type StatementRow struct {
	commission.View
	Badge Badge
}

// StatementRows are statements as lists show them.
func StatementRows(p *frame.Page, s *commission.Service, list []commission.Statement) []StatementRow {
	out := make([]StatementRow, len(list))
	for i, x := range list {
		v := s.View(x)
		b := said(p, statementStates[v.State])
		if v.Overdue {
			b = Badge{p.T("Overdue"), "bad"}
		}
		out[i] = StatementRow{v, b}
	}
	return out
}

type statementsPage struct {
	Desk    *Desk
	Items   []StatementRow
	Unpaid  int64
	Overdue int64
	Earned  string
	Owed    string
	Now     string // what the running month comes to
	Orders  int64
	pager
}

// statements are what is owed for what the store bought.
func (s *sell) statements(p *frame.Page, d *Desk) error {
	list, next, err := s.Commission.List(p.Context(), p.Caller, d.PublicID, "", web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := statementsPage{Desk: d, Items: StatementRows(p, s.Commission, list)}
	page.set(p, next)
	_, sum, err := s.Commission.Summary(p.Context(), p.Caller, d.PublicID)
	if err != nil {
		return err
	}
	cur := p.Settings.Currency
	page.Unpaid, page.Overdue, page.Earned, page.Owed = sum.Unpaid, sum.Overdue, p.Lang.Money(sum.Earned, cur), p.Lang.Money(sum.Owed, cur)
	var amount int64
	if page.Orders, _, amount, cur, err = s.Commission.Preview(p.Context(), p.Caller, d.PublicID, p.In(p.Now()).Format("2006-01")); err != nil {
		return err
	}
	page.Now = p.Lang.Money(amount, cur)
	return p.Show("sell/statements", p.T("Commission"), page)
}

// BillPage is a statement on paper.
type BillPage struct {
	Desk *Desk
	StatementRow
	Orders []commission.OrderView
	More   bool // the file has more of them
}

// mostOrders is how many orders a page of a statement shows; its PDF has all.
const mostOrders = 500

// Bill is a statement with its orders, for its store's people and the market's.
func Bill(p *frame.Page, s *commission.Service, id string) (page BillPage, err error) {
	x, orders, err := s.Get(p.Context(), p.Caller, id, 0, mostOrders)
	if err != nil {
		return page, err
	}
	page.StatementRow = StatementRows(p, s, []commission.Statement{x})[0]
	for _, o := range orders {
		page.Orders = append(page.Orders, commission.ViewOrder(o, money.Currency(x.Currency)))
	}
	page.More = int64(len(orders)) < x.Orders
	return page, nil
}

// TransferRow is a transfer that is said to have paid a statement.
type TransferRow struct {
	commission.TransferCase
	Badge Badge
}

// TransferRows are transfers as pages show them.
func TransferRows(p *frame.Page, s *commission.Service, list []commission.Transfer) []TransferRow {
	badges := map[commission.TransferState]Badge{
		commission.Submitted: {p.T("Waits for an answer"), "warn"}, commission.Approved: {p.T("Approved"), "good"}, commission.Rejected: {p.T("Rejected"), "bad"},
	}
	out := make([]TransferRow, len(list))
	for i, t := range list {
		v := s.ViewTransfer(t)
		out[i] = TransferRow{v, badges[v.State]}
	}
	return out
}

// TransferFields are what a transfer is written with.
var TransferFields = []string{"amount", "reference", "payment_method", "note", "file"}

// SubmitTransfer keeps what the bank says of a transfer, with its picture. kept says whether it is; else the form says why
// not.
func SubmitTransfer(p *frame.Page, s *commission.Service, id string) (form *frame.Form, kept bool, err error) {
	form, file, err := p.SentFile(TransferFields...)
	if err != nil {
		return form, false, err
	}
	transfer, err := s.Submit(p.Context(), p.Caller, id, commission.TransferCmd{
		Amount: form.Digits("amount"), Reference: form.Digits("reference"), Method: form.Get("payment_method"), Note: form.Get("note"),
	})
	if err == nil && len(file) > 0 {
		err = s.Picture(p.Context(), p.Caller, transfer, file)
	}
	if err == nil {
		return form, true, nil
	}
	return form, false, form.Refuse(err)
}

// SendBill sends a statement as PDF.
func SendBill(p *frame.Page, s *commission.Service, id string) error {
	file, err := s.Bill(p.Context(), p.Caller, id)
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="statement.pdf"`)
	h.Set("Cache-Control", "no-store")
	_, _ = p.W.Write(file) // whoever asked has gone
	return nil
}

type storeBill struct {
	BillPage
	Form      *frame.Form
	Transfers []TransferRow
}

func (s *sell) billPage(p *frame.Page, d *Desk, form *frame.Form) (page storeBill, err error) {
	if page.BillPage, err = Bill(p, s.Commission, p.R.PathValue("id")); err == nil && page.Store.ID != d.PublicID {
		err = commission.ErrNotFound
	}
	if err != nil {
		return page, err
	}
	page.Desk = d
	if form == nil {
		form = p.Form(TransferFields...).Set("amount", page.Amount)
	}
	page.Form = form
	list, err := s.Commission.TransfersFor(p.Context(), p.Caller, page.ID)
	page.Transfers = TransferRows(p, s.Commission, list)
	return page, err
}

func (s *sell) bill(p *frame.Page, d *Desk) error {
	page, err := s.billPage(p, d, nil)
	if err != nil {
		return err
	}
	return p.Show("sell/bill", p.T("Commission {month}", "month", page.Month), page)
}

func (s *sell) billFile(p *frame.Page, _ *Desk) error {
	return SendBill(p, s.Commission, p.R.PathValue("id"))
}

// submitTransfer says that the store has paid what it owes.
func (s *sell) submitTransfer(p *frame.Page, d *Desk) error {
	p.Self = d.Link("/statements/" + p.R.PathValue("id"))
	form, kept, err := SubmitTransfer(p, s.Commission, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	if kept {
		p.Leave("It is kept.")
		return p.See(p.Self)
	}
	page, err := s.billPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/bill", p.T("Commission {month}", "month", page.Month), page)
}
