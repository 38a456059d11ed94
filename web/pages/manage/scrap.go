package manage

import (
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/subscription"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/sell"
)

// mountScrap adds what is bought in the market at all, and the plans of those who buy.
func (m *manage) mountScrap(f *frame.Frame, get, post func(path string, h frame.Handler)) {
	get("/materials", m.materials)
	post("/materials", m.addMaterial)
	get("/materials/{id}", m.material)
	post("/materials/{id}", m.changeMaterial)
	f.PostFile("/manage/materials/{id}/image", web.Admin, picture.MaxBytes, at(m.materialImage))
	get("/plans", m.plans)
	post("/plans", m.addPlan)
	get("/plans/{id}", m.plan)
	post("/plans/{id}", m.changePlan)
}

var materialFields = []string{"name", "category", "unit", "tax_rate", "tax_code", "active", "file"}

type materialRow struct {
	catalog.Material
	Category, Unit, Tax string
}

type materialsPage struct {
	Ask, Form         *frame.Form
	Tabs              []tab
	Items             []materialRow
	Categories, Units []frame.Option
	pager
}

type materialPage struct {
	Form              *frame.Form
	Now               catalog.Material
	Picture           any
	Categories, Units []frame.Option
}

func (m *manage) kinds(p *frame.Page) (categories, units []frame.Option, err error) {
	all, err := m.Catalog.Categories(p.Context())
	for _, c := range all {
		categories = append(categories, frame.Option{Value: c.ID, Text: strings.Repeat("– ", c.Depth) + c.Name})
	}
	for _, u := range []string{"kg", "g", "quintal", "tonne", "litre", "pcs"} {
		units = append(units, frame.Option{Value: u, Text: sell.UnitName(p, u)})
	}
	return categories, units, err
}

// materials are what can be bought back here.
func (m *manage) materials(p *frame.Page) error {
	return m.showMaterials(p, p.Form(materialFields...).Set("unit", "kg"), false)
}

func (m *manage) showMaterials(p *frame.Page, form *frame.Form, again bool) error {
	list, here, err := tabs(p, "show", []frame.Option{{Text: p.T("Bought")}, {Value: "retired", Text: p.T("No longer bought")}})
	if err != nil {
		return err
	}
	page := materialsPage{Ask: p.Form("q").Set("q", ask(p, "q")), Form: form, Tabs: list}
	if page.Categories, page.Units, err = m.kinds(p); err != nil {
		return err
	}
	items, names, next, err := m.Catalog.Materials(p.Context(), catalog.MaterialQuery{Words: ask(p, "q"), Retired: here == "retired"}, perPage, cursor(p))
	if err != nil {
		return err
	}
	for _, x := range items {
		page.Items = append(page.Items, materialRow{x, names[x.Category].Name, sell.UnitName(p, x.Unit), money.FormatRate(x.TaxBp)})
	}
	page.set(p, next)
	if again {
		return form.Again("manage/materials", p.T("Materials"), page)
	}
	return p.Show("manage/materials", p.T("Materials"), page)
}

func materialInput(form *frame.Form) catalog.MaterialInput {
	name, category, unit, rate, code := form.Get("name"), form.Get("category"), form.Get("unit"), form.Digits("tax_rate"), form.Digits("tax_code")
	if rate == "" {
		rate = "0"
	}
	return catalog.MaterialInput{Name: &name, Category: &category, Unit: &unit, TaxRate: &rate, TaxCode: &code}
}

