package account

import (
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/web/pages/frame"
)

var addressFields = []string{"label", "name", "phone", "line1", "line2", "city", "district", "state", "postal_code", "country", "instructions"}

type addressPage struct {
	Form *frame.Form
	ID   string // of the one that is changed
}

func (a *account) addresses(p *frame.Page) error {
	items, _, err := a.Identity.Addresses(p.Context(), p.Caller, 100, "")
	if err != nil {
		return err
	}
	return p.Show("account/addresses", p.T("Your addresses"), items)
}

func (a *account) askAddress(p *frame.Page) error {
	form := p.Form(addressFields...).Set("country", p.Settings.Country)
	return p.Show("account/address", p.T("A new address"), addressPage{Form: form})
}

func readAddress(f *frame.Form) identity.NewAddress {
	return identity.NewAddress{Label: f.Get("label"), Address: identity.Address{
		Name: f.Get("name"), Phone: f.Digits("phone"), Line1: f.Get("line1"), Line2: f.Get("line2"), City: f.Get("city"), District: f.Get("district"),
		State: f.Get("state"), PostalCode: f.Digits("postal_code"), Country: f.Get("country"), Instructions: f.Get("instructions"),
	}}
}

func (a *account) addAddress(p *frame.Page) error {
	form, err := p.Sent(addressFields...)
	if err != nil {
		return err
	}
	_, _, err = a.Identity.AddAddress(form.Once("identity.add_address"), p.Caller, readAddress(form))
	return a.kept(p, form, "", p.T("A new address"), err)
}

// kept goes back to the addresses, or shows the form again.
func (a *account) kept(p *frame.Page, form *frame.Form, id, title string, err error) error {
	if err == nil {
		p.Leave("It is kept.")
		return p.See("/account/addresses")
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("account/address", title, addressPage{form, id})
}

func (a *account) editAddress(p *frame.Page) error {
	id := p.R.PathValue("id")
	items, _, err := a.Identity.Addresses(p.Context(), p.Caller, 100, "")
	if err != nil {
		return err
	}
	for _, d := range items {
		if d.PublicID != id {
			continue
		}
		form := p.Form(addressFields...)
		for name, v := range map[string]string{
			"label": d.Label, "name": d.Name, "phone": d.Phone, "line1": d.Line1, "line2": d.Line2, "city": d.City, "district": d.District,
			"state": d.State, "postal_code": d.PostalCode, "country": d.Country, "instructions": d.Instructions,
		} {
			form.Set(name, v)
		}
		return p.Show("account/address", p.T("Change the address"), addressPage{form, id})
	}
	return identity.ErrAddressNotFound
}

func (a *account) changeAddress(p *frame.Page) error {
	id := p.R.PathValue("id")
	form, err := p.Sent(addressFields...)
	if err != nil {
		return err
	}
	_, err = a.Identity.ChangeAddress(p.Context(), p.Caller, id, func(n *identity.NewAddress) {
		sent := readAddress(form)
		sent.Default, sent.Lat, sent.Lng = n.Default, n.Lat, n.Lng
		*n = sent
	})
	return a.kept(p, form, id, p.T("Change the address"), err)
}

func (a *account) defaultAddress(p *frame.Page) error {
	if _, err := a.Identity.DefaultAddress(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	return p.See("/account/addresses")
}

func (a *account) deleteAddress(p *frame.Page) error {
	if err := a.Identity.DeleteAddress(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	p.Leave("The address is gone.")
	return p.See("/account/addresses")
}
