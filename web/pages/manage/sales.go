package manage

import (
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

type salesPage struct {
	Tabs  []tab
	Items []sell.DiscountRow
	pager
}

// sales are the market's sale events.
func (m *manage) sales(p *frame.Page) error {
	options := []frame.Option{{Text: p.T("All")}}
	for _, s := range []catalog.DiscountState{catalog.Scheduled, catalog.Live, catalog.Ended} {
		options = append(options, frame.Option{Value: string(s), Text: sell.DiscountBadge(p, s).Text})
	}
	t, state, err := tabs(p, "state", options)
	if err != nil {
		return err
	}
	items, next, err := m.Catalog.Events(p.Context(), p.Caller, catalog.DiscountState(state), perPage, cursor(p))
	if err != nil {
		return err
	}
	page := salesPage{Tabs: t, Items: sell.DiscountRows(p, items)}
	page.set(p, next)
	return p.Show("manage/sales", p.T("Sale events"), page)
}

var saleFields = []string{"title", "percent", "from", "to", "paid_by", "scope", "categories", "stores", "version"}

type salePage struct {
	Form       *frame.Form
	Now        *sell.DiscountRow // the one that is changed; nil: a new one
	Names      []string          // what it is for
	Payers     []frame.Option
	Scopes     []frame.Option
	Categories []frame.Option
	Stores     []frame.Option
}

var payers = []struct {
	payer      catalog.Payer
	name, hint string
}{
	{catalog.PaidByStore, lang.M("Stores that join"), lang.M("Only what stores that join sell is lowered, and they pay for it.")},
	{catalog.PaidByPlatform, lang.M("The market"), lang.M("What buyers save is made up to the stores by the market.")},
}

// salePage is the form of a sale event, a new one or one that is there.
func (m *manage) salePage(p *frame.Page, form *frame.Form, now *catalog.Discount) (page salePage, err error) {
	page.Form = form
	for _, one := range payers {
		page.Payers = append(page.Payers, frame.Option{Value: string(one.payer), Text: p.T(one.name), Hint: p.T(one.hint)})
	}
	page.Scopes = []frame.Option{
		{Value: string(catalog.ScopeAll), Text: p.T("Everything")}, {Value: string(catalog.ScopeCategories), Text: p.T("Some categories")},
		{Value: string(catalog.ScopeStores), Text: p.T("Some stores")},
	}
	all, err := m.Catalog.Categories(p.Context())
	if err != nil {
		return page, err
	}
	for _, c := range all {
		page.Categories = append(page.Categories, frame.Option{Value: c.ID, Text: strings.Repeat("– ", c.Depth) + c.Name})
	}
	stores, _, err := m.Stores.List(p.Context(), web.Caller{}, store.Query{Sort: "name", Limit: 100})
	if err != nil {
		return page, err
	}
	for _, s := range stores {
		page.Stores = append(page.Stores, frame.Option{Value: s.PublicID, Text: s.Profile.Name})
	}
	if now == nil {
		return page, nil
	}
	page.Now = &sell.DiscountRows(p, []catalog.Discount{*now})[0]
	for _, list := range [][]frame.Option{page.Categories, page.Stores} {
		for _, o := range list {
			if slices.Contains(now.Things, o.Value) {
				page.Names = append(page.Names, strings.TrimLeft(o.Text, "– "))
			}
		}
	}
	return page, nil
}

func (m *manage) askSale(p *frame.Page) error {
	page, err := m.salePage(p, p.Form(saleFields...).Set("paid_by", string(catalog.PaidByStore)).Set("scope", string(catalog.ScopeAll)), nil)
	if err != nil {
		return err
	}
	return p.Show("manage/sale", p.T("A new sale event"), page)
}

func (m *manage) makeSale(p *frame.Page) error {
	form, err := p.Sent(saleFields...)
	if err != nil {
		return err
	}
	in := catalog.DiscountInput{
		Title: form.Get("title"), Percent: strings.ReplaceAll(form.Digits("percent"), ",", ""), Scope: catalog.Scope(form.Get("scope")), PaidBy: catalog.Payer(form.Get("paid_by")),
		From: sell.Day(p, form, "from", false), To: sell.Day(p, form, "to", true),
	}
	switch in.Scope {
	case catalog.ScopeCategories:
		in.Things = form.All("categories")
	case catalog.ScopeStores:
		in.Things = form.All("stores")
	case catalog.ScopeAll:
	default:
		return errNoPage
	}
	if in.PaidBy != catalog.PaidByStore && in.PaidBy != catalog.PaidByPlatform {
		return errNoPage
	}
	if in.Scope != catalog.ScopeAll && len(in.Things) == 0 {
		form.Wrong(string(in.Scope), p.T("Choose what it is for."))
	}
	if form.Ok() {
		made, err := m.Catalog.CreateEvent(form.Once("sale_event.create"), in)
		if err == nil {
			p.Leave("The sale event is set.")
			return p.See("/manage/sales/" + made.ID)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.salePage(p, form, nil)
	if err != nil {
		return err
	}
	return form.Again("manage/sale", p.T("A new sale event"), page)
}

func (m *manage) sale(p *frame.Page) error {
	now, err := m.Catalog.Event(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	form := p.Form(saleFields...)
	sell.FillDiscount(p, form, now)
	page, err := m.salePage(p, form, &now)
	if err != nil {
		return err
	}
	return p.Show("manage/sale", now.Title, page)
}

func (m *manage) changeSale(p *frame.Page) error {
	now, err := m.Catalog.Event(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	fields := []string{"title", "percent", "from", "to", "version"}
	if now.State == catalog.Live { // buyers have seen the rest
		fields = []string{"title", "to", "version"}
	}
	form, err := p.Sent(fields...)
	if err != nil {
		return err
	}
	in := sell.PatchDiscount(p, form, now)
	if form.Ok() {
		if _, err = m.Catalog.ChangeEvent(p.Context(), p.Caller, now.ID, in); err == nil {
			p.Leave("It is kept.")
			return p.See("/manage/sales/" + now.ID)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.salePage(p, form, &now)
	if err != nil {
		return err
	}
	return form.Again("manage/sale", now.Title, page)
}

func (m *manage) endSale(p *frame.Page) error {
	if _, err := m.Catalog.EndEvent(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See("/manage/sales")
}

// Live says whether buyers have seen it.
func (page salePage) Live() bool { return page.Now != nil && page.Now.State == catalog.Live }

// Over says whether nothing of it can be changed any more.
func (page salePage) Over() bool { return page.Now != nil && page.Now.State == catalog.Ended }
