package web

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/fault"
)

const (
	timeoutRetry     = time.Second
	statusClientGone = 499 // in logs and metrics only: nobody is there to read it
)

// API is the market's HTTP side: one handler for operations, pages and
// everything around them.
type API struct {
	cfg        Config
	mux        *http.ServeMux
	huma       huma.API
	limiter    *limiter
	twins      *twins
	metrics    *metrics
	cors       map[string]bool
	refusal    Refusal
	ids        map[string]bool
	operations []Op
	schemas    *inputs // nil in an API that only documents

	// What only the document says is not kept: it is most of what there is to say about an operation, and few ask.
	again        []func(doc *API)          // registers each operation once more, with an API that only documents
	described    map[string]*huma.Response // in such an API: refusals, by their text
	documentOnce sync.Once
	documented   bool
	document     asset
}

// New returns an API that answers /openapi.json, /docs, /healthz and /readyz,
// and a problem for everything else until operations are registered.
func New(cfg Config) *API {
	a := &API{cfg: cfg.withDefaults(), mux: http.NewServeMux(), twins: newTwins(), ids: map[string]bool{}, cors: map[string]bool{}}
	a.limiter = newLimiter(a.cfg.Limits)
	a.metrics = newMetrics(a.cfg.Metrics)
	for _, origin := range a.cfg.AllowedOrigins {
		a.cors[origin] = true
	}
	a.schemas = &inputs{Registry: newRegistry()}
	a.huma = a.newHuma(a.schemas)
	a.mountHealth()
	a.mountDocs()
	return a
}

// documenting is an API that serves nothing and takes the same operations, to say everything about them.
func (a *API) documenting() *API {
	doc := &API{cfg: a.cfg, mux: http.NewServeMux(), ids: map[string]bool{}, described: map[string]*huma.Response{}}
	doc.huma = doc.newHuma(newRegistry())
	for _, register := range a.again {
		register(doc)
	}
	return doc
}

func (a *API) newHuma(schemas huma.Registry) huma.API {
	format := huma.Format{Marshal: marshalJSON, Unmarshal: decodeJSON}
	return huma.NewAPI(huma.Config{
		OpenAPI:       a.openAPI(schemas),
		Formats:       map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat: "application/json",
	}, adapter{a})
}

var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'"}
)

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Context: r.Context(), api: a, id: newRequestID(), start: a.cfg.Now()}
	x.caller.Addr = clientAddr(r, a.cfg.TrustedProxies)
	x.reply.ResponseWriter = w
	header := w.Header()
	header["X-Request-Id"] = []string{x.id}
	header["X-Content-Type-Options"] = noSniff
	header["Referrer-Policy"] = noReferrer
	header["Content-Security-Policy"] = noContent
	r = r.WithContext(x)
	x.request = r
	defer a.observe(x, r.Method, time.Now())
	defer func() { a.finish(x, recover()) }()
	if len(a.cors) > 0 && a.crossOrigin(x, r) {
		return
	}
	if err := checkPath(r.URL); err != nil {
		x.reply.matched = true
		x.refuse(err)
		return
	}
	a.mux.ServeHTTP(&x.reply, r)
}

// finish completes the answer, whatever happened. A panic becomes a problem if
// nothing was sent yet; otherwise the connection is broken off, so that half
// an answer is not taken for a whole one.
func (a *API) finish(x *exchange, panicked any) {
	if panicked == http.ErrAbortHandler { //nolint:errorlint // the value that net/http compares with
		panic(panicked)
	}
	if panicked != nil {
		err, ok := panicked.(error)
		if !ok {
			err = fmt.Errorf("%v", panicked)
		}
		x.log(slog.LevelError, "request panicked", ErrInternal.Code, fmt.Errorf("%w\n%s", err, debug.Stack()))
		if x.reply.sent {
			x.reply.status = http.StatusInternalServerError
			panic(http.ErrAbortHandler)
		}
		x.reply.matched, x.reply.swallow = true, false
		header := x.reply.Header()
		header.Del("Content-Encoding")
		header.Del("Etag")
		header.Del("Cache-Control")
		x.write(newProblem(x, ErrInternal))
		return
	}
	if !x.reply.swallow {
		x.reply.send()
		return
	}
	f := ErrNotFound
	if x.reply.status == http.StatusMethodNotAllowed {
		f = ErrMethodNotAllowed
	}
	x.reply.matched, x.reply.swallow = true, false
	x.refuse(f)
}

// marshalJSON writes a result. It is encoded first: a result that cannot be
// encoded must become a problem, not half an answer.
func marshalJSON(w io.Writer, v any) error {
	buf := getBuffer()
	defer giveBack(buf)
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Errorf("encoding %T: %w", v, err))
	}
	if reply, ok := w.(*reply); ok {
		reply.Header()["Content-Length"] = []string{strconv.Itoa(buf.Len())}
	}
	_, err := w.Write(buf.Bytes())
	return err
}

// Fault answers a page's request with a problem: for handlers that are not
// operations.
func Fault(w http.ResponseWriter, r *http.Request, err error) {
	x := exchangeFrom(r.Context())
	if x == nil {
		f, ok := fault.As(err)
		if !ok {
			f = ErrInternal
		}
		http.Error(w, f.Message, StatusOf(f))
		return
	}
	x.refuse(err)
}
