// Package event is the log of what happened. Every change that somebody else may care about appends a row in the
// transaction that makes the change; the log is the audit trail, the history of each object, and the source of
// notices, webhooks and live updates.
//
// It owns: the rows, their numbering, the followers' places, retention. It does not own what an event means.
//
// Invariants:
//   - An event exists exactly if its change was committed.
//   - Rows are never changed; only a row without a number is given one, once.
//   - Numbers (Seq) are in the order in which rows became visible, without gaps: on PostgreSQL the leader gives them, on the
//     embedded engine the transaction that appends. Whoever has read up to a number has missed nothing before it. Ids have
//     gaps and are not in that order: follow Seq.
//   - A follower sees every numbered event at least once, in order. Retention keeps what a follower has not seen.
//   - Facts are ids and changed values: no secrets, no contacts, no positions, no fractions.
package event
