// Package qty counts quantities in thousandths of a unit, so that 1.5 kg is
// 1500 and three pieces are 3000.
//
// It owns the bounds and the text form. It does not own units of measure or
// prices (money.MulThousandths multiplies the two).
//
// What always holds: a quantity that Parse or Of gave out is between 0 and Max,
// and exact.
package qty
