package subscription

import (
	"context"
	"errors"
	"fmt"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/idem"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/subscription/subscriptiondb"
)

// Deps are what the room stands on.
type Deps struct {
	DB       *db.DB
	Clock    clock.Clock
	Events   *event.Log
	Jobs     *job.Runner
	Mail     mail.Sender
	Market   *market.Service
	Identity *identity.Service
	Stores   *store.Service
	Rates    *rate.Service
	Payments *payment.Service
	Ledger   *ledger.Service
	URL      string
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	events   *event.Log
	jobs     *job.Runner
	mail     mail.Sender
	market   *market.Service
	identity *identity.Service
	stores   *store.Service
	rates    *rate.Service
	payments *payment.Service
	ledger   *ledger.Service
	url      string
	watchers []Watcher
}

// Watcher is told, in the transaction that makes it so, that a store's subscriptions have changed.
type Watcher interface {
	AccessChanged(ctx context.Context, tx db.Tx, b store.Brief) error
}

// Watch registers a watcher. All of them are registered before the first request.
func (s *Service) Watch(w Watcher) { s.watchers = append(s.watchers, w) }

// New opens the room: it is the gate of rates, watches stores, and is paid for.
func New(d Deps) *Service {
	s := &Service{
		db: d.DB, clock: d.Clock, events: d.Events, jobs: d.Jobs, mail: d.Mail, market: d.Market, identity: d.Identity, stores: d.Stores, rates: d.Rates,
		payments: d.Payments, ledger: d.Ledger, url: d.URL,
	}
	d.Rates.GateWith(s)
	d.Stores.Watch(s)
	d.Payments.AddPayable(payable{s})
	return s
}

func (s *Service) now() int64 { return clock.Micro(s.clock.Now()) }

// Allowance implements rate.Gate: a store buys while a subscription of it runs.
func (s *Service) Allowance(ctx context.Context, tx db.Tx, storeID int64) (rate.Allowance, error) {
	row, err := subscriptiondb.New(tx).RunningAt(ctx, storeID, s.now())
	if errors.Is(err, db.ErrNoRows) {
		return rate.Allowance{Areas: rate.DefaultAreas}, nil
	}
	return rate.Allowance{Open: err == nil, Areas: row.Areas}, err
}

// StoreChanged implements store.Watcher: a store that opens to buy for the first time has a trial, if its owner had none.
func (s *Service) StoreChanged(ctx context.Context, tx db.Tx, b store.Brief) error {
	if !b.Buys || !b.Open() {
		return nil
	}
	any, err := subscriptiondb.New(tx).AnyOfStore(ctx, b.ID)
	if err != nil || any {
		return err
	}
	err = s.trial(ctx, tx, b)
	if errors.Is(err, ErrTrialUsed) || errors.Is(err, ErrPlanOff) {
		return nil
	}
	return err
}

// trial begins a store's trial. Errors: ErrTrialUsed, ErrPlanOff.
func (s *Service) trial(ctx context.Context, tx db.Tx, b store.Brief) error {
	q := subscriptiondb.New(tx)
	p, err := q.TrialPlan(ctx)
	if errors.Is(err, db.ErrNoRows) {
		return ErrPlanOff
	}
	if err != nil {
		return err
	}
	legal, err := s.stores.Legal(ctx, tx, b.ID)
	if err != nil {
		return err
	}
	had, err := q.HadTrial(ctx, b.OwnerID, legal.TaxNumber)
	if err != nil {
		return err
	}
	if had {
		return ErrTrialUsed
	}
	owner, err := s.identity.FindID(ctx, tx, b.OwnerID)
	if err != nil {
		return err
	}
	row, err := s.draft(ctx, tx, b, owner.PublicID, p)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	from, to := span(now, p.Days, now, false)
	start, end := clock.Micro(from), clock.Micro(to)
	due := max(clock.Micro(to.Add(-remindAhead)), start)
	row.State, row.TaxNumber, row.StartsAt, row.EndsAt, row.DueAt = string(Active), legal.TaxNumber, &start, &end, &due
	if err := q.InsertSubscription(ctx, row); err != nil {
		return fmt.Errorf("insert trial: %w", err)
	}
	return s.begun(ctx, tx, b, row.PublicID, row.PlanCode, end)
}

