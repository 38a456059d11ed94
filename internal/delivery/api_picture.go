package delivery

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

type pictureIn struct {
	ByID
	Kind    string    `query:"kind" enum:"photo,signature" required:"true" doc:"Of the goods, or of the receiver's signature"`
	Event   string    `query:"event" maxLength:"64" doc:"The phone's own name for it: sent again, it changes nothing"`
	At      time.Time `query:"at" doc:"By the phone's clock"`
	RawBody []byte
}

type pictureFileIn struct {
	ByID
	Name string `path:"name" maxLength:"100"`
}

func (s *Service) mountPictures(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	add := op("POST", "/v1/deliveries/{id}/pictures", "add_picture", "Add a photo or the receiver's signature, as its courier", web.Owner,
		append([]*fault.Error{ErrNotFound, ErrNotYours, ErrState, ErrClientEvent, ErrTooManyPictures, blob.ErrTooLarge}, picture.Faults...)...)
	add.Description = "It is painted anew: nothing of the file's own notes, such as its place, is kept. The newest of each kind belongs to the step that says the goods are delivered."
	add.MaxBody, add.Timeout, add.Consumes, add.Status = maxPicture, time.Minute, []string{"image/jpeg", "image/png", "image/webp"}, http.StatusNoContent
	web.Register(api, add, func(ctx context.Context, in *pictureIn) (*struct{}, error) {
		n := Note{Client: in.Event, At: micros(&in.At)}
		return &struct{}{}, s.AddPicture(ctx, web.CallerFrom(ctx), in.ID, in.Kind, n, in.RawBody)
	})
	show := op("GET", "/v1/deliveries/{id}/pictures/{name}", "picture", "A photo or signature of a delivery, for its buyer, its store, its courier and admins", web.Owner, ErrNotFound, ErrPicture)
	show.Produces = blob.Media
	web.Register(api, show, func(ctx context.Context, in *pictureFileIn) (*blob.Download, error) {
		return s.PictureFile(ctx, web.CallerFrom(ctx), in.ID, in.Name)
	})
}
