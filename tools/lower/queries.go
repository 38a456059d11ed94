package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	pgparse "github.com/wasilibs/go-pgquery"
)

// query is one statement that sqlc generated, and its lowered text.
type query struct {
	constant string // sqlc's Go name
	name     string // the name in queries.sql
	source   string // exactly what the program will send
	nullable bool   // sqlc.narg is among its parameters
	lite     string
}

// readQueries collects the constants that hold SQL from the Go files that sqlc wrote into a folder.
func readQueries(folder string) ([]*query, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var list []*query
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range tree.Decls {
			d, isGen := decl.(*ast.GenDecl)
			if !isGen || d.Tok != token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				q, err := readConstant(spec.(*ast.ValueSpec))
				if err != nil {
					return nil, fmt.Errorf("%s: %w", file, err)
				}
				if q != nil {
					list = append(list, q)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b *query) int { return strings.Compare(a.constant, b.constant) })
	return list, nil
}

func readConstant(v *ast.ValueSpec) (*query, error) {
	if len(v.Names) != 1 || len(v.Values) != 1 {
		return nil, nil
	}
	source, isText, err := textOf(v.Values[0])
	if err != nil || !isText {
		return nil, err
	}
	header, isQuery := strings.CutPrefix(source, "-- name: ")
	if !isQuery {
		return nil, nil
	}
	words := strings.Fields(header)
	if len(words) == 0 {
		return nil, fmt.Errorf("the constant %s has a header without a name", v.Names[0].Name)
	}
	return &query{constant: v.Names[0].Name, name: words[0], source: source}, nil
}

// textOf folds the constant expression that sqlc writes where a query holds a backquote.
func textOf(e ast.Expr) (string, bool, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false, nil
		}
		text, err := strconv.Unquote(e.Value)
		return text, true, err
	case *ast.BinaryExpr:
		left, isText, err := textOf(e.X)
		if err != nil || !isText {
			return "", false, err
		}
		right, isText, err := textOf(e.Y)
		return left + right, isText, err
	}
	return "", false, nil
}

// readTwins finds the hand-written statements of a queries.sql by the name of the query they stand in.
func readTwins(file string) (map[string]string, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	source := string(raw)
	d, err := readDirectives(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(d.appendOnly) > 0 || len(d.only) > 0 {
		return nil, fmt.Errorf("%s: haat:append-only and haat:pg are for migrations", file)
	}
	scanned, err := pgparse.Scan(source)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	twins := map[string]string{}
	current := ""
	for _, t := range scanned.GetTokens() {
		if t.GetToken() != pg.Token_SQL_COMMENT {
			continue
		}
		comment := strings.TrimSpace(source[t.GetStart():t.GetEnd()])
		if header, isName := strings.CutPrefix(comment, "-- name: "); isName {
			words := strings.Fields(header)
			if len(words) != 2 {
				return nil, fmt.Errorf("%s:%d: write -- name: Name :kind", file, lineOf(source, int(t.GetStart())))
			}
			if words[1] == ":copyfrom" {
				return nil, fmt.Errorf("%s: %s: COPY exists on PostgreSQL alone: use :batchexec", file, words[0])
			}
			current = words[0]
		}
		if len(d.twins) > 0 && d.twins[0].start == int(t.GetStart()) {
			if current == "" {
				return nil, fmt.Errorf("%s:%d: haat:lite stands before the first query", file, lineOf(source, int(t.GetStart())))
			}
			if twins[current] != "" {
				return nil, fmt.Errorf("%s: %s: two twins: their lines must follow each other", file, current)
			}
			twins[current] = d.twins[0].text
			d.twins = d.twins[1:]
		}
	}
	return twins, nil
}

// readNullable finds the queries with sqlc.narg in them: what sqlc wrote no longer says which parameter that was.
func readNullable(file string) (map[string]bool, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	current := ""
	for line := range strings.Lines(string(raw)) {
		if header, isName := strings.CutPrefix(line, "-- name: "); isName {
			current, _, _ = strings.Cut(header, " ")
		}
		if strings.Contains(line, "sqlc.narg") {
			found[current] = true
		}
	}
	return found, nil
}

// lowerQuery fills in the lowered text.
func lowerQuery(s *schema, q *query, twin string) error {
	tree, err := pgparse.Parse(q.source)
	if err != nil {
		return fmt.Errorf("%s: %w", q.name, err)
	}
	if len(tree.GetStmts()) != 1 {
		return fmt.Errorf("%s: %d statements in one query", q.name, len(tree.GetStmts()))
	}
	if twin != "" {
		q.lite = twin
		return nil
	}
	return guard(q.name, func() {
		p := &printer{schema: s, nullable: q.nullable}
		q.lite = p.statement(tree.GetStmts()[0].GetStmt())
	})
}

// highestParam returns the number of parameters that the program passes.
func highestParam(source string) (int, error) {
	scanned, err := pgparse.Scan(source)
	if err != nil {
		return 0, err
	}
	highest := 0
	for _, t := range scanned.GetTokens() {
		if t.GetToken() == pg.Token_PARAM {
			n, err := strconv.Atoi(source[t.GetStart()+1 : t.GetEnd()])
			if err != nil {
				return 0, err
			}
			highest = max(highest, n)
		}
	}
	return highest, nil
}

// resultColumns counts what a query gives back, or -1 if that takes more than counting.
func resultColumns(source string) (int, error) {
	tree, err := pgparse.Parse(source)
	if err != nil {
		return 0, err
	}
	n := tree.GetStmts()[0].GetStmt()
	var list []*pg.Node
	switch {
	case n.GetSelectStmt() != nil:
		s := n.GetSelectStmt()
		for s.GetLarg() != nil {
			s = s.GetLarg()
		}
		list = s.GetTargetList()
	case n.GetInsertStmt() != nil:
		list = n.GetInsertStmt().GetReturningList()
	case n.GetUpdateStmt() != nil:
		list = n.GetUpdateStmt().GetReturningList()
	case n.GetDeleteStmt() != nil:
		list = n.GetDeleteStmt().GetReturningList()
	}
	for _, t := range list {
		if ref := t.GetResTarget().GetVal().GetColumnRef(); ref != nil {
			if ref.GetFields()[len(ref.GetFields())-1].GetAStar() != nil {
				return -1, nil
			}
		}
	}
	return len(list), nil
}