// begun says that a subscription runs, and shows what the store buys.
func (s *Service) begun(ctx context.Context, tx db.Tx, b store.Brief, id, plan string, end int64) error {
	err := s.events.Append(ctx, tx, event.Event{Type: "subscription.active", Subject: id, Actor: event.System, Facts: map[string]any{
		"store": b.PublicID, "plan": plan, "until": clock.Time(end),
	}})
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, b)
}

// changed shows or hides what hangs on a store's subscriptions.
func (s *Service) changed(ctx context.Context, tx db.Tx, b store.Brief) error {
	if err := s.rates.Refresh(ctx, tx, b); err != nil {
		return err
	}
	for _, w := range s.watchers {
		if err := w.AccessChanged(ctx, tx, b); err != nil {
			return err
		}
	}
	return nil
}

// Until is when what is paid for a store ends, one subscription after the other, in microseconds; 0 when none runs now. It
// joins the caller's transaction.
func (s *Service) Until(ctx context.Context, tx db.Tx, storeID int64) (until int64, err error) {
	rows, err := subscriptiondb.New(tx).PaidFor(ctx, storeID, s.now())
	if err != nil || len(rows) == 0 || *rows[0].StartsAt > s.now() {
		return 0, err
	}
	until = *rows[0].EndsAt
	for _, r := range rows[1:] {
		if *r.StartsAt <= until {
			until = max(until, *r.EndsAt)
		}
	}
	return until, nil
}

func (s *Service) draft(ctx context.Context, tx db.Tx, b store.Brief, account string, p subscriptiondb.Plan) (subscriptiondb.InsertSubscriptionParams, error) {
	settings, err := s.market.SettingsFor(ctx, tx)
	return subscriptiondb.InsertSubscriptionParams{
		PublicID: code.ID("sub"), StoreID: b.ID, OwnerID: b.OwnerID, Account: account, PlanID: p.ID, PlanCode: p.Code, PlanName: p.Name, Days: p.Days, Areas: p.Areas,
		Price: p.Price, Currency: string(settings.Currency), Trial: p.Trial, State: string(Pending), Now: s.now(),
	}, err
}

// Choose takes a plan for a store: it waits for its payment, and begins when that is approved, at the end of the one before;
// an upgrade begins at once, and what is left is added. The trial costs nothing and begins at once. Once for each
// idempotency key. Errors: ErrPlanNotFound, ErrPlanOff, ErrPending, ErrTrialUsed, ErrFarAhead, rate.ErrDoesNotBuy; store.Require's.
func (s *Service) Choose(ctx context.Context, caller web.Caller, storeID, plan string, upgrade bool) (id string, replayed bool, err error) {
	return idem.Once(ctx, s.db, "subscription.choose", func(ctx context.Context, tx db.Tx) (string, error) {
		b, err := s.stores.Require(ctx, tx, caller, storeID, store.Own)
		if err != nil {
			return "", err
		}
		if !b.Buys {
			return "", rate.ErrDoesNotBuy
		}
		q := subscriptiondb.New(tx)
		p, err := q.Plan(ctx, plan)
		switch {
		case errors.Is(err, db.ErrNoRows):
			return "", ErrPlanNotFound
		case err != nil:
			return "", err
		case !p.Active:
			return "", ErrPlanOff
		case p.Trial:
			if err := s.trial(ctx, tx, b); err != nil {
				return "", err
			}
			last, err := q.LastOf(ctx, b.ID)
			return last.PublicID, err
		}
		if _, err := q.PendingOf(ctx, b.ID); err == nil {
			return "", ErrPending
		} else if !errors.Is(err, db.ErrNoRows) {
			return "", err
		}
		last, err := q.LastEnd(ctx, b.ID)
		if err != nil {
			return "", err
		}
		if clock.Time(last).After(s.clock.Now().Add(maxAhead)) {
			return "", ErrFarAhead
		}
		return s.open(ctx, tx, caller, b, p, upgrade)
	})
}

func (s *Service) open(ctx context.Context, tx db.Tx, caller web.Caller, b store.Brief, p subscriptiondb.Plan, upgrade bool) (string, error) {
	row, err := s.draft(ctx, tx, b, caller.Account, p)
	if err != nil {
		return "", err
	}
	row.Upgrade = upgrade
	err = subscriptiondb.New(tx).InsertSubscription(ctx, row)
	if db.IsConstraint(err, "subscriptions_pending_key") {
		return "", ErrPending.Because(err)
	}
	if err != nil {
		return "", fmt.Errorf("insert subscription: %w", err)
	}
	settings, err := s.market.SettingsFor(ctx, tx)
	if err != nil {
		return "", err
	}
	pay, err := s.payments.Open(ctx, tx, payment.OpenCmd{
		Kind: Kind, Payable: row.PublicID, AccountID: caller.AccountID, Account: caller.Account, Method: payment.ByGateway, Currency: settings.Currency,
		Shares: []payment.Allocation{{Order: row.PublicID, Amount: row.Price}}, Window: payWithin,
	})
	if err != nil {
		return "", err
	}
	return row.PublicID, s.events.Append(ctx, tx, event.Event{Type: "subscription.chosen", Subject: row.PublicID, Actor: caller.Account, Facts: map[string]any{
		"store": b.PublicID, "plan": row.PlanCode, "payment": pay.PublicID, "upgrade": upgrade,
	}})
}

