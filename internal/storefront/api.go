package storefront

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

// View is a storefront as everybody sees it.
type View struct {
	ID           string            `json:"id" example:"sfr_0gk3c1a7k2m9xq4t0vj3whc"`
	Store        StoreRef          `json:"store"`
	URL          string            `json:"url" doc:"Its page; empty in a market without a public address."`
	QR           string            `json:"qr" doc:"The operation that draws its code; the code leads to the page."`
	Card         string            `json:"card" doc:"The operation that gives a sheet of visiting cards."`
	Description  string            `json:"description"`
	BusinessType string            `json:"business_type"`
	Hours        string            `json:"hours" doc:"In the store's own words; may be empty."`
	Phone        string            `json:"phone"`
	WhatsApp     string            `json:"whatsapp_url" doc:"Opens a conversation with the store; empty without a number."`
	Address      *identity.Address `json:"address,omitempty"`
	Places       []rate.PlaceView  `json:"service_areas" doc:"The postal codes that it serves."`
	Rating       *store.Rating     `json:"rating,omitempty" doc:"Absent while nobody has rated the store."`
	CreatedAt    time.Time         `json:"created_at"`
}

// OwnView is a storefront as its store's people and admins see it.
type OwnView struct {
	View
	State         State      `json:"state" enum:"published,unpublished,suspended"`
	Visible       bool       `json:"visible" doc:"Whether everybody sees it now."`
	Reason        Reason     `json:"reason" enum:"visible,unpublished,suspended,store_closed,does_not_buy,no_subscription"`
	ActiveUntil   *time.Time `json:"active_until" nullable:"true" doc:"The end of what is paid; null while it is not seen."`
	DaysLeft      int64      `json:"days_left" doc:"Begun days."`
	SuspendReason string     `json:"suspend_reason,omitempty"`
	Actions       []Action   `json:"allowed_actions" doc:"What the caller can do to its state."`
}

func (s *Service) view(f Storefront) View {
	p := f.Store.Profile
	v := View{
		ID: f.ID, Store: StoreRef{f.Store.PublicID, f.Store.Code, p.Name, p.Slug}, URL: s.Address(f), QR: "/v1/storefronts/" + p.Slug + "/qr", Card: "/v1/storefronts/" + p.Slug + "/card",
		Description: p.Description, BusinessType: p.BusinessType, Hours: f.Hours, Phone: p.Phone, WhatsApp: WhatsApp(p), Address: p.Address, Places: make([]rate.PlaceView, len(f.Places)),
		Rating: f.Rating, CreatedAt: f.CreatedAt,
	}
	for i, x := range f.Places {
		v.Places[i] = rate.PlaceView(x)
	}
	return v
}

// WhatsApp opens a conversation with a store; "" without a number.
func WhatsApp(p store.Profile) string {
	number := strings.TrimPrefix(p.WhatsApp, "+")
	if number == "" {
		return ""
	}
	return "https://wa.me/" + number
}

func (s *Service) ownView(ctx context.Context, f Storefront) OwnView {
	caller := web.CallerFrom(ctx)
	v := OwnView{View: s.view(f), State: f.State, Visible: f.Reason == Visible, Reason: f.Reason, SuspendReason: f.SuspendReason}
	if v.Visible {
		v.ActiveUntil, v.DaysLeft = &f.Until, int64((f.Until.Sub(s.clock.Now())+24*time.Hour-1)/(24*time.Hour))
	}
	v.Actions = f.State.actions(f.Store.OwnerID == caller.AccountID, caller.Is(web.RoleAdmin))
	return v
}

type one[T any] struct{ Body T }

type nothing struct{}

// ByID names a thing in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// BySlug names a storefront. It is exported because only exported embedded types are read.
type BySlug struct {
	Slug string `path:"slug" maxLength:"60" doc:"Of its store; the store's id leads there too."`
}

type listIn struct{ web.PageParams }

type allIn struct {
	web.PageParams
	State string `query:"state" enum:",published,unpublished,suspended" doc:"In this state only."`
}

type hoursIn struct {
	ByID
	Body struct {
		Hours string `json:"hours,omitempty" maxLength:"200" doc:"When the store is open, such as Mon–Sat 9am–6pm."`
	}
}

type whyIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"The owner is told."`
	}
}

type codeIn struct {
	BySlug
	identity.CodeParams
}

type ratesIn struct {
	BySlug
	web.PageParams
	PostalCode string `query:"postal_code" maxLength:"10"`
}

type cardOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Cache       string `header:"Cache-Control"`
	Body        []byte
}

var refusals = []*fault.Error{store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed}

func op(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
	if access == web.Owner {
		errs = append(errs, refusals...)
	}
	return web.Op{Method: method, Path: path, ID: "storefront." + id, Room: "storefront", Access: access, Summary: summary, Errors: errs}
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	s.mountPublic(api)
	own := func(ctx context.Context, id string, err error) (*one[OwnView], error) {
		if err != nil {
			return nil, err
		}
		f, err := s.Own(ctx, web.CallerFrom(ctx), id)
		if err != nil {
			return nil, err
		}
		return &one[OwnView]{s.ownView(ctx, f)}, nil
	}
	const path = "/v1/stores/{id}/storefront"
	create := op(http.MethodPost, path, "create", "Open your store's storefront", web.Owner, ErrTaken, ErrNoPlan, ErrNotFound, rate.ErrDoesNotBuy, web.ErrInvalid)
	create.Status, create.Description = http.StatusCreated, "One for a store, while a subscription runs. It is seen at once, until the last subscription ends."
	web.Register(api, create, func(ctx context.Context, in *hoursIn) (*one[OwnView], error) {
		return own(ctx, in.ID, s.Create(ctx, web.CallerFrom(ctx), in.ID, in.Body.Hours))
	})
	web.Register(api, op(http.MethodGet, path, "own", "Your store's storefront, whether it is seen, and why not", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[OwnView], error) { return own(ctx, in.ID, nil) })
	web.Register(api, op(http.MethodPatch, path, "change", "Say when your store is open", web.Owner, ErrNotFound, web.ErrInvalid),
		func(ctx context.Context, in *hoursIn) (*one[OwnView], error) {
			return own(ctx, in.ID, s.SetHours(ctx, web.CallerFrom(ctx), in.ID, in.Body.Hours))
		})
	for a, summary := range map[Action]string{Publish: "Show your storefront again", Unpublish: "Hide your storefront"} {
		web.Register(api, op(http.MethodPost, path+"/"+string(a), string(a), summary, web.Owner, ErrNotFound, ErrState),
			func(ctx context.Context, in *ByID) (*one[OwnView], error) {
				return own(ctx, in.ID, s.Move(ctx, web.CallerFrom(ctx), in.ID, a, ""))
			})
	}
	web.Register(api, op(http.MethodPost, path+"/suspend", "suspend", "Hide a storefront until you reinstate it", web.Admin, ErrNotFound, ErrState, web.ErrInvalid, store.ErrStoreNotFound),
		func(ctx context.Context, in *whyIn) (*one[OwnView], error) {
			return own(ctx, in.ID, s.Move(ctx, web.CallerFrom(ctx), in.ID, Suspend, in.Body.Reason))
		})
	web.Register(api, op(http.MethodPost, path+"/reinstate", "reinstate", "End a suspension", web.Admin, ErrNotFound, ErrState, store.ErrStoreNotFound),
		func(ctx context.Context, in *ByID) (*one[OwnView], error) {
			return own(ctx, in.ID, s.Move(ctx, web.CallerFrom(ctx), in.ID, Reinstate, ""))
		})
	web.Register(api, op(http.MethodGet, "/v1/stores/storefronts", "all", "All storefronts, seen or not, newest first", web.Admin, db.ErrInvalidCursor),
		func(ctx context.Context, in *allIn) (*one[web.Page[OwnView]], error) {
			list, next, err := s.All(ctx, web.CallerFrom(ctx), State(in.State), in.PageParams)
			out := make([]OwnView, len(list))
			for i, f := range list {
				out[i] = s.ownView(ctx, f)
			}
			return &one[web.Page[OwnView]]{web.NewPage(out, next)}, err
		})
	web.Register(api, op(http.MethodDelete, path, "delete", "Take a storefront away for good; the store may open another one", web.Admin, ErrNotFound, store.ErrStoreNotFound),
		func(ctx context.Context, in *ByID) (*nothing, error) {
			return nil, s.Delete(ctx, web.CallerFrom(ctx), in.ID)
		})
}

func (s *Service) mountPublic(api *web.API) {
	web.Register(api, op(http.MethodGet, "/v1/storefronts", "list", "The storefronts that are seen, newest first", web.Public, db.ErrInvalidCursor),
		func(ctx context.Context, in *listIn) (*one[web.Page[View]], error) {
			list, next, err := s.List(ctx, in.PageParams)
			out := make([]View, len(list))
			for i, f := range list {
				out[i] = s.view(f)
			}
			return &one[web.Page[View]]{web.NewPage(out, next)}, err
		})
	get := op(http.MethodGet, "/v1/storefronts/{slug}", "get", "A storefront", web.Public, ErrNotFound)
	get.Description = "It exists while it is published, its store is open and a subscription of it runs."
	web.Register(api, get, func(ctx context.Context, in *BySlug) (*one[View], error) {
		f, err := s.Find(ctx, in.Slug)
		if err != nil {
			return nil, err
		}
		return &one[View]{s.view(f)}, nil
	})
	web.Register(api, op(http.MethodGet, "/v1/storefronts/{slug}/rates", "rates", "What a storefront's store buys, and at which price", web.Public, ErrNotFound, rate.ErrPostalCode, db.ErrInvalidCursor),
		func(ctx context.Context, in *ratesIn) (*one[web.Page[rate.View]], error) {
			list, next, err := s.Rates(ctx, in.Slug, in.PostalCode, in.PageParams)
			return &one[web.Page[rate.View]]{web.NewPage(s.rates.Views(list), next)}, err
		})
	code := op(http.MethodGet, "/v1/storefronts/{slug}/qr", "qr", "A storefront's page as a QR code", web.Public, ErrNotFound)
	code.Produces, code.Description = identity.CodeTypes, "In a market without a public address it says the store's code."
	web.Register(api, code, func(ctx context.Context, in *codeIn) (*identity.CodeOut, error) {
		f, err := s.Find(ctx, in.Slug)
		if err != nil {
			return nil, err
		}
		return in.Draw(s.CodeText(f), f.Store.Profile.Name)
	})
	card := op(http.MethodGet, "/v1/storefronts/{slug}/card", "card", "A sheet of a storefront's visiting cards, as PDF", web.Public, ErrNotFound)
	card.Produces = []string{"application/pdf"}
	web.Register(api, card, func(ctx context.Context, in *BySlug) (*cardOut, error) {
		f, err := s.Find(ctx, in.Slug)
		if err != nil {
			return nil, err
		}
		b, err := s.Card(f)
		return &cardOut{"application/pdf", `inline; filename="` + f.Store.Profile.Slug + `.pdf"`, "private, no-store", b}, err
	})
}
