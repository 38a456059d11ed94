package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// source is a package as its text: for tables that the program keeps to itself, and for the sentences that stand over
// their rows.
type source struct {
	t      *testing.T
	fset   *token.FileSet
	files  []*ast.File
	consts map[string]string // string constants by name
}

func readSource(t *testing.T, folder string) *source {
	t.Helper()
	s := &source{t: t, fset: token.NewFileSet(), consts: map[string]string{}}
	entries, err := os.ReadDir(filepath.Join(root, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(s.fset, filepath.Join(root, folder, e.Name()), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		s.files = append(s.files, f)
		ast.Inspect(f, s.constant)
	}
	return s
}

func (s *source) constant(n ast.Node) bool {
	v, ok := n.(*ast.ValueSpec)
	if !ok || len(v.Values) != len(v.Names) {
		return true
	}
	for i, name := range v.Names {
		if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				s.t.Fatal(err)
			}
			s.consts[name.Name] = text
		}
	}
	return true
}

// table is the composite literal of a package variable, and the file that it stands in.
func (s *source) table(name string) (*ast.CompositeLit, *ast.File) {
	s.t.Helper()
	for _, f := range s.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, n := range v.Names {
					if lit, ok := v.Values[i].(*ast.CompositeLit); ok && n.Name == name {
						return lit, f
					}
				}
			}
		}
	}
	s.t.Fatalf("there is no table %s", name)
	return nil, nil
}

// value is an expression as a reader would say it: a constant's text, a literal, or a name.
func (s *source) value(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		if text, ok := s.consts[x.Name]; ok {
			return text
		}
		return x.Name
	case *ast.BasicLit:
		if text, err := strconv.Unquote(x.Value); err == nil {
			return text
		}
		return x.Value
	}
	s.t.Fatalf("%s: cannot read this", s.fset.Position(e.Pos()))
	return ""
}

// fields are the named fields of a literal.
func (s *source) fields(e ast.Expr) map[string]string {
	out := map[string]string{}
	for _, x := range e.(*ast.CompositeLit).Elts {
		kv, ok := x.(*ast.KeyValueExpr)
		if !ok {
			s.t.Fatalf("%s: a field without a name", s.fset.Position(x.Pos()))
		}
		if u, ok := kv.Value.(*ast.UnaryExpr); ok {
			out[s.value(kv.Key)] = u.Op.String() + "…"
		} else if _, ok := kv.Value.(*ast.SelectorExpr); !ok {
			out[s.value(kv.Key)] = s.value(kv.Value)
		}
	}
	return out
}

// comment is what stands on the lines over a node.
func (s *source) comment(f *ast.File, n ast.Node) string {
	line := s.fset.Position(n.Pos()).Line
	for _, c := range f.Comments {
		if s.fset.Position(c.End()).Line == line-1 {
			return strings.Join(strings.Fields(c.Text()), " ")
		}
	}
	return ""
}

// calls are the calls of a function by its bare name.
func calls(f *ast.File, name string) (out []*ast.CallExpr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if id, ok := c.Fun.(*ast.Ident); ok && id.Name == name {
				out = append(out, c)
			}
		}
		return true
	})
	return out
}
