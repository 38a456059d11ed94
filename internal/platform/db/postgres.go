package db

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgres is the engine behind a PostgreSQL server.
type postgres struct {
	cfg     Config
	pool    *pgxpool.Pool
	skew    atomic.Int64 // nanoseconds to add to this machine's clock
	stop    context.CancelFunc
	over    chan struct{}
	retries atomic.Int64
	writes  atomic.Int64
}

// maxSkew is how far this machine's clock may be from the database's before the node says it is not ready.
const maxSkew = time.Second

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, errors.New("db: HAAT_DATABASE is not a PostgreSQL URL") // the cause would show the password
	}
	if cfg.MaxConns > 0 {
		pc.MaxConns = cfg.MaxConns
	} else {
		pc.MaxConns = 24
	}
	pc.ConnConfig.RuntimeParams["application_name"] = "haat"
	if pc.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		// A pooler between us and the server would refuse these, so they are set only without one.
		pc.ConnConfig.RuntimeParams["statement_timeout"] = "30000"
		pc.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "60000"
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("db: %w", err)
	}
	p := &postgres{cfg: cfg, pool: pool, over: make(chan struct{})}
	if err := p.measure(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("db: cannot reach PostgreSQL: %w", err)
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	go p.follow(run)
	return p, nil
}

// measure finds how far this machine's clock is from the database's, so that all nodes decide by one clock.
func (p *postgres) measure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var there int64
	var before, after time.Time
	for range 2 { // the first round may open a connection
		before = time.Now()
		err := p.pool.QueryRow(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint").Scan(&there)
		if err != nil {
			return err
		}
		after = time.Now()
	}
	middle := before.Add(after.Sub(before) / 2)
	p.skew.Store(int64(time.UnixMicro(there).Sub(middle)))
	return nil
}

func (p *postgres) follow(ctx context.Context) {
	defer close(p.over)
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := p.measure(ctx); err != nil && ctx.Err() == nil {
				p.cfg.Log.Warn("measure database clock", slog.Any("error", err))
			}
		}
	}
}

func (p *postgres) offset() time.Duration { return time.Duration(p.skew.Load()) }

func (p *postgres) write(ctx context.Context, name string, f Func, o options) error {
	level := pgx.Serializable
	if o.readCommitted {
		level = pgx.ReadCommitted
	}
	var err error
	for n := range p.cfg.RetryAttempts {
		if n > 0 {
			p.retries.Add(1)
			select {
			case <-time.After(jitter(n)):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		p.writes.Add(1)
		start := time.Now()
		if p.cfg.Twice {
			if err = p.once(ctx, level, f, false); retryable(err) {
				continue
			}
		}
		err = p.once(ctx, level, f, true)
		if d := time.Since(start); d > 10*p.cfg.SlowFunction {
			p.cfg.Log.Warn("slow write", slog.String("name", name), slog.Duration("took", d))
		}
		if !retryable(err) {
			return err
		}
	}
	return fmt.Errorf("%w: %s: %w", ErrTryAgain, name, err)
}

// once runs one transaction. With commit false everything is rolled back, whatever f says.
func (p *postgres) once(ctx context.Context, level pgx.TxIsoLevel, f Func, commit bool) (err error) {
	ptx, err := p.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: level})
	if err != nil {
		return beginError(err)
	}
	t := &postgresTx{tx: ptx}
	done := false
	defer func() { // also when f panics or leaves by Goexit
		t.dead.Store(true)
		if done {
			return
		}
		// The caller's context may be over; the connection must be clean all the same.
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if e := ptx.Rollback(rctx); e != nil && !errors.Is(e, pgx.ErrTxClosed) && err == nil {
			err = e
		}
	}()
	if err := t.ended(f(ctx, t)); err != nil || !commit {
		return err
	}
	// Once COMMIT is sent its answer is waited for: a caller who left must not make the outcome unknown.
	cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	done = true
	return fromPG(ptx.Commit(cctx))
}

