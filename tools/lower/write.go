package main

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// statement prints a statement that reads or writes rows.
func (p *printer) statement(n *pg.Node) string {
	switch {
	case n.GetSelectStmt() != nil:
		text, _ := p.query(n.GetSelectStmt())
		return text
	case n.GetInsertStmt() != nil:
		return p.insert(n.GetInsertStmt())
	case n.GetUpdateStmt() != nil:
		return p.update(n.GetUpdateStmt())
	case n.GetDeleteStmt() != nil:
		return p.remove(n.GetDeleteStmt())
	}
	refuseKind(n)
	return ""
}

// target opens the scope of a statement that writes, with the table it writes as first relation.
func (p *printer) target(v *pg.RangeVar) (*table, *relation, string) {
	only(v, "relname", "inh", "relpersistence", "alias")
	t := p.schema.table(v.GetRelname())
	r := &relation{name: t.name, columns: t.columns}
	text := name(t.name)
	if alias := aliasOf(v.GetAlias()); alias != "" {
		r.name = alias
		text += " AS " + name(alias)
	}
	return t, r, text
}

func (p *printer) insert(i *pg.InsertStmt) string {
	only(i, "relation", "cols", "select_stmt", "on_conflict_clause", "returning_list", "with_clause", "override")
	if i.GetOverride() != pg.OverridingKind_OVERRIDING_NOT_SET {
		refuse("%s", sentences["InsertStmt.override"])
	}
	defer p.push()()
	var b strings.Builder
	b.WriteString(p.with(i.GetWithClause()))
	t, r, text := p.target(i.GetRelation())
	if len(i.GetCols()) == 0 && i.GetSelectStmt() != nil {
		refuse("INSERT names its columns, so that a new column does not shift them")
	}
	columns, names := p.assigned(t, i.GetCols())
	for _, c := range columns {
		if c.identity {
			refuse("%s.%s is numbered by the engine: a number given by hand moves SQLite's counter and not PostgreSQL's", t.name, c.name)
		}
	}
	if key := t.key(); t.rowid && !key.identity {
		p.keyGiven(t, key, columns, i)
	}
	b.WriteString("INSERT INTO " + text)
	if len(names) > 0 {
		b.WriteString(" (" + strings.Join(names, ", ") + ")")
	}
	b.WriteString(p.rows(columns, i))
	p.join(r)
	if c := i.GetOnConflictClause(); c != nil {
		b.WriteString(p.onConflict(t, c))
	}
	b.WriteString(p.returning(r, i.GetReturningList()))
	return b.String()
}

// keyGiven refuses an INSERT that could leave the key NULL where SQLite would number the row instead of refusing it. A
// parameter is never NULL where the program's type for it has none: with a NOT NULL column, all but sqlc.narg.
func (p *printer) keyGiven(t *table, key *column, columns []*column, i *pg.InsertStmt) {
	at := slices.Index(columns, key)
	if at < 0 {
		refuse("INSERT gives %s.%s: SQLite numbers a row that comes without, and PostgreSQL refuses it", t.name, key.name)
	}
	sure := true
	if s := i.GetSelectStmt().GetSelectStmt(); len(s.GetValuesLists()) == 0 {
		_, given := p.query(s)
		sure = len(given) != len(columns) || given[at].notNull // another number of columns is refused later
	} else {
		for _, row := range s.GetValuesLists() {
			items := row.GetList().GetItems()
			if at >= len(items) {
				continue // refused later
			}
			n := items[at]
			if c := n.GetTypeCast(); c != nil && c.GetArg().GetParamRef() != nil {
				n = c.GetArg()
			}
			sure = sure && (n.GetParamRef() != nil && !p.nullable || p.value(n).notNull)
		}
	}
	if !sure {
		refuse("the value for %s.%s may be NULL, and SQLite numbers such a row instead of refusing it; in this statement NULLs for other columns are parameters by number, not sqlc.narg", t.name, key.name)
	}
}

func (p *printer) assigned(t *table, list []*pg.Node) ([]*column, []string) {
	var columns []*column
	var names []string
	for _, n := range list {
		target := n.GetResTarget()
		only(target, "name")
		c := t.column(target.GetName())
		if c == nil {
			refuse("%s has no column %s", t.name, target.GetName())
		}
		columns = append(columns, c)
		names = append(names, name(c.name))
	}
	return columns, names
}

// rows prints what an INSERT puts in: DEFAULT VALUES, VALUES or a SELECT.
func (p *printer) rows(columns []*column, i *pg.InsertStmt) string {
	if i.GetSelectStmt() == nil {
		return p.line() + "DEFAULT VALUES"
	}
	s := i.GetSelectStmt().GetSelectStmt()
	if len(s.GetValuesLists()) == 0 {
		text, given := p.query(s)
		if len(given) != len(columns) {
			refuse("INSERT names %d columns and selects %d", len(columns), len(given))
		}
		for k, c := range columns {
			storable(c, given[k].value)
		}
		if i.GetOnConflictClause() != nil && s.GetWhereClause() == nil && len(s.GetFromClause()) > 0 {
			if s.GetOp() != pg.SetOperation_SETOP_NONE || len(s.GetGroupClause()) > 0 || len(s.GetSortClause()) > 0 || s.GetLimitCount() != nil {
				refuse("INSERT … SELECT … ON CONFLICT needs a WHERE here, or SQLite reads ON as a join: write WHERE true")
			}
			// Without it SQLite reads ON CONFLICT as the condition of a join.
			text += p.line() + "WHERE TRUE"
		}
		return p.line() + text
	}
	only(s, "values_lists", "op", "limit_option")
	rows := make([]string, len(s.GetValuesLists()))
	for k, n := range s.GetValuesLists() {
		items := n.GetList().GetItems()
		if len(items) != len(columns) {
			refuse("INSERT names %d columns and gives %d values", len(columns), len(items))
		}
		for j, item := range items {
			storable(columns[j], p.value(item))
		}
		rows[k] = "(" + p.exprs(items) + ")"
	}
	return p.line() + "VALUES " + strings.Join(rows, ","+p.line()+"    ")
}

