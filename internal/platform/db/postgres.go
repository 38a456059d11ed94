package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"
)

// postgres is the engine behind a PostgreSQL server.
type postgres struct {
	cfg     Config
	pool    *pgxpool.Pool
	skew    atomic.Int64 // nanoseconds to add to this machine's clock
	stop    context.CancelFunc
	over    chan struct{}
	long    chan struct{} // reads of minutes, so that they cannot take the whole pool
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
	pc.MaxConns = cfg.MaxConns
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
	p := &postgres{cfg: cfg, pool: pool, over: make(chan struct{}), long: make(chan struct{}, max(1, cfg.MaxConns/8))}
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
	var again bool
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
			if again, err = p.once(ctx, level, f, false); again {
				continue
			}
		}
		again, err = p.once(ctx, level, f, true)
		if d := time.Since(start); d > 10*p.cfg.SlowFunction {
			p.cfg.Log.Warn("slow write", slog.String("name", name), slog.Duration("took", d))
		}
		if !again {
			return err
		}
	}
	return fmt.Errorf("%w: %s: %w", ErrTryAgain, name, err)
}

// once runs one transaction. With commit false everything is rolled back, whatever f says. again says that PostgreSQL
// wants it tried again, also when f made something else of that error.
func (p *postgres) once(ctx context.Context, level pgx.TxIsoLevel, f Func, commit bool) (again bool, err error) {
	t, err := p.begin(ctx, pgx.TxOptions{IsoLevel: level})
	if err != nil {
		return false, err
	}
	committing := false
	defer func() { // also when f panics or leaves by Goexit
		t.dead.Store(true)
		if committing {
			return
		}
		if e := t.rollback(ctx); e != nil && err == nil {
			err = e
		}
	}()
	if err := t.ended(f(ctx, t)); err != nil || !commit {
		return retryable(err) || retryable(t.failed), err
	}
	// Once COMMIT is sent its answer is waited for: a caller who left must not make the outcome unknown.
	cctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	committing = true
	err = t.tx.Commit(cctx)
	var pe *pgconn.PgError
	if err != nil && !errors.As(err, &pe) && !errors.Is(err, pgx.ErrTxCommitRollback) {
		return false, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	return retryable(err), fromPG(err)
}

// begin waits for a connection, but not for ever. Whatever goes wrong here, nothing has been done, so it can be tried
// again.
func (p *postgres) begin(ctx context.Context, o pgx.TxOptions) (*postgresTx, error) {
	wait, cancel := context.WithTimeout(ctx, p.cfg.WaitTimeout)
	defer cancel()
	tx, err := p.pool.BeginTx(wait, o)
	switch {
	case err == nil:
		return &postgresTx{tx: tx}, nil
	case errors.Is(err, puddle.ErrClosedPool):
		return nil, ErrClosed
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%w: %w", ErrTryAgain, err)
}

func (p *postgres) read(ctx context.Context, name string, f Func, o options) error {
	caller, limit := ctx, p.cfg.ReadTimeout
	if o.long {
		limit = p.cfg.LongTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if o.long {
		select {
		case p.long <- struct{}{}:
			defer func() { <-p.long }()
		case <-ctx.Done():
			return readError(caller, ctx, name, ErrTryAgain)
		}
	}
	t, err := p.begin(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		if ctx.Err() != nil && caller.Err() == nil {
			err = fmt.Errorf("%w: %s waited %v for a connection", ErrTryAgain, name, limit)
		}
		return err
	}
	defer func() {
		t.dead.Store(true)
		if err := t.rollback(ctx); err != nil {
			p.cfg.Log.Warn("end of read", slog.String("name", name), slog.Any("error", err))
		}
	}()
	if o.long {
		if _, err := t.tx.Exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", limit.Milliseconds())); err != nil {
			return readError(caller, ctx, name, fromPG(err))
		}
	}
	if err := t.ended(f(ctx, t)); err != nil {
		return readError(caller, ctx, name, err)
	}
	return nil
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
