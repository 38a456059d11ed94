package sell

import (
	"net/url"
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// maxRateFile is more than any file of prices holds.
const maxRateFile = 1 << 20

func (s *sell) mountRates(f *frame.Frame, get, post func(path, tab string, right store.Right, h deskHandler)) {
	get("/rates", "rates", store.View, s.rates)
	post("/rates", "rates", store.Own, s.addRate)
	post("/rates/copy", "rates", store.Own, s.copyRates)
	f.PostFile("/sell/{store}/rates/file", web.SignedIn, maxRateFile, s.at("rates", store.Own, s.rateFile))
	get("/rates/file.csv", "rates", store.View, s.downloadRates)
	get("/rates/history", "rates", store.View, s.rateHistory)
	post("/rates/{rate}", "rates", store.Own, s.changeRate)
	get("/areas", "areas", store.View, s.areas)
	post("/areas", "areas", store.Own, s.setAreas)
	post("/areas/more", "areas", store.Own, s.askForAreas)
}

var rateFields = []string{"material", "postal_code", "price", "from", "to", "overwrite", "file", "remove"}

// unitNames are what people call the units in which material is bought.
var unitNames = map[string]string{
	"kg": lang.M("kg"), "g": lang.M("g"), "quintal": lang.M("quintal"), "tonne": lang.M("tonne"), "litre": lang.M("litre"), "pcs": lang.M("piece"),
}

// UnitName is what people call a unit.
func UnitName(p *frame.Page, unit string) string { return p.T(unitNames[unit]) }

type rateRow struct {
	rate.Rate
	Unit  string
	Price string // as it is typed
}

type ratesPage struct {
	Desk      *Desk
	Form      *frame.Form
	Tabs      []tab
	Items     []rateRow
	Materials []frame.Option
	Places    []frame.Option
	Here      string // the postal code that is looked at
	Own       bool
	pager
}

// rates are what the store pays.
func (s *sell) rates(p *frame.Page, d *Desk) error {
	page, err := s.ratesPage(p, d, p.Form(rateFields...))
	if err != nil {
		return err
	}
	return p.Show("sell/rates", p.T("Prices"), page)
}

func (s *sell) ratesPage(p *frame.Page, d *Desk, form *frame.Form) (page ratesPage, err error) {
	page = ratesPage{Desk: d, Form: form, Here: p.R.URL.Query().Get("postal_code"), Own: d.May("own")}
	areas, err := s.Rates.Areas(p.Context(), p.Caller, d.PublicID)
	if err != nil {
		return page, err
	}
	options := []frame.Option{{Text: p.T("All")}}
	for _, x := range areas.Places {
		o := frame.Option{Value: x.PostalCode, Text: strings.TrimSpace(x.PostalCode + " " + x.District)}
		options, page.Places = append(options, o), append(page.Places, o)
	}
	page.Tabs = tabs(p, "postal_code", options)
	list, next, err := s.Rates.Own(p.Context(), p.Caller, d.PublicID, page.Here, perPage, cursor(p))
	if err != nil {
		return page, err
	}
	for _, r := range list {
		page.Items = append(page.Items, rateRow{r, p.T(unitNames[r.Material.Unit]), money.Format(r.Price, r.Currency)})
	}
	page.set(p, next)
	if form.Get("postal_code") == "" {
		form.Set("postal_code", page.Here)
	}
	for after := ""; ; {
		kinds, _, next, err := s.Catalog.Materials(p.Context(), catalog.MaterialQuery{}, 100, after)
		if err != nil {
			return page, err
		}
		for _, m := range kinds {
			page.Materials = append(page.Materials, frame.Option{Value: m.ID, Text: m.Name + " (" + p.T(unitNames[m.Unit]) + ")"})
		}
		if next == "" || len(page.Materials) >= maxChoices {
			return page, nil
		}
		after = next
	}
}

type rateHistoryPage struct {
	Desk  *Desk
	Items []rate.Change
	pager
}

// rateHistory is what the store's prices were.
func (s *sell) rateHistory(p *frame.Page, d *Desk) error {
	list, next, err := s.Rates.History(p.Context(), p.Caller, d.PublicID, "", perPage, cursor(p))
	if err != nil {
		return err
	}
	page := rateHistoryPage{Desk: d, Items: list}
	page.set(p, next)
	return p.Show("sell/rate_history", p.T("What your prices were"), page)
}

// maxChoices is how many materials a list to choose from holds; those beyond are set by a file.
const maxChoices = 500

// toRates goes back to where the store's prices are looked at.
func toRates(p *frame.Page, d *Desk, postalCode string) error {
	link := d.Link("/rates")
	if postalCode != "" {
		link += "?" + url.Values{"postal_code": {postalCode}}.Encode()
	}
	return p.See(link)
}

// againRates shows the prices once more, with what is wrong.
func (s *sell) againRates(p *frame.Page, d *Desk, form *frame.Form) error {
	p.Self = d.Link("/rates")
	page, err := s.ratesPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/rates", p.T("Prices"), page)
}

func (s *sell) addRate(p *frame.Page, d *Desk) error {
	form, err := p.Sent(rateFields...)
	if err != nil {
		return err
	}
	code := form.Digits("postal_code")
	_, _, err = s.Rates.Create(form.Once("rate.create"), p.Caller, d.PublicID, rate.Input{Material: form.Get("material"), PostalCode: code, Price: form.Digits("price")})
	if err == nil {
		p.Leave("It is kept.")
		return toRates(p, d, code)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return s.againRates(p, d, form)
}

// changeRate sets another price, or takes it back.
func (s *sell) changeRate(p *frame.Page, d *Desk) error {
	form, err := p.Sent(rateFields...)
	if err != nil {
		return err
	}
	id := p.R.PathValue("rate")
	if form.Has("remove") {
		err = s.Rates.Delete(p.Context(), p.Caller, id)
	} else {
		_, err = s.Rates.Change(p.Context(), p.Caller, id, form.Digits("price"))
	}
	if err == nil {
		p.Leave("It is kept.")
		return toRates(p, d, form.Get("postal_code"))
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return s.againRates(p, d, form)
}

// countedRates says what a change of many prices did.
func countedRates(p *frame.Page, d *Desk, n rate.Counts) error {
	if n.Added+n.Changed+n.Removed == 0 {
		p.Leave("Nothing changed.")
	} else {
		p.Leave("It is kept.")
	}
	return toRates(p, d, "")
}

func (s *sell) copyRates(p *frame.Page, d *Desk) error {
	form, err := p.Sent(rateFields...)
	if err != nil {
		return err
	}
	to := form.All("to")
	if len(to) == 0 {
		form.Wrong("to", p.T("Choose at least one."))
		return s.againRates(p, d, form)
	}
	n, err := s.Rates.Copy(p.Context(), p.Caller, d.PublicID, form.Digits("from"), to, form.Has("overwrite"))
	if err == nil {
		return countedRates(p, d, n)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return s.againRates(p, d, form)
}

// rateFile makes the store's prices those of a file.
func (s *sell) rateFile(p *frame.Page, d *Desk) error {
	form, file, err := p.SentFile(rateFields...)
	if err != nil {
		return err
	}
	if len(file) == 0 {
		form.Wrong("file", p.T("Choose a file."))
		return s.againRates(p, d, form)
	}
	n, err := s.Rates.ReplaceByFile(p.Context(), p.Caller, d.PublicID, file)
	if err == nil {
		return countedRates(p, d, n)
	}
	if f, ok := fault.As(err); ok && len(f.Fields) > 0 { // each names its line, which no field of the form is
		for i, one := range f.Fields {
			if i == few*2 {
				break
			}
			form.Wrong("", strings.Replace(strings.ReplaceAll(one.Path, ".", " "), "body ", "", 1)+": "+one.Message)
		}
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	return s.againRates(p, d, form)
}

func (s *sell) downloadRates(p *frame.Page, d *Desk) error {
	file, err := s.Rates.File(p.Context(), p.Caller, d.PublicID)
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="rates.csv"`)
	h.Set("Cache-Control", "no-store")
	_, _ = p.W.Write(file) // whoever asked has gone
	return nil
}

var areaFields = []string{"postal_codes", "wanted", "reason"}

type areasPage struct {
	Desk     *Desk
	Form     *frame.Form
	Areas    rate.Areas
	Requests []rate.Request
	Own      bool
	Pending  bool
	Most     int64
}

// areas are where the store buys.
func (s *sell) areas(p *frame.Page, d *Desk) error {
	page, err := s.areasPage(p, d, nil)
	if err != nil {
		return err
	}
	return p.Show("sell/areas", p.T("Where you buy"), page)
}

func (s *sell) areasPage(p *frame.Page, d *Desk, form *frame.Form) (page areasPage, err error) {
	page = areasPage{Desk: d, Form: form, Own: d.May("own"), Most: rate.MaxAreas}
	if page.Areas, err = s.Rates.Areas(p.Context(), p.Caller, d.PublicID); err != nil {
		return page, err
	}
	if form == nil {
		page.Form = p.Form(areaFields...)
		codes := make([]string, len(page.Areas.Places))
		for i, x := range page.Areas.Places {
			codes[i] = x.PostalCode
		}
		page.Form.Set("postal_codes", strings.Join(codes, "\n"))
	}
	page.Requests, _, err = s.Rates.Requests(p.Context(), p.Caller, d.PublicID, "", perPage, "")
	for _, r := range page.Requests {
		page.Pending = page.Pending || r.State == "pending"
	}
	return page, err
}

func (s *sell) setAreas(p *frame.Page, d *Desk) error {
	form, err := p.Sent(areaFields...)
	if err != nil {
		return err
	}
	codes := strings.FieldsFunc(form.Digits("postal_codes"), func(r rune) bool { return r == '\n' || r == '\r' || r == ',' || r == ';' || r == ' ' })
	if _, err = s.Rates.SetAreas(p.Context(), p.Caller, d.PublicID, codes); err == nil {
		p.Leave("It is kept.")
		return p.See(d.Link("/areas"))
	}
	return s.againAreas(p, d, form, err)
}

func (s *sell) againAreas(p *frame.Page, d *Desk, form *frame.Form, err error) error {
	if err := form.Refuse(err); err != nil {
		return err
	}
	p.Self = d.Link("/areas")
	page, err := s.areasPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/areas", p.T("Where you buy"), page)
}

func (s *sell) askForAreas(p *frame.Page, d *Desk) error {
	form, err := p.Sent(areaFields...)
	if err != nil {
		return err
	}
	wanted := form.Int("wanted")
	if form.Ok() && (wanted < 1 || wanted > rate.MaxAreas) {
		form.Wrong("wanted", p.T("That is no quantity."))
	}
	if !form.Ok() {
		return s.againAreas(p, d, form, nil)
	}
	if _, err = s.Rates.AskForAreas(p.Context(), p.Caller, d.PublicID, wanted, form.Get("reason")); err == nil {
		p.Leave("You asked for it. The market's people answer.")
		return p.See(d.Link("/areas"))
	}
	return s.againAreas(p, d, form, err)
}
