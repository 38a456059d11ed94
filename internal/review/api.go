package review

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
)

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// ProductRef names a product as it was sold.
type ProductRef struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// ReplyView is a store's answer.
type ReplyView struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// View is a review in an answer.
type View struct {
	ID         string      `json:"id"`
	Store      StoreRef    `json:"store"`
	Product    *ProductRef `json:"product,omitempty" doc:"What it is about; absent: the store."`
	Order      string      `json:"order,omitempty" doc:"For its author, the store's people and admins."`
	Stars      int64       `json:"stars"`
	Text       string      `json:"text" doc:"Plain text; may be empty."`
	Author     string      `json:"author" doc:"The first name and a letter; empty: the account was erased."`
	Mine       bool        `json:"mine" doc:"You said it."`
	State      State       `json:"state" enum:"shown,hidden,withdrawn"`
	HideReason string      `json:"hide_reason,omitempty" doc:"For its author, the store's people and admins."`
	Reply      *ReplyView  `json:"reply,omitempty" doc:"The store's; absent without one."`
	EditUntil  *time.Time  `json:"edit_until,omitempty" doc:"Until when you may change it; absent when you may not."`
	EditedAt   *time.Time  `json:"edited_at" nullable:"true"`
	CreatedAt  time.Time   `json:"created_at"`
	Actions    []Action    `json:"allowed_actions"`
}

// View is a review as answers and pages show it.
func (s *Service) View(r Review) View {
	v := View{
		ID: r.PublicID, Store: StoreRef{r.Store.PublicID, r.Store.Name, r.Store.Slug}, Stars: r.Stars, Text: r.Body, Author: r.Author, Mine: r.Mine, State: State(r.State),
		CreatedAt: clock.Time(r.CreatedAt), Actions: r.Actions,
	}
	if r.Product != "" {
		v.Product = &ProductRef{r.Product, r.Title}
	}
	if r.Mine || r.Inside {
		v.Order, v.HideReason = r.Reference, r.HideReason
	}
	if r.RepliedAt != nil {
		v.Reply = &ReplyView{r.Review.Reply, clock.Time(*r.RepliedAt)}
	}
	if r.EditedAt != nil {
		at := clock.Time(*r.EditedAt)
		v.EditedAt = &at
	}
	if until := r.EditUntil(); r.Mine && State(r.State) == Shown && s.clock.Now().Before(until) {
		v.EditUntil = &until
	}
	return v
}

// Views are reviews as answers and pages show them.
func (s *Service) Views(list []Review) []View {
	out := make([]View, len(list))
	for i, r := range list {
		out[i] = s.View(r)
	}
	return out
}

// OfOrderView is what was said of an order.
type OfOrderView struct {
	Order    string       `json:"order"`
	Reviews  []View       `json:"reviews"`
	Store    bool         `json:"store_open" doc:"You may still rate the store."`
	Products []ProductRef `json:"products_open" doc:"What else you may still rate."`
}

type one[T any] struct{ Body T }

type nothing struct{}

// ByID names a thing in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

type listIn struct {
	web.PageParams
	Store   string `query:"store" maxLength:"40" doc:"Of this store."`
	Product string `query:"product" maxLength:"40" doc:"Of this product. Name one or the other."`
	Stars   int64  `query:"stars" minimum:"0" maximum:"5" doc:"With so many stars; 0: all."`
	State   string `query:"state" enum:",shown,hidden,withdrawn" doc:"For admins, who may name neither store nor product."`
}

type atStoreIn struct {
	ByID
	web.PageParams
	Stars      int64 `query:"stars" minimum:"0" maximum:"5"`
	Unanswered bool  `query:"unanswered" doc:"Those that are shown and have no reply."`
}

type mineIn struct{ web.PageParams }

type postIn struct {
	Body struct {
		Order   string `json:"order" minLength:"1" maxLength:"40"`
		Product string `json:"product,omitempty" maxLength:"40" doc:"One of the order's; absent: rate the store."`
		Stars   int64  `json:"stars" minimum:"1" maximum:"5"`
		Text    string `json:"text,omitempty" maxLength:"2000" doc:"Plain text."`
	}
}

type changeIn struct {
	ByID
	Body struct {
		Stars int64  `json:"stars" minimum:"1" maximum:"5"`
		Text  string `json:"text" maxLength:"2000"`
	}
}

type replyIn struct {
	ByID
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"2000"`
	}
}

type hideIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Its author reads it."`
	}
}

func op(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
	return web.Op{Method: method, Path: path, ID: "review." + id, Room: "review", Access: access, Summary: summary, Errors: errs}
}

// show is the answer of whatever changed a review.
func (s *Service) show(ctx context.Context, id string, err error) (*one[View], error) {
	if err != nil {
		return nil, err
	}
	r, err := s.Get(ctx, web.CallerFrom(ctx), id)
	if err != nil {
		return nil, err
	}
	return &one[View]{s.View(r)}, nil
}

