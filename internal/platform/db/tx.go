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
	open   result // whose rows are still being read
	failed error  // the statement error after which nothing runs
	depth  int    // savepoints
}

// result is what a query or a batch gave out and nobody has closed yet.
type result interface{ abandon() }

func (g *guard) begin(ctx context.Context) error {
	switch {
	case g.dead.Load():
		return ErrDead
	case g.failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, g.failed)
	case g.open != nil:
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
	if err != nil && g.failed == nil && !errors.Is(err, pgx.ErrNoRows) {
		g.failed = err
	}
	return err
}

// closed notes that r is no longer open. Another result may be by now: one that Try gave up is closed again by whoever
// still holds it.
func (g *guard) closed(r result) {
	if g.open == r {
		g.open = nil
	}
}

// abandonOpen gives up the rows that the function left open.
func (g *guard) abandonOpen() {
	if g.open != nil {
		g.open.abandon()
		g.open = nil
	}
}

// ended is asked when the function is over: what would PostgreSQL say at COMMIT?
func (g *guard) ended(err error) error {
	switch {
	case err != nil:
		return err
	case g.failed != nil:
		return fmt.Errorf("%w: %w", ErrFailed, g.failed)
	case g.open != nil:
		return ErrRowsOpen
	}
	return nil
}

// hopeless says that no savepoint can save the transaction: the engine ended it, or wants all of it tried again.
func (g *guard) hopeless() bool { return errors.Is(g.failed, ErrLost) || retryable(g.failed) }

// try runs f between a savepoint and its release.
func (g *guard) try(ctx context.Context, f func(context.Context) error, raw func(sql string) error) error {
	if err := g.begin(ctx); err != nil {
		return err
	}
	g.depth++
	normal := false
	defer func() {
		g.depth--
		if !normal && g.failed == nil { // whoever recovers from f's panic must not keep half of what f did
			g.failed = errors.New("panic inside Try")
		}
	}()
	name := "try" + strconv.Itoa(g.depth)
	if err := raw("SAVEPOINT " + name); err != nil {
		normal = true
		return g.fail(err)
	}
	err := g.ended(f(ctx))
	normal = true
	switch {
	case g.dead.Load():
		return ErrDead
	case err == nil:
		return g.fail(raw("RELEASE SAVEPOINT " + name))
	}
	g.abandonOpen()
	if g.hopeless() {
		return err
	}
	g.failed = nil
	e := raw("ROLLBACK TO SAVEPOINT " + name)
	if e == nil {
		e = raw("RELEASE SAVEPOINT " + name)
	}
	if g.fail(e) != nil {
		return fmt.Errorf("%w (after %w)", e, err)
	}
	return err
}

// errRow is a QueryRow that failed before it had a row.
type errRow struct{ err error }

func (r errRow) Scan(...any) error { return r.err }

// errRows are the rows of a query that failed before it had any.
type errRows struct {
	pgx.Rows
	err error
}

func (r errRows) Close()            {}
func (r errRows) Err() error        { return r.err }
func (r errRows) Next() bool        { return false }
func (r errRows) Scan(...any) error { return r.err }

// errBatch is a batch that failed before its first statement.
type errBatch struct {
	pgx.BatchResults
	err error
}

func (b errBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, b.err }
func (b errBatch) Query() (pgx.Rows, error)         { return errRows{err: b.err}, b.err }
func (b errBatch) QueryRow() pgx.Row                { return errRow{b.err} }
func (b errBatch) Close() error                     { return b.err }

// Panic is what a function panicked with, carried with its stack from the goroutine it ran on to its caller's.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }
