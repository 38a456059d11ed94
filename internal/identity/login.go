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
)

// Device is where somebody signs in from.
type Device struct {
	Addr      netip.Addr
	UserAgent string
}

func (d Device) address() string {
	if !d.Addr.IsValid() {
		return ""
	}
	return d.Addr.String()
}

func (d Device) agent() string {
	runes := []rune(d.UserAgent)
	return string(runes[:min(len(runes), 200)])
}

// Tokens are what a client calls with: the access token for a quarter of an hour, then the refresh token for the next
// pair.
type Tokens struct {
	Access    string
	Refresh   string
	ExpiresIn time.Duration // of the access token
}

// Login opens a session with all roles of the account. Errors: LoginAs's, but ErrRoleNotHeld.
func (s *Service) Login(ctx context.Context, email, password string, d Device) (t Tokens, a Account, err error) {
	return s.LoginAs(ctx, email, password, "", d)
}

// LoginAs opens a session for one role of the account, or with "" for all of them. The steps are the same whether the
// address has an account or not: one count, one hash.
// Errors: ErrTooManyTries, ErrBadCredentials, ErrBusy; to who knows the password also ErrAccountInactive,
// ErrAccountDeactivated and ErrRoleNotHeld.
func (s *Service) LoginAs(ctx context.Context, email, password, role string, d Device) (t Tokens, a Account, err error) {
	if len(password) > 1024 {
		password = password[:1024] // cannot be right, and costs no more than others
	}
	key := emailKey(email)
	tryKey := s.tryKey(loginTries, key, d.Addr)
	var wait time.Duration
	var row identitydb.Account
	// READ COMMITTED: the row of the try is locked by its first statement; the account is only read.
	err = s.db.Write(ctx, "identity.login_try", func(ctx context.Context, tx db.Tx) (err error) {
		if wait, err = s.try(ctx, tx, loginTries, tryKey); err != nil {
			return err
		}
		row, err = identitydb.New(tx).AccountByEmail(ctx, key)
		if errors.Is(err, db.ErrNoRows) {
			row, err = identitydb.Account{}, nil
		}
		return err
	}, db.ReadCommitted())
	switch {
	case err != nil:
		return t, a, err
	case wait > 0:
		return t, a, ErrTooManyTries.Retry(wait)
	}
	ok, err := s.hasher.matches(ctx, password, row.PasswordHash)
	if err != nil {
		return t, a, err
	}
	if !ok {
		return t, a, ErrBadCredentials
	}
	t = Tokens{Access: code.Token(), Refresh: code.Token(), ExpiresIn: accessFor}
	err = s.db.Write(ctx, "identity.login", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		now, err := q.AccountByID(ctx, row.ID)
		if err != nil {
			return err
		}
		if now.PasswordHash != row.PasswordHash {
			return ErrBadCredentials // changed while we compared
		}
		if err := q.ForgetTries(ctx, loginTries.kind, tryKey); err != nil {
			return err
		}
		if a, err = s.account(ctx, tx, now, nil); err != nil {
			return err
		}
		if a.State != Active || role != "" && !holds(a.Roles, role) {
			return nil
		}
		return s.openSession(ctx, tx, a.ID, role, d, t)
	})
	switch {
	case err != nil:
		return Tokens{}, Account{}, err
	case a.State == Inactive:
		return Tokens{}, Account{}, ErrAccountInactive
	case a.State != Active:
		return Tokens{}, Account{}, ErrAccountDeactivated
	case role != "" && !holds(a.Roles, role):
		return Tokens{}, Account{}, ErrRoleNotHeld
	}
	return t, a, nil
}

func (s *Service) openSession(ctx context.Context, tx db.Tx, account int64, role string, d Device, t Tokens) error {
	q := identitydb.New(tx)
	now := s.clock.Now()
	ids, err := q.SessionIDs(ctx, account) // newest first
	if err != nil {
		return err
	}
	if len(ids) >= maxSessions {
		if err := endSessions(ctx, tx, ids[maxSessions-1:]); err != nil {
			return err
		}
	}
	id, err := q.InsertSession(ctx, identitydb.InsertSessionParams{
		PublicID: code.ID("ses"), AccountID: account, Role: role, Address: d.address(), UserAgent: d.agent(),
		Now: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(refreshFor)),
	})
	if err != nil {
		return err
	}
	return insertTokens(ctx, tx, id, account, t, now)
}

