package shop

import (
	"errors"
	"html/template"
	"net/url"

	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/internal/storefront"
	"github.com/haat-market/haat/web/pages/frame"
)

// window is a storefront with what its store buys.
type window struct {
	storefront.Storefront
	Rates       []offerRow
	WhatsApp    string
	First, Next string
}

// window is a store's storefront, nil while it is not seen.
func (s *shop) window(p *frame.Page, st store.Seen) (*window, error) {
	f, err := s.Windows.Find(p.Context(), st.PublicID)
	if errors.Is(err, storefront.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	w := window{Storefront: f, WhatsApp: storefront.WhatsApp(st.Profile)}
	cursor := p.R.URL.Query().Get("rates")
	list, next, err := s.Windows.Rates(p.Context(), st.PublicID, "", web.PageParams{Limit: perPage, Cursor: cursor})
	if err != nil {
		return nil, err
	}
	if w.Rates, err = s.offerRows(p, list); err != nil {
		return nil, err
	}
	here := "/s/" + st.Profile.Slug
	if next != "" {
		w.Next = here + "?" + url.Values{"rates": {next}}.Encode()
	}
	if cursor != "" {
		w.First = here
	}
	return &w, nil
}

type cardPage struct {
	storefront.Storefront
	Address string // of the page; "" in a market without one
	Code    template.HTML
}

// windowCard is a store's visiting card, to be shown or printed.
func (s *shop) windowCard(p *frame.Page) error {
	f, err := s.Windows.Find(p.Context(), p.R.PathValue("store"))
	if err != nil {
		return err
	}
	page := cardPage{Storefront: f, Address: s.Windows.Address(f)}
	drawn, err := qr.New(s.Windows.CodeText(f), qr.Medium)
	if err != nil {
		return err
	}
	page.Code = template.HTML(drawn.SVG(f.Store.Profile.Name, 6)) //nolint:gosec // escaped
	return p.Show("shop/card", f.Store.Profile.Name, page)
}

type dealersPage struct {
	Items       []storefront.Storefront
	First, Next string
}

// dealers are the storefronts that are seen.
func (s *shop) dealers(p *frame.Page) error {
	cursor := p.R.URL.Query().Get("cursor")
	list, next, err := s.Windows.List(p.Context(), web.PageParams{Limit: perPage, Cursor: cursor})
	if err != nil {
		return err
	}
	page := dealersPage{Items: list}
	if next != "" {
		page.Next = "/dealers?" + url.Values{"cursor": {next}}.Encode()
	}
	if cursor != "" {
		page.First = "/dealers"
	}
	return p.Show("shop/dealers", p.T("Who buys scrap"), page)
}
