package catalog

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/search"
	"github.com/haat-market/haat/internal/platform/web"
)

type browseIn struct {
	web.PageParams
	Query    string `query:"q" maxLength:"200" doc:"Words to search for, in any script; all of them must be found."`
	Category string `query:"category" maxLength:"40" doc:"A category with everything below it."`
	Store    string `query:"store" maxLength:"40"`
	Brand    string `query:"brand" maxLength:"255" doc:"As it is written, in whatever case."`
	InStock  bool   `query:"in_stock" doc:"Only what can be bought now."`
	OnSale   bool   `query:"on_sale" doc:"Only what a discount lowers."`
	PriceMin string `query:"price_min" maxLength:"20" doc:"Decimal amount that the lowest price is not below."`
	PriceMax string `query:"price_max" maxLength:"20" doc:"Decimal amount that the lowest price is not above."`
	Facets   bool   `query:"facets" doc:"Also say how many there are of which kind."`
	Sort     string `query:"sort" enum:"relevance,newest,price,-price,title,popular,discount" doc:"Without it, relevance with q and newest without. The order by discount holds only what is lowered."`
}

// ProductPage is a page of what can be bought.
type ProductPage struct {
	Items      []ListingView `json:"items" doc:"The items of this page; may be fewer than asked for."`
	NextCursor *string       `json:"next_cursor" doc:"The cursor of the next page; null at the end."`
	Total      *string       `json:"total" doc:"How many there are, such as 31, or 2000+ where only the newest 2000 that match were looked at. Null where a list is narrowed and no facets were asked for."`
	Facets     *FacetsView   `json:"facets,omitempty" doc:"With facets=true."`
	Search     *SearchView   `json:"search,omitempty" doc:"With q."`
}

// FacetsView says how many products of a list are of which kind.
type FacetsView struct {
	Approximate bool            `json:"approximate" doc:"Counted among the first 2000 that match, and there are more."`
	Categories  []CategoryFacet `json:"categories" doc:"Right below the category that is looked at, each with everything below it."`
	Brands      []ValueFacet    `json:"brands" doc:"The 20 with the most products."`
	Stores      []StoreFacet    `json:"stores" doc:"The 20 with the most products."`
	Prices      []PriceFacet    `json:"prices"`
	InStock     int64           `json:"in_stock"`
	OnSale      int64           `json:"on_sale"`
}

