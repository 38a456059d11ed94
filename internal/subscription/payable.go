package subscription

import (
	"context"
	"fmt"

	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/subscription/subscriptiondb"
)

// payable tells payment about subscriptions.
type payable struct{ s *Service }

// Kind implements payment.Payable.
func (payable) Kind() string { return Kind }

// Lock locks the subscription.
func (payable) Lock(ctx context.Context, tx db.Tx, id string) error {
	_, err := subscriptiondb.New(tx).LockSubscription(ctx, id)
	return err
}

// Book implements payment.Direct: the money is the market's.
func (payable) Book(ctx context.Context, tx db.Tx, p payment.Payment, from ledger.Key) (ledger.Posting, []ledger.Leg, error) {
	row, err := subscriptiondb.New(tx).Subscription(ctx, p.Payable)
	if err == nil && (row.Price != p.Amount || row.Currency != string(p.Currency)) {
		err = fmt.Errorf("subscription %s costs %d %s and its payment is of %d %s", row.PublicID, row.Price, row.Currency, p.Amount, p.Currency)
	}
	return ledger.SubscriptionPaid, []ledger.Leg{{From: from, To: ledger.PlatformSubscriptions(row.Currency), Amount: row.Price}}, err
}

// Paid lets the subscription run. Money that came late lets it run too: it is paid for.
func (t payable) Paid(ctx context.Context, tx db.Tx, p payment.Payment, _ bool) ([]string, error) {
	s, q := t.s, subscriptiondb.New(tx)
	row, err := q.LockSubscription(ctx, p.Payable)
	if err != nil {
		return nil, err
	}
	running, err := q.ActiveOf(ctx, row.StoreID)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	last := now
	for _, r := range running {
		if end := clock.Time(*r.EndsAt); end.After(last) {
			last = end
		}
		if row.Upgrade {
			if err := s.end(ctx, tx, r, "upgraded", event.System); err != nil {
				return nil, err
			}
		}
	}
	from, to := span(now, row.Days, last, row.Upgrade)
	start, end := clock.Micro(from), clock.Micro(to)
	due := start // when it begins, and is shown
	if !from.After(now) {
		due = max(clock.Micro(to.Add(-remindAhead)), start)
	}
	n, err := q.SetState(ctx, subscriptiondb.SetStateParams{
		ID: row.ID, Was: row.State, State: string(Active), StartsAt: &start, EndsAt: &end, DueAt: &due, UpdatedAt: clock.Micro(now),
	})
	if err == nil && n != 1 {
		err = fmt.Errorf("subscription %s: its state changed under its lock", row.PublicID)
	}
	if err != nil {
		return nil, err
	}
	briefs, err := s.stores.Briefs(ctx, tx, []int64{row.StoreID})
	if err != nil {
		return nil, err
	}
	return nil, s.begun(ctx, tx, briefs[row.StoreID], row.PublicID, row.PlanCode, end)
}

// Expired says that nothing came in time.
func (t payable) Expired(ctx context.Context, tx db.Tx, p payment.Payment) error {
	row, err := subscriptiondb.New(tx).LockSubscription(ctx, p.Payable)
	if err != nil {
		return err
	}
	return t.s.close(ctx, tx, row, Lapsed, "not_paid", event.System)
}
