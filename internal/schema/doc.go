// Package schema holds the migrations of the whole market.
//
// It owns the files NNNN_name.sql, written once in PostgreSQL's language, and what tools/lower makes of
// them: pg/ (the original with the append-only triggers), lite/ (the same for the embedded engine) and
// constraints.gen.go (every constraint by name). It does not run them: that is platform/db's work.
//
// Invariants: numbers start at 1 and have neither gap nor twin; every constraint has a name; both
// folders hold the same numbers and names; a migration that was released is never edited.
package schema

//go:generate ../../tools/generate.sh
