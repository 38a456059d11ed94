package rate

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/geo"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// PlaceView is what is known of a postal code.
type PlaceView struct {
	PostalCode string   `json:"postal_code"`
	District   string   `json:"district" doc:"Empty where nothing is known."`
	State      string   `json:"state"`
	Districts  []string `json:"districts" doc:"All that it lies in, the commonest first."`
	Office     string   `json:"office" doc:"A post office there."`
	Lat        string   `json:"lat"`
	Lng        string   `json:"lng"`
}

// AreasView is where a store buys.
type AreasView struct {
	Items []PlaceView `json:"items"`
	Limit int64       `json:"limit" doc:"How many the store can serve."`
}

func viewAreas(a Areas) AreasView {
	v := AreasView{Items: make([]PlaceView, len(a.Places)), Limit: a.Limit}
	for i, p := range a.Places {
		v.Items[i] = PlaceView(p)
	}
	return v
}

type codeIn struct {
	Code string `path:"code" maxLength:"10"`
}

type areasIn struct {
	ByID
	Body struct {
		PostalCodes []string `json:"postal_codes" maxItems:"11" doc:"All that the store serves from now on."`
	}
}

type askIn struct {
	ByID
	Body struct {
		Wanted int64  `json:"wanted" minimum:"1" maximum:"11" doc:"How many in all."`
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

type requestsIn struct {
	web.PageParams
	Store string `query:"store" maxLength:"40" doc:"A store's, for its people; without it everybody's, for admins."`
	State string `query:"state" enum:"pending,approved,rejected" default:"pending"`
}

type judgeIn struct {
	ByID
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500" doc:"The store reads it."`
	}
}

func (s *Service) mountAreas(api *web.API) {
	web.Register(api, op(http.MethodGet, "/v1/postal-codes/{code}", "postal_code", "What is known of an Indian postal code", web.Public, ErrPostalCode, ErrPostalUnknown),
		func(_ context.Context, in *codeIn) (*one[PlaceView], error) {
			pin, ok := geo.NormalPIN(in.Code)
			if !ok {
				return nil, ErrPostalCode
			}
			p := PlaceOf(pin)
			if p.State == "" {
				return nil, ErrPostalUnknown
			}
			return &one[PlaceView]{PlaceView(p)}, nil
		})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/service-areas", "areas", "Where a store buys", web.Public, store.ErrStoreNotFound),
		func(ctx context.Context, in *ByID) (*one[AreasView], error) {
			a, err := s.Areas(ctx, web.CallerFrom(ctx), in.ID)
			return &one[AreasView]{viewAreas(a)}, err
		})
	web.Register(api, op(http.MethodPut, "/v1/stores/{id}/service-areas", "set_areas", "Say where your store buys", web.Owner, faults(ErrInvalidAreas, ErrTooManyAreas, ErrDoesNotBuy)...),
		func(ctx context.Context, in *areasIn) (*one[AreasView], error) {
			a, err := s.SetAreas(ctx, web.CallerFrom(ctx), in.ID, in.Body.PostalCodes)
			return &one[AreasView]{viewAreas(a)}, err
		})
	ask := op(http.MethodPost, "/v1/stores/{id}/area-requests", "ask_for_areas", "Ask to serve more postal codes than your plan allows", web.Owner,
		faults(ErrRequestPending, ErrDoesNotBuy, web.ErrInvalid)...)
	ask.Status = http.StatusCreated
	web.Register(api, ask, func(ctx context.Context, in *askIn) (*one[Request], error) {
		r, err := s.AskForAreas(ctx, web.CallerFrom(ctx), in.ID, in.Body.Wanted, in.Body.Reason)
		return &one[Request]{r}, err
	})
	web.Register(api, op(http.MethodGet, "/v1/area-requests", "area_requests", "Requests to serve more postal codes", web.SignedIn, faults(web.ErrForbidden, db.ErrInvalidCursor)...),
		func(ctx context.Context, in *requestsIn) (*one[web.Page[Request]], error) {
			list, next, err := s.Requests(ctx, web.CallerFrom(ctx), in.Store, in.State, in.Limit, in.Cursor)
			return &one[web.Page[Request]]{web.NewPage(list, next)}, err
		})
	for verb, approve := range map[string]bool{"approve": true, "reject": false} {
		summary := "Let a store serve as many postal codes as it asked for"
		if !approve {
			summary = "Refuse a store more postal codes"
		}
		web.Register(api, op(http.MethodPost, "/v1/area-requests/{id}/"+verb, verb+"_areas", summary, web.Admin, ErrRequestNotFound, ErrRequestState, web.ErrInvalid),
			func(ctx context.Context, in *judgeIn) (*one[Request], error) {
				r, err := s.JudgeAreas(ctx, web.CallerFrom(ctx), in.ID, approve, in.Body.Note)
				return &one[Request]{r}, err
			})
	}
}
