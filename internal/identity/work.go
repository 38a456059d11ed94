package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

const sweepRows = 200

// Work registers what this room does in the background.
func (s *Service) Work(j *job.Runner) {
	j.Handle(mailKind, s.sendMail)
	j.Sweep(job.Sweep{Name: "identity.words", Every: time.Minute, Run: s.sweepWords})
	j.Sweep(job.Sweep{Name: "identity.expired", Every: 10 * time.Minute, Run: s.sweepExpired})
}

// sweepExpired deletes what has been of no use for a day, a bounded piece of each kind at a time.
func (s *Service) sweepExpired(ctx context.Context, lease job.Lease) (done int, err error) {
	err = s.db.Write(ctx, "identity.sweep_expired", func(ctx context.Context, tx db.Tx) error {
		if err := lease.Check(ctx, tx); err != nil {
			return err
		}
		n, err := s.deleteExpired(ctx, identitydb.New(tx), clock.Micro(s.clock.Now().Add(-keepExpired)))
		done = n
		return err
	}, db.Bulk())
	return done, err
}

func (s *Service) deleteExpired(ctx context.Context, q *identitydb.Queries, before int64) (done int, err error) {
	tokens, err := q.ExpiredTokens(ctx, before, sweepRows)
	if err != nil {
		return 0, err
	}
	if _, err := q.DeleteTokens(ctx, tokens); err != nil {
		return 0, err
	}
	sessions, err := q.ExpiredSessions(ctx, before, sweepRows)
	if err != nil {
		return 0, err
	}
	if _, err := q.DeleteTokensOf(ctx, sessions); err != nil {
		return 0, err
	}
	if _, err := q.DeleteSessions(ctx, sessions); err != nil {
		return 0, err
	}
	proofs, err := q.ExpiredProofs(ctx, before, sweepRows)
	if err != nil {
		return 0, err
	}
	if _, err := q.DeleteProofs(ctx, proofs); err != nil {
		return 0, err
	}
	changes, err := q.ExpiredEmailChanges(ctx, before, sweepRows)
	if err != nil {
		return 0, err
	}
	if _, err := q.DeleteEmailChanges(ctx, changes); err != nil {
		return 0, err
	}
	tries, err := q.OldTries(ctx, before, sweepRows)
	if err != nil {
		return 0, err
	}
	for _, t := range tries {
		if err := q.ForgetTries(ctx, t.Kind, t.Key); err != nil {
			return 0, err
		}
	}
	return len(tokens) + len(sessions) + len(proofs) + len(changes) + len(tries), nil
}
