package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/web"
)

// settable is a clock that a test moves.
type settable struct{ now atomic.Int64 }

func newSettable() *settable {
	c := &settable{}
	c.now.Store(time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *settable) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *settable) Advance(d time.Duration) { c.now.Add(int64(d)) }

func limited(t *testing.T, limits web.Limits) (*web.API, *settable) {
	clock := newSettable()
	api, _ := newAPI(t, func(c *web.Config) {
		c.Limits, c.Now = limits, clock.Now
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	web.Register(api, web.Op{Method: "GET", Path: "/v1/open", ID: "test.open", Summary: "Open.", Room: "test", Access: web.Public}, answerOK)
	web.Register(api, web.Op{Method: "GET", Path: "/v1/mine", ID: "test.mine", Summary: "Mine.", Room: "test", Access: web.SignedIn}, answerOK)
	web.Register(api, web.Op{Method: "POST", Path: "/v1/login", ID: "test.login", Summary: "Log in.", Room: "test", Access: web.Public,
		Limit: web.Limit{Name: "login", Per: time.Minute, Burst: 3}}, answerOK)
	return api, clock
}

// from is a request of one address.
func from(addr string, more http.Header) http.Header {
	h := http.Header{"X-Forwarded-For": {addr}}
	for name, values := range more {
		h[name] = values
	}
	return h
}

// count sends until something else than 200 comes, at most n times.
func count(t *testing.T, api http.Handler, n int, r request) (passed int) {
	t.Helper()
	for ; passed < n; passed++ {
		if rec := send(t, api, r); rec.Code != 200 {
			p := problemOf(t, rec, 429, "rate_limited")
			if rec.Header().Get("Retry-After") == "" || !strings.Contains(rec.Header().Get("RateLimit"), ";r=0;t=") ||
				!strings.Contains(rec.Header().Get("RateLimit-Policy"), ";q=") {
				t.Errorf("headers %v, %+v", rec.Header(), p)
			}
			return passed
		}
	}
	return passed
}

func TestLimits(t *testing.T) {
	limits := web.Limits{
		Account: web.Limit{Per: time.Minute, Burst: 5},
		Guest:   web.Limit{Per: time.Minute, Burst: 4},
		Address: web.Limit{Per: time.Minute, Burst: 10},
	}
	open := func(h http.Header) request { return request{method: "GET", target: "/v1/open", header: h} }

	t.Run("account", func(t *testing.T) {
		api, clock := limited(t, limits)
		if n := count(t, api, 20, open(from("198.51.100.1", as("customer")))); n != 5 {
			t.Errorf("passed %d", n)
		}
		if n := count(t, api, 20, open(from("198.51.100.2", as("customer")))); n != 0 {
			t.Errorf("another address helped: %d", n)
		}
		if n := count(t, api, 20, open(from("198.51.100.1", as("seller")))); n != 5 {
			t.Errorf("another account was hindered: %d", n)
		}
		if n := count(t, api, 20, open(from("198.51.100.1", nil))); n != 10 {
			t.Errorf("accounts used up the address: %d", n)
		}
		clock.Advance(24 * time.Second)
		if n := count(t, api, 20, open(from("198.51.100.1", as("customer")))); n != 2 {
			t.Errorf("after 24 s %d", n)
		}
		clock.Advance(time.Hour)
		if n := count(t, api, 20, open(from("198.51.100.1", as("customer")))); n != 5 {
			t.Errorf("after an hour %d", n)
		}
	})
	t.Run("guest", func(t *testing.T) {
		api, _ := limited(t, limits)
		guest := func(token string) http.Header { return http.Header{"Guest-Token": {token}} }
		if n := count(t, api, 20, open(from("198.51.100.1", guest("one")))); n != 4 {
			t.Errorf("passed %d", n)
		}
		if n := count(t, api, 20, open(from("198.51.100.9", guest("one")))); n != 0 {
			t.Errorf("another address helped: %d", n)
		}
		if n := count(t, api, 20, open(from("198.51.100.1", guest("two")))); n != 4 {
			t.Errorf("another guest was hindered: %d", n)
		}
		passed := 0
		for i := range 20 {
			passed += count(t, api, 1, open(from("198.51.100.1", guest(fmt.Sprint("new", i)))))
		}
		if passed != 2 {
			t.Errorf("new tokens went round the address: %d", passed)
		}
	})
	t.Run("address", func(t *testing.T) {
		api, _ := limited(t, limits)
		if n := count(t, api, 20, open(from("2001:db8:1:2::1", nil))); n != 10 {
			t.Errorf("passed %d", n)
		}
		if n := count(t, api, 20, open(from("2001:db8:1:2:ffff::1", nil))); n != 0 {
			t.Errorf("the same /64 passed %d", n)
		}
		if n := count(t, api, 20, open(from("2001:db8:1:3::1", nil))); n != 10 {
			t.Errorf("another /64 passed %d", n)
		}
		// What the client writes on the left changes nothing.
		if n := count(t, api, 20, open(from("203.0.113.5, 2001:db8:1:2::1", nil))); n != 0 {
			t.Errorf("a forged hop passed %d", n)
		}
	})
	t.Run("pages", func(t *testing.T) {
		api, _ := limited(t, limits)
		api.Handle("GET /page", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if n := count(t, api, 20, request{method: "GET", target: "/page", header: from("198.51.100.1", nil)}); n != 10 {
			t.Errorf("passed %d", n)
		}
		if n := count(t, api, 20, request{method: "GET", target: "/healthz", header: from("198.51.100.1", nil)}); n != 20 {
			t.Errorf("health checks are limited: %d", n)
		}
	})
}

func TestNamedLimit(t *testing.T) {
	login := func(addr string) request {
		return request{method: "POST", target: "/v1/login", header: from(addr, nil)}
	}
	tests := map[string]struct {
		limits web.Limits
		want   int
	}{
		"as declared":   {web.Limits{}, 3},
		"configured":    {web.Limits{Named: map[string]web.Limit{"login": {Per: time.Minute, Burst: 6}}}, 6},
		"switched off":  {web.Limits{Named: map[string]web.Limit{"login": {}}}, 20},
		"all off":       {web.Limits{Off: true, Address: web.Limit{Per: time.Minute, Burst: 1}}, 20},
		"another's":     {web.Limits{Named: map[string]web.Limit{"signup": {Per: time.Minute, Burst: 1}}}, 3},
		"general first": {web.Limits{Address: web.Limit{Per: time.Minute, Burst: 2}}, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, clock := limited(t, test.limits)
			if n := count(t, api, 20, login("198.51.100.1")); n != test.want {
				t.Errorf("passed %d, want %d", n, test.want)
			}
			if test.want == 3 {
				if n := count(t, api, 20, login("198.51.100.2")); n != 3 {
					t.Errorf("another address was hindered: %d", n)
				}
				clock.Advance(20 * time.Second)
				if n := count(t, api, 20, login("198.51.100.1")); n != 1 {
					t.Errorf("after 20 s %d", n)
				}
			}
		})
	}
}

// counting counts the look-ups that tokens cost.
type counting struct {
	people
	asked atomic.Int64
	fail  error
}

func (c *counting) Authenticate(ctx context.Context, token string) (web.Caller, error) {
	c.asked.Add(1)
	if c.fail != nil {
		return web.Caller{}, c.fail
	}
	return c.people.Authenticate(ctx, token)
}

func TestGuessedTokensCostNoLookUps(t *testing.T) {
	auth := &counting{people: everybody}
	clock := newSettable()
	api, _ := newAPI(t, func(c *web.Config) {
		c.Authenticator, c.Now = auth, clock.Now
		c.Limits = web.Limits{BadToken: web.Limit{Per: time.Minute, Burst: 5}}
	})
	web.Register(api, web.Op{Method: "GET", Path: "/v1/open", ID: "test.open", Summary: "Open.", Room: "test", Access: web.Public}, answerOK)
	guess := func(token string) int {
		return send(t, api, request{method: "GET", target: "/v1/open", header: as(token)}).Code
	}
	codes := map[int]int{}
	for i := range 20 {
		codes[guess(fmt.Sprint("guess", i))]++
	}
	if codes[401] != 5 || codes[429] != 15 || auth.asked.Load() != 5 {
		t.Errorf("answers %v, %d look-ups", codes, auth.asked.Load())
	}
	clock.Advance(12 * time.Second)
	if code := guess("customer"); code != 200 {
		t.Errorf("got %d", code)
	}
	for range 20 {
		if code := guess("customer"); code != 200 {
			t.Fatalf("a good token counts as a guess: %d", code)
		}
	}
	auth.fail = errors.New("database is away")
	for range 20 {
		if code := guess("customer"); code != 500 {
			t.Fatalf("our failure counts as a guess: %d", code)
		}
	}
}

func TestLimitsUnderRace(t *testing.T) {
	api, _ := limited(t, web.Limits{Account: web.Limit{Per: time.Minute, Burst: 50}, Size: 2})
	var passed atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if send(t, api, request{method: "GET", target: "/v1/mine", header: as("customer")}).Code == 200 {
					passed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if passed.Load() != 50 {
		t.Errorf("passed %d", passed.Load())
	}
}

func TestAuthorizationHeader(t *testing.T) {
	tests := map[string]struct {
		lines  []string
		status int
	}{
		"bearer":         {[]string{"Bearer customer"}, 200},
		"lower case":     {[]string{"bearer customer"}, 200},
		"twice":          {[]string{"Bearer customer", "Bearer customer"}, 401},
		"empty":          {[]string{""}, 401},
		"no token":       {[]string{"Bearer "}, 401},
		"scheme only":    {[]string{"Bearer"}, 401},
		"token only":     {[]string{"customer"}, 401},
		"basic":          {[]string{"Basic Y3VzdG9tZXI6eA=="}, 401},
		"two spaces":     {[]string{"Bearer  customer"}, 401},
		"two tokens":     {[]string{"Bearer customer seller"}, 401},
		"list":           {[]string{"Bearer customer, Bearer seller"}, 401},
		"control":        {[]string{"Bearer cust\x01omer"}, 401},
		"not ASCII":      {[]string{"Bearer custömer"}, 401},
		"much too long":  {[]string{"Bearer " + strings.Repeat("a", 5000)}, 401},
		"unknown":        {[]string{"Bearer nobody"}, 401},
		"expired":        {[]string{"Bearer expired"}, 401},
		"space in front": {[]string{" Bearer customer"}, 401},
	}
	api, _ := limited(t, web.Limits{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, target := range []string{"/v1/mine", "/v1/open"} {
				rec := send(t, api, request{method: "GET", target: target, header: http.Header{"Authorization": test.lines}})
				if rec.Code != test.status {
					t.Errorf("%s: got %d %s", target, rec.Code, rec.Body)
				}
			}
		})
	}
	t.Run("nobody authenticates", func(t *testing.T) {
		api, _ := newAPI(t, func(c *web.Config) { c.Authenticator = nil })
		web.Register(api, web.Op{Method: "GET", Path: "/v1/open", ID: "test.open", Summary: "Open.", Room: "test", Access: web.Public}, answerOK)
		problemOf(t, send(t, api, request{method: "GET", target: "/v1/open", header: as("customer")}), 401, "unauthenticated")
	})
}
