package shop

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// narrowing is what a reader asks of a list, as its form sends it.
type narrowing struct {
	Form  *frame.Form
	Sorts []frame.Option
	Keep  [][2]string // what the form carries along
	Chips []facet     // what is asked for, each with the list without it
	Any   bool        // something is asked for
	Clear string      // the list without it

	category string // the name of the one that is asked for beside the page's own
}

// facet leads to a part of the list, or out of it.
type facet struct {
	Name, Link string
	Count      int64
	Here       bool
}

// choice is what a list can be narrowed down by.
type choice struct {
	Title  string
	Facets []facet
}

var narrowingFields = []string{"sort", "in_stock", "on_sale", "price_min", "price_max"}

// kept are the wishes that the form does not ask for itself; it carries them along.
var kept = []string{"store", "brand", "category", "per"}

var sorts = []struct{ key, name string }{
	{"newest", lang.M("Newest first")}, {"popular", lang.M("Most bought")}, {"price", lang.M("Cheapest first")}, {"-price", lang.M("Dearest first")},
	{"discount", lang.M("Most reduced")}, {"title", lang.M("By name")},
}

// pageSizes are how many products a page may show: few for a slow line, many for those who look through everything.
var pageSizes = []int{12, perPage, 48}

// narrow reads what the reader asks of a list.
func (s *shop) narrow(p *frame.Page, w *catalog.Wanted) (narrowing, error) {
	ask := p.R.URL.Query()
	n := narrowing{Form: p.Form(narrowingFields...), Clear: p.R.URL.Path}
	if w.Query != "" {
		n.Sorts = append(n.Sorts, frame.Option{Value: "relevance", Text: p.T("What fits best")})
		n.Keep, n.Clear = append(n.Keep, [2]string{"q", w.Query}), p.R.URL.Path+"?"+url.Values{"q": {w.Query}}.Encode()
	}
	for _, one := range sorts {
		n.Sorts = append(n.Sorts, frame.Option{Value: one.key, Text: p.T(one.name)})
	}
	if w.Sort = ask.Get("sort"); w.Sort == "" {
		w.Sort = n.Sorts[0].Value
	}
	if !slices.ContainsFunc(n.Sorts, func(o frame.Option) bool { return o.Value == w.Sort }) {
		return n, errNoPage
	}
	if store := ask.Get("store"); store != "" && w.Store == "" {
		w.Store = store
	}
	if slug := ask.Get("category"); slug != "" && w.Category == "" {
		c, err := s.categoryOf(p, slug)
		if err != nil {
			return n, err
		}
		w.Category, n.category = c.ID, c.Name
	}
	w.Brand = ask.Get("brand")
	w.InStock, w.OnSale, w.Cursor, w.Limit = ask.Get("in_stock") != "", ask.Get("on_sale") != "", ask.Get("cursor"), perPage
	if per, err := strconv.Atoi(ask.Get("per")); err == nil && slices.Contains(pageSizes, per) {
		w.Limit = per
	}
	for _, name := range kept {
		if v := ask.Get(name); v != "" {
			n.Keep, n.Any = append(n.Keep, [2]string{name, v}), n.Any || name != "per"
		}
	}
	n.Any = n.Any || w.InStock || w.OnSale
	for _, name := range narrowingFields {
		n.Form.Set(name, ask.Get(name))
	}
	n.Form.Set("sort", w.Sort)
	for name, into := range map[string]**int64{"price_min": &w.PriceMin, "price_max": &w.PriceMax} {
		text := strings.ReplaceAll(n.Form.Digits(name), ",", "")
		if text == "" {
			continue
		}
		n.Any = true
		minor, err := money.Parse(text, p.Settings.Currency)
		if err != nil || minor < 0 {
			n.Form.Wrong(name, p.T("Must be an amount such as 250."))
			continue
		}
		*into = &minor
	}
	return n, nil
}

// categoryOf is a category by the name in its address.
func (s *shop) categoryOf(p *frame.Page, slug string) (catalog.Category, error) {
	all, err := s.Catalog.Categories(p.Context())
	if err != nil {
		return catalog.Category{}, err
	}
	i := slices.IndexFunc(all, func(c catalog.Category) bool { return c.Slug == slug })
	if i < 0 {
		return catalog.Category{}, catalog.ErrCategoryNotFound
	}
	return all[i], nil
}

// chips are the wishes one by one, each with the list without it.
func (s *shop) chips(p *frame.Page, n narrowing, w catalog.Wanted, f *catalog.Facets) (out []facet, err error) {
	add := func(name string, fields ...string) { out = append(out, facet{Name: name, Link: without(p, fields...)}) }
	if n.category != "" {
		add(n.category, "category")
	}
	if p.R.URL.Query().Get("store") != "" {
		name, err := s.storeName(p, w.Store, f)
		if err != nil {
			return nil, err
		}
		add(name, "store")
	}
	if w.Brand != "" {
		add(w.Brand, "brand")
	}
	cur := p.Settings.Currency
	switch {
	case w.PriceMin != nil && w.PriceMax != nil:
		add(p.T("{from} to {to}", "from", p.Lang.Money(*w.PriceMin, cur), "to", p.Lang.Money(*w.PriceMax, cur)), "price_min", "price_max")
	case w.PriceMin != nil:
		add(p.T("from {price}", "price", p.Lang.Money(*w.PriceMin, cur)), "price_min")
	case w.PriceMax != nil:
		add(p.T("up to {price}", "price", p.Lang.Money(*w.PriceMax, cur)), "price_max")
	}
	if w.InStock {
		add(p.T("Only what is in stock"), "in_stock")
	}
	if w.OnSale {
		add(p.T("Only what is on sale"), "on_sale")
	}
	return out, nil
}

