package main

import (
	"fmt"
	"slices"
	"strings"
)

// trigger is the one thing that is written by hand for both engines.
type trigger struct{ postgres, lite string }

// makeAppendOnly lets rows of a table be added and never changed.
func (s *schema) makeAppendOnly(order appendOnlyOrder) trigger {
	t := s.table(order.table)
	if t.appendOnly != nil {
		refuse("%s is append-only already", t.name)
	}
	for _, c := range order.except {
		if t.column(c) == nil {
			refuse("%s has no column %s", t.name, c)
		}
	}
	t.appendOnly = &appendOnly{except: order.except}
	s.add(t, &constraint{Name: t.name + "_append_only", Kind: "append_only"})
	return t.trigger(false)
}

// trigger writes the guard. Its name is also the message on SQLite and the constraint on PostgreSQL, so
// that the database layer can give both errors the same name.
func (t *table) trigger(again bool) trigger {
	rule := t.name + "_append_only"
	columns := ""
	if len(t.appendOnly.except) > 0 {
		var guarded []string
		for _, c := range t.columns {
			if !slices.Contains(t.appendOnly.except, c.name) {
				guarded = append(guarded, c.name)
			}
		}
		columns = " OF " + nameList(guarded)
	}
	var out trigger
	if again {
		out.postgres = fmt.Sprintf("DROP TRIGGER %s ON %s;\n", rule, name(t.name))
		out.lite = fmt.Sprintf("DROP TRIGGER %s_update;\nDROP TRIGGER %s_delete;\n", rule, rule)
	} else {
		out.postgres = strings.Join([]string{
			"CREATE FUNCTION " + rule + "() RETURNS trigger LANGUAGE plpgsql AS $haat$",
			"BEGIN",
			"    RAISE EXCEPTION 'rows of " + t.name + " are added, never changed'",
			"        USING ERRCODE = 'check_violation', TABLE = '" + t.name + "', CONSTRAINT = '" + rule + "';",
			"END $haat$;", "",
		}, "\n")
	}
	out.postgres += fmt.Sprintf("CREATE TRIGGER %s BEFORE UPDATE%s OR DELETE ON %s\n    FOR EACH ROW EXECUTE FUNCTION %s();\n",
		rule, columns, name(t.name), rule)
	out.lite += fmt.Sprintf("CREATE TRIGGER %s_update BEFORE UPDATE%s ON %s\nBEGIN\n    SELECT RAISE(ABORT, '%s');\nEND;\n",
		rule, columns, name(t.name), rule)
	out.lite += fmt.Sprintf("CREATE TRIGGER %s_delete BEFORE DELETE ON %s\nBEGIN\n    SELECT RAISE(ABORT, '%s');\nEND;\n",
		rule, name(t.name), rule)
	return out
}
