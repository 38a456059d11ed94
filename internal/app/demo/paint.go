package demo

import (
	"bytes"
	"context"
	"image/png"
	"log/slog"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/app/demo/draw"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// pictureSide is how large a drawing is, in pixels.
const pictureSide = 640

// paint gives a drawing to each product that has no picture, what is shown first at first. It goes on where a demo that
// was stopped left it, beside the open market: drawing all takes longer than anybody wants to wait for.
func paint(ctx context.Context, a *app.App) {
	if err := paintAll(ctx, a); err != nil && ctx.Err() == nil {
		a.Log.Warn("the demo's products are not all drawn", slog.Any("error", err))
	}
}

func paintAll(ctx context.Context, a *app.App) error {
	var painter web.Caller
	err := a.DB.Read(ctx, "demo.painter", func(ctx context.Context, tx db.Tx) error {
		who, err := a.Identity.FindEmail(ctx, tx, admin.mail+domain)
		painter = callerOf(who)
		return err
	})
	if err != nil {
		return err
	}
	tree, err := a.Catalog.Categories(ctx)
	if err != nil {
		return err
	}
	slugs := map[string]string{}
	for _, c := range tree {
		slugs[c.ID] = c.Slug
	}
	for cursor := ""; ; {
		page, err := a.Catalog.Browse(ctx, catalog.Wanted{Sort: "newest", Limit: 48, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, l := range page.Items {
			if l.Image != "" {
				continue
			}
			category := ""
			if l.Category != nil {
				category = slugs[l.Category.ID]
			}
			if err := paintOne(ctx, a, painter, l, category); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

func paintOne(ctx context.Context, a *app.App, painter web.Caller, l catalog.Listing, category string) error {
	var file bytes.Buffer
	pack := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := pack.Encode(&file, draw.Product(category, l.Title, pictureSide)); err != nil {
		return err
	}
	_, err := a.Catalog.AddImage(web.WithCaller(ctx, painter), painter, l.ID, file.Bytes(), l.Title)
	return err
}
