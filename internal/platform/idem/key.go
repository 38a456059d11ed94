package idem

import "context"

// Key is the promise of one request that it may be sent again. Web reads it
// from the request; Once stores it with what the request made.
type Key struct {
	Scope       string // whose key it is: keys of different callers never meet
	Operation   string // the operation's id
	Value       string // what the caller chose
	Fingerprint string // SHA-256 of the request: the same key with another request is refused
}

type keyOfContext struct{}

// WithKey returns a context that carries the request's key.
func WithKey(ctx context.Context, k Key) context.Context {
	return context.WithValue(ctx, keyOfContext{}, k)
}

// KeyFrom returns the request's key. ok is false when the caller sent none.
func KeyFrom(ctx context.Context) (k Key, ok bool) {
	k, ok = ctx.Value(keyOfContext{}).(Key)
	return k, ok
}

// Without returns a context that carries no key: for a part of a request whose repeat could not be answered from what
// the first one made.
func Without(ctx context.Context) context.Context { return context.WithValue(ctx, keyOfContext{}, nil) }
