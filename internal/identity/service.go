package identity

import (
	"context"
	"errors"
	"log/slog"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// Deps are what the room stands on.
type Deps struct {
	DB    *db.DB
	Clock clock.Clock
	Log   *slog.Logger
	// Key is the server's secret, at least 32 bytes, the same in every process of a market. With another key, links
	// in mails that are on their way and refresh tokens whose answer was lost stop working; nothing else does.
	Key []byte
	// Hashing is the cost of a password hash; nil is the market's. Tests take a cheap one.
	Hashing *argon2id.Params
}

// Service is the room.
type Service struct {
	db      *db.DB
	clock   clock.Clock
	log     *slog.Logger
	key     []byte
	hasher  *hasher
	callers *callers
}

// New opens the room.
func New(d Deps) (*Service, error) {
	if len(d.Key) < 32 {
		return nil, errors.New("identity: the server's key must have at least 32 bytes")
	}
	h, err := newHasher(d.Hashing)
	if err != nil {
		return nil, err
	}
	return &Service{db: d.DB, clock: d.Clock, log: d.Log, key: d.Key, hasher: h, callers: newCallers()}, nil
}

// Briefs are the accounts with these ids; an id that nobody has is missing.
func (s *Service) Briefs(ctx context.Context, tx db.Tx, ids []int64) (map[int64]Brief, error) {
	rows, err := identitydb.New(tx).AccountsByIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	briefs := make(map[int64]Brief, len(rows))
	for _, r := range rows {
		briefs[r.ID] = Brief{ID: r.ID, PublicID: r.PublicID, Name: r.Name, Email: r.Email}
	}
	return briefs, nil
}

// BriefOf is the account with this public id. Errors: ErrAccountNotFound.
func (s *Service) BriefOf(ctx context.Context, tx db.Tx, publicID string) (Brief, error) {
	a, err := identitydb.New(tx).AccountByPublicID(ctx, publicID)
	if errors.Is(err, db.ErrNoRows) {
		return Brief{}, ErrAccountNotFound
	}
	return Brief{ID: a.ID, PublicID: a.PublicID, Name: a.Name, Email: a.Email}, err
}
