package pages

import (
	"context"
	"net/http"
	"net/url"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// form is what a link leads to: its code and, most often, something to choose.
type form struct {
	title  string
	about  string
	button string
	fields []field
	do     func(ctx context.Context, p *pages, code string, values url.Values) (done string, err error)
}

type field struct {
	Name, Label, Type, Fill string
	Most                    int
	Hint                    string
}

var password = field{Name: "password", Label: "Password", Type: "password", Fill: "new-password", Most: 256, Hint: "At least 8 characters; a few words are best."}

var forms = map[string]form{
	"/setup": {
		title: "Become the first administrator", about: "This market has no administrator yet. The link that brought you here works once, within 15 minutes.", button: "Open the market",
		fields: []field{
			{Name: "name", Label: "Your name", Type: "text", Fill: "name", Most: 100},
			{Name: "email", Label: "Your e-mail address", Type: "email", Fill: "username", Most: 254},
			password,
		},
		do: func(ctx context.Context, p *pages, code string, v url.Values) (string, error) {
			a, err := p.Identity.SetUp(ctx, code, identity.NewAccount{Name: v.Get("name"), Email: v.Get("email"), Password: v.Get("password")})
			return "You are the administrator of this market, as " + a.Email + ". Sign in with POST /v1/auth/login.", err
		},
	},
	"/activate": {
		title: "Activate your account", about: "One more step, and you can sign in.", button: "Activate",
		do: func(ctx context.Context, p *pages, code string, _ url.Values) (string, error) {
			_, err := p.Identity.Activate(ctx, code)
			return "Your account is active. You can sign in now.", err
		},
	},
	"/reset-password": {
		title: "Choose a new password", about: "All devices that are signed in will be signed out.", button: "Set the password",
		fields: []field{password},
		do: func(ctx context.Context, p *pages, code string, v url.Values) (string, error) {
			return "Your new password is set. You can sign in with it now.", p.Identity.ResetPassword(ctx, code, v.Get("password"))
		},
	},
}

type formPage struct {
	About  string
	Button string
	Code   string
	Fields []shownField
	Error  string
}

type shownField struct {
	field
	Value string
	Error string
}

// maxForm is more than any of the forms holds.
const maxForm = 8 << 10

// ask shows the form. The code stands in the link: behind the ? where the link was printed on a terminal, behind the #
// where it was mailed.
func (p *pages) ask(f form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.showForm(w, r, http.StatusOK, f, url.Values{"token": {r.URL.Query().Get("token")}}, nil)
	})
}

// answer does what the form is for.
func (p *pages) answer(f form) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			p.refuse(w, r, web.ErrInvalid.Sayf("The form could not be read. Go back and try again."))
			return
		}
		done, err := f.do(r.Context(), p, r.PostForm.Get("token"), r.PostForm)
		switch refused, ok := fault.As(err); {
		case err == nil:
			p.show(w, r, http.StatusOK, "message", layout{Title: "Done", Page: message{Text: done, Link: "/", Name: "To the market"}})
		case ok && refused.Kind != fault.Internal:
			p.showForm(w, r, web.StatusOf(refused), f, r.PostForm, refused)
		default:
			web.Fault(w, r, err)
		}
	})
}

func (p *pages) showForm(w http.ResponseWriter, r *http.Request, status int, f form, values url.Values, refused *fault.Error) {
	page := formPage{About: f.about, Button: f.button, Code: values.Get("token")}
	bad := map[string]string{}
	if refused != nil {
		page.Error = refused.Message
		for _, one := range refused.Fields {
			bad[one.Path] = one.Message
		}
	}
	for _, one := range f.fields {
		shown := shownField{field: one, Error: bad[one.Name]}
		if one.Type != "password" {
			shown.Value = values.Get(one.Name)
		}
		if shown.Error != "" {
			page.Error = "Some of it is not acceptable:"
		}
		page.Fields = append(page.Fields, shown)
	}
	p.show(w, r, status, "form", layout{Title: f.title, Script: true, Page: page})
}
