package dbtest

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
)

// Explain asks the engine how it would run every text of the lists, and fails the test where a table would be read
// without its index or a page would have to be sorted. The database may be empty.
func Explain(t testing.TB, d *db.DB, lists []*db.List) {
	t.Helper()
	for _, l := range lists {
		for _, text := range l.Texts() {
			if fault := explain(t, d, text); fault != "" {
				t.Errorf("list %s: %s\n%s", l.Name, fault, text.Postgres)
			}
		}
	}
}

// explain says what is wrong with the plan of a text, or "". Of two indexes that cost the same on a table without rows,
// PostgreSQL takes any: where it took another, that one is put out of the way and it is asked again.
func explain(t testing.TB, d *db.DB, text db.ListText) string {
	t.Helper()
	var fault string
	for range 10 {
		plan, err := d.Explain(context.Background(), text)
		if err != nil {
			return err.Error()
		}
		if fault = judge(d.Engine(), text, plan); fault == "" {
			return ""
		}
		fault += "\n" + plan
		other := pgIndex.FindStringSubmatch(plan)
		if d.Engine() != db.Postgres || other == nil || pgFault.MatchString(plan) || strings.HasSuffix(other[1], "key") { // a constraint's
			return fault
		}
		define := One[string](t, d, "SELECT indexdef FROM pg_indexes WHERE indexname = $1", other[1])
		Exec(t, d, "DROP INDEX "+other[1])
		defer Exec(t, d, define)
	}
	return fault
}

var (
	pgFault = regexp.MustCompile(`Seq Scan|Sort|Hash|Materialize`)
	pgIndex = regexp.MustCompile(`using ([a-z0-9_]+) on`)
)

// judge says what is wrong with a plan, or "".
func judge(engine db.Engine, text db.ListText, plan string) string {
	if engine == db.Postgres {
		if fault := pgFault.FindString(plan); fault != "" {
			return fault
		}
		return without(plan, text.Index)
	}
	// The rows of a table without conditions, in the order of its own key, are a page's first rows.
	byKey := strings.HasSuffix(text.Index, "_pkey")
	inOrder := byKey && !strings.Contains(text.Embedded, " WHERE ")
	for line := range strings.Lines(plan) {
		if strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, " INDEX ") && !inOrder {
			return strings.TrimSpace(line)
		}
		if strings.HasPrefix(line, "USE TEMP B-TREE") {
			return strings.TrimSpace(line)
		}
	}
	if byKey && (inOrder || strings.Contains(plan, "PRIMARY KEY")) {
		return ""
	}
	return without(plan, text.Index)
}

func without(plan, index string) string {
	if !strings.Contains(plan, index) {
		return "does not use " + index
	}
	return ""
}
