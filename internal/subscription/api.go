package subscription

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
)

// PlanView is a plan.
type PlanView struct {
	ID          string `json:"id"`
	Code        string `json:"code"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Days        int64  `json:"days"`
	Price       string `json:"price"`
	Currency    string `json:"currency"`
	Areas       int64  `json:"postal_codes" doc:"How many a store may serve."`
	Trial       bool   `json:"trial" doc:"A store that opens to buy for the first time has it by itself, once for an owner."`
	Active      bool   `json:"active" doc:"Whether it is offered."`
}

// StoreRef names a store.
type StoreRef struct {
	ID   string `json:"id"`
	Code string `json:"code"`
	Name string `json:"name"`
}

// View is a subscription.
type View struct {
	ID        string        `json:"id"`
	Store     StoreRef      `json:"store"`
	Plan      string        `json:"plan" doc:"Its code, as it was chosen."`
	PlanName  string        `json:"plan_name"`
	Days      int64         `json:"days"`
	Areas     int64         `json:"postal_codes"`
	Price     string        `json:"price"`
	Currency  string        `json:"currency"`
	Trial     bool          `json:"trial"`
	Upgrade   bool          `json:"upgrade"`
	State     State         `json:"state" enum:"pending,active,expired,cancelled,lapsed"`
	Reason    string        `json:"reason,omitempty" doc:"Why it ended."`
	StartsAt  *time.Time    `json:"starts_at" nullable:"true"`
	EndsAt    *time.Time    `json:"ends_at" nullable:"true"`
	DaysLeft  int64         `json:"days_left" doc:"Begun days."`
	Payment   *payment.View `json:"payment,omitempty" doc:"Pay it like a checkout's: an attempt by bank_transfer or upi gives the bank's details and a QR code for this plan; then send the proof, which an admin approves or rejects."`
	CreatedAt time.Time     `json:"created_at"`
}

// AccessView says whether a store may buy.
type AccessView struct {
	Granted   bool       `json:"access_granted"`
	Reason    string     `json:"reason" enum:"active,no_subscription,waiting_for_payment,expired,store_closed,does_not_buy"`
	Current   *View      `json:"current,omitempty"`
	Pending   *View      `json:"pending,omitempty"`
	EndsAt    *time.Time `json:"expires_at" nullable:"true" doc:"Of all that is paid."`
	DaysLeft  int64      `json:"days_left"`
	Areas     int64      `json:"postal_codes" doc:"How many the store may serve by its plan."`
	TrialFree bool       `json:"trial_available"`
}

func (s *Service) view(x Subscription) View {
	v := View{
		ID: x.ID, Store: StoreRef{x.Store.PublicID, x.Store.Code, x.Store.Name}, Plan: x.Plan, PlanName: x.PlanName, Days: x.Days, Areas: x.Areas, Price: money.Format(x.Price, x.Currency),
		Currency: string(x.Currency), Trial: x.Trial, Upgrade: x.Upgrade, State: x.State, Reason: x.Reason, StartsAt: x.StartsAt, EndsAt: x.EndsAt, CreatedAt: x.CreatedAt,
	}
	if x.State == Active {
		v.DaysLeft = daysLeft(s.clock.Now(), *x.EndsAt)
	}
	if x.Payment != nil {
		p := x.Payment.View()
		v.Payment = &p
	}
	return v
}

func (s *Service) views(list []Subscription) []View {
	out := make([]View, len(list))
	for i, x := range list {
		out[i] = s.view(x)
	}
	return out
}

type one[T any] struct{ Body T }

// ByID names a thing in the path. It is exported because only exported embedded types are read.
type ByID struct {
	ID string `path:"id" maxLength:"40"`
}

// Plans are in an answer.
type Plans struct {
	Items []PlanView `json:"items"`
}

type plansIn struct {
	All bool `query:"all" doc:"For admins: those that are not offered too."`
}

type addPlanIn struct {
	Body struct {
		Code        string `json:"code" minLength:"2" maxLength:"40"`
		Name        string `json:"name" minLength:"1" maxLength:"100"`
		Description string `json:"description,omitempty" maxLength:"1000"`
		Days        int64  `json:"days" minimum:"1" maximum:"3660"`
		Price       string `json:"price" minLength:"1" maxLength:"20"`
		Areas       *int64 `json:"postal_codes,omitempty" minimum:"1" maximum:"11"`
	}
}

type changePlanIn struct {
	ByID
	Body struct {
		Name        *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Description *string `json:"description,omitempty" maxLength:"1000"`
		Days        *int64  `json:"days,omitempty" minimum:"1" maximum:"3660"`
		Price       *string `json:"price,omitempty" minLength:"1" maxLength:"20"`
		Areas       *int64  `json:"postal_codes,omitempty" minimum:"1" maximum:"11"`
		Active      *bool   `json:"active,omitempty"`
	}
}

type chooseIn struct {
	ByID
	Body struct {
		Plan    string `json:"plan" minLength:"1" maxLength:"40" doc:"The plan's id."`
		Upgrade bool   `json:"upgrade,omitempty" doc:"It begins at once when it is paid, and what is left of the present one is added at its end. Else it begins at that one's end."`
	}
}

type listIn struct {
	web.PageParams
	State string `query:"state" enum:"pending,active,expired,cancelled,lapsed"`
}

type ofStoreIn struct {
	ByID
	web.PageParams
	State string `query:"state" enum:"pending,active,expired,cancelled,lapsed"`
}

type endIn struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"3" maxLength:"500"`
	}
}

