package dbtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db"
)

// EachReused is EachWith for tests that trade: on PostgreSQL they take turns in databases that stay, and that are emptied
// for each. Making a database anew copies some thousand files, which takes longer than most such tests. What asks the
// engine for its plans, or changes the schema, is for EachWith.
func EachReused(t *testing.T, cfg db.Config, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	for _, engine := range Engines(t) {
		t.Run(string(engine), func(t *testing.T) {
			c := cfg
			if engine == db.Postgres && c.URL == "" {
				c.URL = reused(t, cfg)
			}
			f(t, Open(t, engine, c))
		})
	}
}

// reusedPrefix begins the names of databases that stay.
const reusedPrefix = prefix + "reused_"

// mostReused bounds how many tests can have one at the same time.
const mostReused = 64

// reused gives the URL of a database that is as it was after its migrations. It is this test's until its end.
func reused(t testing.TB, cfg db.Config) string {
	t.Helper()
	template := migratedTemplate(t, cfg)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server(t))
	if err != nil {
		t.Fatal(err)
	}
	// The lock ends with the connection: also when the test is killed.
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for i := range mostReused {
		name := fmt.Sprintf("%s%s_%d", reusedPrefix, fingerprint(cfg.Schema.Postgres), i)
		ok, err := lockDatabase(ctx, conn, name)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		if err := empty(ctx, conn, databaseURL(t, name), name, template); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return databaseURL(t, name)
	}
	t.Fatalf("all %d databases are in use", mostReused)
	return ""
}

// lockDatabase takes a database for this connection, and says whether it was free.
func lockDatabase(ctx context.Context, conn *pgx.Conn, name string) (ok bool, err error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // into memory: cannot fail
	err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(h.Sum64())).Scan(&ok)
	return ok, err
}

// state is what a database holds after its migrations. It is kept as the database's comment.
type state struct {
	Shape string                     // of the schema
	Rows  map[string]json.RawMessage // of tables that are not empty
	Next  map[string]int64           // the last numbers of sequences that have begun
}

// errChanged says that a database is not what it was made as.
var errChanged = errors.New("the schema was changed")

// empty brings a database back to what it was after its migrations, and makes it where it is not there or has become
// something else.
func empty(ctx context.Context, conn *pgx.Conn, url, name, template string) error {
	var comment *string
	err := conn.QueryRow(ctx, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name).Scan(&comment)
	if err == nil && comment != nil {
		_, text, _ := strings.Cut(*comment, " ")
		var was state
		if err = json.Unmarshal([]byte(text), &was); err == nil {
			err = inside(ctx, url, func(c *pgx.Conn) error { return restore(ctx, c, was) })
		}
		if err == nil {
			return nil
		}
	}
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name + " TEMPLATE " + template} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	var is state
	if err := inside(ctx, url, func(c *pgx.Conn) (err error) { is, err = stateOf(ctx, c); return err }); err != nil {
		return err
	}
	text, err := json.Marshal(is)
	if err != nil {
		return err
	}
	comment = new(string)
	*comment = fmt.Sprintf("%d %s", time.Now().Unix(), text)
	_, err = conn.Exec(ctx, "COMMENT ON DATABASE "+name+" IS '"+strings.ReplaceAll(*comment, "'", "''")+"'")
	return err
}

func inside(ctx context.Context, url string, f func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(f(conn), conn.Close(ctx))
}

// shapeSQL names everything of a schema that a test could have changed.
const shapeSQL = `SELECT md5(string_agg(x, E'\n' ORDER BY x)) FROM (
	SELECT 'c ' || conrelid::regclass::text || conname || convalidated::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace
	UNION ALL SELECT 't ' || tgrelid::regclass::text || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT 'r ' || relname || relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
	UNION ALL SELECT 'f ' || proname || md5(prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
	UNION ALL SELECT 'a ' || attrelid::regclass::text || attname || atttypid::text || attnotnull::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
		WHERE relnamespace = 'public'::regnamespace AND attnum > 0) AS s (x)`

func stateOf(ctx context.Context, c *pgx.Conn) (is state, err error) {
	is = state{Rows: map[string]json.RawMessage{}, Next: map[string]int64{}}
	if err := c.QueryRow(ctx, shapeSQL).Scan(&is.Shape); err != nil {
		return is, err
	}
	tables, err := filled(ctx, c)
	if err != nil {
		return is, err
	}
	for _, name := range tables {
		var rows []byte
		if err := c.QueryRow(ctx, "SELECT json_agg(t) FROM "+name+" AS t").Scan(&rows); err != nil {
			return is, err
		}
		is.Rows[name] = rows
	}
	is.Next, err = begun(ctx, c)
	return is, err
}

// filled are the tables that are not empty.
func filled(ctx context.Context, c *pgx.Conn) (names []string, err error) {
	rows, err := c.Query(ctx, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(all) == 0 {
		return nil, err
	}
	probes := make([]string, len(all))
	for i, name := range all {
		probes[i] = "(SELECT '" + name + "' FROM " + name + " LIMIT 1)"
	}
	err = c.QueryRow(ctx, "SELECT array_remove(ARRAY["+strings.Join(probes, ",")+"]::text[], NULL)").Scan(&names)
	return names, err
}

// begun are the sequences that have given a number, with the last.
func begun(ctx context.Context, c *pgx.Conn) (map[string]int64, error) {
	out := map[string]int64{}
	rows, err := c.Query(ctx, "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL")
	if err != nil {
		return nil, err
	}
	var name string
	var last int64
	_, err = pgx.ForEachRow(rows, []any{&name, &last}, func() error { out[name] = last; return nil })
	return out, err
}

// restore takes everything out that was put in since the migrations, and puts back what was taken out. Triggers and foreign
// keys sleep meanwhile. Errors: errChanged.
func restore(ctx context.Context, c *pgx.Conn, was state) error {
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		var shape string
		if err := tx.QueryRow(ctx, shapeSQL).Scan(&shape); err != nil {
			return err
		}
		if shape != was.Shape {
			return errChanged
		}
		tables, err := filled(ctx, c)
		if err != nil {
			return err
		}
		sequences, err := begun(ctx, c)
		if err != nil {
			return err
		}
		var all strings.Builder
		all.WriteString("SET LOCAL session_replication_role = replica;")
		for _, name := range tables {
			all.WriteString("DELETE FROM " + name + ";")
		}
		for _, name := range slices.Sorted(maps.Keys(sequences)) {
			if last, ok := was.Next[name]; ok {
				fmt.Fprintf(&all, "SELECT setval('%s', %d);", name, last)
			} else {
				fmt.Fprintf(&all, "SELECT setval('%s', (SELECT start_value FROM pg_sequences WHERE schemaname = 'public' AND quote_ident(sequencename) = '%s'), false);", name, name)
			}
		}
		if _, err := tx.Exec(ctx, all.String()); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(was.Rows)) {
			sql := "INSERT INTO " + name + " OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::" + name + ", $1)"
			if _, err := tx.Exec(ctx, sql, string(was.Rows[name])); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}
