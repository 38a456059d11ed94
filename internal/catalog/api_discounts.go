package catalog

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// DiscountView is a discount of a store in an answer.
type DiscountView struct {
	ID             string         `json:"id"`
	Store          string         `json:"store,omitempty" doc:"Absent for a sale event."`
	Title          string         `json:"title"`
	Percent        *string        `json:"percent" doc:"Off the price; null for a discount by amount."`
	Amount         *string        `json:"amount" doc:"Off each piece; null for a discount by percent."`
	Currency       money.Currency `json:"currency,omitempty" doc:"Of the amount."`
	Scope          Scope          `json:"scope" enum:"all,products,categories,stores"`
	Products       []string       `json:"products,omitempty"`
	Categories     []string       `json:"categories,omitempty" doc:"With all that is below them."`
	Stores         []string       `json:"stores,omitempty"`
	Joined         []string       `json:"joined,omitempty" doc:"The stores that joined a sale event which stores pay."`
	PaidBy         Payer          `json:"paid_by" enum:"store,platform"`
	State          DiscountState  `json:"state" enum:"scheduled,live,ended"`
	From           time.Time      `json:"from"`
	To             *time.Time     `json:"to" doc:"It holds until just before; null: until it is ended."`
	Version        int64          `json:"version"`
	AllowedActions []string       `json:"allowed_actions" doc:"What its state allows to those who may change it."`
	CreatedAt      time.Time      `json:"created_at"`
	UpdatedAt      time.Time      `json:"updated_at"`
}

