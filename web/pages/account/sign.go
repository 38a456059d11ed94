package account

import (
	"context"
	"errors"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/frame"
)

type signInPage struct {
	Form     *frame.Form
	Next     string
	Inactive bool // the account waits for its link
	Plain    bool // the connection is not encrypted, so the browser will not keep the cookie
	Roles    []frame.Option
}

// signInRoles are what somebody can sign in as, who wants to leave his greater power at home.
func signInRoles(p *frame.Page) []frame.Option {
	return []frame.Option{
		{Value: "", Text: p.T("Everything that you may do")}, {Value: web.RoleCustomer, Text: p.T("Customer")}, {Value: web.RoleSeller, Text: p.T("Seller")},
		{Value: web.RoleCourier, Text: p.T("Courier")}, {Value: web.RoleAdmin, Text: p.T("Administrator")},
	}
}

var signInFields = []string{"email", "password", "role"}

func (a *account) askSignIn(p *frame.Page) error {
	p.NoIndex = true
	next := p.R.URL.Query().Get("next")
	if p.Caller.SignedIn() {
		return p.See(local(next))
	}
	return p.Show("account/signin", p.T("Sign in"), signInPage{Form: p.Form(signInFields...), Next: next, Plain: plain(p), Roles: signInRoles(p)})
}

// plain says whether a browser would drop our cookies: it is neither this machine nor encrypted.
func plain(p *frame.Page) bool {
	return !p.Loopback() && p.R.TLS == nil && p.R.Header.Get("X-Forwarded-Proto") == "" && p.URL == ""
}

func local(next string) string {
	if frame.Local(next) {
		return next
	}
	return "/"
}

func (a *account) signIn(p *frame.Page) error {
	p.NoIndex = true
	form, err := p.Sent(signInFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), loginRate); err != nil {
		return err
	}
	next := p.R.PostForm.Get("next")
	caller := web.CallerFrom(p.Context())
	value, who, err := a.Identity.CookieAs(p.Context(), form.Get("email"), form.Raw("password"), form.Get("role"), identity.Device{Addr: caller.Addr, UserAgent: p.R.UserAgent()})
	if err != nil {
		inactive := errors.Is(err, identity.ErrAccountInactive)
		if err := form.Refuse(err); err != nil {
			return err
		}
		return form.Again("account/signin", p.T("Sign in"), signInPage{Form: form, Next: next, Inactive: inactive, Plain: plain(p), Roles: signInRoles(p)})
	}
	if p.Caller.SignedIn() { // somebody else at the same browser
		if err := a.Identity.Logout(p.Context(), p.Caller); err != nil {
			return err
		}
	}
	p.Keep(value)
	if err := a.bringAlong(p, who); err != nil {
		return err
	}
	if local(next) == "/" && form.Get("role") == "" && (who.Is(web.RoleSeller) || who.Is(web.RoleAdmin)) {
		return p.See("/choose")
	}
	return p.See(local(next))
}

// bringAlong makes the reader's own what he did before he signed in: his cart and his orders.
func (a *account) bringAlong(p *frame.Page, who identity.Account) error {
	token := p.Guest()
	if token == "" {
		return nil
	}
	_, changes, err := p.Cart.Merge(p.Context(), who.ID, token)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		p.Leave("Something in your cart has changed. Please look at it again.")
	}
	if _, err := a.Orders.ClaimAll(p.Context(), web.Caller{AccountID: who.ID, Account: who.PublicID, Roles: who.Roles}, token); err != nil {
		return err
	}
	p.ForgetGuest()
	return nil
}

func (a *account) signOut(p *frame.Page) error {
	if p.Caller.SignedIn() {
		if err := a.Identity.Logout(p.Context(), p.Caller); err != nil {
			return err
		}
	}
	p.Forget()
	p.Leave("You are signed out.")
	return p.See("/")
}

// choose asks somebody with several roles what he came for.
func (a *account) choose(p *frame.Page) error {
	return p.Show("account/choose", p.T("What would you like to do?"), nil)
}

