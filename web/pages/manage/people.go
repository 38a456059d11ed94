package manage

import (
	"slices"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
	"github.com/haat-market/haat/web/pages/sell"
)

var accountStates = map[identity.State]sell.Badge{
	identity.Active: {Text: lang.M("Active"), Class: "good"}, identity.Inactive: {Text: lang.M("Not activated"), Class: "warn"},
	identity.Deactivated: {Text: lang.M("Deactivated"), Class: "bad"},
}

var roleNames = []struct{ key, name string }{
	{web.RoleCustomer, lang.M("Buyer")}, {web.RoleSeller, lang.M("Seller")}, {web.RoleCourier, lang.M("Courier")}, {web.RoleAdmin, lang.M("Administrator")},
	{web.RoleSuperadmin, lang.M("First administrator")},
}

type accountRow struct {
	identity.Account
	Badge sell.Badge
	Does  string
}

func accountRowOf(p *frame.Page, a identity.Account) accountRow {
	r := accountRow{Account: a, Badge: accountStates[a.State]}
	if r.Badge.Text != "" {
		r.Badge.Text = p.T(r.Badge.Text)
	}
	for _, n := range roleNames {
		if slices.Contains(a.Roles, n.key) {
			if r.Does != "" {
				r.Does += " · "
			}
			r.Does += p.T(n.name)
		}
	}
	return r
}

type accountsPage struct {
	Form   *frame.Form
	States []frame.Option
	Roles  []frame.Option
	Any    bool
	Items  []accountRow
	pager
}

func (m *manage) accounts(p *frame.Page) error {
	page := accountsPage{Form: p.Form("q", "state", "role")}
	page.States = []frame.Option{{Text: p.T("All")}}
	for _, s := range []identity.State{identity.Active, identity.Inactive, identity.Deactivated} {
		page.States = append(page.States, frame.Option{Value: string(s), Text: p.T(accountStates[s].Text)})
	}
	page.Roles = []frame.Option{{Text: p.T("All")}}
	for _, n := range roleNames {
		page.Roles = append(page.Roles, frame.Option{Value: n.key, Text: p.T(n.name)})
	}
	for _, name := range []string{"q", "state", "role"} {
		page.Form.Set(name, ask(p, name))
		page.Any = page.Any || ask(p, name) != ""
	}
	items, next, err := m.Identity.Accounts(p.Context(), identity.AccountQuery{
		Search: page.Form.Get("q"), State: page.Form.Get("state"), Role: page.Form.Get("role"), Limit: perPage, Cursor: cursor(p),
	})
	if err != nil {
		if err := page.Form.Refuse(err); err != nil {
			return err
		}
	}
	for _, a := range items {
		page.Items = append(page.Items, accountRowOf(p, a))
	}
	page.set(p, next)
	return p.Show("manage/accounts", p.T("Accounts"), page)
}

type accountPage struct {
	Row      accountRow
	State    *frame.Form
	Roles    *frame.Form
	Names    []frame.Option
	Actions  []string
	Me       bool
	Sessions []identity.Session
}

