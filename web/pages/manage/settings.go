package manage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// setting is how a form asks for one.
type setting struct {
	Name, Label string
	Kind        string // text, area, rate, yes, number, amount, choice
	Fixed       bool
	Options     []frame.Option
}

// groups are all settings, in the order in which a market is set up.
var groups = []struct {
	title    string
	settings []setting
}{
	{lang.M("Who runs the market"), []setting{
		{Name: "name", Label: lang.M("Name of the market")}, {Name: "legal_name", Label: lang.M("Name in law")}, {Name: "address", Label: lang.M("Address"), Kind: "area"},
		{Name: "tax_number", Label: lang.M("Tax number")}, {Name: "email", Label: lang.M("E-mail address")}, {Name: "phone", Label: lang.M("Telephone")},
	}},
	{lang.M("Where it is"), []setting{
		{Name: "country", Label: lang.M("Country (two letters)")}, {Name: "currency", Label: lang.M("Currency")}, {Name: "time_zone", Label: lang.M("Time zone")},
		{Name: "languages", Label: lang.M("Languages")},
	}},
	{lang.M("Tax and fees"), []setting{
		{Name: "prices_include_tax", Label: lang.M("Prices include tax"), Kind: "yes"}, {Name: "tax_rate_bp", Label: lang.M("Tax rate in percent"), Kind: "rate"},
		{Name: "platform_fee_bp", Label: lang.M("The market's fee in percent"), Kind: "rate"}, {Name: "gateway_fee_fixed", Label: lang.M("Surcharge for paying online"), Kind: "amount"},
		{Name: "gateway_fee_bp", Label: lang.M("Surcharge for paying online in percent"), Kind: "rate"}, {Name: "delivery_flat", Label: lang.M("Delivery costs"), Kind: "amount"},
		{Name: "delivery_free_above", Label: lang.M("Delivery is free above (0: never)"), Kind: "amount"},
		{Name: "delivery_proof", Label: lang.M("What a courier needs at the door"), Kind: "choice", Options: []frame.Option{
			{Value: market.ProofPIN, Text: lang.M("The receiver's PIN or code")}, {Value: market.ProofPhoto, Text: lang.M("PIN or code, or a photo and a signature")},
			{Value: market.ProofOptional, Text: lang.M("Nothing")},
		}},
		{Name: "buyback_fee_bp", Label: lang.M("The market's fee on what stores buy back, in percent"), Kind: "rate"},
		{Name: "commission_bp", Label: lang.M("Commission on what stores bought in a month, in percent"), Kind: "rate"},
		{Name: "commission_by_store", Label: lang.M("The store owes the commission, not the market"), Kind: "yes"},
		{Name: "commission_suspend_days", Label: lang.M("Days overdue after which a store that owes it is suspended (0: never)"), Kind: "number"},
	}},
	{lang.M("How people pay and order"), []setting{
		{Name: "cash_on_delivery", Label: lang.M("Cash on delivery"), Kind: "yes"}, {Name: "wallet_payments", Label: lang.M("From the wallet"), Kind: "yes"},
		{Name: "guest_orders", Label: lang.M("Orders by message, without an account"), Kind: "yes"},
		{Name: "payment_window_minutes", Label: lang.M("Minutes to pay"), Kind: "number"}, {Name: "escrow_release_hours", Label: lang.M("Hours from delivery to the store's money"), Kind: "number"},
		{Name: "max_unpaid_checkouts", Label: lang.M("Unpaid orders that one buyer may have"), Kind: "number"},
		{Name: "max_reserved", Label: lang.M("Pieces of one thing that one buyer may hold without paying"), Kind: "number"},
	}},
	{lang.M("Wallets and payouts"), []setting{
		{Name: "topup_min", Label: lang.M("Least that is put into a wallet"), Kind: "amount"}, {Name: "topup_max", Label: lang.M("Most that is put into a wallet at once (0: no limit)"), Kind: "amount"},
		{Name: "topup_daily_max", Label: lang.M("Most that is put into a wallet in a day (0: no limit)"), Kind: "amount"}, {Name: "payout_min", Label: lang.M("Least that is paid out"), Kind: "amount"},
		{Name: "payout_second_above", Label: lang.M("Payouts above this need a second admin (0: none)"), Kind: "amount"},
		{Name: "payout_daily_max", Label: lang.M("Most that is paid out in a day (0: no limit)"), Kind: "amount"},
		{Name: "store_debt_limit", Label: lang.M("A store that owes more takes no cash orders"), Kind: "amount"},
	}},
	{lang.M("Who takes part"), []setting{
		{Name: "signup_open", Label: lang.M("Everybody may sign up"), Kind: "yes"}, {Name: "product_approval", Label: lang.M("Products are approved first"), Kind: "yes"},
		{Name: "registered_brands", Label: lang.M("Only brands that were approved"), Kind: "yes"},
		{Name: "max_stores", Label: lang.M("Stores that one account may own"), Kind: "number"},
		{Name: "account_code_prefix", Label: lang.M("Codes of accounts begin with")}, {Name: "store_code_prefix", Label: lang.M("Codes of stores begin with")},
		{Name: "low_stock_at", Label: lang.M("Stock is low from this many pieces on"), Kind: "number"},
		{Name: "import_images", Label: lang.M("Files of products may fetch pictures from other addresses"), Kind: "yes"},
	}},
}

