package lite

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestLists: a list finds the same however long it is, and is bound anew at every run.
func TestLists(t *testing.T) {
	c := open(t, Options{KeptStmts: 3})
	if err := c.Script("CREATE TABLE p (id INTEGER PRIMARY KEY, k TEXT, n INTEGER) STRICT; CREATE INDEX p_k ON p (k) WHERE n = 1"); err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		run(t, c, "INSERT INTO p (id, k, n) VALUES (?1, ?2, ?3)", i, fmt.Sprint("k", i), i%2)
	}
	const (
		ints  = "SELECT k FROM p WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id"
		texts = "SELECT k FROM p WHERE n = ?1 AND k IN (SELECT value FROM json_each(?2)) AND id >= ?3 ORDER BY id; -- of some"
		twice = "SELECT k FROM p WHERE id IN (SELECT value FROM json_each(?1)) AND ?1 <> '' ORDER BY id"
		both  = "SELECT k FROM p WHERE id IN (SELECT value FROM json_each(?1)) AND n IN (SELECT value FROM json_each(?2)) ORDER BY id"
	)
	find := func(sql string, args ...any) string {
		t.Helper()
		s, err := c.Prepare(sql, same)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Bind(args); err != nil {
			t.Fatal(err)
		}
		var found []string
		for {
			more, err := s.Step()
			if err != nil {
				t.Fatal(err)
			}
			if !more {
				return strings.Join(found, " ")
			}
			var k string
			if err := s.Scan([]any{&k}); err != nil {
				t.Fatal(err)
			}
			found = append(found, k)
		}
	}
	for range 2 { // the second time each is kept, or was dropped and is made again
		for _, w := range []struct {
			sql, want string
			args      []any
		}{
			{ints, "", []any{[]int64(nil)}}, {ints, "", []any{[]int64{}}}, {ints, "k3", []any{[]int64{3}}}, {ints, "k4", []any{[]int64{4}}},
			{ints, "k3 k5", []any{[]int64{5, 3}}}, {ints, "k5", []any{[]int64{5, 5}}}, {ints, "k0 k3 k5", []any{[]int64{5, 3, 0}}},
			{ints, "k1", []any{[]int64{-1, 1}}}, {ints, "k2", []any{[]int64{2}}},
			{texts, "k3", []any{1, []string{"k3"}, 0}}, {texts, "", []any{0, []string{"k3"}, 0}}, {texts, "k1 k3", []any{1, []string{"k3", "k1"}, 0}},
			{texts, "k3", []any{1, []string{"k3", "k1"}, 2}}, {texts, "k1 k3 k5", []any{1, []string{"k3", "k1", "k5", "k2"}, 0}}, {texts, "", []any{1, []string{}, 0}},
			{texts, "", []any{1, []string{`k3","k1`, `"`}, 0}},
			{twice, "k3", []any{[]int64{3}}}, {twice, "k3 k4", []any{[]int64{3, 4}}},
			{both, "k3 k5", []any{[]int64{3, 4, 5}, []int64{1}}}, {both, "k4", []any{[]int64{4}, []int64{0}}},
		} {
			if got := find(w.sql, w.args...); got != w.want {
				t.Errorf("%s with %v: %q, want %q", w.sql, w.args, got, w.want)
			}
		}
	}
	s, err := c.Prepare(texts, same)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]any{{1, []string{"a\x00"}, 0}, {1, []string{"a", "\xff"}, 0}} {
		if err := s.Bind(bad); !errors.Is(err, ErrText) {
			t.Errorf("%q was bound: %v", bad, err)
		}
	}
	if err := s.Bind([]any{1, []string{"a"}}); err == nil {
		t.Error("a parameter too few was bound")
	}
}
