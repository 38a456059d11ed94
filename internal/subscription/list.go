package subscription

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/subscription/subscriptiondb"
)

var subscriptionList = db.DefineList(db.List{
	Name: "subscription.subscriptions",
	Select: "SELECT s.id, s.public_id, s.store_id, s.plan_code, s.plan_name, s.days, s.areas, s.price, s.currency, s.trial, s.upgrade, s.state, s.reason, " +
		"s.starts_at, s.ends_at, s.created_at",
	From:    "FROM subscriptions s",
	Filters: []db.Filter{{Name: "store", SQL: "s.store_id = ?", Type: db.Int}, {Name: "state", SQL: "s.state = ?", Type: db.Text}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "s.id", Type: db.Int}}}},
	Combos: []db.Combo{
		{Sort: "newest", Index: "subscriptions_pkey"},
		{Filters: []string{"state"}, Sort: "newest", Index: "subscriptions_state"},
		{Filters: []string{"store"}, Sort: "newest", Index: "subscriptions_store"},
		{Filters: []string{"store"}, Post: []string{"state"}, Sort: "newest", Index: "subscriptions_store"},
	},
})

// List pages through the subscriptions of a store, or of all stores for admins (without one), newest first.
// Errors: web.ErrForbidden; store.Require's.
func (s *Service) List(ctx context.Context, caller web.Caller, storeID, state string, page web.PageParams) (list []Subscription, next string, err error) {
	err = s.db.Read(ctx, "subscription.list", func(ctx context.Context, tx db.Tx) error {
		filters := map[string]any{}
		switch {
		case storeID != "":
			b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
			if err != nil {
				return err
			}
			filters["store"] = b.ID
		case !caller.Is(web.RoleAdmin):
			return web.ErrForbidden
		}
		if state != "" {
			filters["state"] = state
		}
		rows, after, err := db.QueryList(ctx, tx, subscriptionList, db.ListQuery{Filters: filters, Limit: page.Limit, Cursor: page.Cursor},
			func(r db.Scanner) (x subscriptiondb.Subscription, err error) {
				err = r.Scan(&x.ID, &x.PublicID, &x.StoreID, &x.PlanCode, &x.PlanName, &x.Days, &x.Areas, &x.Price, &x.Currency, &x.Trial, &x.Upgrade, &x.State, &x.Reason,
					&x.StartsAt, &x.EndsAt, &x.CreatedAt)
				return x, err
			})
		if err != nil {
			return err
		}
		next = after
		list, err = s.complete(ctx, tx, rows)
		return err
	})
	return list, next, err
}

// complete adds stores and payments by one query each.
func (s *Service) complete(ctx context.Context, tx db.Tx, rows []subscriptiondb.Subscription) ([]Subscription, error) {
	out := make([]Subscription, len(rows))
	stores, ids := make([]int64, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		out[i], stores[i], ids[i] = subscriptionOf(r), r.StoreID, r.PublicID
	}
	briefs, err := s.stores.Briefs(ctx, tx, stores)
	if err != nil {
		return nil, err
	}
	paid, err := s.payments.ByPayables(ctx, tx, Kind, ids)
	for i := range out {
		out[i].Store = briefs[out[i].StoreID]
		if p, ok := paid[out[i].ID]; ok {
			out[i].Payment = &p
		}
	}
	return out, err
}

// Get is a subscription with its payment, for the store's people and admins. Error: ErrNotFound.
func (s *Service) Get(ctx context.Context, caller web.Caller, id string) (out Subscription, err error) {
	err = s.db.Read(ctx, "subscription.get", func(ctx context.Context, tx db.Tx) error {
		row, err := s.own(ctx, tx, caller, id, store.View)
		if err != nil {
			return err
		}
		list, err := s.complete(ctx, tx, []subscriptiondb.Subscription{row})
		if err == nil {
			out = list[0]
		}
		return err
	})
	return out, err
}

// Access is whether a store may buy, and why.
type Access struct {
	Granted   bool
	Reason    string // active, no_subscription, waiting_for_payment, expired, store_closed, does_not_buy
	Current   *Subscription
	Pending   *Subscription
	EndsAt    *time.Time // of the last one that is paid
	DaysLeft  int64
	Areas     int64
	TrialFree bool // a trial can still be had
}

// AccessOf says whether a store may buy, and until when. Errors: store.Require's.
func (s *Service) AccessOf(ctx context.Context, caller web.Caller, storeID string) (a Access, err error) {
	err = s.db.Read(ctx, "subscription.access", func(ctx context.Context, tx db.Tx) error {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.View)
		if err != nil {
			return err
		}
		a, err = s.access(ctx, tx, b)
		return err
	})
	return a, err
}