func viewDiscount(d Discount) DiscountView {
	v := DiscountView{
		ID: d.ID, Store: d.Store, Title: d.Title, Scope: d.Scope, PaidBy: d.PaidBy, State: d.State, From: d.From, To: d.To, Joined: d.Stores,
		Version: d.Version, AllowedActions: []string{}, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	if d.Kind == Percent {
		p := money.FormatRate(d.Value)
		v.Percent = &p
	} else {
		a := money.Format(d.Value, d.Currency)
		v.Amount, v.Currency = &a, d.Currency
	}
	switch d.Scope {
	case ScopeProducts:
		v.Products = d.Things
	case ScopeCategories:
		v.Categories = d.Things
	case ScopeStores:
		v.Stores = d.Things
	}
	if d.State != Ended {
		v.AllowedActions = []string{"change", "end"}
		if d.Store == "" && d.PaidBy == PaidByStore {
			v.AllowedActions = []string{"change", "end", "join", "leave"}
		}
	}
	return v
}

type discountIn struct {
	IDIn
	Body struct {
		Title    string     `json:"title" minLength:"1" maxLength:"255"`
		Percent  string     `json:"percent,omitempty" maxLength:"8" doc:"Off the price, such as 12.5. This or amount."`
		Amount   string     `json:"amount,omitempty" maxLength:"20" doc:"Off each piece, never below zero. This or percent."`
		From     *time.Time `json:"from,omitempty" doc:"Now, without it."`
		To       *time.Time `json:"to,omitempty" doc:"It holds until just before; without it, until it is ended."`
		Products []string   `json:"products,omitempty" maxItems:"500" doc:"Of the store; all of them, without it."`
	}
}

type discountPatchIn struct {
	IDIn
	Body struct {
		Version  *int64     `json:"version,omitempty" minimum:"1"`
		Title    *string    `json:"title,omitempty" minLength:"1" maxLength:"255"`
		Percent  *string    `json:"percent,omitempty" maxLength:"8"`
		Amount   *string    `json:"amount,omitempty" maxLength:"20"`
		From     *time.Time `json:"from,omitempty"`
		To       *time.Time `json:"to,omitempty"`
		Products *[]string  `json:"products,omitempty" maxItems:"500" doc:"Empty: all of the store's."`
	}
}

type eventIn struct {
	Body struct {
		Title      string     `json:"title" minLength:"1" maxLength:"255"`
		Percent    string     `json:"percent" maxLength:"8" doc:"Off the price, such as 12.5."`
		From       *time.Time `json:"from,omitempty" doc:"Now, without it."`
		To         time.Time  `json:"to" doc:"It holds until just before."`
		PaidBy     Payer      `json:"paid_by" enum:"store,platform" doc:"platform: the market pays what buyers save. store: stores join, and pay it themselves."`
		Products   []string   `json:"products,omitempty" maxItems:"500" doc:"One of products, categories and stores; without any, everything."`
		Categories []string   `json:"categories,omitempty" maxItems:"500" doc:"With all that is below them."`
		Stores     []string   `json:"stores,omitempty" maxItems:"500"`
	}
}

type eventPatchIn struct {
	IDIn
	Body struct {
		Version *int64     `json:"version,omitempty" minimum:"1"`
		Title   *string    `json:"title,omitempty" minLength:"1" maxLength:"255"`
		Percent *string    `json:"percent,omitempty" maxLength:"8"`
		From    *time.Time `json:"from,omitempty"`
		To      *time.Time `json:"to,omitempty"`
	}
}

type discountsIn struct {
	IDIn
	web.PageParams
	State string `query:"state" enum:"scheduled,live,ended"`
}

type eventsIn struct {
	web.PageParams
	State string `query:"state" enum:"scheduled,live,ended"`
}

type joinIn struct {
	ID    string `path:"id" maxLength:"40"`
	Event string `path:"event" maxLength:"40"`
}

func (s *Service) mountDiscounts(api *web.API) {
	changing := []*fault.Error{ErrInvalidDiscount, ErrDiscountState, ErrDiscountLive, ErrVersion}
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/stores/{id}/discounts", ID: "discount.create", Summary: "Lower prices for a time", Room: roomName,
		Access: web.Owner, Status: http.StatusCreated, Idempotent: true, Errors: append([]*fault.Error{ErrInvalidDiscount, ErrManyDiscounts}, storeFaults...),
		Description: "A percentage or an amount off each piece, for some products of the store or for all. Discounts never add up: the best single " +
			"price holds. Orders that were placed keep the price that they were placed with.",
	}, func(ctx context.Context, in *discountIn) (*body[DiscountView], error) {
		b := in.Body
		d, err := s.CreateDiscount(ctx, web.CallerFrom(ctx), in.ID, DiscountInput{
			Title: b.Title, Percent: b.Percent, Amount: b.Amount, From: b.From, To: b.To, Things: b.Products,
		})
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/stores/{id}/discounts", ID: "discount.list", Summary: "A store's discounts", Room: roomName,
		Access: web.Owner, Errors: append([]*fault.Error{db.ErrInvalidCursor}, storeFaults...),
	}, func(ctx context.Context, in *discountsIn) (*body[web.Page[DiscountView]], error) {
		items, next, err := s.Discounts(ctx, web.CallerFrom(ctx), in.ID, DiscountState(in.State), in.Limit, in.Cursor)
		return page(items, next, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/discounts/{id}", ID: "discount.get", Summary: "A discount", Room: roomName, Access: web.Owner,
		Errors: faults(ErrDiscountNotFound),
	}, func(ctx context.Context, in *IDIn) (*body[DiscountView], error) {
		d, err := s.Discount(ctx, web.CallerFrom(ctx), in.ID)
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/discounts/{id}", ID: "discount.change", Summary: "Change a discount", Room: roomName, Access: web.Owner,
		Description: "All of one that has not begun; title and end of one that is live.", Errors: faults(append(changing, ErrDiscountNotFound)...),
	}, func(ctx context.Context, in *discountPatchIn) (*body[DiscountView], error) {
		b := in.Body
		d, err := s.ChangeDiscount(ctx, web.CallerFrom(ctx), in.ID, DiscountPatch{
			Version: b.Version, Title: b.Title, Percent: b.Percent, Amount: b.Amount, From: b.From, To: b.To, Things: b.Products,
		})
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/discounts/{id}/end", ID: "discount.end", Summary: "End a discount now", Room: roomName, Access: web.Owner,
		Description: "One that has not begun never will. Ending it again changes nothing.", Errors: faults(ErrDiscountNotFound),
	}, func(ctx context.Context, in *IDIn) (*body[DiscountView], error) {
		d, err := s.EndDiscount(ctx, web.CallerFrom(ctx), in.ID)
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodDelete, Path: "/v1/discounts/{id}", ID: "discount.delete", Summary: "End a discount now", Room: roomName, Access: web.Owner,
		Description: "As …/end: it is kept for the orders that had it.", Errors: faults(ErrDiscountNotFound),
	}, func(ctx context.Context, in *IDIn) (*nothing, error) {
		_, err := s.EndDiscount(ctx, web.CallerFrom(ctx), in.ID)
		return nil, err
	})
	s.mountEvents(api)
}

