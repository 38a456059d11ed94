package db_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

var posts = db.Schema{
	Postgres: []db.Migration{{Number: 1, Name: "posts", SQL: `
CREATE TABLE posts (id BIGINT PRIMARY KEY, shop BIGINT NOT NULL, state TEXT COLLATE "C" NOT NULL, at BIGINT NOT NULL,
  title TEXT COLLATE "C" NOT NULL, open BOOLEAN NOT NULL, note TEXT COLLATE "C");
CREATE INDEX posts_shop_at ON posts (shop, at, id);
CREATE INDEX posts_title ON posts (title, id);
CREATE INDEX posts_open ON posts (shop, at, id) WHERE open;
`}},
	Embedded: []db.Migration{{Number: 1, Name: "posts", SQL: `
CREATE TABLE posts (id INTEGER PRIMARY KEY, shop INTEGER NOT NULL, state TEXT NOT NULL, at INTEGER NOT NULL,
  title TEXT NOT NULL, open INTEGER NOT NULL, note TEXT) STRICT;
CREATE INDEX posts_shop_at ON posts (shop, at, id);
CREATE INDEX posts_title ON posts (title, id);
CREATE INDEX posts_open ON posts (shop, at, id) WHERE open;
`}},
}

const insertPost = "INSERT INTO posts (id, shop, state, at, title, open, note) VALUES ($1, $2, $3, $4, $5, $6, $7)"

var _ = dbtest.SQL(insertPost)

var postKey = db.SortKey{Column: "p.id", Type: db.Int}

var postList = db.DefineList(db.List{
	Name: "test.posts", Select: "SELECT p.id, p.title", From: "FROM posts p",
	Filters: []db.Filter{
		{Name: "shop", SQL: "p.shop = ?", Type: db.Int},
		{Name: "state", SQL: "p.state = ?", Type: db.Text},
		{Name: "open", SQL: "p.open = ?", Type: db.Bool},
		{Name: "note", SQL: "p.note = ?", Type: db.Text},
	},
	Sorts: []db.Sort{
		{Name: "newest", Desc: true, Keys: []db.SortKey{{Column: "p.at", Type: db.Int}, postKey}},
		{Name: "oldest", Keys: []db.SortKey{{Column: "p.at", Type: db.Int}, postKey}},
		{Name: "title", Keys: []db.SortKey{{Column: "p.title", Type: db.Text}, postKey}},
		{Name: "-title", Keys: []db.SortKey{{Column: "p.title", Type: db.Text, Desc: true}, {Column: "p.id", Type: db.Int, Desc: true}}},
	},
	Combos: []db.Combo{
		{Filters: []string{"shop"}, Sort: "newest", Index: "posts_shop_at"},
		{Filters: []string{"shop"}, Sort: "oldest", Index: "posts_shop_at"},
		{Sort: "title", Index: "posts_title"},
		{Sort: "-title", Index: "posts_title"},
		{Filters: []string{"shop"}, Post: []string{"open", "state"}, Sort: "newest", Index: "posts_shop_at"},
		{Post: []string{"note"}, Sort: "title", Index: "posts_title"},
	},
})

type post struct {
	id, shop, at int64
	state, title string
	open         bool
	note         *string
}

// somePosts has many ties in every order.
func somePosts(n int) []post {
	r := rand.New(rand.NewPCG(1, 2))
	all := make([]post, n)
	for i := range all {
		all[i] = post{
			id: int64(i + 1), shop: r.Int64N(3), at: r.Int64N(int64(n)/10 + 1), state: []string{"new", "old"}[r.IntN(2)],
			title: []string{"", "a", "B", "é", "न", "<&>\"'\\", "a b", strings.Repeat("<", 300)}[r.IntN(8)], open: r.IntN(4) == 0,
		}
		if i%3 == 0 {
			all[i].note = ptr("n")
		}
	}
	return all
}

