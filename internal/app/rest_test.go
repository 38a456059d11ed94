package app

import "testing"

func TestMemoryIsGivenBackAtRestOnly(t *testing.T) {
	freed := 0
	r := rest{free: func() { freed++ }}
	for i, step := range []struct {
		allocated uint64
		freed     int
	}{
		{40 << 20, 0},           // starting
		{40<<20 + 500<<10, 1},   // what it left behind
		{41 << 20, 1},           // nothing to give back
		{500 << 20, 1},          // busy
		{900 << 20, 1},          // busy
		{900<<20 + 1, 2},        // at rest again
		{900<<20 + 300<<10, 2},  // little by little
		{900<<20 + 700<<10, 2},  // …
		{900<<20 + 1100<<10, 2}, // …
		{906 << 20, 2},          // a little work
		{909 << 20, 2},          // which lasts
		{909<<20 + 100<<10, 3},  // and ends
		{909<<20 + 100<<10, 3},  // nothing happens any more
	} {
		if r.look(step.allocated); freed != step.freed {
			t.Fatalf("step %d: given back %d times, not %d", i, freed, step.freed)
		}
	}
}
