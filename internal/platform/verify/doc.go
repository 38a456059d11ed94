// Package verify is the form in which rooms state what must always hold in their tables.
//
// It owns: the type of a rule. It does not own any rule: each room gives its own, which re-derives what is kept from the
// journals that it was kept from.
//
// Invariants: a rule only reads, in one snapshot, and reports everything that it finds instead of stopping.
package verify
