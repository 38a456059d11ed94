package delivery

import "slices"

// State is where a delivery stands.
type State string

// The states.
const (
	Available State = "available" // waits for a courier
	Assigned  State = "assigned"
	PickedUp  State = "picked_up"
	InTransit State = "in_transit"
	Delivered State = "delivered"
	Failed    State = "failed" // nobody was there, or it was refused; the courier still has it
	Returned  State = "returned"
	Cancelled State = "cancelled"
)

// States are all of them.
var States = []State{Available, Assigned, PickedUp, InTransit, Delivered, Failed, Returned, Cancelled}

// Open says whether something is still to be done.
func (s State) Open() bool { return s != Delivered && s != Returned && s != Cancelled }

// Held says whether a courier has it.
func (s State) Held() bool { return s.Open() && s != Available }

// Event is what happens to a delivery.
type Event string

// The events.
const (
	Claim    Event = "claim"  // a courier takes it
	Assign   Event = "assign" // or is given it
	Unassign Event = "unassign"
	Pickup   Event = "pickup"
	Depart   Event = "depart"
	Deliver  Event = "deliver"
	Fail     Event = "fail"
	Retry    Event = "retry"
	Release  Event = "release" // to another courier
	Return   Event = "return"  // back to the sender
	Cancel   Event = "cancel"
)

// Party is who takes a step.
type Party string

// The parties.
const (
	Courier Party = "courier" // whose job it is; of a claim, whoever may
	Store   Party = "store"
	Admin   Party = "admin"
)

// Rule is one row of the state table.
type Rule struct {
	From State
	On   Event
	To   State
	By   []Party
}

// The sides of what is carried, as those of orders.
const (
	sale    = "sale"    // goods from a store to who bought them
	buyback = "buyback" // what a dealer bought, from who sold it to the dealer
)

// Table is all that can happen to a delivery of goods.
var Table = []Rule{
	{Available, Claim, Assigned, []Party{Courier}},
	{Available, Assign, Assigned, []Party{Admin}},
	{Available, Cancel, Cancelled, []Party{Store, Admin}},
	{Assigned, Assign, Assigned, []Party{Admin}},
	{Assigned, Unassign, Available, []Party{Courier, Admin}},
	{Assigned, Pickup, PickedUp, []Party{Courier}},
	{Assigned, Cancel, Cancelled, []Party{Store, Admin}},
	{PickedUp, Depart, InTransit, []Party{Courier}},
	{PickedUp, Deliver, Delivered, []Party{Courier}},
	{PickedUp, Fail, Failed, []Party{Courier, Admin}},
	{InTransit, Deliver, Delivered, []Party{Courier}},
	{InTransit, Fail, Failed, []Party{Courier, Admin}},
	{Failed, Retry, InTransit, []Party{Courier}},
	{Failed, Release, Available, []Party{Admin}},
	{Failed, Return, Returned, []Party{Courier, Admin}},
}

// BuybackTable is all that can happen to a delivery of what a dealer bought. It is picked up by being weighed and paid, so
// there is no way back from there: only the dealer's door, or an admin who gives it up.
var BuybackTable = []Rule{
	{Available, Claim, Assigned, []Party{Courier}},
	{Available, Assign, Assigned, []Party{Admin}},
	{Available, Cancel, Cancelled, []Party{Store, Admin}},
	{Assigned, Assign, Assigned, []Party{Admin}},
	{Assigned, Unassign, Available, []Party{Courier, Admin}},
	{Assigned, Pickup, PickedUp, []Party{Courier}},
	{Assigned, Fail, Cancelled, []Party{Courier}},
	{Assigned, Cancel, Cancelled, []Party{Store, Admin}},
	{PickedUp, Depart, InTransit, []Party{Courier}},
	{PickedUp, Deliver, Delivered, []Party{Courier, Store, Admin}},
	{PickedUp, Fail, Failed, []Party{Courier, Admin}},
	{InTransit, Deliver, Delivered, []Party{Courier, Store, Admin}},
	{InTransit, Fail, Failed, []Party{Courier, Admin}},
	{Failed, Retry, InTransit, []Party{Courier}},
	{Failed, Deliver, Delivered, []Party{Store, Admin}},
	{Failed, Release, Available, []Party{Admin}},
	{Failed, Cancel, Cancelled, []Party{Admin}},
}

func tableOf(side string) []Rule {
	if side == buyback {
		return BuybackTable
	}
	return Table
}

// Find gives the rule of a side for an event in a state.
func Find(side string, from State, on Event) (Rule, bool) {
	table := tableOf(side)
	i := slices.IndexFunc(table, func(r Rule) bool { return r.From == from && r.On == on })
	if i < 0 {
		return Rule{}, false
	}
	return table[i], true
}

// Allowed are the steps of a side that these parties may take from a state.
func Allowed(side string, from State, parties ...Party) []Event {
	out := []Event{}
	for _, r := range tableOf(side) {
		if r.From == from && slices.ContainsFunc(parties, func(p Party) bool { return slices.Contains(r.By, p) }) {
			out = append(out, r.On)
		}
	}
	return out
}
