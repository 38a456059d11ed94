package sell

import (
	"slices"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var profileFields = []string{
	"name", "slug", "description", "business_type", "email", "phone", "whatsapp", "sells", "buys",
	"line1", "line2", "city", "district", "state", "postal_code", "country",
}

var storeVerbs = []struct {
	name, text string
	danger     bool
}{
	{"publish", lang.M("Open the store to everybody"), false}, {"unpublish", lang.M("Close it for a while"), false}, {"close", lang.M("Close it for good"), true},
}

type profilePage struct {
	Desk  *Desk
	Form  *frame.Form
	Badge Badge
	Verbs []storeVerb
	May   bool
}

type storeVerb struct {
	Name, Text string
	Danger     bool
}

func (s *sell) askStore(p *frame.Page) error {
	p.NoIndex, p.Section = true, "sell"
	if !p.Is(web.RoleSeller) {
		return store.ErrSellerRole
	}
	return p.Show("sell/store_new", p.T("Open a store"), profilePage{Form: p.Form(profileFields...).Set("sells", "1"), May: true})
}

func (s *sell) openStore(p *frame.Page) error {
	p.NoIndex, p.Section = true, "sell"
	form, err := p.Sent(profileFields...)
	if err != nil {
		return err
	}
	profile := store.Profile{Sells: true}
	readProfile(form, &profile)
	profile.Sells = true
	made, _, err := s.Stores.Create(form.Once("store.create"), p.Caller, profile)
	if err == nil {
		p.Leave("Your store is there. Nobody sees it before you open it.")
		return p.See("/sell/" + made.PublicID)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("sell/store_new", p.T("Open a store"), profilePage{Form: form, May: true})
}

// readProfile takes what the form says of a store.
func readProfile(form *frame.Form, to *store.Profile) {
	to.Name, to.Slug, to.Description, to.BusinessType = form.Get("name"), form.Get("slug"), form.Get("description"), form.Get("business_type")
	to.Email, to.Phone, to.WhatsApp = form.Get("email"), form.Digits("phone"), form.Digits("whatsapp")
	to.Sells, to.Buys = form.Has("sells"), form.Has("buys")
	if form.Get("line1") == "" && form.Get("city") == "" {
		to.Address = nil
		return
	}
	a := identity.Address{}
	if to.Address != nil {
		a = *to.Address
	}
	a.Line1, a.Line2, a.City, a.District = form.Get("line1"), form.Get("line2"), form.Get("city"), form.Get("district")
	a.State, a.PostalCode, a.Country = form.Get("state"), form.Digits("postal_code"), form.Get("country")
	to.Address = &a
}

func (s *sell) profilePage(p *frame.Page, d *Desk, form *frame.Form) profilePage {
	page := profilePage{Desk: d, Form: form, Badge: StoreBadge(p, d.State), May: d.May("own") && d.State != store.Closed}
	for _, v := range storeVerbs {
		if slices.Contains(d.Actions, v.name) {
			page.Verbs = append(page.Verbs, storeVerb{v.name, p.T(v.text), v.danger})
		}
	}
	return page
}

func (s *sell) askProfile(p *frame.Page, d *Desk) error {
	form := p.Form(profileFields...)
	x := d.Profile
	for name, v := range map[string]string{
		"name": x.Name, "slug": x.Slug, "description": x.Description, "business_type": x.BusinessType, "email": x.Email, "phone": x.Phone, "whatsapp": x.WhatsApp,
		"country": p.Settings.Country,
	} {
		form.Set(name, v)
	}
	if x.Sells {
		form.Set("sells", "1")
	}
	if x.Buys {
		form.Set("buys", "1")
	}
	if a := x.Address; a != nil {
		form.Set("line1", a.Line1).Set("line2", a.Line2).Set("city", a.City).Set("district", a.District).Set("state", a.State).
			Set("postal_code", a.PostalCode).Set("country", a.Country)
	}
	return p.Show("sell/profile", p.T("The store"), s.profilePage(p, d, form))
}

func (s *sell) profile(p *frame.Page, d *Desk) error {
	form, err := p.Sent(profileFields...)
	if err != nil {
		return err
	}
	_, err = s.Stores.Change(p.Context(), p.Caller, d.PublicID, func(to *store.Profile) { readProfile(form, to) })
	if err == nil {
		p.Leave("It is kept.")
		return p.See(d.Link("/profile"))
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("sell/profile", p.T("The store"), s.profilePage(p, d, form))
}

// move opens or closes the store.
func (s *sell) move(p *frame.Page, d *Desk) error {
	name := p.R.PathValue("verb")
	if !slices.ContainsFunc(storeVerbs, func(v struct {
		name, text string
		danger     bool
	}) bool {
		return v.name == name
	}) {
		return store.ErrStoreNotFound
	}
	if _, err := s.Stores.Move(p.Context(), p.Caller, d.PublicID, store.Action(name), ""); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/profile"))
}
