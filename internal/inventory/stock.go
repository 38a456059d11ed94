package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Bounds of quantities, in whole units.
const (
	MaxQty   = 1_000_000_000     // of one line or adjustment
	maxStock = 1_000_000_000_000 // of a variant; the CHECK of the table
)

// What callers are told.
var (
	ErrOutOfStock      = fault.New(fault.Conflict, "out_of_stock", "There is not enough of everything: see which lines are short.")
	ErrAlreadyReserved = fault.New(fault.Conflict, "already_reserved", "Stock is reserved for this already.")
	ErrBelowReserved   = fault.New(fault.Conflict, "stock_reserved", "That is less than what is promised to open orders: deliver, cut or cancel them first.")
	ErrTooMuchStock    = fault.New(fault.Invalid, "stock_too_large", "That is more than a variant can have in stock.")
	ErrNotTracked      = fault.New(fault.Conflict, "stock_not_tracked", "Stock of this variant is not tracked. Switch it on at the variant first.")
	ErrThreshold       = fault.New(fault.Invalid, "invalid_threshold", "A threshold is from 0 to 1,000,000,000.")
	ErrAdjustment      = fault.New(fault.Invalid, "invalid_adjustment", "Say either by how much the stock changes or what was counted.")
)

// errQty is a mistake of the caller's code: quantities of orders are checked where they come in.
var errQty = errors.New("inventory: a line's quantity is out of range")

// Line is so many units of a variant.
type Line struct {
	Variant int64
	Qty     int64
}

// Demand is what one owner, an order, asks for.
type Demand struct {
	Owner string // public id
	Lines []Line
}

// Level is how much of a variant there is.
type Level struct {
	Available int64 // may be sold
	Reserved  int64 // promised
}

// OnHand is what stands on the shelf.
func (l Level) OnHand() int64 { return l.Available + l.Reserved }

// Short is a line that cannot be served.
type Short struct {
	Variant   string `json:"variant"`
	Available int64  `json:"available"`
	Required  int64  `json:"required"`
}

// Kind says why stock moved.
type Kind string

// The kinds of movement.
const (
	Adjust  Kind = "adjust"   // people counted, received or lost
	Reserve Kind = "reserve"  // available → reserved
	Sell    Kind = "sell"     // reserved → gone
	Release Kind = "release"  // reserved → available
	SellNow Kind = "sell_now" // available → gone
	Return  Kind = "return"   // sold → available
)

// Movement is a row of the journal.
type Movement struct {
	PublicID       string
	Variant        string
	Kind           Kind
	AvailableDelta int64
	ReservedDelta  int64
	After          Level
	Subject        string // what it was for: an order, an import
	Reason         string
	Note           string
	Actor          string
	CreatedAt      time.Time
}

// state is how far a reservation is.
type state string

const (
	live     state = "live"
	sold     state = "sold"
	released state = "released"
	returned state = "returned"
)

// change is one step from one state of reservations to the next and what it does to stock, per unit.
type change struct {
	kind                Kind
	from, to            state
	available, reserved int64
}

// The changes. A reservation that is in another state than from is left alone: that makes each of them happen once.
var (
	changeSell    = change{Sell, live, sold, 0, -1}
	changeRelease = change{Release, live, released, +1, -1}
	changeReturn  = change{Return, sold, returned, +1, 0}
)

// entry is one owner's line among those of all.
type entry struct {
	owner string
	Line
}

// merged puts the lines of all demands in the order in which stock is locked, one entry per owner and variant.
func merged(demands []Demand) ([]entry, error) {
	var list []entry
	for _, d := range demands {
		if d.Owner == "" {
			return nil, errors.New("inventory: a demand without an owner")
		}
		for _, l := range d.Lines {
			if l.Qty < 1 || l.Qty > MaxQty {
				return nil, fmt.Errorf("%w: %d of variant %d", errQty, l.Qty, l.Variant)
			}
			list = append(list, entry{d.Owner, l})
		}
	}
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.owner, b.owner))
	})
	out := list[:0]
	for _, e := range list {
		if n := len(out); n > 0 && out[n-1].Variant == e.Variant && out[n-1].owner == e.owner {
			out[n-1].Qty += e.Qty
			if out[n-1].Qty > MaxQty {
				return nil, fmt.Errorf("%w: %d of variant %d", errQty, out[n-1].Qty, e.Variant)
			}
			continue
		}
		out = append(out, e)
	}
	return out, nil
}
