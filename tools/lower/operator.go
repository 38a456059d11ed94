package main

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// arithmetic maps an operator to its precedence on SQLite. All of these work on whole numbers the same way.
var arithmetic = map[string]int{"+": precAdd, "-": precAdd, "*": precMul, "/": precMul, "%": precMul}

var comparison = map[string]bool{"=": true, "<>": true, "<": true, ">": true, "<=": true, ">=": true}

func (p *printer) operator(e *pg.A_Expr) (string, int) {
	only(e, "kind", "name", "lexpr", "rexpr")
	op := operatorName(e.GetName())
	switch e.GetKind() {
	case pg.A_Expr_Kind_AEXPR_OP:
		return p.plainOperator(op, e)
	case pg.A_Expr_Kind_AEXPR_OP_ANY:
		if op != "=" {
			refuse("%s ANY has no SQLite counterpart: only = ANY is lowered", op)
		}
		return p.anyOf(e), precEqual
	case pg.A_Expr_Kind_AEXPR_OP_ALL:
		refuse("%s ALL has no SQLite counterpart", op)
	case pg.A_Expr_Kind_AEXPR_DISTINCT, pg.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		word := " IS DISTINCT FROM "
		if e.GetKind() == pg.A_Expr_Kind_AEXPR_NOT_DISTINCT {
			word = " IS NOT DISTINCT FROM "
		}
		p.comparable("=", p.value(e.GetLexpr()), p.value(e.GetRexpr()))
		return p.expr(e.GetLexpr(), precCompare) + word + p.expr(e.GetRexpr(), precCompare), precEqual
	case pg.A_Expr_Kind_AEXPR_NULLIF:
		p.comparable("=", p.value(e.GetLexpr()), p.value(e.GetRexpr()))
		return "NULLIF(" + p.expr(e.GetLexpr(), precLowest) + ", " + p.expr(e.GetRexpr(), precLowest) + ")", precAtom
	case pg.A_Expr_Kind_AEXPR_IN:
		return p.in(op, e), precEqual
	case pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		return p.between(e), precEqual
	case pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE, pg.A_Expr_Kind_AEXPR_SIMILAR:
		refuse("LIKE folds case on SQLite, ILIKE and SIMILAR TO do not exist there: compare a key computed in Go, prefixes by >= and <")
	case pg.A_Expr_Kind_AEXPR_BETWEEN_SYM, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		refuse("BETWEEN SYMMETRIC has no SQLite counterpart")
	}
	refuse("the operator %s is not on the list", op)
	return "", 0
}

func operatorName(list []*pg.Node) string {
	parts := strs(list)
	if len(parts) != 1 {
		refuse("OPERATOR(schema.name) is not lowered")
	}
	return parts[0]
}

func (p *printer) plainOperator(op string, e *pg.A_Expr) (string, int) {
	left, right := e.GetLexpr(), e.GetRexpr()
	if left == nil {
		if op != "-" && op != "+" {
			refuse("the operator %s before an expression is not on the list", op)
		}
		p.number(op, right)
		// A sign before a sign would begin a comment.
		return op + p.expr(right, precAtom), precUnary
	}
	if left.GetRowExpr() != nil || right.GetRowExpr() != nil {
		return p.rowComparison(op, left, right), precEqual
	}
	if comparison[op] {
		p.comparable(op, p.value(left), p.value(right))
		if p.conditional(left) && right.GetParamRef() != nil {
			return p.expr(left, precBits) + " " + op + " " + p.steady(right), precEqual
		}
		return p.expr(left, precBits) + " " + op + " " + p.expr(right, precBits), precEqual
	}
	if prec, known := arithmetic[op]; known {
		p.number(op, left)
		p.number(op, right)
		if op == "/" || op == "%" {
			divisor(op, right)
		}
		return p.expr(left, prec) + " " + op + " " + p.expr(right, prec+1), prec
	}
	if op == "||" {
		for _, side := range []*pg.Node{left, right} {
			if k := p.value(side).kind; k == boolean || k == bytea {
				refuse("|| with a value of type %s gives other results on SQLite", k)
			}
		}
		return p.expr(left, precConcat) + " || " + p.expr(right, precUnary), precConcat
	}
	if strings.HasPrefix(op, "->") || strings.HasPrefix(op, "#>") || op == "@>" || op == "<@" || op == "?" {
		refuse("JSON is TEXT and is taken apart in Go: %s is not lowered", op)
	}
	if strings.Contains(op, "~") {
		refuse("regular expressions and LIKE have no common form: compare a key computed in Go")
	}
	refuse("the operator %s is not on the list", op)
	return "", 0
}

// conditional is a column that a partial index speaks of. SQLite looks at the value that it is compared with, to see whether
// the index serves.
func (p *printer) conditional(n *pg.Node) bool {
	if n.GetColumnRef() == nil {
		return false
	}
	if _, star := starOf(n.GetColumnRef()); star {
		return false
	}
	return p.lookup(n.GetColumnRef()).conditional
}

// number refuses operands of arithmetic that SQLite would turn into numbers silently.
func (p *printer) number(op string, n *pg.Node) {
	if k := p.value(n).kind; k != bigint && k != unknown {
		refuse("%s of a value of type %s: arithmetic is for BIGINT", op, k)
	}
}