func (p *postgres) read(ctx context.Context, name string, f Func, o options) error {
	limit := p.cfg.ReadTimeout
	if o.long {
		limit = p.cfg.LongTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ptx, err := p.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return beginError(err)
	}
	t := &postgresTx{tx: ptx}
	defer func() {
		t.dead.Store(true)
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if e := ptx.Rollback(rctx); e != nil && !errors.Is(e, pgx.ErrTxClosed) {
			p.cfg.Log.Warn("end of read", slog.String("name", name), slog.Any("error", e))
		}
	}()
	if o.long {
		if _, err := ptx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", limit.Milliseconds())); err != nil {
			return fromPG(err)
		}
	}
	err = t.ended(f(ctx, t))
	if err != nil && ctx.Err() != nil {
		return readTimeout(ctx.Err(), err)
	}
	return err
}

// beginError: no connection within the caller's time means too busy.
func beginError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", ErrTryAgain, err)
	}
	return fromPG(err)
}

func (p *postgres) health(ctx context.Context) error {
	if d := p.offset(); d > maxSkew || d < -maxSkew {
		return fmt.Errorf("db: this machine's clock is %v away from the database's", d)
	}
	return p.pool.Ping(ctx)
}

func (p *postgres) stats() Stats {
	s := p.pool.Stat()
	return Stats{
		Functions: p.writes.Load(), Retries: p.retries.Load(),
		ConnsInUse: s.AcquiredConns(), ConnsMax: s.MaxConns(),
	}
}

func (p *postgres) close() error {
	p.stop()
	<-p.over
	p.pool.Close()
	return nil
}

// postgresTx is pgx's transaction under the same rules as the embedded one.
type postgresTx struct {
	guard
	tx pgx.Tx
}

func (t *postgresTx) Engine() Engine { return Postgres }

func (t *postgresTx) TryLock(ctx context.Context, name string) (ok bool, err error) {
	h := fnv.New64a()
	h.Write([]byte(name)) // never fails
	err = t.QueryRow(ctx, "SELECT pg_try_advisory_xact_lock($1)", int64(h.Sum64())).Scan(&ok)
	return ok, err
}

func (t *postgresTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := t.begin(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := t.tx.Exec(ctx, sql, args...)
	return tag, t.fail(fromPG(err))
}

func (t *postgresTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := t.tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, t.fail(fromPG(err))
	}
	t.open = true
	return &postgresRows{Rows: rows, t: t}, nil
}

func (t *postgresTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return errRow{err}
	}
	return postgresRow{rows.(*postgresRows)}
}

func (t *postgresTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.begin(ctx); err != nil {
		return errBatch{err: err}
	}
	t.open = true
	return &postgresBatch{BatchResults: t.tx.SendBatch(ctx, b), t: t}
}

func (t *postgresTx) Try(ctx context.Context, f func(context.Context) error) error {
	return t.try(ctx, f, func(sql string) error {
		_, err := t.tx.Exec(ctx, sql)
		return fromPG(err)
	})
}

type postgresRows struct {
	pgx.Rows
	t *postgresTx
}

func (r *postgresRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *postgresRows) Close() {
	r.Rows.Close()
	r.t.open = false
	_ = r.t.fail(fromPG(r.Rows.Err())) // Err gives it
}

func (r *postgresRows) Err() error { return fromPG(r.Rows.Err()) }

func (r *postgresRows) Scan(dest ...any) error { return r.t.fail(fromPG(r.Rows.Scan(dest...))) }

type postgresRow struct{ r *postgresRows }

func (r postgresRow) Scan(dest ...any) error {
	defer r.r.Close()
	if !r.r.Next() {
		if err := r.r.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.r.Scan(dest...); err != nil {
		return err
	}
	r.r.Close()
	return r.r.Err()
}

type postgresBatch struct {
	pgx.BatchResults
	t *postgresTx
}

func (b *postgresBatch) Exec() (pgconn.CommandTag, error) {
	tag, err := b.BatchResults.Exec()
	return tag, b.t.fail(fromPG(err))
}

func (b *postgresBatch) Query() (pgx.Rows, error) {
	rows, err := b.BatchResults.Query()
	return rows, b.t.fail(fromPG(err))
}

func (b *postgresBatch) QueryRow() pgx.Row { return batchRow{b.BatchResults.QueryRow(), b.t} }

func (b *postgresBatch) Close() error {
	b.t.open = false
	return b.t.fail(fromPG(b.BatchResults.Close()))
}

type batchRow struct {
	row pgx.Row
	t   *postgresTx
}

func (r batchRow) Scan(dest ...any) error { return r.t.fail(fromPG(r.row.Scan(dest...))) }