// Cancel gives a subscription up that waits for its payment. Errors: ErrNotFound, ErrState; store.Require's.
func (s *Service) Cancel(ctx context.Context, caller web.Caller, id string) error {
	return s.db.Write(ctx, "subscription.cancel", func(ctx context.Context, tx db.Tx) error {
		if _, err := s.own(ctx, tx, caller, id, store.Own); err != nil {
			return err
		}
		row, err := subscriptiondb.New(tx).LockSubscription(ctx, id)
		if err != nil {
			return err
		}
		if State(row.State) != Pending {
			return ErrState.With("state", row.State)
		}
		if err := s.payments.Cancel(ctx, tx, Kind, id, "store", caller.Account); err != nil {
			return err
		}
		return s.close(ctx, tx, row, Cancelled, "store", caller.Account)
	})
}

// close ends a subscription that never ran.
func (s *Service) close(ctx context.Context, tx db.Tx, row subscriptiondb.Subscription, to State, reason, actor string) error {
	n, err := subscriptiondb.New(tx).SetState(ctx, subscriptiondb.SetStateParams{ID: row.ID, Was: row.State, State: string(to), Reason: reason, UpdatedAt: s.now()})
	if err == nil && n != 1 {
		err = fmt.Errorf("subscription %s: its state changed under its lock", row.PublicID)
	}
	if err != nil {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "subscription." + string(to), Subject: row.PublicID, Actor: actor, Facts: map[string]any{"reason": reason}})
}

// own is a subscription of a store in which the caller has a right. Errors: ErrNotFound; store.Require's.
func (s *Service) own(ctx context.Context, tx db.Tx, caller web.Caller, id string, right store.Right) (subscriptiondb.Subscription, error) {
	row, err := subscriptiondb.New(tx).Subscription(ctx, id)
	if errors.Is(err, db.ErrNoRows) {
		return row, ErrNotFound
	}
	if err != nil {
		return row, err
	}
	_, err = s.stores.RequireID(ctx, tx, caller, row.StoreID, right)
	if errors.Is(err, store.ErrStoreNotFound) {
		err = ErrNotFound
	}
	return row, err
}

// End ends a running subscription before its time. Errors: ErrNotFound, ErrState.
func (s *Service) End(ctx context.Context, caller web.Caller, id, reason string) error {
	return s.db.Write(ctx, "subscription.end", func(ctx context.Context, tx db.Tx) error {
		row, err := subscriptiondb.New(tx).LockSubscription(ctx, id)
		if errors.Is(err, db.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return err
		}
		if State(row.State) != Active {
			return ErrState.With("state", row.State)
		}
		if err := s.end(ctx, tx, row, reason, caller.Account); err != nil {
			return err
		}
		return s.refresh(ctx, tx, row.StoreID)
	})
}

// end ends a running one now; one whose time is over ended when it was over.
func (s *Service) end(ctx context.Context, tx db.Tx, row subscriptiondb.Subscription, reason, actor string) error {
	end := max(min(*row.EndsAt, s.now()), *row.StartsAt)
	n, err := subscriptiondb.New(tx).SetState(ctx, subscriptiondb.SetStateParams{
		ID: row.ID, Was: string(Active), State: string(Expired), Reason: reason, StartsAt: row.StartsAt, EndsAt: &end, UpdatedAt: s.now(),
	})
	if err != nil || n != 1 {
		return err
	}
	return s.events.Append(ctx, tx, event.Event{Type: "subscription.expired", Subject: row.PublicID, Actor: actor, Facts: map[string]any{"reason": reason}})
}

func (s *Service) refresh(ctx context.Context, tx db.Tx, storeID int64) error {
	briefs, err := s.stores.Briefs(ctx, tx, []int64{storeID})
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, briefs[storeID])
}
