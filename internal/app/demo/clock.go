package demo

import (
	"sync"
	"time"

	"github.com/haat-market/haat/internal/platform/clock"
)

// walk is the story's clock. It goes a step with every look at it, so that things done side by side have times of
// their own, and is put forward between them. It never goes back, and not beyond the end.
type walk struct {
	mu   sync.Mutex
	now  time.Time
	end  time.Time
	step time.Duration
}

// Now implements clock.Clock.
func (w *walk) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now = w.now.Add(w.step); w.now.After(w.end) {
		w.now = w.end
	}
	return clock.Time(clock.Micro(w.now))
}

// to puts the clock forward to t, unless it is there, and has it walk by steps of this length.
func (w *walk) to(t time.Time, step time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step = step
	if t.After(w.now) {
		w.now = t
	}
}
