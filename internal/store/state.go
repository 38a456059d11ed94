package store

import (
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
)

// State is where a store stands.
type State string

// The states.
const (
	Draft     State = "draft"
	Published State = "published"
	Suspended State = "suspended"
	Closed    State = "closed"
)

// Action is what can be done to a store's state.
type Action string

// The actions.
const (
	Publish   Action = "publish"
	Unpublish Action = "unpublish"
	Close     Action = "close"
	Suspend   Action = "suspend"
	Reinstate Action = "reinstate"
)

// moves is the state table. Reinstate leads back to where the store was suspended from.
var moves = map[State]map[Action]State{
	Draft:     {Publish: Published, Close: Closed, Suspend: Suspended},
	Published: {Unpublish: Draft, Close: Closed, Suspend: Suspended},
	Suspended: {Reinstate: ""},
	Closed:    {},
}

// past names the event of an action.
var past = map[Action]string{
	Publish: "store.published", Unpublish: "store.unpublished", Close: "store.closed",
	Suspend: "store.suspended", Reinstate: "store.reinstated",
}

// byAdmin says who may take an action: an admin, else the owner.
func (a Action) byAdmin() bool { return a == Suspend || a == Reinstate }

// next is the state an action leads to from s; from is where a suspended store was before. allowed is what the caller
// may do instead, for the refusal.
func (s State) next(a Action, from State, allowed []string) (State, error) {
	to, ok := moves[s][a]
	if !ok {
		return "", ErrStoreState.With("state", string(s)).With("allowed_actions", allowed)
	}
	if a == Reinstate {
		to = from
	}
	return to, nil
}

// actions are what the state allows to an owner or an admin, sorted.
func (s State) actions(owner, admin bool) []string {
	out := []string{}
	for a := range moves[s] {
		if a.byAdmin() && admin || !a.byAdmin() && owner {
			out = append(out, string(a))
		}
	}
	slices.Sort(out)
	return out
}

// What this room refuses with.
var (
	ErrStoreNotFound   = fault.New(fault.NotFound, "store_not_found", "There is no such store.")
	ErrStoreState      = fault.New(fault.Conflict, "store_state", "The store is in a state that does not allow this.")
	ErrStoreClosed     = fault.New(fault.Conflict, "store_closed", "The store is closed.")
	ErrNoRight         = fault.New(fault.Forbidden, "store_right_required", "You work for this store, but were not given the right to do this.")
	ErrSellerRole      = fault.New(fault.Forbidden, "seller_role_required", "Only sellers can do this: sign up as a seller, or ask the market's operator for the role.")
	ErrTooManyStores   = fault.New(fault.Conflict, "too_many_stores", "An account can own no more stores in this market: close one first.")
	ErrTooManyPeople   = fault.New(fault.Conflict, "too_many_people", "A store can have 50 people: remove one first.")
	ErrSlugTaken       = fault.New(fault.Conflict, "slug_taken", "Another store has this address already.")
	ErrPersonNotFound  = fault.New(fault.NotFound, "person_not_found", "There is no such person in this store.")
	ErrAccountUnusable = fault.New(fault.Invalid, "account_unusable", "No active account of this market has this id.")
	// Of invitations. One that somebody else got is not found.
	ErrInvitationNotFound = fault.New(fault.NotFound, "invitation_not_found", "There is no such invitation.")
	ErrInvitationEnded    = fault.New(fault.Conflict, "invitation_ended", "The invitation was answered or withdrawn, or has expired.")
	ErrInvitationVoid     = fault.New(fault.Conflict, "invitation_void", "Who invited you may not do so any more: ask the store for another invitation.")
	ErrInvited            = fault.New(fault.Conflict, "already_invited", "This person is invited already: withdraw the invitation first, or send it again.")
	ErrWorksHere          = fault.New(fault.Conflict, "already_staff", "This person works in the store already.")
	ErrTooManyInvitations = fault.New(fault.Conflict, "too_many_invitations", "A store can have 50 open invitations: withdraw one first.")

	ErrOwnerStays = fault.New(fault.Conflict, "owner_stays", "The owner has every right and cannot be removed.")
)

// Bounds.
const (
	maxPeople      = 50
	maxInvitations = 50
	inviteFor      = 14 * 24 * time.Hour
	keepInvitation = 30 * 24 * time.Hour // after it expired, as an answer to "what became of it"
	sweepRows      = 200
)
