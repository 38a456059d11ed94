package main

import (
	"regexp"
	"slices"
	"strings"
)

// kind is what the lowerer knows about a value's type. It is just enough to see where the engines differ.
type kind string

const (
	unknown kind = ""        // an untyped parameter or NULL
	literal kind = "literal" // a string constant, which takes the type of its neighbour on PostgreSQL only
	bigint  kind = "bigint"
	text    kind = "text"
	boolean kind = "boolean"
	bytea   kind = "bytea"
)

// value describes the result of an expression.
type value struct {
	kind    kind
	notNull bool
	byteC   bool // text that PostgreSQL compares byte by byte, as SQLite does
}

type column struct {
	name string
	value
	hasDefault  bool
	identity    bool
	conditional bool // a partial index's condition speaks of it
}

// constraint is one rule of a table by its name. Indexes that are unique count as one.
type constraint struct {
	Table   string
	Name    string
	Kind    string // primary, unique, check, foreign, not_null, append_only
	Columns []string
	Rule    string // of a check, or of a unique index for some rows: the condition, in SQLite's words
	byName  bool   // SQLite reports this one by its name, see createIndex
	PgOnly  bool   // SQLite does not keep it, see makeRowid
}

type appendOnly struct {
	except []string // columns that may be updated
}

type table struct {
	name        string
	columns     []*column
	constraints []*constraint
	rowid       bool // the key is SQLite's row id: an identity column, or what haat:rowid made one
	appendOnly  *appendOnly
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.name == name {
			return c
		}
	}
	return nil
}

// sameKey finds a rule that SQLite would report in the same words.
func (t *table) sameKey(c *constraint) *constraint {
	if c.Kind != "unique" && c.Kind != "primary" {
		return nil
	}
	for _, other := range t.constraints {
		if (other.Kind == "unique" || other.Kind == "primary") && !other.byName && slices.Equal(other.Columns, c.Columns) {
			return other
		}
	}
	return nil
}

// schema is what the migrations have built so far.
type schema struct {
	tables  map[string]*table
	indexes map[string]string // index → table
	names   map[string]string // constraint or unique index → table
}

func newSchema() *schema {
	return &schema{tables: map[string]*table{}, indexes: map[string]string{}, names: map[string]string{}}
}

func (s *schema) table(name string) *table {
	t := s.tables[name]
	if t == nil {
		refuse("there is no table %s", name)
	}
	return t
}

// add enters a rule; its name is what both engines report, so it is unique in the whole schema.
func (s *schema) add(t *table, c *constraint) {
	c.Table = t.name
	if len(c.Name) >= 63 && c.Kind != "not_null" { // that one is ours alone
		refuse("the name %s is too long: PostgreSQL cuts names at 63 bytes, silently", c.Name)
	}
	if owner, taken := s.names[c.Name]; taken {
		refuse("the name %s is used twice, on %s and %s", c.Name, owner, t.name)
	}
	if other := t.sameKey(c); other != nil && !c.byName {
		refuse("%s and %s are unique over the same columns of %s, and SQLite reports only the columns", other.Name, c.Name, t.name)
	}
	s.names[c.Name] = t.name
	t.constraints = append(t.constraints, c)
}

func (s *schema) forget(t *table, name string) {
	delete(s.names, name)
	t.constraints = slices.DeleteFunc(t.constraints, func(c *constraint) bool { return c.Name == name })
}

// makeRowid notes that a table WITHOUT ROWID was built anew by hand, with its key as the row id. SQLite numbers a row whose
// key is NULL there, instead of refusing it: insert sees to it that no statement brings one.
func (s *schema) makeRowid(goal string) {
	t := s.table(goal)
	key := t.key()
	if t.rowid || key == nil || key.kind != bigint {
		refuse("%s has no key of one BIGINT that is not the row id yet", t.name)
	}
	t.rowid = true
	for _, c := range t.constraints {
		if c.Kind == "not_null" && c.Columns[0] == key.name {
			c.PgOnly = true
		}
	}
}

// key is the column that alone is the primary key, if there is one.
func (t *table) key() *column {
	for _, c := range t.constraints {
		if c.Kind == "primary" && len(c.Columns) == 1 {
			return t.column(c.Columns[0])
		}
	}
	return nil
}

// sorted returns the tables by name.
func (s *schema) sorted() []*table {
	list := make([]*table, 0, len(s.tables))
	for _, t := range s.tables {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b *table) int { return strings.Compare(a.name, b.name) })
	return list
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// reserved are the words that SQLite does not take as a name without quotes.
var reserved = func() map[string]bool {
	words := `abort add all alter always and as autoincrement between case check collate commit constraint create
		cross current_date current_time current_timestamp default deferrable delete distinct drop else escape except
		exists filter foreign from full glob group having in index indexed inner insert intersect into is isnull join
		left like limit natural not nothing notnull null on or order outer over primary references regexp returning
		right select set table then to transaction union unique update using values when where window`
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}()

// name prints an identifier. Names are lower case, so that neither engine folds one to another.
func name(s string) string {
	if !plainName.MatchString(s) {
		refuse("the name %q is not made of lower-case letters, digits and _", s)
	}
	if reserved[s] {
		return `"` + s + `"`
	}
	return s
}

func nameList(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = name(s)
	}
	return strings.Join(out, ", ")
}
