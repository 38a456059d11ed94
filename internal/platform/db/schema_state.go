package db

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// SchemaState is how a database stands to the program.
type SchemaState struct {
	Applied int         // number of the newest migration that was applied; 0: none
	Pending []Migration // what the program has and the database has not
	Newer   bool        // the database has been migrated by a newer program
}

// SchemaState looks and changes nothing: also on a snapshot, and on a database that has never been migrated.
func (d *DB) SchemaState(ctx context.Context) (s SchemaState, err error) {
	var applied map[int]string
	err = d.Read(ctx, "db.schema_state", func(ctx context.Context, tx Tx) (err error) {
		if t, ok := tx.(*embeddedTx); ok {
			applied, err = appliedEmbedded(t.conn)
			return err
		}
		applied, err = appliedPostgres(ctx, tx)
		return err
	})
	if err != nil {
		return s, err
	}
	all := d.cfg.Schema.Embedded
	if d.kind == Postgres {
		all = d.cfg.Schema.Postgres
	}
	if s.Pending, err = pending(all, applied); err != nil {
		return s, err
	}
	newest := 0
	for _, m := range all {
		newest = max(newest, m.Number)
	}
	for number := range applied {
		s.Applied = max(s.Applied, number)
	}
	s.Newer = s.Applied > newest
	return s, nil
}

func appliedEmbedded(conn *lite.Conn) (map[int]string, error) {
	applied := map[int]string{}
	there := false
	err := conn.Each("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'", func(*lite.Stmt) error {
		there = true
		return nil
	})
	if err != nil || !there {
		return applied, err
	}
	err = conn.Each("SELECT number, hash FROM schema_migrations", func(s *lite.Stmt) error {
		var number int
		var hash string
		err := s.Scan([]any{&number, &hash})
		applied[number] = hash
		return err
	})
	return applied, err
}

func appliedPostgres(ctx context.Context, tx Tx) (map[int]string, error) {
	applied := map[int]string{}
	var there bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass('schema_migrations') IS NOT NULL").Scan(&there); err != nil || !there {
		return applied, err
	}
	rows, err := tx.Query(ctx, "SELECT number, hash FROM schema_migrations")
	if err != nil {
		return nil, err
	}
	var number int
	var hash string
	_, err = pgx.ForEachRow(rows, []any{&number, &hash}, func() error {
		applied[number] = hash
		return nil
	})
	return applied, err
}
