package identity

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// ChangeEmail mails a link to the new address with which it becomes the account's, and a notice to the old one. An
// address that another account has gets a mail that says so, and the caller learns nothing. A later change replaces one
// that waits. Errors: web.ErrInvalid, ErrTooManyTries, ErrWrongPassword, ErrBusy.
func (s *Service) ChangeEmail(ctx context.Context, c web.Caller, password, email string) error {
	address, key, err := Email(email)
	if err != nil {
		return err
	}
	row, err := s.checkOwnPassword(ctx, c, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, "identity.change_email", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		wait, err := s.try(ctx, tx, mailTries, s.tryKey(mailTries, key, netip.Addr{}))
		if err != nil {
			return err
		}
		now := s.clock.Now()
		other, err := q.AccountByEmail(ctx, key)
		taken := err == nil
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		m := mailJob{Account: row.ID, Proof: code.ID("eml")}
		if taken && other.ID == row.ID {
			// Another spelling of the same address is no change of whom it reaches, but it is confirmed like any.
			taken = false
		}
		switch {
		case wait > 0:
		case taken:
			m.Template, m.Account = mailExists, other.ID
		default:
			m.Template = mailEmail
			if err := q.PutEmailChange(ctx, identitydb.PutEmailChangeParams{
				PublicID: m.Proof, AccountID: row.ID, Hash: code.Hash(s.proofToken(m.Proof)), Email: address, EmailKey: key,
				CreatedAt: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(emailFor)),
			}); err != nil {
				return err
			}
		}
		if err := s.enqueue(ctx, tx, m); err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, mailJob{Account: row.ID, Template: mailEmailNotice}); err != nil {
			return err
		}
		return s.append(ctx, tx, "account.change_asked", row.PublicID, c.Account, map[string]any{"of": "contact"})
	})
}

// ConfirmEmail gives an account the address that the link was mailed to, ends its sessions, and makes links worthless
// that were mailed to the old one. Errors: ErrInvalidToken, ErrEmailTaken.
func (s *Service) ConfirmEmail(ctx context.Context, token string) (a Account, err error) {
	err = s.db.Write(ctx, "identity.confirm_email", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		now := clock.Micro(s.clock.Now())
		change, err := q.EmailChange(ctx, code.Hash(token))
		if errors.Is(err, db.ErrNoRows) || err == nil && change.ExpiresAt <= now {
			return ErrInvalidToken
		}
		if err != nil {
			return err
		}
		before, err := q.AccountByID(ctx, change.AccountID)
		if err != nil {
			return err
		}
		other, err := q.AccountByEmail(ctx, change.EmailKey)
		switch {
		case err == nil && other.ID != change.AccountID:
			return ErrEmailTaken // since the mail was sent
		case err != nil && !errors.Is(err, db.ErrNoRows):
			return err
		}
		n, err := q.UpdateEmail(ctx, change.Email, change.EmailKey, now, change.AccountID)
		switch {
		case db.IsConstraint(err, "accounts_email_key_key"):
			return ErrEmailTaken.Because(err)
		case err != nil:
			return err
		case n == 0:
			return ErrInvalidToken // deactivated
		}
		if _, err := q.DeleteEmailChange(ctx, change.AccountID); err != nil {
			return err
		}
		if err := q.VoidProofs(ctx, now, change.AccountID, proofReset); err != nil {
			return err
		}
		ended, err := endSessionsBut(ctx, tx, change.AccountID, 0)
		if err != nil {
			return err
		}
		if a, err = s.FindID(ctx, tx, change.AccountID); err != nil {
			return err
		}
		if err := index(ctx, tx, a); err != nil {
			return err
		}
		if before.EmailKey != change.EmailKey {
			for _, w := range s.watchers {
				if err := w.EmailChanged(ctx, tx, a, before.EmailKey); err != nil {
					return err
				}
			}
		}
		return s.append(ctx, tx, "account.updated", a.PublicID, a.PublicID, map[string]any{"changed": []string{"contact"}, "sessions_ended": ended})
	})
	s.callers.forget(a.ID)
	return a, err
}

// checkOwnPassword counts a try and compares. Errors: ErrTooManyTries, ErrWrongPassword, ErrBusy.
func (s *Service) checkOwnPassword(ctx context.Context, c web.Caller, password string) (row identitydb.Account, err error) {
	var wait time.Duration
	err = s.db.Write(ctx, "identity.password_try", func(ctx context.Context, tx db.Tx) (err error) {
		if wait, err = s.try(ctx, tx, passwordTries, c.Account); err != nil {
			return err
		}
		row, err = identitydb.New(tx).AccountByID(ctx, c.AccountID)
		return err
	})
	switch {
	case err != nil:
		return row, err
	case wait > 0:
		return row, ErrTooManyTries.Retry(wait)
	}
	ok, err := s.hasher.matches(ctx, password, row.PasswordHash)
	if err != nil {
		return row, err
	}
	if !ok {
		return row, ErrWrongPassword
	}
	err = s.db.Write(ctx, "identity.password_right", func(ctx context.Context, tx db.Tx) error {
		return identitydb.New(tx).ForgetTries(ctx, passwordTries.kind, c.Account)
	})
	return row, err
}
