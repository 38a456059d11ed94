package web

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/fault"
)

// NoTimeout is the Timeout of an operation that streams.
const NoTimeout time.Duration = -1

// Op declares an operation.
type Op struct {
	Method      string
	Path        string // of the mux: /v1/orders/{id}/ship
	ID          string // room.verb, unique: order.ship
	Summary     string // one line
	Description string // Markdown
	Room        string
	Access      Access

	Idempotent bool           // honours Idempotency-Key
	Errors     []*fault.Error // what the service may refuse with
	Limit      Limit          // beside the general ones: login, signup

	Status   int           // of success; default 200, or 204 without a body
	Statuses []int         // further successes that the output's Status may name
	Consumes []string      // content types of a RawBody; default any
	Produces []string      // content types of a body that is not JSON
	MaxBody  int64         // bytes; default Config.MaxBody
	Timeout  time.Duration // default Config.Timeout; NoTimeout for streams

	OpenQuery bool // takes parameters that are not declared: answers of payment providers
	Hidden    bool // not in the OpenAPI document
}

var (
	idPattern   = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$`)
	pathPattern = regexp.MustCompile(`^(/([A-Za-z0-9_.-]+|\{[a-z][a-z0-9_]*(\.\.\.)?\}))+$`)
	methods     = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
)

// check refuses an operation that is not declared completely.
func (op Op) check() error {
	switch {
	case !op.Access.valid():
		return fmt.Errorf("access %q is not declared", op.Access)
	case !idPattern.MatchString(op.ID):
		return fmt.Errorf("id %q is not room.verb", op.ID)
	case !slices.Contains(methods, op.Method):
		return fmt.Errorf("method %q is not one of %v", op.Method, methods)
	case !pathPattern.MatchString(op.Path):
		return fmt.Errorf("path %q", op.Path)
	case op.Room == "" || op.Summary == "":
		return fmt.Errorf("room and summary are needed")
	case op.Idempotent && op.Method == http.MethodGet:
		return fmt.Errorf("a GET needs no key")
	case op.Limit.Burst != 0 && (op.Limit.Name == "" || op.Limit.off()):
		return fmt.Errorf("limit %+v needs a name, a number and a time", op.Limit)
	}
	return nil
}

// Register mounts an operation. A declaration that is incomplete or clashes
// with another one is a mistake of the program, so it panics: the server does
// not start.
func Register[I, O any](api *API, op Op, handler func(context.Context, *I) (*O, error)) {
	api.register(op, reflect.TypeFor[I](), reflect.TypeFor[O](), func(api *API, hop huma.Operation) {
		huma.Register(api.huma, hop, func(ctx context.Context, in *I) (*O, error) {
			out, err := handler(ctx, in)
			if err != nil {
				// huma unwraps errors with an allocation each; a Problem it takes as it is.
				return nil, api.problem(exchangeFrom(ctx), err)
			}
			return out, nil
		})
	})
}

// register is what of Register need not be compiled anew for each operation.
func (a *API) register(op Op, in, out reflect.Type, mount func(*API, huma.Operation)) {
	if err := op.check(); err != nil {
		panic(fmt.Sprintf("web: operation %s %s %s: %v", op.ID, op.Method, op.Path, err))
	}
	if a.documented {
		panic("web: operation " + op.ID + " is registered after the document was made")
	}
	if a.ids[op.ID] {
		panic("web: operation " + op.ID + " is registered twice")
	}
	a.ids[op.ID] = true
	e := &endpoint{api: a, op: op, kind: kindOf(in, op), maxBody: op.MaxBody}
	if e.maxBody == 0 {
		e.maxBody = a.cfg.MaxBody
	}
	e.anyContent = e.kind == rawBody && len(op.Consumes) == 0
	if e.kind == formBody && op.Idempotent {
		panic("web: operation " + op.ID + ": a form has no fingerprint, so it takes no key")
	}
	if isBytes(bodyOf(out)) && len(op.Produces) == 0 {
		panic("web: operation " + op.ID + ": a body of bytes needs Produces")
	}
	hop := e.served()
	if a.schemas == nil {
		e.describe(&hop, out)
	} else {
		// Only an object of its own: a plain value's type is that of parameters too, which are checked by it.
		if body := bodyOf(out); body != nil && body.Kind() == reflect.Struct && body != bodyOf(in) {
			a.schemas.output = body
			defer func() { a.schemas.output = nil }()
		}
		a.again = append(a.again, func(doc *API) { doc.register(op, in, out, mount) })
	}
	mount(a, hop)
	a.operations = append(a.operations, op)
}

// bodyOf is the type of an input's or output's body; nil where it has none.
func bodyOf(t reflect.Type) reflect.Type {
	if t.Kind() != reflect.Struct { // huma refuses it
		return nil
	}
	if f, ok := t.FieldByName("Body"); ok {
		return f.Type
	}
	return nil
}

func isBytes(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// checkEmbedded refuses an input that embeds an unexported type: its parameters would stay empty without a word.
func checkEmbedded(in reflect.Type, op Op) {
	for i := range in.NumField() {
		f := in.Field(i)
		if !f.Anonymous || f.Type.Kind() != reflect.Struct {
			continue
		}
		if !f.IsExported() {
			panic("web: operation " + op.ID + " embeds " + f.Name + ", which is not exported")
		}
		checkEmbedded(f.Type, op)
	}
}

// kindOf says how an input takes its body.
func kindOf(in reflect.Type, op Op) bodyKind {
	checkEmbedded(in, op)
	_, hasBody := in.FieldByName("Body")
	raw, hasRaw := in.FieldByName("RawBody")
	switch {
	case hasBody && hasRaw:
		// The bytes would be the normalised ones, which no signature is about.
		panic("web: operation " + op.ID + " takes Body or RawBody, not both")
	case hasBody:
		return jsonBody
	case hasRaw && raw.Type == reflect.TypeFor[[]byte]():
		return rawBody
	case hasRaw:
		return formBody
	default:
		return noBody
	}
}

// Operations returns what was registered, in order, for tests that walk
// everything.
func (a *API) Operations() []Op { return slices.Clone(a.operations) }

// adapter mounts huma's operations on the mux, behind our own steps.
type adapter struct{ api *API }

// Handle is called by huma once for each operation, when it is described
// completely.
func (a adapter) Handle(hop *huma.Operation, handler func(huma.Context)) {
	e, ok := hop.Metadata[endpointKey].(*endpoint)
	if !ok {
		panic("web: operations are registered with web.Register: " + hop.OperationID)
	}
	e.hop, e.handler = hop, handler
	if a.api.schemas != nil {
		hop.Responses = nil // as far as huma describes them by itself
	}
	e.route = hop.Path
	if hop.RequestBody != nil {
		if media := hop.RequestBody.Content["application/json"]; media != nil {
			e.schema = media.Schema
		}
	}
	if e.kind == jsonBody && e.schema == nil {
		panic("web: operation " + e.op.ID + ": Body is JSON; take RawBody for anything else")
	}
	for _, p := range hop.Parameters {
		switch p.In {
		case "query":
			e.query = append(e.query, queryParam{p.Name, p.Explode != nil && *p.Explode})
		case "header":
			if p.Name == keyHeader {
				continue // has rules of its own
			}
			e.headers = append(e.headers, http.CanonicalHeaderKey(p.Name))
		}
	}
	forbidUnique(a.api.huma.OpenAPI().Components.Schemas, e.schema, map[*huma.Schema]bool{}, e.op.ID)
	a.api.mux.Handle(strings.ToUpper(hop.Method)+" "+hop.Path, e)
}

// ServeHTTP completes huma's interface; requests come through the API.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.api.ServeHTTP(w, r) }

// forbidUnique refuses uniqueItems: the validator puts the items into a map as
// they came, and an object among them would panic.
func forbidUnique(registry huma.Registry, s *huma.Schema, seen map[*huma.Schema]bool, id string) {
	if s == nil || seen[s] {
		return
	}
	seen[s] = true
	if s.UniqueItems {
		panic("web: operation " + id + ": uniqueItems is checked in the service")
	}
	if s.Ref != "" {
		forbidUnique(registry, registry.SchemaFromRef(s.Ref), seen, id)
	}
	forbidUnique(registry, s.Items, seen, id)
	for _, p := range s.Properties {
		forbidUnique(registry, p, seen, id)
	}
	if p, ok := s.AdditionalProperties.(*huma.Schema); ok {
		forbidUnique(registry, p, seen, id)
	}
	for _, group := range [][]*huma.Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, p := range group {
			forbidUnique(registry, p, seen, id)
		}
	}
}
