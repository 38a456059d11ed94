package db

import (
	"testing"
	"time"
)

// TestShare tells who goes first as the writer's time is used.
func TestShare(t *testing.T) {
	const ms = time.Millisecond
	var s share
	for _, step := range []struct {
		what         string
		do           func()
		first, waits bool
	}{
		{"nothing was done yet: whoever comes", func() {}, false, false},
		{"buyers are served, no chunk is there", func() { s.served(50*ms, true, false) }, false, false},
		{"a chunk came: it lets them go before it", func() { s.served(5*ms, true, true) }, false, true},
		{"and not for ever", func() { s.served(bulkFirst, true, true) }, true, false},
		{"the chunk leaves them fourteen times its own time", func() { s.chunk(10*ms, true) }, false, true},
		{"of which most is used", func() { s.served(13*10*ms, true, true) }, false, true},
		{"and all", func() { s.served(10*ms, true, false) }, true, false},
		{"a chunk behind which nobody waits has had company", func() { s.chunk(10*ms, false) }, false, true},
		{"but then nobody comes", func() { s.idle() }, false, false},
		{"so that the next chunk owes nothing", func() { s.chunk(10*ms, false) }, false, false},
		{"what the program does by itself is not waited for", func() { s.served(5*ms, false, true) }, false, false},
		{"nor after the next chunk", func() { s.chunk(10*ms, false) }, false, false},
		{"and it does not keep a chunk waiting for long", func() { s.served(bulkFirst, false, true) }, true, false},
		{"which then begins anew", func() { s.chunk(10*ms, false) }, false, false},
		{"until somebody waits behind one", func() { s.chunk(10*ms, true) }, false, true},
	} {
		step.do()
		if s.bulkFirst() != step.first || s.bulkWaits() != step.waits {
			t.Errorf("%s: first %t, waits %t", step.what, s.bulkFirst(), s.bulkWaits())
		}
	}
}
