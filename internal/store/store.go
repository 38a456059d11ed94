package store

import (
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store/storedb"
)

// Profile is what a store says of itself.
type Profile struct {
	Name         string
	Slug         string // "" at creation: made from the name
	Description  string
	BusinessType string
	Email        string
	Phone        string
	WhatsApp     string
	Address      *identity.Address // nil: none given
	LegalName    string            // "": the name
	TaxNumber    string            // "": not registered
	Sells        bool              // products, to customers
	Buys         bool              // materials, from customers
}

// Store is a vendor.
type Store struct {
	Brief
	Profile
	SuspendReason string
	suspendedFrom State
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Seen is a store as one caller sees it.
type Seen struct {
	Store
	Inside  bool     // the caller works there or is an admin
	Rating  *Rating  // nil: nobody has rated it
	Owner   string   // the owner's public id, inside only
	Rights  []string // the caller's
	Actions []string // what the caller can do to the state
}

// normal is the profile in its stored form.
func (p Profile) normal(country string) (Profile, error) {
	bad := web.ErrInvalid
	check := func(v string, err error) string {
		bad = addFields(bad, err)
		return v
	}
	p.Name = check(identity.Name("name", p.Name))
	p.Description = check(identity.Text("description", p.Description, 5000))
	p.BusinessType = check(identity.Line("business_type", p.BusinessType, 60))
	p.LegalName = check(identity.Line("legal_name", p.LegalName, 200))
	number, why := TaxNumber(p.TaxNumber, country)
	if p.TaxNumber = number; why != "" {
		bad = bad.Field("tax_number", web.CodeInvalidFormat, why)
	}
	if p.Slug != "" && !validSlug(p.Slug) {
		bad = bad.Field("slug", web.CodeInvalidFormat, "Must be 3 to 60 small letters and digits, with single hyphens between them.")
	}
	if p.Email != "" {
		address, _, err := identity.Email(p.Email)
		p.Email = check(address, err)
	}
	for path, number := range map[string]*string{"phone": &p.Phone, "whatsapp": &p.WhatsApp} {
		if *number != "" {
			v, err := identity.Phone(*number, country)
			if f, ok := fault.As(err); ok {
				bad = bad.Field(path, f.Fields[0].Code, f.Fields[0].Message)
			}
			*number = v
		}
	}
	if p.Address != nil {
		a, err := p.Address.Normal("address.", country)
		bad = addFields(bad, err)
		p.Address = &a
	}
	if !p.Sells && !p.Buys {
		bad = bad.Field("sells", web.CodeRequired, "A store sells, buys, or both.")
	}
	if len(bad.Fields) > 0 {
		return p, bad
	}
	return p, nil
}

func addFields(bad *fault.Error, err error) *fault.Error {
	if more, ok := fault.As(err); ok {
		for _, f := range more.Fields {
			bad = bad.Field(f.Path, f.Code, f.Message)
		}
	}
	return bad
}

// nameKey is the name as it is sorted.
func nameKey(name string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}

// changed names the fields in which two profiles differ.
func (p Profile) changed(to Profile) []string {
	out := []string{}
	note := func(name string, differs bool) {
		if differs {
			out = append(out, name)
		}
	}
	note("name", p.Name != to.Name)
	note("slug", p.Slug != to.Slug)
	note("description", p.Description != to.Description)
	note("business_type", p.BusinessType != to.BusinessType)
	note("email", p.Email != to.Email)
	note("phone", p.Phone != to.Phone)
	note("whatsapp", p.WhatsApp != to.WhatsApp)
	note("address", (p.Address == nil) != (to.Address == nil) || p.Address != nil && *p.Address != *to.Address)
	note("legal_name", p.LegalName != to.LegalName)
	note("tax_number", p.TaxNumber != to.TaxNumber)
	note("sells", p.Sells != to.Sells)
	note("buys", p.Buys != to.Buys)
	return out
}

func (p Profile) addressJSON() (string, error) {
	if p.Address == nil {
		return "", nil
	}
	b, err := json.Marshal(p.Address)
	return string(b), err
}

func storeOf(r storedb.Store) (Store, error) {
	s := Store{
		Brief: briefOf(r), SuspendReason: r.SuspendReason, suspendedFrom: State(r.SuspendedFrom),
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
		Profile: Profile{
			Name: r.Name, Slug: r.Slug, Description: r.Description, BusinessType: r.BusinessType, Email: r.Email, Phone: r.Phone,
			WhatsApp: r.Whatsapp, LegalName: r.LegalName, TaxNumber: r.TaxNumber, Sells: r.Sells, Buys: r.Buys,
		},
	}
	if r.Address != "" {
		s.Address = new(identity.Address)
		if err := json.Unmarshal([]byte(r.Address), s.Address); err != nil {
			return s, fmt.Errorf("address of store %s: %w", r.PublicID, err)
		}
	}
	return s, nil
}

// seenBy is the store as the caller sees it. owner is the owner's public id.
func (s Store) seenBy(c web.Caller, p person, owner string) Seen {
	admin := c.Is(web.RoleAdmin)
	v := Seen{Store: s, Inside: p.known || admin, Rights: p.rights(), Actions: s.State.actions(p.owner && c.Is(web.RoleSeller), admin)}
	if v.Inside {
		v.Owner = owner
	} else {
		v.SuspendReason = ""
	}
	return v
}
