package sell

import (
	"slices"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// DiscountRow is a discount or a sale event as people see it.
type DiscountRow struct {
	catalog.Discount
	Badge  Badge
	Off    string // what it takes off, in words
	Whole  bool   // everything in the store
	Joined bool   // of a sale event: this store is in it
	Joins  bool   // stores join it
}

// DiscountBadge is a state of a discount or a sale event.
func DiscountBadge(p *frame.Page, s catalog.DiscountState) Badge { return said(p, discountStates[s]) }

var discountStates = map[catalog.DiscountState]Badge{
	catalog.Scheduled: {lang.M("Begins later"), "warn"}, catalog.Live: {lang.M("Runs now"), "good"}, catalog.Ended: {lang.M("Over"), ""},
}

// DiscountRows are discounts or sale events as people see them.
func DiscountRows(p *frame.Page, items []catalog.Discount) []DiscountRow {
	out := make([]DiscountRow, len(items))
	for i, d := range items {
		r := DiscountRow{Discount: d, Badge: said(p, discountStates[d.State]), Whole: d.Scope == catalog.ScopeAll, Joins: d.Store == "" && d.PaidBy == catalog.PaidByStore && d.State != catalog.Ended}
		if d.Kind == catalog.Percent {
			r.Off = money.FormatRate(d.Value) + " %"
		} else {
			r.Off = p.Lang.Money(d.Value, d.Currency)
		}
		out[i] = r
	}
	return out
}

type discountsPage struct {
	Desk   *Desk
	Items  []DiscountRow
	Events []DiscountRow
	pager
}

func (s *sell) discounts(p *frame.Page, d *Desk) error {
	items, next, err := s.Catalog.Discounts(p.Context(), p.Caller, d.PublicID, "", perPage, cursor(p))
	if err != nil {
		return err
	}
	page := discountsPage{Desk: d, Items: DiscountRows(p, items)}
	page.set(p, next)
	if cursor(p) == "" {
		events, _, err := s.Catalog.Events(p.Context(), p.Caller, "", perPage, "")
		if err != nil {
			return err
		}
		for _, r := range DiscountRows(p, events) {
			r.Joined = slices.Contains(r.Stores, d.PublicID)
			if r.State != catalog.Ended {
				page.Events = append(page.Events, r)
			}
		}
	}
	return p.Show("sell/discounts", p.T("Discounts"), page)
}

var discountFields = []string{"title", "percent", "amount", "from", "to", "products", "version"}

type discountPage struct {
	Desk    *Desk
	Form    *frame.Form
	Product *catalog.Product  // what it is for; nil: everything
	Now     *catalog.Discount // the one that is changed; nil: a new one
	Live    bool              // buyers have seen it
}

// discounted is the product that a new discount is for, if it is for one.
func (s *sell) discounted(p *frame.Page, d *Desk, id string) (*catalog.Product, error) {
	if id == "" {
		return nil, nil
	}
	product, err := s.Catalog.Product(p.Context(), p.Caller, id)
	if err != nil || product.Store.PublicID != d.PublicID {
		return nil, catalog.ErrProductNotFound
	}
	return &product, nil
}

func (s *sell) askDiscount(p *frame.Page, d *Desk) error {
	id := p.R.URL.Query().Get("product")
	product, err := s.discounted(p, d, id)
	if err != nil {
		return err
	}
	return p.Show("sell/discount", p.T("A new discount"), discountPage{Desk: d, Form: p.Form(discountFields...).Set("products", id), Product: product})
}

func (s *sell) makeDiscount(p *frame.Page, d *Desk) error {
	form, err := p.Sent(discountFields...)
	if err != nil {
		return err
	}
	product, err := s.discounted(p, d, form.Get("products"))
	if err != nil {
		return err
	}
	in := catalog.DiscountInput{Title: form.Get("title"), Percent: amount(form, "percent"), Amount: amount(form, "amount"), Scope: catalog.ScopeAll, PaidBy: catalog.PaidByStore}
	if product != nil {
		in.Scope, in.Things = catalog.ScopeProducts, []string{product.ID}
	}
	in.From, in.To = Day(p, form, "from", false), Day(p, form, "to", true)
	if form.Ok() {
		_, err = s.Catalog.CreateDiscount(form.Once("discount.create"), p.Caller, d.PublicID, in)
		if err == nil {
			p.Leave("The discount is set.")
			return p.See(d.Link("/discounts"))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("sell/discount", p.T("A new discount"), discountPage{Desk: d, Form: form, Product: product})
}

// Day is a date in the market's zone that may be left out; last means its end.
func Day(p *frame.Page, form *frame.Form, name string, last bool) *time.Time {
	text := form.Digits(name)
	if text == "" {
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, p.Settings.Location())
	if err != nil {
		form.Wrong(name, p.T("Must be a day such as 2026-11-25."))
		return nil
	}
	if last {
		t = t.AddDate(0, 0, 1)
	}
	return &t
}

// findDiscount is a discount of this store.
func (s *sell) findDiscount(p *frame.Page, d *Desk) (catalog.Discount, error) {
	found, err := s.Catalog.Discount(p.Context(), p.Caller, p.R.PathValue("id"))
	if err == nil && found.Store != d.PublicID {
		err = catalog.ErrDiscountNotFound
	}
	return found, err
}

// FillDiscount puts a discount into a form, as PatchDiscount reads it.
func FillDiscount(p *frame.Page, form *frame.Form, d catalog.Discount) {
	form.Set("title", d.Title).Set("from", p.In(d.From).Format(time.DateOnly)).Set("version", strconv.FormatInt(d.Version, 10))
	if d.To != nil {
		form.Set("to", lastDay(p, *d.To))
	}
	if d.Kind == catalog.Percent {
		form.Set("percent", money.FormatRate(d.Value))
	} else {
		form.Set("amount", money.Format(d.Value, d.Currency))
	}
}

// lastDay is the day on which something ends that holds until just before a time.
func lastDay(p *frame.Page, to time.Time) string {
	return p.In(to.Add(-time.Microsecond)).Format(time.DateOnly)
}

// PatchDiscount is what somebody changed of a discount: what still reads as it was shown stays as it is.
func PatchDiscount(p *frame.Page, form *frame.Form, d catalog.Discount) (in catalog.DiscountPatch) {
	was := p.Form(discountFields...)
	FillDiscount(p, was, d)
	changed := func(name string) bool { return form.Wants(name) && form.Digits(name) != was.Get(name) }
	version := form.Int("version")
	in.Version = &version
	if title := form.Get("title"); title != d.Title {
		in.Title = &title
	}
	if changed("percent") || changed("amount") {
		percent, off := amount(form, "percent"), amount(form, "amount")
		in.Percent, in.Amount = &percent, &off
	}
	if changed("from") {
		in.From = Day(p, form, "from", false)
	}
	if changed("to") {
		if in.To = Day(p, form, "to", true); in.To == nil && form.Get("to") == "" {
			form.Wrong("to", p.T("Say until which day. To end it, press the button for that."))
		}
	}
	return in
}

func (s *sell) discountPage(p *frame.Page, d *Desk, now catalog.Discount, form *frame.Form) (discountPage, error) {
	page := discountPage{Desk: d, Form: form, Now: &now, Live: now.State == catalog.Live}
	if len(now.Things) != 1 {
		return page, nil
	}
	product, err := s.discounted(p, d, now.Things[0])
	page.Product = product
	return page, err
}

func (s *sell) editDiscount(p *frame.Page, d *Desk) error {
	found, err := s.findDiscount(p, d)
	if err != nil {
		return err
	}
	form := p.Form(discountFields...)
	FillDiscount(p, form, found)
	page, err := s.discountPage(p, d, found, form)
	if err != nil {
		return err
	}
	return p.Show("sell/discount", found.Title, page)
}

func (s *sell) changeDiscount(p *frame.Page, d *Desk) error {
	found, err := s.findDiscount(p, d)
	if err != nil {
		return err
	}
	form, err := p.Sent(discountFields...)
	if err != nil {
		return err
	}
	if found.State == catalog.Live { // the form does not offer them then
		for _, name := range []string{"percent", "amount", "from"} {
			was := p.Form(discountFields...)
			FillDiscount(p, was, found)
			form.Set(name, was.Get(name))
		}
	}
	in := PatchDiscount(p, form, found)
	if form.Ok() {
		if _, err = s.Catalog.ChangeDiscount(p.Context(), p.Caller, found.ID, in); err == nil {
			p.Leave("It is kept.")
			return p.See(d.Link("/discounts"))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.discountPage(p, d, found, form)
	if err != nil {
		return err
	}
	return form.Again("sell/discount", found.Title, page)
}

func (s *sell) endDiscount(p *frame.Page, d *Desk) error {
	found, err := s.findDiscount(p, d)
	if err == nil {
		_, err = s.Catalog.EndDiscount(p.Context(), p.Caller, found.ID)
	}
	if err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/discounts"))
}

func (s *sell) joinEvent(p *frame.Page, d *Desk) error {
	do := s.Catalog.JoinEvent
	switch p.R.PathValue("verb") {
	case "join":
	case "leave":
		do = s.Catalog.LeaveEvent
	default:
		return catalog.ErrEventNotFound
	}
	if _, err := do(p.Context(), p.Caller, p.R.PathValue("id"), d.PublicID); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/discounts"))
}
