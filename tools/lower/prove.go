package main

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// proof is an empty SQLite database built from the lowered migrations. Whatever is to be written is
// prepared there first, so that a statement that SQLite does not take ends the run and not the program.
type proof struct{ conn *sqlite.Conn }

func newProof(migrations []*migration) (*proof, error) {
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	p := &proof{conn}
	if err := sqlitex.ExecuteTransient(conn, "PRAGMA foreign_keys = ON", nil); err != nil {
		return nil, err
	}
	for _, m := range migrations {
		if err := sqlitex.ExecuteScript(conn, m.lite, nil); err != nil {
			return nil, fmt.Errorf("lite/%s: SQLite refuses the lowered migration: %w", m.file, err)
		}
	}
	return p, nil
}

func (p *proof) close() error { return p.conn.Close() }

// prepare checks the text, its parameters and its columns against the original.
func (p *proof) prepare(q *query) error {
	st, rest, err := p.conn.PrepareTransient(q.lite)
	if err != nil {
		return fmt.Errorf("%s: SQLite refuses the lowered text: %w\n%s", q.name, err, q.lite)
	}
	columns, params := st.ColumnCount(), st.BindParamCount()
	if err := st.Finalize(); err != nil {
		return err
	}
	if rest != 0 && strings.TrimSpace(q.lite[len(q.lite)-rest:]) != "" {
		return fmt.Errorf("%s: the lowered text is more than one statement", q.name)
	}
	want, err := highestParam(q.source)
	if err != nil {
		return err
	}
	if want != params {
		return fmt.Errorf("%s: the original has %d parameters and the SQLite text %d", q.name, want, params)
	}
	given, err := resultColumns(q.source)
	if err != nil {
		return err
	}
	if given >= 0 && given != columns {
		return fmt.Errorf("%s: the original gives %d columns and the SQLite text %d", q.name, given, columns)
	}
	return nil
}
