package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
	"github.com/haat-market/haat/internal/platform/web/webtest"
)

var plainOp = web.Op{Method: "GET", Path: "/v1/things", ID: "test.things", Summary: "Things.", Room: "test", Access: web.Public}

func TestWhatDoesNotStart(t *testing.T) {
	with := func(change func(*web.Op)) web.Op {
		op := plainOp
		change(&op)
		return op
	}
	type both struct {
		Body    struct{}
		RawBody []byte
	}
	type unique struct {
		Body struct {
			Tags []string `json:"tags" uniqueItems:"true"`
		}
	}
	type form struct {
		RawBody huma.MultipartFormFiles[struct {
			Note string `form:"note"`
		}]
	}
	type raw struct{ Body []byte }
	tests := map[string]struct {
		mount func(*web.API)
		want  string
	}{
		"no access":       {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Access = "" }), answerOK) }, "access"},
		"unknown access":  {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Access = "everybody" }), answerOK) }, "access"},
		"no id":           {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.ID = "" }), answerOK) }, "id"},
		"id without room": {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.ID = "things" }), answerOK) }, "id"},
		"no room":         {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Room = "" }), answerOK) }, "room"},
		"no summary":      {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Summary = "" }), answerOK) }, "summary"},
		"method":          {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Method = "get" }), answerOK) }, "method"},
		"path":            {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Path = "v1/things" }), answerOK) }, "path"},
		"path and slash":  {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Path = "/v1/things/" }), answerOK) }, "path"},
		"idempotent GET":  {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Idempotent = true }), answerOK) }, "key"},
		"nameless limit":  {func(a *web.API) { web.Register(a, with(func(o *web.Op) { o.Limit.Burst = 1 }), answerOK) }, "limit"},
		"same id": {func(a *web.API) {
			web.Register(a, plainOp, answerOK)
			web.Register(a, with(func(o *web.Op) { o.Path = "/v1/others" }), answerOK)
		}, "twice"},
		"same path": {func(a *web.API) {
			web.Register(a, plainOp, answerOK)
			web.Register(a, with(func(o *web.Op) { o.ID = "test.others" }), answerOK)
		}, "conflicts"},
		"after the document": {func(a *web.API) {
			a.Document()
			web.Register(a, plainOp, answerOK)
		}, "after the document"},
		"two bodies": {func(a *web.API) {
			web.Register(a, with(func(o *web.Op) { o.Method = "POST" }), func(context.Context, *both) (*ok, error) { return nil, nil })
		}, "not both"},
		"unique items": {func(a *web.API) {
			web.Register(a, with(func(o *web.Op) { o.Method = "POST" }), func(context.Context, *unique) (*ok, error) { return nil, nil })
		}, "uniqueItems"},
		"idempotent form": {func(a *web.API) {
			web.Register(a, with(func(o *web.Op) { o.Method, o.Idempotent = "POST", true }), func(context.Context, *form) (*ok, error) { return nil, nil })
		}, "form"},
		"bytes of no type": {func(a *web.API) {
			web.Register(a, plainOp, func(context.Context, *nothing) (*raw, error) { return nil, nil })
		}, "Produces"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, _ := newAPI(t)
			defer func() {
				if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), test.want) {
					t.Errorf("panic %v, want %q", r, test.want)
				}
			}()
			test.mount(api)
		})
	}
}

// line has the name that other packages give their types too.
type line struct {
	Name string `json:"name"`
}

type madeOut struct {
	Status int
	Body   struct {
		ID    string                   `json:"id"`
		Lines []line                   `json:"lines"`
		Pages web.Page[line]           `json:"pages"`
		More  *webtest.Checker         `json:"-"`
		Facts map[string]string        `json:"facts"`
		Times map[string]time.Time     `json:"times,omitempty"`
		Inner struct{ A, B, C string } `json:"inner"`
	}
}

var errTaken = fault.New(fault.Conflict, "name_taken", "Somebody has that name.")

