package pages

import (
	"html/template"
	"net/http"
	"net/url"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// perPage is how many products a page shows.
const perPage = 24

type homePage struct {
	Items []catalog.Listing
	Sorts []sortLink
	Next  string
	First string // where the list begins; "" on its first page
	Store string // its name, when only one store's products are shown
	JSON  string
}

type sortLink struct {
	Name, Link string
	Here       bool
}

var sorts = []struct{ key, name string }{{"newest", "Newest"}, {"price", "Cheapest"}, {"-price", "Dearest"}, {"title", "By name"}}

var errNoPage = fault.New(fault.NotFound, "not_found", "There is no such page.")

// home is a page of what is on sale.
func (p *pages) home(w http.ResponseWriter, r *http.Request) {
	ask := r.URL.Query()
	store, sort, cursor := ask.Get("store"), ask.Get("sort"), ask.Get("cursor")
	if sort == "" {
		sort = sorts[0].key
	}
	known := false
	var page homePage
	for _, s := range sorts {
		known = known || s.key == sort
		page.Sorts = append(page.Sorts, sortLink{Name: s.name, Link: listLink("/", store, s.key, ""), Here: s.key == sort})
	}
	if !known {
		p.refuse(w, r, errNoPage)
		return
	}
	items, next, err := p.Catalog.Visible(r.Context(), store, "", sort, perPage, cursor)
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	page.Items = items
	page.JSON = listLink("/v1/products", store, sort, cursor)
	if next != "" {
		page.Next = listLink("/", store, sort, next)
	}
	if cursor != "" {
		page.First = listLink("/", store, sort, "")
	}
	title := "What is on sale"
	if store != "" && len(items) > 0 {
		page.Store = items[0].StoreName
		title = page.Store
	}
	p.show(w, r, http.StatusOK, "home", layout{Title: title, Page: page})
}

func listLink(path, store, sort, cursor string) string {
	q := url.Values{}
	for name, value := range map[string]string{"store": store, "cursor": cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if sort != sorts[0].key {
		q.Set("sort", sort)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

type productPage struct {
	catalog.Product
	About template.HTML
}

// product is one product. Pages know nobody, so they show what everybody may see.
func (p *pages) product(w http.ResponseWriter, r *http.Request) {
	product, err := p.Catalog.Product(r.Context(), web.Caller{}, r.PathValue("id"))
	if err != nil {
		p.refuse(w, r, err)
		return
	}
	// The description was cleaned to formatting and marked links when it was written, and the page's policy runs no
	// script whatever it says.
	page := productPage{Product: product, About: template.HTML(product.Description)} //nolint:gosec
	p.show(w, r, http.StatusOK, "product", layout{Title: product.Title, Page: page})
}
