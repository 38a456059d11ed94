package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// engines is the same schema and the same rows on both engines.
type engines struct {
	schema *schema
	proof  *proof
	server *pgx.Conn // nil where no PostgreSQL was found
}

// seed holds NULLs, accents, capitals, equal sums, both booleans and long numbers.
// It is written as it stands: rows with chosen numbers are nothing that a query may insert.
var seed = []string{
	`INSERT INTO stores (id, slug, note) VALUES (1, 'asan', NULL), (2, 'Zeta', 'z'), (3, 'éclair', ''), (4, 'चाँदी', 'silver')`,
	`INSERT INTO orders (id, store_id, number, total, paid, gift, coupon, remark, placed_at, closed_at) VALUES
		(1, 1, 'A-1', 100, TRUE, NULL, NULL, 'x', 10, 20), (2, 1, 'A-2', 0, FALSE, TRUE, 'ten', NULL, 10, NULL),
		(3, 1, 'a-3', 250, TRUE, FALSE, 'TEN', 'é', 11, 12), (4, 2, 'A-1', 9007199254740993, TRUE, TRUE, 'é', '', 12, NULL),
		(5, 2, 'Á-2', 7, FALSE, NULL, NULL, 'it''s', 13, 14), (6, 3, '', 250, FALSE, FALSE, 'z', NULL, 13, 13)`,
	`INSERT INTO counters (name, n) VALUES ('a', 1), ('B', 5), ('A-1', 7)`,
	`INSERT INTO tree (id, parent, title) VALUES (1, NULL, 'root'), (2, 1, 'branch'), (3, 2, 'leaf'), (4, 1, 'Other')`,
	`INSERT INTO diary (id, seq, text) VALUES (1, NULL, 'first'), (2, 7, 'second')`,
}

// tables is what a statement may have changed.
var tables = []string{
	`SELECT id, slug, note FROM stores ORDER BY id`,
	`SELECT id, store_id, number, total, paid, gift, coupon, remark, placed_at, closed_at FROM orders ORDER BY id`,
	`SELECT name, n FROM counters ORDER BY name`,
	`SELECT id, seq, text FROM diary ORDER BY id`,
}

