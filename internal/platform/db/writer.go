package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// A group ends at this many functions or after this long, whichever comes first.
const (
	groupMax  = 256
	groupTime = 10 * time.Millisecond
)

// call is one Write waiting for its group.
type call struct {
	ctx   context.Context
	name  string
	f     Func
	done  chan struct{}
	err   error
	panic *Panic
	exit  bool // the function left by runtime.Goexit
}

// writer runs the waiting functions one after another, each in its own savepoint, and commits once for all of them.
// Each caller is answered only after that commit is on disk, or after it is known that nothing of his is.
type writer struct {
	conn  *lite.Conn
	cfg   Config
	gate  func() time.Duration
	queue chan *call
	bulk  chan *call
	stop  chan struct{}
	over  chan struct{}
	run   *runner

	closeOnce sync.Once
	fatal     atomic.Pointer[error]

	groups, functions, reruns, gated atomic.Int64
	lastWALCheck                     time.Time
}

func newWriter(conn *lite.Conn, cfg Config, gate func() time.Duration) *writer {
	w := &writer{
		conn: conn, cfg: cfg, gate: gate,
		queue: make(chan *call, 4*groupMax), bulk: make(chan *call, 16),
		stop: make(chan struct{}), over: make(chan struct{}), run: newRunner(),
	}
	go w.loop()
	return w
}

