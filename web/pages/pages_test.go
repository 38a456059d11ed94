package pages_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

var (
	next    = regexp.MustCompile(`rel="next" href="([^"]+)"`)
	product = regexp.MustCompile(`href="/p/(prd_[0-9a-z]+)"`)
)

// Pages are read when somebody asks for them; here all are, in every language.
func TestEveryPageCanBeRead(t *testing.T) {
	m := apptest.On(t, dbtest.Open(t, db.Embedded, db.Config{Schema: app.Schema()}))
	if err := m.Pages.Read(); err != nil {
		t.Error(err)
	}
}

func TestWhatIsOnSale(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		v := visit(t, m)
		v.get("/").want(200, "Nothing is on sale here yet", `href="/docs"`, `lang="en"`, "viewport")
		st := m.Store()
		evil, _ := st.Product(`<img src=x onerror=alert(1)> tea`, "450.00", 3)
		st.Owner.Patch("/v1/products/"+evil, M{"description": `<p>Good <b>tea</b><script>alert(1)</script></p>`}).Want(200)
		for range 30 {
			st.Product("Clay pot", "99.50", 1)
		}
		seen := map[string]bool{}
		pages := 0
		for path := "/?sort=price"; path != ""; pages++ {
			a := v.get(path).want(200, "Rs\u00a0", "99.50")
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
		v.get("/p/"+evil).want(200, "&lt;img src=x onerror=alert(1)&gt; tea", "450.00", "Good <b>tea</b>").lacks("alert(1)</script>", "<img")
		v.get("/s/"+st.ID+"?sort=title").want(200, `value="title" selected>By name`)
		v.get("/?cursor=nonsense").want(422)
		v.get("/?sort=nonsense").want(404)
		v.get("/p/prd_0000000000000000").want(404)

		hidden := st.Owner.Post("/v1/stores/"+st.ID+"/products", M{"title": "Secret lamp", "variants": []M{{"price": "1.00"}}}).Want(201).Str("id")
		v.get("/p/" + hidden).want(404)
	})
}

func TestFirstAdministrator(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		token, needed, err := m.Identity.SetupToken(t.Context())
		if err != nil || !needed {
			t.Fatalf("%v, %v", needed, err)
		}
		v := visit(t, m)
		a := v.get("/setup?token="+token).want(200, `value="`+token+`"`, `for="f-password"`)
		if a.header.Get("Referrer-Policy") != "same-origin" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("the link may leave the page: %v", a.header)
		}
		v.get(`/setup?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E`).want(200).lacks("<script>alert")
		form := url.Values{"token": {token}, "name": {"Asha \"Rai"}, "email": {"asha@example.org"}, "password": {"short"}}
		v.post("/setup", form).want(422, `value="Asha &#34;Rai"`, `aria-invalid="true"`, `autofocus`).lacks("short\"")
		form.Set("password", apptest.Password)
		v.post("/setup", form).want(200, "You are the administrator").at("/signin")
		v.post("/signin", url.Values{"email": {"asha@example.org"}, "password": {apptest.Password}}).want(200, "Manage").at("/choose")
		v.post("/setup", form).want(422)
		v.post("/setup", url.Values{"name": {strings.Repeat("x", 1<<17)}}).want(400)
	})
}

func TestMailedLinks(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		v := visit(t, m)
		link := func() (path, code string) { // of the newest mail
			t.Helper()
			m.RunJobs()
			sent := m.Mail.Sent()
			found := regexp.MustCompile(`http\S+(/[a-z-]+)#token=(\S+)`).FindStringSubmatch(sent[len(sent)-1].Text)
			if found == nil {
				t.Fatalf("no link in %s", sent[len(sent)-1].Text)
			}
			v.get(found[1]).want(200, `id="f-token"`, "/pages/code-").lacks(found[2])
			return found[1], found[2]
		}
		v.post("/signup", url.Values{"role": {"customer"}, "name": {""}, "email": {"hari"}, "password": {apptest.Password}}).
			want(422, `id="e-name"`, `value="hari"`).lacks(apptest.Password)
		v.post("/signup", url.Values{"role": {"customer"}, "name": {"Hari"}, "email": {"hari@example.org"}, "phone": {"९८००००००००"}, "password": {apptest.Password}}).
			want(200, "Look into your mail").at("/signup/sent")
		path, code := link()
		login := url.Values{"email": {"hari@example.org"}, "password": {apptest.Password}}
		v.post("/signin", login).want(422, "not active yet", "/activate/again")
		v.post(path, url.Values{"token": {"wrong"}}).want(422, `role="alert"`)
		v.post(path, url.Values{"token": {code}}).want(200, "active").at("/signin")
		v.post("/signin", login).want(200).at("/")
		v.post("/signout", nil).want(200, "signed out")

		v.post("/forgot", url.Values{"email": {"hari@example.org"}}).want(200).at("/signup/sent")
		path, code = link()
		v.post(path, url.Values{"token": {code}, "password": {"another good one"}}).want(200, "new password").at("/signin")
		login.Set("password", "another good one")
		v.post("/signin", login).want(200).at("/")
	})
}

