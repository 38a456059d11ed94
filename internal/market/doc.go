// Package market knows what kind of market this installation is: who runs it, where, in which currency, and the
// numbers that an operator may change while it runs.
//
// It owns: the settings (settings.go is the list of all of them, with their bounds and defaults), the market's public
// facts, the reading of the audit log. It does not own: what a setting does, which is the business of the room that
// reads it, nor secrets: those come from the environment or a file and are never settings.
//
// Invariants:
//   - every stored value was validated; an installation without any stored value works;
//   - each changed setting is one event with its old and new value, in the transaction of the change;
//   - two changes never overwrite each other unseen: every change moves the version that it has seen;
//   - currency, time zone and whether prices include tax stay as they are once there was an order, the currency as soon
//     as money was booked in it;
//   - what a reader gets is at most two seconds old.
package market
