package inventory

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

const roomName = "inventory"

// StockView is the stock of a variant in an answer.
type StockView struct {
	Variant    string `json:"variant"`
	TrackStock bool   `json:"track_stock" doc:"Without it the figures mean nothing: the variant can always be bought."`
	OnHand     int64  `json:"on_hand" doc:"What stands on the shelf: available and reserved together."`
	Available  int64  `json:"available" doc:"What can be sold."`
	Reserved   int64  `json:"reserved" doc:"What is promised to open orders."`
	LowAt      int64  `json:"low_at" doc:"It is low when no more than this can be sold."`
	OwnLowAt   *int64 `json:"own_low_at" doc:"The variant's own figure; null where its store's holds."`
}

func viewStock(v Stock) StockView {
	return StockView{
		Variant: v.Variant, TrackStock: v.TrackStock, OnHand: v.Level.OnHand(), Available: v.Level.Available, Reserved: v.Level.Reserved,
		LowAt: v.LowAt, OwnLowAt: v.OwnLowAt,
	}
}

// MovementView is a line of the journal in an answer.
type MovementView struct {
	ID             string    `json:"id"`
	Variant        string    `json:"variant"`
	Kind           Kind      `json:"kind" enum:"adjust,reserve,sell,release,sell_now,return"`
	AvailableDelta int64     `json:"available_delta"`
	ReservedDelta  int64     `json:"reserved_delta"`
	OnHandAfter    int64     `json:"on_hand_after"`
	AvailableAfter int64     `json:"available_after"`
	ReservedAfter  int64     `json:"reserved_after"`
	Subject        string    `json:"subject" doc:"What it was for: an order, an import, a new product."`
	Reason         string    `json:"reason"`
	Note           string    `json:"note"`
	Actor          string    `json:"actor"`
	CreatedAt      time.Time `json:"created_at"`
}

func viewMovement(m Movement) MovementView {
	return MovementView{
		ID: m.PublicID, Variant: m.Variant, Kind: m.Kind, AvailableDelta: m.AvailableDelta, ReservedDelta: m.ReservedDelta,
		OnHandAfter: m.After.OnHand(), AvailableAfter: m.After.Available, ReservedAfter: m.After.Reserved, Subject: m.Subject,
		Reason: m.Reason, Note: m.Note, Actor: m.Actor, CreatedAt: m.CreatedAt,
	}
}

// IDIn names a thing in the path. Exported, because the fields of an embedded type are read only then.
type IDIn struct {
	ID string `path:"id" maxLength:"40"`
}

type movementsIn struct {
	IDIn
	web.PageParams
}

type adjustIn struct {
	IDIn
	Body struct {
		Delta  *int64 `json:"delta,omitempty" minimum:"-1000000000" maximum:"1000000000" doc:"So many more on the shelf, or fewer. This or set."`
		Set    *int64 `json:"set,omitempty" minimum:"0" maximum:"1000000000" doc:"So many were counted on the shelf, promised ones included. This or delta."`
		Reason string `json:"reason" enum:"received,counted,damaged,lost,found,returned,correction,other"`
		Note   string `json:"note,omitempty" maxLength:"500"`
	}
}

// faults are what every operation on stock may be refused with, and more.
func faults(more ...*fault.Error) []*fault.Error {
	return append(more, catalog.ErrVariantNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed)
}

type body[T any] struct{ Body T }

// Mount registers the operations.
func (s *Service) Mount(api *web.API) {
	s.mountShelf(api)
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/variants/{id}/stock", ID: "stock.get", Summary: "The stock of a variant", Room: roomName,
		Access: web.Owner, Errors: faults(),
	}, func(ctx context.Context, in *IDIn) (*body[StockView], error) {
		v, err := s.Stock(ctx, web.CallerFrom(ctx), in.ID)
		return &body[StockView]{viewStock(v)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/variants/{id}/stock/adjustments", ID: "stock.adjust", Summary: "Adjust the stock of a variant",
		Room: roomName, Access: web.Owner, Status: http.StatusCreated, Idempotent: true,
		Errors: faults(ErrAdjustment, ErrNotTracked, ErrBelowReserved, ErrTooMuchStock),
		Description: "Says what happened on the shelf: how much it changed, or what was counted. Less than what open orders were promised is " +
			"refused, and those orders are named.",
	}, func(ctx context.Context, in *adjustIn) (*body[MovementView], error) {
		b := in.Body
		m, err := s.Adjust(ctx, web.CallerFrom(ctx), in.ID, Adjustment{Delta: b.Delta, Set: b.Set, Reason: b.Reason, Note: b.Note})
		return &body[MovementView]{viewMovement(m)}, err
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/variants/{id}/stock/movements", ID: "stock.movements", Summary: "The journal of a variant's stock",
		Room: roomName, Access: web.Owner, Errors: faults(db.ErrInvalidCursor),
	}, func(ctx context.Context, in *movementsIn) (*body[web.Page[MovementView]], error) {
		items, next, err := s.Movements(ctx, web.CallerFrom(ctx), in.ID, in.Limit, in.Cursor)
		out := make([]MovementView, len(items))
		for i, m := range items {
			out[i] = viewMovement(m)
		}
		return &body[web.Page[MovementView]]{web.NewPage(out, next)}, err
	})
}