// do queues f and waits for its group. After the function has started, a cancelled ctx does not return early: the
// caller would be told nothing while his money moved.
func (w *writer) do(ctx context.Context, name string, f Func, bulk bool) error {
	c := &call{ctx: ctx, name: name, f: f, done: make(chan struct{})}
	queue := w.queue
	if bulk {
		queue = w.bulk
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
	select {
	case <-c.done:
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
	defer w.run.close()
	for {
		var first *call
		select { // interactive work first
		case first = <-w.queue:
		default:
			select {
			case first = <-w.queue:
			case first = <-w.bulk:
			case <-w.stop:
				w.refuseWaiting()
				return
			}
		}
		if err := w.broken(); err != nil {
			first.answer(err)
			continue
		}
		w.group(first)
		w.checkWAL()
	}
}

// refuseWaiting answers those who queued while the writer was closing.
func (w *writer) refuseWaiting() {
	for {
		select {
		case c := <-w.queue:
			c.answer(ErrClosed)
		case c := <-w.bulk:
			c.answer(ErrClosed)
		default:
			return
		}
	}
}

func (c *call) answer(err error) {
	c.err = err
	close(c.done)
}

// group runs first and whoever waits behind it, commits, and answers all.
func (w *writer) group(first *call) {
	w.groups.Add(1)
	members := []*call{first}
	ok, err := w.once(&members, !w.cfg.OneByOne)
	switch {
	case err == nil:
	case ok != nil: // one function lost the transaction: the others again, without it
		w.again(ok)
	case len(members) == 1 || w.broken() != nil || errors.Is(err, ErrTryAgain):
		for _, c := range members {
			c.fail(err)
		}
	default: // the commit failed: each alone, so that only the guilty one fails
		for _, c := range members {
			w.alone(c)
		}
	}
	for _, c := range members {
		close(c.done)
	}
}

// again runs the survivors of a lost transaction as one group, until it holds or none is left.
func (w *writer) again(survivors []*call) {
	for len(survivors) > 0 {
		w.reruns.Add(1)
		for _, c := range survivors {
			c.err, c.panic, c.exit = nil, nil, false
		}
		members := survivors
		ok, err := w.once(&members, false)
		if err == nil {
			return
		}
		if ok == nil {
			for _, c := range members {
				if w.broken() != nil {
					c.fail(err)
				} else {
					w.alone(c)
				}
			}
			return
		}
		survivors = ok
	}
}

func (w *writer) alone(c *call) {
	w.reruns.Add(1)
	c.err, c.panic, c.exit = nil, nil, false
	if _, err := w.once(&[]*call{c}, false); err != nil {
		c.fail(err)
	}
}

// fail records why the call is not on disk, unless its function gave a reason of its own.
func (c *call) fail(err error) {
	if c.err == nil && c.panic == nil && !c.exit {
		c.err = err
	}
}

// once runs one transaction over the members, taking in those who wait if it grows. It returns nil when the commit
// is on disk; survivors non-nil when a function lost the transaction and these others are to run again; else the
// error of the transaction itself, which is rolled back.
func (w *writer) once(members *[]*call, grow bool) (survivors []*call, err error) {
	defer func() {
		w.conn.ResetAll()
		if w.conn.InTransaction() {
			if e := w.conn.Script("ROLLBACK"); e != nil {
				w.die(fmt.Errorf("rollback: %w", e))
				err = errors.Join(err, e)
			}
		}
	}()
	if err := w.sql("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	start := time.Now()
	for i := 0; i < len(*members); i++ {
		c := (*members)[i]
		lost, err := w.member(c)
		if err != nil {
			return nil, err
		}
		if lost {
			all := *members
			survivors = append(append(make([]*call, 0, len(all)), all[:i]...), all[i+1:]...)
			return survivors, ErrLost
		}
		if grow && i == len(*members)-1 && len(*members) < groupMax && time.Since(start) < groupTime {
			select {
			case next := <-w.queue:
				*members = append(*members, next)
			default:
			}
		}
	}
	if err := w.sql("COMMIT"); err != nil {
		var le *lite.Error
		if errors.As(err, &le) && le.Kind == lite.IO {
			w.die(fmt.Errorf("commit: %w", err)) // after a failed sync nobody knows what is on disk
		}
		return nil, err
	}
	return nil, nil
}

// member runs one function in its savepoint. lost says that the engine ended the whole transaction.
func (w *writer) member(c *call) (lost bool, err error) {
	w.functions.Add(1)
	if err := c.ctx.Err(); err != nil { // gave up while waiting
		c.err = err
		return false, nil
	}
	runs := 1
	if w.cfg.Twice {
		runs = 2
	}
	for ; runs > 0; runs-- {
		if err := w.sql("SAVEPOINT member"); err != nil {
			return false, err
		}
		start := time.Now()
		t := &embeddedTx{conn: w.conn, unique: w.cfg.Schema.Unique}
		w.run.do(c, t)
		t.dead.Store(true)
		if d := time.Since(start); d > w.cfg.SlowFunction {
			w.cfg.Log.Warn("slow write", slog.String("name", c.name), slog.Duration("took", d))
		}
		w.conn.ResetAll()
		if !w.conn.InTransaction() { // full disk, I/O error, no memory, interrupt: everything before it is gone too
			c.fail(ErrLost)
			return true, nil
		}
		if c.err != nil || c.panic != nil || c.exit || runs > 1 {
			if err := w.sql("ROLLBACK TO SAVEPOINT member"); err != nil {
				return false, err
			}
		}
		if err := w.sql("RELEASE SAVEPOINT member"); err != nil {
			return false, err
		}
		if c.panic != nil || c.exit {
			break
		}
	}
	return false, nil
}

func (w *writer) sql(text string) error {
	st, err := w.conn.Prepare(text)
	if err != nil {
		return fromLite(err, nil)
	}
	if _, err := st.Step(); err != nil {
		return fromLite(err, nil)
	}
	return fromLite(st.Reset(), nil)
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

// checkWAL looks at the log's size now and then and, when it has grown, holds the readers back once.
func (w *writer) checkWAL() {
	now := time.Now()
	if now.Sub(w.lastWALCheck) < 100*time.Millisecond {
		return
	}
	w.lastWALCheck = now
	if walSize(w.cfg.File) > w.cfg.WALGate {
		w.gated.Add(int64(w.gate()))
	}
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

// runner runs functions on a goroutine of its own, so that one that leaves by runtime.Goexit takes only that
// goroutine along and not the writer.
type runner struct {
	in   chan work
	done chan struct{}
}

type work struct {
	c *call
	t *embeddedTx
}

func newRunner() *runner {
	r := &runner{in: make(chan work), done: make(chan struct{})}
	go r.loop()
	return r
}

func (r *runner) do(c *call, t *embeddedTx) {
	r.in <- work{c, t}
	<-r.done
}

func (r *runner) close() { close(r.in) }

func (r *runner) loop() {
	for j := range r.in {
		r.one(j)
		r.done <- struct{}{}
	}
}

func (r *runner) one(j work) {
	normal := false
	j.c.err = nil
	defer func() {
		if normal {
			return
		}
		if v := recover(); v != nil {
			j.c.panic = &Panic{Value: v, Stack: debug.Stack()}
			return
		}
		j.c.exit = true // this goroutine is ending: another takes its place, and the writer goes on
		go r.loop()
		r.done <- struct{}{}
	}()
	j.c.err = j.t.ended(j.c.f(j.c.ctx, j.t))
	normal = true
}
