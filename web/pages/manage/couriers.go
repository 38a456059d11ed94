package manage

import (
	"strings"

	"github.com/haat-market/haat/internal/delivery"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
	"github.com/haat-market/haat/web/pages/shop"
)

var courierStates = map[string]sell.Badge{
	delivery.Unverified: {Text: lang.M("To be verified"), Class: "warn"}, delivery.Verified: {Text: lang.M("Verified"), Class: "good"},
	delivery.Suspended: {Text: lang.M("Suspended"), Class: "bad"},
}

type courierRow struct {
	delivery.CourierView
	Badge sell.Badge
	Goes  string // with which vehicle
}

func courierRowOf(p *frame.Page, v delivery.CourierView) courierRow {
	r := courierRow{CourierView: v, Badge: courierStates[v.State], Goes: shop.VehicleName(p, v.Vehicle)}
	r.Badge.Text = p.T(r.Badge.Text)
	return r
}

type couriersPage struct {
	Tabs  []tab
	Items []courierRow
	pager
}

func (m *manage) couriers(p *frame.Page) error {
	options := []frame.Option{{Text: p.T("All")}}
	for _, s := range []string{delivery.Unverified, delivery.Verified, delivery.Suspended} {
		options = append(options, frame.Option{Value: s, Text: p.T(courierStates[s].Text)})
	}
	t, state, err := tabs(p, "state", options)
	if err != nil {
		return err
	}
	list, err := m.Delivery.Couriers(p.Context(), state, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := couriersPage{Tabs: t}
	for _, v := range list.Items {
		page.Items = append(page.Items, courierRowOf(p, v))
	}
	page.more(p, list.NextCursor)
	return p.Show("manage/couriers", p.T("Couriers"), page)
}

type paper struct {
	delivery.DocumentView
	Name  string
	Badge sell.Badge
}

type courierPage struct {
	Row    courierRow
	Papers []paper
	Form   *frame.Form
	Cash   *frame.Form
	Held   delivery.CashHeld
	Sums   delivery.Statement
}

func (m *manage) courierPage(p *frame.Page, form, cash *frame.Form) (page courierPage, err error) {
	id := p.R.PathValue("id")
	v, err := m.Delivery.Courier(p.Context(), id)
	if err != nil {
		return page, err
	}
	page = courierPage{Row: courierRowOf(p, v), Form: form, Cash: cash}
	for _, d := range v.Documents {
		page.Papers = append(page.Papers, paper{d, shop.PaperName(p, d.Kind), sell.Badge(shop.PaperBadge(p, d, p.Now()))})
	}
	if page.Held, err = m.Delivery.CashWith(p.Context(), id); err != nil {
		return page, err
	}
	page.Sums, err = m.Delivery.StatementOf(p.Context(), id, page.Sums.From, page.Sums.Until) // the last 30 days
	return page, err
}

var cashFields = []string{"amount", "short", "delivery"}

func (m *manage) courier(p *frame.Page) error {
	page, err := m.courierPage(p, p.Form("reason"), p.Form(cashFields...))
	if err != nil {
		return err
	}
	return p.Show("manage/courier", page.Row.Name, page)
}

// judgeCourier says whether a courier's papers are good, or that he may not go on.
func (m *manage) judgeCourier(p *frame.Page) error {
	form, err := p.Sent("reason")
	if err != nil {
		return err
	}
	id, verb := p.R.PathValue("id"), p.R.PathValue("verb")
	if verb != "verify" && len(form.Get("reason")) < 3 {
		form.Wrong("reason", p.T("Say why"))
	}
	if form.Ok() {
		switch verb {
		case "verify":
			_, err = m.Delivery.Verify(p.Context(), p.Caller, id)
		case "reject":
			_, err = m.Delivery.Refuse(p.Context(), p.Caller, id, form.Get("reason"), false)
		case "suspend":
			_, err = m.Delivery.Refuse(p.Context(), p.Caller, id, form.Get("reason"), true)
		default:
			return errNoPage
		}
		if err == nil {
			p.Leave("Done.")
			return p.See("/manage/couriers/" + id)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return m.courierAgain(p, form, p.Form(cashFields...))
}

func (m *manage) courierAgain(p *frame.Page, form, cash *frame.Form) error {
	page, err := m.courierPage(p, form, cash)
	if err != nil {
		return err
	}
	p.Self = "/manage/couriers/" + page.Row.ID
	if form.Ok() {
		form = cash
	}
	return form.Again("manage/courier", page.Row.Name, page)
}

// handIn takes the cash of the ticked deliveries into the market's till.
func (m *manage) handIn(p *frame.Page) error {
	form, err := p.Sent(cashFields...)
	if err != nil {
		return err
	}
	id := p.R.PathValue("id")
	ids := form.All("delivery")
	if len(ids) == 0 {
		form.Wrong("delivery", p.T("Tick what it is about."))
	}
	if form.Ok() {
		_, err := m.Delivery.HandInTo(p.Context(), p.Caller, id, delivery.HandIn{Deliveries: ids, Amount: strings.ReplaceAll(form.Digits("amount"), ",", ""), Short: form.Has("short")})
		if err == nil {
			p.Leave("The cash is in the till.")
			return p.See("/manage/couriers/" + id)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return m.courierAgain(p, p.Form("reason"), form)
}

// document is the picture of a courier's document.
func (m *manage) document(p *frame.Page) error {
	file, err := m.Delivery.DocumentFile(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return err
	}
	return p.File(file)
}
