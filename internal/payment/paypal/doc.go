// Package paypal takes money through PayPal's Orders, version 2. The payer approves on PayPal's page; the market captures.
//
// It owns: what is asked of PayPal and how its answers are read. Sources: PayPal's published specifications of orders and
// payments. It was written from these documents alone.
//
// What always holds: a capture that PayPal calls COMPLETED is money, and nothing else is, an order that is COMPLETED
// least of all; the attempt and the refund's id are the keys of what is asked; amounts are decimal text.
package paypal
