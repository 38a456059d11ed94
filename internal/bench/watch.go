package bench

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db"
)

// Statement is what one statement of a transaction cost.
type Statement struct {
	Case        string  `json:"case"` // what was done
	Transaction string  `json:"transaction"`
	Name        string  `json:"name"`
	Runs        float64 `json:"runs"`   // in one use-case
	Micros      float64 `json:"micros"` // of one run: the median
}

// watch counts the statements of transactions and how long they take, from their start until their last row was read.
// Rows that somebody reads slowly count for more than they are.
type watch struct {
	mu    sync.Mutex
	order []string
	seen  map[string]*seen
}

type seen struct {
	tx, name string
	took     histogram
}

func newWatch() *watch { return &watch{seen: map[string]*seen{}} }

// wrap is db.Config.Watch.
func (w *watch) wrap(name string, tx db.Tx) db.Tx { return &watchedTx{tx, w, name} }

func (w *watch) add(tx, sql string, took time.Duration) {
	name := statementName(sql)
	w.mu.Lock()
	defer w.mu.Unlock()
	key := tx + "\x00" + name
	s := w.seen[key]
	if s == nil {
		s = &seen{tx: tx, name: name}
		w.seen[key] = s
		w.order = append(w.order, key)
	}
	s.took.add(took)
}

// forget begins anew.
func (w *watch) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.order, w.seen = nil, map[string]*seen{}
}

// statements are those of n times doing something, in the order in which they first ran. What runs beside it by the
// clock is left out.
func (w *watch) statements(what string, n int) (out []Statement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range w.order {
		s := w.seen[key]
		runs := float64(s.took.count) / float64(n)
		if runs < 0.5 { // a sweep, a setting read every other second
			continue
		}
		out = append(out, Statement{what, s.tx, s.name, runs, float64(s.took.quantile(5000).Nanoseconds()) / 1000})
	}
	return slices.Clip(out)
}

// statementName is what generated code calls it ("-- name: InsertOrder :one"), else its first words.
func statementName(sql string) string {
	if rest, ok := strings.CutPrefix(sql, "-- name: "); ok {
		name, _, _ := strings.Cut(rest, " ")
		return name
	}
	words := strings.Fields(sql)
	return strings.Join(words[:min(len(words), 6)], " ")
}

type watchedTx struct {
	db.Tx
	w    *watch
	name string
}

func (t *watchedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	began := time.Now()
	tag, err := t.Tx.Exec(ctx, sql, args...)
	t.w.add(t.name, sql, time.Since(began))
	return tag, err
}

func (t *watchedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	began := time.Now()
	rows, err := t.Tx.Query(ctx, sql, args...)
	return &watchedRows{Rows: rows, ended: func() { t.w.add(t.name, sql, time.Since(began)) }}, err
}

func (t *watchedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	began := time.Now()
	return &watchedRow{t.Tx.QueryRow(ctx, sql, args...), func() { t.w.add(t.name, sql, time.Since(began)) }}
}

// SendBatch counts each statement of the batch with its part of the time.
func (t *watchedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	began := time.Now()
	texts := make([]string, 0, b.Len())
	for _, q := range b.QueuedQueries {
		texts = append(texts, q.SQL)
	}
	return &watchedBatch{t.Tx.SendBatch(ctx, b), func() {
		for _, sql := range texts {
			t.w.add(t.name, sql, time.Since(began)/time.Duration(len(texts)))
		}
	}}
}

type watchedRows struct {
	pgx.Rows
	ended func()
}

// Close counts once.
func (r *watchedRows) Close() {
	r.Rows.Close()
	if r.ended != nil {
		r.ended()
		r.ended = nil
	}
}

type watchedRow struct {
	pgx.Row
	ended func()
}

// Scan ends the statement.
func (r *watchedRow) Scan(dest ...any) error {
	defer r.ended()
	return r.Row.Scan(dest...)
}

type watchedBatch struct {
	pgx.BatchResults
	ended func()
}

// Close ends the batch.
func (b *watchedBatch) Close() error {
	defer b.ended()
	return b.BatchResults.Close()
}
