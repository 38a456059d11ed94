package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
)

func TestAccountAdd(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		add := func(args ...string) result { return p.on(t, append([]string{"account", "add"}, args...)...) }
		if p.flags[0] == "--data" && len(p.flags) == 2 {
			add("--email=a@example.org").refused(t, 1, "there is no market", p.data)
		} else {
			add("--email=a@example.org").refused(t, 1, "empty")
		}
		s := p.serve(t)
		made := func(r result) m { // the printed password signs in
			t.Helper()
			lines := map[string]string{}
			for line := range strings.Lines(r.ok(t).out) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
				lines[name] = strings.TrimSpace(value)
			}
			return m{"email": lines["e-mail"], "password": lines["password"]}
		}
		root := made(add("--email=root@example.org", "--role=superadmin", "--role=admin", "--name=Asha Rai"))
		out := s.must(200, "POST", "/v1/auth/login", "", root)
		if roles := out["account"].(m)["roles"]; !reflect.DeepEqual(roles, []any{"admin", "superadmin"}) {
			t.Errorf("roles %v", roles)
		}
		add("--email=root@example.org").refused(t, 1, "already")
		add("--email=nonsense").refused(t, 1, "email", "e-mail address")
		add("--email=b@example.org", "--role=king").refused(t, 1, `"king"`, "superadmin")
		add().refused(t, usage, "--email")
		haatWith(t, "\n", append([]string{"account", "add", "--email=b@example.org", "--password-stdin"}, p.flags...)...).refused(t, 1, "password")
		haatWith(t, "short\n", append([]string{"account", "add", "--email=b@example.org", "--password-stdin"}, p.flags...)...).refused(t, 1, "password")
		s.stop()
		late := made(add("--email=late@example.org")) // by the command itself
		s = p.serve(t)
		if s.setup != "" {
			t.Error("a market with a superadmin printed a set-up link")
		}
		s.must(200, "POST", "/v1/auth/login", "", late)
		s.stop()
	})
}

func TestJobs(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		if r := p.on(t, "jobs").ok(t); !strings.Contains(r.out, "order.due") {
			t.Errorf("%s", r.out)
		}
		if r := p.on(t, "jobs", "run", "order.due").ok(t); r.out != "order.due: 0 rows\n" {
			t.Errorf("%s", r.out)
		}
		p.on(t, "jobs", "run", "nonsense").refused(t, 1, "no such sweep")
		s.stop()
		if r := p.on(t, "jobs", "run", "order.due").ok(t); r.out != "order.due: 0 rows\n" {
			t.Errorf("%s", r.out)
		}
	})
}

func TestSearchRebuild(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		if r := p.on(t, "search", "rebuild").ok(t); !strings.Contains(r.out, "catalog.follow") {
			t.Errorf("%s", r.out)
		}
		s.stop()
		if r := p.on(t, "search", "rebuild").ok(t); !strings.HasPrefix(r.out, "The search index is new") {
			t.Errorf("%s", r.out)
		}
		p.on(t, "verify").ok(t)
	})
}

func TestCommissionRun(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		if r := p.on(t, "commission", "run", "--month", "2026-01").ok(t); r.out != "2026-01: no store bought anything back.\n" {
			t.Errorf("%s", r.out)
		}
		for _, bad := range []string{"2026-13", "January", "9999-01", "../jobs"} {
			p.on(t, "commission", "run", "--month", bad).refused(t, 1, "onth")
		}
		s.stop()
		p.on(t, "commission", "run", "--month", "2026-01").ok(t)
		p.on(t, "commission", "run", "--month", "9999-01").refused(t, 1, "onth")
	})
}

