package main

import (
	pg "github.com/pganalyze/pg_query_go/v6"
)

// value says what is known of an expression's type. It refuses nothing that printing does not refuse too.
func (p *printer) value(n *pg.Node) value {
	switch {
	case n.GetColumnRef() != nil:
		if _, star := starOf(n.GetColumnRef()); star {
			return value{}
		}
		return p.lookup(n.GetColumnRef()).value
	case n.GetAConst() != nil:
		return constantValue(n.GetAConst())
	case n.GetTypeCast() != nil:
		return p.castValue(n.GetTypeCast())
	case n.GetBoolExpr() != nil:
		v := value{kind: boolean, notNull: true}
		for _, a := range n.GetBoolExpr().GetArgs() {
			v.notNull = v.notNull && p.value(a).notNull
		}
		return v
	case n.GetNullTest() != nil, n.GetBooleanTest() != nil:
		return value{kind: boolean, notNull: true}
	case n.GetAExpr() != nil:
		return p.operatorValue(n.GetAExpr())
	case n.GetFuncCall() != nil:
		f := find(n.GetFuncCall())
		args := p.argValues(n.GetFuncCall())
		if len(args) == 0 && len(f.args) > 0 && f.args[0] > 0 {
			return value{}
		}
		return f.gives(args)
	case n.GetCoalesceExpr() != nil:
		args := n.GetCoalesceExpr().GetArgs()
		v := p.merged(args)
		v.notNull = false
		for _, a := range args {
			v.notNull = v.notNull || p.value(a).notNull
		}
		return v
	case n.GetCaseExpr() != nil:
		c := n.GetCaseExpr()
		var results []*pg.Node
		for _, w := range c.GetArgs() {
			results = append(results, w.GetCaseWhen().GetResult())
		}
		if c.GetDefresult() == nil {
			v := p.merged(results)
			v.notNull = false
			return v
		}
		return p.merged(append(results, c.GetDefresult()))
	case n.GetSubLink() != nil:
		return p.subLinkValue(n.GetSubLink())
	case n.GetCollateClause() != nil:
		v := p.value(n.GetCollateClause().GetArg())
		return value{kind: text, notNull: v.notNull, byteC: true}
	}
	return value{}
}

// merged is the type of several expressions of which one is the result.
func (p *printer) merged(list []*pg.Node) value {
	out := value{notNull: true, byteC: true}
	sawText := false
	for _, n := range list {
		v := p.value(n)
		if !known(out.kind) && v.kind != unknown {
			out.kind = v.kind
		}
		out.notNull = out.notNull && v.notNull
		if v.kind == text {
			sawText = true
			out.byteC = out.byteC && v.byteC
		}
	}
	out.byteC = out.byteC && sawText
	if sawText {
		out.kind = text
	}
	return out
}

func constantValue(c *pg.A_Const) value {
	switch {
	case c.GetIsnull():
		return value{}
	case c.GetSval() != nil:
		return value{kind: literal, notNull: true}
	case c.GetBoolval() != nil:
		return value{kind: boolean, notNull: true}
	}
	return value{kind: bigint, notNull: true}
}

func (p *printer) castValue(c *pg.TypeCast) value {
	if len(c.GetTypeName().GetArrayBounds()) > 0 {
		refuse("%s", sentences["TypeName.array_bounds"])
	}
	v := p.value(c.GetArg())
	return value{kind: typeOf(c.GetTypeName()), notNull: v.notNull, byteC: v.byteC}
}

func (p *printer) operatorValue(e *pg.A_Expr) value {
	op := operatorName(e.GetName())
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_DISTINCT, pg.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		return value{kind: boolean, notNull: true}
	case pg.A_Expr_Kind_AEXPR_NULLIF:
		v := p.value(e.GetLexpr())
		v.notNull = false
		return v
	case pg.A_Expr_Kind_AEXPR_OP:
		right := p.value(e.GetRexpr())
		if e.GetLexpr() == nil {
			return value{kind: bigint, notNull: right.notNull}
		}
		left := value{}
		if e.GetLexpr().GetRowExpr() == nil {
			left = p.value(e.GetLexpr())
		}
		notNull := left.notNull && right.notNull
		if op == "||" {
			return value{kind: text, notNull: notNull, byteC: left.byteC || right.byteC}
		}
		if _, isNumber := arithmetic[op]; isNumber {
			// x / NULLIF(y, 0) is NULL where y is 0; its right side says so.
			return value{kind: bigint, notNull: notNull}
		}
		return value{kind: boolean, notNull: notNull}
	}
	return value{kind: boolean}
}

func (p *printer) subLinkValue(s *pg.SubLink) value {
	switch s.GetSubLinkType() {
	case pg.SubLinkType_EXISTS_SUBLINK:
		return value{kind: boolean, notNull: true}
	case pg.SubLinkType_EXPR_SUBLINK:
		if sel := s.GetSubselect().GetSelectStmt(); sel != nil {
			if _, columns := p.query(sel); len(columns) == 1 {
				v := columns[0].value
				v.notNull = false // no row is NULL
				return v
			}
		}
		return value{}
	}
	return value{kind: boolean}
}
