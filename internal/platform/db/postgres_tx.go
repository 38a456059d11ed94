package db

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

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

// rollback leaves the connection clean, also when the caller's context is over.
func (t *postgresTx) rollback(ctx context.Context) error {
	t.abandonOpen()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := t.tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) && !t.tx.Conn().IsClosed() {
		return fromPG(err)
	}
	return nil
}

func (t *postgresTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := t.begin(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	err := noFloats(args)
	var tag pgconn.CommandTag
	if err == nil {
		tag, err = t.tx.Exec(ctx, sql, args...)
	}
	return tag, t.fail(fromPG(err))
}

func (t *postgresTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.begin(ctx); err != nil {
		return errRows{err: err}, err
	}
	err := noFloats(args)
	var rows pgx.Rows
	if err == nil {
		rows, err = t.tx.Query(ctx, sql, args...)
	}
	if err != nil {
		err = t.fail(fromPG(err))
		return errRows{err: err}, err
	}
	r := &postgresRows{Rows: rows, t: t}
	t.open = r
	return r, nil
}

func (t *postgresTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := t.Query(ctx, sql, args...)
	if err != nil {
		return errRow{err}
	}
	return postgresRow{rows}
}

// noFloats refuses what the driver would cut to an integer without a word.
func noFloats(args []any) error {
	for i, a := range args {
		switch a.(type) {
		case float64, float32, *float64, *float32:
			return fmt.Errorf("parameter %d: cannot bind a %T", i+1, a)
		}
	}
	return nil
}

func (t *postgresTx) Try(ctx context.Context, f func(context.Context) error) error {
	return t.try(ctx, f, func(sql string) error {
		_, err := t.tx.Exec(ctx, sql)
		return fromPG(err)
	})
}

type postgresRows struct {
	pgx.Rows
	t     *postgresTx
	batch *postgresBatch // whose result this is, if any
	done  bool
}

func (r *postgresRows) abandon() {
	r.done = true
	r.Rows.Close()
	if r.batch != nil {
		r.batch.abandon()
	}
}

func (r *postgresRows) Next() bool {
	if !r.done && r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *postgresRows) Close() {
	if r.done {
		return
	}
	r.done = true
	r.Rows.Close()
	r.t.closed(r)
	if r.batch != nil {
		r.t.open = r.batch
	}
	_ = r.t.fail(fromPG(r.Rows.Err())) // Err gives it
}

func (r *postgresRows) Err() error { return fromPG(r.Rows.Err()) }

func (r *postgresRows) Scan(dest ...any) error {
	err := r.t.fail(fromPG(r.Rows.Scan(dest...)))
	if err != nil {
		r.Close()
	}
	return err
}

type postgresRow struct{ r pgx.Rows }

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