// storeName is how the store is called that a list is narrowed down to; its number where there is no such store.
func (s *shop) storeName(p *frame.Page, id string, f *catalog.Facets) (string, error) {
	if f != nil {
		for _, v := range f.Stores {
			if v.ID == id {
				return v.Name, nil
			}
		}
	}
	st, err := s.Stores.Get(p.Context(), p.Caller, id)
	if known, ok := fault.As(err); ok && known.Kind == fault.NotFound {
		return id, nil
	}
	return st.Profile.Name, err
}

// choices are the links that narrow a list down by one value more. Where it is narrowed down by that already, or where
// all of the list has one value, there is none.
func choices(p *frame.Page, w catalog.Wanted, f *catalog.Facets) (out []choice) {
	if f == nil {
		return nil
	}
	add := func(title string, list []facet) {
		if len(list) > 1 {
			out = append(out, choice{title, list})
		}
	}
	var list []facet
	for _, c := range f.Categories {
		one := facet{Name: c.Name, Link: further(p, "", 1, "category", c.Slug), Count: c.Count}
		if strings.HasPrefix(p.R.URL.Path, "/c/") { // a category has a page
			one.Link = strings.Replace(further(p, "", 1), p.R.URL.Path, "/c/"+c.Slug, 1)
		}
		list = append(list, one)
	}
	add(p.T("Categories"), list)
	list = nil
	if w.PriceMin == nil && w.PriceMax == nil {
		for _, b := range f.Prices {
			cur := p.Settings.Currency
			last := b.To - 1 // the band ends below it
			list = append(list, facet{
				Name:  p.T("{from} to {to}", "from", p.Lang.Money(b.From, cur), "to", p.Lang.Money(last, cur)),
				Link:  further(p, "", 1, "price_min", money.Format(b.From, cur), "price_max", money.Format(last, cur)),
				Count: b.Count,
			})
		}
	}
	add(p.T("Prices"), list)
	values := func(title, name, here string, counts []catalog.ValueCount, key func(catalog.ValueCount) string) {
		if here != "" {
			return
		}
		var list []facet
		for _, v := range counts[:min(len(counts), 8)] {
			list = append(list, facet{Name: v.Name, Link: further(p, "", 1, name, key(v)), Count: v.Count})
		}
		add(title, list)
	}
	values(p.T("Brands"), "brand", w.Brand, f.Brands, func(v catalog.ValueCount) string { return v.Name })
	values(p.T("Stores"), "store", w.Store, f.Stores, func(v catalog.ValueCount) string { return v.ID })
	list = nil
	if !w.InStock && f.InStock > 0 {
		list = append(list, facet{Name: p.T("Only what is in stock"), Link: further(p, "", 1, "in_stock", "1"), Count: f.InStock})
	}
	if !w.OnSale && f.OnSale > 0 {
		list = append(list, facet{Name: p.T("Only what is on sale"), Link: further(p, "", 1, "on_sale", "1"), Count: f.OnSale})
	}
	if len(list) > 0 {
		out = append(out, choice{p.T("More"), list})
	}
	return out
}

// sizes are the links that choose how many products a page shows.
func sizes(p *frame.Page, now int) []facet {
	out := make([]facet, len(pageSizes))
	for i, n := range pageSizes {
		per := strconv.Itoa(n)
		if n == perPage {
			per = ""
		}
		out[i] = facet{Name: p.Lang.Number(int64(n)), Link: further(p, "", 1, "per", per), Here: n == now}
	}
	return out
}

// pageNumber is which page of a list a cursor leads to, as the link said that led there; it is shown and nothing else.
func pageNumber(p *frame.Page) int64 {
	n, err := strconv.ParseInt(p.R.URL.Query().Get("page"), 10, 64)
	if err != nil || n < 2 || n > 9999 {
		return 0
	}
	return n
}

// further is this list from another place on, with these wishes set.
func further(p *frame.Page, cursor string, page int64, wishes ...string) string {
	q := p.R.URL.Query()
	for _, name := range []string{"cursor", "lang", "page"} {
		q.Del(name)
	}
	for i := 0; i+1 < len(wishes); i += 2 {
		q.Set(wishes[i], wishes[i+1])
	}
	for name, v := range q {
		if len(v) == 0 || v[0] == "" {
			q.Del(name)
		}
	}
	if cursor != "" {
		q.Set("cursor", cursor)
		if page > 1 {
			q.Set("page", strconv.FormatInt(page, 10))
		}
	}
	if len(q) == 0 {
		return p.R.URL.Path
	}
	return p.R.URL.Path + "?" + q.Encode()
}

// without is this list from its beginning, without some of what was asked for.
func without(p *frame.Page, names ...string) string {
	var wishes []string
	for _, name := range names {
		wishes = append(wishes, name, "")
	}
	return further(p, "", 1, wishes...)
}
