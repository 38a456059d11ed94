package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// price reads itself and refuses with a fault, as amounts do.
type price struct{ text string }

func (p *price) UnmarshalText(b []byte) error {
	if strings.Contains(string(b), "e") {
		return fault.New(fault.Invalid, "invalid_amount", "Must be a decimal amount.").Because(fmt.Errorf("in %q", b))
	}
	if len(b) > 8 {
		return fmt.Errorf("too long: %q", b)
	}
	p.text = string(b)
	return nil
}

type goods struct {
	Name     string `json:"name" minLength:"2" maxLength:"5"`
	Quantity int64  `json:"quantity" minimum:"1" maximum:"1000"`
}

type inputBody struct {
	Lines  []goods           `json:"lines" minItems:"1" maxItems:"3"`
	Method string            `json:"method,omitempty" enum:"cod,wallet"`
	Slug   string            `json:"slug,omitempty" pattern:"^[a-z]+$"`
	When   time.Time         `json:"when,omitempty"`
	Mail   string            `json:"mail,omitempty" format:"email"`
	Link   string            `json:"link,omitempty" format:"uri"`
	ID     string            `json:"id,omitempty" format:"uuid"`
	Price  price             `json:"price,omitempty"`
	Count  int64             `json:"count,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Flag   *bool             `json:"flag,omitempty"`
}

type inputIn struct {
	ID    string   `path:"id" maxLength:"10"`
	Limit int      `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Name  string   `query:"name" maxLength:"8"`
	Tags  []string `query:"tag,explode"`
	On    bool     `query:"on"`
	Shop  string   `header:"Shop"`
	Body  inputBody
}

func inputs(t testing.TB, change ...func(*web.Config)) (*web.API, *logged, *inputIn) {
	api, log := newAPI(t, change...)
	got := &inputIn{}
	web.Register(api, web.Op{Method: "POST", Path: "/v1/in/{id}", ID: "test.input", Summary: "Takes.", Room: "test", Access: web.Public},
		func(_ context.Context, in *inputIn) (*ok, error) {
			*got = *in
			return &ok{}, nil
		})
	return api, log, got
}

const goodBody = `{"lines":[{"name":"abc","quantity":2}]}`

