// Package catalog keeps what the stores of the market offer: categories, products and their variants.
//
// It owns: the tree of categories; products with up to three options and their variants, states and prices;
// the history of prices; the listing row of each product, which every list is read from; imports of files of
// products. It does not own: stock (inventory registers itself as Shelf), stores and the rights in them
// (store), what somebody pays (order freezes a Sellable's price).
//
// Invariants:
//   - a category is never its own ancestor, and is deleted only while nothing hangs on it;
//   - the live variants of a product differ in their options, the live ones of a store in their SKUs;
//   - variants and products are archived, never deleted, so that orders keep their meaning;
//   - every price a variant has or had is a row of the price history, which is only added to;
//   - every product has one listing, written in the transaction that changes what it shows; a listing is
//     visible exactly if its product is published, has a live variant and its store is open and sells;
//   - an import works in small transactions and can be repeated: it changes what differs and doubles nothing.
package catalog
