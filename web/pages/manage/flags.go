package manage

import (
	"errors"

	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/watch"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

// patterns are what the rules see.
var patterns = []frame.Option{
	{Value: watch.DeclinedCards, Text: lang.M("Many cards of one account were declined")}, {Value: watch.SharedCard, Text: lang.M("Many accounts pay with one card")},
	{Value: watch.SharedPhone, Text: lang.M("Many accounts gave one telephone number")},
	{Value: watch.SharedTransfer, Text: lang.M("Accounts named the same transfer")}, {Value: watch.ManyRefunds, Text: lang.M("A store gives much money back")},
	{Value: watch.QuickPayout, Text: lang.M("Money was put in and asked out at once")},
}

type flagRow struct {
	watch.Flag
	Text  string
	Badge sell.Badge
	Link  string // whose it is
}

type flagsPage struct {
	Form     *frame.Form // what narrows the list down
	Note     *frame.Form
	Wrong    string // the flag whose note is wrong
	Patterns []frame.Option
	States   []frame.Option
	Items    []flagRow
	pager
}

func (m *manage) flagsPage(p *frame.Page) (page flagsPage, err error) {
	page = flagsPage{
		Form: p.Form("rule", "state").Set("rule", ask(p, "rule")).Set("state", ask(p, "state")), Patterns: []frame.Option{{Text: p.T("All")}},
		States: []frame.Option{{Text: p.T("All")}, {Value: string(watch.Open), Text: p.T("To be looked at")}, {Value: string(watch.Seen), Text: p.T("Looked at")}},
	}
	names := map[string]string{}
	for _, o := range patterns {
		o.Text = p.T(o.Text)
		names[o.Value] = o.Text
		page.Patterns = append(page.Patterns, o)
	}
	known := func(options []frame.Option, name string) string {
		for _, o := range options {
			if o.Value == page.Form.Get(name) {
				return o.Value
			}
		}
		return ""
	}
	list, next, err := m.Watch.List(p.Context(), known(page.Patterns, "rule"), watch.State(known(page.States, "state")), web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return page, err
	}
	for _, f := range list {
		r := flagRow{Flag: f, Text: names[f.Rule], Badge: sell.Badge{Text: p.T("To be looked at"), Class: "warn"}}
		if f.State == watch.Seen {
			r.Badge = sell.Badge{Text: p.T("Looked at"), Class: "good"}
		}
		switch f.Rule {
		case watch.ManyRefunds:
			r.Link = "/manage/stores/" + f.Subject
		case watch.DeclinedCards, watch.QuickPayout:
			r.Link = "/manage/accounts/" + f.Subject
		}
		page.Items = append(page.Items, r)
	}
	page.set(p, next)
	return page, nil
}

// flags are unusual patterns that somebody should look at.
func (m *manage) flags(p *frame.Page) error {
	page, err := m.flagsPage(p)
	if err != nil {
		return err
	}
	page.Note = p.Form("note")
	return p.Show("manage/flags", p.T("Unusual patterns"), page)
}

// look notes what somebody found.
func (m *manage) look(p *frame.Page) error {
	form, err := p.Sent("note")
	if err != nil {
		return err
	}
	err = m.Watch.Look(p.Context(), p.Caller, p.R.PathValue("id"), form.Get("note"))
	if err == nil {
		p.Leave("Done.")
		return p.See(p.Back("/manage/flags"))
	}
	if errors.Is(err, watch.ErrNote) {
		form.Wrong("note", p.T("Say what you found."))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := m.flagsPage(p)
	if err != nil {
		return err
	}
	page.Note, page.Wrong = form, p.R.PathValue("id")
	p.Self = "/manage/flags"
	return form.Again("manage/flags", p.T("Unusual patterns"), page)
}
