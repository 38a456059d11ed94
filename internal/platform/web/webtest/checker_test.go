package webtest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/platform/web/webtest"
)

type line struct {
	Name     string    `json:"name" maxLength:"5"`
	Quantity int       `json:"quantity" minimum:"1"`
	At       time.Time `json:"at"`
	Note     *string   `json:"note"`
}

type listIn struct {
	web.PageParams
	Store string `path:"store"`
	Mode  string `query:"mode"`
}

type listOut struct {
	Body web.Page[line]
}

type fileOut struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

var errClosed = fault.New(fault.Conflict, "store_closed", "The store is closed.")
var errOther = fault.New(fault.Conflict, "something_else", "Not declared.")

func market(t *testing.T) (*web.API, *webtest.Checker) {
	t.Helper()
	api := web.New(web.Config{Title: "Test", Log: slog.New(slog.DiscardHandler)})
	web.Register(api, web.Op{Method: "GET", Path: "/v1/stores/{store}/lines", ID: "test.lines", Summary: "Lines.", Room: "test",
		Access: web.Public, Errors: []*fault.Error{errClosed}},
		func(_ context.Context, in *listIn) (*listOut, error) {
			note := "n"
			switch in.Mode {
			case "closed":
				return nil, errClosed.With("until", "tomorrow").Field("store", "closed", "Closed.")
			case "other":
				return nil, errOther
			case "gone":
				return nil, fault.New(fault.Gone, "gone", "Not declared either.")
			case "bad":
				return &listOut{web.NewPage([]line{{Name: "much too long", Quantity: 0}}, "")}, nil
			case "nil":
				return &listOut{}, nil
			}
			return &listOut{web.NewPage([]line{{"a", 1, time.Now(), &note}, {"b", 2, time.Now().UTC(), nil}}, "next")}, nil
		})
	web.Register(api, web.Op{Method: "GET", Path: "/v1/files/{id}", ID: "test.file", Summary: "File.", Room: "test",
		Access: web.Public, Produces: []string{"text/csv"}},
		func(context.Context, *struct {
			ID string `path:"id"`
		}) (*fileOut, error) {
			return &fileOut{"text/csv; charset=utf-8", []byte("a,b\n")}, nil
		})
	web.Register(api, web.Op{Method: "DELETE", Path: "/v1/files/{id}", ID: "test.remove", Summary: "Remove.", Room: "test", Access: web.SignedIn},
		func(context.Context, *struct {
			ID string `path:"id"`
		}) (*struct{}, error) {
			return nil, nil
		})
	c, err := webtest.NewChecker(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	return api, c
}

func get(api http.Handler, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	api.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

func TestAnswersOfTheServer(t *testing.T) {
	api, c := market(t)
	tests := []struct {
		method, target string
		want           string // part of the error; "" passes
	}{
		{"GET", "/v1/stores/x/lines", ""},
		{"GET", "/v1/stores/x/lines?limit=7", ""},
		{"GET", "/v1/stores/x/lines?limit=0", ""},
		{"GET", "/v1/stores/x/lines?mode=closed", ""},
		{"GET", "/v1/stores/x/lines?mode=other", ""},
		{"GET", "/v1/stores/x/lines?mode=gone", "the status is not documented"},
		{"GET", "/v1/stores/x/lines?mode=bad", "does not fit"},
		{"GET", "/v1/stores/x/lines?mode=nil", "does not fit"},
		{"GET", "/v1/files/x", ""},
		{"DELETE", "/v1/files/x", ""}, // nobody is signed in: 401
		{"PUT", "/v1/files/x", ""},    // 405 of the mux
		{"GET", "/v1/nowhere", ""},
		{"GET", "/healthz", "not documented"},
	}
	for _, test := range tests {
		t.Run(test.method+test.target, func(t *testing.T) {
			rec := get(api, test.method, test.target)
			err := c.Check(test.method, test.target, rec.Code, rec.Header(), rec.Body.Bytes())
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q; answer %d %s", err, test.want, rec.Code, rec.Body)
			}
		})
	}
}

func TestStrictCodes(t *testing.T) {
	api, c := market(t)
	c.StrictCodes = true
	for mode, want := range map[string]bool{"closed": true, "other": false} {
		rec := get(api, "GET", "/v1/stores/x/lines?mode="+mode)
		if err := c.Check("GET", "/v1/stores/x/lines", rec.Code, rec.Header(), rec.Body.Bytes()); (err == nil) != want {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestForgedAnswers(t *testing.T) {
	_, c := market(t)
	jsonHeader := http.Header{"Content-Type": {"application/json"}}
	problem := http.Header{"Content-Type": {"application/problem+json"}}
	item := `{"name":"a","quantity":1,"at":"2026-01-31T10:00:00Z","note":null}`
	page := `{"items":[` + item + `],"next_cursor":null}`
	refusal := `{"type":"urn:x","title":"t","status":409,"detail":"d","instance":"req_x","code":"store_closed"}`
	const target = "/v1/stores/x/lines"
	tests := map[string]struct {
		method, target string
		status         int
		header         http.Header
		body           string
		pass           bool
	}{
		"as documented":       {"GET", target, 200, jsonHeader, page, true},
		"extra property":      {"GET", target, 200, jsonHeader, strings.Replace(page, `"items"`, `"extra":1,"items"`, 1), false},
		"extra in an item":    {"GET", target, 200, jsonHeader, strings.Replace(page, `"name"`, `"cost":1,"name"`, 1), false},
		"missing property":    {"GET", target, 200, jsonHeader, `{"items":[]}`, false},
		"null for a list":     {"GET", target, 200, jsonHeader, `{"items":null,"next_cursor":null}`, false},
		"wrong type":          {"GET", target, 200, jsonHeader, strings.Replace(page, `"quantity":1`, `"quantity":"1"`, 1), false},
		"not a time":          {"GET", target, 200, jsonHeader, strings.Replace(page, `2026-01-31T10:00:00Z`, `yesterday`, 1), false},
		"not JSON":            {"GET", target, 200, jsonHeader, `{"items"`, false},
		"empty body":          {"GET", target, 200, jsonHeader, ``, false},
		"wrong content type":  {"GET", target, 200, http.Header{"Content-Type": {"text/html"}}, page, false},
		"no content type":     {"GET", target, 200, http.Header{}, page, false},
		"undocumented status": {"GET", target, 418, jsonHeader, page, false},
		"undocumented method": {"POST", target, 200, jsonHeader, page, false},
		"undocumented path":   {"GET", target + "/more", 200, jsonHeader, page, false},
		"empty variable":      {"GET", "/v1/stores//lines", 200, jsonHeader, page, false},
		"problem":             {"GET", target, 409, problem, refusal, true},
		"problem as JSON":     {"GET", target, 409, jsonHeader, refusal, false},
		"another status":      {"GET", target, 409, problem, strings.Replace(refusal, "409", "400", 1), false},
		"extra in a problem":  {"GET", target, 409, problem, strings.Replace(refusal, `"code"`, `"trace":"x","code"`, 1), false},
		"no Retry-After":      {"GET", target, 503, problem, strings.Replace(refusal, "409", "503", 1), false},
		"body where none is":  {"DELETE", "/v1/files/x", 204, http.Header{}, "x", false},
		"no body":             {"DELETE", "/v1/files/x", 204, http.Header{}, "", true},
		"head":                {"HEAD", target, 200, jsonHeader, "", true},
		"head with a body":    {"HEAD", target, 200, jsonHeader, page, false},
		"404 as text":         {"GET", "/nowhere", 404, http.Header{"Content-Type": {"text/plain"}}, "404", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := c.Check(test.method, test.target, test.status, test.header, []byte(test.body))
			if (err == nil) != test.pass {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestConcurrentChecks(t *testing.T) {
	api, c := market(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			target := fmt.Sprintf("/v1/stores/s%d/lines", i)
			rec := get(api, "GET", target)
			if err := c.Check("GET", target, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestDocumentsThatAreNone(t *testing.T) {
	for _, doc := range []string{"", "[]", "{}", `{"openapi":"3.0.3"}`, "{"} {
		if _, err := webtest.NewChecker([]byte(doc)); err == nil {
			t.Errorf("%q was taken for a document", doc)
		}
	}
}
