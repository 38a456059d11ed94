package manage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
)

type productRow struct {
	catalog.Listing
	Badge   sell.Badge
	Picture *blob.Picture
}

type productsPage struct {
	Tabs  []tab
	Items []productRow
	On    bool // the market approves products
	pager
}

func (m *manage) products(p *frame.Page) error {
	t, review, err := tabs(p, "review", []frame.Option{
		{Text: p.T("All")}, {Value: "submitted", Text: p.T("Waits for approval")}, {Value: "changed", Text: p.T("Changed since it was approved")}, {Value: "rejected", Text: p.T("Rejected")},
	})
	if err != nil {
		return err
	}
	items, next, err := m.Catalog.Queue(p.Context(), catalog.Review(review), perPage, cursor(p))
	if err != nil {
		return err
	}
	page := productsPage{Tabs: t, On: p.Settings.ProductApproval}
	for _, l := range items {
		page.Items = append(page.Items, productRow{l, sell.ProductBadge(p, l.State), m.Catalog.ShowImage(l.Image)})
	}
	page.set(p, next)
	return p.Show("manage/products", p.T("Products to approve"), page)
}

type productPage struct {
	Product catalog.Product
	Badge   sell.Badge
	Form    *frame.Form
	May     map[string]bool
	Images  []*blob.Picture
}

func (m *manage) productPage(p *frame.Page, form *frame.Form) (page productPage, err error) {
	product, err := m.Catalog.Product(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	page = productPage{Product: product, Badge: sell.ProductBadge(p, product.State), Form: form, May: map[string]bool{}}
	for _, a := range product.Actions {
		page.May[a] = true
	}
	for _, i := range product.Images {
		page.Images = append(page.Images, m.Catalog.ShowImage(i.File.Name))
	}
	return page, nil
}

func (m *manage) product(p *frame.Page) error {
	page, err := m.productPage(p, p.Form("reason", "version"))
	if err != nil {
		return err
	}
	return p.Show("manage/product", page.Product.Title, page)
}

func (m *manage) judge(p *frame.Page) error {
	form, err := p.Sent("reason", "version")
	if err != nil {
		return err
	}
	action := catalog.Action(p.R.PathValue("verb"))
	if action != catalog.Approve && action != catalog.Reject {
		return errNoPage
	}
	version := form.Int("version")
	if form.Ok() {
		_, err = m.Catalog.Judge(p.Context(), p.Caller, p.R.PathValue("id"), action, form.Get("reason"), &version)
		if err == nil {
			p.Leave("Done.")
			return p.See("/manage/products")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.productPage(p, form)
	if err != nil {
		return err
	}
	p.Self = "/manage/products/" + page.Product.ID
	return form.Again("manage/product", page.Product.Title, page)
}

type eventsPage struct {
	Form  *frame.Form
	Any   bool
	Items []eventRow
	File  string // the same, whole, as a file
	pager
}

type eventRow struct {
	event.Event
	Told string // its facts in a line
}

func (m *manage) events(p *frame.Page) error {
	page := eventsPage{Form: p.Form("type", "subject", "actor")}
	filters := map[string]any{}
	for _, name := range []string{"type", "subject", "actor"} {
		page.Form.Set(name, ask(p, name))
		if v := page.Form.Get(name); v != "" {
			filters[name], page.Any = v, true
		}
	}
	if filters["subject"] != nil && filters["actor"] != nil {
		page.Form.Wrong("actor", p.T("Ask for one or the other."))
		delete(filters, "actor")
	}
	var list []event.Event
	var next string
	err := m.DB.Read(p.Context(), "manage.events", func(ctx context.Context, tx db.Tx) (err error) {
		list, next, err = m.Events.List(ctx, tx, db.ListQuery{Filters: filters, Limit: perPage, Cursor: cursor(p)})
		return err
	})
	if err != nil {
		return err
	}
	for _, e := range list {
		page.Items = append(page.Items, eventRow{e, told(e.Facts)})
	}
	page.set(p, next)
	if len(list) > 0 && page.Form.Ok() {
		page.File = strings.Replace(sell.Further(p, ""), "/manage/events", "/manage/events.csv", 1)
	}
	return p.Show("manage/events", p.T("What happened"), page)
}

// exportEvents sends what the page of events shows, whole and as a file.
func (m *manage) exportEvents(p *frame.Page) error {
	write, err := m.Market.ExportEvents(p.Context(), market.EventSelection{Type: ask(p, "type"), Subject: ask(p, "subject"), Actor: ask(p, "actor")})
	if err != nil {
		return err
	}
	return p.Download("events.csv", write)
}

// told are facts in a line.
func told(facts map[string]any) string {
	names := make([]string, 0, len(facts))
	for name := range facts {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		text := fmt.Sprint(facts[name])
		if raw, err := json.Marshal(facts[name]); err == nil {
			text = strings.Trim(string(raw), `"`)
		}
		names[i] = name + ": " + text
	}
	return strings.Join(names, " · ")
}

type jobsPage struct {
	Stats job.Stats
	Dead  []job.DeadJob
	pager
}

func (m *manage) jobs(p *frame.Page) (err error) {
	var page jobsPage
	if page.Stats, err = m.Jobs.Stats(p.Context()); err != nil {
		return err
	}
	var next string
	err = m.DB.Read(p.Context(), "manage.jobs", func(ctx context.Context, tx db.Tx) (err error) {
		page.Dead, next, err = m.Jobs.Dead(ctx, tx, db.ListQuery{Limit: perPage, Cursor: cursor(p)})
		return err
	})
	if err != nil {
		return err
	}
	page.set(p, next)
	return p.Show("manage/jobs", p.T("Work in the background"), page)
}

func (m *manage) retry(p *frame.Page) error {
	id, err := strconv.ParseInt(p.R.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return errNoPage
	}
	if err := m.DB.Write(p.Context(), "job.retry", func(ctx context.Context, tx db.Tx) error { return m.Jobs.Retry(ctx, tx, id) }); err != nil {
		return err
	}
	p.Leave("It is tried again.")
	return p.See("/manage/jobs")
}

func (m *manage) sweep(p *frame.Page) error {
	n, err := m.Jobs.RunSweep(p.Context(), p.R.PathValue("name"))
	if err != nil {
		return err
	}
	p.Leave("It ran. Things done: {count}", "count", n)
	return p.See("/manage/jobs")
}