func bothEngines(t *testing.T) *engines {
	t.Helper()
	s, m := built(t, fixture)
	p, err := newProof([]*migration{m})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	e := &engines{schema: s, proof: p, server: server(t)}
	if e.server != nil {
		if _, err := e.server.Exec(t.Context(), m.postgres); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range seed {
		if err := sqlitex.ExecuteTransient(p.conn, sql, nil); err != nil {
			t.Fatal(err)
		}
		if e.server != nil {
			if _, err := e.server.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	if e.server != nil {
		// A number given by hand moves SQLite's counter and not PostgreSQL's.
		for _, table := range []string{"stores", "orders", "diary"} {
			_, err := e.server.Exec(t.Context(), fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', 'id'), (SELECT MAX(id) FROM %s))", table, table))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return e
}

// server connects to PostgreSQL and works in a schema of its own. HAAT_TEST_POSTGRES names a server that
// must be there; without it the usual local one is used if it answers.
func server(t *testing.T) *pgx.Conn {
	t.Helper()
	url, must := os.LookupEnv("HAAT_TEST_POSTGRES")
	if !must {
		url = "postgres://root@127.0.0.1:5432/test?sslmode=disable&connect_timeout=2"
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		if must {
			t.Fatal(err)
		}
		t.Logf("no PostgreSQL here, SQLite alone: %v", err)
		return nil
	}
	own := "lower_" + strings.ToLower(rand.Text())
	if _, err := conn.Exec(t.Context(), fmt.Sprintf("CREATE SCHEMA %s; SET search_path TO %s", own, own)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		if _, err := conn.Exec(ctx, "DROP SCHEMA "+own+" CASCADE"); err != nil {
			t.Error(err)
		}
		if err := conn.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return conn
}

// lite lowers and runs a statement on SQLite.
func (e *engines) lite(sql string, args []any) ([][]any, error) {
	text, err := lowered(e.schema, sql)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	bound := make([]any, len(args))
	for i, a := range args {
		bound[i] = a
		if v := reflect.ValueOf(a); v.IsValid() && v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8 {
			list, err := json.Marshal(a)
			if err != nil {
				return nil, err
			}
			bound[i] = string(list)
		}
	}
	err = sqlitex.ExecuteTransient(e.proof.conn, text, &sqlitex.ExecOptions{Args: bound, ResultFunc: func(st *sqlite.Stmt) error {
		row := make([]any, st.ColumnCount())
		for i := range row {
			switch st.ColumnType(i) {
			case sqlite.TypeInteger:
				row[i] = st.ColumnInt64(i)
			case sqlite.TypeText:
				row[i] = st.ColumnText(i)
			case sqlite.TypeNull:
			default:
				return fmt.Errorf("column %d is %s", i, st.ColumnType(i))
			}
		}
		rows = append(rows, row)
		return nil
	}})
	return rows, err
}

// full runs a statement on PostgreSQL and writes what comes back as SQLite does.
func (e *engines) full(ctx context.Context, tx pgx.Tx, sql string, args []any) ([][]any, error) {
	got, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for got.Next() {
		row, err := got.Values()
		if err != nil {
			return nil, err
		}
		for i, v := range row {
			switch v := v.(type) {
			case bool:
				row[i] = int64(0)
				if v {
					row[i] = int64(1)
				}
			case int32:
				row[i] = int64(v)
			case int64, string, nil:
			default:
				return nil, fmt.Errorf("column %d is %T", i, v)
			}
		}
		rows = append(rows, row)
	}
	return rows, got.Err()
}

// The same questions to both engines. Every entry of the lowering table runs here too.
var questions = []struct {
	sql  string
	args []any
}{
	{`SELECT id FROM orders WHERE id = ANY($1::bigint[]) ORDER BY id`, []any{[]int64{2, 3, 9007199254740993}}},
	{`SELECT id FROM orders WHERE total = ANY($1::bigint[]) ORDER BY id`, []any{[]int64{9007199254740993, 7}}},
	{`SELECT id FROM orders WHERE id = ANY($1::bigint[]) ORDER BY id`, []any{[]int64{}}},
	{`SELECT id FROM orders WHERE number = ANY($1::text[]) ORDER BY id`, []any{[]string{"A-1", "", "Á-2", `"`, "<&>"}}},
	{`SELECT number FROM orders ORDER BY number, id`, nil},
	{`SELECT slug FROM stores WHERE slug > 'a' ORDER BY slug DESC`, nil},
	{`SELECT MIN(slug) AS a, MAX(slug) AS b, MIN(coupon) AS c FROM stores, orders`, nil},
	{`SELECT id, coupon FROM orders ORDER BY coupon NULLS FIRST, id`, nil},
	{`SELECT id, closed_at FROM orders ORDER BY closed_at DESC NULLS LAST, id DESC`, nil},
	{`SELECT id, gift FROM orders WHERE gift IS NOT FALSE AND gift IS DISTINCT FROM $1 ORDER BY id`, []any{true}},
	{`SELECT id FROM orders WHERE (store_id, number) = ($1, $2)`, []any{int64(1), "a-3"}},
	{`SELECT id FROM orders WHERE (placed_at, id) > ($1, $2) ORDER BY placed_at, id LIMIT $3`, []any{int64(10), int64(1), int64(3)}},
	{`SELECT id FROM orders WHERE (store_id, total) IN (SELECT store_id, MAX(total) FROM orders GROUP BY store_id) ORDER BY id`, nil},
	{`SELECT paid, NOT paid, gift, paid = gift, paid AND gift, paid OR gift, gift IS NULL, paid IN (TRUE, NULL) FROM orders ORDER BY id`, nil},
	{`SELECT total / 3, total % 3, -total / 2, -total % 7, (0 - total) / 2, total / NULLIF(store_id - 1, 0), ABS(0 - total) FROM orders ORDER BY id`, nil},
	{`SELECT id::text || '-' || number || $1, LENGTH(number), octet_length(number), REPLACE(number, '-', '+') FROM orders ORDER BY id`, []any{"é"}},
	{`SELECT remark || coupon, COALESCE(remark || coupon, 'none'), NULLIF(remark, '') FROM orders ORDER BY id`, nil},
	{`SELECT 1 + 2 * 3 - (4 - 5), 'a' || (1 + 2)::text || 'b', NOT (1 = 2 AND 3 = 3 OR TRUE)`, nil},
	{`SELECT (1 < 2) = (3 < 4), (1 = 2) = FALSE, 5 BETWEEN 1 + 1 AND 3 * 3 AND TRUE, (5 IN (5, 6)) = TRUE`, nil},
	{`SELECT store_id, COUNT(*), COUNT(coupon), COUNT(DISTINCT total), COALESCE(SUM(total), 0)::bigint, MIN(placed_at), MAX(closed_at), bool_or(paid), bool_and(paid) FROM orders GROUP BY store_id ORDER BY store_id`, nil},
	{`SELECT COUNT(*), COALESCE(SUM(total), 0)::bigint, SUM(total)::bigint, MAX(total) FROM orders WHERE id < 0`, nil},
	{`SELECT COUNT(*) FILTER (WHERE paid), (COALESCE(SUM(total) FILTER (WHERE NOT paid), 0))::bigint FROM orders`, nil},
	{`SELECT id, row_number() OVER (PARTITION BY store_id ORDER BY total DESC, id), rank() OVER (ORDER BY total), lag(total) OVER (ORDER BY id), (SUM(total) OVER (ORDER BY placed_at))::bigint, SUM(total) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING)::bigint FROM orders ORDER BY id`, nil},
	{`SELECT string_agg(number, ', ' ORDER BY number DESC, id) AS l FROM orders WHERE store_id < $1`, []any{int64(3)}},
	{`SELECT s.slug, o.number FROM stores s LEFT JOIN orders o ON o.store_id = s.id AND o.paid ORDER BY s.id, o.id NULLS FIRST`, nil},
	{`SELECT s.slug, o.number FROM orders o RIGHT JOIN stores s ON o.store_id = s.id AND o.total > 200 ORDER BY s.id, o.id NULLS LAST`, nil},
	{`SELECT a.id, b.id FROM orders a FULL JOIN tree b ON a.id = b.id + 4 ORDER BY a.id NULLS LAST, b.id NULLS FIRST`, nil},
	{`SELECT id, title FROM tree JOIN (SELECT id, slug FROM stores) AS s USING (id) WHERE slug <> title ORDER BY id`, nil},
	{`WITH RECURSIVE down AS (SELECT id, title, 0 AS depth FROM tree WHERE parent IS NULL UNION ALL SELECT t.id, t.title, d.depth + 1 FROM tree t JOIN down d ON t.parent = d.id) SELECT id, title, depth FROM down ORDER BY depth DESC, title`, nil},
	{`SELECT id FROM orders UNION SELECT id FROM stores EXCEPT SELECT id FROM tree ORDER BY id`, nil},
	{`SELECT id FROM tree UNION SELECT id FROM orders INTERSECT SELECT id FROM stores ORDER BY id`, nil},
	{`SELECT DISTINCT store_id, paid FROM orders ORDER BY store_id, paid`, nil},
	{`SELECT id FROM orders WHERE NOT EXISTS (SELECT 1 FROM counters WHERE counters.name = orders.number) ORDER BY id LIMIT 2 OFFSET 1`, nil},
	{`SELECT id FROM orders ORDER BY id OFFSET 4`, nil},
	{`SELECT id, CASE WHEN gift THEN 'g' WHEN gift IS NULL THEN NULL ELSE number END, CASE store_id WHEN 1 THEN 'one' END FROM orders ORDER BY id`, nil},
	{`SELECT id FROM orders WHERE coupon = $1`, []any{nil}},
	{`SELECT id FROM orders WHERE coupon IS NOT DISTINCT FROM $1 ORDER BY id`, []any{nil}},
	{`INSERT INTO counters AS c (name, n) VALUES ('a', 10), ('new', 11) ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n WHERE c.n < 100 RETURNING c.name, c.n, c.n > 11 AS big`, nil},
	{`INSERT INTO counters (name, n) SELECT number, total FROM orders WHERE store_id = 1 ON CONFLICT (name) DO NOTHING RETURNING name`, nil},
	{`INSERT INTO counters (name, n) SELECT slug, id FROM stores ON CONFLICT (name) DO UPDATE SET n = 0 RETURNING name, n`, nil},
	{`INSERT INTO counters (name, n) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = $1)`, []any{"a", int64(9)}},
	{`INSERT INTO orders (store_id, number, total, placed_at, coupon) VALUES (1, 'new', 1, 1, 'ten') ON CONFLICT (coupon) WHERE coupon IS NOT NULL DO NOTHING RETURNING id`, nil},
	{`UPDATE counters AS c SET n = c.n - $2 WHERE c.name = $1 AND c.n >= $2 RETURNING c.n`, []any{"B", int64(5)}},
	{`UPDATE counters AS c SET n = c.n - $2 WHERE c.name = $1 AND c.n >= $2 RETURNING c.n`, []any{"B", int64(6)}},
	{`UPDATE orders SET remark = s.slug, gift = NULL, total = total + 1 FROM stores s WHERE s.id = orders.store_id AND s.note IS NULL RETURNING orders.id, remark`, nil},
	{`WITH due AS (SELECT id FROM orders WHERE closed_at < $1 FOR UPDATE) UPDATE orders SET paid = NOT paid FROM due WHERE orders.id = due.id RETURNING orders.id, paid`, []any{int64(15)}},
	{`UPDATE orders SET paid = TRUE WHERE id IN (SELECT id FROM orders WHERE NOT paid ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`, []any{int64(2)}},
	{`DELETE FROM orders o WHERE o.id = ANY($1::bigint[]) RETURNING o.number, o.total * 2`, []any{[]int64{1, 6}}},
	{`UPDATE diary SET seq = $1 WHERE seq IS NULL RETURNING id, seq`, []any{int64(8)}},
}

func TestEnginesAgree(t *testing.T) {
	e := bothEngines(t)
	for _, q := range questions {
		t.Run(q.sql, func(t *testing.T) { e.compare(t, q.sql, q.args) })
	}
}

// TestLoweringsAgree asks every entry of the lowering table, with parameters that fit by their place.
func TestLoweringsAgree(t *testing.T) {
	e := bothEngines(t)
	guesses := map[string][]any{
		"parameters keep their number": {int64(250), int64(1)}, "lists of numbers": {[]int64{1, 2}}, "lists of texts": {[]string{"A-1"}},
		"casts of parameters": {int64(1), "A-1", true, []byte{1}}, "row values": {int64(12), int64(4), int64(2)}, "IS DISTINCT FROM": {"ten", nil},
		"CTE": {int64(10)}, "a value that a partial index might be chosen by": {"ten", "A-1"}, "INSERT of rows": {"p", "q"}, "upsert": {"a", int64(5)}, "upsert on a partial index": {"new"},
		"INSERT … SELECT without a table": {"fresh", int64(3)}, "guarded UPDATE, aliased RETURNING": {"B", int64(2)},
		"what may be updated of an append-only table": {int64(9), int64(1)},
	}
	for _, c := range lowerings {
		t.Run(c.name, func(t *testing.T) {
			args, given := guesses[c.name]
			if !given {
				n, err := highestParam(c.from)
				if err != nil {
					t.Fatal(err)
				}
				for range n {
					args = append(args, int64(1))
				}
			}
			e.compare(t, c.from, args)
		})
	}
}

// compare runs a statement on both engines, compares rows and what it left behind, and takes it back.
func (e *engines) compare(t *testing.T, sql string, args []any) {
	t.Helper()
	lite, err := e.answers(sql, args, e.lite)
	if err != nil {
		t.Fatalf("SQLite: %v", err)
	}
	if e.server == nil {
		return
	}
	ctx := t.Context()
	tx, err := e.server.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	full, err := e.answersIn(sql, args, func(sql string, args []any) ([][]any, error) { return e.full(ctx, tx, sql, args) })
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	if !reflect.DeepEqual(lite, full) {
		t.Errorf("SQLite and PostgreSQL differ:\n%v\n%v", lite, full)
	}
}

type runner func(sql string, args []any) ([][]any, error)

func (e *engines) answers(sql string, args []any, run runner) (out [][][]any, err error) {
	defer func() {
		err = errors.Join(err, sqlitex.ExecuteScript(e.proof.conn, "ROLLBACK TO asked; RELEASE asked", nil))
	}()
	if err := sqlitex.ExecuteTransient(e.proof.conn, "SAVEPOINT asked", nil); err != nil {
		return nil, err
	}
	return e.answersIn(sql, args, run)
}

// answersIn collects the rows of a statement and of every table after it.
func (e *engines) answersIn(sql string, args []any, run runner) ([][][]any, error) {
	rows, err := run(sql, args)
	if err != nil {
		return nil, err
	}
	if last := sql[strings.LastIndexAny(sql, ")")+1:]; !strings.Contains(last, "ORDER BY") {
		slices.SortFunc(rows, func(a, b []any) int { return strings.Compare(fmt.Sprint(a...), fmt.Sprint(b...)) })
	}
	out := [][][]any{rows}
	for _, table := range tables {
		rows, err := run(table, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, rows)
	}
	return out, nil
}

// TestBrokenRules breaks one rule of each kind: both engines refuse, and SQLite says what the generated
// map and the database layer expect.
func TestBrokenRules(t *testing.T) {
	e := bothEngines(t)
	for _, c := range []struct{ name, sql, constraint, lite string }{
		{"unique", `INSERT INTO orders (store_id, number, total, placed_at) VALUES (1, 'A-1', 1, 1)`, "orders_number_key", "UNIQUE constraint failed: orders.store_id, orders.number"},
		{"partial unique", `INSERT INTO orders (store_id, number, total, placed_at, coupon) VALUES (1, 'q', 1, 1, 'ten')`, "orders_coupon_key", "UNIQUE constraint failed: orders.coupon"},
		{"identity", `UPDATE stores SET id = 1 WHERE id = 2`, "stores_pkey", "UNIQUE constraint failed: stores.id"},
		{"primary key", `INSERT INTO counters (name, n) VALUES ('a', 1)`, "counters_pkey", "UNIQUE constraint failed: counters.name"},
		{"check", `UPDATE orders SET total = -1 WHERE id = 1`, "orders_total_check", "CHECK constraint failed: orders_total_check"},
		{"not null", `INSERT INTO counters (name) VALUES ('q')`, "", "NOT NULL constraint failed: counters.n"},
		{"not null of a key", `INSERT INTO tree (title) VALUES ('q')`, "", "NOT NULL constraint failed: tree.id"},
		{"foreign key", `INSERT INTO orders (store_id, number, total, placed_at) VALUES (99, 'q', 1, 1)`, "orders_store_fkey", "FOREIGN KEY constraint failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text, err := lowered(e.schema, c.sql)
			if err != nil {
				t.Fatal(err)
			}
			e.refused(t, text, c.sql, c.constraint, c.lite)
		})
	}
	for _, c := range []struct{ name, sql string }{
		{"append-only UPDATE", `UPDATE diary SET text = 'x', seq = 3 WHERE id = 1`},
		{"append-only DELETE", `DELETE FROM diary WHERE id = 1`},
		{"append-only in passing", `INSERT INTO diary (id, text) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET text = 'y'`},
	} {
		t.Run(c.name, func(t *testing.T) { e.refused(t, c.sql, c.sql, "diary_append_only", "diary_append_only") })
	}
}

func (e *engines) refused(t *testing.T, lite, full, constraint, message string) {
	t.Helper()
	err := sqlitex.ExecuteTransient(e.proof.conn, lite, nil)
	if err == nil || !strings.HasSuffix(err.Error(), message) {
		t.Errorf("SQLite says %v", err)
	}
	if e.server == nil {
		return
	}
	_, err = e.server.Exec(t.Context(), full)
	var said *pgconn.PgError
	if !errors.As(err, &said) || said.ConstraintName != constraint || !strings.HasPrefix(said.Code, "23") {
		t.Errorf("PostgreSQL says %v", err)
	}
}
