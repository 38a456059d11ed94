package store

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

const room = "store"

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	s.mountStores(api)
	s.mountStates(api)
	s.mountStaff(api)
	s.mountInvitations(api)
	s.mountCodes(api)
}

type storeBody struct {
	ID             string            `json:"id" example:"sto_0gk3c1a7k2m9xq4t0vj3whc"`
	Code           string            `json:"code" doc:"For people and paper: random, with a check digit." example:"S-482915607"`
	Name           string            `json:"name"`
	Slug           string            `json:"slug" doc:"The store's place in web addresses."`
	Description    string            `json:"description"`
	BusinessType   string            `json:"business_type"`
	Email          string            `json:"email"`
	Phone          string            `json:"phone"`
	WhatsApp       string            `json:"whatsapp"`
	Address        *identity.Address `json:"address,omitempty" doc:"Absent when not given."`
	LegalName      string            `json:"legal_name" doc:"As it stands on invoices; empty: the name."`
	TaxNumber      string            `json:"tax_number" doc:"GSTIN, VAT or PAN, as it stands on invoices; empty: not registered."`
	Sells          bool              `json:"sells" doc:"Sells products."`
	Buys           bool              `json:"buys" doc:"Buys materials."`
	State          string            `json:"state" enum:"draft,published,suspended,closed"`
	Rating         *Rating           `json:"rating,omitempty" doc:"Absent while nobody has rated it."`
	SuspendReason  string            `json:"suspend_reason,omitempty" doc:"For those who work there and admins."`
	Owner          string            `json:"owner,omitempty" doc:"The owner's account, for those who work there and admins."`
	Rights         []string          `json:"rights" doc:"What the caller may do there: catalog, stock, orders, people, own."`
	AllowedActions []string          `json:"allowed_actions" doc:"What the caller can do to the store's state."`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
}

