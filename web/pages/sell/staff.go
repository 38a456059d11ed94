package sell

import (
	"context"
	"slices"
	"strings"

	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var staffFields = []string{"account", "catalog", "stock", "orders", "people"}

type staffPage struct {
	Desk  *Desk
	Form  *frame.Form
	Items []personRow
	May   bool // decides who works here
	Own   bool // decides who decides
	// Invite is the form that asks somebody; Asked are those who were.
	Invite *frame.Form
	Asked  []askedRow
	pager
}

type askedRow struct {
	store.Invitation
	Text    string
	Expired bool
	May     bool
}

var inviteFields = []string{"invitee", "catalog", "stock", "orders", "people"}

type personRow struct {
	store.Person
	Text  string // what he may do
	Owner bool
	Me    bool
}

func (s *sell) staffPage(p *frame.Page, d *Desk, form *frame.Form) (page staffPage, err error) {
	page = staffPage{Desk: d, Form: form, May: d.May("people"), Own: d.May("own"), Invite: p.Form(inviteFields...)}
	people, next, err := s.Stores.People(p.Context(), p.Caller, d.PublicID, perPage, cursor(p))
	for _, x := range people {
		r := personRow{Person: x, Owner: slices.Contains(x.Rights, "own"), Me: x.PublicID == p.Caller.Account}
		shown := x.Rights
		if r.Owner {
			shown = []string{string(store.Own)}
		}
		r.Text = rightsText(p, shown)
		page.Items = append(page.Items, r)
	}
	page.set(p, next)
	if err != nil || !page.May {
		return page, err
	}
	asked, _, err := s.Stores.Invitations(p.Context(), p.Caller, d.PublicID, store.Invited, 100, "")
	for _, v := range asked {
		page.Asked = append(page.Asked, askedRow{v, rightsText(p, v.Rights), v.State == store.Expired, len(v.Actions) > 0})
	}
	return page, err
}

var rightNames = []struct {
	right store.Right
	name  string
}{
	{store.Own, lang.M("Owner")}, {store.Catalog, lang.M("Products")}, {store.Stock, lang.M("Stock")}, {store.Orders, lang.M("Orders")}, {store.People, lang.M("People")},
}

// rightsText says what somebody may do here.
func rightsText(p *frame.Page, rights []string) string {
	names := []string{}
	for _, n := range rightNames {
		if slices.Contains(rights, string(n.right)) {
			names = append(names, p.T(n.name))
		}
	}
	if len(names) == 0 {
		return p.T("only looks")
	}
	return strings.Join(names, " · ")
}

// chosenRights are those that the form gives.
func chosenRights(form *frame.Form) []string {
	rights := []string{}
	for _, name := range []string{"catalog", "stock", "orders", "people"} {
		if form.Has(name) {
			rights = append(rights, name)
		}
	}
	return rights
}

// invite asks somebody to work here. What it says is the same for everybody who is asked.
func (s *sell) invite(p *frame.Page, d *Desk) error {
	p.Self = d.Link("/staff")
	form, err := p.Sent(inviteFields...)
	if err != nil {
		return err
	}
	_, _, err = s.Stores.Invite(form.Once("store.invite"), p.Caller, d.PublicID, form.Get("invitee"), chosenRights(form))
	if err == nil {
		p.Leave("The invitation is on its way.")
		return p.See(d.Link("/staff"))
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := s.staffPage(p, d, p.Form(staffFields...))
	if err != nil {
		return err
	}
	page.Invite = form
	return form.Again("sell/staff", p.T("Who works here"), page)
}

// invitation sends one again, or withdraws it.
func (s *sell) invitation(p *frame.Page, d *Desk) error {
	do := map[string]func(context.Context, web.Caller, string) (store.Invitation, error){"resend": s.Stores.Resend, "revoke": s.Stores.Revoke}[p.R.PathValue("verb")]
	if do == nil {
		return store.ErrInvitationNotFound
	}
	if _, err := do(p.Context(), p.Caller, p.R.PathValue("id")); err != nil {
		return err
	}
	p.Leave("Done.")
	return p.See(d.Link("/staff"))
}

func (s *sell) staff(p *frame.Page, d *Desk) error {
	form := p.Form(staffFields...)
	if account := p.R.URL.Query().Get("account"); account != "" {
		form.Set("account", account)
	}
	page, err := s.staffPage(p, d, form)
	if err != nil {
		return err
	}
	return p.Show("sell/staff", p.T("Who works here"), page)
}

func (s *sell) setStaff(p *frame.Page, d *Desk) error {
	form, err := p.Sent(staffFields...)
	if err != nil {
		return err
	}
	_, _, err = s.Stores.SetPerson(p.Context(), p.Caller, d.PublicID, form.Get("account"), chosenRights(form))
	if err == nil {
		p.Leave("It is kept.")
		return p.See(d.Link("/staff"))
	}
	if store.ErrAccountUnusable.Is(err) {
		form.Wrong("account", p.Say(store.ErrAccountUnusable))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	page, err := s.staffPage(p, d, form)
	if err != nil {
		return err
	}
	return form.Again("sell/staff", p.T("Who works here"), page)
}

func (s *sell) removeStaff(p *frame.Page, d *Desk) error {
	who := p.R.PathValue("account")
	if err := s.Stores.RemovePerson(p.Context(), p.Caller, d.PublicID, who); err != nil {
		return err
	}
	p.Leave("Done.")
	if who == p.Caller.Account {
		return p.See("/")
	}
	return p.See(d.Link("/staff"))
}
