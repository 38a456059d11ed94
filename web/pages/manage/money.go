package manage

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

// moneyStates are those of payments, refunds and proofs.
var moneyStates = map[string]sell.Badge{
	"pending": {Text: lang.M("Waits"), Class: "warn"}, "processing": {Text: lang.M("At work"), Class: "warn"}, "completed": {Text: lang.M("Completed"), Class: "good"},
	"part_refunded": {Text: lang.M("Part of the money given back")}, "refunded": {Text: lang.M("Money given back")}, "expired": {Text: lang.M("Too late"), Class: "bad"},
	"cancelled": {Text: lang.M("Cancelled"), Class: "bad"}, "requested": {Text: lang.M("Waits"), Class: "warn"}, "failed": {Text: lang.M("Failed"), Class: "bad"},
	"submitted": {Text: lang.M("To be decided"), Class: "warn"}, "approved": {Text: lang.M("Approved"), Class: "good"}, "rejected": {Text: lang.M("Rejected"), Class: "bad"},
}

func badge(p *frame.Page, state string) sell.Badge {
	b, ok := moneyStates[state]
	if !ok {
		return sell.Badge{Text: state}
	}
	b.Text = p.T(b.Text)
	return b
}

func stateOptions(p *frame.Page, states ...string) []frame.Option {
	out := []frame.Option{{Text: p.T("All")}}
	for _, s := range states {
		out = append(out, frame.Option{Value: s, Text: badge(p, s).Text})
	}
	return out
}

var methodNames = map[string]string{
	"gateway": lang.M("By a provider"), "wallet": lang.M("From the wallet"), "cod": lang.M("Cash on delivery"),
}

type paymentRow struct {
	payment.View
	Badge sell.Badge
	How   string
}

func paymentRowOf(p *frame.Page, v payment.View) paymentRow {
	r := paymentRow{View: v, Badge: badge(p, v.State), How: v.Method}
	if name, ok := methodNames[v.Method]; ok {
		r.How = p.T(name)
	}
	return r
}

type paymentsPage struct {
	Tabs  []tab
	Items []paymentRow
	pager
}

