package subscription

import (
	"errors"
	"regexp"
	"time"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/subscription/subscriptiondb"
)

// Kind is the payable's kind that payment knows subscriptions by.
const Kind = "subscription"

// Bounds.
const (
	maxDays     = 3660 // of a plan
	maxPlans    = 100
	payWithin   = 7 * 24 * time.Hour // then a subscription that was not paid lapses
	remindAhead = 7 * 24 * time.Hour
	maxAhead    = 3 * 366 * 24 * time.Hour // nobody pays further into the future
)

// State is where a subscription stands.
type State string

// The states.
const (
	Pending   State = "pending"
	Active    State = "active"
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Lapsed    State = "lapsed"
)

// What this room refuses with.
var (
	ErrPlanNotFound = fault.New(fault.NotFound, "plan_not_found", "There is no such plan.")
	ErrPlanTaken    = fault.New(fault.Conflict, "plan_taken", "There is a plan with this code.")
	ErrPlanOff      = fault.New(fault.Conflict, "plan_not_offered", "This plan is not offered. GET /v1/plans lists those that are.")
	ErrInvalidPlan  = fault.New(fault.Invalid, "invalid_plan", "Something about the plan cannot be. See the fields.")
	ErrTooManyPlans = fault.New(fault.Conflict, "too_many_plans", "A market can have 100 plans.")
	ErrNotFound     = fault.New(fault.NotFound, "subscription_not_found", "There is no such subscription.")
	ErrPending      = fault.New(fault.Conflict, "subscription_pending", "A subscription of this store waits for its payment. Pay or cancel it first.")
	ErrState        = fault.New(fault.Conflict, "subscription_state", "The subscription's state does not allow this.")
	ErrTrialUsed    = fault.New(fault.Conflict, "trial_used", "There is one trial for an owner, and it was used.")
	ErrFarAhead     = fault.New(fault.Conflict, "subscription_too_far_ahead", "The store's subscription reaches three years ahead already.")
)

var planCode = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,38}[a-z0-9]$`)

// Plan is what a subscription can be to.
type Plan struct {
	Key         int64
	ID          string
	Code        string
	Name        string
	Description string
	Days        int64
	Price       int64
	Areas       int64
	Trial       bool
	Active      bool
}

func planOf(r subscriptiondb.Plan) Plan {
	return Plan{Key: r.ID, ID: r.PublicID, Code: r.Code, Name: r.Name, Description: r.Description, Days: r.Days, Price: r.Price, Areas: r.Areas, Trial: r.Trial, Active: r.Active}
}

// PlanInput is a plan as an admin writes it; nil leaves what is there.
type PlanInput struct {
	Code        string
	Name        *string
	Description *string
	Price       *string
	Days        *int64
	Areas       *int64
	Active      *bool
}

// Subscription is a store's right to buy for some time.
type Subscription struct {
	Key       int64
	ID        string
	StoreID   int64
	Store     store.Brief
	Plan      string // its code
	PlanName  string
	Days      int64
	Areas     int64
	Price     int64
	Currency  money.Currency
	Trial     bool
	Upgrade   bool
	State     State
	Reason    string
	StartsAt  *time.Time
	EndsAt    *time.Time
	CreatedAt time.Time
	Payment   *payment.Payment // while it is asked for
}

func subscriptionOf(r subscriptiondb.Subscription) Subscription {
	return Subscription{
		Key: r.ID, ID: r.PublicID, StoreID: r.StoreID, Plan: r.PlanCode, PlanName: r.PlanName, Days: r.Days, Areas: r.Areas, Price: r.Price, Currency: money.Currency(r.Currency),
		Trial: r.Trial, Upgrade: r.Upgrade, State: State(r.State), Reason: r.Reason, StartsAt: at(r.StartsAt), EndsAt: at(r.EndsAt), CreatedAt: clock.Time(r.CreatedAt),
	}
}

func at(us *int64) *time.Time {
	if us == nil {
		return nil
	}
	t := clock.Time(*us)
	return &t
}

// daysLeft counts begun days.
func daysLeft(now, end time.Time) int64 {
	if !end.After(now) {
		return 0
	}
	return int64((end.Sub(now) + 24*time.Hour - 1) / (24 * time.Hour))
}

// span is when a subscription that is paid now runs: after the one before, or at once with what was left of it.
func span(now time.Time, days int64, lastEnd time.Time, upgrade bool) (from, to time.Time) {
	length := time.Duration(days) * 24 * time.Hour
	if !lastEnd.After(now) {
		return now, now.Add(length)
	}
	if upgrade {
		return now, lastEnd.Add(length)
	}
	return lastEnd, lastEnd.Add(length)
}

// apply puts checked fields into a plan. Errors: ErrInvalidPlan, web.ErrInvalid.
func (in PlanInput) apply(p Plan, settings market.Settings) (Plan, error) {
	if err := errors.Join(clean("body.name", in.Name, 100), clean("body.description", in.Description, 1000)); err != nil {
		return p, err
	}
	bad := ErrInvalidPlan
	if in.Name != nil {
		p.Name = *in.Name
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	if in.Days != nil {
		p.Days = *in.Days
	}
	if in.Areas != nil {
		p.Areas = *in.Areas
	}
	if in.Active != nil {
		p.Active = *in.Active
	}
	if in.Price != nil {
		n, err := money.Parse(*in.Price, settings.Currency)
		if err != nil || n < 0 || n > money.Max || (n == 0) != p.Trial {
			bad = bad.Field("body.price", "invalid_amount", "Is not a price above zero in the market's currency; a trial costs nothing.")
		}
		p.Price = n
	}
	if p.Name == "" {
		bad = bad.Field("body.name", "required", "Must be given.")
	}
	if p.Days < 1 || p.Days > maxDays {
		bad = bad.Field("body.days", "invalid_value", "Is not a number of days from 1 to 3660.")
	}
	if p.Areas < 1 || p.Areas > rate.MaxAreas {
		bad = bad.Field("body.postal_codes", "invalid_value", "Is not a number of postal codes from 1 to 11.")
	}
	if len(bad.Fields) > 0 {
		return p, bad
	}
	return p, nil
}
