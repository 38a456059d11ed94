package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
)

// ErrInvalidKey refuses an Idempotency-Key that is not one.
var ErrInvalidKey = fault.New(fault.Invalid, "invalid_idempotency_key",
	"Idempotency-Key takes 16 to 255 visible ASCII characters, once, plain or in quotes.")

const (
	keyHeader = "Idempotency-Key"

	minKey = 16
	maxKey = 255
)

// parseKey reads the header's value: a Structured Field string ("…", where \
// escapes a quote or itself) or the bare characters. Both spellings of one key
// are the same key.
func parseKey(s string) (string, bool) {
	if len(s) > 2*maxKey+2 {
		return "", false
	}
	if s != "" && s[0] == '"' {
		var ok bool
		if s, ok = unquoteKey(s[1:]); !ok {
			return "", false
		}
	}
	if len(s) < minKey || len(s) > maxKey {
		return "", false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return "", false
		}
	}
	return s, true
}

// unquoteKey reads the rest of a quoted string, up to and with the last quote.
func unquoteKey(s string) (string, bool) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return string(out), i == len(s)-1
		case '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", false
			}
		}
		out = append(out, s[i])
	}
	return "", false
}

// keyOf returns the request's key. ok is false when there is none.
func (e *endpoint) keyOf(x *exchange, r *http.Request, body []byte) (key idem.Key, ok bool, err error) {
	lines := r.Header[keyHeader]
	if len(lines) == 0 {
		return idem.Key{}, false, nil
	}
	value, valid := parseKey(lines[0])
	if !valid || len(lines) > 1 {
		return idem.Key{}, false, ErrInvalidKey.Field(keyHeader, "invalid_format", ErrInvalidKey.Message)
	}
	hash := sha256.New()
	for _, part := range []string{r.Method, "\n", r.URL.Path, "\n", r.URL.RawQuery, "\n"} {
		hash.Write([]byte(part))
	}
	hash.Write(body)
	var sum [sha256.Size]byte
	key = idem.Key{Operation: e.op.ID, Value: value, Fingerprint: hex.EncodeToString(hash.Sum(sum[:0]))}
	switch guest := r.Header.Get(e.api.cfg.GuestHeader); {
	case x.caller.SignedIn():
		key.Scope = "account:" + x.caller.Account
	case guest != "":
		// Hashed, because the scope is stored and the token opens a cart.
		sum := sha256.Sum256([]byte(guest))
		key.Scope = "guest:" + hex.EncodeToString(sum[:])
	default:
		// Nobody is known, so only the very same request can be a repeat.
		key.Scope = "anon:" + key.Fingerprint
	}
	return key, true, nil
}

// MarkReplayed says in the answer that it is the repeat of an earlier one.
func MarkReplayed(ctx context.Context) {
	if x := exchangeFrom(ctx); x != nil {
		x.reply.Header().Set("Idempotency-Replayed", "true")
	}
}

// GiveGuest sends a guest the token that his next requests carry.
func GiveGuest(ctx context.Context, token string) {
	if x := exchangeFrom(ctx); x != nil && token != "" {
		x.reply.Header().Set(x.api.cfg.GuestHeader, token)
	}
}
