package bench

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// giveWay lets the threads of this process wait until the server's have had their turn, instead of taking a core from
// one of them whenever an answer arrives (sched(7), SCHED_BATCH): clients elsewhere take nothing from a server. A
// thread that is made later is as the one that made it. Whoever started this program with a policy of his own keeps
// it, and its niceness stays as it is. again makes all threads as they were, and may be called whatever was said.
func giveWay() (again func() error, err error) {
	nothing := func() error { return nil }
	own, err := unix.SchedGetAttr(0, 0)
	if err != nil {
		return nothing, fmt.Errorf("schedule: %w", err)
	}
	if own.Policy != unix.SCHED_NORMAL {
		return nothing, nil
	}
	if err := schedule(unix.SCHED_BATCH); err != nil {
		return nothing, err
	}
	return func() error { return schedule(unix.SCHED_NORMAL) }, nil
}

// schedule says how the kernel shall choose each thread of this process.
func schedule(policy uint32) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return fmt.Errorf("schedule: %w", err)
		}
		if err := scheduleThread(id, policy); err != nil && !errors.Is(err, unix.ESRCH) { // it may have ended meanwhile
			return fmt.Errorf("schedule thread %d: %w", id, err)
		}
	}
	return nil
}

func scheduleThread(id int, policy uint32) error {
	a, err := unix.SchedGetAttr(id, 0)
	if err != nil {
		return err
	}
	a.Policy = policy
	return unix.SchedSetAttr(id, a, 0)
}
