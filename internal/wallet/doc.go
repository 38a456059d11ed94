// Package wallet shows the owners of money in the ledger what is theirs: an account its wallet, a store's people its
// earnings. Money comes in by a top-up, which is paid through any gateway, or from an admin.
//
// It owns: the credits (who put how much into whose wallet, and why) and the top-ups. It does not own balances or
// transfers: the ledger
// does, and this room reads them there.
//
// Invariants:
//   - Every credit is booked once, with its amount, from the opening balance into the wallet that it names.
//   - A top-up is paid exactly when its payment is, also when the money comes late; then its amount is in the wallet.
package wallet
