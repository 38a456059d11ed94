package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/web"
)

// What is measured of those who only look.
const (
	whatList     = "list over http"
	whatListHere = "list in process"
	whatProduct  = "product over http"
	whatProdHere = "product in process"
	whatFacets   = "facets over http"
)

// whatSearch names the search for a word.
func whatSearch(word string) string { return "search for " + word + " over http" }

// looks are what shoppers ask of lists: each in turn.
func (s *stage) looks() []catalog.Wanted {
	least, most := int64(20_000), int64(60_000)
	c := func(i int) string { return s.categories[i%len(s.categories)] }
	return []catalog.Wanted{
		{Sort: "newest", Limit: 20},
		{Category: c(0), Sort: "price", InStock: true, Limit: 20},
		{Category: c(1), Sort: "-price", InStock: true, PriceMin: &least, PriceMax: &most, Limit: 20},
		{Category: c(2), Sort: "newest", InStock: true, PriceMin: &least, PriceMax: &most, Limit: 20},
		{Category: c(3), Sort: "popular", Limit: 20},
		{Brand: "Brand 7", Category: c(4), Sort: "title", Limit: 20},
	}
}

// path is a wish as a request.
func pathOf(w catalog.Wanted) string {
	q := url.Values{"limit": {strconv.Itoa(w.Limit)}}
	set := func(name, v string) {
		if v != "" {
			q.Set(name, v)
		}
	}
	set("q", w.Query)
	set("category", w.Category)
	set("brand", w.Brand)
	set("sort", w.Sort)
	if w.InStock {
		q.Set("in_stock", "true")
	}
	if w.Facets {
		q.Set("facets", "true")
	}
	if w.PriceMin != nil {
		q.Set("price_min", fmt.Sprintf("%d.%02d", *w.PriceMin/100, *w.PriceMin%100))
	}
	if w.PriceMax != nil {
		q.Set("price_max", fmt.Sprintf("%d.%02d", *w.PriceMax/100, *w.PriceMax%100))
	}
	return "/v1/products?" + q.Encode()
}

// ask is one request, in somebody's name or nobody's.
type ask struct{ path, token string }

// asking are requests of nobody.
func asking(paths ...string) (out []ask) {
	for _, p := range paths {
		out = append(out, ask{path: p})
	}
	return out
}

// reader asks for one page after another over HTTP.
type reader struct {
	*conn
	asks []ask
	n    int
}

func (r *reader) do(ctx context.Context) (o outcome) {
	sent, got := r.sent, r.got
	a := r.asks[r.n%len(r.asks)]
	r.request("GET", a.path, a.token)
	r.n++
	status, err := r.finish(ctx, nil)
	if err != nil || status != 200 {
		o.failed = r.problem(status, err)
	}
	o.in, o.out = r.got-got, r.sent-sent
	return o
}

// insider does the same statements and writes the same JSON in this process.
type insider struct {
	call func(ctx context.Context, n int) (any, error)
	n    int
}

func (i *insider) do(ctx context.Context) (o outcome) {
	v, err := i.call(ctx, i.n)
	i.n++
	if err == nil {
		var b []byte
		b, err = json.Marshal(v)
		o.in = int64(len(b))
	}
	if err != nil {
		o.failed = err.Error()
	}
	return o
}

func (*insider) close() error { return nil }

// reading measures requests over HTTP and, where call is given, the same in this process, in turns.
func reading(ctx context.Context, o Options, name, what, here string, asks func(*stage) []ask, call func(*market, *stage) func(context.Context, int) (any, error)) (*Report, error) {
	if o.URL != "" {
		return nil, errors.New("what is looked at is written in bulk: this is measured on a market that is started, not at an address")
	}
	return session(ctx, o, name, func(b *bench) (err error) {
		var m *market
		if call != nil {
			if m, err = b.inside(ctx, "inside", false); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, m.leave(ctx)) }()
		}
		for _, n := range b.Clients {
			lanes := []func() (Run, error){func() (Run, error) { return b.askedOnce(ctx, what, n, asks(b.stage)) }}
			if m != nil {
				f := call(m, b.stage)
				lanes = append(lanes, func() (Run, error) {
					return b.timedHere(ctx, here, n, func(i int) worker { return &insider{call: f, n: i} })
				})
			}
			if _, err := b.turns(lanes...); err != nil {
				return err
			}
		}
		return nil
	})
}

// turns measures things in turns, in as much time as each alone would have, and writes them down.
func (b *bench) turns(lanes ...func() (Run, error)) (each [][]Run, err error) {
	length := b.Length
	b.Length /= rounds
	defer func() { b.Length = length }()
	runs, each, err := inTurns(rounds, lanes...)
	for _, r := range runs {
		b.add(r)
	}
	return each, err
}

