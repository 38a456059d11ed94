package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	pg "github.com/pganalyze/pg_query_go/v6"
	pgparse "github.com/wasilibs/go-pgquery"
)

// migration is one file in, and what both engines get out of it.
type migration struct {
	file     string // NNNN_name.sql
	source   string
	postgres string
	lite     string
}

const generated = "-- Written by tools/generate.sh from internal/schema/%s. Do not edit.\n\n"

// spreadFrom is the first migration whose checks are lowered with comparisons for lists. Those before it were applied as they
// are, and 0061_checks brought them in line.
const spreadFrom = "0061"

// lowerMigration lowers a file and carries the schema forward.
func lowerMigration(s *schema, m *migration) error {
	tree, err := pgparse.Parse(m.source)
	if err != nil {
		return fmt.Errorf("%s: %w", m.file, err)
	}
	directives, err := readDirectives(m.source)
	if err != nil {
		return fmt.Errorf("%s: %w", m.file, err)
	}
	var lite []string
	var triggers []trigger
	for _, raw := range tree.GetStmts() {
		start, end := int(raw.GetStmtLocation()), int(raw.GetStmtLocation()+raw.GetStmtLen())
		if raw.GetStmtLen() == 0 {
			end = len(m.source)
		}
		first := firstToken(m.source, start)
		where := fmt.Sprintf("%s:%d", m.file, lineOf(m.source, first))
		lite = append(lite, directives.twinsBefore(first)...)
		if directives.postgresOnly(start, end) {
			continue
		}
		err := guard(where, func() {
			p := &printer{schema: s, noParams: true, spreadChecks: m.file >= spreadFrom}
			text, touched := p.schemaStatement(raw.GetStmt())
			lite = append(lite, text)
			triggers = append(triggers, touched...)
		})
		if err != nil {
			return err
		}
	}
	lite = append(lite, directives.twinsBefore(len(m.source)+1)...)
	for _, d := range directives.appendOnly {
		where := fmt.Sprintf("%s:%d", m.file, d.line)
		if err := guard(where, func() { triggers = append(triggers, s.makeAppendOnly(d)) }); err != nil {
			return err
		}
	}
	for _, d := range directives.rowid {
		where := fmt.Sprintf("%s:%d", m.file, d.line)
		if err := guard(where, func() { s.makeRowid(d.table) }); err != nil {
			return err
		}
	}
	header := fmt.Sprintf(generated, m.file)
	m.postgres = header + strings.TrimRight(m.source, "\n") + "\n"
	m.lite = header
	if len(lite) == 0 {
		m.lite += "SELECT 'nothing to do';\n" // a script without a statement is an error
	}
	for _, t := range lite {
		m.lite += t + ";\n\n"
	}
	for _, t := range triggers {
		m.postgres += "\n" + t.postgres
		m.lite += t.lite + "\n"
	}
	m.lite = strings.TrimRight(m.lite, "\n") + "\n"
	return nil
}

// schemaStatement prints one statement of a migration. The triggers are those to be written again after it.
func (p *printer) schemaStatement(n *pg.Node) (string, []trigger) {
	switch {
	case n.GetCreateStmt() != nil:
		return p.createTable(n.GetCreateStmt()), nil
	case n.GetIndexStmt() != nil:
		return p.createIndex(n.GetIndexStmt()), nil
	case n.GetAlterTableStmt() != nil:
		return p.alterTable(n.GetAlterTableStmt())
	case n.GetDropStmt() != nil:
		return p.drop(n.GetDropStmt()), nil
	case n.GetInsertStmt() != nil, n.GetUpdateStmt() != nil, n.GetDeleteStmt() != nil:
		return p.statement(n), nil
	case n.GetSelectStmt() != nil:
		refuse("a migration reads nothing: SELECT has no use here")
	}
	refuseKind(n)
	return "", nil
}

