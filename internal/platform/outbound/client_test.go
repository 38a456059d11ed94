package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestWhichAddressesAreEverybodys(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "27.34.0.1": true,
		"127.0.0.1": false, "127.255.0.9": false, "0.0.0.0": false, "10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "100.100.100.200": false, "168.63.129.16": false, "192.0.0.192": false, "198.18.0.1": false,
		"224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false,
		"::ffff:8.8.8.8": true, "::127.0.0.1": false, "64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:0:1::1": false,
		"2001:db8::1": false, "fec0::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	if public(netip.MustParseAddr("fe80::1%eth0")) || public(netip.Addr{}) {
		t.Error("an address of one link is everybody's")
	}
}

// site is a server of the test's own and a client that may reach it.
func site(t *testing.T, h http.HandlerFunc) (string, *Client) {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, NewForTests(netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://")))
}

func codeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return fmt.Sprint(err)
}

// However the inside is written, it is not reached: by number, by name, by the forms that old resolvers understand.
func TestTheInsideIsNotReached(t *testing.T) {
	hit := false
	at, _ := site(t, func(http.ResponseWriter, *http.Request) { hit = true })
	port := at[strings.LastIndex(at, ":"):]
	c := New()
	for _, address := range []string{
		at, "http://localhost" + port, "http://127.0.0.1", "http://127.0.0.1:80/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://0.0.0.0/",
		"http://0/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/", "http://LOCALHOST./",
		"http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://100.100.100.200/", "http://10.0.0.1/", "http://[64:ff9b::7f00:1]/",
		"https://127.0.0.1/", "http://192.168.0.1/", "http://[fe80::1%25lo]/",
		"ftp://8.8.8.8/", "file:///etc/passwd", "gopher://127.0.0.1:70/", "http://8.8.8.8:22/", "http://8.8.8.8:6379/", "http://user@8.8.8.8/", "http://user:pass@8.8.8.8/", "//8.8.8.8/",
		"http://", "http:///x", "javascript:alert(1)", "data:image/png;base64,AAAA", "", "http://8.8.8.8/" + strings.Repeat("x", 3000), "http://%00/", "/media/x", "http:8.8.8.8",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := c.Get(ctx, address)
		cancel()
		switch codeOf(err) {
		case "blocked_address", "invalid_url", "not_found":
		case "not_reached": // a form that this resolver does not understand
			if !strings.Contains(err.Error(), "lookup") {
				t.Errorf("%.60s: %v", address, err)
			}
		default:
			t.Errorf("%.60s: %v", address, err)
		}
	}
	if hit {
		t.Error("the inside was reached")
	}
}

// A server outside that sends on to the inside does not get there either.
func TestTurnsAreLookedAtAnew(t *testing.T) {
	hit := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer inside.Close()
	to := ""
	at, c := site(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Error("it says where it comes from")
		}
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	})
	for target, want := range map[string]string{
		inside.URL: "invalid_url", "http://127.0.0.1/": "blocked_address", "http://169.254.169.254/": "blocked_address", "file:///etc/passwd": "invalid_url",
		"http://a:b@8.8.8.8/": "invalid_url", at: "too_many_redirects",
	} {
		if to = target; codeOf(second(c.Get(t.Context(), at))) != want {
			t.Errorf("%s: %v", target, second(c.Get(t.Context(), at)))
		}
	}
	if hit {
		t.Error("the inside was reached")
	}
}

func second(_ []byte, err error) error { return err }

func TestThreeTurnsAreFollowed(t *testing.T) {
	turns := 0
	at, c := site(t, func(w http.ResponseWriter, r *http.Request) {
		if turns < 3 {
			turns++
			http.Redirect(w, r, "/"+fmt.Sprint(turns), http.StatusFound)
			return
		}
		_, _ = w.Write([]byte("here"))
	})
	if got, err := c.Get(t.Context(), at); err != nil || string(got) != "here" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNoProxyOfTheEnvironment(t *testing.T) {
	proxied := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { proxied = true }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	at, c := site(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) })
	if _, err := c.Get(t.Context(), at); err != nil || proxied {
		t.Errorf("%v, proxied %t", err, proxied)
	}
	if c.http.Transport.(*http.Transport).Proxy != nil {
		t.Error("there is a proxy")
	}
}

func TestTooMuchAndTooSlow(t *testing.T) {
	at, c := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/said":
			w.Header().Set("Content-Length", fmt.Sprint(MaxBytes+1))
			_, _ = w.Write([]byte("x"))
		case "/endless":
			for range 12 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<20)); err != nil {
					return
				}
			}
		case "/packed":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("x"))
		case "/slow":
			select {
			case <-r.Context().Done():
			case <-time.After(20 * time.Second):
			}
		default:
			w.WriteHeader(map[string]int{"/404": 404, "/500": 500, "/403": 403, "/204": 204}[r.URL.Path])
		}
	})
	for path, want := range map[string]string{
		"/said": "too_large", "/endless": "too_large", "/packed": "refused", "/404": "not_found", "/403": "refused", "/500": "refused", "/204": "refused",
	} {
		if err := second(c.Get(t.Context(), at+path)); codeOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	var e *Error
	if err := second(c.Get(t.Context(), at+"/500")); !errors.As(err, &e) || !e.Again {
		t.Errorf("%v is not tried again", err)
	}
	c.http.Timeout = 50 * time.Millisecond
	if err := second(c.Get(t.Context(), at+"/slow")); codeOf(err) != "not_reached" {
		t.Errorf("%v", err)
	}
}

// A name that means a public address when it is looked at and the inside when it is called: what is called is looked at.
func TestTheAddressThatIsCalledIsTheOneThatIsLookedAt(t *testing.T) {
	c := New()
	for address, ok := range map[string]bool{"8.8.8.8:443": true, "8.8.8.8:80": true, "8.8.8.8:22": false, "127.0.0.1:80": false, "[::ffff:127.0.0.1]:80": false, "[fe80::1%eth0]:80": false, "name:80": false} {
		network := "tcp4"
		if strings.HasPrefix(address, "[") {
			network = "tcp6"
		}
		if err := c.control(network, address, nil); (err == nil) != ok {
			t.Errorf("%s: %v", address, err)
		}
	}
	if c.control("udp4", "8.8.8.8:443", nil) == nil {
		t.Error("another protocol is spoken")
	}
}
