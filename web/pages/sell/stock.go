package sell

import (
	"net/http"
	"strconv"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/inventory"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// shelfRow is a variant in the list of a store's stock.
type shelfRow struct {
	Variant, Product, Title, Values, SKU string
	Counted                              bool
	Available, Reserved, LowAt           int64
	State                                string // fine, low, out
}

func shelfRowOf(l inventory.ShelfLine) shelfRow {
	return shelfRow{l.Variant, l.Product, l.Title, l.VariantTitle, l.SKU, true, l.Level.Available, l.Level.Reserved, l.LowAt, l.State}
}

// counted are rows of what a store counts: all of them, what is low or what ran out, by how the SKU begins.
func (s *sell) counted(p *frame.Page, d *Desk, q inventory.ShelfQuery) (rows []shelfRow, next string, err error) {
	items, next, err := s.Inventory.Shelf(p.Context(), p.Caller, d.PublicID, q)
	for _, l := range items {
		rows = append(rows, shelfRowOf(l))
	}
	return rows, next, err
}

// shelves are rows of all that a store has, in the order of its products, what it does not count included.
func (s *sell) shelves(p *frame.Page, d *Desk, at string) (rows []shelfRow, next string, err error) {
	items, next, err := s.Catalog.Shelves(p.Context(), p.Caller, d.PublicID, perPage, at)
	for _, v := range items {
		r := shelfRow{Variant: v.Variant, Product: v.Product, Title: v.Title, Values: v.Values, SKU: v.SKU, Counted: v.TrackStock, Available: v.Available}
		if r.Counted && r.Available <= 0 {
			r.State = "out"
		}
		rows = append(rows, r)
	}
	return rows, next, err
}

var stockFields = []string{"sku", "state", "low_at"}

type stockPage struct {
	Desk  *Desk
	Tabs  []tab
	Form  *frame.Form
	State string
	Any   bool // some are wanted and not all
	Items []shelfRow
	pager
}

func (s *sell) stock(p *frame.Page, d *Desk) error {
	page, err := s.stockPage(p, d, p.Form(stockFields...))
	if err != nil {
		return err
	}
	return p.Show("sell/stock", p.T("Stock"), page)
}

func (s *sell) stockPage(p *frame.Page, d *Desk, form *frame.Form) (page stockPage, err error) {
	ask := p.R.URL.Query()
	page = stockPage{Desk: d, Form: form, State: ask.Get("state")}
	page.Tabs = tabs(p, "state", []frame.Option{{Text: p.T("All")}, {Value: "low", Text: p.T("Runs out")}, {Value: "out", Text: p.T("Sold out")}})
	form.Set("sku", ask.Get("sku"))
	if p.R.Method == http.MethodGet {
		lowAt, _, err := s.Inventory.Threshold(p.Context(), p.Caller, d.PublicID)
		if err != nil {
			return page, err
		}
		form.Set("low_at", strconv.FormatInt(lowAt, 10))
	}
	page.Any = page.State != "" || form.Get("sku") != ""
	var next string
	if page.Any {
		page.Items, next, err = s.counted(p, d, inventory.ShelfQuery{State: page.State, SKU: form.Get("sku"), Limit: perPage, Cursor: cursor(p)})
	} else {
		page.Items, next, err = s.shelves(p, d, cursor(p))
	}
	page.set(p, next)
	return page, err
}

// setThreshold says from how many on the store is told that something runs out.
func (s *sell) setThreshold(p *frame.Page, d *Desk) error {
	form, err := p.Sent("low_at")
	if err != nil {
		return err
	}
	lowAt := optional(form, "low_at")
	if form.Ok() {
		if err = s.Inventory.SetThreshold(p.Context(), p.Caller, d.PublicID, lowAt); err == nil {
			p.Leave("It is kept.")
			return p.See(d.Link("/stock?state=low"))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	again := p.Form(stockFields...).Set("low_at", form.Get("low_at"))
	again.Take(form)
	page, err := s.stockPage(p, d, again)
	if err != nil {
		return err
	}
	return again.Again("sell/stock", p.T("Stock"), page)
}

var adjustFields = []string{"how", "quantity", "reason", "note"}

type shelfPage struct {
	Desk    *Desk
	Form    *frame.Form
	Variant catalog.Variant
	Product catalog.Product
	Stock   inventory.Stock
	Moves   []moveRow
	Reasons []frame.Option
	How     []frame.Option
	Orders  []string // that were promised more than what is left
	pager
}

type moveRow struct {
	inventory.Movement
	Text  string
	Order string // a link
}

var reasons = []struct{ key, name string }{
	{"received", lang.M("Received")}, {"counted", lang.M("Counted")}, {"damaged", lang.M("Damaged")}, {"lost", lang.M("Lost")}, {"found", lang.M("Found")},
	{"returned", lang.M("Came back")}, {"correction", lang.M("Correction")}, {"other", lang.M("Other")},
}

var kinds = map[inventory.Kind]string{
	inventory.Adjust: lang.M("Adjusted"), inventory.Reserve: lang.M("Set aside for an order"), inventory.Sell: lang.M("Sold"),
	inventory.Release: lang.M("Free again"), inventory.SellNow: lang.M("Sold"), inventory.Return: lang.M("Came back"),
}

// shelved fills in the page of one variant's stock.
func (s *sell) shelved(p *frame.Page, d *Desk, form *frame.Form) (page shelfPage, err error) {
	page = shelfPage{Desk: d, Form: form, How: []frame.Option{{Value: "set", Text: p.T("So many are there")}, {Value: "more", Text: p.T("So many came")}, {Value: "less", Text: p.T("So many went")}}}
	for _, r := range reasons {
		page.Reasons = append(page.Reasons, frame.Option{Value: r.key, Text: p.T(r.name)})
	}
	id := p.R.PathValue("variant")
	if page.Variant, err = s.Catalog.Variant(p.Context(), p.Caller, id); err != nil {
		return page, err
	}
	if page.Product, err = s.Catalog.Product(p.Context(), p.Caller, page.Variant.Product); err != nil {
		return page, err
	}
	if page.Product.Store.PublicID != d.PublicID {
		return page, catalog.ErrVariantNotFound
	}
	if page.Stock, err = s.Inventory.Stock(p.Context(), p.Caller, id); err != nil {
		return page, err
	}
	moves, next, err := s.Inventory.Movements(p.Context(), p.Caller, id, perPage, cursor(p))
	if err != nil {
		return page, err
	}
	for _, m := range moves {
		r := moveRow{Movement: m, Text: p.T(kinds[m.Kind])}
		for _, known := range reasons {
			if m.Kind == inventory.Adjust && known.key == m.Reason {
				r.Text = p.T(known.name)
			}
		}
		if len(m.Subject) > 4 && m.Subject[:4] == "ord_" && d.May("orders") {
			r.Order = d.Link("/orders/" + m.Subject)
		}
		page.Moves = append(page.Moves, r)
	}
	page.set(p, next)
	return page, nil
}

func (page shelfPage) title() string {
	if page.Variant.Title == "" {
		return page.Product.Title
	}
	return page.Product.Title + " · " + page.Variant.Title
}

func (s *sell) shelf(p *frame.Page, d *Desk) error {
	page, err := s.shelved(p, d, p.Form(adjustFields...).Set("how", "set").Set("reason", "counted"))
	if err != nil {
		return err
	}
	return p.Show("sell/shelf", page.title(), page)
}

func (s *sell) adjust(p *frame.Page, d *Desk) error {
	form, err := p.Sent(adjustFields...)
	if err != nil {
		return err
	}
	page, err := s.shelved(p, d, form)
	if err != nil {
		return err
	}
	n := form.Int("quantity")
	a := inventory.Adjustment{Reason: form.Get("reason"), Note: form.Get("note")}
	switch form.Get("how") {
	case "more":
		a.Delta = &n
	case "less":
		n = -n
		a.Delta = &n
	default:
		a.Set = &n
	}
	if form.Ok() {
		_, err = s.Inventory.Adjust(form.Once("stock.adjust"), p.Caller, page.Variant.ID, a)
		if err == nil {
			p.Leave("The stock is what you said.")
			return p.See(d.Link("/stock/" + page.Variant.ID))
		}
		if f, ok := fault.As(err); ok && len(f.Fields) > 0 {
			for _, one := range f.Fields {
				if one.Path == "delta" || one.Path == "set" {
					form.Wrong("quantity", p.T("That is no quantity."))
				}
			}
		}
		if form.Ok() {
			if err := form.Refuse(err); err != nil {
				return err
			}
		}
	}
	return form.Again("sell/shelf", page.title(), page)
}
