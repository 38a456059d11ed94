package order

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
)

// Work registers the room's sweeps.
func (s *Service) Work(j *job.Runner) {
	j.Sweep(job.Sweep{Name: "order.due", Every: 2 * time.Second, Run: s.due})
	j.Sweep(job.Sweep{Name: "order.disputes", Every: time.Minute, Run: s.silent})
}

// due completes delivered orders whose release has come, cancels cash orders that the store left unanswered, and says of
// pickups that nobody spoke of that they were missed.
func (s *Service) due(ctx context.Context, lease job.Lease) (int, error) {
	var ids []string
	err := s.db.Read(ctx, "order.due", func(ctx context.Context, tx db.Tx) (err error) {
		ids, err = orderdb.New(tx).OrdersDue(ctx, clock.Micro(s.clock.Now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := s.dueOne(ctx, lease, id); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

func (s *Service) dueOne(ctx context.Context, lease job.Lease, id string) error {
	// READ COMMITTED: checks follow the locks of the checkout and of its orders.
	return s.db.Write(ctx, "order.due", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		c, orders, i, err := s.lockOrder(ctx, tx, id)
		if err != nil {
			return err
		}
		o := &orders[i]
		if o.DueAt > clock.Micro(s.clock.Now()) {
			return nil
		}
		if o.Side == buyback {
			return s.dueBuyback(ctx, tx, o)
		}
		on, why := Complete, Why{}
		if State(o.State) == Pending {
			on, why = Lapse, Why{Reason: "no_answer"}
		}
		rule, ok := Find(State(o.State), on)
		if !ok {
			return nil
		}
		return s.apply(ctx, tx, c, o, rule, why, "system")
	}, db.ReadCommitted())
}

// silent says of open disputes, once of each, that their store let its time to answer pass. Whose the money is, a person
// decides: it goes on standing still.
func (s *Service) silent(ctx context.Context, lease job.Lease) (n int, err error) {
	err = s.db.Write(ctx, "order.disputes", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		q, now := orderdb.New(tx), clock.Micro(s.clock.Now())
		rows, err := q.SilentDisputes(ctx, now)
		n = len(rows)
		if err != nil || n == 0 {
			return err
		}
		ids, events := make([]int64, n), make([]event.Event, n)
		for i, r := range rows {
			ids[i] = r.ID
			events[i] = event.Event{Type: "dispute.overdue", Subject: r.PublicID, Actor: event.System, Facts: map[string]any{"order": r.OrderRef}}
		}
		if err := q.DisputesOverdue(ctx, &now, ids); err != nil {
			return err
		}
		return s.events.AppendMany(ctx, tx, events)
	}, db.Bulk())
	return n, err
}
