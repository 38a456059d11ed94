package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// people are the callers that tests know by their token.
type people map[string]web.Caller

var errExpired = fault.New(fault.Unauthenticated, "token_expired", "The token has expired.")

func (p people) Authenticate(_ context.Context, token string) (web.Caller, error) {
	if token == "expired" {
		return web.Caller{}, errExpired
	}
	c, ok := p[token]
	if !ok {
		return web.Caller{}, web.ErrUnauthenticated
	}
	return c, nil
}

var everybody = people{
	"customer":   {AccountID: 1, Account: "acc_customer", Roles: []string{web.RoleCustomer}, SessionID: 11},
	"seller":     {AccountID: 2, Account: "acc_seller", Roles: []string{web.RoleSeller}},
	"courier":    {AccountID: 3, Account: "acc_courier", Roles: []string{web.RoleCourier}},
	"machine":    {AccountID: 4, Account: "acc_machine", Roles: []string{web.RoleMachine}},
	"admin":      {AccountID: 5, Account: "acc_admin", Roles: []string{web.RoleAdmin}},
	"superadmin": {AccountID: 6, Account: "acc_superadmin", Roles: []string{web.RoleSuperadmin}},
}

// logged is a log that tests read.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func newAPI(t testing.TB, change ...func(*web.Config)) (*web.API, *logged) {
	t.Helper()
	log := &logged{}
	cfg := web.Config{
		Title: "Test", Version: "1", Authenticator: everybody,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&cfg)
	}
	return web.New(cfg), log
}

type nothing struct{}

type ok struct {
	Body struct {
		OK bool `json:"ok"`
	}
}

func answerOK(context.Context, *nothing) (*ok, error) {
	out := &ok{}
	out.Body.OK = true
	return out, nil
}

// request is what tests send.
type request struct {
	method, target, body string
	header               http.Header
}

func send(t testing.TB, api http.Handler, r request) *httptest.ResponseRecorder {
	t.Helper()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req := httptest.NewRequest(r.method, r.target, body)
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.body != "" && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, req)
	return rec
}

func as(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// problemOf reads a refusal and checks its shape.
func problemOf(t testing.TB, rec *httptest.ResponseRecorder, status int, code string) web.Problem {
	t.Helper()
	var p web.Problem
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, status %d, body %s", got, rec.Code, rec.Body)
	}
	decoder := json.NewDecoder(rec.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&p); err != nil {
		t.Fatal(err)
	}
	if rec.Code != status || p.Status != status || p.Code != code {
		t.Fatalf("got %d %+v, want %d %s", rec.Code, p, status, code)
	}
	if p.Type != "urn:haat:problem:"+code || p.Title == "" || p.Detail == "" ||
		p.Instance == "" || p.Instance != rec.Header().Get("X-Request-Id") {
		t.Fatalf("incomplete problem: %+v", p)
	}
	return p
}

func TestAccess(t *testing.T) {
	api, _ := newAPI(t)
	kinds := []web.Access{web.Public, web.SignedIn, web.Owner, web.Signed, web.Seller, web.Courier, web.Machine, web.Admin, web.Superadmin}
	for _, access := range kinds {
		web.Register(api, web.Op{Method: "GET", Path: "/v1/" + string(access), ID: "test." + string(access),
			Summary: "Test.", Room: "test", Access: access}, answerOK)
	}
	admitted := map[web.Access]string{
		web.Public:     "nobody customer seller courier machine admin superadmin",
		web.Signed:     "nobody customer seller courier machine admin superadmin expired unknown",
		web.SignedIn:   "customer seller courier machine admin superadmin",
		web.Owner:      "customer seller courier machine admin superadmin",
		web.Seller:     "seller",
		web.Courier:    "courier",
		web.Machine:    "machine",
		web.Admin:      "admin superadmin",
		web.Superadmin: "superadmin",
	}
	for _, access := range kinds {
		for _, who := range strings.Fields("nobody customer seller courier machine admin superadmin expired unknown") {
			t.Run(string(access)+"/"+who, func(t *testing.T) {
				header := as(who)
				if who == "nobody" {
					header = nil
				}
				rec := send(t, api, request{method: "GET", target: "/v1/" + string(access), header: header})
				switch {
				case strings.Contains(" "+admitted[access]+" ", " "+who+" "):
					if rec.Code != 200 || rec.Body.String() != "{\"ok\":true}\n" {
						t.Errorf("got %d %s", rec.Code, rec.Body)
					}
				case who == "expired":
					problemOf(t, rec, 401, "token_expired")
				case who == "nobody" || who == "unknown":
					problemOf(t, rec, 401, "unauthenticated")
					if rec.Header().Get("Www-Authenticate") == "" {
						t.Error("no challenge")
					}
				default:
					problemOf(t, rec, 403, "forbidden")
				}
			})
		}
	}
	if ops := api.Operations(); len(ops) != len(kinds) || ops[0].ID != "test.public" || ops[0].Access != web.Public {
		t.Errorf("operations: %+v", ops)
	}
}

func TestCallerOfContext(t *testing.T) {
	api, _ := newAPI(t)
	var got web.Caller
	var id string
	web.Register(api, web.Op{Method: "GET", Path: "/v1/me", ID: "test.me", Summary: "Test.", Room: "test", Access: web.SignedIn},
		func(ctx context.Context, _ *nothing) (*ok, error) {
			ctx, cancel := context.WithTimeout(ctx, time.Minute) // as services do
			defer cancel()
			got, id = web.CallerFrom(ctx), web.RequestID(ctx)
			return &ok{}, nil
		})
	rec := send(t, api, request{method: "GET", target: "/v1/me", header: as("customer")})
	if got.AccountID != 1 || got.Account != "acc_customer" || got.SessionID != 11 || got.Addr.String() != "192.0.2.1" {
		t.Errorf("caller %+v", got)
	}
	if id == "" || id != rec.Header().Get("X-Request-Id") || len(id) != 20 {
		t.Errorf("request id %q", id)
	}
	if web.CallerFrom(context.Background()).SignedIn() || web.RequestID(context.Background()) != "" {
		t.Error("found a caller where there is no request")
	}
	ctx := web.WithCaller(context.Background(), everybody["admin"])
	if !web.CallerFrom(ctx).Is(web.RoleAdmin) {
		t.Error("WithCaller")
	}
}
