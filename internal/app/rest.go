package app

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	restLook  = 250 * time.Millisecond
	restQuiet = 512 << 10 // bytes allocated between two looks: less is a market at rest
	restWorth = 8 << 20   // bytes allocated since memory was last given back: less is not worth looking for
)

// rest gives memory back to the system when the market comes to rest. By itself the runtime keeps what the busiest hour
// took, and collects only when as much again was allocated; what starting leaves behind would stay for hours.
type rest struct {
	free      func()
	last      uint64 // allocated at the last look
	givenBack uint64 // allocated when memory was last given back
}

// look is told how much was allocated since the start.
func (r *rest) look(allocated uint64) {
	quiet := allocated-r.last < restQuiet
	r.last = allocated
	if quiet && allocated-r.givenBack >= restWorth {
		r.free()
		r.givenBack = allocated
	}
}

// spareAtRest looks until ctx ends.
func spareAtRest(ctx context.Context) {
	tick := time.NewTicker(restLook)
	defer tick.Stop()
	r := rest{free: debug.FreeOSMemory}
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		metrics.Read(sample)
		r.look(sample[0].Value.Uint64())
	}
}
