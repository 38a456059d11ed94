package schema_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/schema"
)

// breach is statements of which the last one breaks a rule.
type breach struct {
	rule schema.Constraint
	sql  []string
	args [][]any
}

// TestEveryConstraintIsNamed breaks every rule of the schema on both engines and expects its name.
func TestEveryConstraintIsNamed(t *testing.T) {
	breaches := breakAll(t)
	var whole db.Schema
	for _, m := range schema.Migrations(schema.SQLite) {
		whole.Embedded = append(whole.Embedded, db.Migration(m))
	}
	for _, m := range schema.Migrations(schema.Postgres) {
		whole.Postgres = append(whole.Postgres, db.Migration(m))
	}
	whole.Unique = schema.Unique
	dbtest.Each(t, whole, func(t *testing.T, d *db.DB) {
		for _, b := range breaches {
			err := attempt(t, d, b)
			var broken *db.ConstraintError
			if b.rule.Numbered && d.Engine() == db.Embedded {
				// The row is numbered; what is said at most is that the number, as a reference, leads nowhere.
				if err != nil && (!errors.As(err, &broken) || broken.Kind != db.ForeignKey) {
					t.Errorf("%s of %s: got %v", b.rule.Name, b.rule.Table, err)
				}
				continue
			}
			switch {
			case !errors.As(err, &broken):
				t.Errorf("%s of %s: got %v", b.rule.Name, b.rule.Table, err)
			case b.rule.Kind == schema.Foreign:
				if broken.Kind != db.ForeignKey {
					t.Errorf("%s of %s: got %v", b.rule.Name, b.rule.Table, err)
				}
			case broken.Name != b.rule.Name:
				t.Errorf("%s of %s: got %s: %v %v", b.rule.Name, b.rule.Table, broken.Name, err, b.args)
			}
		}
	})
}

var errBack = errors.New("take it back")

// attempt runs the statements, returns what the last one said, and leaves nothing behind.
func attempt(t *testing.T, d *db.DB, b breach) error {
	t.Helper()
	var said error
	empty := "DELETE FROM " + b.rule.Table // of what a migration put in: the rows here are made as if there were none
	dbtest.SQL(empty)
	err := d.Write(t.Context(), "test.break", func(ctx context.Context, tx db.Tx) error {
		said = nil
		if _, err := tx.Exec(ctx, empty); err != nil {
			return err
		}
		if b.rule.Kind == schema.AppendOnly {
			if err := withoutReferences(ctx, tx, true); err != nil {
				return err
			}
		}
		for i, sql := range b.sql {
			if i == len(b.sql)-1 {
				if b.rule.Kind == schema.AppendOnly {
					if err := withoutReferences(ctx, tx, false); err != nil {
						return err
					}
				}
				said = tx.Try(ctx, func(ctx context.Context) error {
					_, err := tx.Exec(ctx, sql, b.args[i]...)
					return err
				})
				continue
			}
			if _, err := tx.Exec(ctx, sql, b.args[i]...); err != nil {
				return err
			}
		}
		return errBack
	})
	if !errors.Is(err, errBack) {
		t.Errorf("%s: %v", b.rule.Name, err)
	}
	return said
}

// withoutReferences lets a row stand that points nowhere, so that a trigger of its table can be met.
func withoutReferences(ctx context.Context, tx db.Tx, off bool) error {
	sql := "SET LOCAL session_replication_role = origin"
	switch {
	case tx.Engine() == db.Postgres && off:
		sql = "SET LOCAL session_replication_role = replica"
	case tx.Engine() == db.Embedded && off:
		sql = "PRAGMA defer_foreign_keys = ON"
	case tx.Engine() == db.Embedded:
		return nil
	}
	dbtest.SQL(sql)
	_, err := tx.Exec(ctx, sql)
	return err
}

// breakAll finds for each rule rows that break it and nothing else.
func breakAll(t *testing.T) []breach {
	t.Helper()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, m := range schema.Migrations(schema.SQLite) {
		if err := sqlitex.ExecuteScript(conn, m.SQL, nil); err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
	}
	puzzles := map[string]*puzzle{}
	var out []breach
	for _, rule := range schema.Constraints {
		p := puzzles[rule.Table]
		if p == nil {
			p = newPuzzle(t, conn, rule.Table)
			puzzles[rule.Table] = p
		}
		b, found := p.breaking(rule)
		if !found {
			t.Errorf("%s of %s: no row breaks it and nothing else: is another rule the same?", rule.Name, rule.Table)
			continue
		}
		out = append(out, b)
	}
	return out
}

