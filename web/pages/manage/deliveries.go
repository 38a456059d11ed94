package manage

import (
	"net/url"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

type deliveryRow struct {
	delivery.View
	Badge sell.Badge
	Late  bool
}

func (m *manage) deliveryRow(p *frame.Page, v delivery.View) deliveryRow {
	return deliveryRow{v, sell.CarryBadge(p, v.State), v.State.Open() && v.DueAt.Before(p.Now())}
}

// planned is a delivery of a plan that the market has just made.
type planned struct {
	delivery.Assignment
	Others []scored
}

// scored is a courier with what speaks for him.
type scored struct {
	delivery.ScoredCourier
	Delivery string // that he could have
}

type deliveriesPage struct {
	Tabs     []tab
	Form     *frame.Form
	Items    []deliveryRow
	Deeds    []frame.Option
	Urgency  []frame.Option
	Keep     string // the tab that is open
	Refused  []delivery.BulkItem
	Plan     []planned
	Failures []delivery.Unassigned
	Changed  int
	Done     bool
	pager
}

// What can be done with several deliveries.
const autoAssign = "auto"

var deeds = []frame.Option{
	{Value: autoAssign, Text: lang.M("Give them to the best couriers")}, {Value: delivery.BulkAssign, Text: lang.M("Give them to this courier")},
	{Value: delivery.BulkUnassign, Text: lang.M("Take them from their couriers")}, {Value: delivery.BulkPriority, Text: lang.M("Change how urgent they are")},
	{Value: delivery.BulkCancel, Text: lang.M("Call them off")},
}

var urgency = []frame.Option{{Value: "low", Text: lang.M("Not urgent")}, {Value: "normal", Text: lang.M("Normal")}, {Value: "high", Text: lang.M("Soon")}, {Value: "urgent", Text: lang.M("Urgent")}}

func translated(p *frame.Page, options []frame.Option) []frame.Option {
	out := slices.Clone(options)
	for i := range out {
		out[i].Text = p.T(out[i].Text)
	}
	return out
}

var deliveryFields = []string{"q", "deed", "courier", "priority", "delivery"}

// board is the list of deliveries with what narrows it down.
func (m *manage) board(p *frame.Page, form *frame.Form) (page deliveriesPage, err error) {
	options := []frame.Option{{Text: p.T("All")}, {Value: "late", Text: p.T("Late")}, {Value: "stuck", Text: p.T("Stuck")}}
	for _, s := range delivery.States {
		options = append(options, frame.Option{Value: string(s), Text: sell.CarryBadge(p, s).Text})
	}
	page = deliveriesPage{Form: form, Deeds: translated(p, deeds), Urgency: translated(p, urgency)}
	if page.Tabs, page.Keep, err = tabs(p, "show", options); err != nil {
		return page, err
	}
	form.Set("q", ask(p, "q"))
	sel := delivery.Selection{All: true, Text: ask(p, "q"), Late: page.Keep == "late", Stuck: page.Keep == "stuck"}
	if !sel.Late && !sel.Stuck {
		sel.State = page.Keep
	}
	list, err := m.Delivery.List(p.Context(), p.Caller, sel, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	for _, v := range list.Items {
		page.Items = append(page.Items, m.deliveryRow(p, v))
	}
	page.more(p, list.NextCursor)
	return page, nil
}

func (m *manage) deliveries(p *frame.Page) error {
	page, err := m.board(p, p.Form(deliveryFields...).Set("deed", autoAssign).Set("priority", "high"))
	if err != nil {
		return err
	}
	return p.Show("manage/deliveries", p.T("Deliveries"), page)
}

// changeMany does one thing with the deliveries that are ticked, and says what became of each.
func (m *manage) changeMany(p *frame.Page) error {
	form, err := p.Sent(deliveryFields...)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(deeds, func(o frame.Option) bool { return o.Value == form.Get("deed") }) {
		return errNoPage
	}
	ids := form.All("delivery")
	if len(ids) == 0 {
		form.Wrong("delivery", p.T("Tick what it is about."))
	}
	var plan delivery.PlanResult
	var items []delivery.BulkItem
	if form.Ok() {
		if form.Get("deed") == autoAssign {
			plan, err = m.Delivery.AutoAssign(p.Context(), p.Caller, delivery.AutoCmd{Deliveries: ids})
		} else {
			items, err = m.Delivery.Bulk(p.Context(), p.Caller, delivery.BulkCmd{Operation: form.Get("deed"), Deliveries: ids, Courier: form.Get("courier"), Priority: form.Get("priority")})
		}
		if err != nil {
			refused, ok := fault.As(err)
			if !ok || refused.Kind == fault.Internal {
				return err
			}
			form.Wrong("deed", p.Say(refused))
		}
	}
	page, boardErr := m.board(p, form)
	if boardErr != nil {
		return boardErr
	}
	if !form.Ok() {
		return form.Again("manage/deliveries", p.T("Deliveries"), page)
	}
	page.Done, page.Changed, page.Failures = true, len(plan.Assignments), plan.Failures
	for _, a := range plan.Assignments {
		page.Plan = append(page.Plan, planned{Assignment: a, Others: others(a)})
	}
	for _, i := range items {
		if i.Outcome == "changed" {
			page.Changed++
			continue
		}
		if text, ok := p.Lang.Fault(i.Code); ok {
			i.Message = text
		}
		page.Refused = append(page.Refused, i)
	}
	return p.Show("manage/deliveries", p.T("Deliveries"), page)
}

func others(a delivery.Assignment) []scored {
	out := make([]scored, len(a.Others))
	for i, o := range a.Others {
		out[i] = scored{o, a.Delivery}
	}
	return out
}

// deed is what happened to a delivery.
type deed struct {
	delivery.EventView
	Text             string
	Photo, Signature string // paths on the market's pages
}

type deliveryPage struct {
	Row     deliveryRow
	Form    *frame.Form
	May     map[string]bool
	History []deed
	Best    *planned
	Nobody  string // why nobody can have it
}

func (m *manage) deliveryPage(p *frame.Page, form *frame.Form) (page deliveryPage, err error) {
	id := p.R.PathValue("id")
	v, err := m.Delivery.Get(p.Context(), p.Caller, id)
	if err != nil {
		return page, err
	}
	page = deliveryPage{Row: m.deliveryRow(p, v), Form: form, May: map[string]bool{}}
	for _, a := range v.Actions {
		page.May[string(a)] = true
	}
	history, err := m.Delivery.History(p.Context(), p.Caller, id)
	for _, h := range history {
		page.History = append(page.History, deed{h, sell.CarryBadge(p, h.State).Text, strings.TrimPrefix(h.PhotoPath, "/v1"), strings.TrimPrefix(h.SignPath, "/v1")})
	}
	if err != nil || !page.May[string(delivery.Assign)] {
		return page, err
	}
	best, err := m.Delivery.AutoAssignOne(p.Context(), p.Caller, id, delivery.AutoCmd{DryRun: true})
	if refused, ok := fault.As(err); ok && refused.Kind != fault.Internal {
		page.Nobody = p.Say(refused)
		return page, nil
	}
	if err == nil {
		page.Best = &planned{Assignment: best, Others: others(best)}
	}
	return page, err
}

// delivery is one delivery, with who would carry it best.
func (m *manage) delivery(p *frame.Page) error {
	page, err := m.deliveryPage(p, p.Form("courier", "note"))
	if err != nil {
		return err
	}
	return p.Show("manage/delivery", p.T("Delivery {number}", "number", page.Row.Tracking), page)
}

func (m *manage) changeDelivery(p *frame.Page) error {
	form, err := p.Sent("courier", "note")
	if err != nil {
		return err
	}
	id, n := p.R.PathValue("id"), delivery.Note{Text: form.Get("note")}
	switch delivery.Event(p.R.PathValue("verb")) {
	case delivery.Assign:
		err = m.Delivery.AssignTo(p.Context(), p.Caller, id, form.Get("courier"))
	case delivery.Unassign:
		err = m.Delivery.Unassign(p.Context(), p.Caller, id, n)
	case delivery.Release:
		err = m.Delivery.Release(p.Context(), p.Caller, id, n)
	case delivery.Cancel:
		err = m.Delivery.Cancel(p.Context(), p.Caller, id, n)
	case delivery.Return, delivery.Deliver:
		err = m.Delivery.Act(p.Context(), p.Caller, id, delivery.Event(p.R.PathValue("verb")), delivery.Action{Note: n})
	default:
		return errNoPage
	}
	if err == nil {
		p.Leave("Done.")
		return p.See("/manage/deliveries/" + url.PathEscape(id))
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := m.deliveryPage(p, form)
	if err != nil {
		return err
	}
	p.Self = "/manage/deliveries/" + id
	return form.Again("manage/delivery", p.T("Delivery {number}", "number", page.Row.Tracking), page)
}
