package identity

import (
	"context"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// EraseGuard says why an account cannot be erased now: it owns a store, has money, waits for an order. It runs in the
// transaction that erases.
type EraseGuard func(ctx context.Context, tx db.Tx, a Account) error

// GuardErase registers a guard. Called while the program is put together.
func (s *Service) GuardErase(g EraseGuard) { s.guards = append(s.guards, g) }

// Erase takes the personal data of an account away: name, address book, e-mail address, telephone number, picture,
// sessions and what it is found by. What remains is the account's id, so that books and orders still balance; orders
// keep the contact that they froze, because the tax law asks for it. It cannot be undone.
// Errors: ErrAccountNotFound, ErrPrivileged, ErrErased; the guards'.
func (s *Service) Erase(ctx context.Context, c web.Caller, publicID, reason string) (a Account, err error) {
	if reason, err = Text("reason", reason, 500); err != nil {
		return a, err
	}
	err = s.db.Write(ctx, "identity.erase", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		if a, err = s.Find(ctx, tx, publicID); err != nil {
			return err
		}
		if a.ErasedAt != nil {
			return ErrErased
		}
		// Who has power is dismissed first, by whoever may do that.
		for _, role := range a.Roles {
			if privileged(role) {
				return ErrPrivileged.Sayf("An admin is dismissed before the account is erased.")
			}
		}
		for _, guard := range s.guards {
			if err := guard(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, w := range s.watchers {
			if err := w.AccountErased(ctx, tx, a); err != nil {
				return err
			}
		}
		if _, err := endSessionsBut(ctx, tx, a.ID, 0); err != nil {
			return err
		}
		if err := q.DeleteAddresses(ctx, a.ID); err != nil {
			return err
		}
		if err := q.DeleteProofsOf(ctx, a.ID); err != nil {
			return err
		}
		if _, err := q.DeleteEmailChange(ctx, a.ID); err != nil {
			return err
		}
		if err := s.blobs.Drop(ctx, tx, a.Avatar); err != nil {
			return err
		}
		if err := q.DeleteWords(ctx, a.ID); err != nil {
			return err
		}
		// Not an address that mail could reach; unique, because the account's id is.
		if err := q.EraseAccount(ctx, identitydb.EraseAccountParams{
			Name: erasedName, Email: a.PublicID + "@erased.invalid", StateReason: reason, Now: clock.Micro(s.clock.Now()), ID: a.ID,
		}); err != nil {
			return err
		}
		if a, err = s.FindID(ctx, tx, a.ID); err != nil {
			return err
		}
		return s.append(ctx, tx, "account.erased", a.PublicID, actor(c), nil)
	})
	s.callers.forget(a.ID)
	return a, err
}

// EraseMe erases the caller's own account, for whoever knows its password. Errors: ErrTooManyTries, ErrWrongPassword,
// ErrBusy; those of Erase.
func (s *Service) EraseMe(ctx context.Context, c web.Caller, password string) error {
	if _, err := s.checkOwnPassword(ctx, c, password); err != nil {
		return err
	}
	_, err := s.Erase(ctx, c, c.Account, "")
	return err
}

const erasedName = "(erased)"
