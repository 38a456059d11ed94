package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var (
	errJointSent  = errors.New("db: the batches that were joined are sent already")
	errJointOrder = errors.New("db: the results of joined batches are read in the order in which they were joined")
	errJointOnly  = errors.New("db: only batches are joined")
)

// Joint joins the batches of several queries: all of their statements go to the database together, when the first result
// is asked for. The results are read in the order in which the batches were made.
type Joint struct {
	tx    Tx
	ctx   context.Context
	batch pgx.Batch
	parts []*part
	next  int // the part whose results come next
	sent  pgx.BatchResults
}

// Join begins a joint of batches. Close it, whatever came of them.
func Join(tx Tx) *Joint { return &Joint{tx: tx} }

// SendBatch adds a batch. Nothing runs yet.
func (j *Joint) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if j.sent != nil {
		return errBatch{err: errJointSent}
	}
	j.ctx = ctx
	j.batch.QueuedQueries = append(j.batch.QueuedQueries, b.QueuedQueries...)
	p := &part{j: j, index: len(j.parts), left: len(b.QueuedQueries)}
	j.parts = append(j.parts, p)
	return p
}

// Close runs what nobody asked the result of, and ends the batch.
func (j *Joint) Close() error {
	if j.sent == nil && len(j.batch.QueuedQueries) == 0 {
		return nil
	}
	j.send()
	return j.sent.Close()
}

func (j *Joint) send() {
	if j.sent == nil {
		j.sent = j.tx.SendBatch(j.ctx, &j.batch)
	}
}

// Exec refuses: generated code asks for it, but a single statement cannot wait for the others.
func (*Joint) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errJointOnly
}

// Query refuses, as Exec does.
func (*Joint) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return errRows{err: errJointOnly}, errJointOnly
}

// QueryRow refuses, as Exec does.
func (*Joint) QueryRow(context.Context, string, ...any) pgx.Row { return errRow{errJointOnly} }

// Counted adds batches to the joint as it does itself; a statement of theirs that changes no row says ErrNoRows, which
// generated code has no other way to tell.
func (j *Joint) Counted() Counted { return Counted{j} }

// Counted is a joint whose statements say where they changed nothing.
type Counted struct{ *Joint }

// SendBatch adds a batch.
func (c Counted) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return countedResults{c.Joint.SendBatch(ctx, b)}
}

type countedResults struct{ pgx.BatchResults }

func (r countedResults) Exec() (pgconn.CommandTag, error) {
	tag, err := r.BatchResults.Exec()
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrNoRows
	}
	return tag, err
}

// part is one of the batches that were joined.
type part struct {
	pgx.BatchResults // methods that later releases of pgx add
	j                *Joint
	index, left      int
}

// results gives the answers, if it is this part's turn.
func (p *part) results() (pgx.BatchResults, error) {
	p.j.send()
	for p.j.next < p.index && p.j.parts[p.j.next].left == 0 {
		p.j.next++
	}
	if p.j.next != p.index || p.left == 0 {
		return nil, errJointOrder
	}
	p.left--
	return p.j.sent, nil
}

func (p *part) Exec() (pgconn.CommandTag, error) {
	r, err := p.results()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return r.Exec()
}

func (p *part) Query() (pgx.Rows, error) {
	r, err := p.results()
	if err != nil {
		return errRows{err: err}, err
	}
	return r.Query()
}

func (p *part) QueryRow() pgx.Row {
	r, err := p.results()
	if err != nil {
		return errRow{err}
	}
	return r.QueryRow()
}

// Close leaves the batch to the joint, which others read on from.
func (*part) Close() error { return nil }
