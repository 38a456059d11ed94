// Package cart keeps what an account is about to buy, or a guest: somebody without an account who holds a token.
//
// It owns: an account's one cart, its lines, how many of each, and the price that the buyer was last shown. It does not
// own: prices and what may be sold (catalog), what is left (inventory), or what an order comes to with tax and delivery
// (order). It promises nothing: a line reserves no stock.
//
// Invariants:
//   - a guest's cart is a row of carts whose account_id is his id below zero; of his token a hash is kept;
//   - one cart an account or guest, one line a variant, at most 100 lines of 1 to 10,000 units;
//   - what its holder means to sell stands beside, in lines of a rate and thousandths of a unit;
//   - a line's price is the one that its buyer saw last; reading the cart never changes it, only adding, changing and
//     syncing do, because their answers show it;
//   - everything that changes a cart has locked its row, as a checkout does.
package cart