func (m *manage) addMaterial(p *frame.Page) error {
	form, err := p.Sent(materialFields...)
	if err != nil {
		return err
	}
	made, _, err := m.Catalog.CreateMaterial(p.Context(), materialInput(form))
	if err == nil {
		p.Leave("The material is there.")
		return p.See("/manage/materials/" + made.ID)
	}
	if fault.Code(err) == catalog.ErrMaterialTaken.Code {
		form.Wrong("name", p.Say(catalog.ErrMaterialTaken))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = "/manage/materials"
	return m.showMaterials(p, form, true)
}

func (m *manage) materialPage(p *frame.Page, form *frame.Form) (page materialPage, err error) {
	now, c, err := m.Catalog.Material(p.Context(), p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	page = materialPage{Form: form, Now: now, Picture: m.Catalog.ShowImage(now.Image)}
	if form == nil {
		page.Form = p.Form(materialFields...).Set("name", now.Name).Set("category", c.ID).Set("unit", now.Unit).Set("tax_rate", money.FormatRate(now.TaxBp)).Set("tax_code", now.TaxCode)
		if now.Active {
			page.Form.Set("active", "1")
		}
	}
	page.Categories, page.Units, err = m.kinds(p)
	return page, err
}

func (m *manage) material(p *frame.Page) error {
	page, err := m.materialPage(p, nil)
	if err != nil {
		return err
	}
	return p.Show("manage/material", page.Now.Name, page)
}

func (m *manage) againMaterial(p *frame.Page, form *frame.Form, err error) error {
	if fault.Code(err) == catalog.ErrMaterialTaken.Code {
		form.Wrong("name", p.Say(catalog.ErrMaterialTaken))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = "/manage/materials/" + p.R.PathValue("id")
	page, err := m.materialPage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/material", page.Now.Name, page)
}

func (m *manage) changeMaterial(p *frame.Page) error {
	form, err := p.Sent(materialFields...)
	if err != nil {
		return err
	}
	in, active := materialInput(form), form.Has("active")
	in.Active = &active
	if _, _, err := m.Catalog.UpdateMaterial(p.Context(), p.R.PathValue("id"), in); err != nil {
		return m.againMaterial(p, form, err)
	}
	p.Leave("Done.")
	return p.See("/manage/materials/" + p.R.PathValue("id"))
}

func (m *manage) materialImage(p *frame.Page) error {
	form, file, err := p.SentFile(materialFields...)
	if err != nil {
		return err
	}
	if len(file) == 0 {
		p.Leave("Choose a file.")
		return p.See("/manage/materials/" + p.R.PathValue("id"))
	}
	if _, _, err := m.Catalog.SetMaterialImage(p.Context(), p.R.PathValue("id"), file); err != nil {
		return m.againMaterial(p, form, err)
	}
	p.Leave("Done.")
	return p.See("/manage/materials/" + p.R.PathValue("id"))
}

var planFields = []string{"code", "name", "description", "price", "days", "postal_codes", "active"}

type plansPage struct {
	Form  *frame.Form
	Items []subscription.Plan
}

type planPage struct {
	Form *frame.Form
	Now  subscription.Plan
}

// plans are what stores that buy can pay for.
func (m *manage) plans(p *frame.Page) error {
	return m.showPlans(p, p.Form(planFields...).Set("postal_codes", "5"), false)
}

func (m *manage) showPlans(p *frame.Page, form *frame.Form, again bool) error {
	list, err := m.Plans.Plans(p.Context(), true)
	if err != nil {
		return err
	}
	page := plansPage{form, list}
	if again {
		return form.Again("manage/plans", p.T("Plans"), page)
	}
	return p.Show("manage/plans", p.T("Plans"), page)
}

func planInput(form *frame.Form) subscription.PlanInput {
	name, description, price, days, areas := form.Get("name"), form.Get("description"), form.Digits("price"), form.Int("days"), form.Int("postal_codes")
	return subscription.PlanInput{Code: form.Get("code"), Name: &name, Description: &description, Price: &price, Days: &days, Areas: &areas}
}

func (m *manage) addPlan(p *frame.Page) error {
	form, err := p.Sent(planFields...)
	if err != nil {
		return err
	}
	in := planInput(form)
	if form.Ok() {
		_, _, err := m.Plans.AddPlan(form.Once("subscription.add_plan"), p.Caller, in)
		if err == nil {
			p.Leave("The plan is there.")
			return p.See("/manage/plans")
		}
		if fault.Code(err) == subscription.ErrPlanTaken.Code {
			form.Wrong("code", p.Say(subscription.ErrPlanTaken))
		} else if err := form.Refuse(err); err != nil {
			return err
		}
	}
	p.Self = "/manage/plans"
	return m.showPlans(p, form, true)
}

func (m *manage) planNamed(p *frame.Page) (subscription.Plan, error) {
	list, err := m.Plans.Plans(p.Context(), true)
	for _, x := range list {
		if x.ID == p.R.PathValue("id") {
			return x, nil
		}
	}
	if err == nil {
		err = subscription.ErrPlanNotFound
	}
	return subscription.Plan{}, err
}

func (m *manage) plan(p *frame.Page) error {
	now, err := m.planNamed(p)
	if err != nil {
		return err
	}
	form := p.Form(planFields...).Set("name", now.Name).Set("description", now.Description).Set("price", money.Format(now.Price, p.Settings.Currency)).
		Set("days", strconv.FormatInt(now.Days, 10)).Set("postal_codes", strconv.FormatInt(now.Areas, 10))
	if now.Active {
		form.Set("active", "1")
	}
	return p.Show("manage/plan", now.Name, planPage{form, now})
}

func (m *manage) changePlan(p *frame.Page) error {
	form, err := p.Sent(planFields...)
	if err != nil {
		return err
	}
	in, active := planInput(form), form.Has("active")
	in.Active = &active
	if form.Ok() {
		_, err := m.Plans.ChangePlan(p.Context(), p.Caller, p.R.PathValue("id"), in)
		if err == nil {
			p.Leave("Done.")
			return p.See("/manage/plans")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	now, err := m.planNamed(p)
	if err != nil {
		return err
	}
	p.Self = "/manage/plans/" + now.ID
	return form.Again("manage/plan", now.Name, planPage{form, now})
}
