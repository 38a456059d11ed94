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

// Table is all that can happen to a delivery.
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

// Find gives the rule for an event in a state.
func Find(from State, on Event) (Rule, bool) {
	i := slices.IndexFunc(Table, func(r Rule) bool { return r.From == from && r.On == on })
	if i < 0 {
		return Rule{}, false
	}
	return Table[i], true
}

// Allowed are the steps that these parties may take from a state.
func Allowed(from State, parties ...Party) []Event {
	out := []Event{}
	for _, r := range Table {
		if r.From == from && slices.ContainsFunc(parties, func(p Party) bool { return slices.Contains(r.By, p) }) {
			out = append(out, r.On)
		}
	}
	return out
}
