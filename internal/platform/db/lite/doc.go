// Package lite is the only place that names the embedded engine's driver. It offers one SQLite connection with
// kept statements, strict binding and strict scanning, and nothing else: no transactions, no queues, no SQL of
// its own beyond the connection's settings. Another driver fits behind the same handful of methods.
//
// What PostgreSQL refuses is refused here too: NULL or another type into a plain Go value, text with NUL bytes or
// broken UTF-8, a Go type nobody declared, an integer that left the range of int64.
package lite
