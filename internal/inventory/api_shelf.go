package inventory

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// ShelfView is a line of a store's stock in an answer.
type ShelfView struct {
	Variant      string `json:"variant"`
	Product      string `json:"product"`
	Title        string `json:"title" doc:"Of the product."`
	VariantTitle string `json:"variant_title" doc:"The values of its options; empty without options."`
	SKU          string `json:"sku" doc:"Empty without one."`
	OnHand       int64  `json:"on_hand"`
	Available    int64  `json:"available"`
	Reserved     int64  `json:"reserved"`
	LowAt        int64  `json:"low_at" doc:"It is low when no more than this can be sold."`
	OwnLowAt     *int64 `json:"own_low_at" doc:"The variant's own figure; null where its store's holds."`
	State        string `json:"state" enum:"fine,low,out"`
}

// ThresholdView is what a store's stock is low at.
type ThresholdView struct {
	LowAt int64 `json:"low_at"`
	Own   bool  `json:"own" doc:"Whether the store said so; else it is the market's figure."`
}

type shelfIn struct {
	IDIn
	web.PageParams
	State string `query:"state" enum:"low,out" doc:"low: what is low, what ran out included; out: what ran out. All that is counted without it."`
	SKU   string `query:"sku" maxLength:"255" doc:"How the SKU begins; capitals count."`
}

type thresholdIn struct {
	IDIn
	Body struct {
		LowAt *int64 `json:"low_at" minimum:"0" maximum:"1000000000" nullable:"true" doc:"Null takes the figure away: then the store's holds, or the market's."`
	}
}

func (s *Service) mountShelf(api *web.API) {
	storeFaults := []*fault.Error{store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed}
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/stock", ID: "stock.list", Summary: "A store's stock", Room: roomName, Access: web.Owner,
		Description: "By SKU, those without one first: all that is counted, or what is low or ran out.",
		Errors:      append([]*fault.Error{db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *shelfIn) (*body[web.Page[ShelfView]], error) {
		items, next, err := s.Shelf(ctx, web.CallerFrom(ctx), in.ID, ShelfQuery{State: in.State, SKU: in.SKU, Limit: in.Limit, Cursor: in.Cursor})
		out := make([]ShelfView, len(items))
		for i, l := range items {
			out[i] = ShelfView{
				Variant: l.Variant, Product: l.Product, Title: l.Title, VariantTitle: l.VariantTitle, SKU: l.SKU, OnHand: l.Level.OnHand(),
				Available: l.Level.Available, Reserved: l.Level.Reserved, LowAt: l.LowAt, OwnLowAt: l.OwnLowAt, State: l.State,
			}
		}
		return &body[web.Page[ShelfView]]{web.NewPage(out, next)}, err
	})
	threshold := func(ctx context.Context, id string) (*body[ThresholdView], error) {
		lowAt, own, err := s.Threshold(ctx, web.CallerFrom(ctx), id)
		return &body[ThresholdView]{ThresholdView{lowAt, own}}, err
	}
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/stock/threshold", ID: "stock.threshold", Summary: "What a store's stock is low at",
		Room: roomName, Access: web.Owner, Errors: storeFaults,
	}, func(ctx context.Context, in *IDIn) (*body[ThresholdView], error) { return threshold(ctx, in.ID) })
	web.Register(api, web.Op{
		Method: http.MethodPut, Path: "/v1/stores/{id}/stock/threshold", ID: "stock.set_threshold", Summary: "Say what a store's stock is low at",
		Room: roomName, Access: web.Owner, Errors: append([]*fault.Error{ErrThreshold}, storeFaults...),
		Description: "Holds for variants without a figure of their own. The list of a store with very many variants follows within moments.",
	}, func(ctx context.Context, in *thresholdIn) (*body[ThresholdView], error) {
		if err := s.SetThreshold(ctx, web.CallerFrom(ctx), in.ID, in.Body.LowAt); err != nil {
			return nil, err
		}
		return threshold(ctx, in.ID)
	})
	web.Register(api, web.Op{
		Method: http.MethodPut, Path: "/v1/variants/{id}/stock/threshold", ID: "stock.set_variant_threshold",
		Summary: "Say what a variant's stock is low at", Room: roomName, Access: web.Owner, Errors: faults(ErrThreshold),
	}, func(ctx context.Context, in *thresholdIn) (*body[StockView], error) {
		v, err := s.SetVariantThreshold(ctx, web.CallerFrom(ctx), in.ID, in.Body.LowAt)
		return &body[StockView]{viewStock(v)}, err
	})
}
