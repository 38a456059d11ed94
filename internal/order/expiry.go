package order

import (
	"context"

	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// ExpiryView says how much has come to its end and waits for a sweep.
type ExpiryView struct {
	Unpaid     int64    `json:"unpaid_checkouts" doc:"Their time to pay is over; payment.expire gives their stock back. Counted up to 1,000"`
	Unanswered int64    `json:"unanswered_orders" doc:"Their store did not answer in time; order.due cancels them. Counted up to 1,000"`
	Releases   int64    `json:"releases_due" doc:"Delivered orders that complete now; order.due completes them. Counted up to 1,000"`
	Count      int64    `json:"count" doc:"Unpaid and unanswered together"`
	Sweeps     []string `json:"sweeps" doc:"For POST /v1/jobs/{name}/run"`
}

// Expiry counts what is due.
func (s *Service) Expiry(ctx context.Context) (v ExpiryView, err error) {
	err = s.db.Read(ctx, "order.expiry", func(ctx context.Context, tx db.Tx) error {
		unpaid, err := s.payments.CountOverdue(ctx, tx)
		if err != nil {
			return err
		}
		due, err := orderdb.New(tx).CountOrdersDue(ctx, clock.Micro(s.clock.Now()))
		v = ExpiryView{
			Unpaid: unpaid, Unanswered: due.Unanswered, Releases: due.Releases, Count: unpaid + due.Unanswered, Sweeps: []string{"payment.expire", "order.due"},
		}
		return err
	})
	return v, err
}

// DueForExpiry lists the orders whose time to be paid or answered is over and that no sweep has cancelled yet, at most
// those of one run of the sweeps. It is for admins.
func (s *Service) DueForExpiry(ctx context.Context, caller web.Caller) (out web.Page[Summary], err error) {
	if !caller.Is(web.RoleAdmin) {
		return out, ErrAdminList
	}
	err = s.db.Read(ctx, "order.due_for_expiry", func(ctx context.Context, tx db.Tx) error {
		q := orderdb.New(tx)
		checkouts, err := s.payments.Overdue(ctx, tx, Kind)
		if err != nil {
			return err
		}
		orders, err := q.OrdersOfCheckouts(ctx, checkouts)
		if err != nil {
			return err
		}
		pending, err := q.PendingDue(ctx, clock.Micro(s.clock.Now()))
		if err != nil {
			return err
		}
		items, err := s.summaries(ctx, tx, caller, false, append(orders, pending...))
		out = web.NewPage(items, "")
		return err
	})
	return out, err
}
