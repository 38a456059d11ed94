package pages_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

// visitor is somebody with a browser that keeps cookies, follows redirects and runs no script.
type visitor struct {
	t    testing.TB
	m    *apptest.Market
	http *http.Client
	lang string
}

func visit(t testing.TB, m *apptest.Market) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t: t, m: m, http: &http.Client{Jar: jar}}
}

// signedIn is a visitor who is a person of the market.
func signedIn(t testing.TB, m *apptest.Market, c *apptest.Client) *visitor {
	t.Helper()
	v := visit(t, m)
	v.post("/signin", url.Values{"email": {c.Email}, "password": {apptest.Password}}).want(200)
	return v
}

type answer struct {
	t      testing.TB
	status int
	header http.Header
	path   string // where the redirects ended
	text   string
}

func (v *visitor) send(r *http.Request) answer {
	v.t.Helper()
	if v.lang != "" {
		r.Header.Set("Accept-Language", v.lang)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	res, err := v.http.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	a := answer{v.t, res.StatusCode, res.Header, res.Request.URL.RequestURI(), string(raw)}
	a.harmless()
	return a
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodGet, v.m.URL+path, nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return v.send(r)
}

// post sends a form as a page of the market does.
func (v *visitor) post(path string, form url.Values) answer {
	v.t.Helper()
	return v.send(v.form(path, form, v.m.URL))
}

func (v *visitor) form(path string, form url.Values, origin string) *http.Request {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.m.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	return r
}

// harmless fails the test if a page could run or load what is not the market's.
func (a answer) harmless() {
	a.t.Helper()
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
		return
	}
	policy := a.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, part) || strings.Contains(policy, "unsafe") {
			a.t.Errorf("%s: policy %q", a.path, policy)
		}
	}
	if found := regexp.MustCompile(`<script>| style=| on[a-z]+="|(src|action)="(https?:)?//|(stylesheet|icon)" href="(https?:)?//`).FindString(a.text); found != "" {
		a.t.Errorf("%s: %q stands in the page", a.path, found)
	}
}

func (a answer) want(status int, parts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.path, a.status, status, a.text)
	}
	for _, p := range parts {
		if !strings.Contains(a.text, p) && !strings.Contains(html.UnescapeString(a.text), p) {
			a.t.Errorf("%s: there is no %q in\n%s", a.path, p, a.text)
		}
	}
	return a
}

func (a answer) lacks(parts ...string) answer {
	a.t.Helper()
	for _, p := range parts {
		if strings.Contains(a.text, p) {
			a.t.Errorf("%s: there is %q in\n%s", a.path, p, a.text)
		}
	}
	return a
}

// at fails the test unless the redirects ended there.
func (a answer) at(path string) answer {
	a.t.Helper()
	if a.path != path {
		a.t.Errorf("at %s, want %s\n%s", a.path, path, a.text)
	}
	return a
}

// find is the first group of a pattern in the page.
func (a answer) find(pattern string) string {
	a.t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(a.text)
	if m == nil {
		a.t.Fatalf("%s: nothing like %s in\n%s", a.path, pattern, a.text)
	}
	return html.UnescapeString(m[1])
}

// hidden are the values that the page's forms carry along.
func (a answer) hidden(name string) string {
	a.t.Helper()
	return a.find(`name="` + name + `" value="([^"]*)"`)
}
