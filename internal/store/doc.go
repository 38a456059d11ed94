// Package store knows the vendors of the market: a store, its profile and state, and the people who run it.
//
// It owns the tables stores and store_people, and the question who may do what in a store (Require). It does not own
// what a store sells, buys or earns.
//
// What always holds:
//   - A store has one owner, who stands among its people; staff have the rights that the owner gave and no others.
//   - To everybody else a store that is not published does not exist: the answer is 404.
//   - A store changes its state by the table in state.go only, each change is one event, and the rooms that watch are
//     told in the same transaction; a watcher that returns an error stops the change.
//   - A slug belongs to one store for good, closed ones included, so that an old link never shows somebody else.
package store
