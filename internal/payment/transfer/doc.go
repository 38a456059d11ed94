// Package transfer takes money that payers send by themselves: to the market's bank account, or by UPI to its address.
//
// It owns: what the payer is told (to whom, how much, which reference to write on it, and a code for his phone). It does
// not own proofs and approvals, which are the payment room's: no provider tells of such money, so an admin does.
//
// What always holds: the reference is derived from the attempt, so that every attempt has its own; nothing is refunded
// the way it came.
package transfer
