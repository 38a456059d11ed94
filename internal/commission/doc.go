// Package commission writes what a store bought in a month, and what the market owes it for that.
//
// It owns: statements and which orders are in them. It does not own the orders (order) or the money (ledger).
//
// Invariants: a store has one statement for a month, a completed order of the side buyback is in one statement at most; what
// is issued does not change; the amount is the percent that was frozen of the sum of its orders, rounded once; what is paid
// is booked once.
package commission
