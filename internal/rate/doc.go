// Package rate knows where stores buy and what they pay there.
//
// It owns: the postal codes that a store serves, requests to serve more, and the rates: one price for each store, material
// and postal code, with what it was before. It does not own materials (catalog), nor whether a store may buy at all: the
// Gate that is registered says so.
//
// Invariants: of a store, a material and a postal code there is one rate at most; a rate is offered exactly while its store
// is open, buys, passes the gate, serves the postal code, and the material is bought; the last line of a rate's history is
// its price.
package rate
