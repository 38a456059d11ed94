package manage

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/dues"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// The largest files that the bank and providers send.
const (
	maxResults    = 1 << 20
	maxSettlement = 2 << 20
)

func (m *manage) mountDues(f *frame.Frame, get, post func(string, frame.Handler)) {
	get("/payouts", m.payouts)
	f.GetFile("/manage/payouts.csv", web.Admin, at(m.bankFile))
	f.PostFile("/manage/payouts/results", web.Admin, maxResults, at(m.results))
	get("/payouts/{id}", m.payout)
	post("/payouts/{id}/{verb}", m.decidePayout)
	get("/disputes", m.disputes)
	get("/orders/{id}/freeze", m.askFreeze)
	post("/orders/{id}/freeze", m.freeze)
	post("/orders/{id}/thaw", m.thaw)
	get("/debts", m.debts)
	post("/debts", m.recordDebt)
	get("/flags", m.flags)
	post("/flags/{id}", m.look)
	get("/reconcile", m.askReconcile)
	f.PostFile("/manage/reconcile", web.Admin, maxSettlement, at(m.reconcile))
}

type payoutsPage struct {
	Tabs    []tab
	Items   []dues.PayoutRow
	Form    *frame.Form
	Results []resultRow // of a file that was read
	pager
}

type resultRow struct {
	wallet.Result
	Text string
	Bad  bool
}

