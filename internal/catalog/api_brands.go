package catalog

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type brandIn struct {
	Body struct {
		Name  string `json:"name" minLength:"1" maxLength:"255"`
		Store string `json:"store,omitempty" maxLength:"40" doc:"The store that asks; an admin may leave it out, and the brand is approved at once."`
	}
}

type brandsIn struct {
	web.PageParams
	Store string `query:"store" maxLength:"40" doc:"What this store asked for, for its people."`
	State string `query:"state" enum:"pending,approved,rejected" doc:"For admins; others see the approved."`
}

type rejectBrandIn struct {
	IDIn
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

func (s *Service) mountBrands(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/brands", ID: "brand.create", Summary: "Register a brand", Room: roomName, Access: web.Seller,
		Status: http.StatusCreated, Idempotent: true, Errors: append([]*fault.Error{ErrInvalidProduct, ErrBrandTaken}, storeFaults...),
		Description: "An admin approves it. Where the market has `registered_brands` set, products name approved brands only.",
	}, func(ctx context.Context, in *brandIn) (*body[Brand], error) {
		b, err := s.RegisterBrand(ctx, web.CallerFrom(ctx), in.Body.Store, in.Body.Name)
		return &body[Brand]{b}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/brands", ID: "brand.list", Summary: "Registered brands", Room: roomName, Access: web.Public,
		Errors: append([]*fault.Error{db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *brandsIn) (*body[web.Page[Brand]], error) {
		items, next, err := s.Brands(ctx, web.CallerFrom(ctx), in.Store, in.State, in.Limit, in.Cursor)
		return page(items, next, err, func(b Brand) Brand { return b })
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/brands/{id}/approve", ID: "brand.approve", Summary: "Approve a brand", Room: roomName, Access: web.Admin,
		Errors: []*fault.Error{ErrBrandNotFound, ErrBrandState},
	}, func(ctx context.Context, in *IDIn) (*body[Brand], error) {
		b, err := s.JudgeBrand(ctx, in.ID, true, "")
		return &body[Brand]{b}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/brands/{id}/reject", ID: "brand.reject", Summary: "Reject a brand", Room: roomName, Access: web.Admin,
		Errors: []*fault.Error{ErrBrandNotFound, ErrBrandState, ErrInvalidProduct},
	}, func(ctx context.Context, in *rejectBrandIn) (*body[Brand], error) {
		b, err := s.JudgeBrand(ctx, in.ID, false, in.Body.Reason)
		return &body[Brand]{b}, err
	})
}
