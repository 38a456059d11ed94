package docs_test

import (
	"go/ast"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// guides are the files that somebody reads who wants to use, run or change Haat.
func guides(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "tools/*.md"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			name, err := filepath.Rel(root, f)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(name)] = string(text)
		}
	}
	return all
}

// commandNames are the program's commands: fields of its command structs with the tag cmd.
func commandNames(s *source, typ, before string) (out []string) {
	for _, f := range s.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range g.Specs {
				ts, ok := spec.(*ast.TypeSpec)
				if !ok || ts.Name.Name != typ {
					continue
				}
				if st, ok := ts.Type.(*ast.StructType); ok {
					for _, field := range st.Fields.List {
						out = append(out, commandField(s, field, before)...)
					}
				}
			}
		}
	}
	return out
}

func commandField(s *source, f *ast.Field, before string) []string {
	if f.Tag == nil || len(f.Names) == 0 {
		return nil
	}
	text, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		s.t.Fatal(err)
	}
	tag := reflect.StructTag(text)
	if _, ok := tag.Lookup("cmd"); !ok || tag.Get("hidden") != "" {
		return nil
	}
	name := tag.Get("name")
	if name == "" {
		name = strings.ToLower(f.Names[0].Name)
	}
	name = before + " " + name
	if typ, ok := f.Type.(*ast.Ident); ok {
		if below := commandNames(s, typ.Name, name); len(below) > 0 {
			return below
		}
	}
	return []string{name}
}

// Every command is explained to those who run a market.
func TestCommandsAreDocumented(t *testing.T) {
	names := commandNames(readSource(t, "cmd/haat"), "commands", "haat")
	if len(names) < 8 {
		t.Fatalf("only %d commands were found: %v", len(names), names)
	}
	text := guides(t)["docs/operations.md"]
	for _, name := range names {
		if !strings.Contains(text, "`"+name) {
			t.Errorf("docs/operations.md does not explain `%s`", name)
		}
	}
}

var variable = regexp.MustCompile(`HAAT_[A-Z]+(_[A-Z]+)*\b`)

// Every variable of the environment that the program speaks of is explained somewhere, and no other.
func TestVariablesAreDocumented(t *testing.T) {
	known := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && strings.HasPrefix(name, ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, v := range variable.FindAllString(string(text), -1) {
				known[v] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for file, text := range guides(t) {
		for _, v := range variable.FindAllString(text, -1) {
			said[v] = true
			if !known[v] {
				t.Errorf("%s speaks of %s, of which the program does not", file, v)
			}
		}
	}
	for v := range known {
		if !said[v] {
			t.Errorf("no document explains %s", v)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notWord = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names under which a file's headings can be linked to.
func anchors(text string) (out []string) {
	for _, h := range heading.FindAllStringSubmatch(text, -1) {
		name := notWord.ReplaceAllString(strings.ToLower(h[1]), "")
		out = append(out, strings.ReplaceAll(name, " ", "-"))
	}
	return out
}

// Links between the documents lead somewhere.
func TestLinks(t *testing.T) {
	all := guides(t)
	for file, text := range all {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(m[1], "#")
			target := file
			if path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(file), path))
				if _, err := os.Stat(filepath.Join(root, target)); err != nil {
					t.Errorf("%s: the link %s leads nowhere", file, m[1])
					continue
				}
			}
			if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s: the link %s: no such heading", file, m[1])
			}
		}
	}
}

// A decision is short, has the next number, and stands in the list.
func TestDecisions(t *testing.T) {
	files, err := filepath.Glob("decisions/[0-9]*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	list := guides(t)["docs/decisions/README.md"]
	for i, f := range files { // in the order of their names
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		number := strconv.Itoa(i + 1)
		if !strings.HasPrefix(strings.TrimLeft(name, "0"), number+"-") || !strings.HasPrefix(string(text), "# "+number+". ") {
			t.Errorf("%s: the number should be %s", name, number)
		}
		if n := strings.Count(string(text), "\n"); n > 10 {
			t.Errorf("%s has %d lines; ten are enough", name, n)
		}
		if !strings.Contains(list, "]("+name+")") {
			t.Errorf("%s is not in the list", name)
		}
	}
}