func insertTokens(ctx context.Context, tx db.Tx, session, account int64, t Tokens, now time.Time) error {
	q := identitydb.New(tx)
	if err := q.InsertToken(ctx, identitydb.InsertTokenParams{
		Hash: code.Hash(t.Access), Kind: "access", SessionID: session, AccountID: account, ExpiresAt: clock.Micro(now.Add(accessFor)),
	}); err != nil {
		return err
	}
	return q.InsertToken(ctx, identitydb.InsertTokenParams{
		Hash: code.Hash(t.Refresh), Kind: "refresh", SessionID: session, AccountID: account, ExpiresAt: clock.Micro(now.Add(refreshFor)),
	})
}

// endSessions takes the sessions away, tokens first.
func endSessions(ctx context.Context, tx db.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	q := identitydb.New(tx)
	if _, err := q.DeleteTokensOf(ctx, ids); err != nil {
		return err
	}
	_, err := q.DeleteSessions(ctx, ids)
	return err
}

// endSessionsBut ends the account's sessions except one (0: all) and says how many.
func endSessionsBut(ctx context.Context, tx db.Tx, account, but int64) (int, error) {
	ids, err := identitydb.New(tx).SessionIDs(ctx, account)
	if err != nil {
		return 0, err
	}
	others := make([]int64, 0, len(ids))
	for _, id := range ids {
		if id != but {
			others = append(others, id)
		}
	}
	return len(others), endSessions(ctx, tx, others)
}

// Refresh gives the next pair of tokens. An answer that was lost can be asked for again for a minute: the pair is
// derived from the old token, so it is the same one, and stands nowhere in clear. Errors: ErrRefreshToken.
func (s *Service) Refresh(ctx context.Context, token string, d Device) (t Tokens, err error) {
	if len(token) != tokenLength {
		return t, ErrRefreshToken
	}
	t = Tokens{Access: s.derive("access", token), Refresh: s.derive("refresh", token)}
	err = s.db.Write(ctx, "identity.refresh", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		now := s.clock.Now()
		row, err := q.RefreshToken(ctx, code.Hash(token))
		switch {
		case errors.Is(err, db.ErrNoRows):
			return ErrRefreshToken
		case err != nil:
			return err
		case row.ExpiresAt <= clock.Micro(now) || State(row.State) != Active:
			return ErrRefreshToken
		case row.UsedAt != nil:
			t.ExpiresIn, err = s.successor(ctx, tx, t, now)
			return err
		}
		t.ExpiresIn = accessFor
		if err := q.UseRefreshToken(ctx, clock.Micro(now), clock.Micro(now.Add(graceFor)), row.Hash); err != nil {
			return err
		}
		if err := insertTokens(ctx, tx, row.SessionID, row.AccountID, t, now); err != nil {
			return err
		}
		return q.TouchSession(ctx, identitydb.TouchSessionParams{
			Now: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(refreshFor)), Address: d.address(), UserAgent: d.agent(), ID: row.SessionID,
		})
	})
	if err != nil {
		return Tokens{}, err
	}
	return t, nil
}

// successor checks that the pair is the one that was given before, and says how long its access token still lasts.
// With another server key it is not, and the client has to sign in.
func (s *Service) successor(ctx context.Context, tx db.Tx, t Tokens, now time.Time) (time.Duration, error) {
	q := identitydb.New(tx)
	access, err := q.TokenByHash(ctx, code.Hash(t.Access))
	if err == nil {
		_, err = q.TokenByHash(ctx, code.Hash(t.Refresh))
	}
	if errors.Is(err, db.ErrNoRows) {
		return 0, ErrRefreshToken
	}
	return max(0, clock.Time(access.ExpiresAt).Sub(now)), err
}
