package catalog

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// ImageView is an image of a product in an answer.
type ImageView struct {
	ID string `json:"id"`
	blob.Picture
	Alt       string    `json:"alt" doc:"What it shows, for those who do not see it."`
	Position  int64     `json:"position" doc:"From 1 on; the first one is the cover."`
	CreatedAt time.Time `json:"created_at"`
}

// ImagesView are all images of a product.
type ImagesView struct {
	Items []ImageView `json:"items"`
}

func (s *Service) viewImage(i Image) ImageView {
	v := ImageView{ID: i.ID, Alt: i.Alt, Position: i.Position, CreatedAt: i.CreatedAt}
	if p := s.blobs.Show(i.File); p != nil {
		v.Picture = *p
	}
	return v
}

// ifAny is a text that may be missing.
func ifAny(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ViewProduct is a product as it is answered.
func (s *Service) ViewProduct(p Product) ProductView { return s.viewProduct(p) }

func (s *Service) viewProduct(p Product) ProductView {
	v := viewProduct(p)
	v.Images = s.viewImages(p.Images).Items
	return v
}

func (s *Service) viewListing(l Listing) ListingView {
	v := viewListing(l)
	v.Image = s.blobs.Show(blob.Blob{Name: l.Image})
	return v
}

func (s *Service) viewImages(list []Image) ImagesView {
	v := ImagesView{Items: make([]ImageView, len(list))}
	for i, image := range list {
		v.Items[i] = s.viewImage(image)
	}
	return v
}

type imageIn struct {
	IDIn
	Type    string `header:"Content-Type"`
	Alt     string `query:"alt" maxLength:"500" doc:"What the image shows, where the body is the file alone."`
	RawBody []byte `contentType:"image/jpeg"`
}

// ImageIn names an image of a product.
type ImageIn struct {
	IDIn
	Image string `path:"image" maxLength:"40"`
}

type imagePatchIn struct {
	ImageIn
	Body struct {
		Alt      *string `json:"alt,omitempty" maxLength:"500"`
		Position *int64  `json:"position,omitempty" minimum:"1" maximum:"1000" doc:"From 1 on; the others make room."`
	}
}

type imageOrderIn struct {
	IDIn
	Body struct {
		Images []string `json:"images" maxItems:"50" doc:"All images of the product, the cover first."`
	}
}

type variantImageIn struct {
	IDIn
	Body struct {
		Image string `json:"image" maxLength:"40" doc:"One of the product's images; empty for none of its own."`
	}
}

// uploadTypes are what a picture may be sent as. What it is, its content says.
var uploadTypes = []string{picture.JPEG, picture.PNG, "image/webp", "application/octet-stream", "multipart/form-data"}

func (s *Service) mountImages(api *web.API) {
	refusals := func(more ...*fault.Error) []*fault.Error {
		return faults(append(more, ErrProductNotFound, ErrProductState)...)
	}
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/products/{id}/images", ID: "image.add", Summary: "Add an image to a product", Room: roomName, Access: web.Owner,
		Status: http.StatusCreated, Idempotent: true, Consumes: uploadTypes, MaxBody: picture.MaxBytes + 64<<10, Timeout: time.Minute,
		Description: "The body is the file (JPEG, PNG or WebP, at most 10 MB and 40 million pixels), or a form with the file as `file` and what it shows as `alt`. " +
			"The picture is painted anew: upright, at most 2048 pixels long, without what the camera noted.",
		Errors: refusals(append([]*fault.Error{ErrInvalidImage, ErrManyImages, ErrImageTaken, web.ErrMalformedForm}, picture.Faults...)...),
	}, func(ctx context.Context, in *imageIn) (*body[ImageView], error) {
		file, alt, err := upload(in.Type, in.RawBody, in.Alt)
		if err != nil {
			return nil, err
		}
		i, err := s.AddImage(ctx, web.CallerFrom(ctx), in.ID, file, alt)
		return reply(i, err, s.viewImage)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products/{id}/images", ID: "image.list", Summary: "A product's images, the cover first", Room: roomName, Access: web.Public,
		Errors: []*fault.Error{ErrProductNotFound},
	}, func(ctx context.Context, in *IDIn) (*body[ImagesView], error) {
		list, err := s.Images(ctx, web.CallerFrom(ctx), in.ID)
		return reply(list, err, s.viewImages)
	})
	web.Register(api, web.Op{
		Method: http.MethodPut, Path: "/v1/products/{id}/images/order", ID: "image.order", Summary: "Bring a product's images into an order", Room: roomName,
		Access: web.Owner, Errors: refusals(ErrImageNotFound, ErrInvalidImage),
	}, func(ctx context.Context, in *imageOrderIn) (*body[ImagesView], error) {
		list, err := s.OrderImages(ctx, web.CallerFrom(ctx), in.ID, in.Body.Images)
		return reply(list, err, s.viewImages)
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/products/{id}/images/{image}", ID: "image.update", Summary: "Change what is said of an image, or its place", Room: roomName,
		Access: web.Owner, Errors: refusals(ErrImageNotFound, ErrInvalidImage),
	}, func(ctx context.Context, in *imagePatchIn) (*body[ImageView], error) {
		i, err := s.UpdateImage(ctx, web.CallerFrom(ctx), in.ID, in.Image, ImagePatch{Alt: in.Body.Alt, Position: in.Body.Position})
		return reply(i, err, s.viewImage)
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/products/{id}/images/{image}", ID: "image.delete", Summary: "Take an image away", Room: roomName, Access: web.Owner,
		Description: "Orders go on showing it.", Errors: refusals(ErrImageNotFound),
	}, func(ctx context.Context, in *ImageIn) (*nothing, error) {
		return nil, s.DeleteImage(ctx, web.CallerFrom(ctx), in.ID, in.Image)
	})
	web.Register(api, web.Op{
		Method: http.MethodPut, Path: "/v1/variants/{id}/image", ID: "variant.set_image", Summary: "Make one of the product's images the variant's own", Room: roomName,
		Access: web.Owner, Errors: faults(ErrVariantNotFound, ErrProductState, ErrInvalidImage),
	}, func(ctx context.Context, in *variantImageIn) (*body[VariantView], error) {
		v, err := s.SetVariantImage(ctx, web.CallerFrom(ctx), in.ID, in.Body.Image)
		return reply(v, err, viewVariant)
	})
}

