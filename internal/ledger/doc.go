// Package ledger keeps all money that the market holds, owes or is owed: accounts, the transfers between them and
// holds.
//
// It owns: the kinds of account and their keys, the table of postings (postings.go, which is the specification of
// what may be booked), transfers, balances, holds, checkpoints and the trial balance. It does not own: why money
// moves. A room calls Post inside its own transaction with the name of a posting; cash that two people hand to each
// other is a fact of their order and is not booked.
//
// A transfer goes from one account to another, in one currency, with an amount above zero; an account's balance is
// what came in minus what went out. Accounts of what is held outside the market (gateways, bank, cashbox, a courier's
// cash) therefore run negative: −100.00 at a gateway means that it owes the market 100.00.
//
// Accounts are of two kinds. Guarded ones (wallets, earnings, courier cash) have a balance row that is changed by a
// guarded update in the order of account keys, and never fall below their floor, holds included. Summed ones (the
// market's own, gateways, escrows) have no row that an order would wait for: their balance is the sum of their
// transfers, shortened by checkpoints that a sweep folds.
//
// Invariants:
//   - transfers are never changed or removed; the same reference is booked once, and again with other values refused;
//   - every transfer has the shape that its posting allows;
//   - guarded balance = Σ transfers; held = Σ open holds; balance − held ≥ floor;
//   - an escrow never pays out more than came in;
//   - a hold ends once: posted, voided or expired.
package ledger
