package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// embedded is the engine in one file: one writer that commits in groups, and a few readers.
type embedded struct {
	cfg     Config
	w       *writer
	readers chan *lite.Conn // interactive slots
	long    chan *lite.Conn // one slot for reads of minutes
	running sync.Map        // start time of each running read, for metrics
	readID  atomic.Int64
	closing atomic.Bool
}

func openEmbedded(cfg Config) (*embedded, error) {
	if err := os.MkdirAll(filepath.Dir(cfg.File), 0o700); err != nil {
		return nil, err
	}
	if err := refuseNetworkFolder(filepath.Dir(cfg.File)); err != nil {
		return nil, err
	}
	wc, err := lite.Open(cfg.File, lite.Options{CacheKB: 32 << 10, VFS: cfg.VFS, Create: true})
	if err != nil {
		return nil, err
	}
	e := &embedded{cfg: cfg, readers: make(chan *lite.Conn, cfg.Readers), long: make(chan *lite.Conn, 1)}
	if cfg.MaxPages > 0 {
		if err := wc.Script(fmt.Sprintf("PRAGMA max_page_count=%d", cfg.MaxPages)); err != nil {
			return nil, errors.Join(err, wc.Close())
		}
	}
	for i := range cfg.Readers + 1 {
		rc, err := lite.Open(cfg.File, lite.Options{CacheKB: 4 << 10, ReadOnly: true, VFS: cfg.VFS})
		if err != nil {
			return nil, errors.Join(err, wc.Close())
		}
		if i == 0 {
			e.long <- rc
		} else {
			e.readers <- rc
		}
	}
	e.w = newWriter(wc, cfg, e.gate)
	return e, nil
}

func (e *embedded) write(ctx context.Context, name string, f Func, o options) error {
	return e.w.do(ctx, name, f, o.bulk)
}

func (e *embedded) read(ctx context.Context, name string, f Func, o options) (err error) {
	slots, limit := e.readers, e.cfg.ReadTimeout
	if o.long {
		slots, limit = e.long, e.cfg.LongTimeout
	}
	if e.closing.Load() {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var conn *lite.Conn
	select {
	case conn = <-slots:
	default:
		select {
		case conn = <-slots:
		case <-ctx.Done():
			return readTimeout(ctx.Err(), fmt.Errorf("%s waited for a reader", name))
		}
	}
	id, start := e.readID.Add(1), time.Now()
	e.running.Store(id, start)
	stop := conn.Interrupt(ctx)
	t := &embeddedTx{conn: conn, unique: e.cfg.Schema.Unique, readOnly: true}
	defer func() { // also when f panics or leaves by Goexit
		t.dead.Store(true)
		stop()
		conn.ResetAll()
		if conn.InTransaction() {
			if e := conn.Script("ROLLBACK"); e != nil && err == nil {
				err = e
			}
		}
		e.running.Delete(id)
		slots <- conn
	}()
	if err := conn.Script("BEGIN"); err != nil {
		return fromLite(err, nil)
	}
	if err := t.ended(f(ctx, t)); err != nil {
		if ctx.Err() != nil {
			return readTimeout(ctx.Err(), err)
		}
		return err
	}
	return nil
}

// readTimeout tells a read that was too slow from a caller who went away.
func readTimeout(cause, err error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// gate holds readers back for at most 50 ms so that the log can be started anew: overlapping readers would otherwise
// let it grow without end. It runs between groups, on the writer.
func (e *embedded) gate() time.Duration {
	start := time.Now()
	limit := time.NewTimer(50 * time.Millisecond)
	defer limit.Stop()
	var held []*lite.Conn
	for len(held) < cap(e.readers) {
		select {
		case c := <-e.readers:
			held = append(held, c)
			continue
		case <-limit.C:
		}
		break
	}
	if err := e.w.conn.Script("PRAGMA wal_checkpoint(RESTART)"); err != nil {
		e.cfg.Log.Warn("checkpoint", slog.Any("error", err))
	}
	for _, c := range held {
		e.readers <- c
	}
	return time.Since(start)
}

// walUnready is the size of the log above which the market says that it is not ready.
const walUnready = 512 << 20

func (e *embedded) health(ctx context.Context) error {
	if err := e.w.broken(); err != nil {
		return err
	}
	if n := walSize(e.cfg.File); n > walUnready {
		return fmt.Errorf("db: the write-ahead log is %d MB", n>>20)
	}
	return e.read(ctx, "db.health", func(context.Context, Tx) error { return nil }, options{})
}

func (e *embedded) stats() Stats {
	s := Stats{
		Groups: e.w.groups.Load(), Functions: e.w.functions.Load(), Reruns: e.w.reruns.Load(),
		GateNanos: e.w.gated.Load(), WALBytes: walSize(e.cfg.File), ConnsMax: int32(cap(e.readers)),
	}
	s.ConnsInUse = s.ConnsMax - int32(len(e.readers))
	now := time.Now()
	e.running.Range(func(_, v any) bool {
		s.LongestRead = max(s.LongestRead, now.Sub(v.(time.Time)))
		return true
	})
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

func (e *embedded) close() error {
	if e.closing.Swap(true) {
		return nil
	}
	for range cap(e.readers) {
		c := <-e.readers
		defer c.Close()
	}
	c := <-e.long
	defer c.Close()
	return e.w.close()
}
