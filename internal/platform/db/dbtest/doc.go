// Package dbtest opens databases for tests, on both engines. It creates each test's database as a copy of one that
// was migrated once, and removes it at the end. Tests that only trade take turns in databases of PostgreSQL that are
// emptied for each (EachReused): a copy is some thousand files. Those, and the migrated one, go after a day.
//
// PostgreSQL is the server named by HAAT_TEST_POSTGRES (a URL; the role must be allowed to create databases), else one
// found at 127.0.0.1:5432. Where there is neither, tests run on the embedded engine only and say so; with the variable
// set, a server that does not answer fails the test.
package dbtest
