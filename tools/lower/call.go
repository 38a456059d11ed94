package main

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// function is an entry of the list of functions that give the same answer on both engines.
type function struct {
	sqlite   string // its name there, if it has another
	args     []int  // how many arguments, any of these
	gives    func(args []value) value
	check    func(p *printer, c *pg.FuncCall, args []value)
	overOnly bool // exists only with OVER
}

func gives(k kind, notNull bool) func([]value) value {
	return func([]value) value { return value{kind: k, notNull: notNull} }
}

func givesFirst(args []value) value {
	v := args[0]
	v.notNull = false
	return v
}

// functions is that list. Whatever is not here is refused.
var functions = map[string]function{
	"count":        {args: []int{0, 1}, gives: gives(bigint, true)},
	"sum":          {args: []int{1}, gives: gives(bigint, false), check: checkNumber},
	"min":          {args: []int{1}, gives: givesFirst, check: checkOrdered},
	"max":          {args: []int{1}, gives: givesFirst, check: checkOrdered},
	"bool_and":     {sqlite: "min", args: []int{1}, gives: gives(boolean, false)},
	"bool_or":      {sqlite: "max", args: []int{1}, gives: gives(boolean, false)},
	"string_agg":   {args: []int{2}, gives: gives(text, false), check: checkStringAgg},
	"abs":          {args: []int{1}, gives: givesSame, check: checkNumber},
	"length":       {args: []int{1}, gives: keepsNull(bigint), check: checkText},
	"octet_length": {args: []int{1}, gives: keepsNull(bigint)},
	"replace":      {args: []int{3}, gives: keepsNull(text), check: checkText},
	"row_number":   {args: []int{0}, gives: gives(bigint, true), overOnly: true},
	"rank":         {args: []int{0}, gives: gives(bigint, true), overOnly: true},
	"dense_rank":   {args: []int{0}, gives: gives(bigint, true), overOnly: true},
	"lag":          {args: []int{1}, gives: givesFirst, overOnly: true},
	"lead":         {args: []int{1}, gives: givesFirst, overOnly: true},
	"first_value":  {args: []int{1}, gives: givesFirst, overOnly: true},
}

// instead says what to do where people will look for a function that is not on the list.
var instead = map[string]string{
	"now": "the clock is the program's: pass the time as a parameter", "clock_timestamp": "the clock is the program's: pass the time as a parameter",
	"date_trunc": "store the day in a column of its own, written by the program", "extract": "store the part in a column of its own, written by the program",
	"timezone": "times are BIGINT microseconds in UTC: the program knows the zones",
	"lower":    "SQLite folds ASCII only: store the key that the program computed", "upper": "SQLite folds ASCII only: store the key that the program computed",
	"round": "whole numbers need no rounding, and the engines round fractions differently", "avg": "the engines give different types: divide the sum by the count in Go",
	"array_agg": "arrays have no SQLite counterpart: read the rows", "unnest": "pass the list with = ANY($n::bigint[])",
	"jsonb_agg": "JSON is put together in Go", "json_agg": "JSON is put together in Go", "md5": "compute hashes in Go",
	"substring": "the engines differ at the edges: cut in Go", "substr": "the engines differ at the edges: cut in Go", "position": "search in Go",
	"gen_random_uuid": "identifiers come from the program", "random": "randomness comes from the program", "nextval": "use an identity column",
	"pg_advisory_xact_lock": "locks of PostgreSQL alone need a twin: -- haat:lite", "generate_series": "use a recursive CTE, or loop in Go",
}

func keepsNull(k kind) func([]value) value {
	return func(args []value) value {
		v := value{kind: k, notNull: true}
		for _, a := range args {
			v.notNull = v.notNull && a.notNull
		}
		return v
	}
}

func givesSame(args []value) value { return args[0] }

func checkNumber(_ *printer, c *pg.FuncCall, args []value) {
	if args[0].kind != bigint && args[0].kind != unknown {
		refuse("%s of a value of type %s: arithmetic is for BIGINT", funcName(c), args[0].kind)
	}
}

func checkText(_ *printer, c *pg.FuncCall, args []value) {
	for _, a := range args {
		if a.kind != text && a.kind != literal && a.kind != unknown {
			refuse("%s of a value of type %s gives other results on SQLite", funcName(c), a.kind)
		}
	}
}

func checkOrdered(_ *printer, c *pg.FuncCall, args []value) {
	if args[0].kind == text && !args[0].byteC {
		refuse(`%s of text that is not COLLATE "C": PostgreSQL would use the database's language`, funcName(c))
	}
}

