package web

import (
	"context"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/platform/idem"
)

// twinKey is a promise without the request: another body with the same key
// waits too, and is then refused by what the first one stored.
type twinKey struct{ scope, operation, value string }

// twins lets one request per key in at a time. The second finds what the first
// one stored; without the wait it would hold a database connection instead.
type twins struct {
	mu      sync.Mutex
	running map[twinKey]*turn
}

type turn struct {
	taken   chan struct{} // holds one element while somebody runs
	waiting int           // how many hold a pointer to this turn
}

func newTwins() *twins { return &twins{running: map[twinKey]*turn{}} }

// enter waits for the key's turn. leave must be called when it was given.
func (t *twins) enter(ctx context.Context, key twinKey, wait time.Duration) error {
	t.mu.Lock()
	mine := t.running[key]
	if mine == nil {
		mine = &turn{taken: make(chan struct{}, 1)}
		t.running[key] = mine
	}
	mine.waiting++
	t.mu.Unlock()

	select {
	case mine.taken <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case mine.taken <- struct{}{}:
		return nil
	case <-timer.C:
		t.forget(key, mine)
		return idem.ErrInProgress.Retry(time.Second)
	case <-ctx.Done():
		t.forget(key, mine)
		return ctx.Err()
	}
}

func (t *twins) leave(key twinKey) {
	t.mu.Lock()
	mine := t.running[key]
	t.mu.Unlock()
	<-mine.taken
	t.forget(key, mine)
}

func (t *twins) forget(key twinKey, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if mine.waiting--; mine.waiting == 0 {
		delete(t.running, key)
	}
}
