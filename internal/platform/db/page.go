package db

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ListQuery asks for one page.
type ListQuery struct {
	Filters map[string]any
	Sort    string // "" = the first sort of the list
	Limit   int    // 1..100
	Cursor  string // "" = from the beginning
}

var errNotScanned = errors.New("the row was not scanned")

// Scanner reads the current row.
type Scanner interface{ Scan(dest ...any) error }

// QueryList reads one page. next is "" at the end. Errors: ErrUnsupportedFilter, ErrInvalidCursor.
func QueryList[T any](ctx context.Context, tx Tx, l *List, q ListQuery, scan func(Scanner) (T, error)) (items []T, next string, err error) {
	if q.Sort == "" {
		q.Sort = l.Sorts[0].Name
	}
	s := l.shape(q.Filters, q.Sort)
	if s == nil {
		return nil, "", ErrUnsupportedFilter
	}
	q.Limit = min(max(q.Limit, 1), 100)
	row, err := s.query(ctx, tx, q)
	if err != nil {
		return nil, "", err
	}
	defer row.rows.Close()
	items = make([]T, 0, q.Limit)
	for row.next() {
		if len(items) == q.Limit { // one more than asked for: there is another page
			return items, row.cursor(), row.end()
		}
		item, err := scan(row)
		if err == nil {
			err = row.taken()
		}
		if err != nil {
			return nil, "", fmt.Errorf("list %s: %w", l.Name, err)
		}
		items = append(items, item)
	}
	if err := row.end(); err != nil {
		return nil, "", err
	}
	if s.combo.Post != nil && row.n == postLimit { // looked at enough: the next page goes on from here
		return items, row.cursor(), nil
	}
	return items, "", nil
}

// query sends the page's text.
func (s *shape) query(ctx context.Context, tx Tx, q ListQuery) (*listRow, error) {
	var keys []any
	if q.Cursor != "" {
		var err error
		if keys, err = s.decodeCursor(q.Cursor); err != nil {
			return nil, err
		}
	}
	limit := q.Limit + 1
	if s.combo.Post != nil {
		limit = postLimit
	}
	return s.queryAfter(ctx, tx, q, keys, limit)
}

// queryAfter sends the text for what comes after a row's keys; without keys, for the beginning.
func (s *shape) queryAfter(ctx context.Context, tx Tx, q ListQuery, keys []any, limit int) (*listRow, error) {
	args := make([]any, 0, len(s.filters)+len(s.sort.Keys)+1)
	for _, f := range s.filters {
		v := q.Filters[f.Name]
		if !f.Type.fits(v) {
			return nil, fmt.Errorf("db: list %s: filter %s is a %T", s.list.Name, f.Name, v)
		}
		args = append(args, v)
	}
	text := &s.texts[0]
	if keys != nil {
		args, text = append(args, keys...), &s.texts[1]
	}
	rows, err := tx.Query(ctx, text.Postgres, append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", s.list.Name, err)
	}
	return &listRow{s: s, rows: rows, keys: s.newKeys(), behind: s.newKeys()}, nil
}

// listRow hands the caller's columns through and keeps what stands behind them: the sort keys, for the cursor, and
// whether the row passes the filters that no index serves.
type listRow struct {
	s       *shape
	rows    pgx.Rows
	keys    []any // of the current row
	behind  []any // of the last row that was taken or passed over
	dest    []any
	blank   int // the caller's columns, known once a row was looked at
	n       int
	scanned bool
	err     error
}

// next moves to the next row that is wanted.
func (r *listRow) next() bool {
	for r.err == nil && r.rows.Next() {
		r.n++
		r.scanned = false
		if r.s.combo.Post == nil {
			return true
		}
		var keep bool
		if r.blank == 0 {
			r.blank = len(r.rows.FieldDescriptions()) - len(r.keys) - 1
			r.dest = make([]any, r.blank, r.blank+len(r.keys)+1)
		}
		clear(r.dest[:r.blank])
		r.dest = append(append(r.dest[:r.blank], r.keys...), &keep)
		if r.err = r.rows.Scan(r.dest...); keep {
			return true
		}
		r.keys, r.behind = r.behind, r.keys
	}
	return false
}

// Scan reads the caller's columns of the current row.
func (r *listRow) Scan(dest ...any) error {
	r.scanned = true
	r.dest = append(append(r.dest[:0], dest...), r.keys...)
	if r.s.combo.Post != nil {
		r.dest = append(r.dest, nil)
	}
	return r.rows.Scan(r.dest...)
}

// taken notes that the row is on the page.
func (r *listRow) taken() error {
	if !r.scanned {
		return errNotScanned
	}
	r.keys, r.behind = r.behind, r.keys
	return nil
}

// end closes the rows and says what went wrong in them.
func (r *listRow) end() error {
	r.rows.Close()
	if r.err == nil {
		r.err = r.rows.Err()
	}
	if r.err != nil {
		return fmt.Errorf("list %s: %w", r.s.list.Name, r.err)
	}
	return nil
}

func (s *shape) newKeys() []any {
	keys := make([]any, len(s.sort.Keys))
	for i, k := range s.sort.Keys {
		if k.Type == Text {
			keys[i] = new(string)
		} else {
			keys[i] = new(int64)
		}
	}
	return keys
}

// maxCursor is far above what the text keys of any list need.
const maxCursor = 8 << 10

// cursor writes the keys of the last row. It grants nothing: it only says where to go on.
func (r *listRow) cursor() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(append([]any{r.s.tag}, r.behind...)) // strings and integers always encode
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSpace(b.Bytes()))
}

// decodeCursor reads what cursor wrote, or anything at all that somebody sent.
func (s *shape) decodeCursor(cursor string) ([]any, error) {
	if len(cursor) > maxCursor {
		return nil, ErrInvalidCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil {
		return nil, ErrInvalidCursor.Because(err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil || len(raw) != 1+len(s.sort.Keys) {
		return nil, ErrInvalidCursor
	}
	var tag string
	if err := json.Unmarshal(raw[0], &tag); err != nil || tag != s.tag {
		return nil, ErrInvalidCursor
	}
	keys := s.newKeys()
	for i, b := range raw[1:] {
		if err := json.Unmarshal(b, keys[i]); err != nil || string(b) == "null" {
			return nil, ErrInvalidCursor
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
