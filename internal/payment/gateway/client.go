package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what is read of a provider's answer.
const maxAnswer = 1 << 20

// NewClient is an HTTP client for a provider whose address the operator configured: no redirects, bounded in time.
func NewClient() *http.Client {
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 12 * time.Second, IdleConnTimeout: time.Minute, MaxIdleConnsPerHost: 8,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Answer is what a provider said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// OK says whether the provider did what it was asked.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status < 300 }

// Into decodes the body. Numbers stay as they were written.
func (a Answer) Into(v any) error {
	d := json.NewDecoder(bytes.NewReader(a.Body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("gateway: answer %d is not as documented: %w", a.Status, err)
	}
	return nil
}

// Send sends a request and reads the answer. A provider that cannot be reached or that says it does not work (429, 502,
// 503) is a DownError; one that may have done what it was asked (time ran out, 500, 504) is another error. The texts of
// errors carry no header, query or body: secrets and people are in them.
func Send(ctx context.Context, c *http.Client, method, url string, header http.Header, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, errors.New("gateway: the provider's address is not one")
	}
	for name, v := range header {
		req.Header[name] = v
	}
	req.Header.Set("User-Agent", "haat")
	res, err := c.Do(req)
	if err != nil {
		return Answer{}, unreachable(req.URL.Host, err)
	}
	defer func() { _ = res.Body.Close() }() // all that counts was read
	a := Answer{Status: res.StatusCode, Header: res.Header}
	if a.Body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer)); err != nil {
		return Answer{}, fmt.Errorf("gateway: the answer of %s broke off: %w", req.URL.Host, err)
	}
	switch a.Status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable:
		return a, &DownError{After: RetryAfter(res.Header), Cause: fmt.Errorf("%s answered %d", req.URL.Host, a.Status)}
	}
	if a.Status >= 500 {
		return a, fmt.Errorf("gateway: %s answered %d", req.URL.Host, a.Status)
	}
	return a, nil
}

// unreachable tells a provider that was never reached from one that may have heard.
func unreachable(host string, err error) error {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return &DownError{Cause: fmt.Errorf("%s cannot be reached", host)}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("gateway: %s did not answer in time: %w", host, context.DeadlineExceeded)
	}
	return fmt.Errorf("gateway: %s did not answer", host)
}

// RetryAfter reads the header in which providers say when to ask again, in seconds or as a date.
func RetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 32); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, time.Hour)
	}
	if t, err := http.ParseTime(v); err == nil {
		if sent, err := http.ParseTime(h.Get("Date")); err == nil && t.After(sent) {
			return min(t.Sub(sent), time.Hour)
		}
	}
	return 0
}
