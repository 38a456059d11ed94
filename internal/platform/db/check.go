package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// CheckStatements prepares every registered statement once, on one connection, and drops it again: a text that does
// not fit the schema is found at start and not by the first customer who needs it.
func (d *DB) CheckStatements(ctx context.Context) error { return d.checkTexts(ctx, Lowered()) }

// checkTexts, like Explain, sees the engine's own transaction, whatever Config.Watch makes of it for others.
func (d *DB) checkTexts(ctx context.Context, texts map[string]string) error {
	return d.e.read(ctx, "db.check", func(ctx context.Context, tx Tx) error {
		prepare := func(sql string) error { return tx.(*embeddedTx).conn.Check(texts[sql]) }
		if t, ok := tx.(*postgresTx); ok {
			prepare = func(sql string) error {
				// A prepared statement without a name lives until the next one.
				_, err := t.tx.Conn().PgConn().Prepare(ctx, "", sql, nil)
				return fromPG(err)
			}
		}
		for _, sql := range slices.Sorted(maps.Keys(texts)) {
			if err := prepare(sql); err != nil {
				return errors.Join(fmt.Errorf("db: statement %.120q: %w", sql, err), ctx.Err())
			}
		}
		return nil
	}, options{long: true})
}

// explainSettings make what does not grow with the page very dear to PostgreSQL's planner, so that a plan has it only
// where there is no other way, also on empty tables and for any value of the parameters.
var explainSettings = []string{
	"enable_seqscan = off", "enable_sort = off", "enable_incremental_sort = off", "enable_bitmapscan = off",
	"enable_hashjoin = off", "enable_mergejoin = off", "enable_material = off", "plan_cache_mode = force_generic_plan",
}

// Explain gives the engine's plan for one text of a list, for the test that judges it.
func (d *DB) Explain(ctx context.Context, text ListText) (plan string, err error) {
	var lines []string
	err = d.e.read(ctx, "db.explain", func(ctx context.Context, tx Tx) (err error) {
		if t, ok := tx.(*postgresTx); ok {
			lines, err = t.explain(ctx, text)
			return err
		}
		lines = nil
		return tx.(*embeddedTx).conn.Each("EXPLAIN QUERY PLAN "+text.Embedded, func(s *lite.Stmt) error {
			var line string
			err := s.Scan([]any{nil, nil, nil, &line})
			lines = append(lines, line)
			return err
		})
	}, options{long: true})
	return strings.Join(lines, "\n"), err
}

func (t *postgresTx) explain(ctx context.Context, text ListText) (lines []string, err error) {
	for _, s := range explainSettings {
		if _, err := t.tx.Exec(ctx, "SET LOCAL "+s); err != nil {
			return nil, err
		}
	}
	if _, err := t.tx.Exec(ctx, "PREPARE explained AS "+text.Postgres, pgx.QueryExecModeSimpleProtocol); err != nil {
		return nil, err
	}
	none := strings.TrimPrefix(strings.Repeat(", NULL", len(text.Params)), ", ")
	rows, err := t.tx.Query(ctx, "EXPLAIN (COSTS OFF) EXECUTE explained("+none+")", pgx.QueryExecModeSimpleProtocol)
	if err != nil {
		return nil, err
	}
	if lines, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, err
	}
	_, err = t.tx.Exec(ctx, "DEALLOCATE explained")
	return lines, err
}
