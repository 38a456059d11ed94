package main

import (
	"strings"
	"testing"
)

// Each lowering with the text that comes out. Meaning is compared on both engines in engines_test.go.
var lowerings = []struct{ name, from, to string }{
	{"parameters keep their number", `SELECT id FROM orders WHERE store_id = $2 AND total = $1`,
		`SELECT id FROM orders WHERE store_id = ?2 AND total = ?1`},
	{"literals and comments are not code", `SELECT id /* $3::text */ FROM orders WHERE number = 'it''s $1::text FOR UPDATE' -- for update`,
		`SELECT id FROM orders WHERE number = 'it''s $1::text FOR UPDATE'`},
	{"locks are dropped", `SELECT id FROM orders WHERE store_id = $1 FOR UPDATE`, `SELECT id FROM orders WHERE store_id = ?1`},
	{"locks of one table among two", `SELECT o.id FROM orders o JOIN stores s ON s.id = o.store_id FOR NO KEY UPDATE OF o, s SKIP LOCKED`,
		`SELECT o.id FROM orders AS o JOIN stores AS s ON s.id = o.store_id`},
	{"lists of numbers", `SELECT id FROM orders WHERE id = ANY($1::bigint[])`,
		`SELECT id FROM orders WHERE id IN (SELECT value FROM json_each(?1))`},
	{"lists of texts", `SELECT id FROM orders WHERE number = ANY ($1::text[]) AND paid`,
		`SELECT id FROM orders WHERE number IN (SELECT value FROM json_each(?1)) AND paid`},
	{"casts of parameters", `SELECT id FROM orders WHERE total > $1::bigint AND number = $2::text AND paid = $3::boolean AND secret = $4::bytea`,
		`SELECT id FROM orders WHERE total > ?1 AND number = ?2 AND paid = ?3 AND secret = ?4`},
	{"CAST is ::", `SELECT CAST($1 AS BIGINT) + 1 AS n`, `SELECT ?1 + 1 AS n`},
	{"a number as text", `SELECT id::text AS t FROM orders`, `SELECT CAST(id AS TEXT) AS t FROM orders`},
	{"sums", `SELECT COALESCE(SUM(total), 0)::bigint AS s, SUM(total)::bigint AS t FROM orders`,
		`SELECT COALESCE(sum(total), 0) AS s, sum(total) AS t FROM orders`},
	{"|| binds tighter on SQLite", `SELECT (total + 1)::text || number AS a FROM orders`,
		`SELECT CAST(total + 1 AS TEXT) || number AS a FROM orders`},
	{"comparisons have one level on PostgreSQL", `SELECT id FROM orders WHERE (closed_at IS NULL) = (coupon IS NULL)`,
		`SELECT id FROM orders WHERE (closed_at IS NULL) = (coupon IS NULL)`},
	{"AND inside OR inside NOT", `SELECT id FROM orders WHERE NOT (paid OR gift AND total > 1) AND (paid OR gift)`,
		`SELECT id FROM orders WHERE NOT (paid OR gift AND total > 1) AND (paid OR gift)`},
	{"arithmetic", `SELECT (total - (1 - 2)) * -3 / 4 % NULLIF(total, 0) AS x FROM orders`,
		`SELECT (total - (1 - 2)) * -3 / 4 % NULLIF(total, 0) AS x FROM orders`},
	{"a sign before a sign is no comment", `SELECT - (-total) AS x FROM orders`, `SELECT -(-total) AS x FROM orders`},
	{"row values", `SELECT id FROM orders WHERE (placed_at, id) < ($1, $2) ORDER BY placed_at DESC, id DESC LIMIT $3`,
		`SELECT id FROM orders WHERE (placed_at, id) < (?1, ?2) ORDER BY placed_at DESC, id DESC LIMIT +?3`},
	{"IN, NOT IN, BETWEEN", `SELECT id FROM orders WHERE total IN (1, 2) AND number NOT IN ('a', 'b') AND id NOT BETWEEN 3 AND 4`,
		`SELECT id FROM orders WHERE total IN (1, 2) AND number NOT IN ('a', 'b') AND id NOT BETWEEN 3 AND 4`},
	{"IS DISTINCT FROM", `SELECT id FROM orders WHERE coupon IS DISTINCT FROM $1 AND closed_at IS NOT DISTINCT FROM $2 AND gift IS NOT TRUE`,
		`SELECT id FROM orders WHERE coupon IS DISTINCT FROM ?1 AND closed_at IS NOT DISTINCT FROM ?2 AND gift IS NOT TRUE`},
	{"COLLATE is what SQLite does", `SELECT id FROM orders WHERE remark COLLATE "C" > 'a' ORDER BY number COLLATE "C", id`,
		`SELECT id FROM orders WHERE remark > 'a' ORDER BY number, id`},
	{"CASE", `SELECT CASE WHEN paid THEN 'p' ELSE 'u' END AS a, CASE total WHEN 1 THEN TRUE END AS b FROM orders`,
		`SELECT CASE WHEN paid THEN 'p' ELSE 'u' END AS a, CASE total WHEN 1 THEN TRUE END AS b FROM orders`},
	{"NULLs say where", `SELECT id FROM orders ORDER BY closed_at DESC NULLS LAST, id`, `SELECT id FROM orders ORDER BY closed_at DESC NULLS LAST, id`},
	{"NULLs that cannot be", `SELECT id FROM orders WHERE closed_at > $1 ORDER BY closed_at, id`, `SELECT id FROM orders WHERE closed_at > ?1 ORDER BY closed_at, id`},
	{"NULLS LAST where there are none", `SELECT id FROM orders ORDER BY placed_at NULLS LAST, id`, `SELECT id FROM orders ORDER BY placed_at, id`},
	{"ORDER BY an output", `SELECT store_id, COUNT(*) AS n FROM orders GROUP BY store_id HAVING COUNT(*) > 1 ORDER BY n DESC, store_id`,
		`SELECT store_id, count(*) AS n FROM orders GROUP BY store_id HAVING count(*) > 1 ORDER BY n DESC, store_id`},
	{"GROUP BY an output", `SELECT total / 100 AS bucket, COUNT(*) AS n FROM orders GROUP BY bucket ORDER BY bucket NULLS LAST`,
		`SELECT total / 100 AS bucket, count(*) AS n FROM orders GROUP BY bucket ORDER BY bucket`},
	{"FILTER and DISTINCT", `SELECT COUNT(DISTINCT store_id) FILTER (WHERE paid) AS n FROM orders`,
		`SELECT count(DISTINCT store_id) FILTER (WHERE paid) AS n FROM orders`},
	{"windows", `SELECT id, row_number() OVER (PARTITION BY store_id ORDER BY placed_at DESC, id) AS r, SUM(total) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING)::bigint AS s FROM orders`,
		`SELECT id, row_number() OVER (PARTITION BY store_id ORDER BY placed_at DESC, id) AS r, sum(total) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM orders`},
	{"joins", `SELECT s.slug, o.id FROM stores s LEFT JOIN orders o ON o.store_id = s.id AND o.paid WHERE s.id = $1`,
		`SELECT s.slug, o.id FROM stores AS s LEFT JOIN orders AS o ON o.store_id = s.id AND o.paid WHERE s.id = ?1`},
	{"sub-selects", `SELECT s.slug, (SELECT COUNT(*) FROM orders o WHERE o.store_id = s.id) AS n FROM stores s WHERE EXISTS (SELECT 1 FROM orders o WHERE o.store_id = s.id) AND s.id NOT IN (SELECT store_id FROM orders WHERE paid)`,
		`SELECT s.slug, (SELECT count(*) FROM orders AS o WHERE o.store_id = s.id) AS n FROM stores AS s WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.store_id = s.id) AND NOT s.id IN (SELECT store_id FROM orders WHERE paid)`},
	{"one row by a unique key", `SELECT (SELECT slug FROM stores WHERE stores.id = o.store_id) AS slug FROM orders o`,
		`SELECT (SELECT slug FROM stores WHERE stores.id = o.store_id) AS slug FROM orders AS o`},
	{"a table of its own in FROM", `SELECT x.n FROM (SELECT store_id, COUNT(*) AS n FROM orders GROUP BY store_id) AS x ORDER BY x.n`,
		`SELECT x.n FROM (SELECT store_id, count(*) AS n FROM orders GROUP BY store_id) AS x ORDER BY x.n`},
	{"CTE", `WITH big AS MATERIALIZED (SELECT id FROM orders WHERE total > $1) SELECT id FROM big ORDER BY id`,
		`WITH big AS MATERIALIZED (SELECT id FROM orders WHERE total > ?1) SELECT id FROM big ORDER BY id`},
	{"recursion", `WITH RECURSIVE up (id, parent, depth) AS (SELECT id, parent, 0 FROM tree WHERE id = $1 UNION ALL SELECT t.id, t.parent, up.depth + 1 FROM tree t JOIN up ON t.id = up.parent WHERE up.depth < 50) SELECT id FROM up ORDER BY depth`,
		`WITH RECURSIVE up (id, parent, depth) AS (SELECT id, parent, 0 FROM tree WHERE id = ?1 UNION ALL SELECT t.id, t.parent, up.depth + 1 FROM tree AS t JOIN up ON t.id = up.parent WHERE up.depth < 50) SELECT id FROM up ORDER BY depth`},
	{"arms of UNION", `(SELECT id FROM orders ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM stores INTERSECT SELECT id FROM tree) ORDER BY id`,
		`SELECT * FROM (SELECT id FROM orders ORDER BY id LIMIT 1) UNION ALL SELECT * FROM (SELECT id FROM stores INTERSECT SELECT id FROM tree) ORDER BY id`},
	{"OFFSET alone", `SELECT id FROM orders ORDER BY id OFFSET 3`, `SELECT id FROM orders ORDER BY id LIMIT -1 OFFSET 3`},
	{"INSERT of rows", `INSERT INTO counters (name, n) VALUES ($1, 1), ($2, -5000000000)`, `INSERT INTO counters (name, n) VALUES (?1, 1), (?2, -5000000000)`},
	{"upsert", `INSERT INTO counters AS c (name, n) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n WHERE c.n < $2 RETURNING c.n, c.n + 1 AS next`,
		`INSERT INTO counters AS c (name, n) VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET n = c.n + excluded.n WHERE c.n < ?2 RETURNING n, n + 1 AS next`},
	{"upsert on a partial index", `INSERT INTO orders (store_id, number, total, placed_at, coupon) VALUES (1, 'a', 1, 1, $1) ON CONFLICT (coupon) WHERE coupon IS NOT NULL DO NOTHING`,
		`INSERT INTO orders (store_id, number, total, placed_at, coupon) VALUES (1, 'a', 1, 1, ?1) ON CONFLICT (coupon) WHERE coupon IS NOT NULL DO NOTHING`},
	{"INSERT … SELECT … ON CONFLICT", `INSERT INTO counters (name, n) SELECT number, total FROM orders ON CONFLICT (name) DO NOTHING`,
		`INSERT INTO counters (name, n) SELECT number, total FROM orders WHERE TRUE ON CONFLICT (name) DO NOTHING`},
	{"INSERT … SELECT without a table", `INSERT INTO counters (name, n) SELECT $1, $2 WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = $1)`,
		`INSERT INTO counters (name, n) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM counters WHERE name = ?1)`},
	{"guarded UPDATE, aliased RETURNING", `UPDATE counters AS c SET n = c.n - $2 WHERE c.name = $1 AND c.n >= $2 RETURNING c.n`,
		`UPDATE counters AS c SET n = c.n - ?2 WHERE c.name = ?1 AND c.n >= ?2 RETURNING n`},
	{"UPDATE … FROM", `UPDATE orders SET remark = s.slug FROM stores s WHERE s.id = orders.store_id AND orders.id = $1`,
		`UPDATE orders SET remark = s.slug FROM stores AS s WHERE s.id = orders.store_id AND orders.id = ?1`},
	{"a value that a partial index might be chosen by", `SELECT id FROM orders WHERE coupon = $1 AND number = $2`,
		`SELECT id FROM orders WHERE coupon = +?1 AND number = ?2`},
	{"claiming", `UPDATE orders SET paid = TRUE WHERE id IN (SELECT id FROM orders WHERE NOT paid ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id, number`,
		`UPDATE orders SET paid = TRUE WHERE id IN (SELECT id FROM orders WHERE NOT paid ORDER BY id LIMIT +?1) RETURNING id, number`},
	{"CTE before UPDATE", `WITH due AS (SELECT id FROM orders WHERE closed_at < $1 FOR UPDATE) UPDATE orders SET paid = FALSE FROM due WHERE orders.id = due.id`,
		`WITH due AS (SELECT id FROM orders WHERE closed_at < ?1) UPDATE orders SET paid = FALSE FROM due WHERE orders.id = due.id`},
	{"DELETE", `DELETE FROM orders o WHERE o.id = $1 RETURNING o.number`, `DELETE FROM orders AS o WHERE o.id = ?1 RETURNING number`},
	{"string_agg", `SELECT string_agg(number, ',' ORDER BY number DESC) AS l FROM orders`, `SELECT string_agg(number, ',' ORDER BY number DESC) AS l FROM orders`},
	{"bool_or", `SELECT bool_or(paid) AS a, bool_and(paid) AS b FROM orders`, `SELECT max(paid) AS a, min(paid) AS b FROM orders`},
	{"what may be updated of an append-only table", `UPDATE diary SET seq = $1 WHERE id = $2`, `UPDATE diary SET seq = ?1 WHERE id = ?2`},
}

