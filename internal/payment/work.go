package payment

import (
	"context"
	"log/slog"
	"time"

	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/payment/paymentdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// Work registers the room's job and sweeps.
func (s *Service) Work(j *job.Runner) {
	j.Handle(refundJob, job.Typed(s.runRefund))
	j.Handle(lookJob, job.Typed(s.lookNow))
	j.Sweep(job.Sweep{Name: "payment.expire", Every: 2 * time.Second, Run: s.expire})
	j.Sweep(job.Sweep{Name: "payment.look", Every: 5 * time.Second, Run: s.look})
	j.Sweep(job.Sweep{Name: "payment.remind", Every: time.Minute, Run: s.remind})
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
	var due []paymentdb.AttemptsToLookRow
	err := s.db.Read(ctx, "payment.look", func(ctx context.Context, tx db.Tx) (err error) {
		due, err = paymentdb.New(tx).AttemptsToLook(ctx, clock.Micro(s.clock.Now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	quiet := map[string]bool{} // gateways that did not answer just now: nobody waits for them
	for _, r := range due {
		if quiet[r.Gateway] {
			continue
		}
		if err := s.lookAt(ctx, r, quiet); err != nil {
			return 0, err
		}
	}
	return len(due), nil
}

// lookAt asks about one attempt. A gateway that does not answer is left alone for a while, with all its attempts, and
// one attempt that cannot be recorded does not hold up the others.
func (s *Service) lookAt(ctx context.Context, r paymentdb.AttemptsToLookRow, quiet map[string]bool) error {
	if _, ok := s.gateways[r.Gateway]; !ok { // not configured any more; perhaps again later
		quiet[r.Gateway] = true
		return s.putOff(ctx, r.Gateway, "", time.Hour)
	}
	a, err := s.attempt(ctx, r.PublicID)
	if err != nil {
		return err
	}
	_, trouble, err := s.asked(ctx, a, gateway.Card{}, true)
	if err != nil {
		s.log.Error("a gateway's answer cannot be recorded", slog.String("attempt", r.PublicID), slog.Any("error", err))
		return s.putOff(ctx, r.Gateway, r.PublicID, 10*time.Minute)
	}
	if trouble == nil {
		return nil
	}
	quiet[r.Gateway] = true
	after := 30 * time.Second
	if d, ok := gateway.Down(trouble); ok {
		after = max(after, d.After)
	}
	return s.putOff(ctx, r.Gateway, "", after)
}

// putOff lets the poller wait with what is due at a gateway, or with one attempt of it.
func (s *Service) putOff(ctx context.Context, name, attempt string, d time.Duration) error {
	return s.db.Write(ctx, "payment.put_off", func(ctx context.Context, tx db.Tx) error {
		now := s.clock.Now()
		q := paymentdb.New(tx)
		if attempt != "" {
			return q.PutOffAttempt(ctx, clock.Micro(now.Add(d)), attempt)
		}
		return q.PutOffGateway(ctx, clock.Micro(now.Add(d)), clock.Micro(now), name)
	})
}

// CountOverdue counts the open payments whose window is over, up to 1,000.
func (s *Service) CountOverdue(ctx context.Context, tx db.Tx) (int64, error) {
	return paymentdb.New(tx).CountOverdue(ctx, clock.Micro(s.clock.Now()))
}

// Overdue names payables of a kind whose time to pay is over, at most those that one run of the sweep closes.
func (s *Service) Overdue(ctx context.Context, tx db.Tx, kind string) ([]string, error) {
	rows, err := paymentdb.New(tx).PaymentsOverdue(ctx, clock.Micro(s.clock.Now()))
	var out []string
	for _, r := range rows {
		if r.PayableKind == kind {
			out = append(out, r.Payable)
		}
	}
	return out, err
}