func (s *Service) mountEvents(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/sale-events", ID: "sale_event.create", Summary: "Announce a sale event of the market", Room: roomName,
		Access: web.Admin, Status: http.StatusCreated, Idempotent: true, Errors: []*fault.Error{ErrInvalidDiscount},
		Description: "A percentage off everything, or off some products, categories or stores. Either the market pays what buyers save, or stores join " +
			"and pay it themselves.",
	}, func(ctx context.Context, in *eventIn) (*body[DiscountView], error) {
		b := in.Body
		scope, things := ScopeAll, []string(nil)
		for of, list := range map[Scope][]string{ScopeProducts: b.Products, ScopeCategories: b.Categories, ScopeStores: b.Stores} {
			switch {
			case len(list) > 0 && scope != ScopeAll:
				return nil, ErrInvalidDiscount.Field("products", "one_of", "Name products, categories or stores, one of them.")
			case len(list) > 0:
				scope, things = of, list
			}
		}
		d, err := s.CreateEvent(ctx, DiscountInput{Title: b.Title, Percent: b.Percent, From: b.From, To: &b.To, PaidBy: b.PaidBy, Scope: scope, Things: things})
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/sale-events", ID: "sale_event.list", Summary: "The market's sale events", Room: roomName, Access: web.Public,
		Description: "Buyers see what is on; sellers and admins also what comes and what was.", Errors: []*fault.Error{db.ErrInvalidCursor},
	}, func(ctx context.Context, in *eventsIn) (*body[web.Page[DiscountView]], error) {
		items, next, err := s.Events(ctx, web.CallerFrom(ctx), DiscountState(in.State), in.Limit, in.Cursor)
		return page(items, next, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/sale-events/{id}", ID: "sale_event.get", Summary: "A sale event", Room: roomName, Access: web.Public,
		Errors: []*fault.Error{ErrEventNotFound},
	}, func(ctx context.Context, in *IDIn) (*body[DiscountView], error) {
		d, err := s.Event(ctx, web.CallerFrom(ctx), in.ID)
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodPatch, Path: "/v1/sale-events/{id}", ID: "sale_event.change", Summary: "Change a sale event", Room: roomName, Access: web.Admin,
		Description: "All but what it is for while it has not begun; title and end of one that is live.",
		Errors:      []*fault.Error{ErrEventNotFound, ErrInvalidDiscount, ErrDiscountState, ErrDiscountLive, ErrVersion},
	}, func(ctx context.Context, in *eventPatchIn) (*body[DiscountView], error) {
		b := in.Body
		d, err := s.ChangeEvent(ctx, web.CallerFrom(ctx), in.ID, DiscountPatch{Version: b.Version, Title: b.Title, Percent: b.Percent, From: b.From, To: b.To})
		return reply(d, err, viewDiscount)
	})
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/sale-events/{id}/end", ID: "sale_event.end", Summary: "End a sale event now", Room: roomName, Access: web.Admin,
		Errors: []*fault.Error{ErrEventNotFound},
	}, func(ctx context.Context, in *IDIn) (*body[DiscountView], error) {
		d, err := s.EndEvent(ctx, web.CallerFrom(ctx), in.ID)
		return reply(d, err, viewDiscount)
	})
	for _, verb := range []struct {
		name, summary string
		do            func(context.Context, web.Caller, string, string) (Discount, error)
	}{
		{"join", "Join a sale event with a store", s.JoinEvent},
		{"leave", "Leave a sale event with a store", s.LeaveEvent},
	} {
		web.Register(api, web.Op{
			Method: http.MethodPost, Path: "/v1/stores/{id}/sale-events/{event}/" + verb.name, ID: "sale_event." + verb.name, Summary: verb.summary,
			Room: roomName, Access: web.Owner, Description: "With all that the event is for; the store pays what its buyers save. Again changes nothing.",
			Errors: append([]*fault.Error{ErrEventNotFound, ErrDiscountState, ErrNotJoinable}, storeFaults...),
		}, func(ctx context.Context, in *joinIn) (*body[DiscountView], error) {
			d, err := verb.do(ctx, web.CallerFrom(ctx), in.Event, in.ID)
			return reply(d, err, viewDiscount)
		})
	}
}
