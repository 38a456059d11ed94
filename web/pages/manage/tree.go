package manage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

var categoryFields = []string{"name", "slug", "parent", "position"}

type categoriesPage struct {
	Form    *frame.Form
	Items   []catalog.Category
	Parents []frame.Option
}

type categoryPage struct {
	Form    *frame.Form
	Now     catalog.Category
	Below   int // how many stand right below it
	Parents []frame.Option
}

func (m *manage) categoriesPage(p *frame.Page, form *frame.Form) (page categoriesPage, err error) {
	page.Form = form
	page.Items, err = m.Catalog.Categories(p.Context())
	page.Parents = parents(p, page.Items, "")
	return page, err
}

// parents are where a category can stand: at the top, or below one that is not itself or below it.
func parents(p *frame.Page, all []catalog.Category, not string) []frame.Option {
	out := []frame.Option{{Text: p.T("At the top")}}
	inside := -1
	for _, c := range all { // each is followed by what is below it
		if inside >= 0 && c.Depth > inside {
			continue
		}
		if inside = -1; c.ID == not {
			inside = c.Depth
			continue
		}
		out = append(out, frame.Option{Value: c.ID, Text: strings.Repeat("– ", c.Depth) + c.Name})
	}
	return out
}

func (m *manage) categories(p *frame.Page) error {
	page, err := m.categoriesPage(p, p.Form(categoryFields...))
	if err != nil {
		return err
	}
	return p.Show("manage/categories", p.T("Categories"), page)
}

func position(form *frame.Form) int64 {
	if form.Get("position") == "" {
		return 0
	}
	return form.Int("position")
}

