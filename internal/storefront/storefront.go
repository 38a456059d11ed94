package storefront

import (
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront/storefrontdb"
)

const maxHours = 200

// State is where a storefront stands.
type State string

// The states.
const (
	Published   State = "published"
	Unpublished State = "unpublished" // by the store
	Suspended   State = "suspended"   // by the market
)

// Action is what can be done to a storefront's state.
type Action string

// The actions.
const (
	Publish   Action = "publish"
	Unpublish Action = "unpublish"
	Suspend   Action = "suspend"
	Reinstate Action = "reinstate"
)

// moves is the state table. Reinstate leads back to where it was suspended from.
var moves = map[State]map[Action]State{
	Published:   {Unpublish: Unpublished, Suspend: Suspended},
	Unpublished: {Publish: Published, Suspend: Suspended},
	Suspended:   {Reinstate: ""},
}

// past names the event of an action.
var past = map[Action]string{
	Publish: "storefront.published", Unpublish: "storefront.unpublished", Suspend: "storefront.suspended", Reinstate: "storefront.reinstated",
}

// byAdmin says who may take an action: an admin, else the owner.
func (a Action) byAdmin() bool { return a == Suspend || a == Reinstate }

// actions are what the state allows to an owner or an admin, sorted.
func (s State) actions(owner, admin bool) []Action {
	out := []Action{}
	for a := range moves[s] {
		if a.byAdmin() && admin || !a.byAdmin() && owner {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

// What this room refuses with.
var (
	ErrNotFound = fault.New(fault.NotFound, "storefront_not_found", "There is no such storefront, or it cannot be seen at present.")
	ErrTaken    = fault.New(fault.Conflict, "storefront_exists", "The store has a storefront.")
	ErrNoPlan   = fault.New(fault.Conflict, "subscription_needed", "A storefront needs a subscription that runs. Choose a plan first.")
	ErrState    = fault.New(fault.Conflict, "storefront_state", "The storefront's state does not allow this.")
)

// Reason is why a storefront is seen or not.
type Reason string

// The reasons; the first one is the only good one.
const (
	Visible        Reason = "visible"
	IsUnpublished  Reason = "unpublished"
	IsSuspended    Reason = "suspended"
	StoreClosed    Reason = "store_closed"
	DoesNotBuy     Reason = "does_not_buy"
	NoSubscription Reason = "no_subscription"
)

// Storefront is a store's shop window.
type Storefront struct {
	ID            string
	Store         store.Store
	State         State
	Hours         string
	SuspendReason string
	Reason        Reason
	Until         time.Time // until when it is seen by what is paid now; zero where it is not
	Places        []rate.Place
	Rating        *store.Rating // nil where nobody has rated the store
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

func storefrontOf(r storefrontdb.Storefront, st store.Store) Storefront {
	return Storefront{
		ID: r.PublicID, Store: st, State: State(r.State), Hours: r.Hours, SuspendReason: r.SuspendReason,
		CreatedAt: clock.Time(r.CreatedAt), UpdatedAt: clock.Time(r.UpdatedAt),
	}
}

// reason judges a storefront; until is when what is paid ends, zero when nothing runs.
func reason(state State, b store.Brief, until int64) Reason {
	switch {
	case state == Suspended:
		return IsSuspended
	case state != Published:
		return IsUnpublished
	case !b.Open():
		return StoreClosed
	case !b.Buys:
		return DoesNotBuy
	case until == 0:
		return NoSubscription
	}
	return Visible
}
