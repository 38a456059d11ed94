// Package order turns a cart into a sale and moves it along until it is final.
//
// It owns checkouts (what a customer submits once), orders (one for each store of a checkout) and their frozen lines.
// It does not own stock (inventory), payments (payment) or balances (ledger): it tells those rooms inside its own
// transactions what the state table asks for.
//
// Invariants:
//   - A line's price is one that the customer saw: a change since then stops the checkout and says what changed.
//   - What was agreed is frozen: titles, prices, taxes and fees of an order never change with the catalogue.
//   - Totals are sums of rounded lines. Order total = goods − discount + tax + delivery; checkout total = Σ orders.
//   - An order changes state by the table in states.go only; each change is one event.
//   - An order of the side buyback has a pickup and lines of its own; it touches no stock, escrow or payment.
//   - Locks are taken in one order: cart, checkout, orders by id, payment, reservations, stock, accounts.
package order
