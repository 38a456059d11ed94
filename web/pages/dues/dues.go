package dues

import (
	"embed"
	"net/url"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/wallet"
	"github.com/haat-market/haat/web/pages/frame"
)

//go:embed all:files
var files embed.FS

// Deps are the rooms whose doors these pages are.
type Deps struct {
	Orders   *order.Service
	Invoices *invoice.Service
	Wallet   *wallet.Service
}

type dues struct{ Deps }

// perPage is how many rows a page shows.
const perPage = 20

var errNoPage = fault.New(fault.NotFound, "not_found", "There is no such page.")

// Mount adds the pages.
func Mount(f *frame.Frame, d Deps) {
	u := &dues{d}
	f.Templates("dues", files, "files/*.html")
	f.Get("/invoices/{id}", web.SignedIn, u.invoice)
	f.Get("/invoices/{id}/invoice.pdf", web.SignedIn, u.paper)
	f.Get("/o/{token}/invoice", web.Public, u.followed)
	f.Get("/o/{token}/invoice.pdf", web.Public, u.followedPaper)
	f.Get("/orders/{id}/dispute", web.SignedIn, u.askDispute)
	f.Post("/orders/{id}/dispute", web.SignedIn, u.openDispute)
	f.Get("/disputes", web.SignedIn, u.disputes)
	f.Get("/disputes/{id}", web.SignedIn, u.dispute)
	f.Post("/disputes/{id}/say", web.SignedIn, u.say)
	f.Post("/disputes/{id}/withdraw", web.SignedIn, u.withdraw)
	f.Post("/disputes/{id}/resolve", web.Admin, u.resolve)
	f.Get("/account/payouts", web.SignedIn, u.payouts)
	f.Post("/account/payouts", web.SignedIn, u.askPayout)
	f.Post("/account/payouts/{id}/cancel", web.SignedIn, u.cancelPayout)
}

// tab is one of the views of a list.
type tab struct {
	Text, Link string
	Here       bool
}

// tabs are the views of a list by its state.
func tabs(p *frame.Page, options []frame.Option) (out []tab, here string, err error) {
	here, err = p.R.URL.Query().Get("state"), errNoPage
	for _, o := range options {
		link := p.R.URL.Path
		if o.Value != "" {
			link += "?" + url.Values{"state": {o.Value}}.Encode()
		}
		out = append(out, tab{o.Text, link, here == o.Value})
		if here == o.Value {
			err = nil
		}
	}
	return out, here, err
}

// pager is where a list goes on and where it begins.
type pager struct{ First, Next string }

func (g *pager) set(p *frame.Page, next *string) {
	q := url.Values{}
	if s := p.R.URL.Query().Get("state"); s != "" {
		q.Set("state", s)
	}
	if p.R.URL.Query().Get("cursor") != "" {
		g.First = p.R.URL.Path + "?" + q.Encode()
	}
	if next != nil && *next != "" {
		q.Set("cursor", *next)
		g.Next = p.R.URL.Path + "?" + q.Encode()
	}
}

func params(p *frame.Page) web.PageParams {
	return web.PageParams{Limit: perPage, Cursor: p.R.URL.Query().Get("cursor")}
}
