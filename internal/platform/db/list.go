package db

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

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

// Filter is a declared condition; each ? in SQL is the caller's value, bound, never text.
type Filter struct {
	Name string
	SQL  string
	Type Type
}

// SortKey is one column of an order. Columns are never NULL.
type SortKey struct {
	Column string
	Type   Type
}

// Sort is a declared order; its last key must be unique, and all keys run in one direction, so that a page begins
// with one row-value comparison.
type Sort struct {
	Name string
	Desc bool
	Keys []SortKey
}

// Combo is an allowed combination of filters with one sort, and the index that serves it.
type Combo struct {
	Filters []string
	Sort    string
	Index   string
}

// List is a list that the API can page through. Its texts are fixed; only values come from outside.
type List struct {
	Name    string
	Select  string // "SELECT o.id, o.public_id"
	From    string // "FROM orders o"
	Where   string // fixed conditions, optional
	Filters []Filter
	Sorts   []Sort
	Combos  []Combo
	texts   *sync.Map // shape → *listText
}

// ListQuery asks for one page.
type ListQuery struct {
	Filters map[string]any
	Sort    string // "" = the first sort of the list
	Limit   int    // 1..100
	Cursor  string // "" = from the beginning
}

// Scanner reads the current row.
type Scanner interface{ Scan(dest ...any) error }

// What a caller may be told.
var (
	ErrUnsupportedFilter = fault.New(fault.Invalid, "unsupported_filter", "This combination of filters and order is not offered.")
	ErrInvalidCursor     = fault.New(fault.Invalid, "invalid_cursor", "The cursor is not one that this list gave out for this order.")
)

var (
	listTexts sync.Map // PostgreSQL text → embedded text, of all lists
	lists     []*List
)

// DefineList registers a list. It panics on a declaration that cannot work: that is a programmer's mistake, met at
// start.
func DefineList(l List) *List {
	l.texts = &sync.Map{}
	p := &l
	for _, c := range p.Combos {
		if _, ok := p.sort(c.Sort); !ok {
			panic("db: list " + p.Name + ": no sort " + c.Sort)
		}
		for _, f := range c.Filters {
			if _, ok := p.filter(f); !ok {
				panic("db: list " + p.Name + ": no filter " + f)
			}
		}
		for _, next := range []bool{false, true} {
			p.text(c.Filters, c.Sort, next)
		}
	}
	lists = append(lists, p)
	return p
}

// Lists gives all declared lists, for the tests that explain each of their texts.
func Lists() []*List { return slices.Clone(lists) }

// Texts gives every text the list can send: PostgreSQL's, the embedded engine's, and the index that should serve it.
func (l *List) Texts() (out []ListText) {
	for _, c := range l.Combos {
		for _, next := range []bool{false, true} {
			t := l.text(c.Filters, c.Sort, next)
			out = append(out, ListText{Postgres: t.pg, Embedded: t.lite, Index: c.Index, Params: t.types})
		}
	}
	return out
}

// ListText is one text of a list, with the types of its parameters.
type ListText struct {
	Postgres, Embedded, Index string
	Params                    []Type
}

type listText struct {
	pg, lite string
	types    []Type
}

func (l *List) filter(name string) (Filter, bool) {
	i := slices.IndexFunc(l.Filters, func(f Filter) bool { return f.Name == name })
	if i < 0 {
		return Filter{}, false
	}
	return l.Filters[i], true
}

func (l *List) sort(name string) (Sort, bool) {
	i := slices.IndexFunc(l.Sorts, func(s Sort) bool { return s.Name == name })
	if i < 0 {
		return Sort{}, false
	}
	return l.Sorts[i], true
}

// text composes a page's SQL from the declared fragments, once per shape.
func (l *List) text(filters []string, sortName string, next bool) *listText {
	shape := strings.Join(filters, ",") + "|" + sortName + "|" + strconv.FormatBool(next)
	if t, ok := l.texts.Load(shape); ok {
		return t.(*listText)
	}
	s, _ := l.sort(sortName)
	t := &listText{}
	var where, cols, order []string
	if l.Where != "" {
		where = append(where, l.Where)
	}
	n := 0
	for _, name := range filters {
		f, _ := l.filter(name)
		n++
		where = append(where, strings.ReplaceAll(f.SQL, "?", "$"+strconv.Itoa(n)))
		t.types = append(t.types, f.Type)
	}
	dir, cmp := " ASC", ">"
	if s.Desc {
		dir, cmp = " DESC", "<"
	}
	var marks []string
	for _, k := range s.Keys {
		cols = append(cols, k.Column)
		order = append(order, k.Column+dir)
		if next {
			n++
			marks = append(marks, "$"+strconv.Itoa(n))
			t.types = append(t.types, k.Type)
		}
	}
	if next {
		where = append(where, "("+strings.Join(cols, ", ")+") "+cmp+" ("+strings.Join(marks, ", ")+")")
	}
	n++
	t.types = append(t.types, Int)
	text := l.Select + ", " + strings.Join(cols, ", ") + " " + l.From
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	text += " ORDER BY " + strings.Join(order, ", ") + " LIMIT $" + strconv.Itoa(n)
	t.pg, t.lite = text, strings.ReplaceAll(text, "$", "?")
	listTexts.Store(t.pg, t.lite)
	l.texts.Store(shape, t)
	return t
}

