package delivery

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

const maxPicture = 12 << 20

type profileIn struct {
	Body struct {
		BusinessName *string `json:"business_name,omitempty" maxLength:"100"`
		Phone        *string `json:"phone,omitempty" maxLength:"32"`
		Vehicle      *string `json:"vehicle,omitempty" enum:"foot,bicycle,motorcycle,car,van,truck"`
		Plate        *string `json:"plate,omitempty" maxLength:"32"`
		Capacity     *int64  `json:"capacity,omitempty" minimum:"0" maximum:"50000000" doc:"Grams"`
		Available    *bool   `json:"available,omitempty" doc:"Whether jobs may be assigned to you"`
	}
}

type documentIn struct {
	Body struct {
		Kind    string    `json:"kind" enum:"identity,license,registration,insurance"`
		Number  string    `json:"number" minLength:"1" maxLength:"60"`
		Expires time.Time `json:"expires_at"`
	}
}

type fileIn struct {
	ByID
	RawBody []byte
}

type couriersIn struct {
	web.PageParams
	State string `query:"state" enum:"unverified,verified,suspended"`
}

type refuseIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500" doc:"What the courier reads"`
	}
}

type shareIn struct {
	ByID
	Body struct {
		Share string `json:"share" maxLength:"6" doc:"Percent of a job's fee, such as 90"`
	}
}

func (s *Service) mountCouriers(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	courier := func(v CourierView, err error) (*one[CourierView], error) { return &one[CourierView]{v}, err }
	web.Register(api, op("GET", "/v1/couriers/me", "me", "Your profile as a courier", web.Courier),
		func(ctx context.Context, _ *struct{}) (*one[CourierView], error) {
			return courier(s.Me(ctx, web.CallerFrom(ctx)))
		})
	change := op("PATCH", "/v1/couriers/me", "change_me", "Change your profile as a courier", web.Courier, ErrUnverified, ErrSuspended, ErrExpired)
	change.Description = "Another vehicle or plate has to be verified anew before the next job."
	web.Register(api, change, func(ctx context.Context, in *profileIn) (*one[CourierView], error) {
		b := in.Body
		return courier(s.Change(ctx, web.CallerFrom(ctx), Profile{
			BusinessName: b.BusinessName, Phone: b.Phone, Vehicle: b.Vehicle, Plate: b.Plate, Capacity: b.Capacity, Available: b.Available,
		}))
	})
	add := op("POST", "/v1/couriers/me/documents", "add_document", "Send in a document", web.Courier, ErrDocExpired, ErrTooManyDocs)
	add.Status = http.StatusCreated
	web.Register(api, add, func(ctx context.Context, in *documentIn) (*one[CourierView], error) {
		return courier(s.AddDocument(ctx, web.CallerFrom(ctx), NewDocument{Kind: in.Body.Kind, Number: in.Body.Number, Expires: in.Body.Expires}))
	})
	file := op("PUT", "/v1/courier-documents/{id}/file", "document_picture", "Add the picture of a document that waits to be verified", web.Owner,
		append([]*fault.Error{ErrDocument, ErrDocDecided, blob.ErrTooLarge}, picture.Faults...)...)
	file.MaxBody, file.Timeout, file.Consumes = maxPicture, time.Minute, []string{"image/jpeg", "image/png", "image/webp"}
	file.Status = http.StatusNoContent
	web.Register(api, file, func(ctx context.Context, in *fileIn) (*struct{}, error) {
		return &struct{}{}, s.DocumentPicture(ctx, web.CallerFrom(ctx), in.ID, in.RawBody)
	})
	show := op("GET", "/v1/courier-documents/{id}/file", "document_file", "The picture of a document, for its courier and admins", web.Owner, ErrDocument)
	show.Produces = blob.Media
	web.Register(api, show, func(ctx context.Context, in *ByID) (*blob.Download, error) {
		return s.DocumentFile(ctx, web.CallerFrom(ctx), in.ID)
	})
	web.Register(api, op("GET", "/v1/couriers", "couriers", "Couriers, newest first", web.Admin, db.ErrInvalidCursor),
		func(ctx context.Context, in *couriersIn) (*one[web.Page[CourierView]], error) {
			out, err := s.Couriers(ctx, in.State, in.PageParams)
			return &one[web.Page[CourierView]]{out}, err
		})
	web.Register(api, op("GET", "/v1/couriers/{id}", "courier", "A courier", web.Admin, ErrCourier),
		func(ctx context.Context, in *ByID) (*one[CourierView], error) { return courier(s.Courier(ctx, in.ID)) })
	web.Register(api, op("POST", "/v1/couriers/{id}/verify", "verify_courier", "Say that you have seen a courier's documents and that they are good", web.Admin,
		ErrCourier, ErrDocsMissing, ErrDocExpired),
		func(ctx context.Context, in *ByID) (*one[CourierView], error) {
			return courier(s.Verify(ctx, web.CallerFrom(ctx), in.ID))
		})
	web.Register(api, op("POST", "/v1/couriers/{id}/reject", "reject_courier", "Say that a courier's documents are not good, and why", web.Admin, ErrCourier),
		func(ctx context.Context, in *refuseIn) (*one[CourierView], error) {
			return courier(s.Refuse(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason, false))
		})
	web.Register(api, op("POST", "/v1/couriers/{id}/suspend", "suspend_courier", "Let a courier take no more jobs; a later verification lifts it", web.Admin, ErrCourier),
		func(ctx context.Context, in *refuseIn) (*one[CourierView], error) {
			return courier(s.Refuse(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason, true))
		})
	web.Register(api, op("PUT", "/v1/couriers/{id}/share", "set_share", "Set a courier's part of the fees of jobs from now on", web.Admin, ErrCourier, ErrShare),
		func(ctx context.Context, in *shareIn) (*one[CourierView], error) {
			bp, err := money.ParseRate(in.Body.Share)
			if err != nil || bp < 0 || bp > 10_000 {
				return nil, ErrShare
			}
			return courier(s.SetShare(ctx, web.CallerFrom(ctx), in.ID, bp))
		})
}
