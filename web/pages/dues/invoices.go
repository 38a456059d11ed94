package dues

import (
	"strconv"
	"time"

	"github.com/haat-market/haat/internal/invoice"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// followRate is that of the operation behind the page.
var followRate = web.Limit{Name: "follow", Per: time.Minute, Burst: 120}

// titles are what documents are called.
var titles = map[string]string{"Tax invoice": lang.M("Tax invoice"), "Invoice": lang.M("Invoice"), "Credit note": lang.M("Credit note"), "Self-invoice": lang.M("Self-invoice"), "Purchase note": lang.M("Purchase note")}

type invoicePage struct {
	invoice.View
	Day   string // of the document, in the reader's words
	Paper string // the address of the PDF
	Order string // the page of the order; "" for whoever came by a link
	Link  bool   // other documents can be opened
}

func (u *dues) show(p *frame.Page, v invoice.View, page invoicePage) error {
	p.NoIndex = true
	page.View, page.Day = v, v.Date
	if day, err := time.Parse(time.DateOnly, v.Date); err == nil {
		page.Day = p.Lang.Date(day)
	}
	title := v.Title
	if t, ok := titles[v.Title]; ok {
		title = p.T(t)
	}
	return p.Show("dues/invoice", title+" "+v.Number, page)
}

// invoice is a document to be read, and to be printed.
func (u *dues) invoice(p *frame.Page) error {
	v, err := u.Invoices.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := u.Orders.Get(p.Context(), p.Caller, v.Order)
	if err != nil {
		return err
	}
	return u.show(p, v, invoicePage{Paper: "/invoices/" + v.ID + "/invoice.pdf", Order: orderLink(o), Link: true})
}

// followed is the invoice of an order for whoever has its link.
func (u *dues) followed(p *frame.Page) error {
	if err := web.Allow(p.Context(), followRate); err != nil {
		return err
	}
	token := p.R.PathValue("token")
	v, err := u.Invoices.Followed(p.Context(), token)
	if err != nil {
		return err
	}
	return u.show(p, v, invoicePage{Paper: "/o/" + token + "/invoice.pdf", Order: "/o/" + token})
}

func (u *dues) paper(p *frame.Page) error {
	v, err := u.Invoices.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return send(p, v)
}

func (u *dues) followedPaper(p *frame.Page) error {
	if err := web.Allow(p.Context(), followRate); err != nil {
		return err
	}
	v, err := u.Invoices.Followed(p.Context(), p.R.PathValue("token"))
	if err != nil {
		return err
	}
	return send(p, v)
}

func send(p *frame.Page, v invoice.View) error {
	file, err := v.Paper()
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `inline; filename="`+v.ID+`.pdf"`)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	h.Set("Cache-Control", "private, no-store")
	_, _ = p.W.Write(file) // whoever asked and left learns nothing from an error
	return nil
}
