package lite

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// lists is how a statement looks for something in a list of any length: the list is bound as JSON, and the engine makes
// a table of it at every run. Most lists have one or two members, so for these the same statement is kept with as many
// parameters instead.
type lists struct {
	text  string // with the list as JSON
	param int
	st    *sqlite.Stmt
	short [maxShort]*sqlite.Stmt // for 1, 2, … members; nil before the first of them
}

const maxShort = 2

var listParam = regexp.MustCompile(`\(SELECT value FROM json_each\(\?(\d+)\)\)`)

// listsOf is nil for a statement without a list, and for the rare one with several or with another use of the same.
func listsOf(text string, st *sqlite.Stmt) *lists {
	found := listParam.FindAllStringSubmatch(text, 2)
	if len(found) != 1 || len(regexp.MustCompile(`\?`+found[0][1]+`\b`).FindAllString(text, 2)) != 1 {
		return nil
	}
	n, err := strconv.Atoi(found[0][1])
	if err != nil || n < 1 || n > st.BindParamCount() {
		return nil
	}
	return &lists{text: text, param: n, st: st}
}

// choose gives the statement for these arguments, and binds the members of a short list: the first where the list
// stands, the others behind all parameters. bound says that it did.
func (s *Stmt) choose(args []any) (bound bool, err error) {
	l := s.lists
	n := 0
	switch v := args[l.param-1].(type) {
	case []int64:
		n = len(v)
	case []string:
		n = len(v)
	}
	if n == 0 || n > maxShort {
		s.st = l.st
		return false, nil
	}
	if l.short[n-1] == nil {
		// The plus keeps the engine from planning anew for every value, as it does to see whether a partial index serves.
		members := make([]string, n)
		members[0] = "+?" + strconv.Itoa(l.param)
		for i := 1; i < n; i++ {
			members[i] = "+?" + strconv.Itoa(s.params+i)
		}
		text := listParam.ReplaceAllLiteralString(l.text, "("+strings.Join(members, ", ")+")")
		if l.short[n-1], err = s.conn.prepareKept(text); err != nil {
			return false, err
		}
	}
	s.st = l.short[n-1]
	at := func(i int) int {
		if i == 0 {
			return l.param
		}
		return s.params + i
	}
	switch v := args[l.param-1].(type) {
	case []int64:
		for i, member := range v {
			s.st.BindInt64(at(i), member)
		}
	case []string:
		for i, member := range v {
			if err := s.bindText(at(i), member); err != nil {
				return false, fmt.Errorf("parameter %d: %w", l.param, err)
			}
		}
	}
	return true, nil
}

// finalize ends the statement and its short forms.
func (s *Stmt) finalize() error {
	if s.lists == nil {
		return Typed(s.st.Finalize())
	}
	err := s.lists.st.Finalize()
	for _, st := range s.lists.short {
		if st != nil {
			err = errors.Join(err, st.Finalize())
		}
	}
	return Typed(err)
}
