package main

import (
	pg "github.com/pganalyze/pg_query_go/v6"
)

// single refuses a sub-select used as a value that may find two rows: PostgreSQL answers with an error,
// SQLite takes the first. One row is certain with LIMIT 1, with an aggregate over everything, and where the
// conditions fix every column of a unique key of the only table.
func (p *printer) single(s *pg.SelectStmt) {
	if c := s.GetLimitCount().GetAConst(); c != nil && c.GetIval().GetIval() == 1 {
		return
	}
	if len(s.GetFromClause()) == 0 && s.GetOp() == pg.SetOperation_SETOP_NONE {
		return
	}
	if s.GetOp() == pg.SetOperation_SETOP_NONE && len(s.GetGroupClause()) == 0 && aggregates(s.GetTargetList()[0]) {
		return
	}
	if p.fixedByKey(s) {
		return
	}
	refuse("a sub-select used as a value may find two rows, an error on PostgreSQL and silence on SQLite: add LIMIT 1, or fix a unique key")
}

var aggregateNames = map[string]bool{"count": true, "sum": true, "min": true, "max": true, "bool_and": true, "bool_or": true, "string_agg": true}

func aggregates(n *pg.Node) bool {
	switch {
	case n.GetResTarget() != nil:
		return aggregates(n.GetResTarget().GetVal())
	case n.GetTypeCast() != nil:
		return aggregates(n.GetTypeCast().GetArg())
	case n.GetFuncCall() != nil:
		return n.GetFuncCall().GetOver() == nil && aggregateNames[funcName(n.GetFuncCall())]
	case n.GetCoalesceExpr() != nil:
		for _, a := range n.GetCoalesceExpr().GetArgs() {
			if aggregates(a) {
				return true
			}
		}
	case n.GetAExpr() != nil:
		return aggregates(n.GetAExpr().GetLexpr()) || aggregates(n.GetAExpr().GetRexpr())
	}
	return false
}

func (p *printer) fixedByKey(s *pg.SelectStmt) bool {
	if len(s.GetFromClause()) != 1 {
		return false
	}
	v := s.GetFromClause()[0].GetRangeVar()
	if v == nil || p.cte(v.GetRelname()) != nil {
		return false
	}
	t := p.schema.tables[v.GetRelname()]
	if t == nil {
		return false
	}
	seen := v.GetRelname()
	if a := aliasOf(v.GetAlias()); a != "" {
		seen = a
	}
	fixed := map[string]bool{}
	equalities(s.GetWhereClause(), seen, t, fixed)
	for _, c := range t.constraints {
		// A partial index is unique only where its condition holds.
		if (c.Kind != "unique" && c.Kind != "primary") || c.Rule != "" {
			continue
		}
		all := true
		for _, column := range c.Columns {
			all = all && fixed[column]
		}
		if all {
			return true
		}
	}
	return false
}

// equalities notes the columns of t that the condition sets equal to something that is not of t itself.
func equalities(n *pg.Node, seen string, t *table, fixed map[string]bool) {
	if b := n.GetBoolExpr(); b != nil && b.GetBoolop() == pg.BoolExprType_AND_EXPR {
		for _, a := range b.GetArgs() {
			equalities(a, seen, t, fixed)
		}
		return
	}
	e := n.GetAExpr()
	if e == nil || e.GetKind() != pg.A_Expr_Kind_AEXPR_OP || operatorName(e.GetName()) != "=" {
		return
	}
	left, right := ownColumn(e.GetLexpr(), seen, t), ownColumn(e.GetRexpr(), seen, t)
	if left != "" && right == "" {
		fixed[left] = true
	}
	if right != "" && left == "" {
		fixed[right] = true
	}
}

func ownColumn(n *pg.Node, seen string, t *table) string {
	ref := n.GetColumnRef()
	if ref == nil {
		return ""
	}
	parts := strs(ref.GetFields())
	if len(parts) == 2 && parts[0] != seen {
		return ""
	}
	if c := t.column(parts[len(parts)-1]); c != nil {
		return c.name
	}
	return ""
}
