package order

import (
	"slices"

	"github.com/haat-market/haat/internal/order/orderdb"
)

// State is where an order of goods stands.
type State string

// The states.
const (
	AwaitingPayment State = "awaiting_payment"
	Pending         State = "pending" // cash on delivery or by message: the store has not answered yet
	Confirmed       State = "confirmed"
	Processing      State = "processing"
	Shipped         State = "shipped"
	Delivered       State = "delivered"
	Completed       State = "completed"
	Cancelled       State = "cancelled"
	Returning       State = "returning" // refused at the door, on its way back
	Returned        State = "returned"
)

// States are all of them.
var States = []State{AwaitingPayment, Pending, Confirmed, Processing, Shipped, Delivered, Completed, Cancelled, Returning, Returned}

// Event is what happens to an order.
type Event string

// The events. The first six are steps that people take.
const (
	Confirm  Event = "confirm"
	Process  Event = "process"
	Ship     Event = "ship"
	Deliver  Event = "deliver"
	Complete Event = "complete"
	Cancel   Event = "cancel"
	Return   Event = "return"  // the parcel was refused or nobody was there
	Receive  Event = "receive" // it is back at the store
	Pay      Event = "pay"
	PayLate  Event = "pay_late"
	Expire   Event = "expire" // the time to pay is over
	Lapse    Event = "lapse"  // the store did not answer in time
)

// Events are all of them.
var Events = []Event{Confirm, Process, Ship, Deliver, Complete, Cancel, Return, Receive, Pay, PayLate, Expire, Lapse}

// Party is who takes a step.
type Party string

// The parties. System is the market itself: the books, a timer.
const (
	Buyer   Party = "buyer"
	Store   Party = "store"
	Admin   Party = "admin"
	Courier Party = "courier" // of the market, who has the order's delivery
	System  Party = "system"
)

// Stock is what a change means for the goods.
type Stock string

// What may happen to the goods.
const (
	StockStays   Stock = "stays"
	StockSold    Stock = "reserved → sold" // of a guest order: available → sold, or it is not confirmed
	StockFreed   Stock = "reserved → available"
	StockBack    Stock = "sold → available"
	StockRetaken Stock = "available → sold, or the order stays cancelled"
	StockChecked Stock = "sold → available if the store says that the goods are good"
)

// Money is what a change means for the books.
type Money string

// What may happen to the money.
const (
	MoneyStays    Money = "stays"
	MoneyBack     Money = "escrow → refunds due"           // nothing, when nothing was taken
	MoneyAtDoor   Money = "cash is the store's"            // cash on delivery only
	MoneyReleased Money = "escrow → store, fee → platform" // cash: the fee becomes the store's debt
)

// Timer is what a change means for the order's due date.
type Timer string

// What may happen to the due date.
const (
	TimerOff     Timer = "none"
	TimerRelease Timer = "release of the escrow"
)

// Rule is one row of the state table.
type Rule struct {
	From  State
	On    Event
	To    State
	By    []Party
	Stock Stock
	Money Money
	Timer Timer
}

var (
	seller    = []Party{Store, Admin}
	everybody = []Party{Buyer, Store, Admin}
	byItself  = []Party{System}
	carriers  = []Party{Store, Admin, Courier}
	receivers = []Party{Buyer, Store, Admin, Courier}
	finishers = []Party{Buyer, Admin, System}
)

// Table is all that can happen to an order of goods. What is not in it is refused with what is.
var Table = []Rule{
	{AwaitingPayment, Pay, Confirmed, byItself, StockSold, MoneyStays, TimerOff},
	{AwaitingPayment, Cancel, Cancelled, []Party{Buyer, Admin}, StockFreed, MoneyStays, TimerOff},
	{AwaitingPayment, Expire, Cancelled, byItself, StockFreed, MoneyStays, TimerOff},
	{Pending, Confirm, Confirmed, seller, StockSold, MoneyStays, TimerOff},
	{Pending, Cancel, Cancelled, everybody, StockFreed, MoneyBack, TimerOff},
	{Pending, Lapse, Cancelled, byItself, StockFreed, MoneyBack, TimerOff},
	{Confirmed, Process, Processing, carriers, StockStays, MoneyStays, TimerOff},
	{Confirmed, Ship, Shipped, carriers, StockStays, MoneyStays, TimerOff},
	{Confirmed, Cancel, Cancelled, everybody, StockBack, MoneyBack, TimerOff},
	{Processing, Ship, Shipped, carriers, StockStays, MoneyStays, TimerOff},
	{Processing, Cancel, Cancelled, everybody, StockBack, MoneyBack, TimerOff},
	{Shipped, Deliver, Delivered, receivers, StockStays, MoneyAtDoor, TimerRelease},
	{Shipped, Return, Returning, carriers, StockStays, MoneyStays, TimerOff},
	{Returning, Receive, Returned, seller, StockChecked, MoneyBack, TimerOff},
	{Delivered, Complete, Completed, finishers, StockStays, MoneyReleased, TimerOff},
	{Cancelled, PayLate, Confirmed, byItself, StockRetaken, MoneyStays, TimerOff},
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
		if r.From == from && slices.ContainsFunc(parties, func(p Party) bool { return p != System && slices.Contains(r.By, p) }) {
			out = append(out, r.On)
		}
	}
	return out
}

// Cut takes units out of an order; it changes no state, so it is in no row of the table.
const Cut Event = "cut"

// actions are the steps that these parties may take with an order now.
func actions(o orderdb.Order, parties ...Party) []Event {
	if o.Side == buyback {
		return buybackActions(State(o.State), parties...)
	}
	out := Allowed(State(o.State), parties...)
	if slices.Contains(parties, Store) && mayCut(State(o.State)) && o.UnitCount > 1 && !o.Frozen {
		out = append(out, Cut)
	}
	return slices.DeleteFunc(out, func(on Event) bool {
		rule, ok := Find(State(o.State), on)
		return ok && standsStill(o, rule) != nil
	})
}

// mayCut says whether units may be taken out of an order: before it is shipped, and not while its payment is open.
func mayCut(s State) bool { return s == Pending || s == Confirmed || s == Processing }
