package main

import (
	"fmt"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// SQLite's precedence, loosest first. PostgreSQL's differs (|| binds looser than + there), so parentheses
// come from the tree and this table, never from the original text.
const (
	precLowest = iota
	precOr
	precAnd
	precNot
	precEqual
	precCompare
	precBits
	precAdd
	precMul
	precConcat
	precUnary
	precAtom
)

// printer prints one statement for SQLite.
type printer struct {
	schema *schema
	scope  *scope
	depth  int
	// whole is set while the operand of ::bigint is printed, where SUM is allowed: on PostgreSQL it is NUMERIC.
	whole bool
	// alias is what RETURNING leaves out before a column, because SQLite does not know it there.
	alias string
	// spread is set where a list of constants is written as comparisons: SQLite would make a table of three or more of them
	// for each row that is checked, which takes 20 times as long.
	spread, spreadChecks bool
	// noParams is set in migrations, which have nobody to pass any.
	noParams bool
	// nullable is set where the program may pass NULL for a parameter of a column that is NOT NULL.
	nullable bool
}

func (p *printer) line() string { return "\n" + strings.Repeat("    ", p.depth) }

// expr prints an expression, in parentheses if it binds looser than the place asks for.
func (p *printer) expr(n *pg.Node, place int) string {
	whole := p.whole
	p.whole = false
	text, prec := p.bare(n, whole)
	if prec < place {
		return "(" + text + ")"
	}
	return text
}

func (p *printer) exprs(list []*pg.Node) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = p.expr(n, precLowest)
	}
	return strings.Join(out, ", ")
}

func (p *printer) bare(n *pg.Node, whole bool) (string, int) {
	switch {
	case n.GetColumnRef() != nil:
		return p.columnRef(n.GetColumnRef()), precAtom
	case n.GetParamRef() != nil:
		if p.noParams {
			refuse("a migration has no parameters")
		}
		return fmt.Sprintf("?%d", n.GetParamRef().GetNumber()), precAtom
	case n.GetAConst() != nil:
		return constant(n.GetAConst())
	case n.GetAExpr() != nil:
		return p.operator(n.GetAExpr())
	case n.GetBoolExpr() != nil:
		return p.boolean(n.GetBoolExpr())
	case n.GetNullTest() != nil:
		return p.nullTest(n.GetNullTest())
	case n.GetBooleanTest() != nil:
		return p.booleanTest(n.GetBooleanTest())
	case n.GetTypeCast() != nil:
		return p.cast(n.GetTypeCast())
	case n.GetFuncCall() != nil:
		return p.call(n.GetFuncCall(), whole), precAtom
	case n.GetCoalesceExpr() != nil:
		return p.coalesce(n.GetCoalesceExpr(), whole)
	case n.GetCaseExpr() != nil:
		return p.caseWhen(n.GetCaseExpr()), precAtom
	case n.GetSubLink() != nil:
		return p.subLink(n.GetSubLink())
	case n.GetCollateClause() != nil:
		return p.collate(n.GetCollateClause())
	case n.GetRowExpr() != nil:
		refuse("a row of values stands only beside another one in a comparison")
	}
	refuseKind(n)
	return "", 0
}

func (p *printer) columnRef(c *pg.ColumnRef) string {
	only(c, "fields")
	last := c.GetFields()[len(c.GetFields())-1]
	if last.GetAStar() != nil {
		refuse("* stands only alone in a select list")
	}
	p.lookup(c)
	parts := strs(c.GetFields())
	if p.alias != "" && parts[0] == p.alias {
		parts = parts[1:]
	}
	for i, part := range parts {
		parts[i] = name(part)
	}
	return strings.Join(parts, ".")
}

func constant(c *pg.A_Const) (string, int) {
	switch {
	case c.GetIsnull():
		return "NULL", precAtom
	case c.GetBoolval() != nil:
		return strings.ToUpper(strconv.FormatBool(c.GetBoolval().GetBoolval())), precAtom
	case c.GetIval() != nil:
		return number(int64(c.GetIval().GetIval()))
	case c.GetFval() != nil:
		n, err := strconv.ParseInt(c.GetFval().GetFval(), 10, 64)
		if err != nil {
			refuse("the number %s is not a 64-bit integer: there are no fractions in the shared SQL", c.GetFval().GetFval())
		}
		return number(n)
	case c.GetSval() != nil:
		return quote(c.GetSval().GetSval()), precAtom
	}
	refuse("only whole numbers, strings, TRUE, FALSE and NULL are constants of the shared SQL")
	return "", 0
}

func number(n int64) (string, int) {
	if n < 0 {
		return strconv.FormatInt(n, 10), precUnary
	}
	return strconv.FormatInt(n, 10), precAtom
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (p *printer) boolean(b *pg.BoolExpr) (string, int) {
	only(b, "boolop", "args")
	switch b.GetBoolop() {
	case pg.BoolExprType_AND_EXPR:
		return p.chain(b.GetArgs(), "AND", precAnd), precAnd
	case pg.BoolExprType_OR_EXPR:
		return p.chain(b.GetArgs(), "OR", precOr), precOr
	case pg.BoolExprType_NOT_EXPR:
		arg := b.GetArgs()[0]
		if arg.GetAExpr().GetKind() == pg.A_Expr_Kind_AEXPR_OP_ANY {
			// A nil list is NULL on PostgreSQL and empty on SQLite: the same while it selects, not when it excludes.
			refuse("NOT (x = ANY($n)) means another thing when the list is nil: use NOT EXISTS, or leave them out in Go")
		}
		return "NOT " + p.expr(arg, precNot), precNot
	}
	refuse("the operator %s is not on the list", b.GetBoolop())
	return "", 0
}

func (p *printer) chain(args []*pg.Node, word string, prec int) string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = p.expr(a, prec+1)
	}
	return strings.Join(out, " "+word+" ")
}

