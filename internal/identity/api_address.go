package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type addressBody struct {
	ID        string `json:"id" example:"adr_0gk3c1a7k2m9xq4t0vj3whc"`
	Label     string `json:"label" doc:"The owner's word for it: home, shop."`
	IsDefault bool   `json:"is_default"`
	Address
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

func addressBodyOf(a SavedAddress) addressBody {
	return addressBody{a.PublicID, a.Label, a.Default, a.Address, a.CreatedAt, a.UpdatedAt}
}

type addressOut struct{ Body addressBody }

type addressesOut struct{ Body web.Page[addressBody] }

type addressesIn struct{ web.PageParams }

type addressIn struct {
	Body struct {
		Label        string `json:"label,omitempty" maxLength:"40" doc:"Your word for it: home, shop."`
		IsDefault    bool   `json:"is_default,omitempty" doc:"The first address is the default in any case."`
		Name         string `json:"name,omitempty" maxLength:"100" doc:"Who receives; empty: the account's."`
		Phone        string `json:"phone,omitempty" maxLength:"64"`
		Line1        string `json:"line1" minLength:"1" maxLength:"200"`
		Line2        string `json:"line2,omitempty" maxLength:"200"`
		City         string `json:"city" minLength:"1" maxLength:"100"`
		District     string `json:"district,omitempty" maxLength:"100"`
		State        string `json:"state,omitempty" maxLength:"100"`
		PostalCode   string `json:"postal_code,omitempty" maxLength:"16"`
		Country      string `json:"country,omitempty" maxLength:"2" doc:"Two letters (ISO 3166); empty: the market's." example:"NP"`
		Lat          string `json:"lat,omitempty" maxLength:"20" doc:"Degrees as a decimal." example:"27.717245"`
		Lng          string `json:"lng,omitempty" maxLength:"20" doc:"Degrees as a decimal." example:"85.323959"`
		Instructions string `json:"instructions,omitempty" maxLength:"500" doc:"How to find the door."`
	}
}

type addressChangeIn struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Label        *string `json:"label,omitempty" maxLength:"40"`
		Name         *string `json:"name,omitempty" maxLength:"100"`
		Phone        *string `json:"phone,omitempty" maxLength:"64"`
		Line1        *string `json:"line1,omitempty" minLength:"1" maxLength:"200"`
		Line2        *string `json:"line2,omitempty" maxLength:"200"`
		City         *string `json:"city,omitempty" minLength:"1" maxLength:"100"`
		District     *string `json:"district,omitempty" maxLength:"100"`
		State        *string `json:"state,omitempty" maxLength:"100"`
		PostalCode   *string `json:"postal_code,omitempty" maxLength:"16"`
		Country      *string `json:"country,omitempty" maxLength:"2"`
		Lat          *string `json:"lat,omitempty" maxLength:"20"`
		Lng          *string `json:"lng,omitempty" maxLength:"20"`
		Instructions *string `json:"instructions,omitempty" maxLength:"500"`
	}
}

func (in *addressChangeIn) change(n *NewAddress) {
	b := in.Body
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&n.Label, b.Label)
	set(&n.Name, b.Name)
	set(&n.Phone, b.Phone)
	set(&n.Line1, b.Line1)
	set(&n.Line2, b.Line2)
	set(&n.City, b.City)
	set(&n.District, b.District)
	set(&n.State, b.State)
	set(&n.PostalCode, b.PostalCode)
	set(&n.Country, b.Country)
	set(&n.Lat, b.Lat)
	set(&n.Lng, b.Lng)
	set(&n.Instructions, b.Instructions)
}

func (s *Service) mountAddresses(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/me/addresses", ID: "identity.addresses", Room: room, Access: web.SignedIn, Summary: "The caller's addresses, newest first",
	}, func(ctx context.Context, in *addressesIn) (*addressesOut, error) {
		items, next, err := s.Addresses(ctx, web.CallerFrom(ctx), in.Limit, in.Cursor)
		bodies := make([]addressBody, len(items))
		for i, a := range items {
			bodies[i] = addressBodyOf(a)
		}
		return &addressesOut{web.NewPage(bodies, next)}, err
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/me/addresses", ID: "identity.add_address", Room: room, Access: web.SignedIn, Status: 201, Idempotent: true,
		Summary: "Keep an address", Errors: []*fault.Error{web.ErrInvalid, ErrTooManyAddresses},
	}, func(ctx context.Context, in *addressIn) (*addressOut, error) {
		b := in.Body
		a, replayed, err := s.AddAddress(ctx, web.CallerFrom(ctx), NewAddress{Label: b.Label, Default: b.IsDefault, Address: Address{
			Name: b.Name, Phone: b.Phone, Line1: b.Line1, Line2: b.Line2, City: b.City, District: b.District, State: b.State,
			PostalCode: b.PostalCode, Country: b.Country, Lat: b.Lat, Lng: b.Lng, Instructions: b.Instructions,
		}})
		if replayed {
			web.MarkReplayed(ctx)
		}
		return &addressOut{addressBodyOf(a)}, err
	})
	web.Register(api, web.Op{
		Method: "PATCH", Path: "/v1/me/addresses/{id}", ID: "identity.change_address", Room: room, Access: web.Owner,
		Summary: "Change an address", Errors: []*fault.Error{web.ErrInvalid, ErrAddressNotFound},
	}, func(ctx context.Context, in *addressChangeIn) (*addressOut, error) {
		a, err := s.ChangeAddress(ctx, web.CallerFrom(ctx), in.ID, in.change)
		return &addressOut{addressBodyOf(a)}, err
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/me/addresses/{id}", ID: "identity.delete_address", Room: room, Access: web.Owner,
		Summary: "Forget an address", Errors: []*fault.Error{ErrAddressNotFound},
	}, func(ctx context.Context, in *idIn) (*nothing, error) {
		return nil, s.DeleteAddress(ctx, web.CallerFrom(ctx), in.ID)
	})
	web.Register(api, web.Op{
		Method: "POST", Path: "/v1/me/addresses/{id}/default", ID: "identity.default_address", Room: room, Access: web.Owner,
		Summary: "Make an address the default", Errors: []*fault.Error{ErrAddressNotFound},
	}, func(ctx context.Context, in *idIn) (*addressOut, error) {
		a, err := s.DefaultAddress(ctx, web.CallerFrom(ctx), in.ID)
		return &addressOut{addressBodyOf(a)}, err
	})
}
