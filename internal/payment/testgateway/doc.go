// Package testgateway is a gateway without money, for trying the market out. It keeps books of its own, as another
// company would: they outlive a crash of the market between the start of a charge and the record of its outcome.
//
// The card number decides: 4242424242424242 pays, 4000000000000002 is declined, 4000000000009995 has too little
// money, 4000000000000069 has expired, 4000000000000127 has a wrong security code. Every other number is declined.
package testgateway
