package dbtest

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db"
)

// Explain asks the engine how it would run every text of the lists, and fails the test where a table would be read
// without its index or a page would have to be sorted. The database may be empty: PostgreSQL is told that what does
// not grow with the page is very dear, and plans for any value of the parameters.
func Explain(t testing.TB, d *db.DB, lists []*db.List) {
	t.Helper()
	for _, l := range lists {
		for _, text := range l.Texts() {
			plan, err := plan(d, text)
			if err != nil {
				t.Errorf("list %s: %s: %v", l.Name, text.Postgres, err)
				continue
			}
			if fault := judge(d.Engine(), plan, text.Index); fault != "" {
				t.Errorf("list %s: %s\n%s\n%s", l.Name, fault, text.Postgres, plan)
			}
		}
	}
}

// Plan gives the engine's plan for one text of a list.
func plan(d *db.DB, text db.ListText) (string, error) {
	statement := "EXPLAIN QUERY PLAN " + text.Embedded
	args := make([]any, len(text.Params))
	for i, p := range text.Params {
		args[i] = map[db.Type]any{db.Int: int64(1), db.Text: "x", db.Bool: true}[p]
	}
	var before, after []string
	if d.Engine() == db.Postgres {
		marks := strings.TrimPrefix(strings.Repeat(", NULL", len(args)), ", ")
		before = []string{
			"SET LOCAL enable_seqscan = off", "SET LOCAL enable_sort = off", "SET LOCAL enable_incremental_sort = off",
			"SET LOCAL enable_bitmapscan = off", "SET LOCAL enable_hashjoin = off", "SET LOCAL enable_mergejoin = off",
			"SET LOCAL enable_material = off", "SET LOCAL plan_cache_mode = force_generic_plan",
			"PREPARE explained AS " + text.Postgres,
		}
		statement, args, after = "EXPLAIN (COSTS OFF) EXECUTE explained("+marks+")", nil, []string{"DEALLOCATE explained"}
	}
	db.RegisterLowered(map[string]string{statement: statement})
	var lines []string
	err := d.Read(context.Background(), "test.explain", func(ctx context.Context, tx db.Tx) error {
		lines = nil
		for _, sql := range before {
			if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		if d.Engine() == db.Postgres {
			args = []any{pgx.QueryExecModeSimpleProtocol}
		}
		rows, err := tx.Query(ctx, statement, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.Values()
			if err != nil {
				return err
			}
			lines = append(lines, fmt.Sprint(values[len(values)-1]))
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
		for _, sql := range after {
			if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		return nil
	}, db.Long())
	return strings.Join(lines, "\n"), err
}

var (
	liteScan = regexp.MustCompile(`(?m)^SCAN (?:[^\n]*)$`)
	liteSort = "USE TEMP B-TREE"
	pgFault  = regexp.MustCompile(`Seq Scan|Sort|Materialize|Hash`)
)

// judge says what is wrong with a plan, or "".
func judge(engine db.Engine, plan, index string) string {
	if engine == db.Postgres {
		if bad := pgFault.FindString(plan); bad != "" {
			return bad
		}
	} else {
		for _, line := range liteScan.FindAllString(plan, -1) {
			if !strings.Contains(line, "INDEX") && !strings.Contains(line, "CONSTANT ROW") && !strings.Contains(line, "json_each") {
				return line
			}
		}
		if strings.Contains(plan, liteSort) {
			return liteSort
		}
	}
	if index != "" && !strings.Contains(plan, index) && !primary(engine, plan, index) {
		return "does not use " + index
	}
	return ""
}

// primary reports whether the plan uses the embedded engine's own key where the list names PostgreSQL's index for it.
func primary(engine db.Engine, plan, index string) bool {
	return engine == db.Embedded && strings.HasSuffix(index, "_pkey") && strings.Contains(plan, "PRIMARY KEY")
}
