package db

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// turn is one transaction of the writer over its members. Where it stands is kept here, because a function that ends
// its goroutine by runtime.Goexit leaves the rest to another.
type turn struct {
	w     *writer
	calls []*call
	grow  bool // take in those who wait
	bare  bool // nobody has a savepoint: who refuses after he wrote undoes all of it
	start time.Time
	i     int         // the member that runs or runs next
	tx    *embeddedTx // of the function that runs
	begun time.Time   // when it started
	lost  *call       // the member whose function made the engine end the transaction
	undid bool        // a member refused after it had written
	err   error       // of the transaction itself
}

// transact runs one transaction. It returns nil when the commit is on disk. Else nothing is, and either t.lost says who
// is to blame, or the error is the transaction's own.
func (t *turn) transact() error {
	conn := t.w.conn
	defer func() {
		conn.CloseRows()
		if conn.InTransaction() {
			if err := conn.Run("ROLLBACK"); err != nil {
				t.w.die(fmt.Errorf("rollback: %w", err))
			}
		}
	}()
	if t.sql("BEGIN IMMEDIATE"); t.err != nil {
		return t.err
	}
	t.start = time.Now()
	for !t.w.hands.do(t) { // a function left by Goexit: its hands are gone, others go on behind it
		t.calls[t.i].exit = true
		t.settle(false)
		t.i++
	}
	switch {
	case t.lost != nil:
		return ErrLost
	case t.err != nil:
		return t.err
	}
	if t.sql("COMMIT"); t.err != nil {
		var le *lite.Error
		if errors.As(t.err, &le) && le.Kind == lite.IO {
			t.w.die(fmt.Errorf("commit: %w", t.err)) // after a failed sync nobody knows what is on disk
		}
	}
	return t.err
}

// run runs member after member until all have run, or one lost the transaction, or the transaction itself failed.
func (t *turn) run() {
	for ; t.err == nil && t.lost == nil && (t.i < len(t.calls) || t.more()); t.i++ {
		c := t.calls[t.i]
		t.w.functions.Add(1)
		if c.err = c.ctx.Err(); c.err != nil { // gave up between being taken and its turn
			continue
		}
		if t.w.cfg.Twice {
			t.call(c)
			t.settle(true)
			if t.err != nil || t.lost != nil || c.panic != nil {
				continue
			}
		}
		t.call(c)
		t.settle(false)
	}
}

// more takes in the next who waits, unless the group is full or has taken long enough. When nobody waits, those who are
// ready to run are let run first: the last group's answers have just woken them, and each would else find the writer gone
// with a group of one. It costs nothing when there are none.
func (t *turn) more() bool {
	for yields := 0; t.grow && len(t.calls) < groupMax && time.Since(t.start) < t.w.cfg.GroupTime; {
		select {
		case c := <-t.w.queue:
			if c.taken.CompareAndSwap(false, true) {
				t.calls = append(t.calls, c)
				return true
			}
		default:
			if yields == maxYields {
				return false
			}
			yields++
			runtime.Gosched()
		}
	}
	return false
}

// maxYields is how often a group looks whether somebody joins it.
const maxYields = 2

// call runs one function, in its savepoint unless the turn has none. A panic ends it alone; its stack travels to its caller.
func (t *turn) call(c *call) {
	if !t.bare {
		if t.sql("SAVEPOINT member"); t.err != nil {
			return
		}
	}
	t.begun = time.Now()
	t.tx = &embeddedTx{conn: t.w.conn, unique: t.w.cfg.Schema.Unique}
	defer func() {
		if v := recover(); v != nil {
			c.panic = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	c.err = t.tx.ended(c.f(c.ctx, t.tx))
}

// settle keeps or undoes what the member that just ran has done.
func (t *turn) settle(undo bool) {
	c, conn := t.calls[t.i], t.w.conn
	if t.err != nil {
		return
	}
	t.tx.dead.Store(true)
	if c.took = time.Since(t.begun); c.took > t.w.cfg.SlowFunction {
		t.w.cfg.Log.Warn("slow write", slog.String("name", c.name), slog.Duration("took", c.took))
	}
	conn.CloseRows()
	if !conn.InTransaction() { // full disk, I/O error, no memory, interrupt: everything before it is gone too
		c.fail(ErrLost)
		t.lost = c
		return
	}
	refusedLate := c.refused() && t.tx.wrote
	t.undid = t.undid || refusedLate
	if t.bare {
		if refusedLate {
			t.err = errUndo
		}
		return
	}
	if undo || c.refused() {
		t.sql("ROLLBACK TO SAVEPOINT member")
	}
	if t.err == nil {
		t.sql("RELEASE SAVEPOINT member")
	}
}

// errUndo ends a turn without savepoints: what one member wrote cannot be undone alone.
var errUndo = errors.New("db: a member of the group refused after it had written")

func (t *turn) sql(text string) { t.err = fromLite(t.w.conn.Run(text), nil) }

// hands are the goroutine that functions run on. A function that leaves by runtime.Goexit takes it along, and not the
// writer.
type hands struct {
	in  chan *turn
	out chan bool // false: left by Goexit
}

func newHands() *hands {
	h := &hands{in: make(chan *turn), out: make(chan bool)}
	go h.loop()
	return h
}

func (h *hands) do(t *turn) bool {
	h.in <- t
	return <-h.out
}

func (h *hands) close() { close(h.in) }

func (h *hands) loop() {
	normal := false
	defer func() {
		if !normal { // this goroutine is ending: another takes its place
			go h.loop()
			h.out <- false
		}
	}()
	for t := range h.in {
		t.run()
		h.out <- true
	}
	normal = true
}
