// Package account is the pages about the reader himself: signing up, in and out, the forms behind mailed links, his
// profile, addresses, orders, wallet, and where he is signed in.
//
// It owns no rule: identity, order and wallet decide, the pages ask them in the reader's name. What it shows after
// signing up or asking for a new password is the same for every address, so that nobody learns who has an account.
package account
