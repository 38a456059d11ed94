package account

import (
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

// link is a form that a link leads to. The link's code stands behind the ? where it was printed on a terminal, behind
// the # where it was mailed.
type link struct {
	path   string
	title  string
	about  string
	button string
	fields []string
	do     func(p *frame.Page, f *frame.Form) error
	done   string
}

type linkPage struct {
	Form   *frame.Form
	About  string
	Button string
	Fields map[string]bool
}

func (a *account) links() []link {
	return []link{
		{
			path: "/setup", title: lang.M("Become the first administrator"), button: lang.M("Open the market"), fields: []string{"name", "email", "password"},
			about: lang.M("This market has no administrator yet. The link that brought you here works once, within 15 minutes."),
			do: func(p *frame.Page, f *frame.Form) error {
				_, err := a.Identity.SetUp(p.Context(), f.Get("token"), identity.NewAccount{Name: f.Get("name"), Email: f.Get("email"), Password: f.Raw("password")})
				return err
			},
			done: lang.M("You are the administrator of this market. Sign in to begin."),
		},
		{
			path: "/activate", title: lang.M("Activate your account"), about: lang.M("One more step, and you can sign in."), button: lang.M("Activate"),
			do: func(p *frame.Page, f *frame.Form) error {
				_, err := a.Identity.Activate(p.Context(), f.Get("token"))
				return err
			},
			done: lang.M("Your account is active. You can sign in now."),
		},
		{
			path: "/reset-password", title: lang.M("Choose a new password"), about: lang.M("All devices that are signed in will be signed out."),
			button: lang.M("Set the password"), fields: []string{"password"},
			do: func(p *frame.Page, f *frame.Form) error {
				return a.Identity.ResetPassword(p.Context(), f.Get("token"), f.Raw("password"))
			},
			done: lang.M("Your new password is set. You can sign in with it now."),
		},
		{
			path: "/confirm-email", title: lang.M("Confirm your new e-mail address"), button: lang.M("Confirm it"),
			about: lang.M("All devices that are signed in will be signed out."),
			do: func(p *frame.Page, f *frame.Form) error {
				_, err := a.Identity.ConfirmEmail(p.Context(), f.Get("token"))
				return err
			},
			done: lang.M("Your e-mail address is changed. Sign in with the new one."),
		},
	}
}

func (a *account) mountLinks(f *frame.Frame) {
	for _, l := range a.links() {
		f.Get(l.path, web.Public, l.ask)
		f.Post(l.path, web.Public, l.answer)
	}
}

func (l link) content(p *frame.Page, f *frame.Form) linkPage {
	page := linkPage{Form: f, About: p.T(l.about), Button: p.T(l.button), Fields: map[string]bool{}}
	for _, name := range l.fields {
		page.Fields[name] = true
	}
	return page
}

func (l link) names() []string { return append([]string{"token"}, l.fields...) }

func (l link) ask(p *frame.Page) error {
	p.NoIndex, p.Code, p.Self = true, true, l.path
	form := p.Form(l.names()...).Set("token", p.R.URL.Query().Get("token"))
	return p.Show("account/link", p.T(l.title), l.content(p, form))
}

func (l link) answer(p *frame.Page) error {
	p.NoIndex, p.Self = true, l.path
	form, err := p.Sent(l.names()...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), loginRate); err != nil {
		return err
	}
	if err = l.do(p, form); err == nil {
		p.Leave(l.done)
		return p.See("/signin")
	}
	if code := fault.Code(err); code == identity.ErrInvalidToken.Code {
		form.Wrong("token", p.Say(identity.ErrInvalidToken))
	} else if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("account/link", p.T(l.title), l.content(p, form))
}
