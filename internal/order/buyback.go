package order

import (
	"slices"
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/order/orderdb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/rate"
)

// buyback is the side of an order in which the store buys: material goes to it, money to the customer. It touches no
// stock, no escrow and no payment: what changes hands does so at the door.
const buyback = "buyback"

// Bounds of pickups.
const (
	maxOpenPickups = 20 // of an account
	pickupDays     = 30 // how far ahead one is arranged
	maxOTPTries    = 5
	flagTimes      = 3 // more than so many times what was ordered is flagged
	missedAfter    = 12 * time.Hour
	forgottenAfter = 30 * 24 * time.Hour
)

// The slots of a day.
const (
	Morning   = "8am - 1pm"
	Afternoon = "1pm - 6pm"
)

// slotHours are the hours of the day in which a slot begins and ends.
var slotHours = map[string][2]int{Morning: {8, 13}, Afternoon: {13, 18}}

// The steps with an order of this side, beside Cancel.
const (
	Accept     Event = "accept"     // the store says that it will come
	Reschedule Event = "reschedule" // another day or slot
	Miss       Event = "miss"       // one of the two was not there
	PickUp     Event = "pickup"     // weighed and paid
)

// BuybackTable is all that can happen to an order of the side buyback. Source documents call confirmed accepted. A missed
// pickup waits for another day.
var BuybackTable = []Rule{
	{Pending, Accept, Confirmed, seller, StockStays, MoneyStays, TimerOff},
	{Pending, Reschedule, Pending, everybody, StockStays, MoneyStays, TimerOff},
	{Pending, Miss, Pending, everybodyOrTime, StockStays, MoneyStays, TimerOff},
	{Pending, PickUp, Completed, seller, StockStays, MoneyAtDoor, TimerOff},
	{Pending, Cancel, Cancelled, everybodyOrTime, StockStays, MoneyStays, TimerOff},
	{Confirmed, Reschedule, Confirmed, everybody, StockStays, MoneyStays, TimerOff},
	{Confirmed, Miss, Pending, everybodyOrTime, StockStays, MoneyStays, TimerOff},
	{Confirmed, PickUp, Completed, seller, StockStays, MoneyAtDoor, TimerOff},
	{Confirmed, Cancel, Cancelled, everybodyOrTime, StockStays, MoneyStays, TimerOff},
}

var everybodyOrTime = []Party{Buyer, Store, Admin, System}

// What somebody who sells to a store may be told.
var (
	ErrPickupDay      = fault.New(fault.Invalid, "invalid_pickup_date", "The pickup is on a day from today to 30 days ahead, and its slot is not over yet.")
	ErrNotServed      = fault.New(fault.Conflict, "address_not_served", "A dealer does not come to this address, or another price holds there. See the lines.")
	ErrDealerShut     = fault.New(fault.Conflict, "dealer_not_buying", "The dealer does not buy at present.")
	ErrOwnStore       = fault.New(fault.Conflict, "own_store", "Nobody sells to his own store.")
	ErrTooManyPickups = fault.New(fault.Conflict, "too_many_pickups", "Too many pickups are arranged. Let one be done or cancel it first.")
	ErrNoOTP          = fault.New(fault.Conflict, "no_otp", "The order waits for no pickup any more: there is no password.")
	ErrWrongOTP       = fault.New(fault.Invalid, "wrong_otp", "The one-time password is wrong.")
	ErrOTPLocked      = fault.New(fault.Conflict, "otp_locked", "The one-time password was wrong five times. The customer makes another one.")
	ErrWrongNumber    = fault.New(fault.Invalid, "wrong_order_number", "This is not the order's number.")
	ErrWeights        = fault.New(fault.Invalid, "weights_required", "Say of each line what was weighed, zero too, and of no other. See the fields.")
	ErrExtra          = fault.New(fault.Invalid, "invalid_extra", "Other material needs a rate of this dealer at this postal code, once, that is not a line yet.")
	ErrPayBy          = fault.New(fault.Invalid, "pay_by_required", "Say how the customer is paid: cash or wallet.")
	ErrPickupEarly    = fault.New(fault.Conflict, "pickup_not_due", "The day of the pickup has not come.")
)

// findBuyback gives the rule for an event in a state.
func findBuyback(from State, on Event) (Rule, bool) {
	i := slices.IndexFunc(BuybackTable, func(r Rule) bool { return r.From == from && r.On == on })
	if i < 0 {
		return Rule{}, false
	}
	return BuybackTable[i], true
}

// buybackActions are the steps that these parties may take with such an order.
func buybackActions(from State, parties ...Party) []Event {
	out := []Event{}
	for _, r := range BuybackTable {
		if r.From == from && slices.ContainsFunc(parties, func(p Party) bool { return p != System && slices.Contains(r.By, p) }) {
			out = append(out, r.On)
		}
	}
	return out
}

// appointment is when a store comes.
type appointment struct {
	day  string // 2026-11-30, of the market's calendar
	slot string
}

// ends is when it is over.
func (a appointment) ends(zone *time.Location) (time.Time, bool) {
	day, err := time.ParseInLocation(time.DateOnly, a.day, zone)
	hours, ok := slotHours[a.slot]
	if err != nil || !ok || day.Format(time.DateOnly) != a.day {
		return time.Time{}, false
	}
	return time.Date(day.Year(), day.Month(), day.Day(), hours[1], 0, 0, 0, zone), true
}

// SlotBegins is when a slot of a day of the market's calendar begins.
func SlotBegins(day, slot string, zone *time.Location) (time.Time, bool) {
	ends, ok := appointment{day, slot}.ends(zone)
	if !ok {
		return ends, false
	}
	hours := slotHours[slot]
	return ends.Add(time.Duration(hours[0]-hours[1]) * time.Hour), true
}

// due is when an appointment that nobody spoke of counts as missed. Errors: ErrPickupDay.
func (a appointment) due(now time.Time, settings market.Settings) (int64, error) {
	ends, ok := a.ends(settings.Location())
	if !ok || !ends.After(now) || ends.After(now.AddDate(0, 0, pickupDays+1)) {
		return 0, ErrPickupDay.Field("body.pickup_date", ErrPickupDay.Code, ErrPickupDay.Message)
	}
	return clock.Micro(ends.Add(missedAfter)), nil
}

// otp is the customer's password for a pickup.
func (s *Service) otp(order string, p orderdb.Pickup) string {
	return code.KeyedPIN(s.key, "order.otp", order+"\x00"+strconv.FormatInt(p.OtpNo, 10))
}

// figuresOf are a line's figures.
func figuresOf(l orderdb.BuybackLine) rate.Figures {
	return rate.Figures{Amount: l.Amount, Tax: l.Tax, Fee: l.Fee}
}
