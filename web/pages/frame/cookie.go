package frame

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/web/pages/lang"
)

const (
	sessionCookie  = "haat_session"
	languageCookie = "haat_lang"
	flashCookie    = "haat_flash"
	guestCookie    = "haat_guest"
	placedCookie   = "haat_placed"
	yearInSeconds  = 365 * 24 * 3600
	flashSeconds   = 120
	guestSeconds   = 30 * 24 * 3600
	placedSeconds  = 24 * 3600
)

// Loopback says whether the reader sits at the market's own machine: there cookies go without encryption.
func (p *Page) Loopback() bool {
	if strings.HasPrefix(p.URL, "https://") {
		return false
	}
	host := p.R.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && a.IsLoopback()
}

// cookieName is the name with which browsers keep a cookie to this host, where it is encrypted.
func (p *Page) cookieName(name string) string {
	if p.Loopback() || name == languageCookie {
		return name
	}
	return "__Host-" + name
}

func (p *Page) setCookie(name, value string, seconds int) {
	http.SetCookie(p.W, &http.Cookie{
		Name: p.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: !p.Loopback(),
	})
}

func (p *Page) cookie(name string) string {
	c, err := p.R.Cookie(p.cookieName(name))
	if err != nil {
		return ""
	}
	return c.Value
}

// session is whom the request's cookie belongs to. One that has ended is taken away, and its reader is nobody.
func (f *Frame) session(p *Page) (web.Caller, error) {
	value := p.cookie(sessionCookie)
	if value == "" {
		return web.Caller{}, nil
	}
	c, err := f.Identity.AuthenticateCookie(p.R.Context(), value)
	if errors.Is(err, web.ErrUnauthenticated) || errors.Is(err, identity.ErrTokenExpired) {
		p.setCookie(sessionCookie, "", -1)
		return web.Caller{}, nil
	}
	return c, err
}

// Keep signs the reader in: value is what identity.Cookie made.
func (p *Page) Keep(value string) { p.setCookie(sessionCookie, value, identity.CookieAge()) }

// Forget signs the reader out.
func (p *Page) Forget() { p.setCookie(sessionCookie, "", -1) }

// Leave leaves a message for the next page. It is a message's key, with values that are nobody's secret; no address
// carries it.
func (p *Page) Leave(key string, values ...any) {
	v := url.Values{"": {key}}
	for i := 0; i+1 < len(values); i += 2 {
		v.Set(text(values[i]), text(values[i+1]))
	}
	p.setCookie(flashCookie, v.Encode(), flashSeconds)
}

// takeFlash is the message that was left, once. Only messages that the market knows are shown.
func (p *Page) takeFlash() string {
	raw := p.cookie(flashCookie)
	if raw == "" {
		return ""
	}
	p.setCookie(flashCookie, "", -1)
	v, err := url.ParseQuery(raw)
	if err != nil || !lang.Known(v.Get("")) {
		return ""
	}
	var values []any
	for name := range v {
		if name != "" {
			values = append(values, name, v.Get(name))
		}
	}
	return p.T(v.Get(""), values...)
}

// Guest is the token of the reader's cart without an account; "" if he has none.
func (p *Page) Guest() string { return p.cookie(guestCookie) }

// KeepGuest keeps a guest's token with the reader.
func (p *Page) KeepGuest(token string) { p.setCookie(guestCookie, token, guestSeconds) }

// ForgetGuest takes the token away: what it stood for belongs to an account now.
func (p *Page) ForgetGuest() { p.setCookie(guestCookie, "", -1) }

// KeepPlaced keeps the links of the orders that a guest has just made, for the page that shows them to him.
func (p *Page) KeepPlaced(tokens []string) {
	p.setCookie(placedCookie, strings.Join(tokens, "."), placedSeconds)
}

// Placed are the links that KeepPlaced kept.
func (p *Page) Placed() []string {
	return strings.FieldsFunc(p.cookie(placedCookie), func(r rune) bool { return r == '.' })
}

// Holder is whose cart the reader's is, 0 if there is none.
func (p *Page) Holder() (int64, error) {
	return p.Cart.Holder(p.R.Context(), p.Caller, p.Guest())
}
