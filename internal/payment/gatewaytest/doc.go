// Package gatewaytest is the suite that every gateway has to pass: what it does when a charge succeeds, is declined, is
// answered twice, out of order, wrongly or not at all, and when the provider is down.
//
// An adapter's test puts it together with a fake of its provider, which behaves as the provider documents, and calls Run.
// The suite speaks to the adapter alone; that the market believes nothing that an adapter should not have said is tested
// in the payment room.
package gatewaytest
