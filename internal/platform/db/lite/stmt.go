package lite

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// ErrText is the refusal of text that PostgreSQL would refuse: a NUL byte or broken UTF-8.
var ErrText = errors.New("text holds a NUL byte or broken UTF-8")

// Stmt is a prepared statement.
type Stmt struct {
	conn    *Conn
	st      *sqlite.Stmt
	sql     string
	params  int
	Columns int
}

// Step moves to the next row; false at the end.
func (s *Stmt) Step() (bool, error) {
	more, err := s.st.Step()
	if err != nil {
		return false, Typed(err)
	}
	return more, nil
}

// Reset ends the statement's run.
func (s *Stmt) Reset() error { return Typed(s.st.Reset()) }

// Bind sets all parameters. A count that does not match is refused: an unbound one would be NULL without a word.
func (s *Stmt) Bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("statement has %d parameters, %d were given", s.params, len(args))
	}
	for i, a := range args {
		if err := s.bind(i+1, a); err != nil {
			return fmt.Errorf("parameter %d: %w", i+1, err)
		}
	}
	return nil
}

func (s *Stmt) bind(p int, a any) error {
	switch v := a.(type) {
	case nil:
		s.st.BindNull(p)
	case int64:
		s.st.BindInt64(p, v)
	case int:
		s.st.BindInt64(p, int64(v))
	case int32:
		s.st.BindInt64(p, int64(v))
	case int16:
		s.st.BindInt64(p, int64(v))
	case bool:
		s.st.BindBool(p, v)
	case string:
		return s.bindText(p, v)
	case []byte:
		if v == nil {
			s.st.BindNull(p)
		} else {
			s.st.BindBytes(p, v)
		}
	case *int64:
		if v == nil {
			s.st.BindNull(p)
		} else {
			s.st.BindInt64(p, *v)
		}
	case *string:
		if v == nil {
			s.st.BindNull(p)
		} else {
			return s.bindText(p, *v)
		}
	case []int64:
		return s.bindList(p, len(v), v)
	case []string:
		for _, t := range v {
			if !validText(t) {
				return ErrText
			}
		}
		return s.bindList(p, len(v), v)
	default:
		return s.bindOther(p, a)
	}
	return nil
}

// bindList passes a list as a JSON array; a nil list is an empty one, as on PostgreSQL where = ANY finds nothing.
func (s *Stmt) bindList(p, n int, list any) error {
	if n == 0 {
		s.st.BindText(p, "[]")
		return nil
	}
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	s.st.BindText(p, string(b))
	return nil
}

func (s *Stmt) bindText(p int, v string) error {
	if !validText(v) {
		return ErrText
	}
	s.st.BindText(p, v)
	return nil
}

func validText(v string) bool { return utf8.ValidString(v) && strings.IndexByte(v, 0) < 0 }

// bindOther binds named types and pointers by their underlying kind.
func (s *Stmt) bindOther(p int, a any) error {
	v := reflect.ValueOf(a)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			s.st.BindNull(p)
			return nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int:
		s.st.BindInt64(p, v.Int())
	case reflect.String:
		return s.bindText(p, v.String())
	case reflect.Bool:
		s.st.BindBool(p, v.Bool())
	default:
		return fmt.Errorf("cannot bind a %T", a)
	}
	return nil
}

// Scan copies the current row. Like pgx it refuses NULL into a plain value and a column of another type.
func (s *Stmt) Scan(dest []any) error {
	if len(dest) != s.Columns {
		return fmt.Errorf("row has %d columns, %d destinations were given", s.Columns, len(dest))
	}
	for i, d := range dest {
		if err := s.scan(i, d); err != nil {
			return fmt.Errorf("column %d (%s): %w", i+1, s.st.ColumnName(i), err)
		}
	}
	return nil
}

func (s *Stmt) scan(i int, dest any) error {
	t := s.st.ColumnType(i)
	switch p := dest.(type) {
	case nil:
		return nil
	case *int64:
		if t != sqlite.TypeInteger {
			return mismatch(t, dest)
		}
		*p = s.st.ColumnInt64(i)
	case *string:
		if t != sqlite.TypeText {
			return mismatch(t, dest)
		}
		*p = s.st.ColumnText(i)
	case *bool:
		if t != sqlite.TypeInteger {
			return mismatch(t, dest)
		}
		*p = s.st.ColumnInt64(i) != 0
	case **int64:
		if t == sqlite.TypeNull {
			*p = nil
			return nil
		}
		*p = new(int64)
		return s.scan(i, *p)
	case **string:
		if t == sqlite.TypeNull {
			*p = nil
			return nil
		}
		*p = new(string)
		return s.scan(i, *p)
	case *[]byte:
		switch t {
		case sqlite.TypeNull:
			*p = nil
		case sqlite.TypeBlob, sqlite.TypeText:
			*p = make([]byte, s.st.ColumnLen(i))
			s.st.ColumnBytes(i, *p)
		default:
			return mismatch(t, dest)
		}
	case *any:
		*p = s.value(i, t)
	default:
		return s.scanOther(i, t, dest)
	}
	return nil
}

func (s *Stmt) scanOther(i int, t sqlite.ColumnType, dest any) error {
	v := reflect.ValueOf(dest)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return fmt.Errorf("cannot scan into a %T", dest)
	}
	v = v.Elem()
	if v.Kind() == reflect.Pointer {
		if t == sqlite.TypeNull {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return s.scan(i, v.Interface())
	}
	switch v.Kind() {
	case reflect.Int64, reflect.Int32, reflect.Int16, reflect.Int:
		if t != sqlite.TypeInteger {
			return mismatch(t, dest)
		}
		n := s.st.ColumnInt64(i)
		if v.OverflowInt(n) {
			return fmt.Errorf("%d does not fit a %T", n, dest)
		}
		v.SetInt(n)
	case reflect.String:
		if t != sqlite.TypeText {
			return mismatch(t, dest)
		}
		v.SetString(s.st.ColumnText(i))
	case reflect.Bool:
		if t != sqlite.TypeInteger {
			return mismatch(t, dest)
		}
		v.SetBool(s.st.ColumnInt64(i) != 0)
	default:
		return fmt.Errorf("cannot scan into a %T", dest)
	}
	return nil
}

func (s *Stmt) value(i int, t sqlite.ColumnType) any {
	switch t {
	case sqlite.TypeInteger:
		return s.st.ColumnInt64(i)
	case sqlite.TypeFloat:
		return s.st.ColumnFloat(i)
	case sqlite.TypeText:
		return s.st.ColumnText(i)
	case sqlite.TypeBlob:
		b := make([]byte, s.st.ColumnLen(i))
		s.st.ColumnBytes(i, b)
		return b
	}
	return nil
}

func mismatch(t sqlite.ColumnType, dest any) error {
	return fmt.Errorf("cannot scan a %s into a %T", t, dest)
}

// Values returns the current row as int64, float64, string, []byte or nil.
func (s *Stmt) Values() []any {
	out := make([]any, s.Columns)
	for i := range out {
		out[i] = s.value(i, s.st.ColumnType(i))
	}
	return out
}

// Name is the name of a column.
func (s *Stmt) Name(i int) string { return s.st.ColumnName(i) }