func TestBadBodies(t *testing.T) {
	const marker = "SECRETVALUE"
	body := func(more string) string { return `{"lines":[{"name":"abc","quantity":2}],` + more + `}` }
	tests := map[string]struct {
		body   string
		status int
		code   string
		errors []string // path code
	}{
		"required":           {`{}`, 422, "invalid_request", []string{"lines required"}},
		"required inside":    {`{"lines":[{"name":"abc"}]}`, 422, "invalid_request", []string{"lines[0].quantity required"}},
		"null required":      {`{"lines":null}`, 422, "invalid_request", []string{"lines invalid_type"}},
		"unknown":            {body(`"SECRETNAME":"` + marker + `"`), 422, "invalid_request", []string{"SECRETNAME unknown_field"}},
		"unknown inside":     {`{"lines":[{"name":"abc","quantity":2,"cost":1}]}`, 422, "invalid_request", []string{"lines[0].cost unknown_field"}},
		"wrong case":         {`{"Lines":[{"name":"abc","quantity":2}]}`, 422, "invalid_request", []string{"Lines unknown_field", "lines required"}},
		"too long":           {`{"lines":[{"name":"` + marker + `","quantity":2}]}`, 422, "invalid_request", []string{"lines[0].name too_long"}},
		"too short":          {`{"lines":[{"name":"a","quantity":2}]}`, 422, "invalid_request", []string{"lines[0].name too_short"}},
		"too small":          {`{"lines":[{"name":"abc","quantity":0}]}`, 422, "invalid_request", []string{"lines[0].quantity out_of_range"}},
		"too great":          {`{"lines":[{"name":"abc","quantity":1001}]}`, 422, "invalid_request", []string{"lines[0].quantity out_of_range"}},
		"fraction":           {`{"lines":[{"name":"abc","quantity":1.5}]}`, 422, "invalid_request", []string{"lines[0].quantity invalid_type"}},
		"text for number":    {`{"lines":[{"name":"abc","quantity":"` + marker + `"}]}`, 422, "invalid_request", []string{"lines[0].quantity invalid_type"}},
		"object for text":    {`{"lines":[{"name":{"x":1},"quantity":2}]}`, 422, "invalid_request", []string{"lines[0].name invalid_type"}},
		"list for object":    {`{"lines":[[]]}`, 422, "invalid_request", []string{"lines[0] invalid_type"}},
		"none":               {`{"lines":[]}`, 422, "invalid_request", []string{"lines too_few"}},
		"too many":           {`{"lines":[` + strings.Repeat(`{"name":"abc","quantity":2},`, 3) + `{"name":"abc","quantity":2}]}`, 422, "invalid_request", []string{"lines too_many"}},
		"enum":               {body(`"method":"` + marker + `"`), 422, "invalid_request", []string{"method not_allowed"}},
		"pattern":            {body(`"slug":"` + marker + `"`), 422, "invalid_request", []string{"slug invalid_format"}},
		"time":               {body(`"when":"` + marker + `"`), 422, "invalid_request", []string{"when invalid_format"}},
		"e-mail":             {body(`"mail":"` + marker + `"`), 422, "invalid_request", []string{"mail invalid_format"}},
		"URL":                {body(`"link":"http://` + marker + ` /%zz"`), 422, "invalid_request", []string{"link invalid_format"}},
		"UUID":               {body(`"id":"` + marker + `"`), 422, "invalid_request", []string{"id invalid_format"}},
		"bool":               {body(`"flag":"` + marker + `"`), 422, "invalid_request", []string{"flag invalid_type"}},
		"map":                {body(`"labels":{"a":1}`), 422, "invalid_request", []string{"labels.a invalid_type"}},
		"beyond int64":       {body(`"count":9223372036854775808`), 422, "invalid_request", []string{"count out_of_range"}},
		"exponent":           {body(`"count":1e3`), 422, "invalid_request", []string{"count out_of_range"}},
		"fault of a type":    {body(`"price":"1e` + marker[:3] + `"`), 422, "invalid_request", []string{" invalid_amount"}},
		"error of a type":    {body(`"price":"` + marker + `"`), 422, "invalid_request", []string{" invalid_format"}},
		"several":            {`{"lines":[{"name":"a","quantity":0}],"method":"x"}`, 422, "invalid_request", []string{"lines[0].name too_short", "lines[0].quantity out_of_range", "method not_allowed"}},
		"not an object":      {`["` + marker + `"]`, 422, "invalid_request", []string{" invalid_type"}},
		"null":               {`null`, 422, "invalid_request", []string{" invalid_type"}},
		"broken":             {`{"lines": ` + marker, 400, "malformed_json", nil},
		"twice":              {body(`"slug":"a","slug":"b"`), 422, "invalid_request", []string{"slug duplicate"}},
		"NUL":                {body(`"slug":"a\u0000"`), 422, "invalid_text", []string{"slug invalid_text"}},
		"half a pair":        {`{"lines":[{"name":"\ud800","quantity":2}]}`, 422, "invalid_text", []string{"lines[0].name invalid_text"}},
		"broken UTF-8":       {`{"lines":[{"name":"` + "\xff" + `","quantity":2}]}`, 422, "invalid_text", []string{"lines[0].name invalid_text"}},
		"control in a name":  {body(`"a\u0007b":1`), 422, "invalid_request", []string{"a�b unknown_field"}},
		"spaces":             {"  ", 400, "malformed_json", nil},
		"too large":          {body(`"slug":"` + strings.Repeat("a", 64<<10) + `"`), 413, "body_too_large", nil},
		"deep":               {body(`"slug":` + strings.Repeat("[", 1000)), 400, "malformed_json", nil},
		"very long name":     {body(`"` + strings.Repeat("é", 5000) + `":1`), 422, "invalid_request", []string{strings.Repeat("é", 60) + "… unknown_field"}},
		"thousands of names": {body(manyNames(4000)), 422, "invalid_request", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, log, _ := inputs(t)
			rec := send(t, api, request{method: "POST", target: "/v1/in/x", body: test.body})
			answer := rec.Body.String()
			p := problemOf(t, rec, test.status, test.code)
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.Path+" "+e.Code)
				if e.Message == "" || strings.ContainsAny(e.Message, "\x1f%") {
					t.Errorf("message %q", e.Message)
				}
			}
			if test.errors != nil && !slices.Equal(got, test.errors) {
				t.Errorf("errors %q, want %q", got, test.errors)
			}
			if strings.Contains(answer, marker) || strings.Contains(log.String(), marker) {
				t.Errorf("the value is repeated: %s\n%s", answer, log)
			}
			if len(answer) > 8<<10 {
				t.Errorf("the answer has %d bytes", len(answer))
			}
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"x%d":1`, i)
	}
	return b.String()
}

func TestHeadersOfBodies(t *testing.T) {
	tests := map[string]struct {
		header http.Header
		body   string
		status int
		code   string
	}{
		"JSON":              {http.Header{"Content-Type": {"application/json"}}, goodBody, 200, ""},
		"JSON with charset": {http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, goodBody, 200, ""},
		"capital":           {http.Header{"Content-Type": {"Application/JSON"}}, goodBody, 200, ""},
		"suffix":            {http.Header{"Content-Type": {"application/vnd.x+json"}}, goodBody, 200, ""},
		"identity":          {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"identity"}}, goodBody, 200, ""},
		"form":              {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, goodBody, 415, "unsupported_media_type"},
		"text":              {http.Header{"Content-Type": {"text/plain"}}, goodBody, 415, "unsupported_media_type"},
		"rubbish":           {http.Header{"Content-Type": {"a/b/c;;"}}, goodBody, 415, "unsupported_media_type"},
		"Latin-1":           {http.Header{"Content-Type": {"application/json; charset=latin1"}}, goodBody, 415, "unsupported_media_type"},
		"gzip":              {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, goodBody, 415, "unsupported_media_type"},
		"no body":           {http.Header{"Content-Type": {"application/json"}}, "", 400, "body_required"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, _, _ := inputs(t)
			rec := send(t, api, request{"POST", "/v1/in/x", test.body, test.header})
			if test.status == 200 {
				if rec.Code != 200 {
					t.Errorf("got %d %s", rec.Code, rec.Body)
				}
				return
			}
			problemOf(t, rec, test.status, test.code)
		})
	}
	t.Run("no content type", func(t *testing.T) {
		api, _, _ := inputs(t)
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, httptest.NewRequest("POST", "/v1/in/x", strings.NewReader(goodBody)))
		if rec.Code != 200 {
			t.Errorf("got %d %s", rec.Code, rec.Body)
		}
	})
	t.Run("chunked and too large", func(t *testing.T) {
		api, _, _ := inputs(t, func(c *web.Config) { c.MaxBody = 100 })
		req := httptest.NewRequest("POST", "/v1/in/x", strings.NewReader(strings.Repeat(" ", 101)))
		req.ContentLength = -1
		req.Header.Set("Content-Type", "application/json")
		rec := httptest.NewRecorder()
		api.ServeHTTP(rec, req)
		if p := problemOf(t, rec, 413, "body_too_large"); p.Details["limit"] != 100. {
			t.Errorf("got %+v", p)
		}
	})
}

func TestParameters(t *testing.T) {
	long := strings.Repeat("x", 3000)
	tests := map[string]struct {
		target string
		header http.Header
		status int
		code   string
		errors string
	}{
		"fine":              {"/v1/in/x?limit=5&name=a&tag=1&tag=2&on=true", nil, 200, "", ""},
		"no integer":        {"/v1/in/x?limit=SECRET", nil, 422, "invalid_request", "limit invalid_type"},
		"no boolean":        {"/v1/in/x?on=SECRET", nil, 422, "invalid_request", "on invalid_type"},
		"out of range":      {"/v1/in/x?limit=101", nil, 422, "invalid_request", "limit out_of_range"},
		"too long":          {"/v1/in/x?name=SECRETSECRET", nil, 422, "invalid_request", "name too_long"},
		"much too long":     {"/v1/in/x?name=" + long, nil, 422, "invalid_request", "name too_long"},
		"path too long":     {"/v1/in/SECRETSECRET", nil, 422, "invalid_request", "id too_long"},
		"unknown":           {"/v1/in/x?Limit=5", nil, 422, "invalid_request", "Limit unknown_field"},
		"twice":             {"/v1/in/x?limit=5&limit=6", nil, 422, "invalid_request", "limit duplicate"},
		"hidden by no sign": {"/v1/in/x?on&limit=101", nil, 422, "invalid_request", "limit out_of_range"},
		"bad escape":        {"/v1/in/x?name=%zz", nil, 400, "malformed_query", ""},
		"semicolon":         {"/v1/in/x?name=a;limit=5", nil, 400, "malformed_query", ""},
		"NUL":               {"/v1/in/x?name=a%00", nil, 422, "invalid_text", "name invalid_text"},
		"broken UTF-8":      {"/v1/in/x?name=%ff", nil, 422, "invalid_text", "name invalid_text"},
		"broken name":       {"/v1/in/x?%ff=1", nil, 422, "invalid_text", "� invalid_text"},
		"NUL in path":       {"/v1/in/a%00", nil, 422, "invalid_text", ""},
		"broken path":       {"/v1/in/%c0%80", nil, 422, "invalid_text", ""},
		"broken, no route":  {"/nowhere/%ff", nil, 422, "invalid_text", ""},
		"broken header":     {"/v1/in/x", http.Header{"Shop": {"\xff"}}, 422, "invalid_text", "Shop invalid_text"},
		"long header":       {"/v1/in/x", http.Header{"Shop": {long}}, 422, "invalid_request", "Shop too_long"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			api, log, _ := inputs(t)
			rec := send(t, api, request{"POST", test.target, goodBody, test.header})
			if strings.Contains(rec.Body.String(), "SECRET") || strings.Contains(log.String(), "SECRET") {
				t.Errorf("the value is repeated: %s\n%s", rec.Body, log)
			}
			if test.status == 200 {
				if rec.Code != 200 {
					t.Errorf("got %d %s", rec.Code, rec.Body)
				}
				return
			}
			p := problemOf(t, rec, test.status, test.code)
			var got []string
			for _, e := range p.Errors {
				got = append(got, e.Path+" "+e.Code)
			}
			if strings.Join(got, ", ") != test.errors {
				t.Errorf("errors %q", got)
			}
		})
	}
}

func TestTextArrivesNormalised(t *testing.T) {
	api, _, got := inputs(t)
	rec := send(t, api, request{method: "POST", target: "/v1/in/cafe%CC%81?name=e%CC%81&on=true&limit&tag=e%CC%81,1&tag=b",
		body: `{"lines":[{"name":"cafe` + "\u0301" + `","quantity":9}],"labels":{"e\u0301":"` + "A\u030a" + `"},"count":9007199254740993,"price":"12.50"}`})
	if rec.Code != 200 {
		t.Fatalf("got %d %s", rec.Code, rec.Body)
	}
	if got.ID != "café" || got.Name != "é" || !got.On || !slices.Equal(got.Tags, []string{"é,1", "b"}) || got.Limit != 20 {
		t.Errorf("parameters %+v", got)
	}
	b := got.Body
	if b.Lines[0].Name != "café" || b.Lines[0].Quantity != 9 || b.Labels["é"] != "Å" || b.Count != 9007199254740993 || b.Price.text != "12.50" {
		t.Errorf("body %+v", b)
	}
}

func TestRawBodiesArriveAsSent(t *testing.T) {
	api, _ := newAPI(t)
	var got []byte
	type in struct{ RawBody []byte }
	take := func(_ context.Context, in *in) (*ok, error) {
		got = bytes.Clone(in.RawBody)
		return &ok{}, nil
	}
	web.Register(api, web.Op{Method: "POST", Path: "/v1/hook", ID: "test.hook", Summary: "Hook.", Room: "test", Access: web.Signed, OpenQuery: true}, take)
	web.Register(api, web.Op{Method: "POST", Path: "/v1/csv", ID: "test.csv", Summary: "CSV.", Room: "test", Access: web.Public,
		Consumes: []string{"text/csv"}, MaxBody: 1 << 20}, take)
	for _, body := range []string{"{\"a\": \"e\u0301\\u0000\", \"a\":\xff}", "plain"} {
		rec := send(t, api, request{"POST", "/v1/hook?anything=goes", body, http.Header{"Content-Type": {"application/json"}, "Authorization": {"Basic x"}}})
		if rec.Code != 200 || string(got) != body {
			t.Errorf("got %d %q, want %q", rec.Code, got, body)
		}
	}
	problemOf(t, send(t, api, request{method: "POST", target: "/v1/hook"}), 400, "body_required")
	problemOf(t, send(t, api, request{method: "POST", target: "/v1/hook", body: strings.Repeat("a", 64<<10+1)}), 413, "body_too_large")
	large := strings.Repeat("a,b\n", 100<<10)
	if rec := send(t, api, request{"POST", "/v1/csv", large, http.Header{"Content-Type": {"text/csv"}}}); rec.Code != 200 || string(got) != large {
		t.Errorf("got %d, %d bytes", rec.Code, len(got))
	}
	problemOf(t, send(t, api, request{method: "POST", target: "/v1/csv", body: "{}"}), 415, "unsupported_media_type")
}

func TestForms(t *testing.T) {
	api, _ := newAPI(t)
	type form struct {
		Note string        `form:"note" maxLength:"5"`
		File huma.FormFile `form:"file" contentType:"text/plain" required:"true"`
	}
	type in struct{ RawBody huma.MultipartFormFiles[form] }
	var got form
	var size int64
	web.Register(api, web.Op{Method: "POST", Path: "/v1/form", ID: "test.form", Summary: "Form.", Room: "test", Access: web.Public, MaxBody: 1 << 20},
		func(_ context.Context, in *in) (*ok, error) {
			got = *in.RawBody.Data()
			size = got.File.Size
			return &ok{}, nil
		})
	write := func(note, name string, file []byte) (string, http.Header) {
		var buf bytes.Buffer
		w := multipart.NewWriter(&buf)
		_ = w.WriteField("note", note)
		if file != nil {
			part, _ := w.CreatePart(map[string][]string{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {"text/plain"}})
			_, _ = part.Write(file)
		}
		_ = w.Close()
		return buf.String(), http.Header{"Content-Type": {w.FormDataContentType()}}
	}
	text := []byte("hello")
	tests := map[string]struct {
		note, name string
		file       []byte
		status     int
		code       string
		errors     string
	}{
		"fine":         {"cafe\u0301", "a.txt", text, 200, "", ""},
		"large":        {"x", "a.txt", bytes.Repeat([]byte("a"), 900<<10), 200, "", ""},
		"too large":    {"x", "a.txt", bytes.Repeat([]byte("a"), 1<<20), 413, "body_too_large", ""},
		"NUL":          {"a\x00", "a.txt", text, 422, "invalid_text", "note invalid_text"},
		"broken UTF-8": {"\xff", "a.txt", text, 422, "invalid_text", "note invalid_text"},
		"broken name":  {"x", "\xff.txt", text, 422, "invalid_text", "filename invalid_text"},
		"too long":     {"abcdefgh", "a.txt", text, 422, "invalid_request", "note too_long"},
		"no file":      {"x", "", nil, 422, "invalid_request", "file required"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body, header := write(test.note, test.name, test.file)
			rec := send(t, api, request{"POST", "/v1/form", body, header})
			if test.status == 200 {
				if rec.Code != 200 || size != int64(len(test.file)) || name == "fine" && got.Note != "café" {
					t.Errorf("got %d %s, %+v", rec.Code, rec.Body, got)
				}
				return
			}
			p := problemOf(t, rec, test.status, test.code)
			var list []string
			for _, e := range p.Errors {
				list = append(list, e.Path+" "+e.Code)
			}
			if strings.Join(list, ", ") != test.errors {
				t.Errorf("errors %q", list)
			}
		})
	}
	problemOf(t, send(t, api, request{method: "POST", target: "/v1/form", body: "{}"}), 415, "unsupported_media_type")
	problemOf(t, send(t, api, request{"POST", "/v1/form", "rubbish", http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}}), 400, "malformed_form")
}

// TestSlowBody sends a body that never ends over a real connection.
func TestSlowBody(t *testing.T) {
	api, _, _ := inputs(t, func(c *web.Config) { c.BodyTimeout = 50 * time.Millisecond })
	server := httptest.NewServer(api)
	defer server.Close()
	reader, writer := io.Pipe()
	defer writer.Close()
	req, err := http.NewRequest("POST", server.URL+"/v1/in/x", reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	go func() { _, _ = writer.Write([]byte(`{"lines":`)) }()
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestTimeout {
		t.Errorf("got %d", response.StatusCode)
	}
}
