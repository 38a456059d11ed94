package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// fails registers an operation that ends as f says.
func fails(api *web.API, op web.Op, f func(context.Context) error) {
	op.Method, op.Path, op.ID, op.Summary, op.Room, op.Access = "GET", "/v1/fail/{secret}", "test.fail", "Fails.", "test", web.Public
	web.Register(api, op, func(ctx context.Context, _ *struct {
		Secret string `path:"secret"`
		Query  string `query:"q"`
	}) (*ok, error) {
		if err := f(ctx); err != nil {
			return nil, err
		}
		return answerOK(ctx, nil)
	})
}

const failTarget = "/v1/fail/path-secret?q=query-secret"

func TestKindsBecomeStatuses(t *testing.T) {
	kinds := map[fault.Kind]int{
		fault.Invalid: 422, fault.Malformed: 400, fault.Unauthenticated: 401, fault.PaymentRequired: 402, fault.Forbidden: 403,
		fault.NotFound: 404, fault.Conflict: 409, fault.Gone: 410, fault.TooLarge: 413, fault.TooMany: 429, fault.Unavailable: 503,
		fault.Internal: 500,
	}
	for kind, status := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			api, log := newAPI(t)
			declared := fault.New(kind, "some_code", "A sentence.")
			fails(api, web.Op{}, func(context.Context) error {
				return fmt.Errorf("wrapped: %w", declared.With("left", 3).Field("a[0]", "required", "Needed.").
					Because(errors.New("private cause")).Retry(1500*time.Millisecond))
			})
			rec := send(t, api, request{method: "GET", target: failTarget})
			body := rec.Body.String()
			p := problemOf(t, rec, status, "some_code")
			if p.Title != "Some code" || p.Detail != "A sentence." || p.Details["left"] != 3. ||
				len(p.Errors) != 1 || p.Errors[0] != (web.FieldProblem{Path: "a[0]", Code: "required", Message: "Needed."}) {
				t.Errorf("got %+v", p)
			}
			if rec.Header().Get("Retry-After") != "2" {
				t.Errorf("Retry-After %q", rec.Header().Get("Retry-After"))
			}
			if strings.Contains(body, "private") || strings.Contains(body, "wrapped") {
				t.Errorf("the cause is shown: %s", body)
			}
			if !strings.Contains(log.String(), "private cause") || !strings.Contains(log.String(), p.Instance) {
				t.Errorf("the cause is not logged: %s", log)
			}
			if strings.Contains(log.String(), "secret") && strings.Contains(log.String(), "path-secret") {
				t.Errorf("the path is logged: %s", log)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		fail   func(context.Context) error
		status int
		code   string
		logged string
	}{
		"unknown error":   {func(context.Context) error { return errors.New("pq: password secret") }, 500, "internal", "pq: password secret"},
		"panic, text":     {func(context.Context) error { panic("boom") }, 500, "internal", "boom"},
		"panic, error":    {func(context.Context) error { panic(errors.New("bang")) }, 500, "internal", "bang"},
		"panic, nil map":  {func(context.Context) error { var m map[string]int; m["a"] = 1; return nil }, 500, "internal", "nil map"}, //nolint:staticcheck // the panic is the point
		"panic, runtime":  {func(context.Context) error { panic(fmt.Sprint([]int{1}[len([]int{1})-1:])) }, 500, "internal", "problem_test.go"},
		"inner deadline":  {func(context.Context) error { return fmt.Errorf("gateway: %w", context.DeadlineExceeded) }, 503, "timeout", "gateway"},
		"details no JSON": {func(context.Context) error { return web.ErrNotFound.With("f", func() {}) }, 500, "internal", "encoding"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, log := newAPI(t)
			fails(api, web.Op{}, test.fail)
			p := problemOf(t, send(t, api, request{method: "GET", target: failTarget}), test.status, test.code)
			if !strings.Contains(log.String(), test.logged) || !strings.Contains(log.String(), p.Instance) {
				t.Errorf("log: %s", log)
			}
			if strings.Contains(p.Detail, "secret") || strings.Contains(p.Detail, "boom") {
				t.Errorf("detail %q", p.Detail)
			}
		})
	}
}

func TestResultThatCannotBeEncoded(t *testing.T) {
	api, log := newAPI(t)
	type out struct {
		Body struct {
			Any any `json:"any"`
		}
	}
	web.Register(api, web.Op{Method: "GET", Path: "/v1/x", ID: "test.x", Summary: "X.", Room: "test", Access: web.Public},
		func(context.Context, *nothing) (*out, error) {
			o := &out{}
			o.Body.Any = func() {}
			return o, nil
		})
	problemOf(t, send(t, api, request{method: "GET", target: "/v1/x"}), 500, "internal")
	if !strings.Contains(log.String(), "encoding") {
		t.Errorf("log: %s", log)
	}
}

