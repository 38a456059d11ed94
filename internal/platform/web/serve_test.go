package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/haat-market/haat/internal/platform/web"
)

func TestCrossOrigin(t *testing.T) {
	preflight := func(origin string) http.Header {
		return http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization"}}
	}
	configured := func(c *web.Config) { c.AllowedOrigins = []string{"https://shop.example"} }
	tests := map[string]struct {
		change func(*web.Config)
		method string
		header http.Header
		status int
		origin string
	}{
		"preflight":           {configured, "OPTIONS", preflight("https://shop.example"), 204, "https://shop.example"},
		"preflight, stranger": {configured, "OPTIONS", preflight("https://evil.example"), 405, ""},
		"preflight, null":     {configured, "OPTIONS", preflight("null"), 405, ""},
		"preflight, suffix":   {configured, "OPTIONS", preflight("https://shop.example.evil"), 405, ""},
		"not configured":      {func(*web.Config) {}, "OPTIONS", preflight("https://shop.example"), 405, ""},
		"request":             {configured, "GET", http.Header{"Origin": {"https://shop.example"}}, 200, "https://shop.example"},
		"request, stranger":   {configured, "GET", http.Header{"Origin": {"https://evil.example"}}, 200, ""},
		"no origin":           {configured, "GET", nil, 200, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, _ := newAPI(t, test.change)
			web.Register(api, web.Op{Method: "GET", Path: "/v1/open", ID: "test.open", Summary: "Open.", Room: "test", Access: web.Public}, answerOK)
			rec := send(t, api, request{method: test.method, target: "/v1/open", header: test.header})
			h := rec.Header()
			if rec.Code != test.status || h.Get("Access-Control-Allow-Origin") != test.origin {
				t.Errorf("got %d %v", rec.Code, h)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
			if test.status == 204 && !strings.Contains(h.Get("Access-Control-Allow-Headers"), "Idempotency-Key") {
				t.Errorf("headers %v", h)
			}
		})
	}
}

func TestDocsNeedNothingFromOutside(t *testing.T) {
	api, _ := newAPI(t)
	page := send(t, api, request{method: "GET", target: "/docs"})
	if page.Code != 200 || !strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("got %d %v", page.Code, page.Header())
	}
	policy := page.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
	if strings.Contains(page.Body.String(), "//") || regexp.MustCompile(`<script>|\son[a-z]+=`).MatchString(page.Body.String()) {
		t.Errorf("the page reaches out or has inline script: %s", page.Body)
	}
	for _, match := range regexp.MustCompile(`(?:src|href)="(docs/[^"]+|openapi.json)"`).FindAllStringSubmatch(page.Body.String(), -1) {
		file := send(t, api, request{method: "GET", target: "/" + match[1]})
		if file.Code != 200 || file.Body.Len() == 0 {
			t.Errorf("%s: %d", match[1], file.Code)
		}
	}
	if rec := send(t, api, request{method: "GET", target: "/docs/LICENSE.txt"}); !strings.Contains(rec.Body.String(), "Apache License") {
		t.Error("no licence")
	}
}

func TestDocsEncodings(t *testing.T) {
	api, _ := newAPI(t)
	tests := map[string]bool{
		"": false, "gzip": true, "br, gzip;q=0.5": true, "GZIP": true, "*": true, "gzip;q=0": false, "gzip; q=0.0, *": false,
		"identity": false, "deflate": false, "gzip;q=x": false, "*;q=0": false,
	}
	for _, target := range []string{"/docs/swagger-ui.css", "/docs/init.js", "/openapi.json"} {
		plain := send(t, api, request{method: "GET", target: target}).Body.Bytes()
		for accept, zipped := range tests {
			rec := send(t, api, request{method: "GET", target: target, header: http.Header{"Accept-Encoding": {accept}}})
			body := rec.Body.Bytes()
			if got := rec.Header().Get("Content-Encoding") == "gzip"; got != zipped || rec.Header().Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s, %q: %v", target, accept, rec.Header())
				continue
			}
			if zipped {
				reader, err := gzip.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				if body, err = io.ReadAll(reader); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(body, plain) {
				t.Errorf("%s, %q: %d bytes, not %d", target, accept, len(body), len(plain))
			}
			again := send(t, api, request{method: "GET", target: target,
				header: http.Header{"Accept-Encoding": {accept}, "If-None-Match": {rec.Header().Get("Etag")}}})
			if again.Code != 304 || again.Body.Len() != 0 {
				t.Errorf("%s, %q: again %d", target, accept, again.Code)
			}
		}
	}
}