// upload takes a file out of a body that is the file, or a form with it.
func upload(contentType string, raw []byte, alt string) (file []byte, said string, err error) {
	kind, params, unreadable := mime.ParseMediaType(contentType)
	if unreadable != nil || kind != "multipart/form-data" {
		return raw, alt, nil //nolint:nilerr // a type that cannot be read is no form
	}
	file, fields, err := form(raw, params["boundary"], "alt")
	if err != nil {
		return nil, "", web.ErrMalformedForm.Because(err)
	}
	if v, ok := fields["alt"]; ok {
		alt = v
	}
	return file, alt, nil
}

// form reads the part named file, and short texts, from a form that is in memory whole.
func form(raw []byte, boundary string, texts ...string) (file []byte, fields map[string]string, err error) {
	if boundary == "" {
		return nil, nil, errNoFile
	}
	fields = map[string]string{}
	r := multipart.NewReader(bytes.NewReader(raw), boundary)
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, nil, err
		}
		name := part.FormName()
		switch {
		case name == "file" && file == nil:
			file = data
		case name == "file":
			return nil, nil, errors.New("catalog: the form has two files")
		default:
			for _, t := range texts {
				if t == name && len(data) <= 4096 && utf8.Valid(data) {
					fields[t] = string(data)
				}
			}
		}
	}
	if file == nil {
		return nil, nil, errNoFile
	}
	return file, fields, nil
}
