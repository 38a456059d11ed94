// Package shop is the shopper's pages: what is on sale, a product, a store, the cart, the checkout, paying, and what
// became of an order.
//
// It owns no rule and no figure: each page is one or two calls of the rooms, the same that the API makes, in the
// reader's name.
package shop
