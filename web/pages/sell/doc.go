// Package sell is the pages of those who sell: their stores, what they offer, what is on the shelf, the orders, what they
// earned, and who works with them.
//
// It owns no rule: store, catalog, inventory, order and wallet decide, the pages ask them in the reader's name. Whoever
// does not work in a store gets the same answer as for one that does not exist.
package sell