func checkStringAgg(_ *printer, c *pg.FuncCall, args []value) {
	if args[0].kind != text {
		refuse("string_agg joins TEXT, not %s", args[0].kind)
	}
	if len(c.GetAggOrder()) == 0 {
		refuse("string_agg without ORDER BY gives any order: say ORDER BY")
	}
	if c.GetAggDistinct() {
		refuse("string_agg(DISTINCT …) has no SQLite counterpart")
	}
}

func funcName(c *pg.FuncCall) string {
	parts := strs(c.GetFuncname())
	if len(parts) == 2 && parts[0] == "pg_catalog" {
		parts = parts[1:]
	}
	return strings.Join(parts, ".")
}

func find(c *pg.FuncCall) function {
	called := funcName(c)
	f, listed := functions[called]
	if !listed {
		if advice, known := instead[called]; known {
			refuse("the function %s is not lowered: %s", called, advice)
		}
		refuse("the function %s is not on the list", called)
	}
	return f
}

func (p *printer) call(c *pg.FuncCall, whole bool) string {
	only(c, "funcname", "args", "agg_order", "agg_filter", "over", "agg_star", "agg_distinct", "funcformat")
	f := find(c)
	called := funcName(c)
	args := p.argValues(c)
	fits := false
	for _, n := range f.args {
		fits = fits || n == len(args)
	}
	if !fits || (called == "count" && len(args) == 0 && !c.GetAggStar()) {
		refuse("%s with %d arguments is not lowered", called, len(args))
	}
	if f.overOnly && c.GetOver() == nil {
		refuse("%s needs OVER (…)", called)
	}
	if called == "sum" && !whole {
		refuse("SUM is NUMERIC on PostgreSQL: write COALESCE(SUM(x), 0)::bigint or SUM(x)::bigint")
	}
	if f.check != nil {
		f.check(p, c, args)
	}
	var b strings.Builder
	b.WriteString(called + "(")
	if f.sqlite != "" {
		b.Reset()
		b.WriteString(f.sqlite + "(")
	}
	if c.GetAggDistinct() {
		b.WriteString("DISTINCT ")
	}
	if c.GetAggStar() {
		b.WriteString("*")
	}
	b.WriteString(p.exprs(c.GetArgs()))
	if len(c.GetAggOrder()) > 0 {
		b.WriteString(" ORDER BY " + p.order(c.GetAggOrder(), false))
	}
	b.WriteString(")")
	if c.GetAggFilter() != nil {
		b.WriteString(" FILTER (WHERE " + p.expr(c.GetAggFilter(), precLowest) + ")")
	}
	if c.GetOver() != nil {
		b.WriteString(" OVER (" + p.window(c.GetOver()) + ")")
	}
	return b.String()
}

func (p *printer) argValues(c *pg.FuncCall) []value {
	args := make([]value, len(c.GetArgs()))
	for i, a := range c.GetArgs() {
		args[i] = p.value(a)
	}
	return args
}

// The frame of a window as PostgreSQL's parser encodes it.
const (
	frameDefault  = 0x00422 // RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, not written
	frameNonDef   = 0x00001
	frameRows     = 0x00004
	frameBetween  = 0x00010
	frameToHere   = 0x00020 | 0x00400 // UNBOUNDED PRECEDING … CURRENT ROW
	frameToTheEnd = 0x00020 | 0x00100 // UNBOUNDED PRECEDING … UNBOUNDED FOLLOWING
)

func (p *printer) window(w *pg.WindowDef) string {
	only(w, "partition_clause", "order_clause", "frame_options", "start_offset", "end_offset")
	var parts []string
	if len(w.GetPartitionClause()) > 0 {
		parts = append(parts, "PARTITION BY "+p.exprs(w.GetPartitionClause()))
	}
	if len(w.GetOrderClause()) > 0 {
		parts = append(parts, "ORDER BY "+p.order(w.GetOrderClause(), false))
	}
	switch int(w.GetFrameOptions()) &^ frameBetween {
	case frameDefault:
	case frameNonDef | frameRows | frameToHere:
		parts = append(parts, "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW")
	case frameNonDef | frameRows | frameToTheEnd:
		parts = append(parts, "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING")
	default:
		refuse("of window frames only ROWS from UNBOUNDED PRECEDING to CURRENT ROW or UNBOUNDED FOLLOWING are lowered")
	}
	return strings.Join(parts, " ")
}
