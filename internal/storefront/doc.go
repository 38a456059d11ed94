// Package storefront is the shop window of a store that buys: its page for everybody, with the code and the card that lead
// there.
//
// It owns: which stores have one, and its state. It does not own what is in it: the store's profile (store), its prices and
// postal codes (rate), nor whether the store may buy (subscription).
//
// Invariants: a store has one at most, and it begins while a subscription runs; it is seen exactly while it is published, its
// store is open and buys, and a subscription runs; to everybody else it does not exist then, with its code and its card.
package storefront
