package main

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// query prints a SELECT and says what columns come out of it.
func (p *printer) query(s *pg.SelectStmt) (string, []*column) {
	if s.GetOp() != pg.SetOperation_SETOP_NONE {
		return p.compound(s)
	}
	distinct := isDistinct(s)
	allowed := []string{"target_list", "from_clause", "where_clause", "group_clause", "having_clause", "sort_clause",
		"limit_offset", "limit_count", "limit_option", "locking_clause", "with_clause", "op"}
	if distinct {
		allowed = append(allowed, "distinct_clause")
	}
	only(s, allowed...)
	defer p.push()()

	var b strings.Builder
	b.WriteString(p.with(s.GetWithClause()))
	from := p.from(s.GetFromClause())
	where := p.where(s.GetWhereClause())
	b.WriteString("SELECT ")
	if distinct {
		b.WriteString("DISTINCT ")
	}
	list, columns := p.targets(s.GetTargetList())
	b.WriteString(list)
	if from != "" {
		b.WriteString(p.line() + "FROM " + from)
	}
	b.WriteString(where)
	if len(s.GetGroupClause()) > 0 {
		b.WriteString(p.line() + "GROUP BY " + p.group(s.GetGroupClause(), columns))
	}
	if s.GetHavingClause() != nil {
		b.WriteString(p.line() + "HAVING " + p.expr(s.GetHavingClause(), precLowest))
	}
	p.scope.outputs = columns
	b.WriteString(p.tail(s))
	return b.String(), columns
}

// group prints GROUP BY, where a bare name is a column first and a named output second on both engines.
func (p *printer) group(list []*pg.Node, outputs []*column) string {
	out := make([]string, len(list))
	for i, n := range list {
		p.scope.outputs = outputs
		if c := p.output(n); c != nil && !p.sees(c.name) {
			out[i] = name(c.name)
		} else {
			out[i] = p.expr(n, precLowest)
		}
		p.scope.outputs = nil
	}
	return strings.Join(out, ", ")
}

func isDistinct(s *pg.SelectStmt) bool {
	d := s.GetDistinctClause()
	return len(d) == 1 && d[0].GetNode() == nil
}

// steady prints an expression so that SQLite does not plan by its value: where it does, it plans anew at each run, which takes
// longer than most statements. A sign before the parameter keeps it from that and changes nothing else.
func (p *printer) steady(n *pg.Node) string {
	text := p.expr(n, precLowest)
	if strings.HasPrefix(text, "?") {
		return "+" + text
	}
	return text
}

// tail prints what may follow a plain and a compound SELECT alike.
func (p *printer) tail(s *pg.SelectStmt) string {
	var b strings.Builder
	if len(s.GetSortClause()) > 0 {
		b.WriteString(p.line() + "ORDER BY " + p.order(s.GetSortClause(), true))
	}
	if s.GetLimitOption() == pg.LimitOption_LIMIT_OPTION_WITH_TIES {
		refuse("WITH TIES has no SQLite counterpart")
	}
	count, offset := s.GetLimitCount(), s.GetLimitOffset()
	for _, n := range []*pg.Node{count, offset} {
		if n.GetAConst().GetIsnull() {
			refuse("LIMIT NULL and LIMIT ALL are errors on SQLite: leave them out")
		}
	}
	switch {
	case count != nil:
		b.WriteString(p.line() + "LIMIT " + p.steady(count))
	case offset != nil:
		b.WriteString(p.line() + "LIMIT -1") // SQLite has no OFFSET without a LIMIT
	}
	if offset != nil {
		b.WriteString(" OFFSET " + p.expr(offset, precLowest))
	}
	for _, n := range s.GetLockingClause() {
		l := n.GetLockingClause()
		only(l, "locked_rels", "strength", "wait_policy")
		if l.GetStrength() != pg.LockClauseStrength_LCS_FORUPDATE && l.GetStrength() != pg.LockClauseStrength_LCS_FORNOKEYUPDATE {
			refuse("FOR SHARE and FOR KEY SHARE are not lowered: use FOR UPDATE")
		}
		if l.GetWaitPolicy() == pg.LockWaitPolicy_LockWaitError {
			refuse("NOWAIT fails on one engine only: use SKIP LOCKED, or wait")
		}
		// The embedded engine runs one writer at a time: there is nothing to lock.
	}
	return b.String()
}

