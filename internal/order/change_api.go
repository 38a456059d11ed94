package order

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

type changeInput struct {
	ByID
	Body struct {
		StoreNote *string       `json:"store_note,omitempty" maxLength:"1000" doc:"For the store's people only; at any time"`
		Contact   *guestContact `json:"contact,omitempty" doc:"While the order waits for payment or the store: by its buyer, or by the store for an order by message"`
		Address   *addressInput `json:"address,omitempty" doc:"As contact"`
		Note      *string       `json:"note,omitempty" maxLength:"1000" doc:"As contact"`
	}
}

type cutInput struct {
	ByID
	Line string `path:"line" maxLength:"64"`
	Body *struct {
		Quantity int64  `json:"quantity,omitempty" minimum:"1" maximum:"1000000000" doc:"How many units; without it all that are left of the line"`
		Restock  bool   `json:"restock,omitempty" doc:"The units are there and may be sold to others"`
		Note     string `json:"note,omitempty" maxLength:"500"`
	} `required:"false"`
}

// mountChanges registers what a store changes in an order.
func (s *Service) mountChanges(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/orders/{id}", ID: "order.change", Room: "order", Access: web.Owner,
		Summary: "Change the store's note of an order, or to whom and where a waiting one goes",
		Errors:  []*fault.Error{ErrNotFound, ErrNotYours, ErrState, ErrNotServed, rate.ErrPostalCode, store.ErrNoRight, store.ErrSellerRole},
	}, func(ctx context.Context, in *changeInput) (*one[View], error) {
		caller := web.CallerFrom(ctx)
		cmd := ChangeCmd{StoreNote: in.Body.StoreNote, Note: in.Body.Note, Contact: (*Contact)(in.Body.Contact), Address: (*identity.Address)(in.Body.Address)}
		if err := s.Change(ctx, caller, in.ID, cmd); err != nil {
			return nil, err
		}
		out, err := s.Get(ctx, caller, in.ID)
		return &one[View]{out}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/orders/{id}/lines/{line}/cut", ID: "order.cut", Room: "order", Access: web.Owner, Idempotent: true,
		Summary: "Take units of a line out of an order, before it is shipped: they are not available",
		Description: "What was paid for them goes back the way it came, with its tax; of an order that is not paid yet the total falls. " +
			"The whole order is cancelled, not cut.",
		Errors: []*fault.Error{ErrNotFound, ErrNotYours, ErrState, ErrFrozen, ErrOrderLine, ErrCutLarge, ErrLastUnit, store.ErrNoRight, store.ErrSellerRole},
	}, func(ctx context.Context, in *cutInput) (*one[View], error) {
		caller := web.CallerFrom(ctx)
		cmd := CutCmd{Line: in.Line}
		if in.Body != nil {
			cmd.Quantity, cmd.Restock, cmd.Note = in.Body.Quantity, in.Body.Restock, in.Body.Note
		}
		replayed, err := s.Cut(ctx, caller, in.ID, cmd)
		if err != nil {
			return nil, err
		}
		if replayed {
			web.MarkReplayed(ctx)
		}
		out, err := s.Get(ctx, caller, in.ID)
		return &one[View]{out}, err
	})
}
