package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Weight is what a page costs who looks at it for the first time: its text as it travels, and everything that it names
// and a browser fetches before it is whole.
type Weight struct {
	Page string `json:"page"`
	// First is the time to the first byte of the very first answer of this kind by a server that has just been started.
	First float64 `json:"first_answer_ms"`
	// Bytes of the page and of its files (style, script, icon) and pictures, with heads, as sent to a browser that takes gzip.
	Bytes    int64 `json:"bytes"`
	Files    int64 `json:"file_bytes"`
	Pictures int64 `json:"picture_bytes"`
	Requests int   `json:"requests"`
	Plain    int64 `json:"plain_bytes"` // of the page, for who takes none
}

// pageAsk is a kind of page, with the addresses that are asked for in turns.
type pageAsk struct {
	name  string
	paths []string
}

func (a pageAsk) what() string { return "page " + a.name + " over http" }

// pageAsks are the pages that a shopper sees before he has an account.
func (s *stage) pageAsks() []pageAsk {
	product, category := pageAsk{name: "product"}, pageAsk{name: "category"}
	for _, id := range s.products {
		product.paths = append(product.paths, "/p/"+id)
	}
	for i := range s.categories { // whose names are given with them
		category.paths = append(category.paths, "/c/aisle-"+strconv.Itoa(i))
	}
	return []pageAsk{
		{"home", []string{"/"}}, category, product,
		{"search", []string{"/search?q=" + wordOfTenth, "/search?q=" + wordOfThousand}},
		{"stores", []string{"/stores"}}, {"store", []string{"/s/" + s.store}}, {"cart", []string{"/cart"}}, {"sign in", []string{"/signin"}},
	}
}

// Pages measures the pages of the shop: how heavy each is, how soon the first answer comes, and how many there are a second.
func Pages(ctx context.Context, o Options) (*Report, error) {
	if o.URL != "" {
		return nil, errors.New("what is looked at is written in bulk: this is measured on a market that is started, not at an address")
	}
	return session(ctx, o, "pages", func(b *bench) error {
		asks := b.stage.pageAsks()
		for _, a := range asks {
			w, err := b.weigh(ctx, a)
			if err != nil {
				return fmt.Errorf("page %s: %w", a.name, err)
			}
			b.report.Weights = append(b.report.Weights, w)
		}
		for _, n := range b.Clients {
			var lanes []func() (Run, error)
			for _, a := range asks {
				lanes = append(lanes, func() (Run, error) {
					i := 0
					return b.timed(ctx, a.what(), n, func(w buyer) worker {
						i++
						return &viewer{conn: w.conn, paths: a.paths, n: i}
					})
				})
			}
			if _, err := b.turns(lanes...); err != nil {
				return err
			}
		}
		return nil
	})
}

// viewer asks for one page after another as a browser does.
type viewer struct {
	*conn
	paths []string
	n     int
}

func (v *viewer) do(ctx context.Context) (o outcome) {
	sent, got := v.sent, v.got
	if status, err := v.see(ctx, v.paths[v.n%len(v.paths)]); err != nil || status != 200 {
		o.failed = v.problem(status, err)
	}
	v.n++
	o.in, o.out = v.got-got, v.sent-sent
	return o
}

// see asks for a page or a file, packed.
func (c *conn) see(ctx context.Context, path string) (int, error) {
	c.request("GET", path, "")
	c.header("Accept-Encoding", "gzip")
	return c.finish(ctx, nil)
}

// fetched finds what a page names and a browser fetches by itself: styles, scripts and icons, and pictures.
var (
	fetchedFile    = regexp.MustCompile(`<(?:link|script)[^>]* (?:href|src)="(/pages/[^"]+)"`)
	fetchedPicture = regexp.MustCompile(`<img[^>]* src="(/[^"]+)"`)
)

// weigh asks for a page once as the first who does, and for everything that it names.
func (b *bench) weigh(ctx context.Context, a pageAsk) (w Weight, err error) {
	w.Page = a.name
	c := b.at.open()
	defer func() { err = errors.Join(err, c.close()) }()
	get := func(path string, packed bool) (int64, error) {
		before := c.got
		ask := c.see
		if !packed {
			ask = func(ctx context.Context, path string) (int, error) {
				c.request("GET", path, "")
				return c.finish(ctx, nil)
			}
		}
		status, err := ask(ctx, path)
		if err == nil && status != 200 {
			err = fmt.Errorf("%s answered %d", path, status)
		}
		return c.got - before, err
	}
	path, start := a.paths[0], time.Now()
	if w.Bytes, err = get(path, true); err != nil {
		return w, err
	}
	w.First = float64(time.Since(start).Microseconds()) / 1000
	if w.Plain, err = get(path, false); err != nil {
		return w, err
	}
	page := bytes.Clone(c.body)
	w.Requests = 1
	seen := map[string]bool{}
	for _, kind := range []struct {
		find  *regexp.Regexp
		bytes *int64
	}{{fetchedFile, &w.Files}, {fetchedPicture, &w.Pictures}} {
		for _, m := range kind.find.FindAllSubmatch(page, -1) {
			name := string(bytes.ReplaceAll(m[1], []byte("&amp;"), []byte("&")))
			if seen[name] {
				continue
			}
			seen[name] = true
			n, err := get(name, true)
			if err != nil {
				return w, err
			}
			*kind.bytes += n
			w.Requests++
		}
	}
	return w, nil
}

func (r *Report) weights() table {
	t := table{head: []string{"page", "first answer ms", "page kB", "files kB", "pictures kB", "requests", "page unpacked kB"}, right: 1}
	kb := func(n int64) string { return fmt.Sprintf("%.1f", float64(n)/1000) }
	for _, w := range r.Weights {
		t.rows = append(t.rows, []string{w.Page, fmt.Sprintf("%.1f", w.First), kb(w.Bytes), kb(w.Files), kb(w.Pictures), fmt.Sprint(w.Requests), kb(w.Plain)})
	}
	return t
}

// judgePages adds the bars of the pages: what arrives in the first round trips of a slow connection.
func (r *Report) judgePages(below func(name string, want, value float64, unit string)) {
	for _, w := range r.Weights {
		below("page "+w.Page+" with its files, without pictures", 50, float64(w.Bytes+w.Files)/1000, " kB")
	}
}
