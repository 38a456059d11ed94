package identity

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// CookieFor is how long somebody stays signed in to the pages.
const CookieFor = refreshFor

// Cookie opens a session for the pages, as Login does for the API. Its value belongs into a cookie and opens nothing
// else: as a bearer token it is unknown, because what is stored is derived from it with the server's key; and no bearer
// token works as a cookie. Errors: those of Login.
func (s *Service) Cookie(ctx context.Context, email, password string, d Device) (value string, a Account, err error) {
	return s.CookieAs(ctx, email, password, "", d)
}

// CookieAs is Cookie for one role of the account, as LoginAs. Errors: those of LoginAs.
func (s *Service) CookieAs(ctx context.Context, email, password, role string, d Device) (value string, a Account, err error) {
	t, a, err := s.LoginAs(ctx, email, password, role, d)
	if err != nil {
		return "", Account{}, err
	}
	caller, err := s.Authenticate(ctx, t.Access)
	if err != nil {
		return "", Account{}, err
	}
	value = code.Token()
	now := s.clock.Now()
	err = s.db.Write(ctx, "identity.cookie", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		// The pair that Login made goes nowhere, so nobody needs it.
		if _, err := q.DeleteTokensOf(ctx, []int64{caller.SessionID}); err != nil {
			return err
		}
		return q.InsertToken(ctx, identitydb.InsertTokenParams{
			Hash: code.Hash(s.derive("cookie", value)), Kind: "access", SessionID: caller.SessionID, AccountID: a.ID,
			ExpiresAt: clock.Micro(now.Add(CookieFor)),
		})
	})
	s.callers.forget(a.ID)
	if err != nil {
		return "", Account{}, err
	}
	return value, a, nil
}

// AuthenticateCookie says whose cookie it is. Errors: web.ErrUnauthenticated, ErrTokenExpired.
func (s *Service) AuthenticateCookie(ctx context.Context, value string) (web.Caller, error) {
	if len(value) != tokenLength {
		return web.Caller{}, web.ErrUnauthenticated
	}
	return s.Authenticate(ctx, s.derive("cookie", value))
}

// CookieAge is CookieFor in whole seconds, as cookies count.
func CookieAge() int { return int(CookieFor / time.Second) }
