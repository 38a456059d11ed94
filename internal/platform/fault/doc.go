// Package fault is the language in which the rooms refuse.
//
// A fault has a kind (what sort of refusal it is), a code (stable, for
// programs), a message (a sentence a person can act on), and, where they help,
// one entry per bad field and a few facts. What caused it is kept beside it
// for the log and is never shown.
//
// The package knows nothing of HTTP: web alone maps kinds to statuses.
//
// Invariants: a fault that was declared is never changed, because every method
// that adds something returns a copy; two faults are the same to errors.Is when
// their codes are.
package fault
