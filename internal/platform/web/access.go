package web

import "github.com/haat-market/haat/internal/platform/fault"

// Access says who may call an operation. There is no default: an operation
// that does not declare one does not start.
type Access string

// The kinds of access.
const (
	Public     Access = "public"     // anybody
	SignedIn   Access = "signed_in"  // any account
	Seller     Access = "seller"     // an account with the role seller
	Courier    Access = "courier"    // an account with the role courier
	Machine    Access = "machine"    // an account with the role machine
	Admin      Access = "admin"      // admin or superadmin
	Superadmin Access = "superadmin" // superadmin
	Owner      Access = "owner"      // any account; the service checks the object, strangers get 404
	Signed     Access = "signed"     // the service checks a signature over the raw bytes
)

// Faults of access.
var (
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "unauthenticated", "Sign in to do this.")
	ErrForbidden       = fault.New(fault.Forbidden, "forbidden", "Your account may not do this.")
)

// role returns the role that an access asks for, if it asks for one.
func (a Access) role() string {
	switch a {
	case Seller:
		return RoleSeller
	case Courier:
		return RoleCourier
	case Machine:
		return RoleMachine
	case Admin:
		return RoleAdmin
	case Superadmin:
		return RoleSuperadmin
	default:
		return ""
	}
}

// valid reports whether a is one of the declared kinds.
func (a Access) valid() bool {
	switch a {
	case Public, SignedIn, Owner, Signed:
		return true
	default:
		return a.role() != ""
	}
}

// anonymous reports whether a caller without an account may pass.
func (a Access) anonymous() bool { return a == Public || a == Signed }

// check refuses a caller whom the access does not admit.
func (a Access) check(c *Caller) error {
	if a.anonymous() {
		return nil
	}
	if !c.SignedIn() {
		return ErrUnauthenticated
	}
	if role := a.role(); role != "" && !c.Is(role) {
		return ErrForbidden
	}
	return nil
}
