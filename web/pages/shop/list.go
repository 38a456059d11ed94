package shop

import (
	"net/url"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/web/pages/frame"
)

// perPage is how many products a page shows where nothing else is asked for.
const perPage = 24

var errNoPage = fault.New(fault.NotFound, "not_found", "There is no such page.")

// listPage is a page of goods with what leads to them.
type listPage struct {
	Crumbs     []crumb
	Categories []catalog.Category // to go on to
	Store      *store.Seen
	Window     *window // of a store that buys
	Heard      *heard  // of a store
	Items      []card
	Narrow     narrowing
	Sale       []card // what is lowered most, on the first page of all
	First      string // where the list begins; "" on its first page
	Next       string
	Welcome    bool
	Searched   bool
	Words      []string // to search for instead
	Mended     string   // what was searched for, where nothing holds what was typed
	Total      *catalog.Total
	Facets     *catalog.Facets
	Choices    []choice
	Page       int64 // which page of the list this is, counted from 1
	Sizes      []facet
}

// card is a product in a list.
type card struct {
	catalog.Listing
	Picture *blob.Picture
}

func (s *shop) cards(items []catalog.Listing) []card {
	out := make([]card, len(items))
	for i, l := range items {
		out[i] = card{l, s.Catalog.ShowImage(l.Image)}
	}
	return out
}

// crumb is a step on the way to a page.
type crumb struct{ Name, Link string }

// list fills in a page of what can be bought.
func (s *shop) list(p *frame.Page, page *listPage, w catalog.Wanted) (err error) {
	if page.Narrow, err = s.narrow(p, &w); err != nil {
		return err
	}
	w.Facets = w.Cursor == "" && !page.Welcome
	found, err := s.Catalog.Browse(p.Context(), w)
	if err != nil {
		return err
	}
	page.Total, page.Facets = found.Total, found.Facets
	page.Choices = choices(p, w, found.Facets)
	if page.Narrow.Chips, err = s.chips(p, page.Narrow, w, found.Facets); err != nil {
		return err
	}
	if found.Words != nil && found.Words.Corrected {
		page.Mended = strings.Join(found.Words.Terms, " ")
	}
	page.Items = s.cards(found.Items)
	page.Page = 1
	if w.Cursor != "" {
		page.First, page.Page = further(p, "", 1), pageNumber(p)
	}
	if found.Next != "" {
		page.Next = further(p, found.Next, page.Page+1)
	}
	if page.Next != "" || page.First != "" || w.Limit != perPage {
		page.Sizes = sizes(p, w.Limit)
	}
	p.NoIndex = p.NoIndex || w.Cursor != "" || page.Narrow.Any || w.Query != ""
	return nil
}

// home is where people come in: the departments and what is new.
func (s *shop) home(p *frame.Page) error {
	ask := p.R.URL.Query()
	ask.Del("lang")
	page := listPage{Welcome: len(ask) == 0}
	var err error
	if page.Categories, err = s.departments(p); err != nil {
		return err
	}
	if err := s.list(p, &page, catalog.Wanted{}); err != nil {
		return err
	}
	if page.Welcome {
		sale, err := s.Catalog.Browse(p.Context(), catalog.Wanted{OnSale: true, InStock: true, Sort: "discount", Limit: 4})
		if err != nil {
			return err
		}
		page.Sale = s.cards(sale.Items)
	}
	p.Description = p.T("Many stores, one market.")
	return p.Show("shop/list", p.T("What is on sale"), page)
}

// departments are the categories at the top.
func (s *shop) departments(p *frame.Page) (out []catalog.Category, err error) {
	all, err := s.Catalog.Categories(p.Context())
	for _, c := range all {
		if c.Depth == 0 {
			out = append(out, c)
		}
	}
	return out, err
}

// category is what is on sale in one part of the tree.
func (s *shop) category(p *frame.Page) error {
	all, err := s.Catalog.Categories(p.Context())
	if err != nil {
		return err
	}
	byID := make(map[string]catalog.Category, len(all))
	var here *catalog.Category
	for i, c := range all {
		byID[c.ID] = c
		if c.Slug == p.R.PathValue("slug") {
			here = &all[i]
		}
	}
	if here == nil {
		return catalog.ErrCategoryNotFound
	}
	page := listPage{Crumbs: way(p, byID, *here)}
	for _, c := range all {
		if c.Parent != nil && *c.Parent == here.ID {
			page.Categories = append(page.Categories, c)
		}
	}
	if err := s.list(p, &page, catalog.Wanted{Category: here.ID}); err != nil {
		return err
	}
	p.Description = here.Name
	return p.Show("shop/list", here.Name, page)
}

// way is how one gets to a category from the top.
func way(p *frame.Page, byID map[string]catalog.Category, c catalog.Category) []crumb {
	out := []crumb{{c.Name, ""}}
	for c.Parent != nil {
		c = byID[*c.Parent]
		out = append([]crumb{{c.Name, "/c/" + c.Slug}}, out...)
	}
	return append([]crumb{{p.T("Market"), "/"}}, out...)
}

// store is a store with what it sells. Its address is its slug; its id leads there too.
func (s *shop) store(p *frame.Page) error {
	name := p.R.PathValue("store")
	find := s.Stores.BySlug
	if strings.HasPrefix(name, "sto_") {
		find = s.Stores.Get
	}
	st, err := find(p.Context(), p.Caller, name)
	if err != nil {
		return err
	}
	page := listPage{Store: &st}
	if st.Brief.Buys {
		if page.Window, err = s.window(p, st); err != nil {
			return err
		}
	}
	if page.Heard, err = s.heardOfStore(p, st); err != nil {
		return err
	}
	if !st.Brief.Sells { // what it buys is all that there is to see
		if page.Window == nil && !st.Inside {
			return storefront.ErrNotFound
		}
		p.Description = st.Description
		return p.Show("shop/window", st.Profile.Name, page)
	}
	if err := s.list(p, &page, catalog.Wanted{Store: st.PublicID}); err != nil {
		return err
	}
	p.Description = st.Description
	return p.Show("shop/list", st.Profile.Name, page)
}

type storesPage struct {
	Items       []store.Seen
	First, Next string
}

// stores are all stores that are open.
func (s *shop) stores(p *frame.Page) error {
	cursor := p.R.URL.Query().Get("cursor")
	items, next, err := s.Stores.List(p.Context(), web.Caller{}, store.Query{Sort: "name", Limit: perPage, Cursor: cursor})
	if err != nil {
		return err
	}
	// Those that only buy are seen by their storefronts.
	page := storesPage{Items: slices.DeleteFunc(items, func(st store.Seen) bool { return !st.Brief.Sells })}
	if next != "" {
		page.Next = "/stores?" + url.Values{"cursor": {next}}.Encode()
	}
	if cursor != "" {
		page.First = "/stores"
	}
	return p.Show("shop/stores", p.T("Stores"), page)
}
