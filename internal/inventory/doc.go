// Package inventory keeps stock: how much of a variant is there, what of it is promised to whom, and the
// journal of every change of either.
//
// It owns: stock, reservations, movements and the adjustments that people make. It does not own: variants and
// whether they are tracked at all (catalog), orders and when they are paid or lapse (order; an order is the
// owner of a reservation by its public id).
//
// Invariants:
//   - available and reserved are never below zero; what is on hand is their sum;
//   - reserved is the sum of the live reservations;
//   - every change of stock writes one movement that carries the balances after it, so the journal can be
//     walked and its sums are the stock;
//   - what is low or out stands in the list of that: the mark is written by whoever crosses the line;
//   - a reservation ends once: sold or released; what was sold comes back once;
//   - several lines are taken all or none, in the order of their variants, and a variant that is not tracked
//     is never asked for.
package inventory
