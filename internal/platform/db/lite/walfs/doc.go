// Package walfs is a file system for the engine that gathers what is written to a log. The engine writes each page of a
// commit by two calls, one for its head of 24 bytes and one for the page; a group of a few purchases is some hundred
// calls, each of which crosses into the system. Here they are gathered and written together.
//
// What always holds: whatever was gathered is written before the log is synced, read, measured, cut or closed, in the
// order in which it came; an error of that write is the error of the call before which it was due. The engine shows a
// commit to other connections only after the log was synced, so nobody looks for a page that is still gathered. That is
// why a log that is not synced at each commit, or on a disk whose sectors may be torn, is left alone.
package walfs