// A cookie opens pages and not the API, a token the API and not pages; a form of another origin does nothing.
func TestSessions(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		person := m.Person("customer")
		v := visit(t, m)
		login := url.Values{"email": {person.Email}, "password": {apptest.Password}, "next": {"/stores"}}
		v.post("/signin", login).want(200).at("/stores")
		site, err := url.Parse(m.URL)
		if err != nil {
			t.Fatal(err)
		}
		cookies := v.http.Jar.Cookies(site)
		if len(cookies) != 1 {
			t.Fatalf("cookies: %v", cookies)
		}
		bearer := m.Anonymous().With("Authorization", "Bearer "+cookies[0].Value)
		bearer.Get("/v1/me").Problem(401, "unauthenticated")
		m.Anonymous().With("Cookie", cookies[0].String()).Get("/v1/me").Problem(401, "unauthenticated")
		r := v.form("/signin", nil, m.URL)
		r.Method = http.MethodGet
		r.Header.Set("Cookie", "haat_session="+person.Token)
		visit(t, m).send(r).want(200, "Sign in").at("/signin")

		for _, origin := range []string{"https://evil.example", "null", ""} {
			v.send(v.form("/signout", nil, origin)).want(403)
		}
		v.get("/signin").at("/") // still signed in
		for _, next := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "javascript:alert(1)"} {
			login.Set("next", next)
			v.post("/signin", login).want(200).at("/")
		}
		person.Delete("/v1/me/sessions").Want(204)
		v.get("/signin").want(200).at("/signin")
	})
}

func TestLanguages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		st := m.Store()
		st.Product("Shawl", "125000.00", 1)
		for header, want := range map[string][]string{
			"":                {`lang="en" dir="ltr"`, "What is on sale", "Rs\u00a01,25,000.00"},
			"fr":              {`lang="en"`},
			"hi-IN,en;q=0.5":  {`lang="hi" dir="ltr"`, "क्या बिक रहा है", "रु\u00a01,25,000.00"},
			"ne":              {`lang="ne"`, "के बिक्रीमा छ"},
			"ar-SD, en":       {`lang="ar" dir="rtl"`, "المعروض للبيع", "\u2066NPR\u00a01,25,000.00\u2069"},
			"*;q=nonsense, ä": {`lang="en"`},
		} {
			v := visit(t, m)
			v.lang = header
			v.get("/").want(200, want...)
		}
		v := visit(t, m)
		v.lang = "hi"
		v.get("/?lang=ar&sort=price").want(200, `lang="ar"`, `href="/?lang=ne&amp;sort=price"`)
		v.get("/").want(200, `lang="ar"`) // chosen is chosen
		v.get("/p/nothing").want(404, "لا يوجد شيء هنا")
		v.get("/?lang=xx").want(200, `lang="ar"`)
	})
}

// Whoever looks with a browser gets a page; a program gets a problem.
func TestRefusalsArePages(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		v := visit(t, m)
		v.get("/nothing/here").want(404, "There is nothing here", "<h1>", `href="/"`)
		v.get("/v1/nothing").want(404, `"code":"not_found"`)
		v.get("/signout").want(405, "<h1>")
		res, err := http.Get(m.URL + "/nothing/here")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if c := res.Header.Get("Content-Type"); c != "application/problem+json" {
			t.Errorf("a program gets %s", c)
		}
	})
}

// Files keep their names for ever; pages that have not changed are not sent again; both go compressed.
func TestLittleIsSent(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		v := visit(t, m)
		page := v.get("/").want(200)
		for _, pattern := range []string{`href="(/pages/haat-[0-9a-f]+\.css)"`, `href="(/pages/icon-[0-9a-f]+\.svg)"`} {
			a := v.get(page.find(pattern)).want(200)
			if !strings.Contains(a.header.Get("Cache-Control"), "immutable") || a.text == "" {
				t.Errorf("%s: %v", a.path, a.header)
			}
		}
		r := v.form("/", nil, "")
		r.Method = http.MethodGet
		r.Header.Set("If-None-Match", page.header.Get("Etag"))
		v.send(r).want(304)
		r = v.form("/", nil, "")
		r.Method = http.MethodGet
		r.Header.Set("Accept-Encoding", "gzip")
		if a := v.send(r).want(200); a.header.Get("Content-Encoding") != "gzip" || len(a.text)*2 > len(page.text) {
			t.Errorf("%d bytes of %d", len(a.text), len(page.text))
		}
	})
}
