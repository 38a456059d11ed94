package db

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// embeddedTx speaks pgx's query interface over one embedded connection.
type embeddedTx struct {
	guard
	conn     *lite.Conn
	unique   map[string]string
	readOnly bool
	wrote    bool // a statement ran that is no query
}

func (t *embeddedTx) Engine() Engine { return Embedded }

func (t *embeddedTx) TryLock(context.Context, string) (bool, error) { return true, nil }

// start prepares and binds. Every error of a statement ends the transaction, as PostgreSQL does it.
func (t *embeddedTx) start(ctx context.Context, sql string, args []any) (*lite.Stmt, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	st, err := t.conn.Prepare(sql, lower)
	if err == nil {
		err = st.Bind(args)
	}
	if err != nil {
		return nil, t.failTyped(err)
	}
	t.wrote = t.wrote || !st.Reads
	return st, nil
}

// failTyped types the engine's error, notes a transaction that the engine has ended, and remembers it.
func (t *embeddedTx) failTyped(err error) error {
	err = fromLite(err, t.unique)
	if !t.readOnly && !t.conn.InTransaction() {
		err = fmt.Errorf("%w: %w", ErrLost, err)
	}
	return t.fail(err)
}

func (t *embeddedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	st, err := t.start(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows := int64(0)
	for {
		more, err := st.Step()
		if err != nil {
			return pgconn.CommandTag{}, t.failTyped(err)
		}
		if !more {
			break
		}
		rows++
	}
	if st.Columns == 0 { // else the rows themselves were counted: Changes would repeat an earlier statement's figure
		rows = t.conn.Changes()
	}
	return tag(rows), nil
}

// tag is what PostgreSQL would answer, as far as anybody asks: the number at its end.
func tag(n int64) pgconn.CommandTag {
	if n == 1 { // nearly always
		return oneRow
	}
	return pgconn.NewCommandTag("EXEC " + strconv.FormatInt(n, 10))
}

var oneRow = pgconn.NewCommandTag("EXEC 1")

func (t *embeddedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r, err := t.query(ctx, sql, args)
	if err != nil {
		return errRows{err: err}, err
	}
	return r, nil
}

// query takes the first step at once, so that a statement's errors and effects come when it is sent, as on
// PostgreSQL. Rows stay open until they are closed or read to the end, also when there are none: PostgreSQL's do.
func (t *embeddedTx) query(ctx context.Context, sql string, args []any) (*embeddedRows, error) {
	st, err := t.start(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	more, err := st.Step()
	if err != nil {
		return nil, t.failTyped(err)
	}
	r := &embeddedRows{t: t, ctx: ctx, st: st, ahead: more, empty: !more}
	t.open = r
	return r, nil
}

func (t *embeddedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r, err := t.query(ctx, sql, args)
	if err != nil {
		return errRow{err}
	}
	return (*embeddedRow)(r)
}

func (t *embeddedTx) Try(ctx context.Context, f func(context.Context) error) error {
	return t.try(ctx, f, func(sql string) error { return fromLite(t.conn.Run(sql), t.unique) })
}

type embeddedRows struct {
	pgx.Rows // methods that later releases of pgx add; none is called by generated code
	t        *embeddedTx
	ctx      context.Context
	st       *lite.Stmt
	batch    *embeddedBatch // whose result this is, if any
	ahead    bool           // a row was stepped to and not yet handed out
	empty    bool           // there was no row at all
	done     bool
	n        int64
	err      error
}

func (r *embeddedRows) finish() error {
	if r.done {
		return r.err
	}
	r.done = true
	if r.t.dead.Load() { // the statement belongs to another transaction by now
		r.err = ErrDead
		return r.err
	}
	r.t.closed(r)
	if r.batch != nil {
		r.t.open = r.batch
	}
	if r.empty || r.err != nil {
		return r.err
	}
	if err := r.st.Finish(); err != nil {
		r.err = r.t.failTyped(err)
	}
	return r.err
}

func (r *embeddedRows) abandon() {
	r.done = true
	r.t.conn.CloseRows()
	if r.batch != nil {
		r.batch.closed = true
	}
}

func (r *embeddedRows) Close()     { _ = r.finish() } // Err gives it
func (r *embeddedRows) Err() error { return r.err }

func (r *embeddedRows) Next() bool {
	switch {
	case r.done:
		return false
	case r.t.dead.Load(), r.empty:
		r.Close()
		return false
	case r.ahead:
		r.ahead = false
		r.n++
		return true
	}
	err := r.ctx.Err()
	if err != nil {
		r.err = r.t.fail(err)
		r.t.conn.CloseRows()
		r.Close()
		return false
	}
	more, err := r.st.Step()
	if err != nil {
		r.err = r.t.failTyped(err)
	}
	if !more {
		r.empty = true // and reset
		r.Close()
		return false
	}
	r.n++
	return true
}

func (r *embeddedRows) Scan(dest ...any) error {
	if r.done || r.ahead || r.t.dead.Load() {
		return errors.New("db: Scan without a row")
	}
	if err := r.st.Scan(dest); err != nil {
		r.err = r.t.failTyped(err)
		r.t.conn.CloseRows()
		r.Close()
		return r.err
	}
	return nil
}

func (r *embeddedRows) CommandTag() pgconn.CommandTag {
	return pgconn.NewCommandTag("SELECT " + strconv.FormatInt(r.n, 10))
}

func (r *embeddedRows) FieldDescriptions() []pgconn.FieldDescription {
	out := make([]pgconn.FieldDescription, r.st.Columns)
	for i := range out {
		out[i].Name = r.st.Name(i)
	}
	return out
}

func (r *embeddedRows) Values() ([]any, error) { return r.st.Values(), nil }
func (r *embeddedRows) RawValues() [][]byte    { return nil }
func (r *embeddedRows) Conn() *pgx.Conn        { return nil }

type embeddedRow embeddedRows

func (r *embeddedRow) Scan(dest ...any) error {
	rows := (*embeddedRows)(r)
	if !rows.Next() {
		if rows.err != nil {
			return rows.err
		}
		return pgx.ErrNoRows
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	return rows.finish()
}