// CategoryFacet counts the products of a category.
type CategoryFacet struct {
	ID    string `json:"id"`
	Slug  string `json:"slug"`
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// ValueFacet counts the products of a brand.
type ValueFacet struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// StoreFacet counts the products of a store.
type StoreFacet struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// PriceFacet counts the products in a band of prices.
type PriceFacet struct {
	From  string `json:"from" doc:"Decimal amount; give it as price_min."`
	To    string `json:"to" doc:"Decimal amount, the last of the band; give it as price_max."`
	Count int64  `json:"count"`
}

// SearchView says what was searched for.
type SearchView struct {
	Query     string   `json:"query"`
	Terms     []string `json:"terms" doc:"The words as they were looked for: without case and accents, mistakes mended."`
	Corrected bool     `json:"corrected" doc:"Nothing holds a word of the query; one that is like it was looked for."`
}

type suggestIn struct {
	Query string `query:"q" maxLength:"100" doc:"What was typed so far."`
}

// SuggestionsView is what somebody may mean.
type SuggestionsView struct {
	Words    []WordView    `json:"words" doc:"What was typed with its last word completed, the likeliest first; words that are nearly so where none begins like it."`
	Products []ListingView `json:"products" doc:"Products that the likeliest completions find, at most 5."`
}

// WordView is a completion.
type WordView struct {
	Text  string `json:"text"`
	Count int64  `json:"count" doc:"How many products it stands in the title, brand or category of."`
}

// wanted reads the query.
func (in *browseIn) wanted(cur money.Currency) (Wanted, error) {
	w := Wanted{
		Query: strings.TrimSpace(in.Query), Facets: in.Facets, Category: in.Category, Store: in.Store, Brand: in.Brand, InStock: in.InStock, OnSale: in.OnSale,
		Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
	f := newFindings(ErrInvalidFilter)
	amount := func(name, s string) *int64 {
		if s == "" {
			return nil
		}
		v, err := money.Parse(s, cur)
		if err != nil || v < 0 {
			f.add(name, "invalid_amount", "Is not an amount in the market's currency.")
		}
		return &v
	}
	w.PriceMin, w.PriceMax = amount("price_min", in.PriceMin), amount("price_max", in.PriceMax)
	if err := f.fault(); err != nil {
		return w, err
	}
	if w.PriceMin != nil && w.PriceMax != nil && *w.PriceMin > *w.PriceMax {
		f.add("price_max", "out_of_order", "Is below price_min.")
	}
	return w, f.fault()
}

func (s *Service) mountBrowsing(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products", ID: "product.list", Summary: "What can be bought", Room: roomName, Access: web.Public,
		Description: "Filters can be combined with each other and with every order. A page looks at 1000 products at most: " +
			"where filters leave out many, it can be short or empty and still have a next one.",
		Errors: []*fault.Error{ErrCategoryNotFound, ErrInvalidFilter, db.ErrUnsupportedFilter, db.ErrInvalidCursor},
	}, func(ctx context.Context, in *browseIn) (*body[ProductPage], error) {
		cur, err := s.currency(ctx)
		if err != nil {
			return nil, err
		}
		w, err := in.wanted(cur)
		if err != nil {
			return nil, err
		}
		found, err := s.Browse(ctx, w)
		return reply(found, err, func(f Found) ProductPage { return s.ViewFound(f, cur) })
	})
	s.mountSuggestions(api)
}

// ViewFound is a page as it is answered.
func (s *Service) ViewFound(f Found, cur money.Currency) ProductPage {
	p := web.NewPage(each(f.Items, s.viewListing), f.Next)
	out := ProductPage{Items: p.Items, NextCursor: p.NextCursor, Facets: viewFacets(f.Facets, cur)}
	if f.Total != nil {
		total := strconv.FormatInt(f.Total.Count, 10)
		if f.Total.Capped {
			total += "+"
		}
		out.Total = &total
	}
	if f.Words != nil {
		out.Search = &SearchView{Query: f.Words.Query, Terms: each(f.Words.Terms, func(s string) string { return s }), Corrected: f.Words.Corrected}
	}
	return out
}

func viewFacets(f *Facets, cur money.Currency) *FacetsView {
	if f == nil {
		return nil
	}
	return &FacetsView{
		Approximate: f.Approximate, InStock: f.InStock, OnSale: f.OnSale,
		Categories: each(f.Categories, func(c CategoryCount) CategoryFacet { return CategoryFacet{c.ID, c.Slug, c.Name, c.Count} }),
		Brands:     each(f.Brands, func(v ValueCount) ValueFacet { return ValueFacet{v.Name, v.Count} }),
		Stores:     each(f.Stores, func(v ValueCount) StoreFacet { return StoreFacet(v) }),
		Prices: each(f.Prices, func(c PriceCount) PriceFacet {
			return PriceFacet{money.Format(c.From, cur), money.Format(min(c.To-1, money.Max), cur), c.Count}
		}),
	}
}

func (s *Service) mountSuggestions(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodGet, Path: "/v1/products/suggestions", ID: "product.suggest", Summary: "What somebody may mean who types", Room: roomName,
		Access: web.Public, Description: "Completes the last word and forgives a mistake in it.",
	}, func(ctx context.Context, in *suggestIn) (*body[SuggestionsView], error) {
		found, err := s.Suggest(ctx, in.Query)
		return reply(found, err, func(f Suggestions) SuggestionsView {
			return SuggestionsView{
				Words:    each(f.Words, func(w search.Suggestion) WordView { return WordView{w.Text, w.Documents} }),
				Products: each(f.Products, s.viewListing),
			}
		})
	})
}