// An operator has a courier carry an order, by the server and without it; the link is the server's own in both cases.
func TestDeliveryCreate(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t)
		variant, b := p.goods(t, s, 5), p.buyer(t, s)
		admin, seller := p.person(t, s, "boss", "admin"), s.signIn("seller")
		confirmed := func() (id, number string) {
			id, err := s.order(b, variant)
			if err != nil {
				t.Fatal(err)
			}
			number, _ = s.must(200, "POST", "/v1/orders/"+id+"/confirm", seller, nil)["number"].(string)
			return id, number
		}
		first, number := confirmed()
		_, late := confirmed()
		create := func(args ...string) result { return p.on(t, append([]string{"delivery", "create"}, args...)...) }
		r := create(number, "--fee=150.00", "--priority=urgent").ok(t)
		if !regexp.MustCompile(`(?m)^tracking  TRK\d{12}$`).MatchString(r.out) || !strings.Contains(r.out, first) {
			t.Errorf("%s", r.out)
		}
		create(number).refused(t, 1, "already")
		create("H-999999").refused(t, 1, "order")
		create(late, "--fee=much").refused(t, 1, "fee")
		create(late, "--line=oln_no").refused(t, 1, "--line")
		create(late, "--line=oln_no=1").refused(t, 1, "line")
		s.stop()
		r = create(late, "--signature").ok(t)
		s = p.serve(t)
		tracking := regexp.MustCompile(`TRK\d{12}`).FindString(r.out)
		id := regexp.MustCompile(`dlv_\w+`).FindString(r.out)
		job := s.must(200, "GET", "/v1/deliveries/"+id, admin, nil)
		if job["tracking_number"] != tracking || job["requires_signature"] != true {
			t.Errorf("%v", job)
		}
		link, _ := job["tracking_url"].(string)
		s.must(200, "GET", "/v1/tracking/"+link[strings.LastIndex(link, "/")+1:], "", nil)
		s.stop()
	})
}

func TestMigrate(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		p.on(t, "migrate", "--check").refused(t, 1)
		if r := p.on(t, "migrate").ok(t); !regexp.MustCompile(`^\d+ steps applied; the schema is at \d+\.\n$`).MatchString(r.out) {
			t.Errorf("%q", r.out)
		}
		p.on(t, "migrate", "--check").ok(t)
		if r := p.on(t, "migrate").ok(t); !strings.HasPrefix(r.out, "0 steps") {
			t.Errorf("%q", r.out)
		}
		s := p.serve(t)
		p.on(t, "migrate").ok(t)
		p.on(t, "migrate", "--check").ok(t)
		s.stop()
	})
}

func TestOpenAPINeedsNothing(t *testing.T) {
	t.Parallel()
	var printed, served m
	if err := json.Unmarshal([]byte(haat(t, "openapi").ok(t).out), &printed); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, db.Embedded)
	s := p.serve(t)
	_, text := page(t, s.url+"/openapi.json")
	if err := json.Unmarshal([]byte(text), &served); err != nil {
		t.Fatal(err)
	}
	s.stop()
	delete(printed, "servers")
	delete(served, "servers")
	if printed["openapi"] == nil || !reflect.DeepEqual(printed, served) {
		t.Errorf("the printed document is not the served one")
	}
}

func TestVersionAndHelp(t *testing.T) {
	t.Parallel()
	if r := haat(t, "version").ok(t); !strings.HasPrefix(r.out, "haat ") || !strings.Contains(r.out, "schema") || !strings.Contains(r.out, "go1.") {
		t.Errorf("%s", r.out)
	}
	if r := haat(t, "--version").ok(t); len(strings.Fields(r.out)) != 1 {
		t.Errorf("%s", r.out)
	}
	all := haat(t).ok(t).out
	if all != haat(t, "--help").ok(t).out {
		t.Error("haat alone is not haat --help")
	}
	for _, c := range []string{"serve", "account add", "verify", "backup", "restore", "migrate", "jobs list", "jobs run", "search rebuild", "commission run", "delivery create", "openapi", "version"} {
		if !strings.Contains(all, "\n  "+c+" ") {
			t.Errorf("--help does not name %s", c)
		}
		if r := haat(t, append(strings.Fields(c), "--help")...).ok(t); !strings.Contains(r.out, "Example") || !strings.Contains(r.out, "haat "+strings.TrimSuffix(c, " list")) {
			t.Errorf("%s --help has no example: %s", c, r.out)
		}
	}
	haat(t, "nonsense").refused(t, usage, "nonsense")
	haat(t, "serve", "--addr=nonsense").refused(t, usage, "addr", "HAAT_ADDR")
	haat(t, "serve", "--database=mysql://u:geheim@h").refused(t, usage, "database")
}

