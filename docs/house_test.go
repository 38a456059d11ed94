package docs_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = ".."

// maxLines is where a file must be split by use-case. Style asks for it at about 400.
const maxLines = 500

// aboutPackage is how a package's comment begins; that of a program, with its name.
var aboutPackage = regexp.MustCompile(`^// (Package|Command|Haat) `)

var generatedFile = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// goFiles counts the Go files of each folder, generated ones left out, and looks at their length.
func goFiles(t *testing.T) map[string]int {
	t.Helper()
	folders := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || generatedFile.Match(text) {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		folders[folder]++
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines: split it by use-case", filepath.Join(folder, name), n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 20 {
		t.Fatalf("only %d folders hold Go files", len(folders))
	}
	return folders
}

// Whoever opens a package finds out in doc.go what it owns.
func TestEveryPackageHasADoc(t *testing.T) {
	for folder := range goFiles(t) {
		text, err := os.ReadFile(filepath.Join(root, folder, "doc.go"))
		if err != nil {
			t.Errorf("%s has no doc.go (%v)", folder, err)
			continue
		}
		if !aboutPackage.Match(text) {
			t.Errorf("%s/doc.go does not begin with what the package is", folder)
		}
	}
}