func storeBodyOf(v Seen) storeBody {
	p := v.Profile
	return storeBody{
		ID: v.PublicID, Code: v.Code, Name: p.Name, Slug: p.Slug, Description: p.Description, BusinessType: p.BusinessType,
		Email: p.Email, Phone: p.Phone, WhatsApp: p.WhatsApp, Address: p.Address, LegalName: p.LegalName, TaxNumber: p.TaxNumber, Sells: p.Sells, Buys: p.Buys, State: string(v.State),
		Rating: v.Rating, SuspendReason: v.SuspendReason, Owner: v.Owner, Rights: v.Rights, AllowedActions: v.Actions,
		CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
}

type storeOut struct{ Body storeBody }

func answer(v Seen, err error) (*storeOut, error) {
	if err != nil {
		return nil, err
	}
	return &storeOut{storeBodyOf(v)}, nil
}

type addressInput struct {
	Name         string `json:"name,omitempty" maxLength:"100"`
	Phone        string `json:"phone,omitempty" maxLength:"64"`
	Line1        string `json:"line1" minLength:"1" maxLength:"200"`
	Line2        string `json:"line2,omitempty" maxLength:"200"`
	City         string `json:"city" minLength:"1" maxLength:"100"`
	District     string `json:"district,omitempty" maxLength:"100"`
	State        string `json:"state,omitempty" maxLength:"100"`
	PostalCode   string `json:"postal_code,omitempty" maxLength:"16"`
	Country      string `json:"country,omitempty" maxLength:"2" doc:"Two letters (ISO 3166); empty: the market's."`
	Lat          string `json:"lat,omitempty" maxLength:"20" doc:"Degrees as a decimal."`
	Lng          string `json:"lng,omitempty" maxLength:"20" doc:"Degrees as a decimal."`
	Instructions string `json:"instructions,omitempty" maxLength:"500"`
}

func (a *addressInput) address() *identity.Address {
	if a == nil {
		return nil
	}
	v := identity.Address(*a)
	return &v
}

type createIn struct {
	Body struct {
		Name         string        `json:"name" minLength:"1" maxLength:"100"`
		Slug         string        `json:"slug,omitempty" maxLength:"60" doc:"Small letters, digits and hyphens; empty: made from the name."`
		Description  string        `json:"description,omitempty" maxLength:"5000" doc:"Plain text."`
		BusinessType string        `json:"business_type,omitempty" maxLength:"60"`
		Email        string        `json:"email,omitempty" maxLength:"254"`
		Phone        string        `json:"phone,omitempty" maxLength:"64"`
		WhatsApp     string        `json:"whatsapp,omitempty" maxLength:"64"`
		Address      *addressInput `json:"address,omitempty"`
		LegalName    string        `json:"legal_name,omitempty" maxLength:"200" doc:"As it stands on invoices; empty: the name."`
		TaxNumber    string        `json:"tax_number,omitempty" maxLength:"30" doc:"GSTIN, VAT or PAN. In India its check digit is looked at."`
		Sells        *bool         `json:"sells,omitempty" doc:"True when not given."`
		Buys         bool          `json:"buys,omitempty"`
	}
}

type changeIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Name         *string       `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Slug         *string       `json:"slug,omitempty" minLength:"3" maxLength:"60" doc:"Links with the old one stop working."`
		Description  *string       `json:"description,omitempty" maxLength:"5000"`
		BusinessType *string       `json:"business_type,omitempty" maxLength:"60"`
		Email        *string       `json:"email,omitempty" maxLength:"254"`
		Phone        *string       `json:"phone,omitempty" maxLength:"64"`
		WhatsApp     *string       `json:"whatsapp,omitempty" maxLength:"64"`
		Address      *addressInput `json:"address,omitempty" doc:"Replaces the whole address."`
		LegalName    *string       `json:"legal_name,omitempty" maxLength:"200"`
		TaxNumber    *string       `json:"tax_number,omitempty" maxLength:"30"`
		Sells        *bool         `json:"sells,omitempty"`
		Buys         *bool         `json:"buys,omitempty"`
	}
}

func (in *changeIn) change(p *Profile) {
	b := in.Body
	set(&p.Name, b.Name)
	set(&p.Slug, b.Slug)
	set(&p.Description, b.Description)
	set(&p.BusinessType, b.BusinessType)
	set(&p.Email, b.Email)
	set(&p.Phone, b.Phone)
	set(&p.WhatsApp, b.WhatsApp)
	set(&p.LegalName, b.LegalName)
	set(&p.TaxNumber, b.TaxNumber)
	set(&p.Sells, b.Sells)
	set(&p.Buys, b.Buys)
	if b.Address != nil {
		p.Address = b.Address.address()
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

type listIn struct {
	web.PageParams
	Mine  bool   `query:"mine" doc:"The stores that the caller works in, in whatever state."`
	State string `query:"state" enum:"draft,published,suspended,closed" doc:"Others than published are for admins."`
	Sort  string `query:"sort" enum:"newest,name" doc:"newest when not given."`
}

type listOut struct{ Body web.Page[storeBody] }

type idIn struct {
	ID string `path:"id" maxLength:"40"`
}

// refusals are what Require answers with.
var refusals = []*fault.Error{ErrStoreNotFound, ErrNoRight, ErrSellerRole, ErrStoreClosed}

func with(more ...*fault.Error) []*fault.Error { return append(more, refusals...) }

func (s *Service) mountStores(api *web.API) {
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/stores", ID: "store.create", Room: room, Access: web.SignedIn, Status: 201, Idempotent: true,
		Summary: "Open a store", Description: "For accounts with the role seller. It begins as a draft.",
		Errors: []*fault.Error{web.ErrInvalid, ErrSellerRole, ErrTooManyStores, ErrSlugTaken},
	}, func(ctx context.Context, in *createIn) (*storeOut, error) {
		b := in.Body
		p := Profile{
			Name: b.Name, Slug: b.Slug, Description: b.Description, BusinessType: b.BusinessType, Email: b.Email, Phone: b.Phone,
			WhatsApp: b.WhatsApp, Address: b.Address.address(), LegalName: b.LegalName, TaxNumber: b.TaxNumber, Sells: true, Buys: b.Buys,
		}
		set(&p.Sells, b.Sells)
		v, replayed, err := s.Create(ctx, web.CallerFrom(ctx), p)
		if replayed {
			web.MarkReplayed(ctx)
		}
		return answer(v, err)
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/stores", ID: "store.list", Room: room, Access: web.Public,
		Summary: "Published stores, the caller's own, or (admins) those of a state",
		Errors:  []*fault.Error{web.ErrUnauthenticated, web.ErrForbidden, db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *listIn) (*listOut, error) {
		items, next, err := s.List(ctx, web.CallerFrom(ctx), Query{Mine: in.Mine, State: in.State, Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor})
		bodies := make([]storeBody, len(items))
		for i, v := range items {
			bodies[i] = storeBodyOf(v)
		}
		return &listOut{web.NewPage(bodies, next)}, err
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/stores/{id}", ID: "store.get", Room: room, Access: web.Public, Summary: "A store",
		Description: "One that is not published exists for those who work there and admins only.", Errors: []*fault.Error{ErrStoreNotFound},
	}, func(ctx context.Context, in *idIn) (*storeOut, error) {
		return answer(s.Get(ctx, web.CallerFrom(ctx), in.ID))
	})
	web.Register(api, web.Op{
		Method: "PATCH", Path: "/v1/stores/{id}", ID: "store.change", Room: room, Access: web.Owner, Summary: "Change a store's profile",
		Errors: with(web.ErrInvalid, ErrSlugTaken),
	}, func(ctx context.Context, in *changeIn) (*storeOut, error) {
		return answer(s.Change(ctx, web.CallerFrom(ctx), in.ID, in.change))
	})
}

type suspendIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"The owner is told."`
	}
}

