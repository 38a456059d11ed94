package review

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/review/reviewdb"
	"github.com/haat-market/haat/internal/store"
)

// Bounds.
const (
	// EditWindow is how long an author may change what he said.
	EditWindow = 30 * 24 * time.Hour
	maxText    = 2000
	maxReason  = 500
)

// State is where a review stands.
type State string

// The states. What is withdrawn stays so.
const (
	Shown     State = "shown"
	Hidden    State = "hidden"    // by an admin
	Withdrawn State = "withdrawn" // by its author
)

// Action is what can be done to a review.
type Action string

// The actions.
const (
	Edit     Action = "edit"
	Withdraw Action = "withdraw"
	Reply    Action = "reply"
	Hide     Action = "hide"
	Show     Action = "show"
)

// What this room refuses with.
var (
	ErrNotFound = fault.New(fault.NotFound, "review_not_found", "There is no such review.")
	ErrReviewed = fault.New(fault.Conflict, "already_reviewed", "You have rated this already. Change what you said instead.")
	ErrNotDone  = fault.New(fault.Conflict, "order_not_done", "It can be rated once the goods are there, or the material is weighed and paid.")
	ErrNotThere = fault.New(fault.Conflict, "product_not_in_order", "The order has no such product.")
	ErrOwn      = fault.New(fault.Forbidden, "own_store_review", "Nobody rates a store that he works in.")
	ErrWindow   = fault.New(fault.Conflict, "review_too_old", "A review can be changed for 30 days.")
	ErrState    = fault.New(fault.Conflict, "review_state", "The review's state does not allow this.")
	ErrReplied  = fault.New(fault.Conflict, "already_replied", "The store has answered this review. It does so once.")
)

// Review is what a buyer says, as one caller sees it.
type Review struct {
	reviewdb.Review
	Store   store.Brief
	Author  string // a name as strangers may read it; empty: erased
	Mine    bool
	Inside  bool // the caller works in the store, or is an admin
	Actions []Action
}

// EditUntil is when an author's time to change it ends.
func (r Review) EditUntil() time.Time { return clock.Time(r.CreatedAt).Add(EditWindow) }

// eyes are who looks at a review.
type eyes struct{ author, store, admin bool }

// actions are what the state allows to whoever looks, sorted.
func actions(r reviewdb.Review, e eyes, now time.Time) []Action {
	out := []Action{}
	add := func(may bool, a Action) {
		if may {
			out = append(out, a)
		}
	}
	s := State(r.State)
	add(e.author && s == Shown && now.Before(clock.Time(r.CreatedAt).Add(EditWindow)), Edit)
	add(e.author && s != Withdrawn, Withdraw)
	add(e.store && s == Shown && r.Reply == "", Reply)
	add(e.admin && s == Shown, Hide)
	add(e.admin && s == Hidden, Show)
	slices.Sort(out)
	return out
}

// erased is what identity calls whose data were taken away.
const erased = "("

// signature is a name as strangers may read it: the first name, and the last one's first letter.
func signature(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 || strings.HasPrefix(name, erased) {
		return ""
	}
	first := []rune(words[0])
	if len(words) == 1 {
		return string(first[:min(len(first), 40)])
	}
	letter, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return string(first[:min(len(first), 40)]) + " " + string(letter) + "."
}

// counts are how many gave one star, two, up to five.
type counts [5]int64

func (c *counts) add(stars, n int64) { c[stars-1] += n }
