package identity

import (
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// Account is a person or machine that signs in.
type Account struct {
	ID       int64
	PublicID string
	Code     string
	Name     string
	Email    string
	Phone    string // +977…, or "" when not given
	State    State
	// StateReason is what an admin wrote when he activated or deactivated it.
	StateReason string
	Language    string   // of its mails; "" is the market's
	Avatar      string   // the key of its picture, or ""
	Roles       []string // sorted
	ErasedAt    *time.Time
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Is says whether the account has the role.
func (a Account) Is(role string) bool { return slices.Contains(a.Roles, role) }

// Brief is what other rooms show of an account.
type Brief struct {
	ID       int64
	PublicID string
	Name     string
	Email    string
	Avatar   string
}

// State is where an account stands.
type State string

// The states.
const (
	Inactive    State = "inactive" // signed up, the address not proved
	Active      State = "active"
	Deactivated State = "deactivated"
)

// Action is what can be done to an account.
type Action string

// The actions.
const (
	Activate   Action = "activate"
	Deactivate Action = "deactivate"
)

// moves is the state table: what each action makes of each state.
var moves = map[State]map[Action]State{
	Inactive:    {Activate: Active, Deactivate: Deactivated},
	Active:      {Deactivate: Deactivated},
	Deactivated: {Activate: Active},
}

// Next is the state that an action leads to; a refusal names what is possible instead.
func (s State) Next(a Action) (State, error) {
	if to, ok := moves[s][a]; ok {
		return to, nil
	}
	return "", ErrAccountState.With("state", string(s)).With("allowed_actions", s.Actions())
}

// Actions are the actions that the state allows, sorted.
func (s State) Actions() []string {
	actions := []string{}
	for a := range moves[s] {
		actions = append(actions, string(a))
	}
	slices.Sort(actions)
	return actions
}

// actions are those that an admin may take.
func (a Account) actions() []string {
	if a.ErasedAt != nil {
		return []string{}
	}
	actions := a.State.Actions()
	if !slices.ContainsFunc(a.Roles, privileged) {
		actions = append(actions, "erase")
		slices.Sort(actions)
	}
	return actions
}

// Roles are all roles, in the order of what they may do.
var Roles = []string{web.RoleCustomer, web.RoleSeller, web.RoleCourier, web.RoleMachine, web.RoleAdmin, web.RoleSuperadmin}

// privileged says whether only a superadmin may give or take the role, or touch an account that has it.
func privileged(role string) bool { return role == web.RoleAdmin || role == web.RoleSuperadmin }

// normalRoles is the sorted set of roles, or a refusal.
func normalRoles(roles []string) ([]string, error) {
	out := slices.Clone(roles)
	slices.Sort(out)
	out = slices.Compact(out)
	for _, role := range out {
		if !slices.Contains(Roles, role) {
			return nil, web.ErrInvalid.Field("roles", "unknown_role", "Is not a role of this market.")
		}
	}
	if len(out) == 0 {
		return nil, web.ErrInvalid.Field("roles", web.CodeRequired, "An account has at least one role.")
	}
	return out, nil
}

// How long things last.
const (
	accessFor   = 15 * time.Minute
	refreshFor  = 30 * 24 * time.Hour
	graceFor    = time.Minute // a used refresh token, because its answer may have been lost
	activateFor = 48 * time.Hour
	resetFor    = time.Hour
	setupFor    = 15 * time.Minute
	emailFor    = 24 * time.Hour // a changed address, to be confirmed
	keepExpired = 24 * time.Hour // so that an expired token is not taken for an unknown one
)

// Bounds of what one account may have.
const (
	maxSessions  = 50
	maxAddresses = 20
)

// What this room refuses with.
var (
	ErrTokenExpired       = fault.New(fault.Unauthenticated, "token_expired", "The access token has expired. Get a new one with the refresh token.")
	ErrBadCredentials     = fault.New(fault.Unauthenticated, "bad_credentials", "E-mail address and password do not go together.")
	ErrRefreshToken       = fault.New(fault.Unauthenticated, "invalid_refresh_token", "The refresh token is not valid any more. Sign in again.")
	ErrAccountInactive    = fault.New(fault.Forbidden, "account_inactive", "The account is not active yet: follow the link in the mail that was sent when you signed up.")
	ErrAccountDeactivated = fault.New(fault.Forbidden, "account_deactivated", "The account was deactivated. Ask the market's operator.")
	ErrRoleNotHeld        = fault.New(fault.Forbidden, "role_not_held", "The account does not have this role. Sign in as something else, or without naming a role.")
	ErrInUse              = fault.New(fault.Conflict, "account_in_use", "The account still owns a store, has money, or waits for an order: end that first.")
	ErrErased             = fault.New(fault.Conflict, "account_erased", "The account was erased and stays so.")
	ErrTooManyTries       = fault.New(fault.TooMany, "too_many_tries", "Too many tries. Wait a little before the next one.")
	ErrBusy               = fault.New(fault.Unavailable, "busy", "Too many people sign in at this moment. Try again in a few seconds.")
	ErrSignupClosed       = fault.New(fault.Forbidden, "signup_closed", "This market does not take new accounts at the moment.")
	ErrInvalidToken       = fault.New(fault.Invalid, "invalid_token", "The link is not valid, has expired or was used before.")
	ErrWrongPassword      = fault.New(fault.Forbidden, "wrong_password", "The present password is not right.")
	ErrEmailTaken         = fault.New(fault.Conflict, "email_taken", "There is an account with this e-mail address already.")
	ErrAccountNotFound    = fault.New(fault.NotFound, "account_not_found", "There is no such account.")
	ErrAccountState       = fault.New(fault.Conflict, "account_state", "The account is in a state that does not allow this.")
	ErrPrivileged         = fault.New(fault.Forbidden, "superadmin_required", "Only a superadmin may do this.")
	ErrLastSuperadmin     = fault.New(fault.Conflict, "last_superadmin", "This is the last active superadmin: appoint another one first.")
	ErrAddressNotFound    = fault.New(fault.NotFound, "address_not_found", "There is no such address.")
	ErrTooManyAddresses   = fault.New(fault.Conflict, "too_many_addresses", "An account can keep 20 addresses: delete one first.")
	ErrSessionNotFound    = fault.New(fault.NotFound, "session_not_found", "There is no such session.")
)
