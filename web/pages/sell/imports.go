package sell

import (
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/ledger"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// maxImport is the largest file of products that the catalogue takes.
const maxImport = 20 << 20

var importStates = map[catalog.ImportState]Badge{
	catalog.ImportQueued: {lang.M("Waits"), "warn"}, catalog.ImportRunning: {lang.M("Runs now"), "warn"}, catalog.ImportFinished: {lang.M("Finished"), "good"},
	catalog.ImportFailed: {lang.M("Failed"), "bad"}, catalog.ImportCancelled: {lang.M("Cancelled"), ""},
}

type importRow struct {
	catalog.Import
	Badge   Badge
	Percent int64
}

func importRowOf(p *frame.Page, i catalog.Import) importRow {
	r := importRow{Import: i, Badge: said(p, importStates[i.State])}
	switch {
	case i.State == catalog.ImportFinished:
		r.Percent = 100
	case i.Size > 0:
		r.Percent = i.BytesRead * 100 / i.Size
	}
	return r
}

type importsPage struct {
	Desk  *Desk
	Form  *frame.Form
	Items []importRow
	pager
}

func (s *sell) importsPage(p *frame.Page, d *Desk, form *frame.Form) (importsPage, error) {
	page := importsPage{Desk: d, Form: form}
	items, next, err := s.Catalog.Imports(p.Context(), p.Caller, d.PublicID, perPage, cursor(p))
	for _, i := range items {
		page.Items = append(page.Items, importRowOf(p, i))
	}
	page.set(p, next)
	return page, err
}

func (s *sell) imports(p *frame.Page, d *Desk) error {
	page, err := s.importsPage(p, d, p.Form("file", "dry_run"))
	if err != nil {
		return err
	}
	return p.Show("sell/imports", p.T("Import products"), page)
}

func (s *sell) startImport(p *frame.Page, d *Desk) error {
	form, file, err := p.SentFile("file", "dry_run")
	if err != nil {
		return err
	}
	if len(file) == 0 {
		form.Wrong("file", p.T("Choose a file."))
	}
	if form.Ok() {
		made, err := s.Catalog.StartImport(form.Once("import.create"), p.Caller, d.PublicID, file, form.Has("dry_run"))
		if err == nil {
			return p.See(d.Link("/import/" + made.ID))
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.importsPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/imports", p.T("Import products"), page)
}

type importedPage struct {
	Desk   *Desk
	Import importRow
	Errors []catalog.ImportError
	pager
}

func (s *sell) imported(p *frame.Page, d *Desk) error {
	i, err := s.Catalog.Import(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	page := importedPage{Desk: d, Import: importRowOf(p, i)}
	list, next, err := s.Catalog.ImportErrors(p.Context(), p.Caller, i.ID, 100, cursor(p))
	if err != nil {
		return err
	}
	page.Errors = list
	page.set(p, next)
	return p.Show("sell/import", p.T("Import of {when}", "when", p.Lang.Time(p.In(i.CreatedAt))), page)
}

// cancelImport ends an import that is still at work; what it did stays.
func (s *sell) cancelImport(p *frame.Page, d *Desk) error {
	id := p.R.PathValue("id")
	if _, err := s.Catalog.CancelImport(p.Context(), p.Caller, id); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/import/" + id))
}

type earningsPage struct {
	Desk     *Desk
	Currency money.Currency
	Funds    ledger.Balance
	Items    []entryRow
	pager
}

type entryRow struct {
	ledger.Entry
	Text  string
	Order string
}

var earningKinds = map[string]string{
	"sale": lang.M("Sale"), "fee": lang.M("The market's fee"), "payment": lang.M("Payment"), "refund": lang.M("Money back"), "payout": lang.M("Paid out"),
	"tax": lang.M("Tax"), "release": lang.M("Sale"), "promotion": lang.M("Discount paid by the market"), "cash": lang.M("Cash at the door"),
}

func (s *sell) earnings(p *frame.Page, d *Desk) error {
	funds, list, next, err := s.Wallet.Earnings(p.Context(), p.Caller, d.PublicID, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := earningsPage{Desk: d, Currency: funds.Currency, Funds: funds.Balance}
	for _, e := range list {
		name, ok := earningKinds[string(e.Kind)]
		if !ok {
			name = lang.M("Booking")
		}
		r := entryRow{Entry: e, Text: p.T(name)}
		if len(e.Subject) > 4 && e.Subject[:4] == "ord_" && d.May("orders") {
			r.Order = d.Link("/orders/" + e.Subject)
		}
		page.Items = append(page.Items, r)
	}
	page.set(p, next)
	return p.Show("sell/earnings", p.T("Earnings"), page)
}
