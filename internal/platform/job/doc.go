// Package job does the work that happens after a request: jobs, which somebody wrote down in his own transaction, and
// sweeps, which look for what is due. It also decides which process leads.
//
// It owns: the queue of jobs (retries, back-off, dead jobs), the leader's lease with its fencing number, the sweeps'
// rhythm. It does not own what a job or a sweep does: rooms register that with Handle and Sweep.
//
// Invariants:
//   - A job exists exactly if the transaction that enqueued it was committed. It runs at least once: a handler's
//     effects must be harmless twice.
//   - At most one job with a key exists, dead ones included.
//   - A claim lapses a minute after the worker was last alive; every claim has a higher number (attempts), and one
//     who lost his claim can neither finish nor postpone the job.
//   - At any moment at most one process may commit a sweep: the fence that it was given is compared, under a lock on
//     the lease's row, in the transaction that acts. A clock decides only who may take over, never who may write.
package job
