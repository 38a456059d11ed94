package schema_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/haat-market/haat/internal/schema"
)

// column is what a row needs to know of a table's column.
type column struct {
	name     string
	kind     string // INTEGER, TEXT, BLOB or BOOLEAN
	nullable bool
	identity bool
}

// puzzle is a table with its rules, for which rows are sought that keep or break certain ones.
type puzzle struct {
	table    string
	columns  []column
	rules    []schema.Constraint // checks, and unique indexes with a condition
	mentions [][]int             // the columns that each rule speaks of
	choices  [][]any
	stmt     *sqlite.Stmt
	random   *rand.Rand
}

var (
	quoted = regexp.MustCompile(`'((?:[^']|'')*)'`)
	digits = regexp.MustCompile(`\b[0-9]+\b`)
	words  = regexp.MustCompile(`[a-z_][a-z0-9_]*`)
)

// nowhere is the number of a row that no table has.
const nowhere = 987654321

func newPuzzle(t *testing.T, conn *sqlite.Conn, table string) *puzzle {
	t.Helper()
	p := &puzzle{table: table, columns: columnsOf(t, conn, table), random: rand.New(rand.NewPCG(1, 2))}
	references := map[string]bool{}
	for _, c := range schema.Constraints {
		if c.Table != table {
			continue
		}
		if c.Rule != "" {
			p.rules = append(p.rules, c)
		}
		if c.Kind == schema.Foreign {
			for _, name := range c.Columns {
				references[name] = true
			}
		}
	}
	var outputs, inputs []string
	for i, c := range p.columns {
		inputs = append(inputs, fmt.Sprintf(`?%d AS "%s"`, i+1, c.name))
		p.choices = append(p.choices, p.choicesFor(c, references[c.name]))
	}
	for _, r := range p.rules {
		test := "IS NOT FALSE"
		if r.Kind == schema.UniqueKey {
			test = "IS TRUE"
		}
		outputs = append(outputs, fmt.Sprintf("(%s) %s", r.Rule, test))
		var mentioned []int
		for i, c := range p.columns {
			for _, word := range words.FindAllString(quoted.ReplaceAllString(r.Rule, ""), -1) {
				if word == c.name {
					mentioned = append(mentioned, i)
					break
				}
			}
		}
		p.mentions = append(p.mentions, mentioned)
	}
	if len(p.rules) > 0 {
		st, err := conn.Prepare(fmt.Sprintf("SELECT %s FROM (SELECT %s)", strings.Join(outputs, ", "), strings.Join(inputs, ", ")))
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		p.stmt = st
	}
	return p
}

