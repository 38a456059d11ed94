package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/web"
)

// What only a real connection shows.

// TestBodyTimeoutEndsWithTheBody: the deadline for sending the body must not
// end a request whose body has arrived.
func TestBodyTimeoutEndsWithTheBody(t *testing.T) {
	api, _ := newAPI(t, func(c *web.Config) { c.BodyTimeout = 30 * time.Millisecond })
	web.Register(api, web.Op{Method: "POST", Path: "/v1/slow", ID: "test.slow", Summary: "Slow.", Room: "test", Access: web.Public},
		func(ctx context.Context, _ *keyedIn) (*ok, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(150 * time.Millisecond):
				return answerOK(ctx, nil)
			}
		})
	server := httptest.NewServer(api)
	defer server.Close()
	for range 2 { // the second on the same connection
		response, err := http.Post(server.URL+"/v1/slow", "application/json", strings.NewReader(`{"name":"a"}`))
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil || response.StatusCode != 200 {
			t.Errorf("got %d, %v", response.StatusCode, err)
		}
	}
}

// TestStream: an operation that streams sends each event when it happens,
// outlives the server's bound for writing, and learns that the reader left.
func TestStream(t *testing.T) {
	api, _ := newAPI(t)
	next, left := make(chan int), make(chan struct{})
	type out struct {
		ContentType string `header:"Content-Type"`
		Body        func(huma.Context)
	}
	web.Register(api, web.Op{Method: "GET", Path: "/v1/stream", ID: "test.stream", Summary: "Stream.", Room: "test", Access: web.SignedIn,
		Produces: []string{"text/event-stream"}, Timeout: web.NoTimeout},
		func(ctx context.Context, _ *nothing) (*out, error) {
			return &out{"text/event-stream", func(c huma.Context) {
				defer close(left)
				control := http.NewResponseController(c.BodyWriter().(http.ResponseWriter))
				for {
					select {
					case <-ctx.Done():
						return
					case n := <-next:
						if _, err := fmt.Fprintf(c.BodyWriter(), "id: %d\n\n", n); err != nil {
							return
						}
						if err := control.Flush(); err != nil {
							return
						}
					}
				}
			}}, nil
		})
	server := httptest.NewUnstartedServer(api)
	server.Config.WriteTimeout = 50 * time.Millisecond
	server.Start()
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer customer")
	go func() { next <- 1 }()
	response, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for n := 1; n <= 3; n++ {
		if n > 1 {
			time.Sleep(40 * time.Millisecond)
			next <- n
		}
		if !lines.Scan() || lines.Text() != fmt.Sprintf("id: %d", n) || !lines.Scan() {
			t.Fatalf("event %d: %q %v", n, lines.Text(), lines.Err())
		}
	}
	cancel()
	select {
	case <-left:
	case <-time.After(5 * time.Second):
		t.Error("the stream did not end with its reader")
	}
}

// TestHijack: a connection that was given away is left alone.
func TestHijack(t *testing.T) {
	api, log := newAPI(t)
	api.Handle("GET /raw", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nraw"))
		_ = conn.Close()
	}))
	server := httptest.NewServer(api)
	defer server.Close()
	response, err := http.Get(server.URL + "/raw")
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != 200 {
		t.Errorf("got %d, %v; %s", response.StatusCode, err, log)
	}
}
