// Package carry holds the pages of couriers: what they carry, what waits near them, what they earned.
//
// The page /courier works with forms alone. Where a script runs, it takes over: what a courier does is written down on
// the phone first and sent when the market can be reached, so that a dead network loses nothing and doubles nothing
// (frame/files/courier.js). A service worker keeps an empty page for when there is no network at all; what stands in it
// then is what the phone saw last.
package carry
