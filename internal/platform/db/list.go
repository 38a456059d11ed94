package db

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Type is the type of a filter's or sort key's value.
type Type int

// The types.
const (
	Int Type = iota
	Text
	Bool
)

// fits reports whether v is a plain value of the type; the embedded engine would compare any with any.
func (t Type) fits(v any) bool {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Int16:
		return t == Int
	case reflect.String:
		return t == Text
	case reflect.Bool:
		return t == Bool
	}
	return false
}

// Filter is a declared condition; each ? in SQL is the caller's value, bound, never text.
type Filter struct {
	Name string
	SQL  string
	Type Type
}

// SortKey is one column of an order. Columns are never NULL, and text is COLLATE "C".
type SortKey struct {
	Column string
	Type   Type
	Desc   bool
}

// Sort is a declared order; its last key must be unique, and all keys run in one direction, so that a page begins
// with one row-value comparison. Desc may be said once for all keys.
type Sort struct {
	Name string
	Desc bool
	Keys []SortKey
}

// Combo is an allowed combination of filters with one sort, and the index that serves it. Filters in Post are not
// served by the index: they are tested on the rows that it gives, at most postLimit of them for one page.
type Combo struct {
	Filters []string
	Post    []string
	Sort    string
	Index   string
}

// postLimit is how many rows one page may look at for filters without an index. A page may then be short, or even
// empty, and still have a next one.
const postLimit = 1000

// List is a list that the API can page through. Its texts are fixed; only values come from outside.
type List struct {
	Name    string
	Select  string // "SELECT o.id, o.public_id"
	From    string // "FROM orders o"
	Where   string // fixed conditions, optional
	Filters []Filter
	Sorts   []Sort
	Combos  []Combo
	shapes  []*shape
}

// What a caller may be told.
var (
	ErrUnsupportedFilter = fault.New(fault.Invalid, "unsupported_filter", "This combination of filters and order is not offered.")
	ErrInvalidCursor     = fault.New(fault.Invalid, "invalid_cursor", "The cursor is not one that this list gave out for this order.")
)

// shape is a combination with its texts.
type shape struct {
	list    *List
	combo   Combo
	filters []Filter // in the order of their parameters: the combination's, then the posted
	sort    Sort
	tag     string // begins the cursor, so that one of another list or order is told apart
	texts   [2]ListText
}

// ListText is one text of a list, with the types of its parameters.
type ListText struct {
	Postgres, Embedded, Index string
	Params                    []Type
}

var (
	lists   []*List
	listsMu sync.Mutex
)

// Lists gives all declared lists, for the tests that explain each of their texts.
func Lists() []*List {
	listsMu.Lock()
	defer listsMu.Unlock()
	return slices.Clone(lists)
}

// DefineList registers a list. It panics on a declaration that cannot work: that is a programmer's mistake, met at
// start.
func DefineList(l List) *List {
	p := compileList(l)
	listsMu.Lock()
	defer listsMu.Unlock()
	lists = append(lists, p)
	return p
}

func compileList(l List) *List {
	texts := map[string]string{}
	for _, c := range l.Combos {
		s, err := l.compile(c)
		if err != nil {
			panic(fmt.Sprintf("db: list %s: %v: %v", l.Name, c, err))
		}
		l.shapes = append(l.shapes, s)
		for _, t := range s.texts {
			texts[t.Postgres] = t.Embedded
		}
	}
	RegisterLowered(texts)
	return &l
}

// Texts gives every text the list can send: PostgreSQL's, the embedded engine's, and the index that should serve it.
func (l *List) Texts() (out []ListText) {
	for _, s := range l.shapes {
		out = append(out, s.texts[:]...)
	}
	return out
}

func named[T any](all []T, name string, of func(T) string) (T, error) {
	for _, x := range all {
		if of(x) == name {
			return x, nil
		}
	}
	var none T
	return none, fmt.Errorf("nothing is called %q", name)
}

func (l *List) compile(c Combo) (s *shape, err error) {
	s = &shape{list: l, combo: c}
	if s.sort, err = named(l.Sorts, c.Sort, func(s Sort) string { return s.Name }); err != nil {
		return nil, err
	}
	if len(s.sort.Keys) == 0 {
		return nil, fmt.Errorf("no sort keys")
	}
	desc := s.sort.Desc || s.sort.Keys[0].Desc
	for _, k := range s.sort.Keys {
		if k.Type == Bool || (k.Desc != desc && !s.sort.Desc) {
			return nil, fmt.Errorf("sort key %s: keys are numbers or text and run in one direction", k.Column)
		}
	}
	s.sort.Desc = desc
	names := slices.Concat(c.Filters, c.Post)
	for i, name := range names {
		f, err := named(l.Filters, name, func(f Filter) string { return f.Name })
		if err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("filter %q twice", name)
		}
		s.filters = append(s.filters, f)
	}
	s.tag = l.Name + "/" + c.Sort
	s.texts = [2]ListText{s.text(false), s.text(true)}
	return s, nil
}

var parameter = regexp.MustCompile(`\$([0-9]+)`)

// text composes a page's SQL from the declared fragments.
func (s *shape) text(next bool) ListText {
	t := ListText{Index: s.combo.Index}
	bind := func(typ Type) string {
		t.Params = append(t.Params, typ)
		return "$" + strconv.Itoa(len(t.Params))
	}
	var where, keep []string
	if s.list.Where != "" {
		where = append(where, "("+s.list.Where+")")
	}
	for i, f := range s.filters {
		mark := bind(f.Type)
		if sql := strings.ReplaceAll(f.SQL, "?", mark); i < len(s.combo.Filters) {
			where = append(where, sql)
		} else {
			keep = append(keep, "("+sql+")")
		}
	}
	dir, cmp := " ASC", " > "
	if s.sort.Desc {
		dir, cmp = " DESC", " < "
	}
	var cols, order, marks []string
	for _, k := range s.sort.Keys {
		cols = append(cols, k.Column)
		order = append(order, k.Column+dir)
		if next {
			marks = append(marks, bind(k.Type))
		}
	}
	if next {
		where = append(where, "("+strings.Join(cols, ", ")+")"+cmp+"("+strings.Join(marks, ", ")+")")
	}
	text := s.list.Select + ", " + strings.Join(cols, ", ")
	if keep != nil {
		text += ", COALESCE(" + strings.Join(keep, " AND ") + ", FALSE)"
	}
	text += " " + s.list.From
	if where != nil {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	t.Postgres = text + " ORDER BY " + strings.Join(order, ", ") + " LIMIT " + bind(Int)
	// SQLite plans by the value of a bare parameter in a LIMIT, or where it might say that a partial index serves, and so
	// prepares the statement anew at each run; a sign before it says that the value does not matter.
	t.Embedded = parameter.ReplaceAllString(t.Postgres, "+?$1")
	return t
}

// shape finds the declared combination of exactly these filters with this sort.
func (l *List) shape(given map[string]any, sort string) *shape {
	for _, s := range l.shapes {
		if s.sort.Name != sort || len(s.filters) != len(given) {
			continue
		}
		all := true
		for _, f := range s.filters {
			_, ok := given[f.Name]
			all = all && ok
		}
		if all {
			return s
		}
	}
	return nil
}
