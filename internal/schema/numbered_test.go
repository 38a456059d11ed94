package schema_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/schema"
)

// upTo migrates a file of the embedded engine to the migration with this number.
func upTo(t *testing.T, file string, number int) {
	t.Helper()
	var some []db.Migration
	for _, m := range schema.Migrations(schema.SQLite) {
		if m.Number <= number {
			some = append(some, db.Migration(m))
		}
	}
	d, err := db.Open(t.Context(), db.Config{File: file, Log: dbtest.Quiet, Schema: db.Schema{Embedded: some, Unique: schema.Unique}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// inFile runs SQL in a file that nobody has open, and gives what it says, a row a line.
func inFile(t *testing.T, file, sql string) (rows []string) {
	t.Helper()
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteScript(conn, sql, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		row := ""
		for i := range st.ColumnCount() {
			row += fmt.Sprintf(" %s", st.ColumnText(i))
		}
		rows = append(rows, row)
		return nil
	}})
	if err != nil {
		t.Errorf("%s: %v", sql, err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	return rows
}

// Events that wait for a number when the market is brought up to date get theirs in their order, behind those that have one
// and those that are gone.
func TestWaitingEventsAreNumbered(t *testing.T) {
	for name, c := range map[string]struct{ before, want string }{
		"behind those that have one":   {"INSERT INTO events (id, seq, type, subject, actor, facts, created_at) VALUES (3, 7, 't.t', 's', 'a', '{}', 1);", "[ 3 7  5 8  9 9]"},
		"behind those that are gone":   {"INSERT INTO event_cursors (follower, seq, updated_at) VALUES ('', 40, 1);", "[ 5 41  9 42]"},
		"the first that there ever is": {"", "[ 5 1  9 2]"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "haat.db")
			upTo(t, file, 62)
			inFile(t, file, c.before+"INSERT INTO events (id, type, subject, actor, facts, created_at) VALUES (9, 't.t', 's', 'a', '{}', 1), (5, 't.t', 's', 'a', '{}', 1)")
			upTo(t, file, 63)
			if got := fmt.Sprint(inFile(t, file, "SELECT id, seq FROM events ORDER BY id")); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// The engine would make a table of a list of three constants for every row that is checked against it.
func TestNoCheckHasALongList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "haat.db")
	long := regexp.MustCompile(`\bIN \([^(),]+,[^(),]+,[^()]+\)`)
	lists := func() (found []string) {
		for _, text := range inFile(t, file, "SELECT sql FROM sqlite_schema WHERE type = 'table'") {
			found = append(found, long.FindAllString(text, -1)...)
		}
		return found
	}
	upTo(t, file, 60)
	if n := len(lists()); n < 40 {
		t.Errorf("before 0061 there were %d: the test does not see them", n)
	}
	upTo(t, file, 1<<20)
	if found := lists(); found != nil {
		t.Errorf("%v", found)
	}
}