// divisor refuses a division that PostgreSQL answers with an error and SQLite with NULL.
func divisor(op string, n *pg.Node) {
	if e := n.GetAExpr(); e != nil && e.GetKind() == pg.A_Expr_Kind_AEXPR_NULLIF {
		if c := e.GetRexpr().GetAConst(); c != nil && c.GetIval() != nil && c.GetIval().GetIval() == 0 {
			return
		}
	}
	if c := n.GetAConst(); c != nil {
		if (c.GetIval() != nil && c.GetIval().GetIval() != 0) || c.GetFval() != nil {
			return
		}
	}
	refuse("the right side of %s may be zero, an error on PostgreSQL and NULL on SQLite: write NULLIF(x, 0) or a constant", op)
}

// comparable refuses comparisons whose answer depends on the engine.
func (p *printer) comparable(op string, left, right value) {
	for _, pair := range [][2]value{{left, right}, {right, left}} {
		a, b := pair[0].kind, pair[1].kind
		if a == literal && b != text && b != literal && b != unknown {
			refuse("a string constant is compared with a %s: write the constant of that type", b)
		}
	}
	if left.kind != right.kind && known(left.kind) && known(right.kind) {
		refuse("%s is compared with %s", left.kind, right.kind)
	}
	if op == "=" || op == "<>" {
		return
	}
	isText := left.kind == text || right.kind == text || left.kind == literal || right.kind == literal
	if isText && !left.byteC && !right.byteC {
		refuse(`text is compared by %s, but no side is COLLATE "C": PostgreSQL would use the database's language`, op)
	}
	if left.kind == boolean || left.kind == bytea {
		refuse("values of type %s are compared by %s", left.kind, op)
	}
}

func known(k kind) bool { return k != unknown && k != literal }

func (p *printer) row(n *pg.Node) []*pg.Node {
	r := n.GetRowExpr()
	if r == nil {
		refuse("a row of values stands only beside another one in a comparison")
	}
	only(r, "args", "row_format")
	return r.GetArgs()
}

func (p *printer) rowText(n *pg.Node) string { return "(" + p.exprs(p.row(n)) + ")" }

func (p *printer) rowComparison(op string, left, right *pg.Node) string {
	if !comparison[op] {
		refuse("the operator %s is not lowered for rows", op)
	}
	l, r := p.row(left), p.row(right)
	if len(l) != len(r) {
		refuse("rows of %d and %d values are compared", len(l), len(r))
	}
	for i := range l {
		p.comparable(op, p.value(l[i]), p.value(r[i]))
	}
	return p.rowText(left) + " " + op + " " + p.rowText(right)
}

func (p *printer) between(e *pg.A_Expr) string {
	bounds := e.GetRexpr().GetList().GetItems()
	subject := p.value(e.GetLexpr())
	p.comparable(">=", subject, p.value(bounds[0]))
	p.comparable("<=", subject, p.value(bounds[1]))
	word := " BETWEEN "
	if e.GetKind() == pg.A_Expr_Kind_AEXPR_NOT_BETWEEN {
		word = " NOT BETWEEN "
	}
	return p.expr(e.GetLexpr(), precCompare) + word + p.expr(bounds[0], precCompare) + " AND " + p.expr(bounds[1], precCompare)
}

func (p *printer) in(op string, e *pg.A_Expr) string {
	word := " IN ("
	if op == "<>" {
		word = " NOT IN ("
	}
	if e.GetLexpr().GetRowExpr() != nil {
		refuse("(a, b) IN ((1, 2), …) has no SQLite counterpart: use OR, or IN (SELECT …)")
	}
	items := e.GetRexpr().GetList().GetItems()
	for _, item := range items {
		p.comparable("=", p.value(e.GetLexpr()), p.value(item))
	}
	if p.spread && len(items) > 2 {
		return p.compareEach(e.GetLexpr(), op, items)
	}
	return p.expr(e.GetLexpr(), precCompare) + word + p.exprs(items) + ")"
}

func (p *printer) compareEach(left *pg.Node, op string, items []*pg.Node) string {
	join := " OR "
	if op == "<>" {
		join = " AND "
	}
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = p.expr(left, precCompare) + " " + op + " " + p.expr(item, precCompare)
	}
	return "(" + strings.Join(out, join) + ")"
}

// anyOf lowers x = ANY($n::bigint[]): the embedded driver binds a list as a JSON array.
func (p *printer) anyOf(e *pg.A_Expr) string {
	c := e.GetRexpr().GetTypeCast()
	if c == nil || c.GetArg().GetParamRef() == nil {
		refuse("= ANY takes a parameter with its type: = ANY($n::bigint[]) or = ANY($n::text[])")
	}
	only(c, "arg", "type_name")
	t := c.GetTypeName()
	only(t, "names", "typemod", "array_bounds")
	if len(t.GetArrayBounds()) != 1 {
		refuse("= ANY takes a list of one dimension")
	}
	parts := strs(t.GetNames())
	element := map[string]kind{"int8": bigint, "bigint": bigint, "text": text}[parts[len(parts)-1]]
	if element == unknown {
		refuse("= ANY takes bigint[] or text[], not %s[]", parts[len(parts)-1])
	}
	if left := p.value(e.GetLexpr()); left.kind != element {
		refuse("%s is compared with a list of %s", fmt.Sprintf("a value of type %q", left.kind), element)
	}
	return p.expr(e.GetLexpr(), precCompare) + " IN (SELECT value FROM json_each(" + p.expr(c.GetArg(), precLowest) + "))"
}
