package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

var errRefused = errors.New("refused")

// late refuses after it has written, early before.
func late(v string) db.Func {
	return func(ctx context.Context, tx db.Tx) error { return errors.Join(add(v)(ctx, tx), errRefused) }
}

func early(ctx context.Context, tx db.Tx) error {
	var n int64
	return errors.Join(tx.QueryRow(ctx, countItems).Scan(&n), errRefused)
}

// TestCalm: functions run without savepoints after enough that went well; one that refuses after it wrote makes the
// next ones careful again, one that refuses before does not.
func TestCalm(t *testing.T) {
	if os.Getenv("HAAT_TEST_TWICE") == "1" {
		t.Skip("every function has a savepoint then, because it is rolled back once")
	}
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, CalmAfter: 6})
	n := 0
	next := func() db.Func { n++; return add(fmt.Sprintf("good%02d", n)) }
	for i, step := range []struct {
		bad    db.Func
		undone int64 // in all, after this group
	}{
		{late("x"), 0}, // careful from the start; calm begins anew
		{early, 0},
		{early, 0},     // calm from here
		{early, 0},     // nothing was written by who refused, so nothing is undone
		{late("x"), 1}, // the group is run again
		{late("x"), 1}, // careful: he alone is undone
		{early, 1},
		{next(), 1},     // calm
		{late("x2"), 2}, // again
	} {
		out := together(t, d, next(), step.bad, next())
		for k, o := range out {
			if k == 1 && i != 7 {
				if !errors.Is(o.err, errRefused) {
					t.Errorf("group %d: who refused was told %+v", i, o)
				}
			} else if o != (outcome{}) {
				t.Errorf("group %d: member %d was told %+v", i, k, o)
			}
		}
		if s := d.Stats(); s.Undone != step.undone || s.Reruns != 0 {
			t.Errorf("group %d: %d undone, want %d; %d reruns", i, s.Undone, step.undone, s.Reruns)
		}
	}
	if got := items(t, d); strings.Contains(got, "x") || len(strings.Fields(got)) != n {
		t.Errorf("on disk: %q, %d functions", got, n)
	}
}

// TestCalmRefusalOfUndone: a neighbour refuses because of what somebody wrote who then refused himself. Both are asked
// again, and the neighbour sees that nothing is there.
func TestCalmRefusalOfUndone(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, GroupTime: time.Minute, CalmAfter: 1})
	mustWrite(t, d, add("before"))
	unlessTaken := func(ctx context.Context, tx db.Tx) error {
		var n int64
		if err := tx.QueryRow(ctx, countItem, "taken").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return errRefused
		}
		return add("free")(ctx, tx)
	}
	out := together(t, d, add("A"), late("taken"), unlessTaken)
	if out[0] != (outcome{}) || !errors.Is(out[1].err, errRefused) || out[2] != (outcome{}) {
		t.Errorf("told %+v", out)
	}
	if got := items(t, d); got != "before A free" {
		t.Errorf("on disk: %q", got)
	}
}

// TestCalmTruth: many at once, some of whom refuse before and some after they wrote. What is on disk is what was
// answered with success, whether there were savepoints or not.
func TestCalmTruth(t *testing.T) {
	for _, calmAfter := range []int{1, 20, 0} {
		d := dbtest.Open(t, db.Embedded, db.Config{Schema: fixture, CalmAfter: calmAfter})
		var mu sync.Mutex
		var good []string
		clients(32, func(c int) {
			for i := range 40 {
				v := fmt.Sprintf("c%02d-%02d", c, i)
				f, want := add(v), error(nil)
				switch (c*7 + i*3) % 40 {
				case 0:
					f, want = late(v), errRefused
				case 1, 2:
					f, want = early, errRefused
				}
				err := d.Write(ctx, "w", f)
				if !errors.Is(err, want) {
					t.Errorf("%s was told %v", v, err)
				}
				if err == nil {
					mu.Lock()
					good = append(good, v)
					mu.Unlock()
				}
			}
		})
		got := strings.Fields(items(t, d))
		slices.Sort(got)
		slices.Sort(good)
		if !slices.Equal(got, good) {
			t.Errorf("calm after %d: %d on disk, %d answered", calmAfter, len(got), len(good))
		}
		t.Logf("calm after %d: %+v", calmAfter, d.Stats())
	}
}