func (m *manage) payments(p *frame.Page) error {
	t, state, err := tabs(p, "state", stateOptions(p, "pending", "processing", "completed", "expired", "cancelled"))
	if err != nil {
		return err
	}
	list, err := m.Payments.List(p.Context(), p.Caller, payment.ListQuery{All: true, State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := paymentsPage{Tabs: t}
	for _, v := range list.Items {
		page.Items = append(page.Items, paymentRowOf(p, v))
	}
	page.more(p, list.NextCursor)
	return p.Show("manage/payments", p.T("Payments"), page)
}

type paymentPage struct {
	Row     paymentRow
	Refunds []refundRow
}

type refundRow struct {
	payment.RefundView
	Badge sell.Badge
}

func refundRows(p *frame.Page, items []payment.RefundView) []refundRow {
	out := make([]refundRow, len(items))
	for i, r := range items {
		out[i] = refundRow{r, badge(p, r.State)}
	}
	return out
}

func (m *manage) payment(p *frame.Page) error {
	v, err := m.Payments.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	refunds, err := m.Payments.RefundsOf(p.Context(), p.Caller, v.ID)
	if err != nil {
		return err
	}
	return p.Show("manage/payment", p.T("Payment"), paymentPage{paymentRowOf(p, v), refundRows(p, refunds)})
}

type refundsPage struct {
	Tabs  []tab
	Items []refundRow
	pager
}

func (m *manage) refunds(p *frame.Page) error {
	t, state, err := tabs(p, "state", stateOptions(p, "requested", "processing", "completed", "failed"))
	if err != nil {
		return err
	}
	list, err := m.Payments.ListRefunds(p.Context(), payment.RefundQuery{State: state}, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := refundsPage{Tabs: t, Items: refundRows(p, list.Items)}
	page.more(p, list.NextCursor)
	return p.Show("manage/refunds", p.T("Refunds"), page)
}

type proofRow struct {
	payment.ProofCase
	Badge sell.Badge
}

type proofsPage struct {
	Tabs  []tab
	Items []proofRow
	pager
}

func (m *manage) proofs(p *frame.Page) error {
	t, state, err := tabs(p, "state", stateOptions(p, "submitted", "approved", "rejected"))
	if err != nil {
		return err
	}
	list, err := m.Payments.Proofs(p.Context(), state, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := proofsPage{Tabs: t}
	for _, v := range list.Items {
		page.Items = append(page.Items, proofRow{v, badge(p, v.State)})
	}
	page.more(p, list.NextCursor)
	return p.Show("manage/proofs", p.T("Transfers to check"), page)
}

var proofFields = []string{"reference", "amount", "reason"}

type proofPage struct {
	Row  proofRow
	Form *frame.Form
}

func (m *manage) proof(p *frame.Page) error {
	v, err := m.Payments.Proof(p.Context(), p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.Show("manage/proof", p.T("A transfer"), proofPage{proofRow{v, badge(p, v.State)}, p.Form(proofFields...)})
}

// decide says that a transfer came, or that it did not.
func (m *manage) decide(p *frame.Page) error {
	id := p.R.PathValue("id")
	form, err := p.Sent(proofFields...)
	if err != nil {
		return err
	}
	switch p.R.PathValue("verb") {
	case "approve":
		err = m.Payments.Approve(p.Context(), p.Caller, payment.ApproveCmd{
			Proof: id, Reference: form.Get("reference"), Amount: strings.ReplaceAll(form.Digits("amount"), ",", ""),
		})
	case "reject":
		if form.Get("reason") == "" {
			form.Wrong("reason", p.T("Say why: the payer reads it."))
		} else {
			err = m.Payments.Reject(p.Context(), p.Caller, id, form.Get("reason"))
		}
	default:
		return errNoPage
	}
	if err == nil && form.Ok() {
		p.Leave("Done.")
		return p.See("/manage/proofs/" + id)
	}
	if err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	v, err := m.Payments.Proof(p.Context(), id)
	if err != nil {
		return err
	}
	p.Self = "/manage/proofs/" + id
	return form.Again("manage/proof", p.T("A transfer"), proofPage{proofRow{v, badge(p, v.State)}, form})
}

// proofImage is the picture that a payer sent with his proof.
func (m *manage) proofImage(p *frame.Page) error {
	file, err := m.Payments.ProofFile(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.File(file)
}

type trialPage struct {
	AsOf       time.Time
	Complete   bool
	Currencies []trialCurrency
}

type trialCurrency struct {
	Currency        money.Currency
	Lines           []ledger.Line
	CameIn, WentOut int64
}

// Balance is zero while the books are right.
func (c trialCurrency) Balance() int64 { return c.CameIn - c.WentOut }

func (m *manage) trial(p *frame.Page) error {
	var t ledger.TrialBalance
	err := m.DB.Read(p.Context(), "manage.trial_balance", func(ctx context.Context, tx db.Tx) (err error) {
		t, err = m.Ledger.TrialBalance(ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	page := trialPage{AsOf: t.AsOf, Complete: t.Complete}
	for _, l := range t.Lines { // those of a currency stand together
		if n := len(page.Currencies); n == 0 || string(page.Currencies[n-1].Currency) != l.Currency {
			page.Currencies = append(page.Currencies, trialCurrency{Currency: money.Currency(l.Currency)})
		}
		c := &page.Currencies[len(page.Currencies)-1]
		c.Lines, c.CameIn, c.WentOut = append(c.Lines, l), c.CameIn+l.CameIn, c.WentOut+l.WentOut
	}
	return p.Show("manage/trial", p.T("Trial balance"), page)
}

type booksPage struct {
	Form  *frame.Form
	Kinds []frame.Option
	Any   bool
	Items []ledger.AccountRow
	pager
}

var ledgerKinds = []ledger.Kind{
	ledger.KindWallet, ledger.KindEscrow, ledger.KindStoreEarnings, ledger.KindCourierEarnings, ledger.KindCourierCash, ledger.KindCashOwed, ledger.KindGateway, ledger.KindBank, ledger.KindCashbox,
	ledger.KindRefundsDue, ledger.KindSuspense, ledger.KindFees, ledger.KindSurcharge, ledger.KindDelivery, ledger.KindPromotions, ledger.KindProviderCost, ledger.KindLosses, ledger.KindRounding,
	ledger.KindOpening,
}

func (m *manage) books(p *frame.Page) error {
	page := booksPage{Form: p.Form("kind", "owner").Set("kind", ask(p, "kind")).Set("owner", ask(p, "owner")), Kinds: []frame.Option{{Text: p.T("All")}}}
	for _, k := range ledgerKinds {
		page.Kinds = append(page.Kinds, frame.Option{Value: string(k), Text: string(k)})
	}
	filters := map[string]any{}
	if k := page.Form.Get("kind"); slices.Contains(ledgerKinds, ledger.Kind(k)) {
		filters["kind"], page.Any = k, true
	}
	if o := page.Form.Get("owner"); o != "" {
		filters["owner"], page.Any = o, true
	}
	var next string
	err := m.DB.Read(p.Context(), "manage.ledger_accounts", func(ctx context.Context, tx db.Tx) (err error) {
		page.Items, next, err = m.Ledger.Accounts(ctx, tx, db.ListQuery{Filters: filters, Limit: perPage, Cursor: cursor(p)})
		return err
	})
	if err != nil {
		return err
	}
	page.set(p, next)
	return p.Show("manage/books", p.T("Accounts of the books"), page)
}

type statementPage struct {
	Currency money.Currency
	Items    []ledger.Entry
	pager
}

func (m *manage) statement(p *frame.Page) error {
	key := p.R.PathValue("id")
	page := statementPage{Currency: money.Currency(key[strings.LastIndex(key, ":")+1:])}
	var next string
	err := m.DB.Read(p.Context(), "manage.ledger_statement", func(ctx context.Context, tx db.Tx) (err error) {
		page.Items, next, err = m.Ledger.Statement(ctx, tx, ledger.Key(key), perPage, cursor(p))
		return err
	})
	if errors.Is(err, ledger.ErrPosting) || err == nil && len(page.Items) == 0 && cursor(p) == "" {
		return ledger.ErrAccountNotFound // one that was never used says as little
	}
	if err != nil {
		return err
	}
	page.set(p, next)
	return p.Show("manage/statement", key, page)
}
