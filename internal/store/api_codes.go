package store

import (
	"context"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type codeIn struct {
	ID string `path:"id" maxLength:"40"`
	identity.CodeParams
}

// Address is where people reach a store's page; "" in a market without a public address.
func (s *Service) Address(slug string) string {
	if s.url == "" {
		return ""
	}
	return s.url + "/s/" + slug
}

func (s *Service) mountCodes(api *web.API) {
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/stores/{id}/qr", ID: "store.qr", Room: room, Access: web.Public, Produces: identity.CodeTypes,
		Summary:     "A store's page as a QR code",
		Description: "It leads to the store's page, under the market's own address; in a market without one it says the store's code.",
		Errors:      []*fault.Error{ErrStoreNotFound},
	}, func(ctx context.Context, in *codeIn) (*identity.CodeOut, error) {
		v, err := s.Get(ctx, web.CallerFrom(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		text := s.Address(v.Profile.Slug)
		if text == "" {
			text = v.Code
		}
		return in.Draw(text, v.Profile.Name)
	})
}
