package identity

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

// NewAccount is an account to be made.
type NewAccount struct {
	Name     string
	Email    string
	Phone    string // optional
	Password string
	Roles    []string
	Language string // optional
	// PasswordHash instead of Password, for those who make many accounts with one password: from HashPassword.
	PasswordHash string
}

// checked is a NewAccount whose values are in their stored form.
type checked struct {
	NewAccount
	key   string
	hash  string
	state State
	// prefix begins the account's code.
	prefix string
}

// newAccount checks everything, hashing last.
func (s *Service) newAccount(ctx context.Context, facts MarketFacts, n NewAccount) (c checked, err error) {
	if n.Name, err = Name("name", n.Name); err != nil {
		return c, err
	}
	if n.Email, c.key, err = Email(n.Email); err != nil {
		return c, err
	}
	if n.Phone != "" {
		if n.Phone, err = Phone(n.Phone, facts.Country); err != nil {
			return c, err
		}
	}
	if n.Roles, err = normalRoles(n.Roles); err != nil {
		return c, err
	}
	if err := checkLanguage(n.Language, facts); err != nil {
		return c, err
	}
	c.NewAccount, c.state, c.hash, c.prefix = n, Inactive, n.PasswordHash, facts.CodePrefix
	if c.hash != "" {
		return c, nil
	}
	if err := checkPassword("password", n.Password, n.Email, n.Name); err != nil {
		return c, err
	}
	c.hash, err = s.hasher.hash(ctx, n.Password)
	return c, err
}

// HashPassword is the stored form of a password. Errors: web.ErrInvalid, ErrBusy.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	if err := checkPassword("password", password); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// CreateAccount makes an active account without a mail: for the operator's command line and for demonstrations.
// Errors: web.ErrInvalid, ErrEmailTaken, ErrBusy.
func (s *Service) CreateAccount(ctx context.Context, n NewAccount) (a Account, err error) {
	facts, err := s.market(ctx)
	if err != nil {
		return a, err
	}
	c, err := s.newAccount(ctx, facts, n)
	if err != nil {
		return a, err
	}
	c.state = Active
	err = s.db.Write(ctx, "identity.create_account", func(ctx context.Context, tx db.Tx) (err error) {
		a, err = s.create(ctx, tx, c, "system")
		return err
	})
	return a, err
}

// create inserts an account whose address must be free.
func (s *Service) create(ctx context.Context, tx db.Tx, c checked, actor string) (Account, error) {
	switch _, err := identitydb.New(tx).AccountByEmail(ctx, c.key); {
	case err == nil:
		return Account{}, ErrEmailTaken
	case !errors.Is(err, db.ErrNoRows):
		return Account{}, err
	}
	row, err := s.insert(ctx, tx, c, actor)
	return accountOf(row, c.Roles), err
}

// insert writes the account, its roles and the event; without an actor the account itself is the one.
func (s *Service) insert(ctx context.Context, tx db.Tx, c checked, actor string) (identitydb.Account, error) {
	q := identitydb.New(tx)
	number, err := freeCode(ctx, q, c.prefix)
	if err != nil {
		return identitydb.Account{}, err
	}
	row, err := q.InsertAccount(ctx, identitydb.InsertAccountParams{
		PublicID: code.ID("acc"), Code: number, Name: c.Name, Email: c.Email, EmailKey: c.key,
		Phone: c.Phone, PasswordHash: c.hash, State: string(c.state), Language: c.Language, Now: clock.Micro(s.clock.Now()),
	})
	switch {
	case db.IsConstraint(err, "accounts_email_key_key"):
		// Somebody signed up with it at the same moment.
		return row, ErrEmailTaken.Because(err)
	case err != nil:
		return row, err
	}
	for _, role := range c.Roles {
		if err := q.InsertRole(ctx, row.ID, role); err != nil {
			return row, err
		}
	}
	if err := index(ctx, tx, accountOf(row, nil)); err != nil {
		return row, err
	}
	if actor == "" {
		actor = row.PublicID
	}
	return row, s.append(ctx, tx, "account.created", row.PublicID, actor, map[string]any{"roles": c.Roles, "state": string(c.state)})
}

// freeCode is a code that no account has. Nine digits are short enough to be read out and so few that they meet.
func freeCode(ctx context.Context, q *identitydb.Queries, prefix string) (string, error) {
	for {
		number := prefix + code.Digits(9)
		if taken, err := q.CodeTaken(ctx, number); err != nil || !taken {
			return number, err
		}
	}
}

// SetupToken makes the one-time token with which the first superadmin is made, valid for 15 minutes; earlier ones stop
// working. needed is false where there is an active superadmin.
func (s *Service) SetupToken(ctx context.Context) (token string, needed bool, err error) {
	fresh := code.Token()
	err = s.db.Write(ctx, "identity.setup_token", func(ctx context.Context, tx db.Tx) error {
		q := identitydb.New(tx)
		if needed, err = s.needsSetup(ctx, tx); err != nil || !needed {
			return err
		}
		if err := q.VoidSetups(ctx); err != nil {
			return err
		}
		now := s.clock.Now()
		return q.InsertProof(ctx, identitydb.InsertProofParams{
			PublicID: code.ID("prf"), Purpose: proofSetup, Hash: code.Hash(fresh),
			CreatedAt: clock.Micro(now), ExpiresAt: clock.Micro(now.Add(setupFor)),
		})
	})
	if err != nil || !needed {
		return "", false, err
	}
	return fresh, true, nil
}

func (s *Service) needsSetup(ctx context.Context, tx db.Tx) (bool, error) {
	n, err := identitydb.New(tx).CountActiveWithRole(ctx, web.RoleSuperadmin)
	return n == 0, err
}

// SetUp makes the first superadmin. Errors: ErrInvalidToken, ErrEmailTaken, web.ErrInvalid, ErrBusy.
func (s *Service) SetUp(ctx context.Context, token string, n NewAccount) (a Account, err error) {
	facts, err := s.market(ctx)
	if err != nil {
		return a, err
	}
	// The token is looked at before anything is hashed for whoever comes.
	if err := s.db.Read(ctx, "identity.setup_check", func(ctx context.Context, tx db.Tx) error {
		_, err := s.proof(ctx, tx, proofSetup, token)
		return err
	}); err != nil {
		return a, err
	}
	n.Roles = []string{web.RoleSuperadmin, web.RoleAdmin}
	c, err := s.newAccount(ctx, facts, n)
	if err != nil {
		return a, err
	}
	c.state = Active
	err = s.db.Write(ctx, "identity.setup", func(ctx context.Context, tx db.Tx) error {
		p, err := s.proof(ctx, tx, proofSetup, token)
		if err != nil {
			return err
		}
		needed, err := s.needsSetup(ctx, tx)
		if err != nil {
			return err
		}
		if !needed {
			return ErrInvalidToken
		}
		if err := s.useProof(ctx, tx, p); err != nil {
			return err
		}
		a, err = s.create(ctx, tx, c, "")
		return err
	})
	return a, err
}