type signUpPage struct {
	Form  *frame.Form
	Roles []frame.Option
	Open  bool
}

var signUpFields = []string{"role", "name", "email", "phone", "password"}

func signUpContent(p *frame.Page, form *frame.Form) signUpPage {
	return signUpPage{Form: form, Open: p.Settings.SignupOpen, Roles: []frame.Option{
		{Value: web.RoleCustomer, Text: p.T("To buy")},
		{Value: web.RoleSeller, Text: p.T("To buy and sell"), Hint: p.T("You can open a store of your own.")},
		{Value: web.RoleCourier, Text: p.T("To carry"), Hint: p.T("You bring to doors what others buy, once your papers were looked at.")},
	}}
}

func (a *account) askSignUp(p *frame.Page) error {
	role := web.RoleCustomer
	if ask := p.R.URL.Query().Get("role"); ask == web.RoleSeller || ask == web.RoleCourier {
		role = ask
	}
	return p.Show("account/signup", p.T("Create an account"), signUpContent(p, p.Form(signUpFields...).Set("role", role)))
}

func (a *account) signUp(p *frame.Page) error {
	form, err := p.Sent(signUpFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), signUpRate); err != nil {
		return err
	}
	err = a.Identity.SignUp(p.Context(), identity.SignUpInput{
		Role: form.Get("role"), Name: form.Get("name"), Email: form.Get("email"), Phone: form.Digits("phone"), Password: form.Raw("password"),
		Language: p.Lang.Code,
	})
	if err == nil {
		return p.See("/signup/sent")
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	return form.Again("account/signup", p.T("Create an account"), signUpContent(p, form))
}

// message is a page of one sentence.
type message struct{ Text, Link, Name string }

func (a *account) sent(p *frame.Page) error {
	p.NoIndex = true
	return p.Show("frame/message", p.T("Look into your mail"), message{
		p.T("We have sent you a mail. The link in it takes you on. If nothing comes within some minutes, look into the folder for unwanted mail."), "/", p.T("To the market"),
	})
}

type mailPage struct {
	Form   *frame.Form
	About  string
	Button string
}

// mailForm is a form that ends with a mail, whatever the address.
func (a *account) mailForm(p *frame.Page, title, about, button string, do func(context.Context, *frame.Form) error, fields ...string) error {
	p.NoIndex = true
	page := mailPage{About: about, Button: button}
	if do == nil {
		page.Form = p.Form(fields...)
		return p.Show("account/mail", title, page)
	}
	form, err := p.Sent(fields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), signUpRate); err != nil {
		return err
	}
	if err = do(p.Context(), form); err == nil {
		return p.See("/signup/sent")
	}
	if err := form.Refuse(err); err != nil {
		return err
	}
	page.Form = form
	return form.Again("account/mail", title, page)
}

func (a *account) askAgain(p *frame.Page) error { return a.againForm(p, nil) }

func (a *account) again(p *frame.Page) error {
	return a.againForm(p, func(ctx context.Context, f *frame.Form) error {
		return a.Identity.SendActivation(ctx, f.Get("email"), f.Raw("password"))
	})
}

func (a *account) againForm(p *frame.Page, do func(context.Context, *frame.Form) error) error {
	return a.mailForm(p, p.T("Send the link again"), p.T("The password that you type here is the one that your account will have."),
		p.T("Send the link"), do, "email", "password")
}

func (a *account) askForgot(p *frame.Page) error { return a.forgotForm(p, nil) }

func (a *account) forgot(p *frame.Page) error {
	return a.forgotForm(p, func(ctx context.Context, f *frame.Form) error {
		return a.Identity.ForgotPassword(ctx, f.Get("email"))
	})
}

func (a *account) forgotForm(p *frame.Page, do func(context.Context, *frame.Form) error) error {
	return a.mailForm(p, p.T("Forgotten password"), p.T("We send you a link with which you can choose a new one."), p.T("Send the link"), do, "email")
}