func (p *printer) createIndex(i *pg.IndexStmt) string {
	only(i, "idxname", "relation", "access_method", "index_params", "where_clause", "unique")
	only(i.GetRelation(), "relname", "inh", "relpersistence")
	if i.GetIdxname() == "" {
		refuse("an index has a name")
	}
	if i.GetAccessMethod() != "btree" {
		refuse("an index USING %s has no SQLite counterpart", i.GetAccessMethod())
	}
	t := p.schema.table(i.GetRelation().GetRelname())
	if owner, taken := p.schema.indexes[i.GetIdxname()]; taken {
		refuse("the index %s exists already, on %s", i.GetIdxname(), owner)
	}
	defer p.push()()
	p.scope.from = []*relation{{name: t.name, columns: t.columns}}
	var keys, columns []string
	for _, n := range i.GetIndexParams() {
		e := n.GetIndexElem()
		only(e, "name", "ordering", "nulls_ordering", "collation")
		if len(e.GetCollation()) > 0 {
			binary(e.GetCollation())
		}
		c := t.column(e.GetName())
		if c == nil {
			refuse("%s has no column %s", t.name, e.GetName())
		}
		if e.GetNullsOrdering() != pg.SortByNulls_SORTBY_NULLS_DEFAULT {
			refuse("NULLS FIRST and NULLS LAST in an index have no SQLite counterpart")
		}
		key := name(c.name)
		if e.GetOrdering() == pg.SortByDir_SORTBY_DESC {
			key += " DESC"
		}
		keys, columns = append(keys, key), append(columns, c.name)
	}
	out, condition := "CREATE INDEX ", ""
	if i.GetWhereClause() != nil {
		condition = p.expr(i.GetWhereClause(), precLowest)
		words := strings.FieldsFunc(condition, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, c := range t.columns {
			c.conditional = c.conditional || slices.Contains(words, c.name)
		}
	}
	if i.GetUnique() {
		out = "CREATE UNIQUE INDEX "
		rule := &constraint{Name: i.GetIdxname(), Kind: "unique", Columns: columns, Rule: condition}
		if t.sameKey(rule) != nil {
			// Two rules over the same columns, each for other rows. SQLite reports columns, except for an index
			// that holds an expression, which it reports by name: a constant makes it one.
			rule.byName = true
			keys = append(keys, "(0)")
		}
		p.schema.add(t, rule)
	}
	p.schema.indexes[i.GetIdxname()] = t.name
	out += name(i.GetIdxname()) + " ON " + name(t.name) + " (" + strings.Join(keys, ", ") + ")"
	if condition != "" {
		out += " WHERE " + condition
	}
	return out
}

func (p *printer) alterTable(a *pg.AlterTableStmt) (string, []trigger) {
	only(a, "relation", "cmds", "objtype")
	only(a.GetRelation(), "relname", "inh", "relpersistence")
	t := p.schema.table(a.GetRelation().GetRelname())
	if len(a.GetCmds()) != 1 {
		refuse("SQLite changes one thing in an ALTER TABLE: write one statement for each")
	}
	c := a.GetCmds()[0].GetAlterTableCmd()
	switch c.GetSubtype() {
	case pg.AlterTableType_AT_AddColumn:
		return p.addColumn(t, c)
	case pg.AlterTableType_AT_DropColumn:
		return p.dropColumn(t, c), nil
	case pg.AlterTableType_AT_AddConstraint:
		refuse("SQLite cannot add a constraint to a table: CREATE UNIQUE INDEX, or add a column with the CHECK")
	case pg.AlterTableType_AT_AlterColumnType:
		refuse("a column's type does not change: add a column, copy, drop the old one in a later release")
	}
	refuse("ALTER TABLE adds and drops columns; %s is not lowered", c.GetSubtype())
	return "", nil
}

func (p *printer) addColumn(t *table, c *pg.AlterTableCmd) (string, []trigger) {
	only(c, "subtype", "def", "behavior")
	d := c.GetDef().GetColumnDef()
	col := p.newColumn(t, d)
	if col.identity {
		refuse("an identity column cannot be added to a table")
	}
	if col.notNull && !col.hasDefault {
		refuse("the new column %s is NOT NULL without a DEFAULT: rows that exist have nothing to put there", col.name)
	}
	for _, n := range d.GetConstraints() {
		switch n.GetConstraint().GetContype() {
		case pg.ConstrType_CONSTR_UNIQUE, pg.ConstrType_CONSTR_PRIMARY:
			refuse("SQLite cannot add a column that is UNIQUE: add it, then CREATE UNIQUE INDEX")
		case pg.ConstrType_CONSTR_FOREIGN:
			if col.hasDefault {
				refuse("SQLite cannot add a column with both REFERENCES and a DEFAULT")
			}
		}
	}
	t.columns = append(t.columns, col)
	defer p.push()()
	p.scope.from = []*relation{{name: t.name, columns: t.columns}}
	text := "ALTER TABLE " + name(t.name) + " ADD COLUMN " + p.columnText(t, col, d)
	if t.appendOnly != nil && len(t.appendOnly.except) > 0 {
		// The trigger names the columns it guards, so it is written again for the new one.
		return text, []trigger{t.trigger(true)}
	}
	return text, nil
}

func (p *printer) dropColumn(t *table, c *pg.AlterTableCmd) string {
	only(c, "subtype", "name", "behavior")
	if c.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
		refuse("%s", sentences["AlterTableCmd.behavior"])
	}
	col := t.column(c.GetName())
	if col == nil {
		refuse("%s has no column %s", t.name, c.GetName())
	}
	if t.appendOnly != nil {
		refuse("%s is append-only: its columns stay", t.name)
	}
	for _, rule := range slices.Clone(t.constraints) {
		if rule.Kind == "not_null" && rule.Columns[0] == col.name {
			p.schema.forget(t, rule.Name)
		} else if slices.Contains(rule.Columns, col.name) {
			refuse("column %s is part of %s: PostgreSQL would drop that silently and SQLite refuses", col.name, rule.Name)
		}
	}
	t.columns = slices.DeleteFunc(t.columns, func(other *column) bool { return other == col })
	return "ALTER TABLE " + name(t.name) + " DROP COLUMN " + name(col.name)
}

func (p *printer) drop(d *pg.DropStmt) string {
	only(d, "objects", "remove_type", "behavior")
	if d.GetBehavior() == pg.DropBehavior_DROP_CASCADE {
		refuse("%s", sentences["DropStmt.behavior"])
	}
	if len(d.GetObjects()) != 1 {
		refuse("SQLite drops one thing in a statement: write one for each")
	}
	parts := strs(d.GetObjects()[0].GetList().GetItems())
	goal := parts[len(parts)-1]
	switch d.GetRemoveType() {
	case pg.ObjectType_OBJECT_TABLE:
		t := p.schema.table(goal)
		for _, c := range t.constraints {
			delete(p.schema.names, c.Name)
		}
		for index, owner := range p.schema.indexes {
			if owner == goal {
				delete(p.schema.indexes, index)
			}
		}
		delete(p.schema.tables, goal)
		return "DROP TABLE " + name(goal)
	case pg.ObjectType_OBJECT_INDEX:
		owner, exists := p.schema.indexes[goal]
		if !exists {
			refuse("there is no index %s", goal)
		}
		delete(p.schema.indexes, goal)
		p.schema.forget(p.schema.table(owner), goal)
		return "DROP INDEX " + name(goal)
	}
	refuse("DROP is for tables and indexes")
	return ""
}

func lineOf(source string, offset int) int { return 1 + strings.Count(source[:offset], "\n") }
