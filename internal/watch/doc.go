// Package watch shows people of the market what they should look at: patterns that are unusual, disputes that a store
// leaves unanswered, transfers of which nothing is heard. It never stops anybody.
//
// It owns the counts that patterns are seen in, the flags, and the mails about what waits. It does not own what
// happened: it follows the log of events, and writes in the transaction that stores its place, so that each is counted once.
//
// Invariants:
//   - One open flag for each rule and subject; what was looked at is not flagged again within the rule's time.
//   - Cards, numbers of transfers and of telephones are kept as hashes.
//   - A flag changes nothing but the list that it stands in.
package watch
