package event

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/event/eventdb"
)

const (
	liveBatch = 200
	liveRing  = 2048 // latest events kept in memory for those who listen
	livePoll  = time.Second
	liveEager = 50 * time.Millisecond
	liveRest  = 1200 * time.Millisecond // how long after a poke it looks eagerly
)

// FromHead asks Tail for what comes next only.
const FromHead int64 = -1

// live lets many listeners of one process share one reader of the log.
type live struct {
	mu        sync.Mutex
	listeners int
	running   bool
	ring      []Event // dense by Seq
	head      int64   // Seq of the last event known here
	changed   chan struct{}
	poked     chan struct{}
	err       error // of the last look
}

func newLive() *live {
	return &live{changed: make(chan struct{}), poked: make(chan struct{}, 1)}
}

func (v *live) poke() {
	select {
	case v.poked <- struct{}{}:
	default:
	}
}

// Tail calls f with every event numbered after a Seq, in order, until ctx ends or f fails. It works in every process,
// needs no place in the database, and is for listeners who remember their own, such as a browser. FromHead begins with
// what comes next; so does a number that was not given yet.
func (l *Log) Tail(ctx context.Context, d *db.DB, after int64, f func(ctx context.Context, events []Event) error) error {
	stop, err := l.listen(ctx, d)
	if err != nil {
		return err
	}
	defer stop()
	v := l.live
	v.mu.Lock()
	if after < 0 || after > v.head {
		after = v.head
	}
	v.mu.Unlock()
	for {
		events, changed, fromDisk := v.next(after)
		if fromDisk {
			err := d.Read(ctx, "event.tail", func(ctx context.Context, tx db.Tx) error {
				var err error
				events, err = l.after(ctx, tx, after, liveBatch)
				return err
			})
			if err != nil {
				return err
			}
		}
		if len(events) > 0 {
			if err := f(ctx, events); err != nil {
				return err
			}
			after = events[len(events)-1].Seq
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next gives what memory holds after a number, or says that it must be read.
func (v *live) next(after int64) (events []Event, changed <-chan struct{}, fromDisk bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if after >= v.head {
		return nil, v.changed, false
	}
	if len(v.ring) == 0 || after+1 < v.ring[0].Seq {
		return nil, v.changed, true
	}
	i := int(after + 1 - v.ring[0].Seq)
	return append([]Event(nil), v.ring[i:min(len(v.ring), i+liveBatch)]...), v.changed, false
}

// listen counts a listener in, finds the head, and sees to it that somebody reads.
func (l *Log) listen(ctx context.Context, d *db.DB) (stop func(), err error) {
	var head int64
	err = d.Read(ctx, "event.head", func(ctx context.Context, tx db.Tx) error {
		var err error
		head, err = lastSeq(ctx, eventdb.New(tx))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("tail: %w", err)
	}
	v := l.live
	v.mu.Lock()
	defer v.mu.Unlock()
	v.listeners++
	if !v.running {
		v.running = true
		if v.head != head {
			v.head, v.ring = head, nil
		}
		go l.read(d)
	}
	return func() {
		v.mu.Lock()
		v.listeners--
		v.mu.Unlock()
		v.poke()
	}, nil
}

// read looks for new events as long as somebody listens.
func (l *Log) read(d *db.DB) {
	v := l.live
	var eagerUntil time.Time
	for {
		v.mu.Lock()
		if v.listeners == 0 {
			v.running = false
			v.mu.Unlock()
			return
		}
		from := v.head
		v.mu.Unlock()
		var events []Event
		err := d.Read(context.Background(), "event.live", func(ctx context.Context, tx db.Tx) error {
			var err error
			events, err = l.after(ctx, tx, from, liveBatch)
			return err
		})
		if err == nil && len(events) > 0 {
			v.push(events)
			continue
		}
		pause := livePoll
		if time.Now().Before(eagerUntil) {
			pause = liveEager
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-v.poked:
			timer.Stop()
			eagerUntil = time.Now().Add(liveRest)
			time.Sleep(liveEager)
		}
	}
}

func (v *live) push(events []Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.head = events[len(events)-1].Seq
	v.ring = append(v.ring, events...)
	if n := len(v.ring) - liveRing; n > 0 {
		v.ring = append([]Event(nil), v.ring[n:]...)
	}
	close(v.changed)
	v.changed = make(chan struct{})
}
