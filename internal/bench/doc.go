// Package bench measures a market: how many checkouts and whole purchases a second it takes over HTTP, how long each
// caller waits, and how that compares with the same use-case called in this process, with commits made one by one, and
// with what the disk gives.
//
// It owns: the preparation of accounts and products, the load generator, the server it starts, the report. It does not
// own anything that is measured: it speaks the public API and the services as everybody else does.
//
// Invariants:
//   - a request counts when its answer says that the thing was done; everything else is an error, counted by its code;
//   - every request is a new piece of work: no answer can come from a cache;
//   - the generator's own cost is measured and shown beside the server's, because both share the machine's cores; it does not
//     take one from the server whenever an answer arrives (decision 46);
//   - a database that holds somebody's market is not touched.
package bench