type settingsPage struct {
	Form   *frame.Form
	Groups []settingGroup
}

type settingGroup struct {
	Title    string
	Settings []setting
}

func settingFields() []string {
	out := []string{"version"}
	for _, g := range groups {
		for _, s := range g.settings {
			out = append(out, s.Name)
		}
	}
	return out
}

func settingsContent(p *frame.Page, form *frame.Form) settingsPage {
	page := settingsPage{Form: form}
	fixed := market.FixedNames()
	for _, g := range groups {
		one := settingGroup{Title: p.T(g.title)}
		for _, s := range g.settings {
			s.Label, s.Fixed, s.Options = p.T(s.Label), slices.Contains(fixed, s.Name), slices.Clone(s.Options)
			for i := range s.Options {
				s.Options[i].Text = p.T(s.Options[i].Text)
			}
			one.Settings = append(one.Settings, s)
		}
		page.Groups = append(page.Groups, one)
	}
	return page
}

func (m *manage) askSettings(p *frame.Page) error {
	form := p.Form(settingFields()...)
	texts := p.Settings.Texts()
	for _, g := range groups {
		for _, s := range g.settings {
			v := texts[s.Name]
			switch s.Kind {
			case "rate":
				if n, err := strconv.ParseInt(v, 10, 64); err == nil {
					v = money.FormatRate(n)
				}
			case "yes":
				if v != "true" {
					v = ""
				}
			}
			form.Set(s.Name, v)
		}
	}
	form.Set("version", strconv.FormatInt(p.Settings.Version, 10))
	return p.Show("manage/settings", p.T("Settings"), settingsContent(p, form))
}

func (m *manage) settings(p *frame.Page) error {
	form, err := p.Sent(settingFields()...)
	if err != nil {
		return err
	}
	values := map[string]string{}
	for _, g := range groups {
		for _, s := range g.settings {
			v := form.Get(s.Name)
			switch s.Kind {
			case "yes":
				v = strconv.FormatBool(form.Has(s.Name))
			case "rate":
				n, err := money.ParseRate(strings.ReplaceAll(form.Digits(s.Name), ",", ""))
				if err != nil {
					form.Wrong(s.Name, p.T("Must be a percentage such as 12.5."))
				}
				v = strconv.FormatInt(n, 10)
			case "number", "amount":
				v = strings.ReplaceAll(form.Digits(s.Name), ",", "")
			}
			values[s.Name] = v
		}
	}
	version := form.Int("version")
	if form.Ok() {
		_, err = m.Market.Change(p.Context(), p.Caller.Account, &version, values)
		if err == nil {
			p.Leave("The settings are kept.")
			return p.See("/manage/settings")
		}
		if err := form.Refuse(err); err != nil {
			return err
		}
	}
	return form.Again("manage/settings", p.T("Settings"), settingsContent(p, form))
}

// SettingNames are all settings that the page asks for.
func SettingNames() []string { return settingFields()[1:] }
