package web

import (
	"bufio"
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// exchange is one request and its answer. It is the request's context, so that
// everything about the request is found in one place, and it is never reused:
// a handler may have left the context with a goroutine.
type exchange struct {
	context.Context

	api     *API
	request *http.Request // as it came
	id      string
	start   time.Time
	caller  Caller
	reply   reply
	body    bodyReader
	route   string // pattern of the route that answers; empty when there is none
	quiet   bool   // health checks: neither logged nor measured
	refused bool   // a page has shown why
}

type exchangeKey struct{}

// Value finds the exchange and its caller; the rest is the parent's.
func (x *exchange) Value(key any) any {
	switch key.(type) {
	case exchangeKey:
		return x
	case callerKey:
		return &x.caller
	default:
		return x.Context.Value(key)
	}
}

func exchangeFrom(ctx context.Context) *exchange {
	if x, ok := ctx.(*exchange); ok {
		return x
	}
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// RequestID returns the id under which the request stands in the log and in
// problems; "" outside a request.
func RequestID(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.id
	}
	return ""
}

// newRequestID returns "req_" and 80 bits in lower-case base32.
func newRequestID() string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567"
	id := [20]byte{'r', 'e', 'q', '_'}
	hi, lo := rand.Uint64(), rand.Uint64()
	for i := 4; i < 12; i++ {
		id[i] = digits[hi&31]
		hi >>= 5
	}
	for i := 12; i < 20; i++ {
		id[i] = digits[lo&31]
		lo >>= 5
	}
	return string(id[:])
}

// bodyReader is the request's body after it was read, checked and normalised.
type bodyReader struct{ bytes.Reader }

// Close has nothing to give back: the server owns the real body.
func (*bodyReader) Close() error { return nil }

// reply holds the status back until the first byte of the body, so that a
// failure while the answer is written can still become a problem, and swallows
// the plain text with which ServeMux answers 404 and 405.
type reply struct {
	http.ResponseWriter

	status  int
	matched bool // a route answers
	sent    bool // the header has left
	swallow bool
}

// WriteHeader notes the status. Informational ones leave at once.
func (w *reply) WriteHeader(status int) {
	switch {
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		w.ResponseWriter.WriteHeader(status)
	case w.sent || w.status == statusClientGone:
	case !w.matched && (status == http.StatusNotFound || status == http.StatusMethodNotAllowed):
		w.status, w.swallow = status, true
	default:
		w.status = status
	}
}

func (w *reply) send() {
	if w.sent {
		return
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.sent = true
	w.ResponseWriter.WriteHeader(w.status)
}

// Write sends the header, if it has not left, and the bytes.
func (w *reply) Write(b []byte) (int, error) {
	if w.swallow {
		return len(b), nil
	}
	w.send()
	return w.ResponseWriter.Write(b)
}

// FlushError sends what there is.
func (w *reply) FlushError() error {
	w.send()
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for those who only know http.Flusher.
func (w *reply) Flush() {
	// The interface has no place for the error; the next Write reports it too.
	_ = w.FlushError()
}

// Hijack gives the connection away, and with it the answer.
func (w *reply) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.sent = true
	}
	return conn, rw, err
}

// Unwrap lets http.ResponseController reach the connection's deadlines.
func (w *reply) Unwrap() http.ResponseWriter { return w.ResponseWriter }