func documented(t *testing.T) (*web.API, map[string]any) {
	t.Helper()
	api, _ := newAPI(t, func(c *web.Config) {
		c.Title, c.Version, c.Description, c.URL = "Market", "1.2.3", "What it does.", "https://market.example/"
		c.Faults = []*fault.Error{errExpired}
	})
	web.Register(api, web.Op{Method: "POST", Path: "/v1/things", ID: "thing.make", Summary: "Make.", Description: "Long.", Room: "thing",
		Access: web.Seller, Idempotent: true, Status: 201, Statuses: []int{200}, Errors: []*fault.Error{errTaken}},
		func(_ context.Context, in *struct {
			Body struct {
				Name string `json:"name"`
			}
		}) (*madeOut, error) {
			out := &madeOut{Status: 201}
			if in.Body.Name == "again" {
				out.Status = 200
			}
			out.Body.Lines, out.Body.Facts, out.Body.Pages = []line{}, map[string]string{}, web.NewPage[line](nil, "")
			return out, nil
		})
	web.Register(api, web.Op{Method: "GET", Path: "/v1/things/{id}/paper", ID: "thing.paper", Summary: "Paper.", Room: "thing",
		Access: web.Owner, Produces: []string{"application/pdf", "text/html"}},
		func(context.Context, *struct {
			ID string `path:"id"`
		}) (*struct {
			ContentType string `header:"Content-Type"`
			Body        []byte
		}, error) {
			return &struct {
				ContentType string `header:"Content-Type"`
				Body        []byte
			}{"application/pdf", []byte("%PDF")}, nil
		})
	web.Register(api, web.Op{Method: "POST", Path: "/v1/hook", ID: "thing.hook", Summary: "Hook.", Room: "thing", Access: web.Signed},
		func(context.Context, *struct{ RawBody []byte }) (*struct{}, error) { return nil, nil })
	web.Register(api, web.Op{Method: "DELETE", Path: "/v1/secret", ID: "thing.secret", Summary: "Hidden.", Room: "thing", Access: web.Superadmin, Hidden: true},
		func(context.Context, *nothing) (*struct{}, error) { return nil, nil })
	rec := send(t, api, request{method: "GET", target: "/openapi.json"})
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("got %d %v", rec.Code, rec.Header())
	}
	var doc map[string]any
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return api, doc
}

func dig(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

func TestDocument(t *testing.T) {
	_, doc := documented(t)
	is := func(want any, keys ...string) {
		t.Helper()
		if got := dig(doc, keys...); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v is %v, want %v", keys, got, want)
		}
	}
	is("3.1.0", "openapi")
	is("Market", "info", "title")
	is("1.2.3", "info", "version")
	is("[map[url:https://market.example]]", "servers")
	is("bearer", "components", "securitySchemes", "bearer", "scheme")

	makeOp := []string{"paths", "/v1/things", "post"}
	at := func(more ...string) []string { return append(slices.Clone(makeOp), more...) }
	is("thing.make", at("operationId")...)
	is("seller", at("x-access")...)
	is(true, at("x-idempotent")...)
	is("[thing]", at("tags")...)
	is("[map[bearer:[]]]", at("security")...)
	is("[idempotency_in_progress name_taken]", at("responses", "409", "x-codes")...)
	is("[idempotency_key_reused invalid_idempotency_key invalid_request invalid_text]", at("responses", "422", "x-codes")...)
	is("[forbidden]", at("responses", "403", "x-codes")...)
	is("#/components/schemas/Problem", at("responses", "409", "content", "application/problem+json", "schema", "$ref")...)
	for _, status := range []string{"200", "201"} {
		if dig(doc, at("responses", status, "content", "application/json", "schema", "$ref")...) !=
			dig(doc, at("responses", "201", "content", "application/json", "schema", "$ref")...) ||
			dig(doc, at("responses", status, "headers", "Idempotency-Replayed")...) == nil {
			t.Errorf("%s: %v", status, dig(doc, at("responses", status)...))
		}
	}
	for _, status := range []string{"400", "401", "408", "413", "415", "429", "500", "503"} {
		if dig(doc, at("responses", status)...) == nil {
			t.Errorf("%s is not documented", status)
		}
	}
	if text := fmt.Sprint(dig(doc, at("responses", "409", "description")...)); !strings.Contains(text, "`name_taken`: Somebody has that name.") {
		t.Errorf("description %q", text)
	}
	if responses, _ := dig(doc, at("responses")...).(map[string]any); responses["default"] != nil || responses["404"] != nil {
		t.Errorf("more is documented than happens: %v", responses)
	}
	is("owner", "paths", "/v1/things/{id}/paper", "get", "x-access")
	is("binary", "paths", "/v1/things/{id}/paper", "get", "responses", "200", "content", "application/pdf", "schema", "format")
	is(nil, "paths", "/v1/things/{id}/paper", "get", "responses", "200", "content", "application/json")
	is(nil, "paths", "/v1/hook", "post", "security")
	is(nil, "paths", "/v1/hook", "post", "responses", "401")
	is(nil, "paths", "/v1/secret")
	schemas, _ := dig(doc, "components", "schemas").(map[string]any)
	for _, name := range []string{"Problem", "FieldProblem", "WebTestLine", "PageWebTestLine"} {
		if schemas[name] == nil {
			t.Errorf("no schema %s in %v", name, keysOf(schemas))
		}
	}
	text, _ := json.Marshal(doc)
	if strings.Contains(string(text), "$schema") || strings.Contains(string(text), "$id") {
		t.Error("the document links to schemas of its own")
	}
}

