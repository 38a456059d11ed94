package schema_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/schema"
)

// rowidTables are those that 0062 built anew, and what is put into each beforehand for the number n.
var rowidTables = map[string]string{
	"listings": `INSERT INTO listings (product_id, public_id, store_id, store, store_name, category_id, title, title_key, state, visible, variant_count,
		price_from, price_to, currency, published_at, created_at, updated_at, brand, sold) VALUES (?1, 'prd_' || ?1, 1, 'sto_1', 'Tea', NULL, 'चाय ' || ?1, 'k', 'published', TRUE, 1, ?1, 9, 'NPR', 5, 6, 7, 'b', 3)`,
	"stock":            `INSERT INTO stock (variant_id, available, reserved, updated_at, store_id, sku, mark) VALUES (?1, 10 + ?1, 1, 2, 1, 'sku' || ?1, 'fine')`,
	"listing_tallies":  `INSERT INTO listing_tallies (product_id, tally) VALUES (?1, '{"n":' || ?1 || '}')`,
	"search_documents": `INSERT INTO search_documents (id, words) VALUES (?1, x'00ff10')`,
	"product_details":  `INSERT INTO product_details (product_id, type, tags, seo_title, seo_description, more) VALUES (?1, 't', 'a,b', '', 'd' || ?1, '{}')`,
	"variant_details":  `INSERT INTO variant_details (variant_id, compare_at, taxable, shipping, weight_unit, more) VALUES (?1, 100 + ?1, TRUE, FALSE, 'kg', '')`,
}

// rowidParents is what those rows refer to, in this order.
var rowidParents = []string{
	`INSERT INTO accounts (id, public_id, code, name, email, email_key, phone, password_hash, state, created_at, updated_at) VALUES (?1, 'a' || ?1, ?1, '', '', ?1, '', '', 'active', 1, 1)`,
	`INSERT INTO stores (id, public_id, code, owner_id, name, name_key, slug, description, business_type, email, phone, whatsapp, address, sells, buys, state, suspend_reason, suspended_from, created_at, updated_at)
		VALUES (?1, 's' || ?1, ?1, ?1, '', ?1, ?1, '', '', '', '', '', '', TRUE, FALSE, 'published', '', '', 1, 1)`,
	`INSERT INTO products (id, public_id, store_id, handle, title, description, vendor, option1, option2, option3, state, version, created_at, updated_at) VALUES (?1, 'p' || ?1, 1, ?1, 't', '', '', '', '', '', 'published', 1, 1, 1)`,
	`INSERT INTO variants (id, public_id, product_id, store_id, position, option1, option2, option3, barcode, price, currency, weight, track_stock, archived, version, created_at, updated_at)
		VALUES (?1, 'v' || ?1, ?1, 1, 0, '', '', '', '', 1, 'NPR', 0, TRUE, FALSE, 1, 1, 1)`,
}

// described is what the file says of a table: its rows, its text, and its indexes without their last column where that is the key.
func described(t *testing.T, conn *sqlite.Conn, table string) string {
	t.Helper()
	var b strings.Builder
	key := ""
	each := func(sql string, f func(st *sqlite.Stmt)) {
		t.Helper()
		err := sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error { f(st); return nil }})
		if err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	each("SELECT name FROM pragma_table_info('"+table+"') WHERE pk = 1", func(st *sqlite.Stmt) { key = st.ColumnText(0) })
	each("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = '"+table+"'", func(st *sqlite.Stmt) {
		text := strings.NewReplacer(`"`, "", ", WITHOUT ROWID", "", "( ", "(").Replace(strings.Join(strings.Fields(st.ColumnText(0)), " "))
		fmt.Fprintln(&b, text)
	})
	each("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = '"+table+"' ORDER BY name", func(st *sqlite.Stmt) {
		fmt.Fprintln(&b, strings.ReplaceAll(st.ColumnText(0), ", "+key+")", ")"))
	})
	rows := 0
	each("SELECT * FROM "+table+" ORDER BY "+key, func(st *sqlite.Stmt) {
		rows++
		for i := range st.ColumnCount() {
			fmt.Fprintf(&b, "%s %s=%q ", st.ColumnType(i), st.ColumnName(i), st.ColumnText(i))
		}
		fmt.Fprintln(&b)
	})
	if rows != 3 || key == "" {
		t.Errorf("%s has %d rows and the key %q", table, rows, key)
	}
	return b.String()
}

