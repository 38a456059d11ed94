// Package stripe takes money through Stripe: the payer goes to a page of Stripe's (a Checkout Session), so that no card
// is ever typed in the market.
//
// It owns: what is asked of Stripe, with its own library, and how its answers are read. It was written from its library
// and documents alone.
//
// What always holds: the attempt is the idempotency key of its session, and a refund's id that of the refund; only a
// session that Stripe says is paid is money; a webhook is verified over its bytes and starts a look-up.
package stripe
