package db

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresBatch is pgx's batch under the same rules as the embedded one.
type postgresBatch struct {
	pgx.BatchResults
	t *postgresTx
}

func (t *postgresTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.begin(ctx); err != nil {
		return errBatch{err: err}
	}
	r := &postgresBatch{t: t}
	for _, q := range b.QueuedQueries { // callbacks, too, see this batch and not pgx's
		if err := noFloats(q.Arguments); err != nil {
			return errBatch{err: t.fail(err)}
		}
		if f := q.Fn; f != nil {
			q.Fn = func(pgx.BatchResults) error { return f(r) }
		}
	}
	r.BatchResults = t.tx.SendBatch(ctx, b)
	t.open = r
	return r
}

func (b *postgresBatch) abandon() { _ = b.BatchResults.Close() } // what it would say no longer matters

// ready refuses what the embedded batch refuses.
func (b *postgresBatch) ready() error {
	switch {
	case b.t.dead.Load():
		return ErrDead
	case b.t.open != b:
		return b.t.fail(ErrRowsOpen)
	}
	return nil
}

func (b *postgresBatch) Exec() (pgconn.CommandTag, error) {
	if err := b.ready(); err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := b.BatchResults.Exec()
	return tag, b.t.fail(fromPG(err))
}

func (b *postgresBatch) Query() (pgx.Rows, error) {
	err := b.ready()
	var rows pgx.Rows
	if err == nil {
		rows, err = b.BatchResults.Query()
	}
	if err != nil {
		err = b.t.fail(fromPG(err))
		return errRows{err: err}, err
	}
	r := &postgresRows{Rows: rows, t: b.t, batch: b}
	b.t.open = r
	return r, nil
}

func (b *postgresBatch) QueryRow() pgx.Row {
	rows, err := b.Query()
	if err != nil {
		return errRow{err}
	}
	return postgresRow{rows}
}

func (b *postgresBatch) Close() error {
	err := b.t.fail(fromPG(b.BatchResults.Close()))
	b.t.closed(b)
	return err
}