func keysOf(m map[string]any) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func TestAnswersFitTheDocument(t *testing.T) {
	api, _ := documented(t)
	checker, err := webtest.NewChecker(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	checker.StrictCodes = true
	key := func(h http.Header) http.Header { h["Idempotency-Key"] = []string{goodKey}; return h }
	for _, r := range []request{
		{"POST", "/v1/things", `{"name":"a"}`, as("seller")},
		{"POST", "/v1/things", `{"name":"again"}`, key(as("seller"))},
		{"POST", "/v1/things", `{"name":1}`, as("seller")},
		{"POST", "/v1/things", `{"name":"\u0000"}`, as("seller")},
		{"POST", "/v1/things", `{`, as("seller")},
		{"POST", "/v1/things", ``, as("seller")},
		{"POST", "/v1/things?x=1", `{"name":"a"}`, as("seller")},
		{"POST", "/v1/things?x=%zz", `{"name":"a"}`, as("seller")},
		{"POST", "/v1/things", `{"name":"a"}`, as("customer")},
		{"POST", "/v1/things", `{"name":"a"}`, nil},
		{"POST", "/v1/things", `{"name":"` + strings.Repeat("a", 70000) + `"}`, as("seller")},
		{"POST", "/v1/things", `{"name":"a"}`, http.Header{"Idempotency-Key": {"x"}, "Authorization": {"Bearer seller"}}},
		{"GET", "/v1/things/x/paper", "", as("customer")},
		{"GET", "/v1/things/x/paper", "", as("expired")},
		{"PUT", "/v1/things", "", nil},
		{"GET", "/v1/nothing", "", nil},
		{"POST", "/v1/hook", "x", nil},
		{"POST", "/v1/hook", "", nil},
	} {
		rec := send(t, api, r)
		if err := checker.Check(r.method, r.target, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, rec.Body)
		}
	}
}

func TestPage(t *testing.T) {
	tests := map[string]struct {
		page web.Page[int]
		want string
	}{
		"empty": {web.NewPage[int](nil, ""), `{"items":[],"next_cursor":null}`},
		"last":  {web.NewPage([]int{1, 2}, ""), `{"items":[1,2],"next_cursor":null}`},
		"more":  {web.NewPage([]int{1}, "c"), `{"items":[1],"next_cursor":"c"}`},
	}
	for name, test := range tests {
		if got, _ := json.Marshal(test.page); string(got) != test.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	api, _ := newAPI(t)
	var got web.PageParams
	web.Register(api, plainOp, func(_ context.Context, in *struct{ web.PageParams }) (*struct{ Body web.Page[int] }, error) {
		got = in.PageParams
		return &struct{ Body web.Page[int] }{web.NewPage([]int{1}, "next")}, nil
	})
	for target, want := range map[string]web.PageParams{
		"/v1/things":                    {Limit: 20},
		"/v1/things?limit=100&cursor=c": {Limit: 100, Cursor: "c"},
		"/v1/things?limit=1":            {Limit: 1},
	} {
		if rec := send(t, api, request{method: "GET", target: target}); rec.Code != 200 || got != want {
			t.Errorf("%s: %d %+v", target, rec.Code, got)
		}
	}
	for _, target := range []string{"?limit=0", "?limit=101", "?limit=-1", "?limit=1.5", "?limit=9999999999999999999", "?cursor=" + strings.Repeat("a", 1025)} {
		problemOf(t, send(t, api, request{method: "GET", target: "/v1/things" + target}), 422, "invalid_request")
	}
}