// combo finds the declared combination with exactly these filters, in its declared order.
func (l *List) combo(given map[string]any, sortName string) (Combo, bool) {
	for _, c := range l.Combos {
		if c.Sort != sortName || len(c.Filters) != len(given) {
			continue
		}
		if !slices.ContainsFunc(c.Filters, func(f string) bool { _, ok := given[f]; return !ok }) {
			return c, true
		}
	}
	return Combo{}, false
}

// QueryList reads one page. next is "" at the end. Errors: ErrUnsupportedFilter, ErrInvalidCursor.
func QueryList[T any](ctx context.Context, tx Tx, l *List, q ListQuery, scan func(Scanner) (T, error)) (items []T, next string, err error) {
	if q.Sort == "" {
		q.Sort = l.Sorts[0].Name
	}
	c, ok := l.combo(q.Filters, q.Sort)
	if !ok {
		return nil, "", ErrUnsupportedFilter
	}
	s, _ := l.sort(c.Sort)
	q.Limit = min(max(q.Limit, 1), 100)
	args := make([]any, 0, len(c.Filters)+len(s.Keys)+1)
	for _, f := range c.Filters {
		args = append(args, q.Filters[f])
	}
	if q.Cursor != "" {
		keys, err := decodeCursor(q.Cursor, s)
		if err != nil {
			return nil, "", err
		}
		args = append(args, keys...)
	}
	rows, err := tx.Query(ctx, l.text(c.Filters, c.Sort, q.Cursor != "").pg, append(args, q.Limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("list %s: %w", l.Name, err)
	}
	defer rows.Close()
	row := &listRow{rows: rows, keys: newKeys(s)}
	items = make([]T, 0, q.Limit)
	for rows.Next() {
		if len(items) == q.Limit { // one more than asked for: there is another page
			next = encodeCursor(row.keys)
			break
		}
		item, err := scan(row)
		if err != nil {
			return nil, "", fmt.Errorf("list %s: %w", l.Name, err)
		}
		items = append(items, item)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list %s: %w", l.Name, err)
	}
	return items, next, nil
}

// listRow hands the caller's columns through and keeps the sort keys, which stand behind them, for the cursor.
type listRow struct {
	rows pgx.Rows
	keys []any
}

func (r *listRow) Scan(dest ...any) error { return r.rows.Scan(append(dest, r.keys...)...) }

func newKeys(s Sort) []any {
	keys := make([]any, len(s.Keys))
	for i, k := range s.Keys {
		if k.Type == Text {
			keys[i] = new(string)
		} else {
			keys[i] = new(int64)
		}
	}
	return keys
}

// encodeCursor writes the last row's keys. A cursor grants nothing: it only says where to go on.
func encodeCursor(keys []any) string {
	b, _ := json.Marshal(keys) // pointers to int64 and string always encode
	return base64.RawURLEncoding.EncodeToString(b)
}

func decodeCursor(cursor string, s Sort) ([]any, error) {
	if len(cursor) > 1024 {
		return nil, ErrInvalidCursor
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, ErrInvalidCursor.Because(err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil || len(raw) != len(s.Keys) {
		return nil, ErrInvalidCursor
	}
	keys := newKeys(s)
	for i := range raw {
		if string(raw[i]) == "null" {
			return nil, ErrInvalidCursor
		}
		if err := json.Unmarshal(raw[i], keys[i]); err != nil {
			return nil, ErrInvalidCursor.Because(err)
		}
		switch k := keys[i].(type) {
		case *string:
			if strings.ContainsRune(*k, 0) {
				return nil, ErrInvalidCursor
			}
			keys[i] = *k
		case *int64:
			keys[i] = *k
		}
	}
	return keys, nil
}
