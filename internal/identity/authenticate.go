package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/web"
)

const (
	rememberFor = 2 * time.Second // and so the longest time another process acts on what is no longer so
	remembered  = 8192
	tokenLength = 43 // of every token there is; others are not looked for
)

// callers remembers for a moment whom a token belongs to.
type callers struct {
	mu    sync.Mutex
	cache *lru.Cache[[sha256.Size]byte, knownCaller]
	// Rises with every forget, so that what was read before it is not remembered after it.
	generation uint64
}

type knownCaller struct {
	caller  web.Caller
	expires int64 // of the token
	until   int64 // of the memory
}

func newCallers() *callers {
	cache, err := lru.New[[sha256.Size]byte, knownCaller](remembered)
	if err != nil {
		panic("identity: " + err.Error()) // only for a size below one
	}
	return &callers{cache: cache}
}

func (c *callers) now() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

func (c *callers) remember(key [sha256.Size]byte, k knownCaller, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.generation == generation {
		c.cache.Add(key, k)
	}
}

// forget drops what is remembered of an account, or of everybody with 0. It is called after the commit and before
// the answer, so that what the answer says is true here.
func (c *callers) forget(account int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for _, key := range c.cache.Keys() {
		if k, ok := c.cache.Peek(key); ok && (account == 0 || k.caller.AccountID == account) {
			c.cache.Remove(key)
		}
	}
}

// Authenticate says whose access token it is. Errors: web.ErrUnauthenticated, ErrTokenExpired.
func (s *Service) Authenticate(ctx context.Context, token string) (web.Caller, error) {
	if len(token) != tokenLength {
		return web.Caller{}, web.ErrUnauthenticated
	}
	key := sha256.Sum256([]byte(token))
	now := clock.Micro(s.clock.Now())
	if k, ok := s.callers.cache.Get(key); ok && now < k.until && now < k.expires {
		return k.caller, nil
	}
	generation := s.callers.now()
	var rows []identitydb.TokenOwnerRow
	err := s.db.Read(ctx, "identity.authenticate", func(ctx context.Context, tx db.Tx) (err error) {
		rows, err = identitydb.New(tx).TokenOwner(ctx, hex.EncodeToString(key[:]))
		return err
	})
	switch {
	case err != nil:
		return web.Caller{}, err
	case len(rows) == 0 || State(rows[0].State) != Active:
		return web.Caller{}, web.ErrUnauthenticated
	case rows[0].ExpiresAt <= now:
		return web.Caller{}, ErrTokenExpired
	}
	caller := web.Caller{AccountID: rows[0].AccountID, Account: rows[0].PublicID, SessionID: rows[0].SessionID}
	for _, row := range rows {
		caller.Roles = append(caller.Roles, row.Role)
	}
	caller.Roles = rolesOf(caller.Roles, rows[0].SessionRole)
	s.callers.remember(key, knownCaller{caller, rows[0].ExpiresAt, now + rememberFor.Microseconds()}, generation)
	return caller, nil
}

// rolesOf are the roles that count in a session: all of the account's, or the one that it was opened for, as long as
// the account has it. A superadmin is an admin too, so he can sign in as one.
func rolesOf(account []string, session string) []string {
	switch {
	case session == "":
		return account
	case holds(account, session):
		return []string{session}
	default:
		return []string{}
	}
}

func holds(roles []string, role string) bool {
	return slices.Contains(roles, role) || role == web.RoleAdmin && slices.Contains(roles, web.RoleSuperadmin)
}
