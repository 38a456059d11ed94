package invoice

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

type one[T any] struct{ Body T }

type idIn struct {
	ID string `path:"id" maxLength:"64"`
}

type tokenIn struct {
	Token string `path:"token" maxLength:"64"`
}

type listIn struct {
	web.PageParams
	Store  string    `query:"store" maxLength:"64" doc:"A store's, for its people"`
	All    bool      `query:"all" doc:"Everybody's, for admins"`
	Kind   string    `query:"kind" enum:"invoice,credit_note"`
	Number string    `query:"number" maxLength:"16"`
	From   time.Time `query:"from" doc:"Issued at this time or later"`
	To     time.Time `query:"to" doc:"Issued before this time"`
}

type selfIn struct {
	web.PageParams
	Store string `query:"store" maxLength:"64" doc:"What this store bought, for its people"`
	All   bool   `query:"all" doc:"Everybody's, for admins"`
}

// followRate is that of order's follow links.
var followRate = web.Limit{Name: "follow", Per: time.Minute, Burst: 120}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	op := func(path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: http.MethodGet, Path: path, ID: "invoice." + id, Summary: summary, Room: "invoice", Access: access, Errors: errs}
	}
	list := op("/v1/invoices", "list", "Invoices and credit notes: yours, a store's, or all of them; newest first", web.SignedIn,
		db.ErrUnsupportedFilter, db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, ErrAdminList)
	list.Description = "An invoice is written when an order leaves its store, with the next number of that store in the financial year; credit notes have numbers of their own."
	web.Register(api, list, func(ctx context.Context, in *listIn) (*one[web.Page[Summary]], error) {
		out, err := s.List(ctx, web.CallerFrom(ctx), Query{in.Store, in.All, in.Kind, in.Number, in.From, in.To}, in.PageParams)
		return &one[web.Page[Summary]]{out}, err
	})
	self := op("/v1/self-invoices", "self", "Papers of what stores bought: what you sold, what a store bought, or all of them; newest first", web.SignedIn,
		db.ErrInvalidCursor, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, ErrAdminList)
	self.Description = "Who sells scrap at his door writes no invoice: the store that buys does, when it is weighed and paid, with a number of its own series."
	web.Register(api, self, func(ctx context.Context, in *selfIn) (*one[web.Page[Summary]], error) {
		out, err := s.SelfInvoices(ctx, web.CallerFrom(ctx), in.Store, in.All, in.PageParams)
		return &one[web.Page[Summary]]{out}, err
	})
	web.Register(api, op("/v1/invoices/{id}", "get", "An invoice or a credit note", web.Owner, ErrNotFound, store.ErrNoRight, store.ErrSellerRole),
		func(ctx context.Context, in *idIn) (*one[View], error) {
			out, err := s.Get(ctx, web.CallerFrom(ctx), in.ID)
			return &one[View]{out}, err
		})
	asPDF := op("/v1/invoices/{id}/invoice.pdf", "paper", "An invoice or a credit note as PDF", web.Owner, ErrNotFound, store.ErrNoRight, store.ErrSellerRole)
	asPDF.Produces = []string{"application/pdf"}
	web.Register(api, asPDF, s.getPaper)
	web.Register(api, op("/v1/orders/{id}/invoice", "of_order", "The invoice of an order, or the paper of what a store bought", web.Owner, order.ErrNotFound, ErrNotIssued, store.ErrNoRight, store.ErrSellerRole),
		func(ctx context.Context, in *idIn) (*one[View], error) {
			out, err := s.OfOrder(ctx, web.CallerFrom(ctx), in.ID)
			return &one[View]{out}, err
		})
	followed := op("/v1/guest/orders/{token}/invoice", "followed", "The invoice of the order of a follow link", web.Public, order.ErrFollow, ErrNotIssued)
	followed.Limit = followRate
	web.Register(api, followed, func(ctx context.Context, in *tokenIn) (*one[View], error) {
		out, err := s.Followed(ctx, in.Token)
		return &one[View]{out}, err
	})
	followedPDF := op("/v1/guest/orders/{token}/invoice.pdf", "followed_paper", "The invoice of the order of a follow link as PDF", web.Public, order.ErrFollow, ErrNotIssued)
	followedPDF.Limit, followedPDF.Produces = followRate, []string{"application/pdf"}
	web.Register(api, followedPDF, func(ctx context.Context, in *tokenIn) (*paperOut, error) {
		return paper(s.Followed(ctx, in.Token))
	})
}
