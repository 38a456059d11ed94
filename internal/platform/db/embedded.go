package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"github.com/haat-market/haat/internal/platform/db/lite"
	"github.com/haat-market/haat/internal/platform/db/lite/walfs"
)

// embedded is the engine in one file: one writer that commits in groups, and a few readers.
type embedded struct {
	cfg     Config
	lock    *flock.Flock // nil for a copy
	w       *writer      // nil for a copy
	all     []*reader
	readers chan *reader // interactive slots
	spare   chan *reader // one more while nobody writes: the core that is kept for the writer
	long    chan *reader // one slot for reads of minutes
	quit    context.Context
	leave   context.CancelFunc
	closing atomic.Bool
}

// reader is a slot for one read at a time.
type reader struct {
	conn  *lite.Conn
	home  chan *reader
	since atomic.Int64 // nanoseconds since 1970; 0: idle
}

// lockName is the file beside the database that says that a process has it open.
const lockName = "haat.lock"

func openEmbedded(cfg Config) (_ *embedded, err error) {
	dir := filepath.Dir(cfg.File)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := refuseNetworkFolder(dir); err != nil {
		return nil, err
	}
	e := newEmbedded(cfg)
	defer func() {
		if err != nil {
			err = errors.Join(err, e.closeConns())
		}
	}()
	e.lock = flock.New(filepath.Join(dir, lockName))
	if ok, err := e.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("db: lock %s: %w", dir, err)
	} else if !ok {
		return nil, fmt.Errorf("%w: %s", ErrLocked, dir)
	}
	if err := touch(cfg.File); err != nil {
		return nil, err
	}
	// The log keeps the length that it has when it begins anew: to sync what is written over takes two thirds of the time
	// that it takes where the file grows.
	opts := lite.Options{CacheKB: 32 << 10, LogLimit: 2 * cfg.WALGate, Busy: cfg.BusyTimeout, VFS: cfg.VFS, Create: true, Scratch: cfg.Scratch}
	if !cfg.Scratch { // whose log is not synced
		if opts.VFS, err = walfs.Over(cfg.VFS); err != nil {
			return nil, err
		}
	}
	wc, err := lite.Open(cfg.File, opts)
	if err != nil {
		return nil, err
	}
	if cfg.MaxPages > 0 {
		if err := wc.Script(fmt.Sprintf("PRAGMA max_page_count=%d", cfg.MaxPages)); err != nil {
			return nil, errors.Join(err, wc.Close())
		}
	}
	e.w = newWriter(wc, cfg, e.gate)
	return e, e.openReaders(lite.Options{ReadOnly: true, VFS: cfg.VFS})
}

// openCopy opens a file that nobody writes, for reading only and without a lock.
func openCopy(cfg Config) (_ *embedded, err error) {
	e := newEmbedded(cfg)
	if err := e.openReaders(lite.Options{Copy: true, VFS: cfg.VFS}); err != nil {
		return nil, errors.Join(err, e.closeConns())
	}
	return e, nil
}

func newEmbedded(cfg Config) *embedded {
	e := &embedded{cfg: cfg, readers: make(chan *reader, cfg.Readers), spare: make(chan *reader, cfg.spare), long: make(chan *reader, 1)}
	e.quit, e.leave = context.WithCancel(context.Background())
	return e
}

func (e *embedded) openReaders(o lite.Options) error {
	for _, slots := range []chan *reader{e.long, e.readers, e.spare} {
		for range cap(slots) {
			conn, err := lite.Open(e.cfg.File, o)
			if err != nil {
				return err
			}
			r := &reader{conn: conn, home: slots}
			e.all = append(e.all, r)
			slots <- r
		}
	}
	return nil
}

// touch creates the file for its owner only; the engine gives its log the same mode.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (e *embedded) write(ctx context.Context, name string, f Func, o options) error {
	if e.w == nil {
		return ErrReadOnly
	}
	return e.w.do(ctx, name, f, o)
}

