// Package khalti takes money through Khalti's ePayment (KPG-2): the wallet, SCT cards, connectIPS, mobile banking and
// e-banking. The payer goes to Khalti's page.
//
// It owns: what is asked of Khalti and how its answers are read. Sources: docs.khalti.com, khalti-epayment and refund;
// its examples stand in testdata as they were printed. It was written from these documents alone.
//
// What always holds:
//   - Only a look-up that says Completed is money; a state that the documents do not name is waited for.
//   - Amounts are paisa, whole numbers, at least 1000.
//   - A refund has no key at Khalti, so it is asked whether it was given back before it is. Only the whole goes back:
//     parts could not be told apart, and the documents name two units for them. Parts go to the payer's wallet.
package khalti
