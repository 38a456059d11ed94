package identity

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event"
	"github.com/haat-market/haat/internal/platform/job"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/web"
)

// MarketFacts are what this room needs to know of the installation.
type MarketFacts struct {
	Name       string
	Country    string // ISO 3166, two letters: whose calling code a national telephone number gets
	SignupOpen bool
	Languages  []string // the first is that of mails to accounts that chose none
	CodePrefix string   // of new accounts' codes
}

// Deps are what the room stands on.
type Deps struct {
	DB     *db.DB
	Clock  clock.Clock
	Log    *slog.Logger
	Events *event.Log
	Jobs   *job.Runner
	Mail   mail.Sender
	Blobs  *blob.Store // where pictures lie
	// URL is where people reach this market, without a slash at the end. Links in mails are built from it alone; without
	// it mails carry the bare token.
	URL string
	// Key is the server's secret, at least 32 bytes, the same in every process of a market. With another key, links
	// in mails that are on their way and refresh tokens whose answer was lost stop working; nothing else does.
	Key []byte
	// Market tells the facts of now; nil is an open market without a name.
	Market func(context.Context) (MarketFacts, error)
	// Hashing is the cost of a password hash; nil is the market's. Tests take a cheap one.
	Hashing *argon2id.Params
}

// Service is the room.
type Service struct {
	db       *db.DB
	clock    clock.Clock
	log      *slog.Logger
	events   *event.Log
	jobs     *job.Runner
	mail     mail.Sender
	url      string
	key      []byte
	market   func(context.Context) (MarketFacts, error)
	hasher   *hasher
	callers  *callers
	guests   Guests
	blobs    *blob.Store
	stores   StoreOpener // nil: none are opened at sign-up
	guards   []EraseGuard
	watchers []Watcher
}

// New opens the room.
func New(d Deps) (*Service, error) {
	if len(d.Key) < 32 {
		return nil, errors.New("identity: the server's key must have at least 32 bytes")
	}
	if d.Market == nil {
		d.Market = func(context.Context) (MarketFacts, error) {
			return MarketFacts{Name: "Haat", SignupOpen: true, CodePrefix: "C-"}, nil
		}
	}
	return &Service{
		db: d.DB, clock: d.Clock, log: d.Log, events: d.Events, jobs: d.Jobs, mail: d.Mail,
		url: strings.TrimRight(d.URL, "/"), key: d.Key, market: d.Market, hasher: newHasher(d.Hashing), callers: newCallers(), blobs: d.Blobs,
	}, nil
}

// Facts are what is known of the installation now.
func (s *Service) Facts(ctx context.Context) (MarketFacts, error) { return s.market(ctx) }

// Briefs are the accounts with these ids; an id that nobody has is missing.
func (s *Service) Briefs(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Brief, error) {
	rows, err := identitydb.New(tx).AccountsByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	briefs := make(map[int64]Brief, len(rows))
	for _, r := range rows {
		briefs[r.ID] = Brief{ID: r.ID, PublicID: r.PublicID, Name: r.Name, Email: r.Email, Avatar: or(r.Avatar)}
	}
	return briefs, nil
}

// Find is the account with this public id. Errors: ErrAccountNotFound.
func (s *Service) Find(ctx context.Context, tx db.Tx, publicID string) (Account, error) {
	row, err := identitydb.New(tx).AccountByPublicID(ctx, publicID)
	return s.account(ctx, tx, row, err)
}

// FindID is the account with this key. Errors: ErrAccountNotFound.
func (s *Service) FindID(ctx context.Context, tx db.Tx, id int64) (Account, error) {
	row, err := identitydb.New(tx).AccountByID(ctx, id)
	return s.account(ctx, tx, row, err)
}

// FindEmail is the account with this e-mail address, however it is spelt. For other rooms and the command line: no
// answer to a stranger may depend on it. Errors: ErrAccountNotFound.
func (s *Service) FindEmail(ctx context.Context, tx db.Tx, email string) (Account, error) {
	row, err := identitydb.New(tx).AccountByEmail(ctx, emailKey(email))
	return s.account(ctx, tx, row, err)
}

