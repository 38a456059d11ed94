// Package identity knows who calls: accounts and their roles, how somebody proves to be one of them (password,
// session, mailed link), and where parcels go.
//
// It owns the tables accounts, account_roles, sessions, session_tokens, account_proofs, tries and addresses. It does
// not own what an account may do with an object of another room: that room asks for the caller and decides.
//
// What always holds:
//   - No answer tells a stranger whether an e-mail address has an account: the steps are the same (one password
//     hash, one mail job), and so are status and body.
//   - Passwords are kept as argon2id, tokens as hashes; what a mail carries is derived when it is sent and stands in
//     no table. At most two passwords are hashed at once.
//   - Only an active account has sessions. Deactivation, a new password and new roles count at once in this process
//     and within two seconds in every other.
//   - A refresh token whose answer was lost works again for a minute and gives the same successor.
//   - Wrong passwords are counted before they are looked at, by (identifier, address), in the database. They delay;
//     they never lock an account.
//   - An account with addresses has exactly one default address; the last active superadmin cannot be lost.
package identity