func TestAbortIsLetThrough(t *testing.T) {
	api, log := newAPI(t)
	fails(api, web.Op{}, func(context.Context) error { panic(http.ErrAbortHandler) })
	defer func() {
		if recover() != http.ErrAbortHandler { //nolint:errorlint // what net/http compares with
			t.Error("the abort was swallowed")
		}
		if strings.Contains(log.String(), "panicked") {
			t.Errorf("an abort is no failure: %s", log)
		}
	}()
	send(t, api, request{method: "GET", target: failTarget})
	t.Error("no panic")
}

func TestPanicAfterTheFirstByteBreaksTheConnection(t *testing.T) {
	api, _ := newAPI(t)
	api.Handle("GET /page", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("boom")
	}))
	server := httptest.NewServer(api)
	defer server.Close()
	response, err := http.Get(server.URL + "/page")
	if err == nil {
		var buf bytes.Buffer
		_, err = buf.ReadFrom(response.Body)
		_ = response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer was taken for a whole one")
	}
}

func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, _ := newAPI(t)
		slow := func(ctx context.Context) error {
			if _, limited := ctx.Deadline(); !limited {
				return nil
			}
			<-ctx.Done()
			return fmt.Errorf("query: %w", ctx.Err())
		}
		fails(api, web.Op{}, slow)
		began := time.Now()
		rec := send(t, api, request{method: "GET", target: failTarget})
		problemOf(t, rec, 503, "timeout")
		if took := time.Since(began); took != 15*time.Second || rec.Header().Get("Retry-After") == "" {
			t.Errorf("after %v, %v", took, rec.Header())
		}

		own, _ := newAPI(t)
		fails(own, web.Op{Timeout: time.Second}, slow)
		began = time.Now()
		problemOf(t, send(t, own, request{method: "GET", target: failTarget}), 503, "timeout")
		if took := time.Since(began); took != time.Second {
			t.Errorf("after %v", took)
		}

		endless, _ := newAPI(t)
		fails(endless, web.Op{Timeout: web.NoTimeout}, slow)
		if rec := send(t, endless, request{method: "GET", target: failTarget}); rec.Code != 200 {
			t.Errorf("a stream has a deadline: %d", rec.Code)
		}
	})
}

func TestCallerWhoLeft(t *testing.T) {
	api, log := newAPI(t)
	fails(api, web.Op{}, func(ctx context.Context) error { return fmt.Errorf("query: %w", ctx.Err()) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest("GET", failTarget, nil).WithContext(ctx))
	if !strings.Contains(log.String(), "status=499") || strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("log: %s", log)
	}
}

func TestNotFoundAndMethods(t *testing.T) {
	api, _ := newAPI(t)
	for _, method := range []string{"GET", "DELETE"} {
		web.Register(api, web.Op{Method: method, Path: "/v1/things/{id}", ID: "test." + strings.ToLower(method), Summary: "X.", Room: "test", Access: web.Public},
			func(context.Context, *struct {
				ID string `path:"id"`
			}) (*ok, error) {
				return &ok{}, nil
			})
	}
	p := problemOf(t, send(t, api, request{method: "GET", target: "/v1/nothing?secret=1"}), 404, "not_found")
	if len(p.Errors) != 0 {
		t.Errorf("got %+v", p)
	}
	problemOf(t, send(t, api, request{method: "GET", target: "/v1/things/"}), 404, "not_found")
	for _, method := range []string{"POST", "PUT", "PATCH", "OPTIONS", "TRACE", "BREW"} {
		rec := send(t, api, request{method: method, target: "/v1/things/7"})
		problemOf(t, rec, 405, "method_not_allowed")
		if got := rec.Header().Get("Allow"); got != "DELETE, GET, HEAD" {
			t.Errorf("%s: Allow %q", method, got)
		}
	}
	rec := send(t, api, request{method: "HEAD", target: "/v1/things/7"})
	if rec.Code != 200 {
		t.Errorf("HEAD: %d", rec.Code)
	}
	// A path that is not clean is sent to the clean one, on this host.
	rec = send(t, api, request{method: "GET", target: "/v1//things/7"})
	if location := rec.Header().Get("Location"); rec.Code/100 != 3 || location != "/v1/things/7" {
		t.Errorf("got %d %q", rec.Code, location)
	}
	rec = send(t, api, request{method: "GET", target: "http://market.example//evil.example/x"})
	if location := rec.Header().Get("Location"); strings.HasPrefix(location, "//") || strings.Contains(location, "http") {
		t.Errorf("open redirect to %q", location)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	api, _ := newAPI(t)
	fails(api, web.Op{}, func(context.Context) error { return nil })
	for _, target := range []string{failTarget, "/v1/nothing", "/healthz"} {
		h := send(t, api, request{method: "GET", target: target}).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", target, name, got)
			}
		}
		if h.Get("Strict-Transport-Security") != "" || h.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", target, h)
		}
	}
	if got := send(t, api, request{method: "GET", target: failTarget}).Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}