func (s *Service) mountStates(api *web.API) {
	for _, o := range []struct {
		action  Action
		summary string
	}{
		{Publish, "Show a store to everybody"},
		{Unpublish, "Take a store back into draft"},
		{Close, "Close a store for good"},
		{Reinstate, "End a store's suspension"},
	} {
		access, errs := web.Owner, with(ErrStoreState)
		if o.action.byAdmin() {
			access, errs = web.Admin, []*fault.Error{ErrStoreNotFound, ErrStoreState}
		}
		web.Register(api, web.Op{
			Method: "POST", Path: "/v1/stores/{id}/" + string(o.action), ID: "store." + string(o.action), Room: room, Access: access,
			Summary: o.summary, Errors: errs,
		}, func(ctx context.Context, in *idIn) (*storeOut, error) {
			return answer(s.Move(ctx, web.CallerFrom(ctx), in.ID, o.action, ""))
		})
	}
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/stores/{id}/suspend", ID: "store.suspend", Room: room, Access: web.Admin,
		Summary: "Suspend a store", Errors: []*fault.Error{web.ErrInvalid, ErrStoreNotFound, ErrStoreState},
	}, func(ctx context.Context, in *suspendIn) (*storeOut, error) {
		return answer(s.Move(ctx, web.CallerFrom(ctx), in.ID, Suspend, in.Body.Reason))
	})
}

type personBody struct {
	Account string    `json:"account" example:"acc_0gk3c1a7k2m9xq4t0vj3whc"`
	Name    string    `json:"name"`
	Email   string    `json:"email"`
	Avatar  string    `json:"avatar,omitempty" doc:"Address of the picture; absent: none."`
	Rights  []string  `json:"rights" doc:"catalog, stock, orders, people; the owner has own as well."`
	Since   time.Time `json:"since"`
}

func (s *Service) personBodyOf(p Person) personBody {
	return personBody{p.PublicID, p.Name, p.Email, s.identity.AvatarURL(p.Avatar), p.Rights, p.Since}
}

type peopleIn struct {
	ID string `path:"id" maxLength:"40"`
	web.PageParams
}

type peopleOut struct{ Body web.Page[personBody] }

type personIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Account string   `json:"account" minLength:"1" maxLength:"40" doc:"The account's public id; its owner tells it."`
		Rights  []string `json:"rights" maxItems:"4" doc:"All that the person has from now on: catalog, stock, orders, people; none is looking only. Who has people himself gives what else he has; people is given by the owner only."`
	}
}

type personOut struct {
	Status int
	Body   personBody
}

type removeIn struct {
	ID      string `path:"id" maxLength:"40"`
	Account string `path:"account" maxLength:"40"`
}

type nothing struct{}

func (s *Service) mountStaff(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/stores/{id}/staff", ID: "store.staff", Room: room, Access: web.Owner, Summary: "Who works in a store",
		Errors: []*fault.Error{ErrStoreNotFound, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *peopleIn) (*peopleOut, error) {
		people, next, err := s.People(ctx, web.CallerFrom(ctx), in.ID, in.Limit, in.Cursor)
		bodies := make([]personBody, len(people))
		for i, p := range people {
			bodies[i] = s.personBodyOf(p)
		}
		return &peopleOut{web.NewPage(bodies, next)}, err
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/stores/{id}/staff", ID: "store.set_staff", Room: room, Access: web.Owner, Status: 201, Statuses: []int{200},
		Summary: "Let somebody work in a store, or change his rights", Errors: with(web.ErrInvalid, ErrAccountUnusable, ErrOwnerStays, ErrTooManyPeople),
	}, func(ctx context.Context, in *personIn) (*personOut, error) {
		p, added, err := s.SetPerson(ctx, web.CallerFrom(ctx), in.ID, in.Body.Account, in.Body.Rights)
		out := &personOut{Status: 200, Body: s.personBodyOf(p)}
		if added {
			out.Status = 201
		}
		return out, err
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/stores/{id}/staff/{account}", ID: "store.remove_staff", Room: room, Access: web.Owner,
		Summary: "End somebody's work in a store, or one's own", Errors: with(ErrPersonNotFound, ErrOwnerStays),
	}, func(ctx context.Context, in *removeIn) (*nothing, error) {
		return nil, s.RemovePerson(ctx, web.CallerFrom(ctx), in.ID, in.Account)
	})
}
