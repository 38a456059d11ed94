package identity

import (
	"context"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/web"
)

type avatarIn struct {
	RawBody []byte `contentType:"image/jpeg"`
}

// CodeParams say how a QR code is drawn.
type CodeParams struct {
	Format string `query:"format" enum:"png,svg" default:"svg"`
	Scale  int    `query:"scale" minimum:"1" maximum:"16" default:"8" doc:"Pixels a module."`
}

// CodeOut is a drawn QR code.
type CodeOut struct {
	ContentType string `header:"Content-Type"`
	Cache       string `header:"Cache-Control"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// CodeTypes are the media types that a code is drawn as.
var CodeTypes = []string{"image/png", "image/svg+xml"}

// Draw draws a code. The title is what a screen reader says of it.
func (p CodeParams) Draw(text, title string) (*CodeOut, error) {
	c, err := qr.New(text, qr.Quartile)
	if err != nil {
		return nil, err
	}
	out := &CodeOut{ContentType: "image/svg+xml", Cache: "private, max-age=300", Policy: "default-src 'none'; sandbox"}
	if p.Format == "png" {
		out.ContentType = "image/png"
		out.Body, err = c.PNG(p.Scale)
		return out, err
	}
	out.Body = c.SVG(title, p.Scale)
	return out, nil
}

func (s *Service) mountPictures(api *web.API) {
	web.Register(api, web.Op{
		Method: "PUT", Path: "/v1/me/avatar", ID: "identity.set_avatar", Room: room, Access: web.SignedIn,
		Summary: "Give yourself a picture", Description: "A JPEG, PNG or WebP file of at most 10 MB as the body. It is painted anew, at most 512 pixels wide and high.",
		Consumes: []string{"image/jpeg", "image/png", "image/webp"}, MaxBody: picture.MaxBytes, Errors: picture.Faults,
	}, func(ctx context.Context, in *avatarIn) (*accountOut, error) {
		c := web.CallerFrom(ctx)
		a, err := s.SetAvatar(ctx, c, in.RawBody)
		return &accountOut{s.accountBodyOf(c, a)}, err
	})
	web.Register(api, web.Op{
		Method: "DELETE", Path: "/v1/me/avatar", ID: "identity.drop_avatar", Room: room, Access: web.SignedIn, Summary: "Take your picture away",
	}, func(ctx context.Context, _ *struct{}) (*nothing, error) {
		return nil, s.DropAvatar(ctx, web.CallerFrom(ctx))
	})
	web.Register(api, web.Op{
		Method: "GET", Path: "/v1/me/qr", ID: "identity.qr", Room: room, Access: web.SignedIn, Produces: CodeTypes,
		Summary: "Your account's code as a QR code", Description: "It says the code and nothing else, for machines and counters that ask for it.",
		Errors: []*fault.Error{},
	}, func(ctx context.Context, in *CodeParams) (*CodeOut, error) {
		a, err := s.Me(ctx, web.CallerFrom(ctx))
		if err != nil {
			return nil, err
		}
		return in.Draw(a.Code, a.Code)
	})
}
