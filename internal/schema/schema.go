package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed pg/*.sql lite/*.sql
var files embed.FS

// Engine names the dialect that a migration is written in.
type Engine string

// The two engines. The values are the names of the folders.
const (
	Postgres Engine = "pg"
	SQLite   Engine = "lite"
)

// Migration is one step of the schema, in one engine's language.
type Migration struct {
	Number int
	Name   string // the file's name without number and ending
	SQL    string // several statements, to be run in one transaction
}

// Migrations returns every step for an engine, in the order to be run. The files are part of the program,
// so a file with a bad name, or two with the same number, is a mistake of the build and panics.
func Migrations(engine Engine) []Migration {
	list, err := load(files, string(engine))
	if err != nil {
		panic("schema: " + err.Error())
	}
	return list
}

func load(from fs.FS, folder string) ([]Migration, error) {
	entries, err := fs.ReadDir(from, folder) // sorted by file name
	if err != nil {
		return nil, err
	}
	var list []Migration
	for _, e := range entries {
		base, isSQL := strings.CutSuffix(e.Name(), ".sql")
		digits, name, cut := strings.Cut(base, "_")
		number, err := strconv.Atoi(digits)
		if !isSQL || !cut || err != nil || len(digits) != 4 || number < 1 || name == "" {
			return nil, fmt.Errorf("%s/%s: the name must be NNNN_name.sql, NNNN from 0001", folder, e.Name())
		}
		if n := len(list); n > 0 && list[n-1].Number == number {
			return nil, fmt.Errorf("%s: two migrations have the number %04d", folder, number)
		}
		text, err := fs.ReadFile(from, folder+"/"+e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, Migration{Number: number, Name: name, SQL: string(text)})
	}
	return list, nil
}

// Gaps returns the numbers that are missing below the highest one. A release has none.
func Gaps(list []Migration) []int {
	var missing []int
	next := 1
	for _, m := range list {
		for ; next < m.Number; next++ {
			missing = append(missing, next)
		}
		next = m.Number + 1
	}
	return missing
}
