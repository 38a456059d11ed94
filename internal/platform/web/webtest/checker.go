package webtest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// documentURL is where the document stands for references inside it.
const documentURL = "https://document.invalid/openapi.json"

const problemType = "application/problem+json"

// Checker compares answers with one OpenAPI document. It may be used from many
// goroutines at once.
type Checker struct {
	// StrictCodes also refuses a problem whose code the operation does not
	// list. Set it before the first Check.
	StrictCodes bool

	paths []path

	mu       sync.Mutex // the compiler is not safe for concurrent use
	compiler *jsonschema.Compiler
	schemas  sync.Map // location → *jsonschema.Schema
	problem  string   // location of the problem's schema
}

// path is one template of the document.
type path struct {
	template string
	segments []string // "{id}" is any one segment
	methods  map[string]any
}

// NewChecker reads a document: the body of /openapi.json.
func NewChecker(document []byte) (*Checker, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, fmt.Errorf("openapi document: %w", err)
	}
	root, _ := value.(map[string]any)
	if version, _ := root["openapi"].(string); !strings.HasPrefix(version, "3.1") {
		return nil, fmt.Errorf("openapi document: version %q is not 3.1", version)
	}
	c := &Checker{compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentURL, value); err != nil {
		return nil, fmt.Errorf("openapi document: %w", err)
	}
	if _, ok := at(root, "components", "schemas", "Problem").(map[string]any); ok {
		c.problem = pointer("components", "schemas", "Problem")
	}
	paths, _ := root["paths"].(map[string]any)
	for template, item := range paths {
		methods, _ := item.(map[string]any)
		c.paths = append(c.paths, path{template, strings.Split(template, "/"), methods})
	}
	// The most literal template wins, as in the mux: /orders/count before /orders/{id}.
	slices.SortFunc(c.paths, func(a, b path) int {
		return strings.Compare(literal(a.segments), literal(b.segments))
	})
	return c, nil
}

// literal sorts literal segments before variable ones, from left to right.
func literal(segments []string) string {
	var b strings.Builder
	for _, s := range segments {
		if variable(s) {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
	return b.String()
}

func variable(segment string) bool { return strings.HasPrefix(segment, "{") }

func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D")

func pointer(keys ...string) string {
	var b strings.Builder
	b.WriteString("#")
	for _, key := range keys {
		b.WriteString("/" + escaper.Replace(key))
	}
	return b.String()
}

// Check compares one answer with the document. The path may carry a query.
func (c *Checker) Check(method, target string, status int, header http.Header, body []byte) error {
	target, _, _ = strings.Cut(target, "?")
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s %s answered %d: %w", method, target, status, fmt.Errorf(format, args...))
	}
	if err := checkHeaders(status, header); err != nil {
		return fail("%w", err)
	}
	template, operation := c.find(method, target)
	if operation == nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			return fail("the operation is not documented")
		}
		if err := c.checkProblem(status, header, body); err != nil {
			return fail("%w", err)
		}
		return nil
	}
	key := strconv.Itoa(status)
	response, ok := at(operation, "responses", key).(map[string]any)
	if !ok {
		return fail("the status is not documented")
	}
	if c.StrictCodes {
		if err := checkCode(response, body); err != nil {
			return fail("%w", err)
		}
	}
	content, _ := response["content"].(map[string]any)
	if len(content) == 0 || method == http.MethodHead {
		if len(body) > 0 {
			return fail("no body is documented, %d bytes came", len(body))
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fail("Content-Type %q: %w", header.Get("Content-Type"), err)
	}
	if _, ok := content[media]; !ok {
		return fail("the content type %s is not documented", media)
	}
	if media != "application/json" && !strings.HasSuffix(media, "+json") {
		return nil
	}
	if media == problemType {
		if err := checkStatusMember(status, body); err != nil {
			return fail("%w", err)
		}
	}
	location := pointer("paths", template, strings.ToLower(operationMethod(method)), "responses", key, "content", media, "schema")
	if err := c.validate(location, body); err != nil {
		return fail("%w", err)
	}
	return nil
}

// operationMethod is the method under which an answer is documented: the mux
// answers HEAD with what GET has.
func operationMethod(method string) string {
	if method == http.MethodHead {
		return http.MethodGet
	}
	return method
}

// find returns the template and the operation that answer a path.
func (c *Checker) find(method, target string) (template string, operation map[string]any) {
	segments := strings.Split(target, "/")
	for _, p := range c.paths {
		if !matches(p.segments, segments) {
			continue
		}
		if operation, ok := p.methods[strings.ToLower(operationMethod(method))].(map[string]any); ok {
			return p.template, operation
		}
	}
	return "", nil
}

func matches(template, segments []string) bool {
	for i, t := range template {
		if strings.HasSuffix(t, "...}") {
			return i < len(segments)
		}
		if i >= len(segments) || t != segments[i] && !(variable(t) && segments[i] != "") {
			return false
		}
	}
	return len(template) == len(segments)
}

// checkProblem checks a refusal that belongs to no operation.
func (c *Checker) checkProblem(status int, header http.Header, body []byte) error {
	if media := header.Get("Content-Type"); media != problemType {
		return fmt.Errorf("the content type %q is not a problem's", media)
	}
	if err := checkStatusMember(status, body); err != nil {
		return err
	}
	if c.problem == "" {
		return nil
	}
	return c.validate(c.problem, body)
}

// validate checks a body against the schema at a location of the document.
func (c *Checker) validate(location string, body []byte) error {
	schema, err := c.schema(location)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("the body does not fit: %w", err)
	}
	return nil
}

func (c *Checker) schema(location string) (*jsonschema.Schema, error) {
	if schema, ok := c.schemas.Load(location); ok {
		return schema.(*jsonschema.Schema), nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.compiler.Compile(documentURL + location)
	if err != nil {
		return nil, fmt.Errorf("schema %s: %w", location, err)
	}
	c.schemas.Store(location, schema)
	return schema, nil
}

// checkHeaders checks what HTTP asks of some statuses.
func checkHeaders(status int, header http.Header) error {
	var needed string
	switch status {
	case http.StatusUnauthorized:
		needed = "Www-Authenticate"
	case http.StatusMethodNotAllowed:
		needed = "Allow"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		needed = "Retry-After"
	}
	if needed != "" && header.Get(needed) == "" {
		return errors.New("the header " + needed + " is missing")
	}
	return nil
}

// problemMembers are what a problem says about itself.
func problemMembers(body []byte) (status, code string, err error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return "", "", fmt.Errorf("the body is not JSON: %w", err)
	}
	code, _ = at(value, "code").(string)
	return fmt.Sprint(at(value, "status")), code, nil
}

// checkStatusMember checks that a problem names the status it came with.
func checkStatusMember(status int, body []byte) error {
	said, _, err := problemMembers(body)
	if err == nil && said != strconv.Itoa(status) {
		err = fmt.Errorf("the problem says status %s", said)
	}
	return err
}

// checkCode checks that a problem's code is listed under its status.
func checkCode(response map[string]any, body []byte) error {
	list, ok := response["x-codes"].([]any)
	if !ok {
		return nil
	}
	_, code, err := problemMembers(body)
	if err == nil && !slices.Contains(list, any(code)) {
		err = fmt.Errorf("the code %q is not among the documented ones: %v", code, list)
	}
	return err
}
