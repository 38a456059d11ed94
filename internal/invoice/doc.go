// Package invoice writes what the law wants on paper: an invoice when an order leaves its store, and credit notes for what
// is taken back of it.
//
// It owns invoices (both kinds), the counters of their numbers, and whose each is. It does not own orders, refunds or
// stores: it is told of them by order, in the transaction of the step, and by the log of events.
//
// Invariants:
//   - An order that leaves its store has one invoice, of what it supplies; its figures are those that the order froze.
//   - A supplier's documents of one kind in one financial year are numbered 1, 2, 3 … without a gap.
//   - What was written never changes. What is taken back stands on a credit note, and never more than was invoiced.
//   - What a store bought has one paper, written when it is weighed and paid, with numbers of a series of its own.
//   - The counter's lock is the last one that a transaction takes.
package invoice
