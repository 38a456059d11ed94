package schema

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestBothEnginesHaveTheSameSteps(t *testing.T) {
	full, lite := Migrations(Postgres), Migrations(SQLite)
	if len(full) != len(lite) || len(full) == 0 {
		t.Fatalf("%d steps for PostgreSQL, %d for SQLite", len(full), len(lite))
	}
	for i := range full {
		if full[i].Number != lite[i].Number || full[i].Name != lite[i].Name {
			t.Errorf("step %d is %04d_%s for PostgreSQL and %04d_%s for SQLite", i, full[i].Number, full[i].Name, lite[i].Number, lite[i].Name)
		}
		if !strings.Contains(full[i].SQL, "Do not edit") || !strings.Contains(lite[i].SQL, "Do not edit") {
			t.Errorf("%s was not written by the generator", full[i].Name)
		}
	}
	if missing := Gaps(full); len(missing) > 0 {
		t.Errorf("numbers %v are missing", missing)
	}
}

func TestLoad(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("SELECT 1;")}
	list, err := load(fstest.MapFS{"lite/0002_b.sql": file, "lite/0001_a_room.sql": file, "lite/0010_c.sql": file}, "lite")
	if err != nil || len(list) != 3 || list[0] != (Migration{1, "a_room", "SELECT 1;"}) || list[2].Number != 10 {
		t.Errorf("got %v, %v", list, err)
	}
	if gaps := Gaps(list); len(gaps) != 7 || gaps[0] != 3 || gaps[6] != 9 {
		t.Errorf("gaps %v", gaps)
	}
	for _, names := range [][]string{{"1_a.sql"}, {"0001.sql"}, {"0001_.sql"}, {"0000_a.sql"}, {"0001_a.txt"}, {"000x_a.sql"}, {"0001_a.sql", "0001_b.sql"}} {
		bad := fstest.MapFS{}
		for _, name := range names {
			bad["lite/"+name] = file
		}
		if list, err := load(bad, "lite"); err == nil {
			t.Errorf("%v gave %v", names, list)
		}
	}
	if _, err := load(fstest.MapFS{}, "lite"); err == nil {
		t.Error("a folder that is not there was loaded")
	}
}

func TestConstraintNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Constraints {
		if c.Name == "" || c.Table == "" || seen[c.Name] {
			t.Errorf("%+v has no name of its own", c)
		}
		seen[c.Name] = true
	}
	for columns, name := range Unique {
		if !seen[name] {
			t.Errorf("%s belongs to %s, which is not listed", columns, name)
		}
	}
}
