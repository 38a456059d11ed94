package main

import (
	"slices"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

func (p *printer) from(list []*pg.Node) string {
	parts := make([]string, len(list))
	for i, n := range list {
		if i > 0 && lopsided(n.GetJoinExpr()) {
			refuse("RIGHT and FULL JOIN after a comma take in what stands before it on SQLite: write the whole as joins")
		}
		parts[i] = p.source(n)
	}
	return strings.Join(parts, ", ")
}

// lopsided says whether a join keeps rows of its right side.
func lopsided(j *pg.JoinExpr) bool {
	return j != nil && (j.GetJointype() == pg.JoinType_JOIN_RIGHT || j.GetJointype() == pg.JoinType_JOIN_FULL ||
		lopsided(j.GetLarg().GetJoinExpr()))
}

func (p *printer) source(n *pg.Node) string {
	switch {
	case n.GetRangeVar() != nil:
		return p.tableSource(n.GetRangeVar())
	case n.GetRangeSubselect() != nil:
		return p.subSource(n.GetRangeSubselect())
	case n.GetJoinExpr() != nil:
		return p.joinSource(n.GetJoinExpr())
	}
	refuseKind(n)
	return ""
}

func (p *printer) tableSource(v *pg.RangeVar) string {
	only(v, "relname", "inh", "relpersistence", "alias")
	var columns []*column
	if r := p.cte(v.GetRelname()); r != nil {
		columns = r.columns
	} else {
		columns = p.schema.table(v.GetRelname()).columns
	}
	text := name(v.GetRelname())
	r := &relation{name: v.GetRelname(), columns: columns}
	if alias := aliasOf(v.GetAlias()); alias != "" {
		text += " AS " + name(alias)
		r.name = alias
	}
	p.join(r)
	return text
}

func aliasOf(a *pg.Alias) string {
	if a == nil {
		return ""
	}
	only(a, "aliasname")
	return a.GetAliasname()
}

func (p *printer) subSource(s *pg.RangeSubselect) string {
	only(s, "subquery", "alias")
	if len(s.GetSubquery().GetSelectStmt().GetValuesLists()) > 0 {
		refuse("%s", sentences["SelectStmt.values_lists"])
	}
	// A sub-select in FROM does not see its neighbours, so it is read as if it stood alone at this level.
	neighbours := p.scope.from
	p.scope.from = nil
	text, columns := p.nested(s.GetSubquery().GetSelectStmt())
	p.scope.from = neighbours
	alias := aliasOf(s.GetAlias())
	if alias == "" {
		refuse("a sub-select in FROM has a name: AS x")
	}
	p.join(&relation{name: alias, columns: columns})
	return text + " AS " + name(alias)
}

func (p *printer) joinSource(j *pg.JoinExpr) string {
	only(j, "jointype", "larg", "rarg", "quals", "using_clause")
	start := len(p.scope.from)
	left := p.source(j.GetLarg())
	middle := len(p.scope.from)
	right := p.source(j.GetRarg())
	if j.GetRarg().GetJoinExpr() != nil {
		right = "(" + right + ")"
	}
	condition := ""
	switch {
	case j.GetQuals() != nil:
		condition = " ON " + p.expr(j.GetQuals(), precLowest)
	case len(j.GetUsingClause()) > 0:
		condition = " USING (" + nameList(strs(j.GetUsingClause())) + ")"
	}
	word := ""
	switch j.GetJointype() {
	case pg.JoinType_JOIN_INNER:
		word = "JOIN "
	case pg.JoinType_JOIN_LEFT:
		word = "LEFT JOIN "
		optional(p.scope.from[middle:])
	case pg.JoinType_JOIN_RIGHT:
		word = "RIGHT JOIN "
		optional(p.scope.from[start:middle])
	case pg.JoinType_JOIN_FULL:
		word = "FULL JOIN "
		optional(p.scope.from[start:])
	default:
		refuse("%s is not on the list of joins", j.GetJointype())
	}
	return left + p.line() + word + right + condition
}

// where prints the condition, and notes which columns it keeps from being NULL in the rows that remain.
func (p *printer) where(n *pg.Node) string {
	if n == nil {
		return ""
	}
	text := p.line() + "WHERE " + p.expr(n, precLowest)
	p.narrow(n)
	return text
}

// narrow reads the parts of a condition that all hold.
func (p *printer) narrow(n *pg.Node) {
	if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == pg.BoolExprType_AND_EXPR {
		for _, a := range b.GetArgs() {
			p.narrow(a)
		}
		return
	}
	if t := n.GetNullTest(); t != nil && t.GetNulltesttype() == pg.NullTestType_IS_NOT_NULL {
		p.present(t.GetArg())
		return
	}
	e := n.GetAExpr()
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_OP:
		if !comparison[operatorName(e.GetName())] {
			return
		}
		p.present(e.GetLexpr())
		p.present(e.GetRexpr())
		// A comparison of rows may hold without looking at all of them, but (but for <>) never without the first.
		if r := e.GetLexpr().GetRowExpr(); r != nil && operatorName(e.GetName()) != "<>" {
			p.present(r.GetArgs()[0])
		}
	case pg.A_Expr_Kind_AEXPR_OP_ANY, pg.A_Expr_Kind_AEXPR_IN, pg.A_Expr_Kind_AEXPR_BETWEEN:
		p.present(e.GetLexpr())
	}
}

// present replaces a column of this level by one that is not NULL.
func (p *printer) present(n *pg.Node) {
	ref := n.GetColumnRef()
	if ref == nil {
		return
	}
	found := p.lookup(ref)
	for _, r := range p.scope.from {
		if i := slices.Index(r.columns, found); i >= 0 {
			twin := *found
			twin.notNull = true
			r.columns = slices.Clone(r.columns)
			r.columns[i] = &twin
			return
		}
	}
}
