// Package manage is the pages of those who run the market: accounts, stores, orders, payments, products to approve,
// settings, the books, what happened, and the work in the background.
//
// It owns no rule: the rooms decide, the pages ask them in the reader's name.
package manage
