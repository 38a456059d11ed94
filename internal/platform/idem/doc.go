// Package idem makes a request that is sent twice happen once. The caller chooses a key and promises that the same key
// is the same request; what the first one made is stored in the transaction that made it, and the second is given that.
//
// It owns: the keys' rows, the waiting of twins, replay. It does not own how keys are read from requests (web does),
// nor what is shown: it stores the public id of the object, and the room renders it for this caller.
//
// Invariants:
//   - A key's row exists exactly if its object does: one transaction.
//   - Keys of different callers or operations never meet.
//   - A refusal stores nothing: the same key may be tried again.
//   - Rows live for 48 hours.
package idem