func (m *manage) addCategory(p *frame.Page) error {
	form, err := p.Sent(categoryFields...)
	if err != nil {
		return err
	}
	in := catalog.CategoryInput{Name: form.Get("name"), Slug: form.Get("slug"), Parent: form.Get("parent"), Position: position(form)}
	if form.Ok() {
		if _, err = m.Catalog.CreateCategory(p.Context(), in); err == nil {
			p.Leave("The category is there.")
			return p.See("/manage/categories")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.categoriesPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/categories", p.T("Categories"), page)
}

func (m *manage) categoryPage(p *frame.Page, form *frame.Form) (page categoryPage, err error) {
	page.Form = form
	all, err := m.Catalog.Categories(p.Context())
	if err != nil {
		return page, err
	}
	i := slices.IndexFunc(all, func(c catalog.Category) bool { return c.ID == p.R.PathValue("id") })
	if i < 0 {
		return page, catalog.ErrCategoryNotFound
	}
	page.Now, page.Parents = all[i], parents(p, all, all[i].ID)
	for _, c := range all {
		if c.Parent != nil && *c.Parent == page.Now.ID {
			page.Below++
		}
	}
	return page, nil
}

func (m *manage) category(p *frame.Page) error {
	form := p.Form(categoryFields...)
	page, err := m.categoryPage(p, form)
	if err != nil {
		return err
	}
	form.Set("name", page.Now.Name).Set("slug", page.Now.Slug).Set("position", strconv.FormatInt(page.Now.Position, 10))
	if page.Now.Parent != nil {
		form.Set("parent", *page.Now.Parent)
	}
	return p.Show("manage/category", page.Now.Name, page)
}

func (m *manage) changeCategory(p *frame.Page) error {
	form, err := p.Sent(categoryFields...)
	if err != nil {
		return err
	}
	name, slug, parent, at := form.Get("name"), form.Get("slug"), form.Get("parent"), position(form)
	if form.Ok() {
		_, err = m.Catalog.UpdateCategory(p.Context(), p.R.PathValue("id"), catalog.CategoryPatch{Name: &name, Slug: &slug, Parent: &parent, Position: &at})
		if err == nil {
			p.Leave("It is kept.")
			return p.See("/manage/categories")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := m.categoryPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/category", page.Now.Name, page)
}

func (m *manage) dropCategory(p *frame.Page) error {
	err := m.Catalog.DeleteCategory(p.Context(), p.R.PathValue("id"))
	if err == nil {
		p.Leave("The category is gone.")
		return p.See("/manage/categories")
	}
	form := p.Form(categoryFields...)
	if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = "/manage/categories/" + p.R.PathValue("id")
	page, err := m.categoryPage(p, form)
	if err != nil {
		return err
	}
	form.Set("name", page.Now.Name).Set("slug", page.Now.Slug).Set("position", strconv.FormatInt(page.Now.Position, 10))
	if page.Now.Parent != nil {
		form.Set("parent", *page.Now.Parent)
	}
	return form.Again("manage/category", page.Now.Name, page)
}

type brandsPage struct {
	On    bool // only brands that were approved are taken
	Tabs  []tab
	Form  *frame.Form
	Items []brandRow
	pager
}

type brandRow struct {
	catalog.Brand
	Badge sell.Badge
}

var brandStates = []struct {
	state string
	badge sell.Badge
}{
	{"pending", sell.Badge{Text: lang.M("To be decided"), Class: "warn"}}, {"approved", sell.Badge{Text: lang.M("Approved"), Class: "good"}},
	{"rejected", sell.Badge{Text: lang.M("Rejected"), Class: "bad"}},
}

func (m *manage) brandsPage(p *frame.Page, form *frame.Form) (page brandsPage, err error) {
	page.Form, page.On = form, p.Settings.RegisteredBrands
	state := ask(p, "state")
	if state == "" {
		state = brandStates[0].state
	}
	known := false
	for _, s := range brandStates {
		page.Tabs = append(page.Tabs, tab{p.T(s.badge.Text), "/manage/brands?state=" + s.state, s.state == state})
		known = known || s.state == state
	}
	if !known {
		return page, errNoPage
	}
	items, next, err := m.Catalog.Brands(p.Context(), p.Caller, "", state, perPage, cursor(p))
	for _, b := range items {
		r := brandRow{Brand: b}
		for _, s := range brandStates {
			if s.state == b.State {
				r.Badge = sell.Badge{Text: p.T(s.badge.Text), Class: s.badge.Class}
			}
		}
		page.Items = append(page.Items, r)
	}
	page.set(p, next)
	return page, err
}

func (m *manage) brands(p *frame.Page) error {
	page, err := m.brandsPage(p, p.Form("name", "reason"))
	if err != nil {
		return err
	}
	return p.Show("manage/brands", p.T("Brands"), page)
}

// addBrand registers a brand in the market's own name: it is approved at once.
func (m *manage) addBrand(p *frame.Page) error {
	form, err := p.Sent("name", "reason")
	if err != nil {
		return err
	}
	if _, err = m.Catalog.RegisterBrand(form.Once("brand.register"), p.Caller, "", form.Get("name")); err == nil {
		p.Leave("Done.")
		return p.See("/manage/brands?state=approved")
	}
	return m.brandsAgain(p, form, err)
}

func (m *manage) judgeBrand(p *frame.Page) error {
	form, err := p.Sent("reason", "name")
	if err != nil {
		return err
	}
	verb := p.R.PathValue("verb")
	if verb != "approve" && verb != "reject" {
		return errNoPage
	}
	if verb == "reject" && form.Get("reason") == "" {
		form.Wrong("", p.T("Say why: the store reads it."))
	} else if _, err = m.Catalog.JudgeBrand(p.Context(), p.R.PathValue("id"), verb == "approve", form.Get("reason")); err == nil {
		p.Leave("Done.")
		return p.See("/manage/brands")
	}
	return m.brandsAgain(p, form, err)
}

func (m *manage) brandsAgain(p *frame.Page, form *frame.Form, err error) error {
	if err != nil {
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	p.Self = "/manage/brands"
	page, err := m.brandsPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/brands", p.T("Brands"), page)
}
