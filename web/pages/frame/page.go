package frame

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/market"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/lang"
)

// Page is one request for a page, and what is going to be shown.
type Page struct {
	*Frame
	W        http.ResponseWriter
	R        *http.Request
	Caller   web.Caller
	Lang     *lang.Language
	Settings market.Settings

	// What a handler may say before it shows.
	Self        string // the address that shows this page again; a form's own one where a POST failed
	Section     string // which part of the market is open: shop, sell, carry, manage; "" is shop
	Wide        bool   // tables want the whole width
	Description string // for search engines and previews
	Image       string // for previews: an address on this market
	Data        any    // what machines may know of it (schema.org)
	NoIndex     bool   // not for search engines
	Words       string // what was searched for
	Code        bool   // the page takes a code from behind the # of its link
	Live        bool   // the page follows what changes, over this market's own events
	App         bool   // the page is the courier's, which a phone keeps and which works without a network
	FormTo      string // a payment provider's address that a form of the page is sent to
	failed      bool   // a form is shown again

	flash string
	forms []*Form
}

// policy lets pages use this market's own files and nothing else; forms may be sent to the market alone. Data that a
// page carries for machines is no script and needs no permission.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// policy is that of the page: a form may go to the one provider that it names, and to no other host.
func (p *Page) policy() string {
	policy := policy
	if p.Live || p.App {
		policy += "; connect-src 'self'"
	}
	if p.App {
		policy += "; manifest-src 'self'"
	}
	u, err := url.Parse(p.FormTo)
	if p.FormTo == "" || err != nil || u.Scheme != "https" || strings.ContainsAny(u.Host, ";, '\"") {
		return policy
	}
	return strings.Replace(policy, "form-action 'self'", "form-action 'self' https://"+u.Host, 1)
}

// view is what the layout gets.
type view struct {
	*Page
	Title   string
	Content any
}

// T is a message in the reader's language.
func (p *Page) T(key string, values ...any) string { return p.Lang.T(key, values...) }

// N is a message about n things.
func (p *Page) N(key string, n int64, values ...any) string { return p.Lang.N(key, n, values...) }

// In is a time in the market's own zone.
func (p *Page) In(t time.Time) time.Time { return t.In(p.Settings.Location()) }

// Show shows a page.
func (p *Page) Show(name, title string, data any) error {
	return p.ShowStatus(http.StatusOK, name, title, data)
}

// ShowStatus shows a page with another status than 200. The page is made whole first, so that what fails becomes an
// error and not half a page.
func (p *Page) ShowStatus(status int, name, title string, data any) error {
	t, err := p.template(name, p.Lang)
	if err != nil {
		return err
	}
	p.flash = p.takeFlash()
	var text bytes.Buffer
	if err := t.Execute(&text, &view{Page: p, Title: title, Content: data}); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	made := text.Bytes()
	for _, f := range p.forms {
		made = f.named(made)
	}
	h := p.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang.Code)
	h.Set("Content-Security-Policy", p.policy())
	// The address of a page may name an order; no other host learns it. Same-origin lets browsers say where a form
	// comes from.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if status == http.StatusOK && p.R.Method == http.MethodGet && !p.Caller.SignedIn() && !p.Code {
		h.Set("Cache-Control", "private, no-cache")
		if p.unchanged(made) {
			p.W.WriteHeader(http.StatusNotModified)
			return nil
		}
	} else {
		h.Set("Cache-Control", "no-store")
	}
	send(p.W, p.R, status, made)
	return nil
}

// unchanged says whether the reader has this very page already. Coming back to one then costs him a few bytes.
func (p *Page) unchanged(text []byte) bool {
	sum := sha256.Sum256(text)
	tag := `W/"` + hex.EncodeToString(sum[:9]) + `"`
	p.W.Header().Set("Etag", tag)
	return strings.Contains(p.R.Header.Get("If-None-Match"), tag)
}

// See sends the reader to another page of this market: every form that worked ends with it, so that going back or
// loading again does nothing twice.
func (p *Page) See(path string) error {
	h := p.W.Header()
	h.Set("Location", path)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", "0")
	p.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// Moved sends the reader, and whoever keeps addresses, to where a page is now.
func (p *Page) Moved(path string) error {
	p.W.Header().Set("Location", path)
	p.W.Header().Set("Content-Length", "0")
	p.W.WriteHeader(http.StatusMovedPermanently)
	return nil
}

// signIn asks for a sign-in, and remembers where to go on.
func (p *Page) signIn() {
	next := p.R.URL.RequestURI()
	if p.R.Method != http.MethodGet {
		next = p.Back("/")
	}
	_ = p.See("/signin?" + url.Values{"next": {next}}.Encode()) // never fails
}

// Back is the page of this market that the request came from; else the fallback.
func (p *Page) Back(fallback string) string {
	u, err := url.Parse(p.R.Header.Get("Referer"))
	if err != nil || !strings.EqualFold(u.Host, p.R.Host) || !Local(u.RequestURI()) {
		return fallback
	}
	return u.RequestURI()
}

// Local says whether an address leads to a page of this market and nowhere else.
func Local(address string) bool {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || len(address) > 1000 || strings.ContainsAny(address, "\\\r\n\t") {
		return false
	}
	u, err := url.Parse(address)
	return err == nil && u.Host == "" && u.Scheme == "" && !strings.HasPrefix(u.Path, "//")
}

// In another language is the same page.
func (p *Page) inLanguage(code string) string {
	u, err := url.Parse(p.Self)
	if err != nil {
		return "/?lang=" + code
	}
	q := u.Query()
	q.Set("lang", code)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// Languages are the links that choose one.
func (p *Page) Languages() []LanguageLink {
	out := make([]LanguageLink, len(lang.All))
	for i, l := range lang.All {
		out[i] = LanguageLink{l, p.inLanguage(l.Code), l == p.Lang}
	}
	return out
}

// LanguageLink is this page in another language.
type LanguageLink struct {
	*lang.Language
	Link string
	Here bool
}

// Canonical is the page's address for those who keep addresses; "" where the market has no public one.
func (p *Page) Canonical() string {
	if p.URL == "" || p.NoIndex || p.R.Method != http.MethodGet {
		return ""
	}
	u, err := url.Parse(p.Self)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Del("lang")
	u.RawQuery = q.Encode()
	return p.URL + u.RequestURI()
}

// Failed says whether a form is shown again because of what was typed.
func (p *Page) Failed() bool { return p.failed }

// Flash is the message that was left for this page.
func (p *Page) Flash() string { return p.flash }

// Is says whether the reader has a role.
func (p *Page) Is(role string) bool { return p.Caller.Is(role) }

// Under says whether the page stands at this address or below it.
func (p *Page) Under(path string) bool {
	return p.R.URL.Path == path || strings.HasPrefix(p.R.URL.Path, path+"/")
}
