package web

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/idem"
)

const bearerScheme = "bearer"

// inputs is the registry of an API that serves: it knows the schemas by which requests are checked, and none of those that
// only say what answers look like.
type inputs struct {
	huma.Registry
	output reflect.Type // of the operation that is being registered; nil: none, or one that is an input too
}

// Schema implements huma.Registry.
func (r *inputs) Schema(t reflect.Type, allowRef bool, hint string) *huma.Schema {
	if t == r.output {
		return &huma.Schema{}
	}
	return r.Registry.Schema(t, allowRef, hint)
}

func newRegistry() huma.Registry {
	return huma.NewMapRegistry("#/components/schemas/", newNamer())
}

func (a *API) openAPI(schemas huma.Registry) *huma.OpenAPI {
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info:    &huma.Info{Title: a.cfg.Title, Version: a.cfg.Version, Description: a.cfg.Description},
		Components: &huma.Components{
			Schemas: schemas,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				bearerScheme: {Type: "http", Scheme: "bearer", Description: "The access token that signing in answers with."},
			},
		},
	}
	if a.cfg.URL != "" {
		doc.Servers = []*huma.Server{{URL: strings.TrimRight(a.cfg.URL, "/")}}
	}
	return doc
}

// newNamer names schemas after the package and the type (order.Line is
// OrderLine), because rooms use each other's words. Two types that would still
// have one name get a number.
func newNamer() func(reflect.Type, string) string {
	names := map[reflect.Type]string{}
	taken := map[string]bool{}
	own := reflect.TypeFor[Problem]().PkgPath()
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if name, ok := names[t]; ok {
			return name
		}
		base := pascal(hint)
		if t.Name() != "" {
			base = typeName(t.Name())
			if t.PkgPath() != own && t.PkgPath() != "" {
				base = withPackage(t.PkgPath(), base)
			}
		}
		name := base
		for n := 2; taken[name]; n++ {
			name = base + strconv.Itoa(n)
		}
		if t.Kind() == reflect.Struct {
			names[t], taken[name] = name, true
		}
		return name
	}
}

func withPackage(path, name string) string {
	pkg := path[strings.LastIndexByte(path, '/')+1:]
	if strings.HasPrefix(strings.ToLower(name), strings.ToLower(pkg)) {
		return name
	}
	return pascal(pkg) + name
}

// typeName makes a name of a type's, whose arguments carry their whole path:
// Page[example.org/haat/order.View] is PageOrderView.
func typeName(name string) string {
	outer, args, generic := strings.Cut(name, "[")
	name = pascal(outer)
	if !generic {
		return name
	}
	for _, arg := range strings.FieldsFunc(args, func(r rune) bool { return strings.ContainsRune("[],* ", r) }) {
		if dot := strings.LastIndexByte(arg, '.'); dot >= 0 {
			name += withPackage(arg[:dot], pascal(arg[dot+1:]))
		} else {
			name += pascal(arg)
		}
	}
	return name
}

// pascal joins the words of s, each with a capital.
func pascal(s string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		r, n := utf8.DecodeRuneInString(word)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(word[n:])
	}
	return b.String()
}

// served is the operation as far as serving it needs.
func (e *endpoint) served() huma.Operation {
	op := e.op
	hop := huma.Operation{
		Method: op.Method, Path: op.Path, OperationID: op.ID, DefaultStatus: op.Status, Hidden: true,
		Metadata:         map[string]any{endpointKey: e},
		MaxBodyBytes:     -1, // bounded, timed and validated before huma sees it
		BodyReadTimeout:  -1,
		SkipValidateBody: e.kind != formBody,
	}
	if len(op.Consumes) > 0 {
		hop.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{}}
		for _, media := range op.Consumes {
			hop.RequestBody.Content[media] = binary()
		}
	}
	return hop
}

// describe adds what the document shows.
func (e *endpoint) describe(hop *huma.Operation, out reflect.Type) {
	op := e.op
	hop.Summary, hop.Description, hop.Tags, hop.Hidden = op.Summary, op.Description, []string{op.Room}, op.Hidden
	hop.Extensions = map[string]any{"x-access": string(op.Access)}
	hop.Responses = map[string]*huma.Response{}
	switch op.Access {
	case Signed:
	case Public:
		hop.Security = []map[string][]string{{}, {bearerScheme: {}}}
	default:
		hop.Security = []map[string][]string{{bearerScheme: {}}}
	}
	if op.Idempotent {
		hop.Extensions["x-idempotent"] = true
		shortest, longest := minKey, maxKey
		hop.Parameters = append(hop.Parameters, &huma.Param{
			Name: keyHeader, In: "header",
			Description: "Makes repeating this request harmless: the same key with the same request answers with what the first one made. Kept for 48 hours.",
			Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest},
		})
	}
	e.describeSuccess(hop, out)
	e.describeRefusals(hop)
}