func columnsOf(t *testing.T, conn *sqlite.Conn, table string) []column {
	t.Helper()
	var text string
	var list []column
	err := sqlitex.ExecuteTransient(conn, "SELECT sql FROM sqlite_master WHERE name = ?", &sqlitex.ExecOptions{
		Args: []any{table}, ResultFunc: func(st *sqlite.Stmt) error { text = st.ColumnText(0); return nil }})
	if err != nil {
		t.Fatal(err)
	}
	err = sqlitex.ExecuteTransient(conn, `SELECT name, type, "notnull", pk FROM pragma_table_info(?)`, &sqlitex.ExecOptions{
		Args: []any{table}, ResultFunc: func(st *sqlite.Stmt) error {
			c := column{name: st.ColumnText(0), kind: st.ColumnText(1), nullable: !st.ColumnBool(2)}
			if strings.Contains(text, fmt.Sprintf("CONSTRAINT %s_%s_bool ", table, c.name)) {
				c.kind = "BOOLEAN"
			}
			// A key that the program gives says NOT NULL, also where it is the row id.
			c.identity = st.ColumnInt(3) == 1 && c.kind == "INTEGER" && c.nullable && !strings.Contains(text, "WITHOUT ROWID")
			list = append(list, c)
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// choicesFor collects values worth trying: small ones, and what the rules themselves speak of.
func (p *puzzle) choicesFor(c column, reference bool) []any {
	var out []any
	if c.nullable {
		out = append(out, nil, nil, nil)
	}
	switch {
	case c.identity:
		return []any{int64(1), int64(nowhere)} // a row may point at itself
	case c.kind == "BOOLEAN":
		return append(out, false, true)
	case c.kind == "BLOB":
		return append(out, []byte{}, []byte{1}, []byte{2})
	case reference && c.kind == "INTEGER":
		return append(out, int64(nowhere), int64(nowhere+1))
	case c.kind == "INTEGER":
		for _, n := range []int64{-1, 0, 0, 1, 1, 2, 3, 10, 100} {
			out = append(out, n)
		}
		for _, n := range p.numbers() {
			out = append(out, n-1, n, n+1)
		}
		return out
	}
	out = append(out, "", "a", "b", "c", "d")
	for _, r := range p.rules {
		for _, m := range quoted.FindAllStringSubmatch(r.Rule, -1) {
			out = append(out, strings.ReplaceAll(m[1], "''", "'"))
		}
	}
	for _, n := range p.numbers() {
		if n > 0 && n < 5000 {
			out = append(out, strings.Repeat("e", int(n)), strings.Repeat("f", int(n)+1))
		}
	}
	return out
}

func (p *puzzle) numbers() []int64 {
	var out []int64
	for _, r := range p.rules {
		for _, m := range digits.FindAllString(quoted.ReplaceAllString(r.Rule, ""), -1) {
			if n, err := strconv.ParseInt(m, 10, 64); err == nil && n < 1<<62 {
				out = append(out, n)
			}
		}
	}
	return out
}

// goal is what a row must be: for each rule by its name whether it holds (absent: never mind), columns with a
// fixed value, columns that have one at all, and a last word.
type goal struct {
	rules   map[string]bool
	fixed   map[string]any
	present []string
	also    func(row []any) bool
}

// solve walks through rows, changing what an unmet rule speaks of, until the goal is met.
func (p *puzzle) solve(g goal) ([]any, bool) {
	row := make([]any, len(p.columns))
	for restart := 0; restart < 40; restart++ {
		for i := range row {
			row[i] = p.choose(i, g)
		}
		best := p.unmet(row, g)
		for step := 0; step < 4000; step++ {
			if len(best) == 0 && (g.also == nil || g.also(row)) {
				return row, true
			}
			at := p.random.IntN(len(row))
			if len(best) > 0 {
				if about := p.mentions[best[p.random.IntN(len(best))]]; len(about) > 0 {
					at = about[p.random.IntN(len(about))]
				}
			}
			before := row[at]
			row[at] = p.choose(at, g)
			if now := p.unmet(row, g); len(now) <= len(best) || p.random.IntN(30) == 0 {
				best = now
			} else {
				row[at] = before
			}
		}
	}
	return nil, false
}

func (p *puzzle) choose(i int, g goal) any {
	name := p.columns[i].name
	if v, fixed := g.fixed[name]; fixed {
		return v
	}
	for {
		v := p.choices[i][p.random.IntN(len(p.choices[i]))]
		wanted := false
		for _, c := range g.present {
			wanted = wanted || c == name
		}
		if v != nil || !wanted {
			return v
		}
	}
}

// unmet returns the rules that are not as the goal has them.
func (p *puzzle) unmet(row []any, g goal) []int {
	if p.stmt == nil {
		return nil
	}
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			p.stmt.BindNull(i + 1)
		case int64:
			p.stmt.BindInt64(i+1, v)
		case bool:
			p.stmt.BindBool(i+1, v)
		case string:
			p.stmt.BindText(i+1, v)
		case []byte:
			p.stmt.BindBytes(i+1, v)
		}
	}
	var out []int
	if more, err := p.stmt.Step(); err != nil || !more {
		panic(fmt.Sprintf("%s: %v", p.table, err))
	}
	for i, r := range p.rules {
		if want, asked := g.rules[r.Name]; asked && want != p.stmt.ColumnBool(i) {
			out = append(out, i)
		}
	}
	if err := p.stmt.Reset(); err != nil {
		panic(err)
	}
	return out
}

// sound asks that every check holds.
func (p *puzzle) sound() map[string]bool {
	out := map[string]bool{}
	for _, r := range p.rules {
		if r.Kind == schema.Check {
			out[r.Name] = true
		}
	}
	return out
}
