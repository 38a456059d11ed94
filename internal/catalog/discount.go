package catalog

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/catalog/catalogdb"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
)

// DiscountKind is how a discount lowers a price.
type DiscountKind string

// The kinds.
const (
	Percent DiscountKind = "percent" // of the price
	Amount  DiscountKind = "amount"  // off each piece
)

// Scope is what a discount was made for.
type Scope string

// The scopes.
const (
	ScopeAll        Scope = "all"
	ScopeProducts   Scope = "products"
	ScopeCategories Scope = "categories" // with all that is below them
	ScopeStores     Scope = "stores"
)

// Payer is who bears a discount.
type Payer string

// The payers.
const (
	PaidByStore    Payer = "store"
	PaidByPlatform Payer = "platform"
)

// DiscountState is where a discount stands.
type DiscountState string

// The states.
const (
	Scheduled DiscountState = "scheduled"
	Live      DiscountState = "live"
	Ended     DiscountState = "ended"
)

// noEnd is the end of a discount without one (the year 9999; the partial index knows it too).
const noEnd int64 = 253370764800000000

// Bounds.
const (
	maxOpenDiscounts = 200 // of a store, scheduled or live
	maxScope         = 500 // things that one discount is made for
)

// What discounts are refused with.
var (
	ErrDiscountNotFound = fault.New(fault.NotFound, "discount_not_found", "There is no such discount.")
	ErrEventNotFound    = fault.New(fault.NotFound, "sale_event_not_found", "There is no such sale event.")
	ErrInvalidDiscount  = fault.New(fault.Invalid, "invalid_discount", "Some of the discount's fields are not acceptable.")
	ErrDiscountState    = fault.New(fault.Conflict, "discount_state", "The discount is in a state that does not allow this.")
	ErrDiscountLive     = fault.New(fault.Conflict, "discount_live", "Buyers have seen this discount: only its title and its end can change. End it and make another.")
	ErrManyDiscounts    = fault.New(fault.Conflict, "too_many_discounts", "A store can have 200 discounts that are scheduled or live: end some first.")
	ErrNotJoinable      = fault.New(fault.Conflict, "event_not_joinable", "This sale event is not one that stores join.")
)

// Discount is a discount of a store or a sale event as a reader sees it.
type Discount struct {
	ID        string
	Store     string // public id; "" = a sale event
	Title     string
	Kind      DiscountKind
	Value     int64 // basis points or minor units
	Currency  money.Currency
	Scope     Scope
	PaidBy    Payer
	State     DiscountState
	From      time.Time
	To        *time.Time // nil: until it is ended
	Things    []string   // public ids of what the scope names
	Stores    []string   // public ids of the stores that joined
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// stateAt is the state by the clock: a sweep may be some moments late with the row.
func stateAt(d catalogdb.Discount, now int64) DiscountState {
	switch {
	case DiscountState(d.State) == Ended || d.EndsAt <= now:
		return Ended
	case d.StartsAt <= now:
		return Live
	}
	return Scheduled
}

// offer is a discount that holds now for something.
type offer struct {
	id        int64
	public    string
	title     string
	kind      DiscountKind
	value     int64
	currency  string
	by        Payer
	endsAt    int64
	onlyStore int64 // 0: any
}

// lowered is the price with an offer: rounded half away from zero, never below zero, the price itself where the offer is
// in another currency.
func (o offer) lowered(price int64, currency string) int64 {
	off := o.value
	if o.kind == Percent {
		var err error
		if off, err = money.Percent(price, o.value); err != nil {
			return price
		}
	} else if o.currency != currency {
		return price
	}
	return max(price-off, 0)
}

// Deal is what a price is now.
type Deal struct {
	Now int64
	Was int64 // the store's own price
	// Offer that lowered it; nil where none did.
	Offer *Applied
}

// Applied is the discount that a price is lowered by.
type Applied struct {
	ID     string
	Title  string
	By     Payer
	EndsAt *time.Time
}

// best is the lowest single price; discounts never add up. Of two that lead to the same price the store's own counts, so
// that the market pays only where it lowers a price; then the older one.
func best(price int64, currency string, offers []offer) (int64, *offer) {
	var won *offer
	now := price
	for i := range offers {
		o := &offers[i]
		p := o.lowered(price, currency)
		if p < now || p == now && won != nil && rank(*o, *won) < 0 {
			now, won = p, o
		}
	}
	if now == price {
		return price, nil
	}
	return now, won
}

func rank(a, b offer) int {
	if a.by != b.by {
		if a.by == PaidByStore {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.id, b.id)
}

// place is where prices look for discounts of a product.
type place struct {
	store, product int64
	category       *int64
}

const everything = "m"

func key(kind byte, id int64) string { return string(kind) + ":" + strconv.FormatInt(id, 10) }

func (p place) keys() []string {
	out := []string{everything, key('s', p.store), key('p', p.product)}
	if p.category != nil {
		out = append(out, key('c', *p.category))
	}
	return out
}

// keysOf are the keys of several places, each once.
func keysOf(places []place) []string {
	var out []string
	for _, p := range places {
		out = append(out, p.keys()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// offers are what holds now, by where it was looked for.
type offers map[string][]offer

// deal is what a price at a place is now.
func (o offers) deal(p place, price int64, currency string) Deal {
	d := Deal{Now: price, Was: price}
	var here []offer
	for _, k := range p.keys() {
		for _, x := range o[k] {
			if x.onlyStore == 0 || x.onlyStore == p.store {
				here = append(here, x)
			}
		}
	}
	now, won := best(price, currency, here)
	if won != nil {
		d.Now, d.Offer = now, &Applied{ID: won.public, Title: won.title, By: won.by, EndsAt: endOf(won.endsAt)}
	}
	return d
}
