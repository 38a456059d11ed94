package db

import (
	"context"
	"fmt"
)

// QueryListKeep is QueryList for conditions that no index serves and that are tested on each row as it comes: keep says
// whether a row belongs on the page. It looks at as many rows as a list's own Post filters may, so a page can be short,
// or even empty, and still have a next one.
func QueryListKeep[T any](ctx context.Context, tx Tx, l *List, q ListQuery, scan func(Scanner) (T, error), keep func(T) bool) (items []T, next string, err error) {
	if q.Sort == "" {
		q.Sort = l.Sorts[0].Name
	}
	s := l.shape(q.Filters, q.Sort)
	if s == nil {
		return nil, "", ErrUnsupportedFilter
	}
	q.Limit = min(max(q.Limit, 1), 100)
	var keys []any
	if q.Cursor != "" {
		if keys, err = s.decodeCursor(q.Cursor); err != nil {
			return nil, "", err
		}
	}
	items = make([]T, 0, q.Limit)
	// Most pages are full after a few rows, so the first look is a short one.
	for looked, most := 0, min(3*q.Limit, postLimit); looked < postLimit; most = postLimit - looked {
		row, err := s.queryAfter(ctx, tx, q, keys, most)
		if err != nil {
			return nil, "", err
		}
		full := false
		for !full && row.next() {
			item, err := scan(row)
			if err == nil && !row.scanned {
				err = errNotScanned
			}
			if err != nil {
				row.rows.Close()
				return nil, "", fmt.Errorf("list %s: %w", l.Name, err)
			}
			switch {
			case !keep(item):
				row.keys, row.behind = row.behind, row.keys
			case len(items) == q.Limit: // one more than asked for: there is another page
				full = true
			default:
				items = append(items, item)
				row.keys, row.behind = row.behind, row.keys
			}
		}
		if err := row.end(); err != nil {
			return nil, "", err
		}
		if looked += row.n; full || looked >= postLimit {
			return items, row.cursor(), nil
		}
		if row.n < most {
			break
		}
		keys = row.places()
	}
	return items, "", nil
}

// places are the keys of the last row that was looked at.
func (r *listRow) places() []any {
	out := make([]any, len(r.behind))
	for i, k := range r.behind {
		switch k := k.(type) {
		case *string:
			out[i] = *k
		case *int64:
			out[i] = *k
		}
	}
	return out
}
