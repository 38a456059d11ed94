package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// SendBatch runs the statements one after another as their results are asked for, the rest at Close. As on PostgreSQL
// it stops at the first that fails, and nothing else runs until it is closed.
func (t *embeddedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.begin(ctx); err != nil {
		return errBatch{err: err}
	}
	r := &embeddedBatch{t: t, ctx: ctx, queue: b.QueuedQueries}
	t.open = r
	return r
}

type embeddedBatch struct {
	pgx.BatchResults // methods that later releases of pgx add
	t                *embeddedTx
	ctx              context.Context
	queue            []*pgx.QueuedQuery
	i                int
	closed           bool
	err              error
}

func (b *embeddedBatch) abandon() {
	b.closed = true
	b.t.conn.CloseRows()
}

// next gives the next statement and lets it run although the batch itself is open.
func (b *embeddedBatch) next() (*pgx.QueuedQuery, error) {
	switch {
	case b.closed:
		return nil, errors.New("db: the batch is closed")
	case b.err != nil:
		return nil, b.err
	case b.i >= len(b.queue):
		return nil, errors.New("db: no more results in the batch")
	case b.t.open == b:
		b.t.open = nil // else rows of this batch are open, and begin will say so
	}
	b.i++
	return b.queue[b.i-1], nil
}

// ran takes the transaction back after a statement that left no rows open.
func (b *embeddedBatch) ran(err error) error {
	if b.t.open == nil {
		b.t.open = b
	}
	if err != nil && b.err == nil {
		b.err = err
	}
	return err
}

func (b *embeddedBatch) Exec() (pgconn.CommandTag, error) {
	q, err := b.next()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := b.t.Exec(b.ctx, q.SQL, q.Arguments...)
	return tag, b.ran(err)
}

func (b *embeddedBatch) query() (*embeddedRows, error) {
	q, err := b.next()
	if err != nil {
		return nil, err
	}
	r, err := b.t.query(b.ctx, q.SQL, q.Arguments)
	if b.ran(err) != nil {
		return nil, err
	}
	r.batch = b
	return r, nil
}

func (b *embeddedBatch) Query() (pgx.Rows, error) {
	r, err := b.query()
	if err != nil {
		return errRows{err: err}, err
	}
	return r, nil
}

func (b *embeddedBatch) QueryRow() pgx.Row {
	r, err := b.query()
	if err != nil {
		return errRow{err}
	}
	return (*embeddedRow)(r)
}

// Close runs what is left, unless a statement before it failed. After a callback that failed the other callbacks are
// not called, but the statements run: PostgreSQL had them already.
func (b *embeddedBatch) Close() error {
	var refused error
	for !b.closed && b.err == nil && b.i < len(b.queue) {
		if fn := b.queue[b.i].Fn; fn != nil && refused == nil {
			refused = fn(b)
		} else if _, err := b.Exec(); err != nil {
			break
		}
	}
	b.closed = true
	b.t.guard.closed(b)
	if b.err == nil {
		b.err = refused
	}
	return b.err
}

func (b *embeddedBatch) Tx() pgx.Tx { return nil }
