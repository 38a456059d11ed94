package identity

import (
	"context"
	"encoding/hex"
	"net/netip"
	"time"

	"github.com/haat-market/haat/internal/identity/identitydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
)

// tryRule says how often something may be tried. The first tries are free; from then on each has to wait longer than
// the one before, up to a bound; after a quiet time all is forgotten. Nothing is ever locked.
type tryRule struct {
	kind    string
	free    int64
	first   time.Duration
	most    time.Duration
	forgets time.Duration
}

var (
	// By (identifier, address): who guesses from elsewhere does not slow down the owner.
	loginTries = tryRule{kind: "login", free: 10, first: time.Second, most: 15 * time.Minute, forgets: time.Hour}
	// By account: the caller holds a session and guesses the password.
	passwordTries = tryRule{kind: "password", free: 5, first: time.Second, most: 15 * time.Minute, forgets: time.Hour}
	// By e-mail address: nobody's mailbox is filled through us.
	mailTries = tryRule{kind: "mail", free: 5, first: 10 * time.Minute, most: 6 * time.Hour, forgets: 24 * time.Hour}
)

// delay is how long the next try has to wait after the n-th.
func (r tryRule) delay(n int64) time.Duration {
	if n < r.free {
		return 0
	}
	d := r.first
	for i := r.free; i < n && d < r.most; i++ {
		d *= 2
	}
	return min(d, r.most)
}

// tryKey names what is tried without telling it. The address counts by /64 where it is IPv6, because one subscriber
// holds at least that many.
func (s *Service) tryKey(r tryRule, what string, addr netip.Addr) string {
	if addr.Is6() && !addr.Is4In6() {
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	text := what
	if addr.IsValid() {
		text += "\x00" + addr.Unmap().String()
	}
	return hex.EncodeToString(s.mac("tries "+r.kind, text))
}

// try counts one try, before it is known how it ends, so that many at once count too. wait is how long this one comes
// too early; it is not counted then. The caller commits whatever the outcome is. The row of the key is locked by the
// first statement, so this is right in READ COMMITTED too.
func (s *Service) try(ctx context.Context, tx db.Tx, r tryRule, key string) (wait time.Duration, err error) {
	q := identitydb.New(tx)
	now := s.clock.Now()
	row, err := q.LockTries(ctx, r.kind, key, clock.Micro(now))
	if err != nil {
		return 0, err
	}
	until := clock.Time(row.UntilAt)
	if until.After(now) {
		return until.Sub(now), nil
	}
	count := row.Count + 1
	if now.Sub(clock.Time(row.TriedAt)) > r.forgets {
		count = 1
	}
	return 0, q.UpdateTries(ctx, identitydb.UpdateTriesParams{
		Count: count, Now: clock.Micro(now), UntilAt: clock.Micro(now.Add(r.delay(count))), Kind: r.kind, Key: key,
	})
}