func op(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
	return web.Op{Method: method, Path: path, ID: "subscription." + id, Room: "subscription", Access: access, Summary: summary, Errors: errs}
}

// Mount registers the room's operations.
func (s *Service) Mount(api *web.API) {
	s.mountPlans(api)
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/subscription", "access", "Whether your store may buy, why, and for how many days", web.Owner, store.ErrStoreNotFound),
		func(ctx context.Context, in *ByID) (*one[AccessView], error) {
			a, err := s.AccessOf(ctx, web.CallerFrom(ctx), in.ID)
			if err != nil {
				return nil, err
			}
			v := AccessView{Granted: a.Granted, Reason: a.Reason, EndsAt: a.EndsAt, DaysLeft: a.DaysLeft, Areas: a.Areas, TrialFree: a.TrialFree}
			for _, x := range []struct {
				from *Subscription
				to   **View
			}{{a.Current, &v.Current}, {a.Pending, &v.Pending}} {
				if x.from != nil {
					one := s.view(*x.from)
					*x.to = &one
				}
			}
			return &one[AccessView]{v}, nil
		})
	choose := op(http.MethodPost, "/v1/stores/{id}/subscriptions", "choose", "Choose a plan for your store", web.Owner,
		ErrPlanNotFound, ErrPlanOff, ErrPending, ErrTrialUsed, ErrFarAhead, rate.ErrDoesNotBuy, store.ErrStoreNotFound, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed)
	choose.Idempotent, choose.Status = true, http.StatusCreated
	choose.Description = "It waits for its payment for 7 days; see payment there. Renewing is choosing again: it begins at the end of the present one."
	web.Register(api, choose, func(ctx context.Context, in *chooseIn) (*one[View], error) {
		caller := web.CallerFrom(ctx)
		id, replayed, err := s.Choose(ctx, caller, in.ID, in.Body.Plan, in.Body.Upgrade)
		if err != nil {
			return nil, err
		}
		if replayed {
			web.MarkReplayed(ctx)
		}
		return s.show(ctx, id, nil)
	})
	web.Register(api, op(http.MethodGet, "/v1/stores/{id}/subscriptions", "of_store", "Your store's subscriptions, newest first", web.Owner,
		store.ErrStoreNotFound, db.ErrInvalidCursor, db.ErrUnsupportedFilter),
		func(ctx context.Context, in *ofStoreIn) (*one[web.Page[View]], error) {
			list, next, err := s.List(ctx, web.CallerFrom(ctx), in.ID, in.State, in.PageParams)
			return &one[web.Page[View]]{web.NewPage(s.views(list), next)}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/subscriptions", "list", "All stores' subscriptions, newest first", web.Admin, db.ErrInvalidCursor),
		func(ctx context.Context, in *listIn) (*one[web.Page[View]], error) {
			list, next, err := s.List(ctx, web.CallerFrom(ctx), "", in.State, in.PageParams)
			return &one[web.Page[View]]{web.NewPage(s.views(list), next)}, err
		})
	web.Register(api, op(http.MethodGet, "/v1/subscriptions/{id}", "get", "A subscription and its payment", web.Owner, ErrNotFound),
		func(ctx context.Context, in *ByID) (*one[View], error) { return s.show(ctx, in.ID, nil) })
	web.Register(api, op(http.MethodPost, "/v1/subscriptions/{id}/cancel", "cancel", "Give a subscription up that waits for its payment", web.Owner,
		ErrNotFound, ErrState, store.ErrNoRight, store.ErrSellerRole, store.ErrStoreClosed),
		func(ctx context.Context, in *ByID) (*one[View], error) {
			return s.show(ctx, in.ID, s.Cancel(ctx, web.CallerFrom(ctx), in.ID))
		})
	web.Register(api, op(http.MethodPost, "/v1/subscriptions/{id}/expire", "expire", "End a running subscription before its time", web.Admin, ErrNotFound, ErrState),
		func(ctx context.Context, in *endIn) (*one[View], error) {
			if err := clean("body.reason", &in.Body.Reason, 500); err != nil {
				return nil, err
			}
			return s.show(ctx, in.ID, s.End(ctx, web.CallerFrom(ctx), in.ID, in.Body.Reason))
		})
}