func TestLowerings(t *testing.T) {
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
	for _, c := range lowerings {
		t.Run(c.name, func(t *testing.T) {
			q := &query{name: "Q", source: c.from}
			if err := lowerQuery(s, q, ""); err != nil {
				t.Fatal(err)
			}
			if got := flat(q.lite); got != c.to {
				t.Errorf("\n got %s\nwant %s", got, c.to)
			}
			if err := p.prepare(q); err != nil {
				t.Error(err)
			}
		})
	}
}

// Each refusal with a word of its sentence. All of these are PostgreSQL's SQL.
var refusals = []struct{ name, sql, says string }{
	{"GREATEST", `SELECT GREATEST(total, 1) FROM orders`, "use CASE"},
	{"LEAST", `SELECT LEAST(total, 1) FROM orders`, "use CASE"},
	{"DISTINCT ON", `SELECT DISTINCT ON (store_id) id FROM orders`, "DISTINCT ON"},
	{"LATERAL", `SELECT x.id FROM stores s, LATERAL (SELECT id FROM orders WHERE store_id = s.id) x`, "LATERAL"},
	{"VALUES as a table", `SELECT v.x FROM (VALUES (1), (2)) AS v (x)`, "VALUES as a table"},
	{"VALUES alone", `VALUES (1)`, "VALUES as a table"},
	{"a CTE that writes", `WITH gone AS (DELETE FROM orders RETURNING id) SELECT id FROM gone`, "CTE that writes"},
	{"DELETE USING", `DELETE FROM orders USING stores WHERE stores.id = orders.store_id`, "USING"},
	{"ON CONFLICT ON CONSTRAINT", `INSERT INTO counters (name, n) VALUES ('a', 1) ON CONFLICT ON CONSTRAINT counters_pkey DO NOTHING`, "name the columns"},
	{"FOR SHARE", `SELECT id FROM orders FOR SHARE`, "FOR SHARE"},
	{"FOR KEY SHARE", `SELECT id FROM orders FOR KEY SHARE`, "FOR SHARE"},
	{"NOWAIT", `SELECT id FROM orders FOR UPDATE NOWAIT`, "NOWAIT"},
	{"array literals", `SELECT id FROM orders WHERE id = ANY(ARRAY[1, 2])`, "= ANY takes a parameter"},
	{"array values", `SELECT ARRAY[1]`, "array literals"},
	{"array_agg", `SELECT array_agg(id) FROM orders`, "array_agg"},
	{"unnest", `SELECT unnest($1::bigint[])`, "unnest"},
	{"unnest as a table", `SELECT u FROM unnest($1::bigint[]) AS u`, "function as a table"},
	{"generate_series", `SELECT g FROM generate_series(1, 3) AS g`, "function as a table"},
	{"date_trunc", `SELECT date_trunc('day', now())`, "column of its own"},
	{"EXTRACT", `SELECT EXTRACT(YEAR FROM now())`, "column of its own"},
	{"interval", `SELECT INTERVAL '1 day'`, "interval"},
	{"AT TIME ZONE", `SELECT now() AT TIME ZONE 'UTC'`, "UTC"},
	{"now", `SELECT now()`, "clock"},
	{"CURRENT_TIMESTAMP", `SELECT CURRENT_TIMESTAMP`, "clock"},
	{"md5", `SELECT md5(number) FROM orders`, "in Go"},
	{"substring FROM", `SELECT substring(number FROM 1 FOR 2) FROM orders`, "in Go"},
	{"position IN", `SELECT position('a' IN number) FROM orders`, "in Go"},
	{"lower", `SELECT lower(number) FROM orders`, "ASCII"},
	{"ILIKE", `SELECT id FROM orders WHERE number ILIKE 'a%'`, "LIKE"},
	{"LIKE", `SELECT id FROM orders WHERE number LIKE 'a%'`, "LIKE"},
	{"regular expressions", `SELECT id FROM orders WHERE number ~ 'a'`, "regular expressions"},
	{"LIMIT NULL", `SELECT id FROM orders LIMIT NULL`, "LIMIT NULL"},
	{"LIMIT ALL", `SELECT id FROM orders LIMIT ALL`, "LIMIT NULL"},
	{"WITH TIES", `SELECT id FROM orders ORDER BY id FETCH FIRST 2 ROWS WITH TIES`, "WITH TIES"},
	{"<> ALL", `SELECT id FROM orders WHERE id <> ALL($1::bigint[])`, "ALL"},
	{"> ANY", `SELECT id FROM orders WHERE id > ANY($1::bigint[])`, "ANY"},
	{"NOT ANY", `SELECT id FROM orders WHERE NOT (id = ANY($1::bigint[]))`, "NOT EXISTS"},
	{"an ANY without type", `SELECT id FROM orders WHERE id = ANY($1)`, "with its type"},
	{"an ANY of another type", `SELECT id FROM orders WHERE id = ANY($1::text[])`, "list of text"},
	{"a list of bytea", `SELECT id FROM orders WHERE secret = ANY($1::bytea[])`, "bytea[]"},
	{"ALL of a sub-select", `SELECT id FROM orders WHERE id > ALL (SELECT id FROM stores)`, "NOT EXISTS"},
	{"ARRAY of a sub-select", `SELECT ARRAY(SELECT id FROM stores)`, "read the rows"},
	{"TRUNCATE", `TRUNCATE orders`, "DELETE"},
	{"COMMENT", `COMMENT ON TABLE orders IS 'x'`, "comment"},
	{"NUMERIC", `SELECT $1::numeric(10, 2)`, "not lowered"},
	{"a fraction", `SELECT 1.5`, "no fractions"},
	{"a number too big", `SELECT 9223372036854775808`, "64-bit"},
	{"double precision", `SELECT $1::double precision`, "BIGINT"},
	{"integer", `SELECT $1::int`, "integers are BIGINT"},
	{"timestamptz", `SELECT $1::timestamptz`, "microseconds"},
	{"jsonb", `SELECT $1::jsonb ->> 'a'`, "JSON"},
	{"->>", `SELECT remark ->> 'a' FROM orders`, "JSON"},
	{"division by what may be zero", `SELECT 1 / total FROM orders`, "NULLIF"},
	{"division by zero", `SELECT total % 0 FROM orders`, "NULLIF"},
	{"a bare SUM", `SELECT SUM(total) FROM orders`, "::bigint"},
	{"a SUM inside", `SELECT (1 + SUM(total))::bigint FROM orders`, "::bigint"},
	{"AVG", `SELECT AVG(total) FROM orders`, "avg"},
	{"round", `SELECT round(total) FROM orders`, "round"},
	{"boolean as text", `SELECT paid::text FROM orders`, "convert in Go"},
	{"text as number", `SELECT number::bigint FROM orders`, "convert in Go"},
	{"a boolean in ||", `SELECT 'a' || paid FROM orders`, "||"},
	{"a string as number", `SELECT id FROM orders WHERE total = '5'`, "string constant"},
	{"a string as boolean", `SELECT id FROM orders WHERE paid = 't'`, "string constant"},
	{"a number as text", `INSERT INTO counters (name, n) VALUES ('a', '5')`, "column n is bigint"},
	{"arithmetic with text", `SELECT total + '5' FROM orders`, "arithmetic"},
	{"ordering text by the database's language", `SELECT id FROM orders ORDER BY remark NULLS LAST`, "language"},
	{"comparing text by the database's language", `SELECT id FROM orders WHERE remark > $1`, "language"},
	{"the greatest text by the database's language", `SELECT MAX(remark) FROM orders`, "language"},
	{"another collation", `SELECT id FROM orders ORDER BY number COLLATE "en_US"`, "collation"},
	{"NULLs left to the engine", `SELECT id FROM orders ORDER BY closed_at`, "NULLS FIRST or NULLS LAST"},
	{"NULLs of an outer join", `SELECT s.id FROM stores s LEFT JOIN orders o ON o.store_id = s.id ORDER BY o.id`, "NULLS FIRST or NULLS LAST"},
	{"ORDER BY a position", `SELECT id FROM orders ORDER BY 1`, "position"},
	{"two rows as a value", `SELECT (SELECT id FROM orders WHERE paid) AS x`, "two rows"},
	{"two rows by half a key", `SELECT (SELECT id FROM orders WHERE number = $1) AS x`, "two rows"},
	{"two rows by a partial key", `SELECT (SELECT id FROM orders WHERE coupon = $1) AS x`, "two rows"},
	{"a key fixed by its own table", `SELECT (SELECT o.id FROM orders o WHERE o.id = o.store_id) AS x`, "two rows"},
	{"rows in a list", `SELECT id FROM orders WHERE (id, total) IN ((1, 2))`, "IN ((1, 2)"},
	{"a row by itself", `SELECT (id, total) FROM orders`, "row of values"},
	{"a row IS NULL", `SELECT id FROM orders WHERE (id, total) IS NULL`, "test the columns"},
	{"NATURAL JOIN", `SELECT 1 FROM orders NATURAL JOIN stores`, "NATURAL"},
	{"FULL JOIN after a comma", `SELECT 1 FROM counters, orders o FULL JOIN stores s ON s.id = o.store_id`, "after a comma"},
	{"names in an alias", `SELECT x.a FROM (SELECT id FROM orders) AS x (a)`, "table alias"},
	{"EXCEPT ALL", `SELECT id FROM orders EXCEPT ALL SELECT id FROM stores`, "EXCEPT ALL"},
	{"ROLLUP", `SELECT COUNT(*) FROM orders GROUP BY ROLLUP (store_id)`, "ROLLUP"},
	{"a named window", `SELECT row_number() OVER w FROM orders WINDOW w AS (ORDER BY id)`, "named windows"},
	{"other frames", `SELECT SUM(total) OVER (ORDER BY id ROWS 3 PRECEDING)::bigint FROM orders`, "window frames"},
	{"DEFAULT as a value", `INSERT INTO orders (store_id, paid) VALUES (1, DEFAULT)`, "DEFAULT as a value"},
	{"INSERT without columns", `INSERT INTO counters VALUES ('a', 1)`, "names its columns"},
	{"OVERRIDING", `INSERT INTO stores (id, slug) OVERRIDING SYSTEM VALUE VALUES (1, 'a')`, "OVERRIDING"},
	{"columns assigned together", `UPDATE orders SET (total, remark) = (1, 'a')`, "one by one"},
	{"another table in RETURNING", `UPDATE orders SET paid = TRUE FROM stores s WHERE s.id = orders.store_id RETURNING s.slug`, "in sight"},
	{"MERGE", `MERGE INTO counters c USING stores s ON s.slug = c.name WHEN MATCHED THEN DELETE`, "ON CONFLICT"},
	{"a schema", `SELECT id FROM public.orders`, "schema"},
	{"an unknown function", `SELECT pg_sleep(1)`, "not on the list"},
	{"a function with more arguments", `SELECT lag(id, 2, id) OVER (ORDER BY id) FROM orders`, "3 arguments"},
	{"a system column", `SELECT ctid FROM orders`, "in sight"},
	{"a whole row", `SELECT orders FROM orders`, "in sight"},
	{"updating an append-only table", `UPDATE diary SET text = 'x'`, "append-only"},
	{"updating it in passing", `INSERT INTO diary (seq, text) VALUES (1, 'a') ON CONFLICT (seq) DO UPDATE SET text = 'b'`, "append-only"},
	{"a number that the engine gives", `INSERT INTO stores (id, slug) VALUES (1, 'a')`, "by the engine"},
	{"deleting from an append-only table", `DELETE FROM diary WHERE id = 1`, "append-only"},
	{"a name in capitals", `SELECT id AS "Id" FROM orders`, "lower-case"},
}

func TestRefusals(t *testing.T) {
	s, _ := built(t, fixture)
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			parses(t, c.sql)
			text, err := lowered(s, c.sql)
			if err == nil {
				t.Fatalf("came out as %s", flat(text))
			}
			if !strings.HasPrefix(err.Error(), "Q: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("says %q, without %q", err, c.says)
			}
		})
	}
}
