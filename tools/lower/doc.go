// Command lower turns the SQL that Haat writes once, in PostgreSQL's language, into SQLite's.
//
// It parses every migration and every query that sqlc generated with PostgreSQL's own parser and prints
// the tree again for SQLite. Each printer names the fields of its node that it understands; a node, field,
// function, cast or operator that nobody named ends the run with file, statement and a sentence. So a
// construct that means something else on SQLite cannot slip through: silence is never the answer.
//
// It owns: the allow-list, the lowered text, the append-only triggers of both engines, the list of
// constraints. It does not own: parameters and results in Go (sqlc), running any of it (platform/db).
//
// Invariants: the output depends on the input files alone; every statement it writes was prepared against
// a SQLite database built from the migrations it wrote.
package main
