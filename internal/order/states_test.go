package order

import (
	"slices"
	"testing"
)

// Every pair of state and event is either one row of the table or refused; no pair has two rows, every state can be
// reached, and only the final ones have no way on.
func TestStateTable(t *testing.T) {
	final := []State{Completed, Returned}
	reached := map[State]bool{AwaitingPayment: true, Pending: true, Confirmed: true}
	for _, from := range States {
		ways := 0
		for _, on := range Events {
			rows := 0
			for _, r := range Table {
				if r.From == from && r.On == on {
					rows++
					reached[r.To] = true
					if len(r.By) == 0 {
						t.Errorf("%s on %s: nobody may do it", on, from)
					}
				}
			}
			if rows > 1 {
				t.Errorf("%s on %s has %d rows", on, from, rows)
			}
			if rule, ok := Find(from, on); ok != (rows == 1) || ok && (rule.From != from || rule.On != on) {
				t.Errorf("Find(%s, %s) = %v, %v with %d rows", from, on, rule, ok, rows)
			}
			ways += rows
		}
		if (ways == 0) != slices.Contains(final, from) {
			t.Errorf("%s has %d ways on", from, ways)
		}
	}
	for _, s := range States {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
	}
}

// What a change does to the goods and the money follows from where it leads.
func TestStateTableKeepsTheBooks(t *testing.T) {
	for _, r := range Table {
		promised := r.From == AwaitingPayment || r.From == Pending
		switch {
		case r.To == Cancelled && promised && r.Stock != StockFreed,
			r.To == Cancelled && !promised && r.Stock != StockBack,
			r.To == Confirmed && promised && r.Stock != StockSold,
			r.To == Confirmed && !promised && r.Stock != StockRetaken:
			t.Errorf("%s on %s: the goods are %q", r.On, r.From, r.Stock)
		}
		if (r.To == Cancelled || r.To == Returned) && r.From != AwaitingPayment && r.Money != MoneyBack {
			t.Errorf("%s on %s leaves the money where it is", r.On, r.From)
		}
		if (r.To == Completed) != (r.Money == MoneyReleased) {
			t.Errorf("%s on %s: the money is %q", r.On, r.From, r.Money)
		}
		if slices.Contains(r.By, System) && len(r.By) == 1 != (r.On == Pay || r.On == PayLate || r.On == Expire || r.On == Lapse) {
			t.Errorf("%s on %s: by %v", r.On, r.From, r.By)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		state   State
		parties []Party
		want    []Event
	}{
		{AwaitingPayment, []Party{Buyer}, []Event{Cancel}},
		{Pending, []Party{Store}, []Event{Confirm, Cancel}},
		{Confirmed, []Party{Buyer}, []Event{Cancel}},
		{Confirmed, []Party{Store}, []Event{Process, Ship, Cancel}},
		{Shipped, []Party{Buyer}, []Event{Deliver}},
		{Delivered, []Party{Buyer}, []Event{Complete}},
		{Delivered, []Party{Store}, []Event{}},
		{Cancelled, []Party{Buyer, Store, Admin}, []Event{}},
		{Completed, []Party{Admin}, []Event{}},
	} {
		if got := Allowed(c.state, c.parties...); !slices.Equal(got, c.want) {
			t.Errorf("%s, %v: %v, want %v", c.state, c.parties, got, c.want)
		}
	}
}

// The table of the side buyback: no pair has two rows, nothing moves goods or escrow, and what is final stays so.
func TestBuybackTable(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range BuybackTable {
		key := string(r.From) + " " + string(r.On)
		if seen[key] {
			t.Errorf("%s has two rows", key)
		}
		seen[key] = true
		if r.Stock != StockStays || r.Money != MoneyStays && r.On != PickUp {
			t.Errorf("%s: %s, %s", key, r.Stock, r.Money)
		}
		if r.From == Completed || r.From == Cancelled || (r.To == Completed) != (r.On == PickUp) || slices.Contains(r.By, Buyer) && r.On == PickUp {
			t.Errorf("%s leads to %s by %v", key, r.To, r.By)
		}
	}
	if got := buybackActions(Pending, Buyer); !slices.Equal(got, []Event{Reschedule, Miss, Cancel}) {
		t.Errorf("%v", got)
	}
}
