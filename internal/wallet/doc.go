// Package wallet shows the owners of money in the ledger what is theirs: an account its wallet, a store's people its
// earnings. It also lets an admin put money into a wallet.
//
// It owns: the credits (who put how much into whose wallet, and why). It does not own balances or transfers: the ledger
// does, and this room reads them there.
//
// Invariants: every credit is booked once, with its amount, from the opening balance into the wallet that it names.
package wallet