// compound prints UNION, INTERSECT and EXCEPT. SQLite reads them from left to right, whatever they are, and
// takes no parentheses: an arm that needs some becomes SELECT * FROM (…).
func (p *printer) compound(s *pg.SelectStmt) (string, []*column) {
	only(s, "op", "all", "larg", "rarg", "sort_clause", "limit_offset", "limit_count", "limit_option", "locking_clause", "with_clause")
	word := map[pg.SetOperation]string{
		pg.SetOperation_SETOP_UNION: "UNION", pg.SetOperation_SETOP_INTERSECT: "INTERSECT", pg.SetOperation_SETOP_EXCEPT: "EXCEPT",
	}[s.GetOp()]
	if s.GetAll() {
		if word != "UNION" {
			refuse("%s ALL has no SQLite counterpart", word)
		}
		word = "UNION ALL"
	}
	defer p.push()()
	head := p.with(s.GetWithClause())
	left, columns := p.arm(s.GetLarg(), true)
	right, others := p.arm(s.GetRarg(), false)
	if len(columns) != len(others) {
		refuse("the sides of %s have %d and %d columns", word, len(columns), len(others))
	}
	columns = merge(columns, others)
	p.scope.outputs = columns
	return head + left + p.line() + word + p.line() + right + p.tail(s), columns
}

func (p *printer) arm(s *pg.SelectStmt, first bool) (string, []*column) {
	nested := s.GetOp() != pg.SetOperation_SETOP_NONE
	plain := len(s.GetSortClause()) == 0 && s.GetLimitCount() == nil && s.GetLimitOffset() == nil && s.GetWithClause() == nil
	if plain && (!nested || first) {
		return p.query(s)
	}
	text, columns := p.nested(s)
	return "SELECT * FROM " + text, columns
}

func merge(a, b []*column) []*column {
	out := make([]*column, len(a))
	for i := range a {
		c := *a[i]
		if !known(c.kind) {
			c.kind = b[i].kind
		}
		c.notNull = c.notNull && b[i].notNull
		c.byteC = c.byteC && b[i].byteC
		out[i] = &c
	}
	return out
}

// nested prints a SELECT in parentheses, one step further in.
func (p *printer) nested(s *pg.SelectStmt) (string, []*column) {
	alias := p.alias
	p.alias = ""
	p.depth++
	text, columns := p.query(s)
	open := p.line()
	p.depth--
	p.alias = alias
	return "(" + open + text + p.line() + ")", columns
}

func (p *printer) with(w *pg.WithClause) string {
	if w == nil {
		return ""
	}
	only(w, "ctes", "recursive")
	parts := make([]string, 0, len(w.GetCtes()))
	for _, n := range w.GetCtes() {
		c := n.GetCommonTableExpr()
		only(c, "ctename", "aliascolnames", "ctematerialized", "ctequery")
		s := c.GetCtequery().GetSelectStmt()
		if s == nil {
			refuse("a CTE that writes has no SQLite counterpart: use two statements in one transaction")
		}
		given := strs(c.GetAliascolnames())
		if w.GetRecursive() && s.GetOp() == pg.SetOperation_SETOP_UNION {
			// The first arm says what the recursive one will see.
			_, columns := p.query(s.GetLarg())
			p.scope.ctes[c.GetCtename()] = &relation{columns: renamed(columns, given)}
		}
		text, columns := p.nested(s)
		p.scope.ctes[c.GetCtename()] = &relation{columns: renamed(columns, given)}
		head := name(c.GetCtename())
		if len(given) > 0 {
			head += " (" + nameList(given) + ")"
		}
		hint := map[pg.CTEMaterialize]string{
			pg.CTEMaterialize_CTEMaterializeAlways: "MATERIALIZED ", pg.CTEMaterialize_CTEMaterializeNever: "NOT MATERIALIZED ",
		}[c.GetCtematerialized()]
		parts = append(parts, head+" AS "+hint+text)
	}
	word := "WITH "
	if w.GetRecursive() {
		word = "WITH RECURSIVE "
	}
	return word + strings.Join(parts, ", ") + p.line()
}

func renamed(columns []*column, names []string) []*column {
	if len(names) == 0 {
		return columns
	}
	if len(names) != len(columns) {
		refuse("a CTE names %d columns and has %d", len(names), len(columns))
	}
	out := make([]*column, len(columns))
	for i, c := range columns {
		twin := *c
		twin.name = names[i]
		out[i] = &twin
	}
	return out
}

// targets prints a select list.
func (p *printer) targets(list []*pg.Node) (string, []*column) {
	texts := make([]string, 0, len(list))
	var columns []*column
	for _, n := range list {
		t := n.GetResTarget()
		if t == nil {
			refuseKind(n)
		}
		only(t, "name", "val")
		if ref := t.GetVal().GetColumnRef(); ref != nil {
			if parts, star := starOf(ref); star {
				texts = append(texts, strings.Join(append(parts, "*"), "."))
				columns = append(columns, p.all(parts)...)
				continue
			}
		}
		text := p.expr(t.GetVal(), precLowest)
		c := &column{name: t.GetName(), value: p.value(t.GetVal())}
		if ref := t.GetVal().GetColumnRef(); c.name == "" && ref != nil {
			parts := strs(ref.GetFields())
			c.name = parts[len(parts)-1]
		}
		if t.GetName() != "" {
			text += " AS " + name(t.GetName())
		}
		texts = append(texts, text)
		columns = append(columns, c)
	}
	return strings.Join(texts, ", "), columns
}