func (e *embedded) read(ctx context.Context, name string, f Func, o options) (err error) {
	slots, limit := e.readers, e.cfg.ReadTimeout
	if o.long {
		slots, limit = e.long, e.cfg.LongTimeout
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if o.long { // nobody waits minutes for a shutdown
		defer context.AfterFunc(e.quit, cancel)()
	}
	if e.closing.Load() {
		return ErrClosed
	}
	var r *reader
	var spare chan *reader
	if !o.long && e.w.idle() {
		spare = e.spare
	}
	select {
	case r = <-slots:
	case r = <-spare:
	case <-e.quit.Done():
		return ErrClosed
	case <-ctx.Done():
		if err := caller.Err(); err != nil {
			return err
		}
		return fmt.Errorf("%w: %s waited %v for a reader", ErrTryAgain, name, limit)
	}
	r.since.Store(time.Now().UnixNano())
	stop := r.conn.Interrupt(ctx)
	t := &embeddedTx{conn: r.conn, unique: e.cfg.Schema.Unique, readOnly: true}
	defer func() { // also when f panics or leaves by Goexit
		t.dead.Store(true)
		stop()
		r.conn.CloseRows()
		if r.conn.InTransaction() {
			err = errors.Join(err, r.conn.Run("ROLLBACK"))
		}
		r.since.Store(0)
		r.home <- r
	}()
	if err := r.conn.Run("BEGIN"); err != nil {
		return e.readError(caller, ctx, name, err)
	}
	if err := t.ended(f(ctx, t)); err != nil {
		return e.readError(caller, ctx, name, err)
	}
	return nil
}

// readError tells a read that was too slow from a caller who went away, and both from what f says.
func (e *embedded) readError(caller, ctx context.Context, name string, err error) error {
	if e.quit.Err() != nil && caller.Err() == nil && ctx.Err() == context.Canceled {
		return ErrClosed
	}
	return readError(caller, ctx, name, err)
}

func readError(caller, ctx context.Context, name string, err error) error {
	switch {
	case caller.Err() != nil:
		return fmt.Errorf("%w: %s: %w", caller.Err(), name, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %s: %w", ErrTimeout, name, err)
	}
	return err
}

// gateTime is how long readers are held back at most.
const gateTime = 50 * time.Millisecond

// gate holds readers back so that the log can begin anew. It runs between groups, on the writer. A long read is not
// waited for.
func (e *embedded) gate(conn *lite.Conn, mode string) (time.Duration, error) {
	start := time.Now()
	limit := time.NewTimer(gateTime)
	defer limit.Stop()
	var held []*reader
hold:
	for len(held) < cap(e.readers)+cap(e.spare) {
		select {
		case r := <-e.readers:
			held = append(held, r)
		case r := <-e.spare:
			held = append(held, r)
		case <-limit.C:
			break hold
		}
	}
	conn.SetBusy(max(gateTime-time.Since(start), time.Millisecond))
	_, _, err := conn.Checkpoint(mode)
	conn.SetBusy(e.cfg.BusyTimeout)
	for _, r := range held {
		r.home <- r
	}
	return time.Since(start), err
}

// walUnready is the size of the log above which the market says that it is not ready.
const walUnready = 512 << 20

func (e *embedded) health(ctx context.Context) error {
	if e.w != nil && e.w.broken() != nil {
		return e.w.broken()
	}
	if n := walSize(e.cfg.File); n > walUnready {
		return fmt.Errorf("db: the write-ahead log is %d MB", n>>20)
	}
	return e.read(ctx, "db.health", func(context.Context, Tx) error { return nil }, options{})
}

func (e *embedded) stats() Stats {
	s := Stats{WALBytes: walSize(e.cfg.File), ConnsMax: int32(len(e.all))}
	if w := e.w; w != nil {
		s.Groups, s.Functions, s.Reruns, s.Undone = w.groups.Load(), w.functions.Load(), w.reruns.Load(), w.undone.Load()
		s.Gates, s.GateNanos = w.gates.Load(), w.gated.Load()
	}
	now := time.Now().UnixNano()
	for _, r := range e.all {
		if since := r.since.Load(); since != 0 {
			s.ConnsInUse++
			s.LongestRead = max(s.LongestRead, time.Duration(now-since))
		}
	}
	return s
}

func walSize(file string) int64 {
	info, err := os.Stat(file + "-wal")
	if err != nil {
		return 0 // no log yet
	}
	return info.Size()
}

func (e *embedded) offset() time.Duration { return 0 }

// close lets the reads that run come to their end, breaks off a long one, and answers the writes that have begun.
func (e *embedded) close() error {
	if e.closing.Swap(true) {
		return nil
	}
	e.leave()
	for _, slots := range []chan *reader{e.readers, e.spare, e.long} {
		for range cap(slots) {
			<-slots
		}
	}
	return e.closeConns()
}

func (e *embedded) closeConns() error {
	e.leave()
	var errs []error
	for _, r := range e.all {
		errs = append(errs, r.conn.Close())
	}
	if e.w != nil { // last, so that it is the writer who empties the log
		errs = append(errs, e.w.close())
	}
	if e.lock != nil {
		errs = append(errs, e.lock.Unlock())
	}
	return errors.Join(errs...)
}
