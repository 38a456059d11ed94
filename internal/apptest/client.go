package apptest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Client speaks to the market as one person, or as nobody.
type Client struct {
	m      *Market
	Token  string
	ID     string // the account's public id
	Email  string
	header http.Header
}

// Anonymous is a caller without an account.
func (m *Market) Anonymous() *Client { return &Client{m: m} }

// With is the same caller with one more header.
func (c *Client) With(name, value string) *Client {
	out := *c
	out.header = c.header.Clone()
	if out.header == nil {
		out.header = http.Header{}
	}
	out.header.Set(name, value)
	return &out
}

// Key is the same caller with an Idempotency-Key.
func (c *Client) Key(key string) *Client { return c.With("Idempotency-Key", key) }

// Answer is what came back.
type Answer struct {
	t      testing.TB
	what   string
	Status int
	Header http.Header
	Body   []byte
}

// M is a JSON object.
type M = map[string]any

// Get sends a GET. The parts are put together: Get("/v1/orders/", id).
func (c *Client) Get(path ...string) *Answer { return c.Send("GET", strings.Join(path, ""), nil) }

// Post sends a POST with a JSON body; nil is no body. Each {} in the path is the next of args.
func (c *Client) Post(path string, body any, args ...string) *Answer {
	return c.Send("POST", fill(path, args), body)
}

// Patch sends a PATCH, as Post.
func (c *Client) Patch(path string, body any, args ...string) *Answer {
	return c.Send("PATCH", fill(path, args), body)
}

// Put sends a PUT, as Post.
func (c *Client) Put(path string, body any, args ...string) *Answer {
	return c.Send("PUT", fill(path, args), body)
}

// Delete sends a DELETE, as Get.
func (c *Client) Delete(path ...string) *Answer {
	return c.Send("DELETE", strings.Join(path, ""), nil)
}

func fill(path string, args []string) string {
	for _, a := range args {
		path = strings.Replace(path, "{}", a, 1)
	}
	return path
}

// Send sends a request and holds the answer to the OpenAPI document. A body of type string or []byte goes as it is.
func (c *Client) Send(method, path string, body any) *Answer {
	c.m.T.Helper()
	a, err := c.Try(method, path, body)
	if err != nil {
		c.m.T.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

// Open sends a GET for what is no operation and so stands in no document: a page, a picture. The address may be the
// whole one, as answers give it.
func (c *Client) Open(address string) *Answer {
	c.m.T.Helper()
	a, err := c.send("GET", strings.TrimPrefix(address, c.m.base), nil)
	if err != nil {
		c.m.T.Fatalf("GET %s: %v", address, err)
	}
	return a
}

// Try is Send for goroutines, where a test must not be ended: it returns what went wrong.
func (c *Client) Try(method, path string, body any) (*Answer, error) {
	a, err := c.send(method, path, body)
	if err != nil {
		return nil, err
	}
	if err := c.m.check.Check(method, path, a.Status, a.Header, a.Body); err != nil {
		return a, fmt.Errorf("the answer is not as documented: %w\n%s", err, a.Body)
	}
	return a, nil
}

func (c *Client) send(method, path string, body any) (*Answer, error) {
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, c.m.URL+path, reader)
	if err != nil {
		return nil, err
	}
	if reader != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	res, err := c.m.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &Answer{t: c.m.T, what: method + " " + path, Status: res.StatusCode, Header: res.Header, Body: raw}, nil
}

// Want fails the test unless the status is this one.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, want %d\n%s", a.what, a.Status, status, a.Body)
	}
	return a
}

// Problem fails the test unless the answer is a problem with this status and code.
func (a *Answer) Problem(status int, code string) *Answer {
	a.t.Helper()
	a.Want(status)
	if got := a.Str("code"); got != code {
		a.t.Fatalf("%s: code %q, want %q\n%s", a.what, got, code, a.Body)
	}
	return a
}

// Into decodes the body.
func (a *Answer) Into(v any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.what, err, a.Body)
	}
	return a
}

// At gives the value at a path such as "orders.0.id"; nil if there is none.
func (a *Answer) At(path string) any {
	a.t.Helper()
	var v any
	a.Into(&v)
	for _, step := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Str gives the string at a path; "" if there is none.
func (a *Answer) Str(path string) string {
	a.t.Helper()
	s, _ := a.At(path).(string)
	return s
}

// Len gives the length of the list at a path.
func (a *Answer) Len(path string) int {
	a.t.Helper()
	l, _ := a.At(path).([]any)
	return len(l)
}

// Is fails the test unless the value at the path is this one. Numbers compare as float64.
func (a *Answer) Is(path string, want any) *Answer {
	a.t.Helper()
	if n, ok := want.(int); ok {
		want = float64(n)
	}
	if got := a.At(path); !reflect.DeepEqual(got, want) {
		a.t.Errorf("%s: %s is %v, want %v\n%s", a.what, path, got, want, a.Body)
	}
	return a
}

// Header is what With set.
func (c *Client) Header(name string) string { return c.header.Get(name) }
