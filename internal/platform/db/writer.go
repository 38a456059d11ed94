package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// groupMax is the number of functions at which a group ends; Config.GroupTime is the other bound.
const groupMax = 256

// Bulk work gives way: after a chunk, interactive work has the writer for bulkShare times as long as the chunk took, unless
// nobody wants it for bulkIdle; a chunk that comes while others are served waits for bulkFirst of their work. So whoever
// imports a file takes a fifteenth of the writer from those who buy, has all the time that they leave, and never starves.
const (
	bulkShare = 14
	bulkIdle  = 5 * time.Millisecond
	bulkFirst = 20 * time.Millisecond
)

// call is one Write waiting for its group.
type call struct {
	ctx   context.Context
	name  string
	f     Func
	alone bool        // nobody waits for it but the program itself: bulk work, or in the background
	taken atomic.Bool // by the writer, or by its own caller who leaves
	done  chan struct{}
	took  time.Duration // of the function
	err   error
	panic *Panic
	exit  bool // the function left by runtime.Goexit
}

func (c *call) forget() { c.err, c.panic, c.exit = nil, nil, false }

func (c *call) refused() bool { return c.err != nil || c.panic != nil || c.exit }

// fail records why the call is not on disk, unless its function gave a reason of its own.
func (c *call) fail(err error) {
	if !c.refused() {
		c.err = err
	}
}

// writer runs the waiting functions one after another, each in its own savepoint, and commits once for all of them.
// Each caller is answered only after that commit is on disk, or after it is known that nothing of his is.
type writer struct {
	conn  *lite.Conn
	cfg   Config
	gate  func(conn *lite.Conn, mode string) (time.Duration, error)
	queue chan *call
	bulk  chan *call
	stop  chan struct{}
	over  chan struct{}
	hands *hands

	closeOnce sync.Once
	fatal     atomic.Pointer[error]
	calm      int // functions since one refused after it had written
	share     share
	walCheck  time.Time    // when the log is looked at next
	walGate   time.Time    // when readers may be held back again
	people    atomic.Int64 // those who are in do for somebody who waits
	busy      atomic.Bool
	quiet     atomic.Int64 // when the last group ended, in nanoseconds since 1970

	groups, functions, reruns, undone, gates, gated, gaveWay atomic.Int64
}

func newWriter(conn *lite.Conn, cfg Config, gate func(*lite.Conn, string) (time.Duration, error)) *writer {
	w := &writer{
		conn: conn, cfg: cfg, gate: gate,
		queue: make(chan *call, 4*groupMax), bulk: make(chan *call, 16),
		stop: make(chan struct{}), over: make(chan struct{}), hands: newHands(),
	}
	go w.loop()
	return w
}

// do queues f and waits for its group. A caller whose ctx ends may leave while f waits; once it has started he is told
// the outcome, whatever becomes of his ctx: else he would be told nothing while his money moved.
func (w *writer) do(ctx context.Context, name string, f Func, o options) error {
	c := &call{ctx: ctx, name: name, f: f, alone: o.bulk || o.background, done: make(chan struct{})}
	queue := w.queue
	if o.bulk {
		queue = w.bulk
	}
	if !c.alone {
		w.people.Add(1)
		defer w.people.Add(-1)
	}
	select {
	case <-w.stop:
		return ErrClosed
	default:
	}
	select {
	case queue <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.stop:
		return ErrClosed
	}
	left := ctx.Done()
wait:
	select {
	case <-c.done:
	case <-left:
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		left = nil
		goto wait
	case <-w.over: // the writer ended; it has answered everything it took
		select {
		case <-c.done:
		default:
			return ErrClosed
		}
	}
	switch {
	case c.panic != nil:
		panic(c.panic)
	case c.exit:
		runtime.Goexit()
	}
	return c.err
}

func (w *writer) loop() {
	defer close(w.over)
	defer w.hands.close()
	tick := time.NewTicker(time.Second) // for a log that grew and was then left alone
	defer tick.Stop()
	for {
		first := w.next(tick.C)
		switch {
		case first.call == nil:
			w.refuseWaiting()
			return
		case w.broken() != nil:
			w.answer([]*call{first.call}, w.broken())
		default:
			w.busy.Store(true)
			began := time.Now()
			people := w.group(first.call)
			if first.bulk {
				w.share.chunk(first.took, people || w.people.Load() > 0)
			} else {
				w.share.served(time.Since(began), people, len(w.bulk) > 0)
			}
			w.checkLog()
			w.quiet.Store(time.Now().UnixNano())
			w.busy.Store(false)
		}
	}
}

