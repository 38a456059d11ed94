// Package esewa takes money through eSewa's ePay, version 2. The payer's browser sends a signed form to eSewa.
//
// It owns: the form, its signature, and how eSewa's answers are read. Sources: developer.esewa.com.np, Epay; its examples
// stand in the tests as they were printed. It was written from these documents alone.
//
// What always holds:
//   - Only a status that says COMPLETE is money. What the browser brings is verified and still only starts a look-up.
//   - Amounts are in rupees. An answer's digits are kept as they were written, because its signature is over them.
//   - eSewa documents no refund: what goes back goes to the payer's wallet.
package esewa
