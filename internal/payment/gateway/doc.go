// Package gateway says what a way of taking money from outside has to be able to do. An adapter is a type that
// implements Gateway in a folder of its own beside this one, passes the suite in gatewaytest, and is added to the market
// in internal/app. docs/gateways.md walks through one.
//
// It owns: the interface, the values that pass through it, the codes of failures, and the HTTP client with which
// adapters speak to their providers. It does not own: payments, attempts and books, which an adapter never sees.
//
// Invariants:
//   - An adapter keeps no state: what it needs it finds in the charge, or asks its provider.
//   - Start may be repeated for an attempt without taking twice, Refund for a refund without giving twice.
//   - Lookup is the truth. Hear only says which charge to look up.
//   - Money is in minor units here; how a provider writes it is the adapter's business, without fractions of floats.
package gateway
