package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
)

const endpointKey = "haat.endpoint"

// endpoint is an operation as it is served.
type endpoint struct {
	api *API
	op  Op

	hop     *huma.Operation
	handler func(huma.Context)
	route   string

	kind       bodyKind
	anyContent bool
	maxBody    int64
	schema     *huma.Schema // of a JSON body
	query      []queryParam
	headers    []string
}

// ServeHTTP runs the steps in the order of their cost: what refuses cheaply
// comes first, and nothing reads a body before the caller is known and within
// his rates.
func (e *endpoint) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	x := exchangeFrom(r.Context())
	x.reply.matched, x.route = true, e.route
	x.reply.Header()["Cache-Control"] = noStore
	if timeout := e.timeout(); timeout > 0 {
		ctx, cancel := context.WithTimeout(x.Context, timeout+e.slowness())
		defer cancel()
		x.Context = ctx
		if slow := e.slowness(); slow > 0 {
			// The server's own bound for answering counts from the head of the request on. Not every writer has one.
			if err := http.NewResponseController(x.reply.ResponseWriter).SetWriteDeadline(time.Now().Add(timeout + slow + writeTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
				x.note("write deadline not moved", err)
			}
		}
	} else if err := http.NewResponseController(x.reply.ResponseWriter).SetWriteDeadline(time.Time{}); err != nil {
		x.note("write deadline not lifted", err)
	}
	if err := e.serve(x, r); err != nil {
		x.refuse(err)
	}
}

// noStore is for answers that are about one caller; an operation's output may
// say otherwise.
var noStore = []string{"no-store"}

func (e *endpoint) serve(x *exchange, r *http.Request) error {
	if err := e.checkQuery(r.URL); err != nil {
		return err
	}
	if err := e.checkHeaders(r.Header); err != nil {
		return err
	}
	if err := e.admit(x, r); err != nil {
		return err
	}
	buf, body, err := e.acceptBody(x, r)
	if err != nil {
		return err
	}
	defer giveBack(buf)
	if r.MultipartForm != nil {
		defer e.removeForm(x, r)
	}
	if e.op.Idempotent {
		key, ok, err := e.keyOf(x, r, body)
		if err != nil {
			return err
		}
		if ok {
			twin := twinKey{key.Scope, key.Operation, key.Value}
			if err := e.api.twins.enter(x, twin, e.api.cfg.TwinWait); err != nil {
				return err
			}
			defer e.api.twins.leave(twin)
			x.Context = idem.WithKey(x.Context, key)
		}
	}
	e.handler(humago.NewContext(e.hop, r, &x.reply))
	return nil
}

// slowestLine is how fast a body has to arrive, in bytes a second: an EDGE network on a bad day.
const slowestLine = 16 << 10

// slowness is how much longer than others the operation's body may take to arrive, by its bound.
func (e *endpoint) slowness() time.Duration {
	if e.kind == noBody {
		return 0
	}
	return e.api.slowness(e.maxBody)
}

func (e *endpoint) timeout() time.Duration {
	if e.op.Timeout != 0 {
		return e.op.Timeout
	}
	return e.api.cfg.Timeout
}

// admit finds out who calls, whether he may, and whether he comes too often.
func (e *endpoint) admit(x *exchange, r *http.Request) error {
	limits, now := e.api.limiter, x.start
	addr := limitAddr(x.caller.Addr)
	if lines := r.Header["Authorization"]; len(lines) > 0 && e.op.Access != Signed {
		bad := limits.limits.BadToken
		if wait := limits.empty(bad, limitKey{addr: addr}, now); wait > 0 {
			return bad.refuse(x.reply.Header(), wait)
		}
		if err := e.authenticate(x, lines); err != nil {
			if f, ok := fault.As(err); ok && f.Kind == fault.Unauthenticated {
				limits.take(bad, limitKey{addr: addr}, now)
			}
			return err
		}
	}
	key := limitKey{addr: addr}
	if x.caller.SignedIn() {
		key = limitKey{account: x.caller.AccountID}
		if wait := limits.take(limits.limits.Account, key, now); wait > 0 {
			return limits.limits.Account.refuse(x.reply.Header(), wait)
		}
	} else {
		if guest := limits.guestKey(r.Header.Get(e.api.cfg.GuestHeader)); guest != 0 {
			if wait := limits.take(limits.limits.Guest, limitKey{guest: guest}, now); wait > 0 {
				return limits.limits.Guest.refuse(x.reply.Header(), wait)
			}
		}
		if wait := limits.take(limits.limits.Address, key, now); wait > 0 {
			return limits.limits.Address.refuse(x.reply.Header(), wait)
		}
	}
	if err := e.op.Access.check(&x.caller); err != nil {
		return err
	}
	if e.op.Limit.Name != "" {
		own := limits.named(e.op.Limit)
		if wait := limits.take(own, key, now); wait > 0 {
			return own.refuse(x.reply.Header(), wait)
		}
	}
	return nil
}

// authenticate reads the bearer token. A token that is refused is refused on
// public operations too, so that a client notices.
func (e *endpoint) authenticate(x *exchange, lines []string) error {
	token, ok := bearer(lines)
	if !ok || e.api.cfg.Authenticator == nil {
		return ErrUnauthenticated.Sayf("The Authorization header is not a bearer token.")
	}
	caller, err := e.api.cfg.Authenticator.Authenticate(x, token)
	if err != nil {
		return err
	}
	caller.Addr = x.caller.Addr
	x.caller = caller
	return nil
}

const maxToken = 4096

func bearer(lines []string) (string, bool) {
	if len(lines) != 1 {
		return "", false
	}
	scheme, token, ok := strings.Cut(lines[0], " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return "", false
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return "", false
		}
	}
	return token, true
}
