package web

import (
	"context"
	"net/netip"
	"slices"
)

// Roles that the access of an operation may ask for.
const (
	RoleCustomer   = "customer"
	RoleSeller     = "seller"
	RoleCourier    = "courier"
	RoleMachine    = "machine"
	RoleAdmin      = "admin"
	RoleSuperadmin = "superadmin"
)

// Caller is who a request comes from. The zero account is nobody: an anonymous
// caller has an address at most.
type Caller struct {
	AccountID int64
	Account   string // public id
	Roles     []string
	SessionID int64
	Addr      netip.Addr
}

// SignedIn reports whether an account is behind the request.
func (c Caller) SignedIn() bool { return c.AccountID != 0 }

// Is reports whether the caller has the role. A superadmin is an admin too.
func (c Caller) Is(role string) bool {
	if !c.SignedIn() {
		return false
	}
	return slices.Contains(c.Roles, role) || role == RoleAdmin && slices.Contains(c.Roles, RoleSuperadmin)
}

type callerKey struct{}

// CallerFrom returns who the request comes from; nobody outside a request.
func CallerFrom(ctx context.Context) Caller {
	if c, ok := ctx.Value(callerKey{}).(*Caller); ok {
		return *c
	}
	return Caller{}
}

// WithCaller returns a context whose caller is c: for tests and for work that
// is done in somebody's name outside a request.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &c)
}
