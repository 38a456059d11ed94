package identity

import (
	"context"
	"errors"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// Session is one place where an account is signed in.
type Session struct {
	ID        int64
	PublicID  string
	Role      string // that it was opened for; "" is all of the account's
	Address   string
	UserAgent string
	CreatedAt time.Time
	UsedAt    time.Time // when it got its last pair of tokens
	ExpiresAt time.Time
}

var sessionList = db.DefineList(db.List{
	Name:    "identity.sessions",
	Select:  "SELECT s.id, s.public_id, s.role, s.address, s.user_agent, s.created_at, s.used_at, s.expires_at",
	From:    "FROM sessions s",
	Filters: []db.Filter{{Name: "account", SQL: "s.account_id = ?", Type: db.Int}},
	Sorts:   []db.Sort{{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "s.id", Type: db.Int}}}},
	Combos:  []db.Combo{{Filters: []string{"account"}, Sort: "newest", Index: "sessions_account"}},
})

// Sessions are the caller's own, newest first.
func (s *Service) Sessions(ctx context.Context, c web.Caller, limit int, cursor string) (items []Session, next string, err error) {
	err = s.db.Read(ctx, "identity.sessions", func(ctx context.Context, tx db.Tx) (err error) {
		items, next, err = sessionsOf(ctx, tx, c.AccountID, limit, cursor)
		return err
	})
	return items, next, err
}

func sessionsOf(ctx context.Context, tx db.Tx, account int64, limit int, cursor string) ([]Session, string, error) {
	return db.QueryList(ctx, tx, sessionList, db.ListQuery{Filters: map[string]any{"account": account}, Limit: limit, Cursor: cursor},
		func(r db.Scanner) (v Session, err error) {
			var created, used, expires int64
			err = r.Scan(&v.ID, &v.PublicID, &v.Role, &v.Address, &v.UserAgent, &created, &used, &expires)
			v.CreatedAt, v.UsedAt, v.ExpiresAt = clock.Time(created), clock.Time(used), clock.Time(expires)
			return v, err
		})
}

// Logout ends the session that the caller came with.
func (s *Service) Logout(ctx context.Context, c web.Caller) error {
	err := s.db.Write(ctx, "identity.logout", func(ctx context.Context, tx db.Tx) error {
		return endSessions(ctx, tx, []int64{c.SessionID})
	})
	s.callers.forget(c.AccountID)
	return err
}

// EndSession ends one of the caller's sessions. Errors: ErrSessionNotFound.
func (s *Service) EndSession(ctx context.Context, c web.Caller, publicID string) error {
	err := s.db.Write(ctx, "identity.end_session", func(ctx context.Context, tx db.Tx) error {
		id, err := identitydb.New(tx).SessionOf(ctx, c.AccountID, publicID)
		if errors.Is(err, db.ErrNoRows) {
			return ErrSessionNotFound
		}
		if err != nil {
			return err
		}
		return endSessions(ctx, tx, []int64{id})
	})
	s.callers.forget(c.AccountID)
	return err
}

// EndOtherSessions ends all of the caller's sessions but the one he came with.
func (s *Service) EndOtherSessions(ctx context.Context, c web.Caller) error {
	err := s.db.Write(ctx, "identity.end_other_sessions", func(ctx context.Context, tx db.Tx) error {
		_, err := endSessionsBut(ctx, tx, c.AccountID, c.SessionID)
		return err
	})
	s.callers.forget(c.AccountID)
	return err
}

// ChangePassword sets a new password for who knows the present one, and ends all other sessions.
// Errors: web.ErrInvalid, ErrTooManyTries, ErrWrongPassword, ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, c web.Caller, present, fresh string) error {
	var wait time.Duration
	var row identitydb.Account
	err := s.db.Write(ctx, "identity.password_try", func(ctx context.Context, tx db.Tx) (err error) {
		if wait, err = s.try(ctx, tx, passwordTries, c.Account); err != nil {
			return err
		}
		row, err = identitydb.New(tx).AccountByID(ctx, c.AccountID)
		return err
	})
	switch {
	case err != nil:
		return err
	case wait > 0:
		return ErrTooManyTries.Retry(wait)
	}
	if err := checkPassword("new_password", fresh, row.Email, row.Name); err != nil {
		return err
	}
	ok, err := s.hasher.matches(ctx, present, row.PasswordHash)
	if err != nil {
		return err
	}
	if !ok {
		return ErrWrongPassword
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, "identity.change_password", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		now, err := q.AccountByID(ctx, c.AccountID)
		if err != nil {
			return err
		}
		if now.PasswordHash != row.PasswordHash {
			return ErrWrongPassword // changed while we compared
		}
		if err := q.ForgetTries(ctx, passwordTries.kind, c.Account); err != nil {
			return err
		}
		return s.setPassword(ctx, tx, now, hash, c.SessionID, "owner")
	})
	s.callers.forget(c.AccountID)
	return err
}

// ResetPassword sets a new password for who got the mailed link, and ends all sessions.
// Errors: web.ErrInvalid, ErrInvalidToken, ErrBusy.
func (s *Service) ResetPassword(ctx context.Context, token, fresh string) error {
	var row identitydb.Account
	if err := s.db.Read(ctx, "identity.reset_check", func(ctx context.Context, tx db.Tx) error {
		p, err := s.proof(ctx, tx, proofReset, token)
		if err != nil {
			return err
		}
		row, err = identitydb.New(tx).AccountByID(ctx, *p.AccountID)
		return err
	}); err != nil {
		return err
	}
	if err := checkPassword("password", fresh, row.Email, row.Name); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return err
	}
	err = s.db.Write(ctx, "identity.reset_password", func(ctx context.Context, tx db.Tx) error {
		p, err := s.proof(ctx, tx, proofReset, token)
		if err != nil {
			return err
		}
		if row, err = identitydb.New(tx).AccountByID(ctx, *p.AccountID); err != nil {
			return err
		}
		if State(row.State) != Active {
			return ErrInvalidToken
		}
		return s.setPassword(ctx, tx, row, hash, 0, "link")
	})
	s.callers.forget(row.ID)
	return err
}

// setPassword stores the hash, ends all sessions but one (0: all), and makes links that were mailed before worthless.
func (s *Service) setPassword(ctx context.Context, tx db.Tx, row identitydb.Account, hash string, but int64, by string) error {
	q := identitydb.New(tx)
	now := clock.Micro(s.clock.Now())
	if err := q.UpdatePassword(ctx, hash, now, row.ID); err != nil {
		return err
	}
	if err := q.VoidProofs(ctx, now, row.ID, proofReset); err != nil {
		return err
	}
	// Nor may an address that was asked for with the old password still be confirmed.
	if _, err := q.DeleteEmailChange(ctx, row.ID); err != nil {
		return err
	}
	ended, err := endSessionsBut(ctx, tx, row.ID, but)
	if err != nil {
		return err
	}
	return s.append(ctx, tx, "account.password_changed", row.PublicID, row.PublicID, map[string]any{"by": by, "sessions_ended": ended})
}