// idleAfter is how long after a group nobody is taken to write: far longer than one who pays needs from answer to answer.
const idleAfter = 5 * time.Millisecond

// idle says whether nobody writes, nor has in the last moment.
func (w *writer) idle() bool {
	return w == nil || !w.busy.Load() && len(w.queue) == 0 && len(w.bulk) == 0 && time.Now().UnixNano()-w.quiet.Load() > int64(idleAfter)
}

// share divides the writer's time between interactive and bulk work.
type share struct {
	owes   bool          // bulk work lets interactive work go before it
	owed   time.Duration // for so long; when it is paid, a chunk goes first
	held   time.Duration // how long the program's own work kept a chunk waiting that owes nothing
	wanted bool          // interactive work for somebody was served since the last chunk
}

// served notes a group of interactive work, whether it was for somebody who waits, and whether a chunk waits. What the
// program writes by itself in answer to a chunk is no reason to hold the next one back: each would wait for bulkIdle.
func (s *share) served(took time.Duration, people, waiting bool) {
	switch {
	case s.owes || !waiting:
	case people:
		s.owes, s.owed = true, bulkFirst
	default:
		s.held += took
	}
	s.owed -= took
	s.wanted = s.wanted || people
}

// chunk notes a chunk, and whether somebody was in its group or came meanwhile.
func (s *share) chunk(took time.Duration, waiting bool) {
	*s = share{owes: s.wanted || waiting, owed: bulkShare * took}
}

// idle notes that nobody wanted the writer for a while.
func (s *share) idle() { *s = share{} }

func (s *share) bulkFirst() bool { return s.owes && s.owed <= 0 || !s.owes && s.held >= bulkFirst }
func (s *share) bulkWaits() bool { return s.owes && s.owed > 0 }

// taken is a call that begins a group, and where it waited.
type taken struct {
	*call
	bulk bool
}

// next waits for the call that begins a group: interactive work first, but bulk work when its turn has come. A nil call
// means that the writer is to stop.
func (w *writer) next(tick <-chan time.Time) taken {
	for {
		c, ok := w.wait(tick)
		if !ok || c.call != nil && c.taken.CompareAndSwap(false, true) {
			return c
		}
	}
}

// wait gives who comes next, or nothing when it only looked after the log. false: the writer is to stop.
func (w *writer) wait(tick <-chan time.Time) (taken, bool) {
	if w.share.bulkFirst() {
		select {
		case c := <-w.bulk:
			return taken{c, true}, true
		default:
		}
	}
	select {
	case c := <-w.queue:
		return taken{c, false}, true
	default:
	}
	bulk, idle := w.bulk, (<-chan time.Time)(nil)
	if w.share.bulkWaits() {
		bulk, idle = nil, time.After(bulkIdle)
	}
	select {
	case c := <-w.queue:
		return taken{c, false}, true
	case c := <-bulk:
		return taken{c, true}, true
	case <-idle:
		w.gaveWay.Add(1)
		w.share.idle()
	case <-tick:
		w.checkLog()
	case <-w.stop:
		return taken{}, false
	}
	return taken{}, true
}

// refuseWaiting answers those who queued while the writer was closing.
func (w *writer) refuseWaiting() {
	for {
		select {
		case c := <-w.queue:
			w.answer([]*call{c}, ErrClosed)
		case c := <-w.bulk:
			w.answer([]*call{c}, ErrClosed)
		default:
			return
		}
	}
}

func (w *writer) answer(calls []*call, err error) {
	for _, c := range calls {
		c.fail(err)
		close(c.done)
	}
}