func (m *manage) accountPage(p *frame.Page) (page accountPage, err error) {
	a, err := m.Identity.Account(p.Context(), p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	page = accountPage{Row: accountRowOf(p, a), State: p.Form("action", "reason"), Roles: p.Form(roles()...), Me: a.PublicID == p.Caller.Account, Actions: a.State.Actions()}
	for _, n := range roleNames {
		page.Names = append(page.Names, frame.Option{Value: n.key, Text: p.T(n.name)})
		if slices.Contains(a.Roles, n.key) {
			page.Roles.Set(n.key, "1")
		}
	}
	page.Sessions, _, err = m.Identity.AccountSessions(p.Context(), a.PublicID, 20, "")
	return page, err
}

func roles() []string {
	out := make([]string, len(roleNames))
	for i, n := range roleNames {
		out[i] = n.key
	}
	return out
}

func (m *manage) account(p *frame.Page) error {
	page, err := m.accountPage(p)
	if err != nil {
		return err
	}
	return p.Show("manage/account", page.Row.Name, page)
}

func (m *manage) setState(p *frame.Page) error {
	form, err := p.Sent("action", "reason")
	if err != nil {
		return err
	}
	id, action := p.R.PathValue("id"), identity.Action(form.Get("action"))
	if action != identity.Activate && action != identity.Deactivate {
		return errNoPage
	}
	_, err = m.Identity.SetState(p.Context(), p.Caller, id, action, form.Get("reason"))
	if err == nil {
		p.Leave("Done.")
		return p.See("/manage/accounts/" + id)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := m.accountPage(p)
	if err != nil {
		return err
	}
	page.State, p.Self = form, "/manage/accounts/"+id
	return form.Again("manage/account", page.Row.Name, page)
}

func (m *manage) setRoles(p *frame.Page) error {
	form, err := p.Sent(roles()...)
	if err != nil {
		return err
	}
	id := p.R.PathValue("id")
	wanted := []string{}
	for _, name := range roles() {
		if form.Has(name) {
			wanted = append(wanted, name)
		}
	}
	a, err := m.Identity.Account(p.Context(), id)
	if err != nil {
		return err
	}
	for _, r := range a.Roles { // those that the form does not name stay
		if !slices.Contains(roles(), r) {
			wanted = append(wanted, r)
		}
	}
	_, err = m.Identity.SetRoles(p.Context(), p.Caller, id, wanted)
	if err == nil {
		p.Leave("Done.")
		return p.See("/manage/accounts/" + id)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := m.accountPage(p)
	if err != nil {
		return err
	}
	page.Roles, p.Self = form, "/manage/accounts/"+id
	return form.Again("manage/account", page.Row.Name, page)
}

type storesPage struct {
	Tabs  []tab
	Items []storeRow
	pager
}

type storeRow struct {
	store.Seen
	Badge sell.Badge
}

func (m *manage) stores(p *frame.Page) error {
	var options []frame.Option
	for _, s := range []store.State{store.Published, store.Draft, store.Suspended, store.Closed} {
		value := string(s)
		if s == store.Published {
			value = ""
		}
		options = append(options, frame.Option{Value: value, Text: sell.StoreBadge(p, s).Text})
	}
	t, state, err := tabs(p, "state", options)
	if err != nil {
		return err
	}
	items, next, err := m.Stores.List(p.Context(), p.Caller, store.Query{State: state, Limit: perPage, Cursor: cursor(p)})
	if err != nil {
		return err
	}
	page := storesPage{Tabs: t}
	for _, s := range items {
		page.Items = append(page.Items, storeRow{s, sell.StoreBadge(p, s.State)})
	}
	page.set(p, next)
	return p.Show("manage/stores", p.T("Stores"), page)
}

type storePage struct {
	Row    storeRow
	Form   *frame.Form
	People []store.Person
}

func (m *manage) storePage(p *frame.Page, form *frame.Form) (page storePage, err error) {
	s, err := m.Stores.Get(p.Context(), p.Caller, p.R.PathValue("id"))
	if err != nil {
		return page, err
	}
	page = storePage{Row: storeRow{s, sell.StoreBadge(p, s.State)}, Form: form}
	page.People, _, err = m.Stores.People(p.Context(), p.Caller, s.PublicID, 100, "")
	return page, err
}

func (m *manage) store(p *frame.Page) error {
	page, err := m.storePage(p, p.Form("action", "reason"))
	if err != nil {
		return err
	}
	return p.Show("manage/store", page.Row.Profile.Name, page)
}

// moveStore suspends a store or ends that.
func (m *manage) moveStore(p *frame.Page) error {
	form, err := p.Sent("action", "reason")
	if err != nil {
		return err
	}
	id, action := p.R.PathValue("id"), store.Action(form.Get("action"))
	if action != store.Suspend && action != store.Reinstate {
		return errNoPage
	}
	_, err = m.Stores.Move(p.Context(), p.Caller, id, action, form.Get("reason"))
	if err == nil {
		p.Leave("Done.")
		return p.See("/manage/stores/" + id)
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := m.storePage(p, form)
	if err != nil {
		return err
	}
	return form.Again("manage/store", page.Row.Profile.Name, page)
}

func (m *manage) exportOrders(p *frame.Page) error {
	return sell.ExportOrders(p, m.Orders, order.ListQuery{All: true})
}

func (m *manage) orders(p *frame.Page) error {
	page, err := sell.ListOrders(p, m.Orders, order.ListQuery{All: true})
	if err != nil {
		return err
	}
	return p.Show("manage/orders", p.T("Orders"), page)
}