func (p *puzzle) breaking(rule schema.Constraint) (breach, bool) {
	g := goal{rules: p.sound()}
	switch rule.Kind {
	case schema.Check:
		g.rules[rule.Name] = false
		row, found := p.solve(g)
		return p.insert(rule, row), found
	case schema.NotNull:
		row, found := p.solve(g)
		if found {
			row[p.index(rule.Columns[0])] = nil
		}
		return p.insert(rule, row), found
	case schema.Foreign:
		g.present = rule.Columns
		row, found := p.solve(g)
		return p.insert(rule, row), found
	case schema.AppendOnly:
		row, found := p.solve(g)
		b := p.insert(rule, row)
		b.sql, b.args = append(b.sql, "DELETE FROM "+p.table), append(b.args, nil)
		dbtest.SQL(b.sql[1])
		return b, found
	}
	return p.twins(rule)
}

// twins finds two rows that only this unique rule keeps apart.
func (p *puzzle) twins(rule schema.Constraint) (breach, bool) {
	others := p.uniqueBut(rule.Name)
	g := goal{rules: p.sound(), present: rule.Columns}
	if rule.Rule != "" {
		g.rules[rule.Name] = true
	}
	for range 20 {
		first, found := p.solve(g)
		if !found {
			return breach{}, false
		}
		first = slices.Clone(first)
		second := goal{rules: g.rules, fixed: map[string]any{}}
		for _, name := range rule.Columns {
			second.fixed[name] = first[p.index(name)]
		}
		second.also = func(row []any) bool {
			for _, o := range others {
				if p.collide(o, first, row) {
					return false
				}
			}
			return true
		}
		if row, found := p.solve(second); found {
			return p.insert(rule, first, row), true
		}
	}
	return breach{}, false
}

func (p *puzzle) uniqueBut(name string) []schema.Constraint {
	var out []schema.Constraint
	for _, c := range schema.Constraints {
		identity := len(c.Columns) == 1 && p.index(c.Columns[0]) >= 0 && p.columns[p.index(c.Columns[0])].identity
		if c.Table == p.table && c.Name != name && (c.Kind == schema.UniqueKey || c.Kind == schema.Primary) && !identity {
			out = append(out, c)
		}
	}
	return out
}

// collide says whether a unique rule refuses the second row.
func (p *puzzle) collide(c schema.Constraint, first, second []any) bool {
	for _, name := range c.Columns {
		a, b := first[p.index(name)], second[p.index(name)]
		if a == nil || b == nil || !reflect.DeepEqual(a, b) {
			return false
		}
	}
	if c.Rule != "" {
		holds := goal{rules: map[string]bool{c.Name: true}}
		return len(p.unmet(first, holds)) == 0 && len(p.unmet(second, holds)) == 0
	}
	return true
}

func (p *puzzle) index(name string) int {
	return slices.IndexFunc(p.columns, func(c column) bool { return c.name == name })
}

// insert writes one statement for the rows, so that a reference that leads nowhere is looked at last.
func (p *puzzle) insert(rule schema.Constraint, rows ...[]any) breach {
	var names, lines []string
	var args []any
	// The engine numbers the row, but where the number is what the rule is about.
	numbered := rule.Kind == schema.Primary || rule.Kind == schema.Check
	for _, c := range p.columns {
		if !c.identity || numbered {
			names = append(names, `"`+c.name+`"`)
		}
	}
	for _, row := range rows {
		if row == nil {
			continue
		}
		var signs []string
		for i, c := range p.columns {
			if !c.identity || numbered {
				args = append(args, row[i])
				signs = append(signs, fmt.Sprintf("$%d", len(args)))
			}
		}
		lines = append(lines, "("+strings.Join(signs, ", ")+")")
	}
	sql := fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", p.table, strings.Join(names, ", "), strings.Join(lines, ", "))
	dbtest.SQL(sql)
	return breach{rule: rule, sql: []string{sql}, args: [][]any{args}}
}