// A data folder may lie deeper than a socket's path may be long.
func TestLongPaths(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "data")
	if err := os.MkdirAll(filepath.Dir(data), 0o700); err != nil {
		t.Fatal(err)
	}
	p := place{data: data, flags: []string{"--data", data}}
	s := p.serve(t)
	if r := p.on(t, "verify").ok(t); !strings.Contains(r.err, "the market is open") {
		t.Errorf("%s", r.err)
	}
	s.kill()
	if r := p.on(t, "verify").ok(t); strings.Contains(r.err, "the market is open") {
		t.Errorf("%s", r.err)
	}
	s = p.serve(t)
	p.on(t, "jobs").ok(t)
	s.stop()
	if left, err := os.ReadDir(filepath.Join(data, "run")); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	each(t, func(t *testing.T, p place) {
		s := p.serve(t, "--log-level=debug", "--log-format=json")
		secrets := []string{password, s.setup}
		s.must(201, "POST", "/v1/auth/setup", "", m{"token": s.setup, "name": "Asha Rai", "email": "root@example.org", "password": password})
		out := s.must(200, "POST", "/v1/auth/login", "", m{"email": "root@example.org", "password": password})
		secrets = append(secrets, out["access_token"].(string), out["refresh_token"].(string))
		page(t, s.url+"/setup?token="+s.setup)
		s.must(401, "POST", "/v1/auth/login", "", m{"email": "root@example.org", "password": "wrong " + password})
		s.must(401, "GET", "/v1/me", "no-such-token-4711", nil)
		secrets = append(secrets, "no-such-token-4711")
		s.must(202, "POST", "/v1/auth/signup", "", m{"role": "customer", "name": "Hari", "email": "hari@example.org", "password": password})
		var mailed []string
		for end := time.Now().Add(deadline); len(mailed) == 0; time.Sleep(20 * time.Millisecond) {
			if mailed, _ = filepath.Glob(filepath.Join(p.data, "mail", "*.eml")); time.Now().After(end) {
				t.Fatal("no mail was written")
			}
		}
		text, err := os.ReadFile(mailed[0])
		if err != nil {
			t.Fatal(err)
		}
		plain := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(string(text), "=\r\n", ""), "=\n", ""), "=3D", "=")
		code := regexp.MustCompile(`token=([A-Za-z0-9_-]{20,})`).FindStringSubmatch(plain)
		if code == nil {
			t.Fatalf("no link in the mail:\n%s", plain)
		}
		secrets = append(secrets, code[1])
		s.must(200, "POST", "/v1/auth/activate", "", m{"token": code[1]})
		key, err := os.ReadFile(filepath.Join(p.data, "secret.key"))
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, strings.TrimSpace(string(key)))
		s.stop()
		for _, secret := range secrets {
			if secret == "" || strings.Contains(s.log.String(), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
		for line := range strings.Lines(s.log.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("a line of the log is not JSON: %s", line)
			}
		}
	})
	t.Run("configured", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, db.Embedded)
		s := p.serve(t, "--log-level=debug", "--smtp-url=smtp://user:geheim-smtp@127.0.0.1:1", "--mail-from=haat@example.org")
		s.must(202, "POST", "/v1/auth/signup", "", m{"role": "customer", "name": "Hari", "email": "hari@example.org", "password": password})
		for end := time.Now().Add(deadline); !strings.Contains(s.log.String(), "identity.mail"); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("no word of the mail that cannot be sent")
			}
		}
		s.stop()
		log := s.log.String()
		if len(dbtest.Engines(t)) > 1 { // a password that PostgreSQL does not know
			r := haat(t, "serve", "--data", filepath.Join(t.TempDir(), "x"), "--addr=127.0.0.1:0", "--metrics-addr=", "--database=postgres://nobody:geheim-pg@127.0.0.1:5432/nothing")
			r.refused(t, 1, "PostgreSQL")
			log += r.err
		}
		if strings.Contains(log, "geheim") {
			t.Errorf("a password is in the log: %s", log)
		}
	})
}
