// Package decimal reads and writes whole numbers of small units as decimal
// text ("1250.50" with two digits is 125050). It is the one grammar behind
// money and quantities, and for them alone.
//
// What always holds: nothing is rounded, no float is involved, and what Append
// wrote Parse reads back as the same number.
package decimal
