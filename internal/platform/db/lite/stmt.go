package lite

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"
)

// ErrText is the refusal of text that PostgreSQL would refuse: a NUL byte or broken UTF-8.
var ErrText = errors.New("text holds a NUL byte or broken UTF-8")

// errOpen is a mistake of the floor above, which allows one statement at a time.
var errOpen = errors.New("rows of another statement are open")

// Stmt is a prepared statement. It is always reset, except while its rows are being read.
type Stmt struct {
	conn    *Conn
	st      *sqlite.Stmt
	key     string
	params  int
	big     bool // holds a large bound value
	makesID bool // its one row is the number of the row that it inserts
	made    bool // that row is being read
	lists   *lists
	Columns int
	Reads   bool // a SELECT: it changes nothing, and leaving its rows unread leaves nothing undone
}

// Step moves to the next row; false at the end, when the statement is reset.
func (s *Stmt) Step() (bool, error) {
	if s.conn.open != nil && s.conn.open != s {
		return false, errOpen
	}
	if s.made {
		return false, s.Reset()
	}
	more, err := s.st.Step()
	if more {
		s.conn.open = s
		return true, nil
	}
	if err != nil { // the driver has reset it
		s.conn.open = nil
		return false, Typed(err)
	}
	if s.makesID {
		s.conn.open, s.made = s, true
		return true, nil
	}
	return false, s.Reset()
}

// Finish ends a statement whose rows were not all read. A write is stepped to its end, because only there the engine
// checks what may be broken in between.
func (s *Stmt) Finish() error {
	if s.Reads || s.conn.open != s {
		return s.Reset()
	}
	for {
		if more, err := s.Step(); !more {
			return err
		}
	}
}

// Reset ends the statement's run where it stands.
func (s *Stmt) Reset() error {
	if s.conn.open == s {
		s.conn.open = nil
	}
	s.made = false
	err := s.st.Reset()
	if s.big { // a kept statement must not keep megabytes
		s.big = false
		err = errors.Join(err, s.st.ClearBindings())
	}
	return Typed(err)
}

// Bind sets all parameters. A count that does not match is refused: an unbound one would be NULL without a word.
func (s *Stmt) Bind(args []any) error {
	if len(args) != s.params {
		return fmt.Errorf("statement has %d parameters, %d were given", s.params, len(args))
	}
	list := 0 // what is bound already
	if s.lists != nil {
		bound, err := s.choose(args)
		if err != nil {
			return err
		}
		if bound {
			list = s.lists.param
		}
	}
	for i, a := range args {
		if i+1 == list {
			continue
		}
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
			s.big = s.big || len(v) > bigValue
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
		s.st.BindText(p, intList(v))
	case []string:
		return s.bindStrings(p, v)
	default:
		return s.bindOther(p, a)
	}
	return nil
}

// intList writes a list as a JSON array. A nil list is an empty one: on PostgreSQL, too, = ANY then finds nothing.
func intList(list []int64) string {
	b := make([]byte, 0, 2+8*len(list))
	b = append(b, '[')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, n, 10)
	}
	return string(append(b, ']'))
}

func (s *Stmt) bindStrings(p int, list []string) error {
	for _, t := range list {
		if !validText(t) {
			return ErrText
		}
	}
	b := []byte("[]")
	if len(list) > 0 {
		var err error
		if b, err = json.Marshal(list); err != nil {
			return err
		}
	}
	return s.bindText(p, string(b))
}

func (s *Stmt) bindText(p int, v string) error {
	if !validText(v) {
		return ErrText
	}
	s.big = s.big || len(v) > bigValue
	s.st.BindText(p, v)
	return nil
}

// bigValue is the size above which a bound value is let go after the run.
const bigValue = 16 << 10

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
	if s.made {
		return s.scanID(dest[0])
	}
	for i, d := range dest {
		if err := s.scan(i, d); err != nil {
			return fmt.Errorf("column %d (%s): %w", i+1, s.st.ColumnName(i), err)
		}
	}
	return nil
}

// scanID gives the number of the row that was inserted.
func (s *Stmt) scanID(dest any) error {
	switch p := dest.(type) {
	case nil:
	case *int64:
		*p = s.conn.c.LastInsertRowID()
	case *any:
		*p = s.conn.c.LastInsertRowID()
	default:
		return fmt.Errorf("column 1 (id): %w", mismatch(sqlite.TypeInteger, dest))
	}
	return nil
}

func (s *Stmt) scan(i int, dest any) error {
	if dest == nil {
		return nil
	}
	t := s.st.ColumnType(i)
	switch p := dest.(type) {
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
		n := s.st.ColumnInt64(i)
		if t != sqlite.TypeInteger || n&1 != n { // the engine has no booleans, only 0 and 1
			return mismatch(t, dest)
		}
		*p = n == 1
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
		n := s.st.ColumnInt64(i)
		if t != sqlite.TypeInteger || n&1 != n {
			return mismatch(t, dest)
		}
		v.SetBool(n == 1)
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

// mismatch refuses a column of another type. The schema has no floats: one that arrives where an integer is wanted is
// an integer that left its range.
func mismatch(t sqlite.ColumnType, dest any) error {
	err := fmt.Errorf("cannot scan a %s into a %T", t, dest)
	if t == sqlite.TypeFloat {
		return &Error{Kind: OutOfRange, err: err}
	}
	return err
}

// Values returns the current row as int64, float64, string, []byte or nil.
func (s *Stmt) Values() []any {
	if s.made {
		return []any{s.conn.c.LastInsertRowID()}
	}
	out := make([]any, s.Columns)
	for i := range out {
		out[i] = s.value(i, s.st.ColumnType(i))
	}
	return out
}

// Name is the name of a column.
func (s *Stmt) Name(i int) string {
	if s.makesID {
		return "id"
	}
	return s.st.ColumnName(i)
}