func binary() *huma.MediaType {
	return &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
}

// describeSuccess declares what huma does not see in the output's type:
// contents that are not JSON, and statuses beside the usual one.
func (e *endpoint) describeSuccess(hop *huma.Operation, out reflect.Type) {
	status := e.op.Status
	body, hasBody := out.FieldByName("Body")
	if status == 0 {
		status = http.StatusOK
		if !hasBody {
			status = http.StatusNoContent
		}
	}
	content := map[string]*huma.MediaType{}
	for _, media := range e.op.Produces {
		content[media] = binary()
	}
	if len(content) > 0 {
		hop.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: content}
	}
	for _, other := range e.op.Statuses {
		response := &huma.Response{Description: http.StatusText(other), Content: maps.Clone(content)}
		if hasBody && len(content) == 0 && other != http.StatusNoContent {
			schema := huma.SchemaFromField(e.api.huma.OpenAPI().Components.Schemas, body, hintOf(out, e.op.ID))
			response.Content["application/json"] = &huma.MediaType{Schema: schema}
		}
		hop.Responses[strconv.Itoa(other)] = response
	}
	if e.op.Idempotent {
		e.describeReplay(hop, status)
	}
}

// hintOf names an output's body as huma does.
func hintOf(out reflect.Type, id string) string {
	if out.Name() != "" {
		return out.Name() + "Body"
	}
	return id + "Response"
}

func (e *endpoint) describeReplay(hop *huma.Operation, status int) {
	for _, s := range append([]int{status}, e.op.Statuses...) {
		key := strconv.Itoa(s)
		if hop.Responses[key] == nil {
			hop.Responses[key] = &huma.Response{Description: http.StatusText(s)}
		}
		if hop.Responses[key].Headers == nil {
			hop.Responses[key].Headers = map[string]*huma.Header{}
		}
		hop.Responses[key].Headers["Idempotency-Replayed"] = &huma.Header{
			Description: "There, and true, when this answer repeats an earlier one.",
			Schema:      &huma.Schema{Type: huma.TypeBoolean},
		}
	}
}

// usualFaults are what an operation refuses with before its service is asked.
func (e *endpoint) usualFaults() []*fault.Error {
	faults := []*fault.Error{ErrMalformedQuery, ErrInvalid, ErrInvalidText, ErrRateLimited, ErrInternal, ErrTimeout}
	for _, f := range e.api.cfg.Faults {
		if e.op.Access != Signed || f.Kind != fault.Unauthenticated {
			faults = append(faults, f)
		}
	}
	if e.op.Access != Signed {
		faults = append(faults, ErrUnauthenticated)
	}
	if e.op.Access.role() != "" {
		faults = append(faults, ErrForbidden)
	}
	if e.op.Access == Owner || strings.Contains(e.op.Path, "{") {
		faults = append(faults, ErrNotFound)
	}
	if e.kind != noBody {
		faults = append(faults, ErrBodyTooLarge, ErrBodyTimeout, ErrBodyIncomplete, ErrBodyRequired, ErrContentType)
	}
	switch e.kind {
	case jsonBody:
		faults = append(faults, ErrMalformedJSON)
	case formBody:
		faults = append(faults, ErrMalformedForm)
	}
	if e.op.Idempotent {
		faults = append(faults, ErrInvalidKey, idem.ErrInProgress, idem.ErrReused)
	}
	return faults
}

// describeRefusals lists every problem's code under its status.
func (e *endpoint) describeRefusals(hop *huma.Operation) {
	codes := map[int][]string{}
	messages := map[string]string{}
	for _, f := range append(e.usualFaults(), e.op.Errors...) {
		status := StatusOf(f)
		if !slices.Contains(codes[status], f.Code) {
			codes[status] = append(codes[status], f.Code)
			messages[f.Code] = f.Message
		}
	}
	schema := e.api.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, list := range codes {
		slices.Sort(list)
		hop.Responses[strconv.Itoa(status)] = e.api.refusals(status, list, messages, schema)
	}
}

// refusals describes the problems of one status. Hundreds of operations refuse alike, and share one description.
func (a *API) refusals(status int, codes []string, messages map[string]string, schema *huma.Schema) *huma.Response {
	var text strings.Builder
	text.WriteString(http.StatusText(status))
	for _, code := range codes {
		fmt.Fprintf(&text, "\n- `%s`: %s", code, messages[code])
	}
	if r, ok := a.described[text.String()]; ok {
		return r
	}
	r := &huma.Response{
		Description: text.String(),
		Content:     map[string]*huma.MediaType{problemType: {Schema: schema}},
		Extensions:  map[string]any{"x-codes": codes},
	}
	a.described[r.Description] = r
	return r
}
