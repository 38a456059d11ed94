package account

import (
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

func (a *account) mountMe(f *frame.Frame) {
	f.Get("/account", web.SignedIn, a.home)
	f.Get("/account/profile", web.SignedIn, a.askProfile)
	f.Post("/account/profile", web.SignedIn, a.profile)
	f.Get("/account/password", web.SignedIn, a.askPassword)
	f.Post("/account/password", web.SignedIn, a.password)
	f.Get("/account/sessions", web.SignedIn, a.sessions)
	f.Post("/account/sessions/end", web.SignedIn, a.endSessions)
	f.Get("/account/picture", web.SignedIn, a.askPicture)
	f.PostFile("/account/picture", web.SignedIn, picture.MaxBytes, a.picture)
	f.Post("/account/picture/remove", web.SignedIn, a.dropPicture)
	f.Get("/account/code", web.SignedIn, a.code)
	f.Get("/account/code.png", web.SignedIn, a.codePNG)
	f.Get("/account/email", web.SignedIn, a.askEmail)
	f.Post("/account/email", web.SignedIn, a.email)
	f.Get("/account/erase", web.SignedIn, a.askErase)
	f.Post("/account/erase", web.SignedIn, a.erase)
	f.Get("/account/invitations", web.SignedIn, a.invitations)
	f.Post("/account/invitations/{id}/{answer}", web.SignedIn, a.answerInvitation)
	a.mountWallet(f)
	f.Get("/account/addresses", web.SignedIn, a.addresses)
	f.Get("/account/addresses/new", web.SignedIn, a.askAddress)
	f.Post("/account/addresses/new", web.SignedIn, a.addAddress)
	f.Get("/account/addresses/{id}", web.SignedIn, a.editAddress)
	f.Post("/account/addresses/{id}", web.SignedIn, a.changeAddress)
	f.Post("/account/addresses/{id}/default", web.SignedIn, a.defaultAddress)
	f.Post("/account/addresses/{id}/delete", web.SignedIn, a.deleteAddress)
}

type homePage struct {
	identity.Account
	Works   bool // in a store
	Invited bool // to work in one
}

func (a *account) home(p *frame.Page) error {
	me, err := a.Identity.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	works, _, err := a.Stores.List(p.Context(), p.Caller, store.Query{Mine: true, Limit: 1})
	if err != nil {
		return err
	}
	asked, err := a.Stores.Received(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	return p.Show("account/home", p.T("Your account"), homePage{me, len(works) > 0, len(asked) > 0})
}

type formPage struct {
	Form  *frame.Form
	Me    identity.Account
	Langs []frame.Option
}

// mailLanguages are those that mails are written in.
func mailLanguages(p *frame.Page) []frame.Option {
	out := []frame.Option{{Value: "", Text: p.T("The market's")}}
	for _, l := range lang.All {
		out = append(out, frame.Option{Value: l.Code, Text: l.Name})
	}
	return out
}

var profileFields = []string{"name", "phone", "language"}

func (a *account) askProfile(p *frame.Page) error {
	me, err := a.Identity.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	form := p.Form(profileFields...).Set("name", me.Name).Set("phone", me.Phone).Set("language", me.Language)
	return p.Show("account/profile", p.T("Name and telephone"), formPage{form, me, mailLanguages(p)})
}

func (a *account) profile(p *frame.Page) error {
	form, err := p.Sent(profileFields...)
	if err != nil {
		return err
	}
	name, phone, tag := form.Get("name"), form.Digits("phone"), form.Get("language")
	_, err = a.Identity.ChangeMe(p.Context(), p.Caller, identity.ProfileChange{Name: &name, Phone: &phone, Language: &tag})
	if err == nil {
		p.Leave("It is kept.")
		return p.See("/account")
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	me, err := a.Identity.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	return form.Again("account/profile", p.T("Name and telephone"), formPage{form, me, mailLanguages(p)})
}

var passwordFields = []string{"password", "new_password"}

func (a *account) askPassword(p *frame.Page) error {
	return p.Show("account/password", p.T("Change the password"), formPage{Form: p.Form(passwordFields...)})
}

func (a *account) password(p *frame.Page) error {
	form, err := p.Sent(passwordFields...)
	if err != nil {
		return err
	}
	err = a.Identity.ChangePassword(p.Context(), p.Caller, form.Raw("password"), form.Raw("new_password"))
	if err == nil {
		p.Leave("Your password is changed. Other devices are signed out.")
		return p.See("/account")
	}
	if identity.ErrWrongPassword.Is(err) {
		form.Wrong("password", p.Say(identity.ErrWrongPassword))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("account/password", p.T("Change the password"), formPage{Form: form})
}

type sessionsPage struct {
	Items []identity.Session
	Here  int64
}

func (a *account) sessions(p *frame.Page) error {
	items, _, err := a.Identity.Sessions(p.Context(), p.Caller, 100, "")
	if err != nil {
		return err
	}
	return p.Show("account/sessions", p.T("Where you are signed in"), sessionsPage{items, p.Caller.SessionID})
}

// endSessions ends one session, or all but this one.
func (a *account) endSessions(p *frame.Page) error {
	form, err := p.Sent("id")
	if err != nil {
		return err
	}
	if id := form.Get("id"); id != "" {
		err = a.Identity.EndSession(p.Context(), p.Caller, id)
	} else {
		err = a.Identity.EndOtherSessions(p.Context(), p.Caller)
	}
	if err != nil {
		return err
	}
	p.Leave("It is signed out there.")
	return p.See("/account/sessions")
}
