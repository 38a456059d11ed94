package app_test

import (
	"sort"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/schema"
)

// TestPlannedOnce: SQLite plans some statements by the values of their parameters, and then plans them anew at each run,
// which takes longer than most statements do. It asks the authorizer whenever it plans, so that is noticed.
func TestPlannedOnce(t *testing.T) {
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, m := range schema.Migrations(schema.SQLite) {
		if err := sqlitex.ExecuteScript(conn, m.SQL, nil); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
	}
	planned := 0
	if err := conn.SetAuthorizer(sqlite.AuthorizeFunc(func(sqlite.Action) sqlite.AuthResult {
		planned++
		return sqlite.AuthResultOK
	})); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, text := range db.Lowered() {
		texts = append(texts, text)
	}
	sort.Strings(texts)
	again := func(text string) bool {
		st, _, err := conn.PrepareTransient(text)
		if err != nil {
			return false // some test's own, for a schema of its own
		}
		defer func() { _ = st.Finalize() }() // repeats what the last run said
		if err := sqlitex.ExecuteTransient(conn, "SAVEPOINT one", nil); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := sqlitex.ExecuteTransient(conn, "ROLLBACK TO one", nil); err != nil {
				t.Error(err)
			}
		}()
		for range 2 {
			for i := range st.BindParamCount() {
				st.BindInt64(i+1, 1)
			}
			planned = 0
			if _, err := st.Step(); err != nil {
				_ = st.Reset() // a row of ones breaks a rule; it was planned before
			} else if err := st.Reset(); err != nil {
				t.Fatal(err)
			}
		}
		return planned > 0
	}
	for _, text := range texts {
		if again(text) {
			t.Errorf("planned at each run:\n%s", text)
		}
	}
	if !again("SELECT id FROM events WHERE id > ?1 ORDER BY id LIMIT ?2") || again("SELECT id FROM events WHERE id > ?1 ORDER BY id LIMIT +?2") {
		t.Error("what is planned at each run is not noticed")
	}
}
