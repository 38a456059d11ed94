package manage

import (
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/internal/payment/gateway"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

type gatewayRow struct {
	payment.Offer
	Badge sell.Badge
	How   string
	Needs []string
}

var takes = map[gateway.Takes]string{
	gateway.TakesCard: lang.M("By card, here"), gateway.TakesRedirect: lang.M("At the provider's own page"), gateway.TakesTransfer: lang.M("By a transfer that you check"),
}

func gatewayRowOf(p *frame.Page, o payment.Offer) gatewayRow {
	r := gatewayRow{Offer: o, Needs: o.Missing()}
	if how, ok := takes[o.Takes]; ok {
		r.How = p.T(how)
	}
	switch {
	case o.Enabled && len(r.Needs) == 0:
		r.Badge = sell.Badge{Text: p.T("On"), Class: "good"}
	case o.Enabled:
		r.Badge = sell.Badge{Text: p.T("Something is missing"), Class: "bad"}
	default:
		r.Badge = sell.Badge{Text: p.T("Off")}
	}
	return r
}

type gatewaysPage struct{ Items []gatewayRow }

func (m *manage) gateways(p *frame.Page) error {
	offers, err := m.Payments.Offers(p.Context())
	if err != nil {
		return err
	}
	var page gatewaysPage
	for _, o := range offers {
		page.Items = append(page.Items, gatewayRowOf(p, o))
	}
	return p.Show("manage/gateways", p.T("Ways to pay"), page)
}

var gatewayFields = []string{"enabled", "fee_fixed", "fee_bp", "min", "max", "second_above", "currencies"}

type gatewayPage struct {
	Row      gatewayRow
	Form     *frame.Form
	Transfer bool
	Secrets  []gateway.Secret // whether they are there, never what they are
}

// openGateway is the gateway that the address names, with the fields of its form.
func (m *manage) openGateway(p *frame.Page) (o payment.Offer, fields []string, err error) {
	offers, err := m.Payments.Offers(p.Context())
	if err != nil {
		return o, nil, err
	}
	i := slices.IndexFunc(offers, func(o payment.Offer) bool { return o.Name == p.R.PathValue("name") })
	if i < 0 {
		return o, nil, payment.ErrGatewayUnknown
	}
	fields = slices.Clone(gatewayFields)
	for _, d := range offers[i].About.Details {
		fields = append(fields, d.Name)
	}
	return offers[i], fields, nil
}

// fillGateway puts what holds now into a form.
func fillGateway(p *frame.Page, form *frame.Form, o payment.Offer) {
	cur := p.Settings.Currency
	if o.Enabled {
		form.Set("enabled", "1")
	}
	form.Set("fee_fixed", money.Format(o.FeeFixed, cur)).Set("fee_bp", money.FormatRate(o.FeeBp)).Set("second_above", money.Format(o.SecondAbove, cur))
	for name, n := range map[string]int64{"min": o.Min, "max": o.Max} {
		if n > 0 {
			form.Set(name, money.Format(n, cur))
		}
	}
	var names []string
	for _, c := range o.Currencies {
		names = append(names, string(c))
	}
	form.Set("currencies", strings.Join(names, " "))
	for _, d := range o.About.Details {
		form.Set(d.Name, o.Details[d.Name])
	}
}

func (m *manage) gatewayPage(p *frame.Page, o payment.Offer, form *frame.Form) gatewayPage {
	return gatewayPage{Row: gatewayRowOf(p, o), Form: form, Transfer: o.Takes == gateway.TakesTransfer, Secrets: o.Secrets}
}

func (m *manage) gateway(p *frame.Page) error {
	o, fields, err := m.openGateway(p)
	if err != nil {
		return err
	}
	form := p.Form(fields...)
	fillGateway(p, form, o)
	return p.Show("manage/gateway", o.Title, m.gatewayPage(p, o, form))
}

// changeGateway keeps what was changed; what was emptied is what it is by itself again.
func (m *manage) changeGateway(p *frame.Page) error {
	o, fields, err := m.openGateway(p)
	if err != nil {
		return err
	}
	form, err := p.Sent(fields...)
	if err != nil {
		return err
	}
	was := p.Form(fields...)
	fillGateway(p, was, o)
	changed := func(name string) bool { return form.Digits(name) != was.Get(name) }
	text := func(name string) *string {
		v := strings.ReplaceAll(form.Digits(name), ",", "")
		return &v
	}
	patch := payment.OfferPatch{Details: map[string]string{}}
	if on := form.Has("enabled"); on != o.Enabled {
		patch.Enabled = &on
	}
	reset := func(name string, fields ...string) bool {
		for _, f := range fields {
			if form.Get(f) != "" {
				return false
			}
		}
		if slices.ContainsFunc(fields, changed) {
			patch.Reset = append(patch.Reset, name)
		}
		return true
	}
	if !reset("fee", "fee_fixed", "fee_bp") {
		if changed("fee_fixed") {
			patch.FeeFixed = text("fee_fixed")
		}
		if changed("fee_bp") {
			bp, err := money.ParseRate(*text("fee_bp"))
			if err != nil {
				form.Wrong("fee_bp", p.T("Must be a percentage such as 12.5."))
			}
			patch.FeeBp = &bp
		}
	}
	if !reset("limits", "min", "max") {
		nothing := "0"
		for name, into := range map[string]**string{"min": &patch.Min, "max": &patch.Max} {
			switch {
			case !changed(name):
			case form.Get(name) == "":
				*into = &nothing
			default:
				*into = text(name)
			}
		}
	}
	if !reset("second_above", "second_above") && changed("second_above") {
		patch.SecondAbove = text("second_above")
	}
	if !reset("currencies", "currencies") && changed("currencies") {
		list := strings.Fields(strings.ToUpper(strings.ReplaceAll(form.Get("currencies"), ",", " ")))
		patch.Currencies = &list
	}
	for _, d := range o.About.Details {
		if v := form.Get(d.Name); v != o.Details[d.Name] {
			patch.Details[d.Name] = v
		}
	}
	if form.Ok() {
		if err = m.Payments.ChangeOffer(p.Context(), p.Caller, o.Name, patch); err == nil {
			p.Leave("It is kept.")
			return p.See("/manage/gateways/" + o.Name)
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("manage/gateway", o.Title, m.gatewayPage(p, o, form))
}

type messagesPage struct {
	Tabs  []tab
	Items []payment.MessageView
	pager
}

// messages are what providers sent.
func (m *manage) messages(p *frame.Page) error {
	t, state, err := tabs(p, "state", []frame.Option{{Text: p.T("All")}, {Value: "unknown", Text: p.T("Nobody could place them")}, {Value: "known", Text: p.T("Placed")}, {Value: "resolved", Text: p.T("Seen to")}})
	if err != nil {
		return err
	}
	list, err := m.Payments.Messages(p.Context(), state, web.PageParams{Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := messagesPage{Tabs: t, Items: list.Items}
	page.more(p, list.NextCursor)
	return p.Show("manage/messages", p.T("Messages of providers"), page)
}

func (m *manage) resolveMessage(p *frame.Page) error {
	form, err := p.Sent("note")
	if err != nil {
		return err
	}
	if note := []rune(form.Get("note")); len(note) > maxNote {
		form.Set("note", string(note[:maxNote]))
	}
	if err := m.Payments.Resolve(p.Context(), p.Caller, p.R.PathValue("id"), form.Get("note")); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See("/manage/gateways/messages?state=unknown")
}

// maxNote is how long a note on a message may be.
const maxNote = 500
