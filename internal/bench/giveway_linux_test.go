package bench

import (
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// A generator that gives way does so with every thread, and is as it was afterwards.
func TestGeneratorGivesWay(t *testing.T) {
	policies := func() map[uint32]int {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[uint32]int{}
		for _, th := range threads {
			id, err := strconv.Atoi(th.Name())
			if err != nil {
				t.Fatal(err)
			}
			if a, err := unix.SchedGetAttr(id, 0); err == nil {
				seen[a.Policy]++
			}
		}
		return seen
	}
	before := policies()
	again, err := giveWay()
	if err != nil {
		t.Fatal(err)
	}
	if seen := policies(); seen[unix.SCHED_BATCH] == 0 || len(seen) != 1 {
		t.Errorf("threads by policy %v, want all of them %d", seen, unix.SCHED_BATCH)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	seen := policies()
	for policy := range seen {
		if before[policy] == 0 {
			t.Errorf("threads by policy %v, before %v", seen, before)
		}
	}
}