func starOf(ref *pg.ColumnRef) ([]string, bool) {
	fields := ref.GetFields()
	last := len(fields) - 1
	if fields[last].GetAStar() == nil {
		return nil, false
	}
	return strs(fields[:last]), true
}

// all returns the columns that * or t.* stands for.
func (p *printer) all(parts []string) []*column {
	var columns []*column
	for _, r := range p.scope.from {
		if len(parts) == 0 || r.name == parts[0] {
			columns = append(columns, r.columns...)
		}
	}
	if len(columns) == 0 {
		refuse("* stands for nothing here")
	}
	return columns
}

// order prints ORDER BY. NULLs sort last on PostgreSQL and first on SQLite, so a key that may be NULL says where.
func (p *printer) order(list []*pg.Node, seesOutputs bool) string {
	out := make([]string, len(list))
	for i, n := range list {
		s := n.GetSortBy()
		only(s, "node", "sortby_dir", "sortby_nulls")
		key := s.GetNode()
		if key.GetAConst() != nil {
			refuse("ORDER BY a position is not lowered: name the column")
		}
		var v value
		if output := p.output(key); seesOutputs && output != nil {
			out[i], v = name(output.name), output.value
		} else {
			out[i], v = p.expr(key, precLowest), p.value(key)
		}
		if (v.kind == text || v.kind == literal) && !v.byteC {
			refuse(`ORDER BY %s sorts text that is not COLLATE "C": PostgreSQL would use the database's language`, out[i])
		}
		if s.GetSortbyDir() == pg.SortByDir_SORTBY_DESC {
			out[i] += " DESC"
		}
		switch s.GetSortbyNulls() {
		case pg.SortByNulls_SORTBY_NULLS_FIRST:
			if !v.notNull {
				out[i] += " NULLS FIRST"
			}
		case pg.SortByNulls_SORTBY_NULLS_LAST:
			if !v.notNull { // where there are none, the word would only keep SQLite from using an index
				out[i] += " NULLS LAST"
			}
		default:
			if !v.notNull {
				refuse("ORDER BY %s may be NULL, which sorts last on PostgreSQL and first on SQLite: say NULLS FIRST or NULLS LAST", out[i])
			}
		}
	}
	return strings.Join(out, ", ")
}

// output finds the select list's column that a bare name in ORDER BY means first on both engines.
func (p *printer) output(key *pg.Node) *column {
	ref := key.GetColumnRef()
	if ref == nil || len(ref.GetFields()) != 1 {
		return nil
	}
	wanted := strs(ref.GetFields())[0]
	for _, c := range p.scope.outputs {
		if c.name == wanted {
			return c
		}
	}
	return nil
}

func (p *printer) subLink(s *pg.SubLink) (string, int) {
	sel := s.GetSubselect().GetSelectStmt()
	if sel == nil {
		refuseKind(s.GetSubselect())
	}
	switch s.GetSubLinkType() {
	case pg.SubLinkType_EXISTS_SUBLINK:
		only(s, "sub_link_type", "subselect")
		text, _ := p.nested(sel)
		return "EXISTS " + text, precAtom
	case pg.SubLinkType_EXPR_SUBLINK:
		only(s, "sub_link_type", "subselect")
		text, columns := p.nested(sel)
		if len(columns) != 1 {
			refuse("a sub-select used as a value has %d columns", len(columns))
		}
		p.single(sel)
		return text, precAtom
	case pg.SubLinkType_ANY_SUBLINK:
		only(s, "sub_link_type", "subselect", "testexpr", "oper_name")
		if len(s.GetOperName()) > 0 && operatorName(s.GetOperName()) != "=" {
			refuse("only = ANY (SELECT …) and IN (SELECT …) are lowered")
		}
		return p.inSelect(s.GetTestexpr(), sel), precEqual
	case pg.SubLinkType_ALL_SUBLINK:
		refuse("ALL (SELECT …) has no SQLite counterpart: use NOT EXISTS")
	case pg.SubLinkType_ARRAY_SUBLINK:
		refuse("ARRAY (SELECT …) has no SQLite counterpart: read the rows")
	}
	refuse("%s is not on the list of sub-selects", s.GetSubLinkType())
	return "", 0
}

func (p *printer) inSelect(test *pg.Node, sel *pg.SelectStmt) string {
	items := []*pg.Node{test}
	left := ""
	if test.GetRowExpr() != nil {
		items = p.row(test)
		left = p.rowText(test)
	} else {
		left = p.expr(test, precCompare)
	}
	text, columns := p.nested(sel)
	if len(items) != len(columns) {
		refuse("IN compares %d values with %d columns", len(items), len(columns))
	}
	for i, item := range items {
		p.comparable("=", p.value(item), columns[i].value)
	}
	return left + " IN " + text
}
