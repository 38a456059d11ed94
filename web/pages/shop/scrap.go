package shop

import (
	"net/url"
	"slices"

	"github.com/haat-market/haat/internal/cart"
	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/qty"
	"github.com/haat-market/haat/internal/rate"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// unitNames are what people call the units in which material is bought.
var unitNames = map[string]string{
	"kg": lang.M("kg"), "g": lang.M("g"), "quintal": lang.M("quintal"), "tonne": lang.M("tonne"), "litre": lang.M("litre"), "pcs": lang.M("piece"),
}

// units are their names in the reader's language.
func units(p *frame.Page) map[string]string {
	out := make(map[string]string, len(unitNames))
	for unit, name := range unitNames {
		out[unit] = p.T(name)
	}
	return out
}

// UnitNames are what people call the units of material, for other pages.
func UnitNames(p *frame.Page) map[string]string { return units(p) }

var scrapFields = []string{"rate", "quantity", "pin", "material"}

// nearMetres is how far a search looks around a postal code, as the crow flies.
const nearMetres = 10_000

// boughtRow is a material that is bought at a postal code.
type boughtRow struct {
	rate.Bought
	Picture *blob.Picture
	Unit    string
	Link    string
	Here    bool
}

// offerRow is what one dealer pays.
type offerRow struct {
	rate.Rate
	Unit   string
	Window string // the dealer's storefront, if it is seen
	Km     string // how far it is
}

type scrapPage struct {
	Ask         *frame.Form
	There       *rate.There
	Materials   []boughtRow
	Material    *catalog.Material
	Offers      []offerRow
	Near        []offerRow
	Form        *frame.Form // puts something into the cart
	Pin         string
	First, Next string
}

// scrap is what is bought at a postal code: the materials, and for one of them who pays what.
func (s *shop) scrap(p *frame.Page) error {
	page, err := s.scrapPage(p, p.Form(scrapFields...).Set("quantity", "1"), p.R.URL.Query().Get("pin"), p.R.URL.Query().Get("material"))
	if err != nil {
		return err
	}
	p.Description = p.T("See what your scrap is worth where you live, and sell it at your door.")
	return p.Show("shop/scrap", p.T("Sell your scrap"), page)
}

func (s *shop) scrapPage(p *frame.Page, form *frame.Form, pin, material string) (page scrapPage, err error) {
	page.Ask, page.Form = p.Form("pin").Set("pin", pin), form
	page.Pin = lang.Digits(pin)
	if page.Pin == "" {
		return page, nil
	}
	there, err := s.Rates.Summary(p.Context(), page.Pin)
	if known, ok := fault.As(err); ok && known.Code == rate.ErrPostalCode.Code {
		page.Ask.Wrong("pin", p.Say(known))
		return page, nil
	}
	if err != nil {
		return page, err
	}
	page.There, page.Pin = &there, there.Place.PostalCode
	for _, b := range there.Materials {
		link := "/scrap?" + url.Values{"pin": {page.Pin}, "material": {b.Material.ID}}.Encode()
		page.Materials = append(page.Materials, boughtRow{b, s.Catalog.ShowImage(b.Material.Image), p.T(unitNames[b.Material.Unit]), link, b.Material.ID == material})
		if b.Material.ID == material {
			page.Material = &b.Material
		}
	}
	p.NoIndex = true
	if material == "" {
		return page, nil
	}
	return page, s.offers(p, &page, material)
}

// offers fills in who pays what for a material, there and around.
func (s *shop) offers(p *frame.Page, page *scrapPage, material string) error {
	form := page.Form
	form.Set("pin", page.Pin).Set("material", material)
	cursor := p.R.URL.Query().Get("cursor")
	list, next, err := s.Rates.Search(p.Context(), page.Pin, material, perPage, cursor)
	if err != nil {
		return err
	}
	if page.Offers, err = s.offerRows(p, list); err != nil {
		return err
	}
	if next != "" {
		page.Next = "/scrap?" + url.Values{"pin": {page.Pin}, "material": {material}, "cursor": {next}}.Encode()
	}
	if cursor != "" {
		page.First = "/scrap?" + url.Values{"pin": {page.Pin}, "material": {material}}.Encode()
		return nil
	}
	near, err := s.Rates.Nearby(p.Context(), page.Pin, material, nearMetres)
	if fault.Code(err) == rate.ErrPostalUnknown.Code {
		return nil
	}
	if err != nil {
		return err
	}
	near = slices.DeleteFunc(near, func(r rate.Rate) bool { return r.PostalCode == page.Pin })
	page.Near, err = s.offerRows(p, near[:min(len(near), fewNear)])
	if page.Material == nil && len(near) > 0 {
		page.Material = &near[0].Material
	}
	return err
}

// fewNear is how many offers of other places a page shows.
const fewNear = 8

func (s *shop) offerRows(p *frame.Page, list []rate.Rate) ([]offerRow, error) {
	stores := make([]int64, len(list))
	for i, r := range list {
		stores[i] = r.StoreID
	}
	windows, err := s.Windows.Of(p.Context(), stores)
	if err != nil {
		return nil, err
	}
	out := make([]offerRow, len(list))
	for i, r := range list {
		out[i] = offerRow{Rate: r, Unit: p.T(unitNames[r.Material.Unit])}
		if _, ok := windows[r.StoreID]; ok {
			out[i].Window = "/s/" + r.Store.Slug
		}
		if r.Metres != nil {
			out[i].Km = p.Lang.Number((*r.Metres + 500) / 1000)
		}
	}
	return out, nil
}

// addScrap puts a quantity of a material into the reader's cart.
func (s *shop) addScrap(p *frame.Page) error {
	p.Self = "/scrap"
	form, err := p.Sent(scrapFields...)
	if err != nil {
		return err
	}
	thousandths, err := qty.Parse(form.Digits("quantity"))
	if err != nil {
		form.Wrong("quantity", p.T("Must be a quantity such as 2.5."))
	}
	if form.Ok() {
		_, _, _, err := s.Cart.AddRate(p.Context(), p.Caller.AccountID, form.Get("rate"), thousandths)
		if err == nil {
			p.Leave("It is in your cart.")
			return p.See("/cart")
		}
		if known, ok := fault.As(err); ok && known.Code == cart.ErrQuantity.Code {
			form.Wrong("quantity", p.Say(known))
		} else if err := form.Refuse(err); err != nil {
			return err
		}
	}
	page, err := s.scrapPage(p, form, form.Get("pin"), form.Get("material"))
	if err != nil {
		return err
	}
	return form.Again("shop/scrap", p.T("Sell your scrap"), page)
}

// changeScrap sets how much of something is to be sold, which agrees to its price of now; none takes it out.
func (s *shop) changeScrap(p *frame.Page) error {
	form, err := p.Sent("quantity", "remove")
	if err != nil {
		return err
	}
	line := p.R.PathValue("line")
	if form.Has("remove") {
		if err = s.Cart.RemoveRate(p.Context(), p.Caller.AccountID, line); err == nil {
			p.Leave("It was taken out.")
		}
		return s.toCart(p, err)
	}
	thousandths, err := qty.Parse(form.Digits("quantity"))
	if err != nil {
		p.Leave("That is no quantity.")
		return p.See("/cart")
	}
	if _, err = s.Cart.ChangeRate(p.Context(), p.Caller.AccountID, line, thousandths); err == nil {
		p.Leave("Your cart was changed.")
	}
	if fault.Code(err) == cart.ErrQuantity.Code {
		p.Leave("That is no quantity.")
		return p.See("/cart")
	}
	return s.toCart(p, err)
}
