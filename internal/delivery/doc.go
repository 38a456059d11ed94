// Package delivery carries orders from door to door: who carries, what he carries, and the proof that it arrived. Goods go
// from a store to who bought them, in one delivery or in several; what a dealer bought is fetched from the household.
//
// It owns couriers with their documents, deliveries (one job of carrying an order), what happened to each, and where
// couriers are. It does not own orders (order moves them, in this room's transactions) nor balances (ledger).
//
// Invariants:
//   - No unit of an order is in two deliveries that are not over or have arrived, and a delivery has one courier at most.
//   - What is fetched for a dealer is paid from his owner's wallet, where it and the courier's fee are set aside when the
//     courier is sent, until it is weighed or called off.
//   - A courier never has more jobs than the limit, nor more weight than his vehicle takes; both figures stand in his row.
//   - A delivery changes state by the table in states.go only; each change is one row of its history and one event.
//   - What a phone sends carries the phone's own name for it: sent again, it changes nothing.
//   - Whom the market chooses to carry something is checked again, under the same locks as a claim, when it is written.
//   - Cash that a courier took is booked as his until it is handed in; what is missing is his debt, never the store's loss.
//   - Where a courier is, is in memory at once and in the database some seconds later; the public sees it to about 200 m,
//     and only while he is on the way to the receiver.
//   - PINs and codes of a proof are made of the server's key and stored nowhere.
//   - Locks: the order's, then the delivery, then the courier, then accounts.
package delivery