func (s *Service) access(ctx context.Context, tx db.Tx, b store.Brief) (a Access, err error) {
	q := subscriptiondb.New(tx)
	a = Access{Reason: "no_subscription", Areas: rate.DefaultAreas}
	rows := []subscriptiondb.Subscription{}
	find := func(row subscriptiondb.Subscription, err error) (bool, error) {
		if errors.Is(err, db.ErrNoRows) {
			return false, nil
		}
		if err == nil {
			rows = append(rows, row)
		}
		return err == nil, err
	}
	row, err := q.RunningAt(ctx, b.ID, s.now())
	current, err := find(row, err)
	if err != nil {
		return a, err
	}
	row, err = q.PendingOf(ctx, b.ID)
	pending, err := find(row, err)
	if err != nil {
		return a, err
	}
	list, err := s.complete(ctx, tx, rows)
	if err != nil {
		return a, err
	}
	if pending {
		a.Pending, a.Reason = &list[len(list)-1], "waiting_for_payment"
	}
	any, err := q.AnyOfStore(ctx, b.ID)
	if err != nil {
		return a, err
	}
	switch {
	case current:
		last, err := q.LastEnd(ctx, b.ID)
		if err != nil {
			return a, err
		}
		end := clock.Time(last)
		a.Current, a.Areas, a.EndsAt, a.DaysLeft, a.Granted, a.Reason = &list[0], list[0].Areas, &end, daysLeft(s.clock.Now(), end), true, "active"
	case any && !pending:
		a.Reason = "expired"
	}
	switch {
	case !b.Buys:
		a.Granted, a.Reason = false, "does_not_buy"
	case !b.Open():
		a.Granted, a.Reason = false, "store_closed"
	}
	legal, err := s.stores.Legal(ctx, tx, b.ID)
	if err != nil {
		return a, err
	}
	had, err := q.HadTrial(ctx, b.OwnerID, legal.TaxNumber)
	a.TrialFree = !had
	return a, err
}

// Plans are all plans; those that are not offered are for admins.
func (s *Service) Plans(ctx context.Context, all bool) (out []Plan, err error) {
	err = s.db.Read(ctx, "subscription.plans", func(ctx context.Context, tx db.Tx) error {
		rows, err := subscriptiondb.New(tx).Plans(ctx)
		out = make([]Plan, 0, len(rows))
		for _, r := range rows {
			if r.Active || all {
				out = append(out, planOf(r))
			}
		}
		return err
	})
	return out, err
}

// AddPlan adds a plan. Errors: ErrInvalidPlan, ErrPlanTaken, ErrTooManyPlans.
func (s *Service) AddPlan(ctx context.Context, caller web.Caller, in PlanInput) (Plan, bool, error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return Plan{}, false, err
	}
	p, err := in.apply(Plan{Areas: rate.DefaultAreas, Active: true}, settings)
	if err == nil && !planCode.MatchString(in.Code) {
		err = ErrInvalidPlan.Field("body.code", web.CodeInvalidFormat, "Must be 2 to 40 small letters, digits, _ and -.")
	}
	if err != nil {
		return p, false, err
	}
	id, replayed, err := s.once(ctx, "subscription.add_plan", func(ctx context.Context, tx db.Tx) (string, error) {
		q := subscriptiondb.New(tx)
		n, err := q.CountPlans(ctx)
		if err != nil {
			return "", err
		}
		if n >= maxPlans {
			return "", ErrTooManyPlans
		}
		id := code.ID("pln")
		err = q.InsertPlan(ctx, subscriptiondb.InsertPlanParams{
			PublicID: id, Code: in.Code, Name: p.Name, Description: p.Description, Days: p.Days, Price: p.Price, Areas: p.Areas, CreatedAt: s.now(),
		})
		if db.IsConstraint(err, "plans_code_key") {
			return "", ErrPlanTaken.Because(err)
		}
		if err != nil {
			return "", fmt.Errorf("insert plan: %w", err)
		}
		return id, s.events.Append(ctx, tx, event.Event{Type: "plan.added", Subject: id, Actor: caller.Account, Facts: map[string]any{"code": in.Code}})
	})
	if err != nil {
		return Plan{}, false, err
	}
	p, err = s.plan(ctx, id)
	return p, replayed, err
}

func (s *Service) plan(ctx context.Context, id string) (p Plan, err error) {
	err = s.db.Read(ctx, "subscription.plan", func(ctx context.Context, tx db.Tx) error {
		row, err := subscriptiondb.New(tx).Plan(ctx, id)
		p = planOf(row)
		return err
	})
	return p, err
}

// ChangePlan changes a plan for those who choose it from now on. Errors: ErrPlanNotFound, ErrInvalidPlan.
func (s *Service) ChangePlan(ctx context.Context, caller web.Caller, id string, in PlanInput) (p Plan, err error) {
	settings, err := s.market.Settings(ctx)
	if err != nil {
		return p, err
	}
	err = s.db.Write(ctx, "subscription.change_plan", func(ctx context.Context, tx db.Tx) error {
		q := subscriptiondb.New(tx)
		row, err := q.Plan(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrPlanNotFound
		}
		if err != nil {
			return err
		}
		if p, err = in.apply(planOf(row), settings); err != nil {
			return err
		}
		if _, err := q.UpdatePlan(ctx, subscriptiondb.UpdatePlanParams{
			ID: row.ID, Name: p.Name, Description: p.Description, Days: p.Days, Price: p.Price, Areas: p.Areas, Active: p.Active, UpdatedAt: s.now(),
		}); err != nil {
			return err
		}
		return s.events.Append(ctx, tx, event.Event{Type: "plan.changed", Subject: id, Actor: caller.Account})
	})
	return p, err
}

// clean is a line of text of an admin.
func clean(path string, text *string, most int) error {
	if text == nil {
		return nil
	}
	v, err := identity.Text(path, *text, most)
	*text = v
	return err
}
