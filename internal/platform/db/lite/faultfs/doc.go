// Package faultfs is the embedded engine's own file system with a tap on the log: tests count its syncs and make
// writing or syncing it fail. It is for tests only, and knows nothing of databases.
package faultfs