func insertPosts(t testing.TB, d *db.DB, all []post) {
	for chunk := range slices.Chunk(all, 500) {
		mustWrite(t, d, func(ctx context.Context, tx db.Tx) error {
			for _, p := range chunk {
				if err := run(ctx, tx, insertPost, p.id, p.shop, p.state, p.at, p.title, p.open, p.note); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

func page(d *db.DB, q db.ListQuery) (ids []int64, next string, err error) {
	err = d.Read(ctx, "test.page", func(ctx context.Context, tx db.Tx) (err error) {
		ids, next, err = db.QueryList(ctx, tx, postList, q, func(r db.Scanner) (id int64, err error) {
			var title string
			return id, r.Scan(&id, &title)
		})
		return err
	}, db.Long())
	return ids, next, err
}

// TestListPages walks every order and combination page by page and compares with the same list made by hand.
func TestListPages(t *testing.T) {
	all := somePosts(300)
	byAt := func(a, b post) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.id, b.id)) }
	byTitle := func(a, b post) int { return cmp.Or(cmp.Compare(a.title, b.title), cmp.Compare(a.id, b.id)) }
	cases := []struct {
		filters map[string]any
		sort    string
		keep    func(post) bool
		order   func(a, b post) int
	}{
		{map[string]any{"shop": int64(1)}, "", func(p post) bool { return p.shop == 1 }, func(a, b post) int { return byAt(b, a) }},
		{map[string]any{"shop": 1}, "oldest", func(p post) bool { return p.shop == 1 }, byAt},
		{map[string]any{"shop": number(7)}, "oldest", func(p post) bool { return false }, byAt},
		{nil, "title", func(post) bool { return true }, byTitle},
		{nil, "-title", func(post) bool { return true }, func(a, b post) int { return byTitle(b, a) }},
		{map[string]any{"shop": 2, "open": true, "state": state("new")}, "newest",
			func(p post) bool { return p.shop == 2 && p.open && p.state == "new" }, func(a, b post) int { return byAt(b, a) }},
		{map[string]any{"note": "n"}, "title", func(p post) bool { return p.note != nil }, byTitle},
	}
	dbtest.Each(t, posts, func(t *testing.T, d *db.DB) {
		insertPosts(t, d, all)
		for _, c := range cases {
			var want []int64
			for _, p := range slices.SortedFunc(slices.Values(all), c.order) {
				if c.keep(p) {
					want = append(want, p.id)
				}
			}
			for _, limit := range []int{1, 7, 50, 100, 1000} {
				var got []int64
				q := db.ListQuery{Filters: c.filters, Sort: c.sort, Limit: limit}
				for pages := 0; ; pages++ {
					ids, next, err := page(d, q)
					if err != nil {
						t.Fatalf("%v: %v", q, err)
					}
					if len(ids) > min(limit, 100) || pages > 400 || (next != "" && len(ids) < min(limit, 100)) {
						t.Fatalf("%v: page %d has %d", q, pages, len(ids))
					}
					got = append(got, ids...)
					if next == "" {
						break
					}
					q.Cursor = next
				}
				if !slices.Equal(got, want) {
					t.Errorf("%v %q by %d: got %v, want %v", c.filters, c.sort, limit, got, want)
				}
			}
		}
	})
}

// TestListPostFilter: a filter without an index looks at no more than so many rows for a page, says where to go on,
// and loses none.
func TestListPostFilter(t *testing.T) {
	all := somePosts(2*db.PostLimit + 500)
	var want []int64
	for i := range all {
		all[i].shop, all[i].open, all[i].state = 1, i == 0 || i == 1500, "new"
		if all[i].open {
			want = append(want, all[i].id)
		}
	}
	dbtest.Each(t, posts, func(t *testing.T, d *db.DB) {
		insertPosts(t, d, all)
		var got []int64
		q := db.ListQuery{Filters: map[string]any{"shop": 1, "open": true, "state": "new"}, Limit: 10}
		pages := 0
		for ; pages < 10; pages++ {
			ids, next, err := page(d, q)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ids...)
			if q.Cursor = next; next == "" {
				break
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || pages != 2 {
			t.Errorf("got %v in %d pages, want %v", got, pages+1, want)
		}
	})
}

func TestListRefuses(t *testing.T) {
	dbtest.Each(t, posts, func(t *testing.T, d *db.DB) {
		insertPosts(t, d, somePosts(50))
		for _, q := range []db.ListQuery{
			{},
			{Sort: "nothing"},
			{Sort: "title; DROP TABLE posts"},
			{Filters: map[string]any{"state": "new"}},
			{Filters: map[string]any{"shop": 1}, Sort: "title"},
			{Filters: map[string]any{"shop": 1, "nothing": 1}},
			{Filters: map[string]any{"shop": 1, "open": true}},
		} {
			if _, _, err := page(d, q); !errors.Is(err, db.ErrUnsupportedFilter) {
				t.Errorf("%v: %v", q, err)
			}
		}
		for _, v := range []any{"1", 1.5, nil, true, ptr(int64(1)), []int64{1}} { // a mistake in the program, not the caller's
			if _, _, err := page(d, db.ListQuery{Filters: map[string]any{"shop": v}}); err == nil || errors.Is(err, db.ErrUnsupportedFilter) {
				t.Errorf("shop %v: %v", v, err)
			}
		}
		_, other, err := page(d, db.ListQuery{Filters: map[string]any{"shop": 1}, Sort: "oldest", Limit: 1})
		if err != nil || other == "" {
			t.Fatal(other, err)
		}
		for _, cursor := range append(hostileCursors(), other) {
			_, _, err := page(d, db.ListQuery{Filters: map[string]any{"shop": 1}, Cursor: cursor})
			if !errors.Is(err, db.ErrInvalidCursor) {
				t.Errorf("cursor %.60q: %v", cursor, err)
			}
		}
	})
}

func TestListScanMustScan(t *testing.T) {
	d := dbtest.Open(t, db.Embedded, db.Config{Schema: posts})
	insertPosts(t, d, somePosts(5))
	err := d.Read(ctx, "r", func(ctx context.Context, tx db.Tx) error {
		_, _, err := db.QueryList(ctx, tx, postList, db.ListQuery{Sort: "title"}, func(db.Scanner) (int, error) { return 0, nil })
		return err
	})
	if err == nil {
		t.Error("rows that were not read made a page")
	}
}

func TestDefineListPanics(t *testing.T) {
	key := []db.SortKey{{Column: "p.id", Type: db.Int}}
	for name, l := range map[string]db.List{
		"no such filter":  {Combos: []db.Combo{{Filters: []string{"x"}, Sort: "id"}}, Sorts: []db.Sort{{Name: "id", Keys: key}}},
		"no such sort":    {Combos: []db.Combo{{Sort: "x"}}, Sorts: []db.Sort{{Name: "id", Keys: key}}},
		"no keys":         {Combos: []db.Combo{{Sort: "id"}}, Sorts: []db.Sort{{Name: "id"}}},
		"a bool as key":   {Combos: []db.Combo{{Sort: "id"}}, Sorts: []db.Sort{{Name: "id", Keys: []db.SortKey{{Column: "p.open", Type: db.Bool}}}}},
		"two directions":  {Combos: []db.Combo{{Sort: "id"}}, Sorts: []db.Sort{{Name: "id", Keys: append([]db.SortKey{{Column: "p.at", Desc: true}}, key...)}}},
		"a filter twice":  {Combos: []db.Combo{{Filters: []string{"a"}, Post: []string{"a"}, Sort: "id"}}, Filters: []db.Filter{{Name: "a"}}, Sorts: []db.Sort{{Name: "id", Keys: key}}},
		"also two of one": {Combos: []db.Combo{{Filters: []string{"a", "a"}, Sort: "id"}}, Filters: []db.Filter{{Name: "a"}}, Sorts: []db.Sort{{Name: "id", Keys: key}}},
	} {
		if o := attempt(func() error { db.DefineList(l); return nil }); o.panic == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// complaints collects what Explain complains about.
type complaints struct {
	testing.TB
	all []string
}

func (c *complaints) Helper() {}
func (c *complaints) Errorf(format string, args ...any) {
	c.all = append(c.all, fmt.Sprintf(format, args...))
}

func TestExplain(t *testing.T) {
	key := []db.SortKey{postKey}
	bad := map[string]*db.List{
		"a filter without an index": {Combos: []db.Combo{{Filters: []string{"state"}, Sort: "s", Index: "posts_state"}}, Sorts: []db.Sort{{Name: "s", Keys: key}}},
		"an order without an index": {Combos: []db.Combo{{Sort: "s"}}, Sorts: []db.Sort{{Name: "s", Keys: append([]db.SortKey{{Column: "p.state", Type: db.Text}}, key...)}}},
		"another index":             {Combos: []db.Combo{{Sort: "s", Index: "posts_title"}}, Sorts: []db.Sort{{Name: "s", Keys: key}}},
		"a column that is not":      {Combos: []db.Combo{{Sort: "s"}}, Sorts: []db.Sort{{Name: "s", Keys: []db.SortKey{{Column: "p.nothing", Type: db.Int}}}}},
	}
	for name, l := range bad {
		bad[name] = db.CompileList(db.List{
			Name: name, Select: "SELECT p.id", From: "FROM posts p", Filters: postList.Filters, Sorts: l.Sorts, Combos: l.Combos,
		})
	}
	dbtest.Each(t, posts, func(t *testing.T, d *db.DB) {
		dbtest.Explain(t, d, []*db.List{postList})
		for name, l := range bad {
			c := &complaints{TB: t}
			dbtest.Explain(c, d, []*db.List{l})
			if len(c.all) != 2 {
				t.Errorf("%s: %v", name, c.all)
			}
		}
	})
}

func hostileCursors() []string {
	b64 := base64.RawURLEncoding.EncodeToString
	out := []string{"x", "!!!", "=", "AAAA", strings.Repeat("A", 1<<20), "\x00", "é", b64([]byte("null")), b64([]byte("{}")), b64(nil) + "A"}
	for _, s := range []string{
		` `, `[]`, `[1,2]`, `["test.posts/newest"]`, `["test.posts/newest",1]`, `["test.posts/newest",1,2,3]`,
		`["test.posts/newest",null,2]`, `["test.posts/newest",1,null]`, `["test.posts/newest","1",2]`, `["test.posts/newest",1.5,2]`,
		`["test.posts/newest",1e99,2]`, `["test.posts/newest",9223372036854775808,2]`, `["test.posts/newest",[1],2]`,
		`["test.posts/oldest",1,2]`, `["other.list/newest",1,2]`, `[null,1,2]`, `["test.posts/newest",1,2] x`,
		`["test.posts/newest",true,2]`, `["test.posts/newest",{"a":1},2]`,
	} {
		out = append(out, b64([]byte(s)))
	}
	return out
}

// FuzzCursor: a cursor gives keys of the right number and types, or is refused as such.
func FuzzCursor(f *testing.F) {
	for _, c := range hostileCursors() {
		f.Add(c)
	}
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`["test.posts/newest",1,2]`)))
	f.Fuzz(func(t *testing.T, cursor string) {
		keys, err := db.DecodeCursor(postList, cursor)
		if err != nil {
			if !errors.Is(err, db.ErrInvalidCursor) {
				t.Errorf("told %v", err)
			}
			return
		}
		if len(keys) != 2 {
			t.Fatalf("%d keys", len(keys))
		}
		for _, k := range keys {
			if _, ok := k.(int64); !ok {
				t.Errorf("a key is a %T", k)
			}
		}
	})
}