// group runs first and whoever waits behind it, commits, and answers all.
//
// A savepoint for each function costs a fifth of a checkout: the engine copies every page that the function touches.
// So functions that have all gone well for a while run without, and when one of them then refuses after it wrote, the
// whole group is undone and run again with savepoints, as are the functions after it for a while. It says whether anybody waited for one of them.
func (w *writer) group(first *call) bool {
	w.groups.Add(1)
	t := &turn{w: w, calls: []*call{first}, grow: !w.cfg.OneByOne, bare: w.calm >= w.cfg.CalmAfter && !w.cfg.Twice}
	err := t.transact()
	if errors.Is(err, errUndo) {
		w.undone.Add(1)
		t, err = w.repeat(t.calls)
		t.undid = true
	}
	if w.calm += len(t.calls); t.undid || t.lost != nil || err != nil {
		w.calm = 0
	}
	if t.lost != nil || (err != nil && len(t.calls) > 1) {
		w.recover(t, err)
		err = nil
	}
	w.answer(t.calls, err)
	return slices.ContainsFunc(t.calls, func(c *call) bool { return !c.alone })
}

// recover brings the members of a group that failed to their ends. What they found is forgotten: they saw the work of
// neighbours that is not on disk. One that lost the transaction has its answer, and the others run again without it;
// when the transaction itself fails, each runs alone, so that only the guilty one fails.
func (w *writer) recover(t *turn, err error) {
	calls := t.calls
	for t.lost != nil {
		guilty := t.lost
		calls = without(calls, guilty)
		if len(calls) == 0 {
			return
		}
		t, err = w.again(calls)
	}
	if err == nil {
		return
	}
	for _, c := range calls {
		if w.broken() != nil || errors.Is(err, ErrTryAgain) {
			c.forget()
			c.fail(err) // the engine will not take anybody's
			continue
		}
		if _, e := w.again([]*call{c}); e != nil {
			c.fail(e)
		}
	}
}

func (w *writer) again(calls []*call) (*turn, error) {
	w.reruns.Add(1)
	return w.repeat(calls)
}

// repeat runs the same members once more, each in its savepoint.
func (w *writer) repeat(calls []*call) (*turn, error) {
	for _, c := range calls {
		c.forget()
	}
	t := &turn{w: w, calls: calls}
	return t, t.transact()
}

func without(calls []*call, c *call) []*call {
	rest := make([]*call, 0, len(calls))
	for _, x := range calls {
		if x != c {
			rest = append(rest, x)
		}
	}
	return rest
}

// die ends the process, or in tests tells the hook: what was acknowledged is on disk, what was not is unknown, and a
// restart reads the truth.
func (w *writer) die(err error) {
	w.fatal.CompareAndSwap(nil, &err)
	w.cfg.Log.Error("database failed", slog.Any("error", err))
	if w.cfg.OnFatal != nil {
		w.cfg.OnFatal(err)
		return
	}
	os.Exit(3)
}

func (w *writer) broken() error {
	if p := w.fatal.Load(); p != nil {
		return *p
	}
	return nil
}

func (w *writer) close() error {
	var err error
	w.closeOnce.Do(func() {
		close(w.stop)
		<-w.over
		err = w.conn.Close()
	})
	return err
}

// checkLog moves the log's pages into the file between groups, when the callers have their answers, and holds the
// readers back once when it has grown too long: overlapping readers would otherwise let it grow without end.
func (w *writer) checkLog() {
	now := time.Now()
	if now.Before(w.walCheck) || w.broken() != nil {
		return
	}
	w.walCheck = now.Add(50 * time.Millisecond)
	length, moved, err := w.conn.Checkpoint("NOOP")
	if err == nil && length-moved > w.cfg.WALGate/4 {
		length, _, err = w.conn.Checkpoint("PASSIVE")
	}
	size := walSize(w.cfg.File)
	if err == nil && now.After(w.walGate) && (length > w.cfg.WALGate || size > 4*w.cfg.WALGate) {
		mode := "RESTART"
		if size > 4*w.cfg.WALGate {
			mode = "TRUNCATE"
		}
		var took time.Duration
		took, err = w.gate(w.conn, mode)
		w.gates.Add(1)
		w.gated.Add(int64(took))
		if length, moved, _ = w.conn.Checkpoint("NOOP"); moved < length { // a long read is in the way: let it be for a while
			w.walGate = now.Add(time.Second)
		}
	}
	if err != nil {
		w.cfg.Log.Warn("checkpoint", slog.Any("error", fmt.Errorf("log of %d bytes: %w", size, err)))
	}
}
