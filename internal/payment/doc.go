// Package payment takes money for payables (a checkout; later a subscription or a top-up) and gives it back.
//
// It owns payments, their attempts at gateways, what each order of a payable gets of the money (allocations), and
// refunds. It does not own balances (ledger), orders, or what becomes of a payable once paid: the payable's room
// registers itself as a Payable and decides inside the same transaction.
//
// Invariants:
//   - A gateway is never called inside a transaction. The attempt is recorded and committed, then the gateway is
//     called, then the outcome is recorded; a sweep looks up what a crash left between the two.
//   - What a gateway answers counts only if amount and currency are the attempt's.
//   - At most one attempt runs and at most one succeeds; a second success is a duplicate and is given back.
//   - Allocations sum to the payment; refunds never exceed what was captured.
//   - Locks are taken in one order: checkout, orders, payment, reservations, stock, accounts.
package payment
