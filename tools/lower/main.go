package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "the folder that holds internal/, read and written")
	module := flag.String("module", "", "the Go module of that folder")
	complete := flag.Bool("complete", false, "refuse a gap in the migrations' numbers")
	partial := flag.Bool("partial", false, "leave out, with a warning, migrations that cannot be lowered")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "lower -root <folder> -module <path> [folder with queries.sql …]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := run(*root, *module, *complete, *partial, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run lowers all migrations below root, then the queries of the rooms. It reports every mistake it finds.
func run(root, module string, complete, partial bool, rooms []string) (err error) {
	folder := filepath.Join(root, "internal", "schema")
	migrations, err := readMigrations(folder, complete)
	if err != nil {
		return err
	}
	s, migrations, err := lowerMigrations(migrations, partial)
	if err != nil {
		return err
	}
	p, err := newProof(migrations)
	if err != nil {
		return fmt.Errorf("internal/schema/%w", err)
	}
	defer func() { err = errors.Join(err, p.close()) }()
	var problems []error
	for _, room := range rooms {
		problems = append(problems, lowerRoom(s, p, root, module, room))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for _, m := range migrations {
		if err := write(filepath.Join(folder, "pg", m.file), []byte(m.postgres)); err != nil {
			return err
		}
		if err := write(filepath.Join(folder, "lite", m.file), []byte(m.lite)); err != nil {
			return err
		}
	}
	text, err := emitConstraints(s)
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, "constraints.gen.go"), text)
}

// lowerMigrations builds the schema. In a partial run a file that cannot be lowered is left out, so that a
// half-written migration of one room does not stop the work on another.
func lowerMigrations(list []*migration, partial bool) (*schema, []*migration, error) {
	for {
		s := newSchema()
		var broken error
		at := 0
		for i, m := range list {
			if broken = lowerMigration(s, m); broken != nil {
				broken = fmt.Errorf("internal/schema/%w", broken)
				at = i
				break
			}
		}
		if broken == nil {
			return s, list, nil
		}
		if !partial {
			return nil, nil, broken
		}
		fmt.Fprintln(os.Stderr, "warning: left out:", broken)
		list = slices.Delete(list, at, at+1)
	}
}

// readMigrations reads the files in the order of their numbers.
func readMigrations(folder string, complete bool) ([]*migration, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var list []*migration
	before := 0
	for _, file := range files {
		base := filepath.Base(file)
		var number int
		if _, err := fmt.Sscanf(base, "%4d_", &number); err != nil || len(base) < 10 || base[4] != '_' || number < 1 {
			return nil, fmt.Errorf("internal/schema/%s: the name must be NNNN_name.sql, NNNN from 0001", base)
		}
		if number == before {
			return nil, fmt.Errorf("internal/schema/%s: two migrations have this number", base)
		}
		if number != before+1 {
			gap := fmt.Errorf("internal/schema/%s: number %04d is missing before it", base, before+1)
			if complete {
				return nil, gap
			}
			fmt.Fprintln(os.Stderr, "warning:", gap)
		}
		before = number
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list = append(list, &migration{file: base, source: string(text)})
	}
	return list, nil
}

// lowerRoom lowers what sqlc generated beside one queries.sql. room is its folder below root.
func lowerRoom(s *schema, p *proof, root, module, room string) error {
	file := filepath.Join(room, "queries.sql")
	pkg := filepath.Base(room) + "db"
	folder := filepath.Join(root, room, pkg)
	twins, err := readTwins(filepath.Join(root, file))
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), root+"/"))
	}
	nullable, err := readNullable(filepath.Join(root, file))
	if err != nil {
		return err
	}
	list, err := readQueries(folder)
	if err != nil {
		return err
	}
	var problems []error
	for _, q := range list {
		q.nullable = nullable[q.name]
		err := lowerQuery(s, q, twins[q.name])
		if err == nil {
			err = p.prepare(q)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", file, err))
		}
		delete(twins, q.name)
	}
	for unused := range twins {
		problems = append(problems, fmt.Errorf("%s: the twin of %s belongs to no query", file, unused))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	text, err := emitQueries(pkg, module, list)
	if err != nil {
		return err
	}
	return write(filepath.Join(folder, "lowered.gen.go"), text)
}

func write(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
