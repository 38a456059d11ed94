// Package proof holds what can only be proved on a whole market, and often only by hurting it: servers that are killed
// under load, two nodes on one database, a disk that is full, books that were falsified, the order of all locks, and
// the plan of every list. It has tests only.
package proof