func (p *printer) nullTest(t *pg.NullTest) (string, int) {
	only(t, "arg", "nulltesttype")
	if t.GetArg().GetRowExpr() != nil {
		refuse("IS NULL of a row is not lowered: test the columns")
	}
	word := " IS NULL"
	if t.GetNulltesttype() == pg.NullTestType_IS_NOT_NULL {
		word = " IS NOT NULL"
	}
	return p.expr(t.GetArg(), precCompare) + word, precEqual
}

func (p *printer) booleanTest(t *pg.BooleanTest) (string, int) {
	only(t, "arg", "booltesttype")
	words := map[pg.BoolTestType]string{
		pg.BoolTestType_IS_TRUE: "IS TRUE", pg.BoolTestType_IS_NOT_TRUE: "IS NOT TRUE",
		pg.BoolTestType_IS_FALSE: "IS FALSE", pg.BoolTestType_IS_NOT_FALSE: "IS NOT FALSE",
	}
	word, known := words[t.GetBooltesttype()]
	if !known {
		refuse("IS UNKNOWN has no SQLite counterpart: use IS NULL")
	}
	return p.expr(t.GetArg(), precCompare) + " " + word, precEqual
}

func (p *printer) coalesce(c *pg.CoalesceExpr, whole bool) (string, int) {
	only(c, "args")
	if len(c.GetArgs()) == 1 {
		p.whole = whole
		return p.expr(c.GetArgs()[0], precAtom), precAtom
	}
	out := make([]string, len(c.GetArgs()))
	for i, a := range c.GetArgs() {
		p.whole = whole
		out[i] = p.expr(a, precLowest)
	}
	return "COALESCE(" + strings.Join(out, ", ") + ")", precAtom
}

func (p *printer) caseWhen(c *pg.CaseExpr) string {
	only(c, "arg", "args", "defresult")
	var b strings.Builder
	b.WriteString("CASE")
	if c.GetArg() != nil {
		b.WriteString(" " + p.expr(c.GetArg(), precLowest))
	}
	for _, n := range c.GetArgs() {
		w := n.GetCaseWhen()
		only(w, "expr", "result")
		if c.GetArg() != nil {
			p.comparable("=", p.value(c.GetArg()), p.value(w.GetExpr()))
		}
		b.WriteString(" WHEN " + p.expr(w.GetExpr(), precLowest) + " THEN " + p.expr(w.GetResult(), precLowest))
	}
	if c.GetDefresult() != nil {
		b.WriteString(" ELSE " + p.expr(c.GetDefresult(), precLowest))
	}
	return b.String() + " END"
}

func (p *printer) collate(c *pg.CollateClause) (string, int) {
	only(c, "arg", "collname")
	binary(c.GetCollname())
	return p.bare(c.GetArg(), false)
}

// binary refuses every collation but "C", which is what SQLite does when nothing is said.
func binary(collname []*pg.Node) {
	if parts := strs(collname); len(parts) != 1 || parts[0] != "C" {
		refuse(`the only collation on both engines is "C"`)
	}
}

// typeOf reads a type's name. Only types with a lowering have one here.
func typeOf(t *pg.TypeName) kind {
	only(t, "names", "typemod")
	parts := strs(t.GetNames())
	switch last := parts[len(parts)-1]; last {
	case "int8", "bigint":
		return bigint
	case "text", "bytea":
		return kind(last)
	case "bool", "boolean":
		return boolean
	case "int4", "int2", "serial", "bigserial":
		refuse("the type %s is not lowered: integers are BIGINT", last)
	case "timestamptz", "timestamp", "date", "time", "interval":
		refuse("the type %s is not lowered: times are BIGINT microseconds", last)
	case "json", "jsonb":
		refuse("the type %s is not lowered: JSON is TEXT", last)
	case "varchar", "bpchar", "char":
		refuse("the type %s is not lowered: use TEXT, with a CHECK on its length", last)
	case "numeric", "float8", "float4":
		refuse("the type %s is not lowered: amounts are BIGINT in the smallest unit", last)
	default:
		refuse("the type %s has no lowering", last)
	}
	return unknown
}

func (p *printer) cast(c *pg.TypeCast) (string, int) {
	only(c, "arg", "type_name")
	to := typeOf(c.GetTypeName())
	from := p.value(c.GetArg())
	plain := from.kind == to || from.kind == unknown || (to == text && from.kind == literal)
	if plain {
		p.whole = to == bigint
		return p.expr(c.GetArg(), precAtom), precAtom
	}
	if from.kind == bigint && to == text {
		return "CAST(" + p.expr(c.GetArg(), precLowest) + " AS TEXT)", precAtom
	}
	refuse("a cast from %s to %s gives other results on SQLite: convert in Go", from.kind, to)
	return "", 0
}