func (s *Service) listed(list []Review, next string, err error) (*one[web.Page[View]], error) {
	if err != nil {
		return nil, err
	}
	return &one[web.Page[View]]{web.NewPage(s.Views(list), next)}, nil
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	s.mountLists(api)
	post := op(http.MethodPost, "/v1/reviews", "post", "Rate the store of your order, or one of its products", web.SignedIn,
		order.ErrNotFound, store.ErrNoRight, store.ErrSellerRole, ErrReviewed, ErrNotDone, ErrNotThere, ErrOwn, web.ErrInvalid)
	post.Idempotent, post.Status = true, http.StatusCreated
	post.Description = "Once for the store and once for each product, after the goods have arrived or the material was paid."
	web.Register(api, post, func(ctx context.Context, in *postIn) (*one[View], error) {
		b := in.Body
		id, replayed, err := s.Post(ctx, web.CallerFrom(ctx), Said{b.Order, b.Product, b.Stars, b.Text})
		if replayed {
			web.MarkReplayed(ctx)
		}
		return s.show(ctx, id, err)
	})
	web.Register(api, op(http.MethodGet, "/v1/reviews/{id}", "get", "A review", web.Public, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[View], error) { return s.show(ctx, in.ID, nil) })
	web.Register(api, op(http.MethodPatch, "/v1/reviews/{id}", "change", "Say something else, for 30 days", web.Owner, ErrNotFound, ErrWindow, ErrState, web.ErrForbidden, web.ErrInvalid),
		func(ctx context.Context, in *changeIn) (*one[View], error) {
			return s.show(ctx, in.ID, s.Change(ctx, web.CallerFrom(ctx), in.ID, in.Body.Stars, in.Body.Text))
		})
	withdraw := op(http.MethodDelete, "/v1/reviews/{id}", "withdraw", "Take back what you said, for good", web.Owner, ErrNotFound, ErrState, web.ErrForbidden)
	web.Register(api, withdraw, func(ctx context.Context, in *ByID) (*nothing, error) {
		return nil, s.Move(ctx, web.CallerFrom(ctx), in.ID, Withdraw, "")
	})
	web.Register(api, op(http.MethodPost, "/v1/reviews/{id}/reply", "reply", "Answer a review, once, as the store", web.Owner, ErrNotFound, ErrReplied, ErrState, web.ErrForbidden, web.ErrInvalid),
		func(ctx context.Context, in *replyIn) (*one[View], error) {
			return s.show(ctx, in.ID, s.Answer(ctx, web.CallerFrom(ctx), in.ID, in.Body.Text))
		})
	web.Register(api, op(http.MethodPost, "/v1/reviews/{id}/hide", "hide", "Hide a review, with the reason", web.Admin, ErrNotFound, ErrState, web.ErrInvalid),
		func(ctx context.Context, in *hideIn) (*one[View], error) {
			return s.show(ctx, in.ID, s.Move(ctx, web.CallerFrom(ctx), in.ID, Hide, in.Body.Reason))
		})
	web.Register(api, op(http.MethodPost, "/v1/reviews/{id}/show", "show", "Show a hidden review again", web.Admin, ErrNotFound, ErrState),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			return s.show(ctx, in.ID, s.Move(ctx, web.CallerFrom(ctx), in.ID, Show, ""))
		})
}

func (s *Service) mountLists(api *web.API) {
	web.Register(api, op(http.MethodGet, "/v1/reviews", "list", "What buyers say of a store or of a product, newest first", web.Public,
		web.ErrForbidden, store.ErrStoreNotFound, catalog.ErrProductNotFound, db.ErrUnsupportedFilter, db.ErrInvalidCursor), s.list)
	web.Register(api, op(http.MethodGet, "/v1/me/reviews", "mine", "What you have said, newest first", web.SignedIn, db.ErrInvalidCursor),
		func(ctx context.Context, in *mineIn) (*one[web.Page[View]], error) {
			return s.listed(s.Mine(ctx, web.CallerFrom(ctx), in.PageParams))
		})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/reviews", "at_store", "All that is said of your store and its products, newest first", web.Owner, store.ErrStoreNotFound, db.ErrInvalidCursor),
		func(ctx context.Context, in *atStoreIn) (*one[web.Page[View]], error) {
			return s.listed(s.AtStore(ctx, web.CallerFrom(ctx), in.ID, in.Stars, in.Unanswered, in.PageParams))
		})
	web.Register(api, op(http.MethodGet, "/v1/orders/{id}/reviews", "of_order", "What was said of an order, and what you may still rate", web.Owner, order.ErrNotFound, store.ErrNoRight, store.ErrSellerRole),
		func(ctx context.Context, in *ByID) (*one[OfOrderView], error) {
			x, err := s.OfOrder(ctx, web.CallerFrom(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			v := OfOrderView{Order: x.Order.ID, Reviews: s.Views(x.Reviews), Store: x.Store, Products: make([]ProductRef, len(x.Open))}
			for i, p := range x.Open {
				v.Products[i] = ProductRef(p)
			}
			return &one[OfOrderView]{v}, nil
		})
}

func (s *Service) list(ctx context.Context, in *listIn) (*one[web.Page[View]], error) {
	caller := web.CallerFrom(ctx)
	switch {
	case in.State != "" && !caller.Is(web.RoleAdmin):
		return nil, web.ErrForbidden
	case in.Store == "" && in.Product == "" && caller.Is(web.RoleAdmin):
		return s.listed(s.All(ctx, caller, State(in.State), in.Stars, in.PageParams))
	case (in.Store == "") == (in.Product == ""), in.State != "":
		return nil, db.ErrUnsupportedFilter
	case in.Store != "":
		return s.listed(s.OfStore(ctx, caller, in.Store, in.Stars, in.PageParams))
	}
	return s.listed(s.OfProduct(ctx, caller, in.Product, in.Stars, in.PageParams))
}
