package payment

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// Work registers the room's job and sweeps.
func (s *Service) Work(j *job.Runner) {
	j.Handle(refundJob, job.Typed(s.runRefund))
	j.Sweep(job.Sweep{Name: "payment.expire", Every: 2 * time.Second, Run: s.expire})
	j.Sweep(job.Sweep{Name: "payment.look", Every: 5 * time.Second, Run: s.look})
}

// expire closes the payments whose window is over. Whether it is over is decided again in the transaction that
// closes it, so that a late sweep, a payer and a second node agree.
func (s *Service) expire(ctx context.Context, lease job.Lease) (int, error) {
	var due []paymentdb.PaymentsOverdueRow
	err := s.db.Read(ctx, "payment.overdue", func(ctx context.Context, tx db.Tx) (err error) {
		due, err = paymentdb.New(tx).PaymentsOverdue(ctx, clock.Micro(s.clock.Now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, r := range due {
		if err := s.expireOne(ctx, lease, r); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

func (s *Service) expireOne(ctx context.Context, lease job.Lease, r paymentdb.PaymentsOverdueRow) error {
	// READ COMMITTED: checks follow the locks of the payable and then of the payment's row.
	return s.db.Write(ctx, "payment.expire", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		payable := s.payables[r.PayableKind]
		if err := payable.Lock(ctx, tx, r.Payable); err != nil {
			return err
		}
		q := paymentdb.New(tx)
		row, err := q.LockPayment(ctx, r.ID)
		if err != nil {
			return err
		}
		p := fromRow(row)
		if !p.Open() || s.clock.Now().Before(p.Until) {
			return nil
		}
		if err := p.become(Expired); err != nil {
			return err
		}
		if err := q.SetPaymentState(ctx, p.ID, string(Expired), "", clock.Micro(s.clock.Now())); err != nil {
			return err
		}
		if err := payable.Expired(ctx, tx, p); err != nil {
			return err
		}
		return s.tell(ctx, tx, "payment.expired", p, "system", nil)
	}, db.ReadCommitted())
}

// look asks the gateways about attempts that a closed browser or a crash left open.
func (s *Service) look(ctx context.Context, _ job.Lease) (int, error) {
	var ids []string
	err := s.db.Read(ctx, "payment.look", func(ctx context.Context, tx db.Tx) (err error) {
		ids, err = paymentdb.New(tx).AttemptsToLook(ctx, clock.Micro(s.clock.Now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		a, err := s.attempt(ctx, id)
		if err != nil {
			return 0, err
		}
		if _, err := s.call(ctx, a, Card{}, true); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
