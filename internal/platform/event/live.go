package event

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
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

	liveFailures = 5 // looks in a row that fail before the listeners are told
)

// FromHead asks Tail for what comes next only.
const FromHead int64 = -1

// live lets many listeners of one process share one reader of the log.
type live struct {
	mu        sync.Mutex
	listeners int
	running   bool
	ring      []Event // by Seq, up to head
	head      int64   // Seq of the last event known here
	changed   chan struct{}
	poked     chan struct{}
	err       error // why it does not go on
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
	head, err := l.listen(ctx, d)
	if err != nil {
		return err
	}
	defer l.live.leave()
	v := l.live
	if after < 0 || after > head {
		after = head
	}
	for {
		events, changed, fromDisk, err := v.next(after)
		if err != nil {
			return err
		}
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
func (v *live) next(after int64) (events []Event, changed <-chan struct{}, fromDisk bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if after >= v.head {
		return nil, v.changed, false, v.err
	}
	if len(v.ring) == 0 || after+1 < v.ring[0].Seq {
		return nil, v.changed, true, nil
	}
	i, _ := slices.BinarySearchFunc(v.ring, after+1, func(e Event, seq int64) int { return cmp.Compare(e.Seq, seq) })
	return slices.Clone(v.ring[i:min(len(v.ring), i+liveBatch)]), v.changed, false, nil
}

// listen counts a listener in, gives the last number of now, and sees to it that somebody reads.
func (l *Log) listen(ctx context.Context, d *db.DB) (head int64, err error) {
	err = d.Read(ctx, "event.head", func(ctx context.Context, tx db.Tx) error {
		var err error
		head, err = lastSeq(ctx, eventdb.New(tx))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("tail: %w", err)
	}
	v := l.live
	v.mu.Lock()
	defer v.mu.Unlock()
	v.listeners++
	if !v.running {
		v.running, v.err = true, nil
		if v.head < head { // what memory holds has a gap behind it
			v.head, v.ring = head, nil
		}
		go l.read(d)
	}
	return max(head, v.head), nil
}

func (v *live) leave() {
	v.mu.Lock()
	v.listeners--
	v.mu.Unlock()
	v.poke() // the reader may end
}

// read looks for new events as long as somebody listens. A look that fails now and then is made up for by the next;
// when they go on failing the listeners are told.
func (l *Log) read(d *db.DB) {
	v := l.live
	var eagerUntil time.Time
	failed := 0
	for {
		v.mu.Lock()
		if v.listeners == 0 || v.err != nil {
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
		switch {
		case err == nil && len(events) > 0:
			failed = 0
			v.push(events)
			continue
		case err == nil:
			failed = 0
		default:
			if failed++; failed == liveFailures || errors.Is(err, db.ErrClosed) {
				v.fail(fmt.Errorf("tail: %w", err))
				continue
			}
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
		v.ring = slices.Clone(v.ring[n:])
	}
	v.tell()
}

func (v *live) fail(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.err = err
	v.tell()
}

// tell wakes all who listen.
func (v *live) tell() {
	close(v.changed)
	v.changed = make(chan struct{})
}
