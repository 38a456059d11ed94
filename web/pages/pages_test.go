package pages_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type M = apptest.M

type answer struct {
	status int
	header http.Header
	text   string
}

func do(t *testing.T, m *apptest.Market, path string, form url.Values) answer {
	t.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = http.Get(m.URL + path)
	} else {
		res, err = http.PostForm(m.URL+path, form)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

func (a answer) want(t *testing.T, status int, parts ...string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d\n%s", a.status, status, a.text)
	}
	for _, p := range parts {
		if !strings.Contains(a.text, p) {
			t.Errorf("there is no %q in\n%s", p, a.text)
		}
	}
	policy := a.header.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(a.text, "<script>") || strings.Contains(a.text, " style=") || strings.Contains(a.text, "onclick") {
		t.Errorf("something runs or is styled inline:\n%s", a.text)
	}
	return a
}

var (
	next    = regexp.MustCompile(`rel="next" href="([^"]+)"`)
	product = regexp.MustCompile(`href="/p/(prd_[0-9a-z]+)"`)
)

func TestWhatIsOnSale(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		do(t, m, "/", nil).want(t, 200, "Nothing is on sale yet", `href="/docs"`, `lang="en"`, "viewport")
		st := m.Store()
		evil, _ := st.Product(`<img src=x onerror=alert(1)> tea`, "450.00", 3)
		st.Owner.Patch("/v1/products/"+evil, M{"description": `<p>Good <b>tea</b><script>alert(1)</script></p>`}).Want(200)
		for range 30 {
			st.Product("Clay pot", "99.50", 1)
		}
		seen := map[string]bool{}
		pages := 0
		for path := "/?sort=price"; path != ""; pages++ {
			a := do(t, m, path, nil).want(t, 200, "NPR", "99.50")
			for _, p := range product.FindAllStringSubmatch(a.text, -1) {
				if seen[p[1]] {
					t.Errorf("%s is shown twice", p[1])
				}
				seen[p[1]] = true
			}
			path = ""
			if n := next.FindStringSubmatch(a.text); n != nil {
				path = strings.ReplaceAll(n[1], "&amp;", "&")
			}
		}
		if pages != 2 || len(seen) != 31 {
			t.Errorf("%d products on %d pages", len(seen), pages)
		}
		a := do(t, m, "/p/"+evil, nil).want(t, 200, "&lt;img src=x onerror=alert(1)&gt; tea", "450.00", "Good <b>tea</b>", "/v1/products/"+evil)
		if strings.Contains(a.text, "alert(1)</script>") || strings.Contains(a.text, "<img") {
			t.Errorf("a seller's text became the page's:\n%s", a.text)
		}
		do(t, m, "/?store="+st.ID+"&sort=title", nil).want(t, 200, `aria-current="true">By name`)
		do(t, m, "/?cursor=nonsense", nil).want(t, 422)
		do(t, m, "/?sort=nonsense", nil).want(t, 404)
		do(t, m, "/p/prd_0000000000000000", nil).want(t, 404)

		hidden := st.Owner.Post("/v1/stores/"+st.ID+"/products", M{"title": "Secret lamp", "variants": []M{{"price": "1.00"}}}).Want(201).Str("id")
		do(t, m, "/p/"+hidden, nil).want(t, 404)
	})
}

func TestFirstAdministrator(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		token, needed, err := m.Identity.SetupToken(t.Context())
		if err != nil || !needed {
			t.Fatalf("%v, %v", needed, err)
		}
		a := do(t, m, "/setup?token="+token, nil).want(t, 200, `value="`+token+`"`, `for="password"`)
		if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the link may leave the page: %v", a.header)
		}
		do(t, m, `/setup?token="><script>alert(1)</script>`, nil).want(t, 200)
		form := url.Values{"token": {token}, "name": {"Asha \"Rai"}, "email": {"asha@example.org"}, "password": {"short"}}
		a = do(t, m, "/setup", form).want(t, 422, `value="Asha &#34;Rai"`, `aria-invalid="true"`)
		if strings.Contains(a.text, "short\"") {
			t.Error("the page repeats the password")
		}
		form.Set("password", apptest.Password)
		do(t, m, "/setup", form).want(t, 200, "asha@example.org")
		m.Anonymous().Post("/v1/auth/login", M{"email": "asha@example.org", "password": apptest.Password}).Want(200)
		if s := do(t, m, "/setup", form).status; s < 400 {
			t.Errorf("the link worked twice: %d", s)
		}
		if s := do(t, m, "/setup", url.Values{"name": {strings.Repeat("x", 1<<16)}}).status; s < 400 {
			t.Errorf("a huge form: %d", s)
		}
	})
}

func TestMailedLinks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		link := func() string { // of the newest mail
			t.Helper()
			m.RunJobs()
			sent := m.Mail.Sent()
			found := regexp.MustCompile(`http\S+(/[a-z-]+)#token=(\S+)`).FindStringSubmatch(sent[len(sent)-1].Text)
			if found == nil {
				t.Fatalf("no link in %s", sent[len(sent)-1].Text)
			}
			if text := do(t, m, found[1], nil).want(t, 200, `id="token"`, "/pages/code.js").text; strings.Contains(text, found[2]) {
				t.Error("the code came from the server")
			}
			return found[1] + " " + found[2]
		}
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", M{"role": "customer", "name": "Hari", "email": "hari@example.org", "password": apptest.Password}).Want(202)
		path, code, _ := strings.Cut(link(), " ")
		do(t, m, path, url.Values{"token": {"wrong"}}).want(t, 422, `role="alert"`)
		do(t, m, path, url.Values{"token": {code}}).want(t, 200, "active")
		nobody.Post("/v1/auth/login", M{"email": "hari@example.org", "password": apptest.Password}).Want(200)

		nobody.Post("/v1/auth/password/forgot", M{"email": "hari@example.org"}).Want(202)
		path, code, _ = strings.Cut(link(), " ")
		do(t, m, path, url.Values{"token": {code}, "password": {"another good one"}}).want(t, 200, "new password")
		nobody.Post("/v1/auth/login", M{"email": "hari@example.org", "password": "another good one"}).Want(200)
	})
}

func TestAssets(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		for path, content := range map[string]string{"/pages/haat.css": "text/css; charset=utf-8", "/pages/code.js": "text/javascript; charset=utf-8"} {
			if a := do(t, m, path, nil); a.status != 200 || a.header.Get("Content-Type") != content || a.text == "" {
				t.Errorf("%s: %d %v", path, a.status, a.header)
			}
		}
	})
}