// storable refuses a value that one engine stores and the other refuses or changes.
func storable(c *column, v value) {
	switch {
	case v.kind == unknown, v.kind == c.kind, v.kind == literal && c.kind == text:
	default:
		refuse("column %s is %s and the value is %s", c.name, c.kind, v.kind)
	}
}

func (p *printer) onConflict(t *table, c *pg.OnConflictClause) string {
	only(c, "action", "infer", "target_list", "where_clause")
	var b strings.Builder
	b.WriteString(p.line() + "ON CONFLICT")
	if inf := c.GetInfer(); inf != nil {
		only(inf, "index_elems", "where_clause", "conname")
		if inf.GetConname() != "" {
			refuse("%s", sentences["InferClause.conname"])
		}
		names := make([]string, len(inf.GetIndexElems()))
		for i, n := range inf.GetIndexElems() {
			e := n.GetIndexElem()
			only(e, "name", "ordering", "nulls_ordering")
			names[i] = name(e.GetName())
		}
		b.WriteString(" (" + strings.Join(names, ", ") + ")")
		if inf.GetWhereClause() != nil {
			b.WriteString(" WHERE " + p.expr(inf.GetWhereClause(), precLowest))
		}
	}
	if c.GetAction() == pg.OnConflictAction_ONCONFLICT_NOTHING {
		return b.String() + " DO NOTHING"
	}
	p.join(&relation{name: "excluded", columns: t.columns})
	b.WriteString(" DO UPDATE SET " + p.sets(t, c.GetTargetList()))
	if c.GetWhereClause() != nil {
		b.WriteString(p.line() + "WHERE " + p.expr(c.GetWhereClause(), precLowest))
	}
	p.scope.from = p.scope.from[:len(p.scope.from)-1]
	return b.String()
}

func (p *printer) sets(t *table, list []*pg.Node) string {
	out := make([]string, len(list))
	for i, n := range list {
		target := n.GetResTarget()
		only(target, "name", "val")
		c := t.column(target.GetName())
		if c == nil {
			refuse("%s has no column %s", t.name, target.GetName())
		}
		if t.appendOnly != nil && !slices.Contains(t.appendOnly.except, c.name) {
			refuse("%s is append-only: its trigger refuses a new %s", t.name, c.name)
		}
		if target.GetVal().GetMultiAssignRef() != nil {
			refuseKind(target.GetVal())
		}
		storable(c, p.value(target.GetVal()))
		out[i] = name(c.name) + " = " + p.expr(target.GetVal(), precLowest)
	}
	return strings.Join(out, ", ")
}

func (p *printer) update(u *pg.UpdateStmt) string {
	only(u, "relation", "target_list", "where_clause", "from_clause", "returning_list", "with_clause")
	defer p.push()()
	var b strings.Builder
	b.WriteString(p.with(u.GetWithClause()))
	t, r, text := p.target(u.GetRelation())
	from := p.from(u.GetFromClause())
	p.join(r)
	b.WriteString("UPDATE " + text + p.line() + "SET " + p.sets(t, u.GetTargetList()))
	if from != "" {
		b.WriteString(p.line() + "FROM " + from)
	}
	b.WriteString(p.where(u.GetWhereClause()))
	b.WriteString(p.returning(r, u.GetReturningList()))
	return b.String()
}

func (p *printer) remove(d *pg.DeleteStmt) string {
	only(d, "relation", "where_clause", "returning_list", "with_clause")
	defer p.push()()
	var b strings.Builder
	b.WriteString(p.with(d.GetWithClause()))
	t, r, text := p.target(d.GetRelation())
	if t.appendOnly != nil {
		refuse("%s is append-only: its trigger refuses DELETE", t.name)
	}
	p.join(r)
	b.WriteString("DELETE FROM " + text)
	b.WriteString(p.where(d.GetWhereClause()))
	b.WriteString(p.returning(r, d.GetReturningList()))
	return b.String()
}

// returning prints RETURNING. SQLite sees only the written table there and no alias of it, so the alias is
// taken off and other tables are refused.
func (p *printer) returning(r *relation, list []*pg.Node) string {
	if len(list) == 0 {
		return ""
	}
	defer p.push()()
	p.scope.outer = nil
	p.scope.from = []*relation{r}
	p.alias = r.name
	text, _ := p.targets(list)
	p.alias = ""
	return p.line() + "RETURNING " + text
}
