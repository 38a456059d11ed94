package outbound

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

const (
	// MaxBytes is how much is fetched.
	MaxBytes     = 10 << 20
	timeLimit    = 10 * time.Second
	maxRedirects = 3
	maxURL       = 2048
)

// Error says why something was not fetched, in words for whoever named it.
type Error struct {
	Code    string // blocked_address, invalid_url, not_found, too_large, not_reached, refused
	Message string
	// Again says that it may be otherwise later.
	Again bool
	cause error
}

// Error is for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return "outbound: " + e.Code + ": " + e.cause.Error()
	}
	return "outbound: " + e.Code
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

var (
	errURL     = &Error{Code: "invalid_url", Message: "The address must begin with http:// or https://, without a user, a password or a port of its own."}
	errBlocked = &Error{Code: "blocked_address", Message: "The address does not lead to a public server."}
	errTurns   = &Error{Code: "too_many_redirects", Message: "The address leads from one to the next more than three times."}
	errLarge   = &Error{Code: "too_large", Message: "What is there is larger than 10 MB."}
)

// Client fetches. It is used by many at once.
type Client struct {
	http    *http.Client
	allowed []netip.AddrPort
}

// New is a client that reaches public addresses only.
func New() *Client { return NewForTests() }

// NewForTests is a client that reaches these addresses too, whatever they are. Nothing outside of tests has them.
func NewForTests(allowed ...netip.AddrPort) *Client {
	c := &Client{allowed: allowed}
	dialer := &net.Dialer{Timeout: timeLimit, Control: c.control}
	c.http = &http.Client{
		Timeout: timeLimit,
		Transport: &http.Transport{
			Proxy: nil, DialContext: dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
			TLSHandshakeTimeout: timeLimit, ResponseHeaderTimeout: timeLimit, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errTurns
			}
			req.Header.Del("Referer") // says where somebody's files lie
			return c.check(req.URL)
		},
	}
	return c
}

// control looks at the address that a connection is about to be made to, after every name was resolved.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return errBlocked
	}
	if slices.Contains(c.allowed, netip.AddrPortFrom(at.Addr().Unmap(), at.Port())) {
		return nil
	}
	if !public(at.Addr()) || at.Port() != 80 && at.Port() != 443 {
		return errBlocked
	}
	return nil
}

// check refuses an address that is not even worth resolving.
func (c *Client) check(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Hostname() == "" || u.User != nil || u.Opaque != "" {
		return errURL
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		if at, err := netip.ParseAddrPort(u.Host); err != nil || !slices.Contains(c.allowed, at) {
			return errURL
		}
	}
	return nil
}

// Get fetches what is at an address. Errors are *Error, or ctx's.
func (c *Client) Get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxURL {
		return nil, errURL
	}
	if err := c.check(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errURL
	}
	req.Header.Set("User-Agent", "Haat")
	req.Header.Set("Accept", "image/jpeg,image/png,image/webp")
	res, err := c.http.Do(req)
	if err != nil {
		return nil, explain(ctx, err)
	}
	defer res.Body.Close() //nolint:errcheck // it was read only
	if err := status(res); err != nil {
		return nil, err
	}
	if res.ContentLength > MaxBytes {
		return nil, errLarge
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, MaxBytes+1))
	switch {
	case err != nil:
		return nil, explain(ctx, err)
	case len(data) > MaxBytes:
		return nil, errLarge
	}
	return data, nil
}

func status(res *http.Response) error {
	encoding := res.Header.Get("Content-Encoding")
	switch code := res.StatusCode; {
	case code == http.StatusOK && (encoding == "" || encoding == "identity"):
		return nil
	case code == http.StatusOK:
		return &Error{Code: "refused", Message: "The server sends it in a form that was not asked for."}
	case code == http.StatusNotFound || code == http.StatusGone:
		return &Error{Code: "not_found", Message: "There is nothing at the address."}
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		return &Error{Code: "refused", Message: fmt.Sprintf("The server answered %d.", code), Again: true}
	default:
		return &Error{Code: "refused", Message: fmt.Sprintf("The server answered %d.", code)}
	}
}

// explain says what kept a fetch from its end.
func explain(ctx context.Context, err error) error {
	var ours *Error
	if errors.As(err, &ours) {
		return ours
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var name *net.DNSError
	if errors.As(err, &name) && name.IsNotFound {
		return &Error{Code: "not_found", Message: "There is no server of this name.", cause: err}
	}
	return &Error{Code: "not_reached", Message: "The server could not be reached, or did not answer in time.", Again: true, cause: err}
}
