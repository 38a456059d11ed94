// Package db is the one door to the database. It runs the same SQL, written once in PostgreSQL's language, on an
// embedded file or on PostgreSQL, and makes both refuse the same things, so that code which passes on one is right
// on the other.
//
// It owns: transactions (Write, Read, Try), the embedded engine's group writer and reader slots, retries of
// PostgreSQL's serialisation failures, typed constraint errors, migrations, copies of a running database, list queries
// with declared filters. It knows no market: no table of a room is named here.
//
// Where to look: db.go (what rooms call), tx.go (the rules of a transaction), writer.go and turn.go (the group writer),
// embedded.go (readers, checkpoints, the lock), postgres.go (retries), list.go and page.go (lists).
//
// Invariants:
//   - A Write that returned nil is on disk. A Write that returned an error left nothing behind, but for ErrUnknown. A
//     Write whose function has started never returns before that is known.
//   - Of the embedded engine's functions that share a commit each is told of itself alone: when one of them breaks the
//     transaction the others run again without it.
//   - One process at a time has an embedded database open.
//   - Neither Write nor Read opens inside the other.
//   - A transaction is dead after its function, refuses a second statement while rows are open, and refuses
//     everything after a failed statement unless Try was around it.
//   - A function that refuses leaves its neighbours in the group as if it had not been there: by a savepoint, or, while
//     all have gone well for a while, by running the group again.
//   - Functions may run more than once; what they do outside the transaction must be an assignment.
package db
