// Package verify says what must always hold and finds where it does not.
//
// It owns the form of a rule and the running of rules: all of them on one
// snapshot, in one order, with a bounded answer. It does not own any rule: each
// room gives its own, which re-derives what is kept from the journals that it
// was kept from.
//
// What always holds: a rule only reads; one that cannot look, or breaks off, is
// an error and never "nothing found", and does not keep the others from
// looking; the same data gives the same answer, in the same order.
package verify
