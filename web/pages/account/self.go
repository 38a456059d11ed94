package account

import (
	"html/template"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/qr"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/store"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

type picturePage struct {
	Form  *frame.Form
	Shown string // the address of the picture that there is
}

func (a *account) picturePage(p *frame.Page, form *frame.Form) (picturePage, error) {
	me, err := a.Identity.Me(p.Context(), p.Caller)
	return picturePage{form, a.Identity.AvatarURL(me.Avatar)}, err
}

func (a *account) askPicture(p *frame.Page) error {
	page, err := a.picturePage(p, p.Form("file"))
	if err != nil {
		return err
	}
	return p.Show("account/picture", p.T("Your picture"), page)
}

func (a *account) picture(p *frame.Page) error {
	form, file, err := p.SentFile("file")
	if err == nil && file == nil {
		err = picture.ErrNotPicture
	}
	if err == nil {
		_, err = a.Identity.SetAvatar(p.Context(), p.Caller, file)
	}
	if err == nil {
		p.Leave("It is kept.")
		return p.See("/account/picture")
	}
	refused, ok := fault.As(err)
	if !ok || refused.Kind == fault.Internal || refused.Unwrap() != nil {
		return err
	}
	form.Wrong("file", p.Say(refused))
	page, err := a.picturePage(p, form)
	if err != nil {
		return err
	}
	return form.Again("account/picture", p.T("Your picture"), page)
}

func (a *account) dropPicture(p *frame.Page) error {
	if err := a.Identity.DropAvatar(p.Context(), p.Caller); err != nil {
		return err
	}
	p.Leave("The picture is gone.")
	return p.See("/account/picture")
}

type codePage struct {
	Code string
	SVG  template.HTML
}

// code shows the reader's code, to be read by eye or by machine.
func (a *account) code(p *frame.Page) error {
	me, err := a.Identity.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	c, err := qr.New(me.Code, qr.Quartile)
	if err != nil {
		return err
	}
	page := codePage{me.Code, template.HTML(c.SVG(me.Code, 6))} //nolint:gosec // drawn here, its title escaped
	return p.Show("account/code", p.T("Your code"), page)
}

// codePNG is the code as a picture to be kept or printed.
func (a *account) codePNG(p *frame.Page) error {
	me, err := a.Identity.Me(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	c, err := qr.New(me.Code, qr.Quartile)
	if err != nil {
		return err
	}
	body, err := c.PNG(12)
	if err != nil {
		return err
	}
	h := p.W.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", `attachment; filename="`+me.Code+`.png"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "private, no-store")
	_, _ = p.W.Write(body) // whoever left does not read it
	return nil
}

var emailFields = []string{"email", "password"}

func (a *account) askEmail(p *frame.Page) error {
	return p.Show("account/email", p.T("Another e-mail address"), formPage{Form: p.Form(emailFields...)})
}

func (a *account) email(p *frame.Page) error {
	form, err := p.Sent(emailFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), loginRate); err != nil {
		return err
	}
	err = a.Identity.ChangeEmail(p.Context(), p.Caller, form.Raw("password"), form.Get("email"))
	if err == nil {
		return p.See("/signup/sent")
	}
	if err := a.wrongPassword(p, form, err); err != nil {
		return err
	}
	return form.Again("account/email", p.T("Another e-mail address"), formPage{Form: form})
}

// wrongPassword puts a refusal where it belongs.
func (a *account) wrongPassword(p *frame.Page, form *frame.Form, err error) error {
	if identity.ErrWrongPassword.Is(err) {
		form.Wrong("password", p.Say(identity.ErrWrongPassword))
		return nil
	}
	return form.Refuse(err)
}

var eraseFields = []string{"password", "sure"}

func (a *account) askErase(p *frame.Page) error {
	return p.Show("account/erase", p.T("Erase the account"), formPage{Form: p.Form(eraseFields...)})
}

func (a *account) erase(p *frame.Page) error {
	form, err := p.Sent(eraseFields...)
	if err != nil {
		return err
	}
	if err := web.Allow(p.Context(), loginRate); err != nil {
		return err
	}
	if !form.Has("sure") {
		form.Wrong("sure", p.T("Say that you are sure."))
		return form.Again("account/erase", p.T("Erase the account"), formPage{Form: form})
	}
	err = a.Identity.EraseMe(p.Context(), p.Caller, form.Raw("password"))
	if err == nil {
		p.Forget()
		p.Leave("Your account is erased.")
		return p.See("/")
	}
	if err := a.wrongPassword(p, form, err); err != nil {
		return err
	}
	return form.Again("account/erase", p.T("Erase the account"), formPage{Form: form})
}

type invitedRow struct {
	store.Invitation
	Text string // what he may do there
}

func (a *account) invitations(p *frame.Page) error {
	items, err := a.Stores.Received(p.Context(), p.Caller)
	if err != nil {
		return err
	}
	rows := make([]invitedRow, len(items))
	for i, v := range items {
		rows[i] = invitedRow{v, rightsText(p, v.Rights)}
	}
	return p.Show("account/invitations", p.T("Your invitations"), rows)
}

var rightNames = []struct {
	right store.Right
	name  string
}{
	{store.Own, lang.M("Owner")}, {store.Catalog, lang.M("Products")}, {store.Stock, lang.M("Stock")}, {store.Orders, lang.M("Orders")}, {store.People, lang.M("People")},
}

// rightsText says what somebody may do in a store.
func rightsText(p *frame.Page, rights []string) string {
	out := ""
	for _, n := range rightNames {
		for _, r := range rights {
			if r != string(n.right) {
				continue
			}
			if out != "" {
				out += " · "
			}
			out += p.T(n.name)
		}
	}
	if out == "" {
		out = p.T("only looks")
	}
	return out
}

func (a *account) answerInvitation(p *frame.Page) error {
	id := p.R.PathValue("id")
	switch p.R.PathValue("answer") {
	case "accept":
		v, err := a.Stores.Accept(p.Context(), p.Caller, id)
		if err != nil {
			return err
		}
		p.Leave("You work there now.")
		return p.See("/sell/" + v.Store.PublicID)
	case "decline":
		if _, err := a.Stores.Decline(p.Context(), p.Caller, id); err != nil {
			return err
		}
		p.Leave("The invitation is declined.")
		return p.See("/account/invitations")
	}
	return store.ErrInvitationNotFound
}