func (s *Service) show(ctx context.Context, id string, err error) (*one[View], error) {
	if err != nil {
		return nil, err
	}
	x, err := s.Get(ctx, web.CallerFrom(ctx), id)
	if err != nil {
		return nil, err
	}
	return &one[View]{s.view(x)}, nil
}

func (s *Service) mountPlans(api *web.API) {
	plan := func(ctx context.Context, p Plan, err error) (*one[PlanView], error) {
		if err != nil {
			return nil, err
		}
		settings, err := s.market.Settings(ctx)
		return &one[PlanView]{planView(p, settings.Currency)}, err
	}
	web.Register(api, op(http.MethodGet, "/v1/plans", "plans", "The plans that stores which buy can have", web.Public),
		func(ctx context.Context, in *plansIn) (*one[Plans], error) {
			list, err := s.Plans(ctx, in.All && web.CallerFrom(ctx).Is(web.RoleAdmin))
			if err != nil {
				return nil, err
			}
			settings, err := s.market.Settings(ctx)
			out := Plans{Items: make([]PlanView, len(list))}
			for i, p := range list {
				out.Items[i] = planView(p, settings.Currency)
			}
			return &one[Plans]{out}, err
		})
	add := op(http.MethodPost, "/v1/plans", "add_plan", "Add a plan", web.Admin, ErrInvalidPlan, ErrPlanTaken, ErrTooManyPlans)
	add.Idempotent, add.Status = true, http.StatusCreated
	web.Register(api, add, func(ctx context.Context, in *addPlanIn) (*one[PlanView], error) {
		b := in.Body
		p, replayed, err := s.AddPlan(ctx, web.CallerFrom(ctx), PlanInput{Code: b.Code, Name: &b.Name, Description: &b.Description, Days: &b.Days, Price: &b.Price, Areas: b.Areas})
		if replayed {
			web.MarkReplayed(ctx)
		}
		return plan(ctx, p, err)
	})
	web.Register(api, op(http.MethodPatch, "/v1/plans/{id}", "change_plan", "Change a plan for those who choose it from now on", web.Admin, ErrPlanNotFound, ErrInvalidPlan),
		func(ctx context.Context, in *changePlanIn) (*one[PlanView], error) {
			b := in.Body
			p, err := s.ChangePlan(ctx, web.CallerFrom(ctx), in.ID, PlanInput{Name: b.Name, Description: b.Description, Days: b.Days, Price: b.Price, Areas: b.Areas, Active: b.Active})
			return plan(ctx, p, err)
		})
}

func planView(p Plan, cur money.Currency) PlanView {
	return PlanView{ID: p.ID, Code: p.Code, Name: p.Name, Description: p.Description, Days: p.Days, Price: money.Format(p.Price, cur), Currency: string(cur), Areas: p.Areas, Trial: p.Trial, Active: p.Active}
}