func TestHealth(t *testing.T) {
	var problems []string
	api, log := newAPI(t, func(c *web.Config) { c.Ready = func(context.Context) []string { return problems } })
	if rec := send(t, api, request{method: "GET", target: "/healthz"}); rec.Code != 200 || rec.Body.String() != "{\"status\":\"ok\"}\n" {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if rec := send(t, api, request{method: "GET", target: "/readyz"}); rec.Code != 200 || rec.Body.String() != "{\"status\":\"ready\"}\n" {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	problems = []string{"the database does not answer"}
	rec := send(t, api, request{method: "GET", target: "/readyz"})
	if rec.Code != 503 || rec.Body.String() != `{"status":"not_ready","problems":["the database does not answer"]}`+"\n" {
		t.Errorf("got %d %s", rec.Code, rec.Body)
	}
	if rec := send(t, api, request{method: "GET", target: "/healthz"}); rec.Code != 200 {
		t.Errorf("alive is not ready: %d", rec.Code)
	}
	if log.String() != "" {
		t.Errorf("health checks are logged: %s", log)
	}
	bare, _ := newAPI(t)
	if rec := send(t, bare, request{method: "GET", target: "/readyz"}); rec.Code != 200 {
		t.Errorf("got %d", rec.Code)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	api, _ := newAPI(t, func(c *web.Config) { c.Metrics = registry })
	web.Register(api, web.Op{Method: "GET", Path: "/v1/things/{id}", ID: "test.thing", Summary: "X.", Room: "test", Access: web.Public},
		func(context.Context, *struct {
			ID string `path:"id"`
		}) (*ok, error) {
			return &ok{}, nil
		})
	for _, id := range []string{"a", "b", "c"} {
		send(t, api, request{method: "GET", target: "/v1/things/" + id})
	}
	send(t, api, request{method: "GET", target: "/v1/secret-path"})
	send(t, api, request{method: "BREW", target: "/v1/things/a"})
	send(t, api, request{method: "GET", target: "/healthz"})
	rec := httptest.NewRecorder()
	web.MetricsHandler(registry).ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	text := rec.Body.String()
	for _, want := range []string{
		`http_requests_total{method="GET",route="/v1/things/{id}",status="200"} 3`,
		`http_requests_total{method="GET",route="none",status="404"} 1`,
		`http_requests_total{method="OTHER",route="none",status="405"} 1`,
		`http_request_duration_seconds_count{method="GET",route="/v1/things/{id}"} 3`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "healthz") || strings.Contains(text, "BREW") {
		t.Errorf("labels hold what callers say:\n%s", text)
	}
	if rec := send(t, api, request{method: "GET", target: "/metrics"}); rec.Code != 404 {
		t.Errorf("metrics are public: %d", rec.Code)
	}
}

func TestRequestLog(t *testing.T) {
	api, log := newAPI(t)
	web.Register(api, web.Op{Method: "POST", Path: "/v1/things/{id}", ID: "test.thing", Summary: "X.", Room: "test", Access: web.SignedIn},
		func(context.Context, *struct {
			ID   string `path:"id"`
			Q    string `query:"q"`
			Body struct {
				Pin string `json:"pin"`
			}
		}) (*ok, error) {
			return &ok{}, nil
		})
	send(t, api, request{"POST", "/v1/things/path-secret?q=query-secret", `{"pin":"body-secret"}`, as("customer")})
	line := log.String()
	for _, want := range []string{"level=DEBUG", "msg=request", "method=POST", "route=/v1/things/{id}", "status=200", "took=", "request=req_", "account=acc_customer"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %s in %s", want, line)
		}
	}
	send(t, api, request{"POST", "/v1/things/path-secret?q=query-secret", `{"pin":"body-secret"}`, as("token-secret")})
	send(t, api, request{"POST", "/v1/things/path-secret?q=query-secret", `{"body-secret":"body-secret"}`, as("customer")})
	send(t, api, request{"GET", "/v1/nowhere/path-secret", "", nil})
	if strings.Contains(log.String(), "secret") || strings.Contains(log.String(), "192.0.2.1") {
		t.Errorf("the log holds too much: %s", log)
	}
	if !strings.Contains(log.String(), "level=INFO msg=request") {
		t.Errorf("refusals are not at Info: %s", log)
	}

	quiet := &logged{}
	silent := web.New(web.Config{Log: slog.New(slog.NewTextHandler(quiet, nil))})
	send(t, silent, request{method: "GET", target: "/docs"})
	if quiet.String() != "" {
		t.Errorf("a success is logged by default: %s", quiet)
	}
}

func TestPages(t *testing.T) {
	api, log := newAPI(t)
	api.Handle("GET /s/{slug}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.PathValue("slug") {
		case "gone":
			web.Fault(w, r, web.ErrNotFound)
		case "missing":
			http.NotFound(w, r)
		default:
			if _, limited := r.Context().Deadline(); !limited {
				t.Error("a page has no deadline")
			}
			w.Header().Set("Content-Security-Policy", "default-src 'self'")
			_, _ = io.WriteString(w, r.PathValue("slug")+" "+web.RequestID(r.Context())+" "+web.CallerFrom(r.Context()).Addr.String())
		}
	}))
	rec := send(t, api, request{method: "GET", target: "/s/caf%65", header: as("nobody")})
	if rec.Code != 200 || rec.Body.String() != "cafe "+rec.Header().Get("X-Request-Id")+" 192.0.2.1" ||
		rec.Header().Get("Content-Security-Policy") != "default-src 'self'" {
		t.Errorf("got %d %s %v", rec.Code, rec.Body, rec.Header())
	}
	problemOf(t, send(t, api, request{method: "GET", target: "/s/gone"}), 404, "not_found")
	if rec := send(t, api, request{method: "GET", target: "/s/missing"}); rec.Code != 404 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("a page's own 404 was replaced: %d %v", rec.Code, rec.Header())
	}
	if !strings.Contains(log.String(), "route=/s/{slug}") {
		t.Errorf("log: %s", log)
	}
}

func TestServerBounds(t *testing.T) {
	api, _ := newAPI(t)
	s := web.NewServer(api, "127.0.0.1:0")
	if s.ReadHeaderTimeout == 0 || s.IdleTimeout == 0 || s.WriteTimeout == 0 || s.MaxHeaderBytes == 0 || s.Handler != http.Handler(api) {
		t.Errorf("%+v", s)
	}
}
