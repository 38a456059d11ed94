package main

import (
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
)

// relation is a table, sub-select or CTE under the name by which a query sees it.
type relation struct {
	name    string
	columns []*column
}

func (r *relation) column(name string) *column {
	for _, c := range r.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// scope holds the relations of one SELECT level, its named outputs (for ORDER BY) and the level around it.
type scope struct {
	outer   *scope
	from    []*relation
	ctes    map[string]*relation
	outputs []*column
}

func (p *printer) push() func() {
	around := p.scope
	p.scope = &scope{outer: around, ctes: map[string]*relation{}}
	return func() { p.scope = around }
}

func (p *printer) cte(name string) *relation {
	for s := p.scope; s != nil; s = s.outer {
		if r := s.ctes[name]; r != nil {
			return r
		}
	}
	return nil
}

// join adds a relation to the level; the optional side of an outer join may be NULL throughout.
func (p *printer) join(r *relation) {
	for _, other := range p.scope.from {
		if other.name == r.name {
			refuse("two things in FROM are called %s", r.name)
		}
	}
	p.scope.from = append(p.scope.from, r)
}

func optional(list []*relation) {
	for _, r := range list {
		copied := make([]*column, len(r.columns))
		for i, c := range r.columns {
			twin := *c
			twin.notNull = false
			copied[i] = &twin
		}
		r.columns = copied
	}
}

// sees says whether a relation of this level has such a column.
func (p *printer) sees(column string) bool {
	for _, r := range p.scope.from {
		if r.column(column) != nil {
			return true
		}
	}
	return false
}

// lookup finds the column that a reference means, from the innermost level outwards.
func (p *printer) lookup(ref *pg.ColumnRef) *column {
	parts := strs(ref.GetFields())
	switch len(parts) {
	case 1:
		for s := p.scope; s != nil; s = s.outer {
			var found *column
			for _, r := range s.from {
				if c := r.column(parts[0]); c != nil {
					// Two at one level are a USING column, or PostgreSQL has refused the query already.
					if found == nil || !c.notNull {
						found = c
					}
				}
			}
			if found != nil {
				return found
			}
		}
	case 2:
		for s := p.scope; s != nil; s = s.outer {
			for _, r := range s.from {
				if r.name == parts[0] {
					if c := r.column(parts[1]); c != nil {
						return c
					}
					refuse("%s has no column %s", parts[0], parts[1])
				}
			}
		}
	}
	refuse("no column %s is in sight", strings.Join(parts, "."))
	return nil
}

// strs unpacks a list of String nodes.
func strs(list []*pg.Node) []string {
	out := make([]string, 0, len(list))
	for _, n := range list {
		s := n.GetString_()
		if s == nil {
			refuseKind(n)
		}
		out = append(out, s.GetSval())
	}
	return out
}
