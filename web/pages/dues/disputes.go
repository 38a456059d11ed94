package dues

import (
	"errors"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// reasons are why orders are disputed.
var reasons = []frame.Option{
	{Value: "not_received", Text: lang.M("It never came")}, {Value: "damaged", Text: lang.M("It is broken")}, {Value: "not_as_described", Text: lang.M("It is not what was described")},
	{Value: "wrong_item", Text: lang.M("I got another thing")}, {Value: "missing_parts", Text: lang.M("Something is missing")}, {Value: "other", Text: lang.M("Something else")},
}

var disputeStates = []frame.Option{
	{Value: string(order.DisputeOpen), Text: lang.M("To be decided")}, {Value: string(order.DisputeResolved), Text: lang.M("Decided")}, {Value: string(order.DisputeWithdrawn), Text: lang.M("Withdrawn")},
}

var outcomes = map[order.Outcome]string{
	order.OutcomeReleased: lang.M("The store gets the money"), order.OutcomeRefunded: lang.M("The buyer gets the money back"), order.OutcomeSplit: lang.M("Each gets a part"),
	order.OutcomeReturned: lang.M("The goods came back"),
}

var speakers = map[order.Party]string{order.Buyer: lang.M("The buyer"), order.Store: lang.M("The store"), order.Admin: lang.M("The market")}

// Badge is a state as people see it.
type Badge struct{ Text, Class string }

// DisputeRow is a dispute in a list.
type DisputeRow struct {
	order.DisputeView
	Why   string
	Badge Badge
	Link  string
}

// DisputeRows are disputes as lists show them.
func DisputeRows(p *frame.Page, items []order.DisputeView) []DisputeRow {
	out := make([]DisputeRow, len(items))
	for i, v := range items {
		out[i] = DisputeRow{DisputeView: v, Why: word(p, reasons, v.Reason), Badge: disputeBadge(p, v), Link: "/disputes/" + v.ID}
	}
	return out
}

// DisputeStates are those that a list can be narrowed to.
func DisputeStates(p *frame.Page) []frame.Option { return translated(p, true, disputeStates) }

func translated(p *frame.Page, all bool, options []frame.Option) (out []frame.Option) {
	if all {
		out = append(out, frame.Option{Text: p.T("All")})
	}
	for _, o := range options {
		o.Text = p.T(o.Text)
		out = append(out, o)
	}
	return out
}

func word(p *frame.Page, options []frame.Option, value string) string {
	for _, o := range options {
		if o.Value == value {
			return p.T(o.Text)
		}
	}
	return value
}

func disputeBadge(p *frame.Page, v order.DisputeView) Badge {
	b := Badge{Text: word(p, disputeStates, string(v.State))}
	switch {
	case v.Overdue:
		b = Badge{p.T("The store did not answer in time"), "bad"}
	case v.State == order.DisputeOpen:
		b.Class = "warn"
	case v.Outcome != "":
		b.Text = p.T(outcomes[v.Outcome])
	}
	return b
}

// orderLink is the page of an order for whoever reads it: the store's people and admins have a page of their own.
func orderLink(o order.View) string {
	if o.StoreNote != nil {
		return "/sell/" + o.Store.ID + "/orders/" + o.ID
	}
	return "/orders/" + o.ID
}

type disputesPage struct {
	Tabs  []tab
	Items []DisputeRow
	pager
}

// disputes are the reader's own.
func (u *dues) disputes(p *frame.Page) error {
	p.NoIndex = true
	t, state, err := tabs(p, DisputeStates(p))
	if err != nil {
		return err
	}
	list, err := u.Orders.Disputes(p.Context(), p.Caller, order.DisputeQuery{State: state}, params(p))
	if err != nil {
		return err
	}
	page := disputesPage{Tabs: t, Items: DisputeRows(p, list.Items)}
	page.set(p, list.NextCursor)
	return p.Show("dues/disputes", p.T("Your disputes"), page)
}

var openFields = []string{"reason", "text", "lines"}

type openPage struct {
	Order   order.View
	Form    *frame.Form
	Reasons []frame.Option
	Lines   []frame.Option
}

func (u *dues) openPage(p *frame.Page, form *frame.Form) (page openPage, err error) {
	p.NoIndex = true
	page = openPage{Form: form, Reasons: translated(p, false, reasons)}
	if page.Order, err = u.Orders.Get(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return page, err
	}
	for _, l := range page.Order.Lines {
		if l.Quantity > l.CutQuantity {
			page.Lines = append(page.Lines, frame.Option{Value: l.ID, Text: l.Title + " " + l.VariantTitle})
		}
	}
	return page, nil
}

// askDispute asks what is wrong with an order.
func (u *dues) askDispute(p *frame.Page) error {
	page, err := u.openPage(p, p.Form(openFields...))
	if err != nil {
		return err
	}
	return p.Show("dues/dispute_new", p.T("Something is wrong"), page)
}

// openDispute stops the money of an order.
func (u *dues) openDispute(p *frame.Page) error {
	form, err := p.Sent(openFields...)
	if err != nil {
		return err
	}
	page, err := u.openPage(p, form)
	if err != nil {
		return err
	}
	cmd := order.DisputeCmd{Reason: form.Get("reason"), Text: form.Get("text")}
	if !slices.ContainsFunc(reasons, func(o frame.Option) bool { return o.Value == cmd.Reason }) {
		form.Wrong("reason", p.T("Choose what is wrong."))
	}
	bounded(p, form, "text", 2000)
	for _, id := range form.All("lines") {
		cmd.Lines = append(cmd.Lines, order.RefundLine{Line: id})
	}
	if form.Ok() {
		id, _, err := u.Orders.OpenDispute(form.Once("order.dispute"), p.Caller, page.Order.ID, cmd)
		if err == nil {
			p.Leave("The money stands still until the market has decided.")
			return p.See("/disputes/" + id)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("dues/dispute_new", p.T("Something is wrong"), page)
}

// bounded says what is wrong with a text that has to be there and may not be too long.
func bounded(p *frame.Page, form *frame.Form, name string, most int) {
	switch n := len([]rune(form.Get(name))); {
	case n == 0:
		form.Wrong(name, p.T("Say something."))
	case n > most:
		form.Wrong(name, p.T("This is too long."))
	}
}

var disputeFields = []string{"text", "outcome", "amount", "note"}

type disputePage struct {
	DisputeRow
	Number    string
	OrderLink string
	Names     []disputedLine
	Said      []message
	Form      *frame.Form
	Left      string // what could be given back
	Outcomes  []frame.Option
	May       map[string]bool
	Frozen    bool // by an admin
}

type disputedLine struct {
	Title    string
	Quantity int64
}

type message struct {
	Who  string
	Text string
	At   time.Time
}

func (u *dues) disputePage(p *frame.Page, form *frame.Form) (page disputePage, err error) {
	p.NoIndex = true
	v, err := u.Orders.FindDispute(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	o, err := u.Orders.Get(p.Context(), p.Caller, v.Order)
	if err != nil {
		return page, err
	}
	page = disputePage{DisputeRow: DisputeRows(p, []order.DisputeView{v})[0], Number: o.Number, OrderLink: orderLink(o), Form: form, Left: o.Refundable, May: map[string]bool{}, Frozen: o.Frozen}
	for _, a := range v.Actions {
		page.May[a] = true
	}
	if page.May[order.DisputeWithdraw] {
		page.OrderLink = "/orders/" + o.ID
	}
	for _, l := range v.Lines {
		if i := slices.IndexFunc(o.Lines, func(x order.LineView) bool { return x.ID == l.Line }); i >= 0 {
			page.Names = append(page.Names, disputedLine{o.Lines[i].Title, l.Quantity})
		}
	}
	for _, m := range v.Messages {
		page.Said = append(page.Said, message{p.T(speakers[m.Party]), m.Text, m.CreatedAt})
	}
	for _, out := range []order.Outcome{order.OutcomeReleased, order.OutcomeRefunded, order.OutcomeSplit} {
		page.Outcomes = append(page.Outcomes, frame.Option{Value: string(out), Text: p.T(outcomes[out])})
	}
	return page, nil
}

func (u *dues) disputeTitle(p *frame.Page, page disputePage) string {
	return p.T("Dispute about order {number}", "number", page.Number)
}

// dispute is what was said about an order, for its buyer, its store's people and admins.
func (u *dues) dispute(p *frame.Page) error {
	page, err := u.disputePage(p, p.Form(disputeFields...))
	if err != nil {
		return err
	}
	return p.Show("dues/dispute", u.disputeTitle(p, page), page)
}

// done goes back to a dispute, or shows its form again with what is wrong.
func (u *dues) done(p *frame.Page, form *frame.Form, err error) error {
	id := p.R.PathValue("id")
	if err == nil && form.Ok() {
		p.Leave("Done.")
		return p.See("/disputes/" + id)
	}
	if err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := u.disputePage(p, form)
	if err != nil {
		return err
	}
	p.Self = "/disputes/" + id
	return form.Again("dues/dispute", u.disputeTitle(p, page), page)
}

func (u *dues) say(p *frame.Page) error {
	form, err := p.Sent(disputeFields...)
	if err != nil {
		return err
	}
	if bounded(p, form, "text", 2000); form.Ok() {
		_, err = u.Orders.SayInDispute(form.Once("order.dispute_message"), p.Caller, p.R.PathValue("id"), form.Get("text"))
	}
	return u.done(p, form, err)
}

func (u *dues) withdraw(p *frame.Page) error {
	form, err := p.Sent(disputeFields...)
	if err != nil {
		return err
	}
	return u.done(p, form, u.Orders.WithdrawDispute(p.Context(), p.Caller, p.R.PathValue("id")))
}

// resolve decides a dispute, for an admin.
func (u *dues) resolve(p *frame.Page) error {
	form, err := p.Sent(disputeFields...)
	if err != nil {
		return err
	}
	cmd := order.ResolveCmd{Outcome: order.Outcome(form.Get("outcome")), Amount: amount(form, "amount"), Note: form.Get("note")}
	if !slices.Contains([]order.Outcome{order.OutcomeReleased, order.OutcomeRefunded, order.OutcomeSplit}, cmd.Outcome) {
		form.Wrong("outcome", p.T("Choose who gets the money."))
	}
	if bounded(p, form, "note", 1000); form.Ok() {
		err = u.Orders.ResolveDispute(p.Context(), p.Caller, p.R.PathValue("id"), cmd)
	}
	if errors.Is(err, order.ErrDisputeSplit) {
		form.Wrong("amount", p.Say(order.ErrDisputeSplit))
		err = nil
	}
	return u.done(p, form, err)
}
