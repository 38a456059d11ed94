package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// guard holds the rules that both engines' transactions obey, so that neither is laxer than the other.
type guard struct {
	dead   atomic.Bool
	open   bool  // rows of a query are still being read
	failed error // the statement error after which nothing runs
	depth  int   // savepoints
}

func (g *guard) begin(ctx context.Context) error {
	switch {
	case g.dead.Load():
		return ErrDead
	case g.failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, g.failed)
	case g.open:
		g.failed = ErrRowsOpen
		return ErrRowsOpen
	}
	if err := ctx.Err(); err != nil {
		g.failed = err
		return err
	}
	return nil
}

// fail remembers err as the one after which nothing runs. No rows is an answer, not a failure.
func (g *guard) fail(err error) error {
	if err != nil && !errors.Is(err, pgx.ErrNoRows) && g.failed == nil {
		g.failed = err
	}
	return err
}

// ended is asked when the function is over: what would PostgreSQL say at COMMIT?
func (g *guard) ended(err error) error {
	switch {
	case err != nil:
		return err
	case g.failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, g.failed)
	case g.open:
		return ErrRowsOpen
	}
	return nil
}

// try runs f between a savepoint and its release.
func (g *guard) try(ctx context.Context, f func(context.Context) error, raw func(sql string) error) error {
	if err := g.begin(ctx); err != nil {
		return err
	}
	g.depth++
	defer func() { g.depth-- }()
	name := "try" + strconv.Itoa(g.depth)
	if err := raw("SAVEPOINT " + name); err != nil {
		return g.fail(err)
	}
	err := f(ctx)
	if err == nil {
		err = g.ended(nil)
	}
	if err != nil {
		if errors.Is(g.failed, ErrLost) {
			return err
		}
		g.failed, g.open = nil, false
		if e := raw("ROLLBACK TO SAVEPOINT " + name); e != nil {
			return g.fail(errors.Join(err, e))
		}
	}
	if e := raw("RELEASE SAVEPOINT " + name); e != nil {
		return g.fail(errors.Join(err, e))
	}
	return err
}

// errRow is a QueryRow that failed before it had a row.
type errRow struct{ err error }

func (r errRow) Scan(...any) error { return r.err }

// errBatch is a batch that failed before its first statement.
type errBatch struct {
	pgx.BatchResults
	err error
}

func (b errBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, b.err }
func (b errBatch) Query() (pgx.Rows, error)         { return nil, b.err }
func (b errBatch) QueryRow() pgx.Row                { return errRow{b.err} }
func (b errBatch) Close() error                     { return b.err }

// Panic is what a function panicked with, carried with its stack from the goroutine it ran on to its caller's.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }
