// Package review keeps what buyers say of stores and of products.
//
// It owns: reviews, replies to them, and how many gave how many stars. It does not own orders (order), nor how a courier
// did (delivery): that is one number of a delivery.
//
// Invariants: only who ordered says something, once about the store and once about each product of the order, after the
// goods are there or the material is paid; nobody rates a store that he works in; the counts of a store and of a product are
// those of its shown reviews, in the transaction that changes one; what was withdrawn has no words and does not come back.
package review
