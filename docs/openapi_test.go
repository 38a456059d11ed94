package docs_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
)

type (
	astKeyValue = ast.KeyValueExpr
	astLiteral  = ast.CompositeLit
)

// document is what the tables need of the OpenAPI document.
type document struct {
	Paths      map[string]map[string]operation
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	ID         string   `json:"operationId"`
	Summary    string   `json:"summary"`
	Tags       []string `json:"tags"`
	Access     string   `json:"x-access"`
	Idempotent bool     `json:"x-idempotent"`
	Body       content  `json:"requestBody"`
	Responses  map[string]struct {
		Description string   `json:"description"`
		Codes       []string `json:"x-codes"`
	} `json:"responses"`
	method, path string
}

type content struct {
	Content map[string]struct{ Schema schema } `json:"content"`
}

// fields are what a JSON body is made of.
func (d document) fields(c content) map[string]schema {
	s := c.Content["application/json"].Schema
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = d.Components.Schemas[name]
	}
	return s.Properties
}

type schema struct {
	Ref        string            `json:"$ref"`
	Properties map[string]schema `json:"properties"`
	Minimum    *json.Number      `json:"minimum"`
	Maximum    *json.Number      `json:"maximum"`
	MaxLength  *int              `json:"maxLength"`
}

// bounds says in words what the schema allows.
func (s schema) bounds() string {
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		return fmt.Sprintf("%s to %s", *s.Minimum, *s.Maximum)
	case s.MaxLength != nil:
		return fmt.Sprintf("at most %d characters", *s.MaxLength)
	}
	return ""
}

func readDocument(t *testing.T, m *apptest.Market) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(m.API.Document(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// list gives all operations, room after room.
func (d document) list(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for path, methods := range d.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			if len(op.Tags) == 0 || op.Access == "" {
				t.Errorf("%s %s has no room or no access", op.method, path)
				continue
			}
			all = append(all, op)
		}
	}
	if len(all) < 50 {
		t.Fatalf("the document has only %d operations", len(all))
	}
	slices.SortFunc(all, func(a, b operation) int {
		return cmp.Or(cmp.Compare(a.Tags[0], b.Tags[0]), cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return all
}

func operations(t *testing.T, d document) string {
	var b strings.Builder
	var lines [][]string
	all := d.list(t)
	for i, op := range all {
		call := mono(op.method + " " + op.path)
		if op.Idempotent {
			call += " 🔑"
		}
		lines = append(lines, []string{call, op.Access, op.Summary})
		if i+1 == len(all) || all[i+1].Tags[0] != op.Tags[0] {
			fmt.Fprintf(&b, "\n### %s\n\n%s", op.Tags[0], rows([]string{"operation", "access", ""}, lines))
			lines = nil
		}
	}
	return b.String()
}

// codes are all that a problem can be called, with the sentence and the status.
func codes(t *testing.T, d document) string {
	type code struct{ status, message string }
	all := map[string]code{}
	for _, op := range d.list(t) {
		for status, r := range op.Responses {
			messages := map[string]string{}
			for line := range strings.SplitSeq(r.Description, "\n- ") {
				name, message, ok := strings.Cut(line, ": ")
				if ok {
					messages[strings.Trim(name, "`")] = message
				}
			}
			for _, name := range r.Codes {
				c := all[name]
				if !strings.Contains(c.status, status) {
					c.status = strings.TrimPrefix(c.status+", "+status, ", ")
				}
				// One code may be said in the words of several rooms; the shortest stands for all.
				if c.message == "" || len(messages[name]) < len(c.message) || len(messages[name]) == len(c.message) && messages[name] < c.message {
					c.message = messages[name]
				}
				all[name] = c
			}
		}
	}
	var lines [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		lines = append(lines, []string{mono(name), all[name].status, all[name].message})
	}
	return rows([]string{"code", "status", "what it says"}, lines)
}
