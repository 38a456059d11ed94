package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Handle mounts a handler that is not an operation: pages and files. It gets
// the request's id, address and deadline, the limit of its address and the
// log, but no authentication: pages have their own.
func (a *API) Handle(pattern string, handler http.Handler) {
	a.HandleUpload(pattern, a.cfg.MaxBody, handler)
}

// HandleUpload is Handle for what takes a large body: it has as much longer to
// arrive as a slow line needs for so many bytes. The handler holds it to them.
func (a *API) HandleUpload(pattern string, maxBody int64, handler http.Handler) {
	a.mux.Handle(pattern, &page{api: a, route: routeOf(pattern), handler: handler, limited: true, slow: a.slowness(maxBody)})
}

// HandleStream is Handle for what goes on as long as its reader reads: files that are written while they are sent.
func (a *API) HandleStream(pattern string, handler http.Handler) {
	a.mux.Handle(pattern, &page{api: a, route: routeOf(pattern), handler: handler, limited: true, stream: true})
}

// slowness is how much longer than others a body may take to arrive, by its bound.
func (a *API) slowness(maxBody int64) time.Duration {
	return time.Duration(max(maxBody-a.cfg.MaxBody, 0)/slowestLine) * time.Second
}

// page is a handler that is not an operation.
type page struct {
	api     *API
	route   string
	handler http.Handler
	limited bool
	slow    time.Duration // how much longer than others its body may take
	stream  bool          // it has no end that is known
}

// ServeHTTP runs the handler within the bounds of all requests.
func (p *page) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	x := exchangeFrom(r.Context())
	x.reply.matched, x.route = true, p.route
	if p.stream {
		if err := http.NewResponseController(x.reply.ResponseWriter).SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			x.note("write deadline not lifted", err)
		}
	} else {
		ctx, cancel := context.WithTimeout(x.Context, p.api.cfg.Timeout+p.slow)
		defer cancel()
		x.Context = ctx
	}
	if limit := p.api.limiter.limits.Address; p.limited {
		if wait := p.api.limiter.take(limit, limitKey{addr: limitAddr(x.caller.Addr)}, x.start); wait > 0 {
			x.refuse(limit.refuse(x.reply.Header(), wait))
			return
		}
	}
	if r.ContentLength != 0 {
		p.hurry(x, r)
	}
	p.handler.ServeHTTP(&x.reply, r)
}

// hurry gives the request's body its time to arrive.
func (p *page) hurry(x *exchange, r *http.Request) {
	control := http.NewResponseController(x.reply.ResponseWriter)
	// Not every writer has a deadline (a test's recorder has none); the
	// request's own deadline still holds.
	if control.SetReadDeadline(time.Now().Add(p.api.cfg.BodyTimeout+p.slow)) != nil {
		return
	}
	if p.slow > 0 {
		// The server's own bound for answering counts from the head of the request on.
		if err := control.SetWriteDeadline(time.Now().Add(p.api.cfg.Timeout + p.slow + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			x.note("write deadline not moved", err)
		}
	}
	r.Body = &timedBody{ReadCloser: r.Body, arrived: func() {
		// Else the deadline would end the request while the handler works.
		if err := control.SetReadDeadline(time.Time{}); err != nil {
			x.note("read deadline not lifted", err)
		}
	}}
}

// timedBody is a body that has to be here by a deadline, which ends with it.
type timedBody struct {
	io.ReadCloser
	arrived func()
}

func (b *timedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.arrived()
	default:
		err = bodyFault(err)
	}
	return n, err
}