// TestRowidKeepsWhatWas fills the tables as they were before 0062, migrates, and finds the same in tables of the other kind.
func TestRowidKeepsWhatWas(t *testing.T) {
	file := filepath.Join(t.TempDir(), "haat.db")
	var all []db.Migration
	for _, m := range schema.Migrations(schema.SQLite) {
		all = append(all, db.Migration(m))
	}
	open := func(upTo, want int) *db.DB {
		t.Helper()
		d, err := db.Open(t.Context(), db.Config{File: file, Log: dbtest.Quiet, Schema: db.Schema{Embedded: all[:upTo], Unique: schema.Unique}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := d.Migrate(t.Context()); err != nil || n != want {
			t.Fatalf("applied %d, want %d: %v", n, want, err)
		}
		return d
	}
	ended := func(closer interface{ Close() error }) {
		t.Helper()
		if err := closer.Close(); err != nil {
			t.Fatal(err)
		}
	}
	raw := func(f func(conn *sqlite.Conn)) {
		t.Helper()
		conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
		if err != nil {
			t.Fatal(err)
		}
		f(conn)
		ended(conn)
	}

	ended(open(61, 61))
	before := map[string]string{}
	raw(func(conn *sqlite.Conn) {
		fill := func(sql string) {
			for _, n := range []int64{2, 3, 1} {
				if err := sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{Args: []any{n}}); err != nil {
					t.Fatalf("%s: %v", sql, err)
				}
			}
		}
		for _, sql := range rowidParents {
			fill(sql)
		}
		for table, sql := range rowidTables {
			fill(sql)
			before[table] = described(t, conn, table)
		}
	})
	d := open(len(all), len(all)-61)
	typedErrors(t, d)
	ended(d)
	raw(func(conn *sqlite.Conn) {
		for table, was := range before {
			if is := described(t, conn, table); is != was {
				t.Errorf("%s was\n%s\nand is\n%s", table, was, is)
			}
		}
		for _, sql := range []string{"PRAGMA foreign_key_check", "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
			"SELECT name FROM pragma_table_list WHERE wr AND name IN ('listings', 'stock', 'listing_tallies', 'search_documents', 'product_details', 'variant_details')",
			"SELECT name FROM sqlite_schema WHERE name LIKE '%0062%' OR sql LIKE '%0062%'"} {
			err := sqlitex.ExecuteTransient(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
				return fmt.Errorf("found %s", st.ColumnText(0))
			}})
			if err != nil {
				t.Errorf("%s: %v", sql, err)
			}
		}
	})
}

// typedErrors breaks the rules of the new tables and takes back what was written.
func typedErrors(t *testing.T, d *db.DB) {
	t.Helper()
	for _, c := range []struct {
		sql  string
		args []any
		kind db.ConstraintKind
		name string
	}{
		{rowidTables["listings"], []any{int64(2)}, db.Unique, "listings_pkey"},
		{rowidTables["stock"], []any{int64(2)}, db.Unique, "stock_pkey"},
		{rowidTables["listing_tallies"], []any{int64(2)}, db.Unique, "listing_tallies_pkey"},
		{rowidTables["search_documents"], []any{int64(2)}, db.Unique, "search_documents_pkey"},
		{rowidTables["product_details"], []any{int64(2)}, db.Unique, "product_details_pkey"},
		{rowidTables["variant_details"], []any{int64(2)}, db.Unique, "variant_details_pkey"},
		{rowidTables["stock"], []any{int64(4)}, db.ForeignKey, ""},
		{"UPDATE listings SET public_id = 'prd_1' WHERE product_id = 2", nil, db.Unique, "listings_public_id_key"},
		{"UPDATE listings SET product_id = 1 WHERE product_id = 2", nil, db.Unique, "listings_pkey"},
		{"UPDATE listings SET title = NULL WHERE product_id = 2", nil, db.NotNull, "listings_title_not_null"},
		{"UPDATE listings SET visible = 2 WHERE product_id = 2", nil, db.Check, "listings_visible_bool"},
		{"UPDATE stock SET available = available - 12 WHERE variant_id = 1", nil, db.Check, "stock_available_check"},
		{"UPDATE stock SET mark = 'x' WHERE variant_id = 1", nil, db.Check, "stock_mark_check"},
		{"INSERT INTO listing_tallies (product_id, tally) VALUES (2, 'new'), (9, 'new') ON CONFLICT (product_id) DO UPDATE SET tally = excluded.tally", nil, "", ""},
		{"INSERT INTO stock (variant_id, available, reserved, updated_at) VALUES (2, 0, 0, 0) ON CONFLICT (variant_id) DO NOTHING", nil, "", ""},
	} {
		dbtest.SQL(c.sql)
		err := attempt(t, d, breach{rule: schema.Constraint{Table: "idempotency_keys"}, sql: []string{c.sql}, args: [][]any{c.args}})
		var broken *db.ConstraintError
		if c.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", c.sql, err)
			}
			continue
		}
		if !errors.As(err, &broken) || broken.Kind != c.kind || broken.Name != c.name {
			t.Errorf("%s: got %v, want %s %s", c.sql, err, c.kind, c.name)
		}
	}
	const upsert = "INSERT INTO listing_tallies (product_id, tally) VALUES ($1, $2) ON CONFLICT (product_id) DO UPDATE SET tally = excluded.tally"
	const tally = "SELECT tally FROM listing_tallies WHERE product_id = 2"
	dbtest.SQL(upsert, tally)
	err := d.Write(t.Context(), "test.upsert", func(ctx context.Context, tx db.Tx) error {
		if tag, err := tx.Exec(ctx, upsert, int64(2), "new"); err != nil || tag.RowsAffected() != 1 {
			return fmt.Errorf("%d rows: %w", tag.RowsAffected(), err)
		}
		var text string
		if err := tx.QueryRow(ctx, tally).Scan(&text); err != nil || text != "new" {
			return fmt.Errorf("the tally is %q: %w", text, err)
		}
		return errBack
	})
	if !errors.Is(err, errBack) {
		t.Error(err)
	}
}
