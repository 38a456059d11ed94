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
			plan, err := d.Explain(context.Background(), text)
			if err != nil {
				t.Errorf("list %s: %s: %v", l.Name, text.Postgres, err)
				continue
			}
			if fault := judge(d.Engine(), text, plan); fault != "" {
				t.Errorf("list %s: %s\n%s\n%s", l.Name, fault, text.Postgres, plan)
			}
		}
	}
}

var pgFault = regexp.MustCompile(`Seq Scan|Sort|Hash|Materialize`)

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
