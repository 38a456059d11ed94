package catalog

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

type queueIn struct {
	web.PageParams
	State string `query:"state" enum:"submitted,changed,rejected" default:"submitted" doc:"changed: on sale, with changes that nobody has looked at."`
}

type approveIn struct {
	IDIn
	Body struct {
		Version *int64 `json:"version,omitempty" minimum:"1" doc:"The version that was looked at; refused when there is a newer one."`
	} `required:"false"`
}

type rejectIn struct {
	IDIn
	Body struct {
		Reason  string `json:"reason" minLength:"1" maxLength:"500"`
		Version *int64 `json:"version,omitempty" minimum:"1" doc:"The version that was looked at; refused when there is a newer one."`
	}
}

func (s *Service) mountReview(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products/queue", ID: "product.queue", Summary: "Products that wait for approval", Room: roomName,
		Access: web.Admin, Description: "The oldest first.", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *queueIn) (*body[web.Page[ListingView]], error) {
		items, next, err := s.Queue(ctx, Review(in.State), in.Limit, in.Cursor)
		return page(items, next, err, viewListing)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/products/{id}/approve", ID: "product.approve", Summary: "Approve a product", Room: roomName, Access: web.Admin,
		Description: "A submitted one is published; of a published one that was changed, the changes are seen.",
		Errors:      faults(ErrProductNotFound, ErrProductState, ErrNothingToBuy, ErrVersion),
	}, func(ctx context.Context, in *approveIn) (*body[ProductView], error) {
		p, err := s.Judge(ctx, web.CallerFrom(ctx), in.ID, Approve, "", in.Body.Version)
		return reply(p, err, s.viewProduct)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/products/{id}/reject", ID: "product.reject", Summary: "Reject a product", Room: roomName, Access: web.Admin,
		Description: "With a reason, which its store reads. A published one is taken off sale.",
		Errors:      faults(ErrProductNotFound, ErrProductState, ErrInvalidProduct, ErrVersion),
	}, func(ctx context.Context, in *rejectIn) (*body[ProductView], error) {
		p, err := s.Judge(ctx, web.CallerFrom(ctx), in.ID, Reject, in.Body.Reason, in.Body.Version)
		return reply(p, err, s.viewProduct)
	})
}
