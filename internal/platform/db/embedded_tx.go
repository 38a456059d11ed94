package db

import (
	"context"
	"errors"
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
}

func (t *embeddedTx) Engine() Engine { return Embedded }

func (t *embeddedTx) TryLock(context.Context, string) (bool, error) { return true, nil }

// start prepares and binds. Every error of a statement ends the transaction, as PostgreSQL does it.
func (t *embeddedTx) start(ctx context.Context, sql string, args []any) (*lite.Stmt, error) {
	if err := t.begin(ctx); err != nil {
		return nil, err
	}
	text, err := lower(sql)
	if err != nil {
		return nil, t.fail(err)
	}
	st, err := t.conn.Prepare(text)
	if err != nil {
		return nil, t.failTyped(err)
	}
	if err := st.Bind(args); err != nil {
		return nil, t.failTyped(err)
	}
	return st, nil
}

// failTyped types the engine's error, notes a transaction that the engine has ended, and remembers it.
func (t *embeddedTx) failTyped(err error) error {
	err = fromLite(err, t.unique)
	if !t.readOnly && !t.conn.InTransaction() {
		err = errors.Join(ErrLost, err)
	}
	return t.fail(err)
}

func (t *embeddedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	st, err := t.start(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	n := int64(0)
	for {
		more, err := st.Step()
		if err != nil {
			return pgconn.CommandTag{}, t.failTyped(err)
		}
		if !more {
			break
		}
		n++
	}
	if st.Columns == 0 { // else the rows themselves were counted: Changes would repeat an earlier statement's figure
		n = t.conn.Changes()
	}
	if err := st.Reset(); err != nil {
		return pgconn.CommandTag{}, t.failTyped(err)
	}
	return pgconn.NewCommandTag("EXEC " + strconv.FormatInt(n, 10)), nil
}

func (t *embeddedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	r, err := t.query(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// query takes the first step at once, so that a statement's errors and effects come when it is sent, as on
// PostgreSQL.
func (t *embeddedTx) query(ctx context.Context, sql string, args []any) (*embeddedRows, error) {
	st, err := t.start(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	more, err := st.Step()
	if err != nil {
		return nil, t.failTyped(err)
	}
	r := &embeddedRows{t: t, ctx: ctx, st: st, ahead: more}
	if !more {
		return r, r.finish()
	}
	t.open = true
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
	return t.try(ctx, f, func(sql string) error {
		t.conn.ResetAll()
		if !t.conn.InTransaction() {
			return ErrLost
		}
		return fromLite(t.conn.Script(sql), t.unique)
	})
}

// SendBatch runs the statements one after another; like PostgreSQL it stops at the first that fails.
func (t *embeddedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.begin(ctx); err != nil {
		return errBatch{err: err}
	}
	return &embeddedBatch{t: t, ctx: ctx, queue: b.QueuedQueries}
}

type embeddedRows struct {
	pgx.Rows // methods that later releases of pgx add; none is called by generated code
	t        *embeddedTx
	ctx      context.Context
	st       *lite.Stmt
	ahead    bool // a row was stepped to and not yet handed out
	done     bool
	n        int64
	err      error
}

func (r *embeddedRows) finish() error {
	if r.done {
		return r.err
	}
	r.done = true
	r.t.open = false
	if err := r.st.Reset(); err != nil && r.err == nil {
		r.err = r.t.failTyped(err)
	}
	return r.err
}

func (r *embeddedRows) Close()     { _ = r.finish() } // Err gives it
func (r *embeddedRows) Err() error { return r.err }

func (r *embeddedRows) Next() bool {
	if r.done {
		return false
	}
	if r.ahead {
		r.ahead = false
		r.n++
		return true
	}
	if err := r.ctx.Err(); err != nil {
		r.err = r.t.fail(err)
		r.Close()
		return false
	}
	more, err := r.st.Step()
	if err != nil {
		r.err = r.t.failTyped(err)
	}
	if !more || err != nil {
		r.Close()
		return false
	}
	r.n++
	return true
}

func (r *embeddedRows) Scan(dest ...any) error {
	if r.done {
		return errors.New("db: Scan without a row")
	}
	if err := r.st.Scan(dest); err != nil {
		r.err = r.t.fail(err)
		r.Close()
		return err
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

type embeddedBatch struct {
	pgx.BatchResults
	t     *embeddedTx
	ctx   context.Context
	queue []*pgx.QueuedQuery
	i     int
}

func (b *embeddedBatch) next() (*pgx.QueuedQuery, error) {
	if b.i >= len(b.queue) {
		return nil, errors.New("db: no more results in the batch")
	}
	b.i++
	return b.queue[b.i-1], nil
}

func (b *embeddedBatch) Exec() (pgconn.CommandTag, error) {
	q, err := b.next()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return b.t.Exec(b.ctx, q.SQL, q.Arguments...)
}

func (b *embeddedBatch) Query() (pgx.Rows, error) {
	q, err := b.next()
	if err != nil {
		return nil, err
	}
	return b.t.Query(b.ctx, q.SQL, q.Arguments...)
}

func (b *embeddedBatch) QueryRow() pgx.Row {
	q, err := b.next()
	if err != nil {
		return errRow{err}
	}
	return b.t.QueryRow(b.ctx, q.SQL, q.Arguments...)
}

// Close runs what is left, unless a statement before it failed.
func (b *embeddedBatch) Close() error {
	for b.i < len(b.queue) {
		if _, err := b.Exec(); err != nil {
			b.i = len(b.queue)
			return err
		}
	}
	return nil
}