func (s *Service) account(ctx context.Context, tx db.Tx, row identitydb.Account, err error) (Account, error) {
	switch {
	case errors.Is(err, db.ErrNoRows):
		return Account{}, ErrAccountNotFound
	case err != nil:
		return Account{}, err
	}
	roles, err := identitydb.New(tx).Roles(ctx, row.ID)
	return accountOf(row, roles), err
}

func accountOf(r identitydb.Account, roles []string) Account {
	a := Account{
		ID: r.ID, PublicID: r.PublicID, Code: r.Code, Name: r.Name, Email: r.Email, Phone: r.Phone, State: State(r.State),
		StateReason: r.StateReason, Language: r.Language, Avatar: or(r.Avatar),
		Roles: roles, CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
	if r.ErasedAt != nil {
		at := clock.Time(*r.ErasedAt)
		a.ErasedAt = &at
	}
	return a
}

// append notes what happened to an account. Facts never hold a token, a password or where somebody lives.
func (s *Service) append(ctx context.Context, tx db.Tx, kind, subject, actor string, facts map[string]any) error {
	return s.events.Append(ctx, tx, event.Event{Type: kind, Subject: subject, Actor: actor, Facts: facts})
}

// actor is who acts, as events name him.
func actor(c web.Caller) string {
	if c.SignedIn() {
		return c.Account
	}
	return "system"
}

// Me is the caller's own account.
func (s *Service) Me(ctx context.Context, c web.Caller) (a Account, err error) {
	err = s.db.Read(ctx, "identity.me", func(ctx context.Context, tx db.Tx) (err error) {
		a, err = s.FindID(ctx, tx, c.AccountID)
		return err
	})
	return a, err
}

// ProfileChange is what is to be changed; nil stays as it is.
type ProfileChange struct {
	Name     *string
	Phone    *string // "" takes it away
	Language *string // "" is the market's
}

// ChangeMe changes the caller's profile.
func (s *Service) ChangeMe(ctx context.Context, c web.Caller, change ProfileChange) (a Account, err error) {
	facts, err := s.market(ctx)
	if err != nil {
		return a, err
	}
	if change.Name != nil {
		name, err := Name("name", *change.Name)
		if err != nil {
			return a, err
		}
		change.Name = &name
	}
	if change.Phone != nil && *change.Phone != "" {
		phone, err := Phone(*change.Phone, facts.Country)
		if err != nil {
			return a, err
		}
		change.Phone = &phone
	}
	if change.Language != nil {
		if err := checkLanguage(*change.Language, facts); err != nil {
			return a, err
		}
	}
	err = s.db.Write(ctx, "identity.change_me", func(ctx context.Context, tx db.Tx) (err error) {
		if a, err = s.FindID(ctx, tx, c.AccountID); err != nil {
			return err
		}
		changed := []string{}
		if change.Name != nil && *change.Name != a.Name {
			a.Name, changed = *change.Name, append(changed, "name")
		}
		if change.Phone != nil && *change.Phone != a.Phone {
			a.Phone, changed = *change.Phone, append(changed, "phone")
		}
		if change.Language != nil && *change.Language != a.Language {
			a.Language, changed = *change.Language, append(changed, "language")
		}
		if len(changed) == 0 {
			return nil
		}
		a.UpdatedAt = s.clock.Now()
		if err := s.updateProfile(ctx, tx, a); err != nil {
			return err
		}
		return s.append(ctx, tx, "account.updated", a.PublicID, actor(c), map[string]any{"changed": changed})
	})
	return a, err
}

// updateProfile writes name, telephone number and language, and by what the account is found.
func (s *Service) updateProfile(ctx context.Context, tx db.Tx, a Account) error {
	err := identitydb.New(tx).UpdateProfile(ctx, identitydb.UpdateProfileParams{
		Name: a.Name, Phone: a.Phone, Language: a.Language, Now: clock.Micro(s.clock.Now()), ID: a.ID,
	})
	if err != nil {
		return err
	}
	return index(ctx, tx, a)
}