// askedOnce measures requests.
func (b *bench) askedOnce(ctx context.Context, what string, clients int, asks []ask) (Run, error) {
	i := 0
	return b.timed(ctx, what, clients, func(w buyer) worker {
		i++
		return &reader{conn: w.conn, asks: asks, n: i}
	})
}

// List measures GET /v1/products as shoppers narrow it.
func List(ctx context.Context, o Options) (*Report, error) {
	return reading(ctx, o, "list", whatList, whatListHere, (*stage).listAsks, func(m *market, s *stage) func(context.Context, int) (any, error) {
		looks := s.looks()
		return func(ctx context.Context, n int) (any, error) {
			settings, err := m.Market.Settings(ctx)
			if err != nil {
				return nil, err
			}
			f, err := m.Catalog.Browse(ctx, looks[n%len(looks)])
			return m.Catalog.ViewFound(f, settings.Currency), err
		}
	})
}

// Product measures GET /v1/products/{id}.
func Product(ctx context.Context, o Options) (*Report, error) {
	return reading(ctx, o, "product", whatProduct, whatProdHere, (*stage).productAsks, func(m *market, s *stage) func(context.Context, int) (any, error) {
		return func(ctx context.Context, n int) (any, error) {
			p, err := m.Catalog.Product(ctx, web.Caller{}, s.products[n%len(s.products)])
			return m.Catalog.ViewProduct(p), err
		}
	})
}

func (s *stage) listAsks() (out []ask) {
	for _, w := range s.looks() {
		out = append(out, ask{path: pathOf(w)})
	}
	return out
}

func (s *stage) productAsks() (out []ask) {
	for _, id := range s.products {
		out = append(out, ask{path: "/v1/products/" + id})
	}
	return out
}

func searchAsks(word string) func(*stage) []ask {
	return func(*stage) []ask { return asking(pathOf(catalog.Wanted{Query: word, Limit: 20})) }
}

// words are those that are searched for: the first stands in every title.
var words = []string{wordOfAll, wordOfTenth, wordOfThousand}

// Search measures the search for words that stand in all products, in a tenth and in a thousandth of them, in turns.
func Search(ctx context.Context, o Options) (*Report, error) {
	return session(ctx, o, "search", func(b *bench) error {
		for _, n := range b.Clients {
			var lanes []func() (Run, error)
			for _, word := range words {
				lanes = append(lanes, func() (Run, error) { return b.askedOnce(ctx, whatSearch(word), n, searchAsks(word)(b.stage)) })
			}
			if _, err := b.turns(lanes...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Facets measures lists with facets: of the whole market and of categories.
func Facets(ctx context.Context, o Options) (*Report, error) {
	return reading(ctx, o, "facets", whatFacets, "", (*stage).facetAsks, nil)
}

func (s *stage) facetAsks() (out []ask) {
	out = asking(pathOf(catalog.Wanted{Limit: 20, Facets: true}))
	for _, c := range s.categories {
		out = append(out, ask{path: pathOf(catalog.Wanted{Limit: 20, Facets: true, Category: c})})
	}
	return out
}

// judgeSearch compares the words with each other: the slowest with the fastest, at each number of clients.
func (r *Report) judgeSearch() {
	const want = 3
	for _, x := range r.Runs {
		if x.What != whatSearch(wordOfAll) {
			continue
		}
		least, most := x.P50, x.P50
		for _, word := range words {
			if y, ok := r.find(whatSearch(word), x.Clients); ok {
				least, most = min(least, y.P50), max(most, y.P50)
			}
		}
		if least > 0 {
			ratio := most / least
			r.Bars = append(r.Bars, Bar{fmt.Sprintf("the slowest word to the fastest, median, %d clients", x.Clients), fmt.Sprintf("≤ %d", want), ratio, ratio <= want})
		}
	}
}

// judgeReads adds the bars of those who only look.
func (r *Report) judgeReads(least, below func(name string, want, value float64, unit string)) {
	for _, c := range []struct{ name, over, here string }{{"list", whatList, whatListHere}, {"product", whatProduct, whatProdHere}} {
		over, ok := r.find(c.over, barClients)
		here, also := r.find(c.here, barClients)
		if ok && also && here.PerSecond > 0 {
			least(c.name+" over http against the same SQL and JSON in process, 64 clients", 0.5, over.PerSecond/here.PerSecond, "")
		}
		if ok {
			below(c.name+" p99, 64 clients", 20, over.P99, " ms")
		}
	}
}
