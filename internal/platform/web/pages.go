package web

import (
	"context"
	"net/http"
	"strings"
)

// Refusal shows a problem to a person. It reports whether it has answered; else the problem is sent as it is.
type Refusal func(w http.ResponseWriter, r *http.Request, p *Problem) bool

// ShowRefusals has problems shown as pages where a browser asks for a page: its Accept names HTML, and the address is
// not an operation's.
func (a *API) ShowRefusals(show Refusal) { a.refusal = show }

// asksForPage says whether a person in front of a browser is going to read the answer.
func asksForPage(r *http.Request) bool {
	return r != nil && !strings.HasPrefix(r.URL.Path, "/v1/") && strings.Contains(r.Header.Get("Accept"), "text/html")
}

// shownAsPage lets the pages show a problem, at most once for each request.
func (x *exchange) shownAsPage(p *Problem) bool {
	show := x.api.refusal
	if show == nil || x.refused || !asksForPage(x.request) {
		return false
	}
	x.refused = true
	return show(&x.reply, x.request, p)
}

// SetCaller says who a page's request comes from: pages authenticate by themselves. The address stays the one that
// was found. Errors: ErrRateLimited, for an account that comes too often.
func SetCaller(ctx context.Context, c Caller) error {
	x := exchangeFrom(ctx)
	if x == nil {
		return nil
	}
	c.Addr = x.caller.Addr
	x.caller = c
	if !c.SignedIn() {
		return nil
	}
	limit := x.api.limiter.limits.Account
	if wait := x.api.limiter.take(limit, limitKey{account: c.AccountID}, x.start); wait > 0 {
		return limit.refuse(x.reply.Header(), wait)
	}
	return nil
}

// Allow takes one from a limit of the page's own, as an operation's Limit does. Errors: ErrRateLimited.
func Allow(ctx context.Context, declared Limit) error {
	x := exchangeFrom(ctx)
	if x == nil {
		return nil
	}
	key := limitKey{addr: limitAddr(x.caller.Addr)}
	if x.caller.SignedIn() {
		key = limitKey{account: x.caller.AccountID}
	}
	own := x.api.limiter.named(declared)
	if wait := x.api.limiter.take(own, key, x.start); wait > 0 {
		return own.refuse(x.reply.Header(), wait)
	}
	return nil
}

// Admits refuses a caller whom the access does not admit: for pages, which look for themselves.
func (a Access) Admits(c Caller) error { return a.check(&c) }