func (m *manage) payoutsPage(p *frame.Page, form *frame.Form) (page payoutsPage, err error) {
	t, state, err := tabs(p, "state", dues.PayoutStates(p))
	if err != nil {
		return page, err
	}
	list, next, err := m.Wallet.Payouts(p.Context(), p.Caller, wallet.PayoutQuery{All: true, State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	page = payoutsPage{Tabs: t, Items: dues.PayoutRows(p, list), Form: form}
	page.set(p, next)
	return page, nil
}

func (m *manage) payouts(p *frame.Page) error {
	page, err := m.payoutsPage(p, p.Form("file"))
	if err != nil {
		return err
	}
	return p.Show("manage/payouts", p.T("Payouts"), page)
}

// bankFile sends all approved payouts as the bank wants them.
func (m *manage) bankFile(p *frame.Page) error {
	var file bytes.Buffer
	if err := m.Wallet.BankFile(p.Context(), &file); err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="payouts.csv"`)
	h.Set("Cache-Control", "private, no-store")
	_, _ = p.W.Write(file.Bytes()) // whoever asked and left learns nothing from an error
	return nil
}

var resultWords = map[string]string{"settled": lang.M("Paid out"), "failed": lang.M("Failed"), "unchanged": lang.M("Known already")}

// results reads what the bank did with payouts, and says of each line what became of it.
func (m *manage) results(p *frame.Page) error {
	form, file, err := p.SentFile("file")
	if err != nil {
		return err
	}
	p.Self = "/manage/payouts"
	if len(file) == 0 {
		form.Wrong("file", p.T("Choose a file."))
	}
	var done []wallet.Result
	if form.Ok() {
		if done, err = m.Wallet.ReadResults(p.Context(), p.Caller, file); err != nil {
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	page, err := m.payoutsPage(p, form)
	if err != nil {
		return err
	}
	if !form.Ok() {
		return form.Again("manage/payouts", p.T("Payouts"), page)
	}
	for _, r := range done {
		row := resultRow{Result: r}
		if refused, ok := fault.As(r.Refused); ok {
			row.Text, row.Bad = p.Say(refused), true
		} else if text, ok := resultWords[r.Done]; ok {
			row.Text = p.T(text)
		}
		page.Results = append(page.Results, row)
	}
	return p.Show("manage/payouts", p.T("Payouts"), page)
}

var payoutFields = []string{"reason", "reference", "failed"}

type payoutPage struct {
	Row  dues.PayoutRow
	Form *frame.Form
	Own  bool // nobody decides about his own
}

func (m *manage) payoutPage(p *frame.Page, form *frame.Form) (page payoutPage, err error) {
	v, err := m.Wallet.FindPayout(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	return payoutPage{dues.PayoutRows(p, []wallet.Payout{v})[0], form, v.Account == p.Caller.Account}, nil
}

func (m *manage) payout(p *frame.Page) error {
	page, err := m.payoutPage(p, p.Form(payoutFields...))
	if err != nil {
		return err
	}
	return p.Show("manage/payout", p.T("A payout"), page)
}

// decidePayout approves or rejects a payout, or says what the bank did.
func (m *manage) decidePayout(p *frame.Page) error {
	id := p.R.PathValue("id")
	form, err := p.Sent(payoutFields...)
	if err != nil {
		return err
	}
	why := func(name string) bool {
		if form.Get(name) == "" {
			form.Wrong(name, p.T("This is needed."))
		}
		return form.Ok()
	}
	switch p.R.PathValue("verb") {
	case "approve":
		err = m.Wallet.ApprovePayout(p.Context(), p.Caller, id)
	case "reject":
		if why("reason") {
			err = m.Wallet.RejectPayout(p.Context(), p.Caller, id, form.Get("reason"))
		}
	case "settle":
		if why("reference") {
			err = m.Wallet.SettlePayout(p.Context(), p.Caller, id, form.Get("reference"))
		}
	case "fail":
		if why("failed") {
			err = m.Wallet.FailPayout(p.Context(), p.Caller, id, form.Get("failed"))
		}
	default:
		return errNoPage
	}
	if err == nil && form.Ok() {
		p.Leave("Done.")
		return p.See("/manage/payouts/" + id)
	}
	if err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.payoutPage(p, form)
	if err != nil {
		return err
	}
	p.Self = "/manage/payouts/" + id
	return form.Again("manage/payout", p.T("A payout"), page)
}

type disputesPage struct {
	Tabs  []tab
	Items []dues.DisputeRow
	pager
}

func (m *manage) disputes(p *frame.Page) error {
	t, state, err := tabs(p, "state", dues.DisputeStates(p))
	if err != nil {
		return err
	}
	list, err := m.Orders.Disputes(p.Context(), p.Caller, order.DisputeQuery{All: true, State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := disputesPage{Tabs: t, Items: dues.DisputeRows(p, list.Items)}
	page.more(p, list.NextCursor)
	return p.Show("manage/disputes", p.T("Disputes"), page)
}

var debtFields = []string{"store", "amount", "source", "reference"}

type debtRow struct {
	ledger.AccountRow
	Name string
}

type debtsPage struct {
	Items   []debtRow
	Form    *frame.Form
	Sources []frame.Option
	pager
}

func (m *manage) debtsPage(p *frame.Page, form *frame.Form) (page debtsPage, err error) {
	page = debtsPage{Form: form, Sources: []frame.Option{{Value: string(wallet.FromBank), Text: p.T("It came to the bank")}, {Value: string(wallet.FromCash), Text: p.T("It came into the till")}}}
	var next string
	err = m.DB.Read(p.Context(), "manage.debts", func(ctx context.Context, tx db.Tx) (err error) {
		var list []ledger.AccountRow
		if list, next, err = m.Ledger.Debtors(ctx, tx, ledger.KindStoreEarnings, perPage, cursor(p)); err != nil {
			return err
		}
		owners := make([]string, len(list))
		for i, a := range list {
			owners[i] = a.Owner
		}
		briefs, err := m.Stores.BriefsOf(ctx, tx, owners)
		page.Items = make([]debtRow, len(list))
		for i, a := range list {
			page.Items[i] = debtRow{a, a.Owner}
			if j := slices.IndexFunc(briefs, func(b store.Brief) bool { return b.PublicID == a.Owner }); j >= 0 {
				page.Items[i].Name = briefs[j].Name
			}
		}
		return err
	})
	page.set(p, next)
	return page, err
}

// debts are the stores that owe the market, those that owe most first.
func (m *manage) debts(p *frame.Page) error {
	page, err := m.debtsPage(p, p.Form(debtFields...).Set("store", ask(p, "store")).Set("source", string(wallet.FromBank)))
	if err != nil {
		return err
	}
	return p.Show("manage/debts", p.T("Debts of stores"), page)
}

// recordDebt notes that a store paid what it owes.
func (m *manage) recordDebt(p *frame.Page) error {
	form, err := p.Sent(debtFields...)
	if err != nil {
		return err
	}
	source := wallet.Source(form.Get("source"))
	if !slices.Contains([]wallet.Source{wallet.FromBank, wallet.FromCash}, source) {
		form.Wrong("source", p.T("Choose where it came."))
	}
	if form.Ok() {
		_, _, err = m.Wallet.PayDebt(form.Once("wallet.pay_debt"), p.Caller, wallet.DebtCmd{
			Store: form.Get("store"), Amount: strings.ReplaceAll(form.Digits("amount"), ",", ""), Source: source, Reference: form.Get("reference"),
		})
		switch {
		case err == nil:
			p.Leave("It is paid.")
			return p.See("/manage/debts")
		case errors.Is(err, wallet.ErrAmount):
			form.Wrong("amount", p.T("Must be an amount such as 250."))
		case errors.Is(err, wallet.ErrDebtReference), errors.Is(err, wallet.ErrDebtTwice):
			if refused, ok := fault.As(err); ok {
				form.Wrong("reference", p.Say(refused))
			}
		default:
			if refused, ok := fault.As(err); ok && refused.Kind == fault.NotFound {
				form.Wrong("store", p.Say(refused))
			} else if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	page, err := m.debtsPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/debts", p.T("Debts of stores"), page)
}

var reconcileFields = []string{"gateway", "day", "file", "book"}

type reconcilePage struct {
	Form     *frame.Form
	Gateways []frame.Option
	Done     *payment.ReconciliationView
	Items    []differenceRow
}

type differenceRow struct {
	payment.DifferenceView
	Text string
}

var problems = map[string]string{
	"unknown": lang.M("The market knows nothing of it"), "not_done": lang.M("For the market it did not happen"), "amount_differs": lang.M("The amounts differ"), "twice": lang.M("It stands in the file twice"),
	"missing": lang.M("It is not in the file"), "charge_differs": lang.M("It was booked before with another charge"),
}

func (m *manage) reconcilePage(p *frame.Page, form *frame.Form) (page reconcilePage, err error) {
	page.Form = form
	offers, err := m.Payments.Offers(p.Context())
	for _, o := range offers {
		page.Gateways = append(page.Gateways, frame.Option{Value: o.Name, Text: o.Title})
	}
	return page, err
}

// askReconcile asks for a provider's file of a day.
func (m *manage) askReconcile(p *frame.Page) error {
	yesterday := p.In(p.Now()).AddDate(0, 0, -1).Format("2006-01-02")
	page, err := m.reconcilePage(p, p.Form(reconcileFields...).Set("day", yesterday))
	if err != nil {
		return err
	}
	return p.Show("manage/reconcile", p.T("Compare with a provider"), page)
}

// reconcile compares a provider's file with the books, and shows what does not agree.
func (m *manage) reconcile(p *frame.Page) error {
	form, file, err := p.SentFile(reconcileFields...)
	if err != nil {
		return err
	}
	page, err := m.reconcilePage(p, form)
	if err != nil {
		return err
	}
	if len(file) == 0 {
		form.Wrong("file", p.T("Choose a file."))
	}
	if form.Ok() {
		r, err := m.Payments.Reconcile(p.Context(), p.Caller, form.Get("gateway"), form.Get("day"), file, form.Has("book"))
		switch {
		case err == nil:
			v := r.View()
			page.Done = &v
			for _, d := range v.Items {
				page.Items = append(page.Items, differenceRow{d, p.T(problems[d.Problem])})
			}
			return p.Show("manage/reconcile", p.T("Compare with a provider"), page)
		case errors.Is(err, payment.ErrSettlementDay):
			form.Wrong("day", p.Say(payment.ErrSettlementDay))
		case errors.Is(err, payment.ErrSettlementFile):
			form.Wrong("file", p.Say(payment.ErrSettlementFile))
		case errors.Is(err, payment.ErrGatewayUnknown):
			form.Wrong("gateway", p.Say(payment.ErrGatewayUnknown))
		default:
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	return form.Again("manage/reconcile", p.T("Compare with a provider"), page)
}
