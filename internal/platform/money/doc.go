// Package money counts money: whole minor units (paisa, cents) in an int64,
// never a float.
//
// It owns the currencies with their minor digits, the text form of amounts, and
// every way of making one amount from another: products, percentages, tax,
// splits. It does not own which rule applies when (rates, prices included or
// not, who gets the rest): the rooms decide that and store what came out.
//
// What always holds: no result is larger than Max on either side of zero, or
// there is an error and no result; rounding is half away from zero and happens
// once per call, on the exact value (products are taken in 128 bits); the parts
// of a split add up to the whole; the two halves of a split tax are equal.
//
// Amounts leave and enter as decimal text ("1250.00") beside their currency.
// Totals are sums of rounded lines; nothing here invites computing them again.
package money
