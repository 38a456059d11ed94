// Package subscription says which stores may buy: those with a plan that runs.
//
// It owns: plans, and the subscriptions of stores with their spans of time. It does not own the payments of them (payment,
// of which it is a payable) nor what is hidden when one ends (rate, whose Gate it is). Stores that only sell need none.
//
// Invariants: of a store one subscription waits for payment at most; an owner, and a tax number, have one trial; a store's
// spans do not overlap; one that is paid is active from then on, or from the end of the one before.
package subscription
