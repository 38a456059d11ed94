package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

const migrationsTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  number BIGINT NOT NULL CONSTRAINT schema_migrations_pkey PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL,
  applied_at BIGINT NOT NULL
)`

const migrationInsert = "INSERT INTO schema_migrations (number, name, hash, applied_at) VALUES ($1, $2, $3, $4)"

var errEnded = errors.New("it ended the transaction")

// migrationLock is the advisory lock that keeps two starting nodes apart; it ends with the transaction, so it works
// behind a pooler.
const migrationLock = 0x48414154

// hash is taken of the original text. An applied migration that was edited afterwards is refused: the schema would no
// longer be what the files say.
func (m Migration) hash() string {
	h := sha256.Sum256([]byte(m.SQL))
	return hex.EncodeToString(h[:])
}

// pending gives the migrations not yet applied. One that the database has and the program does not is a newer
// release's: during a rolling update the older program runs on the newer schema, so it is let be.
func pending(all []Migration, applied map[int]string) ([]Migration, error) {
	var out []Migration
	for _, m := range all {
		hash, done := applied[m.Number]
		switch {
		case !done:
			out = append(out, m)
		case hash != m.hash():
			return nil, fmt.Errorf("db: migration %04d %s was changed after it was applied", m.Number, m.Name)
		}
	}
	return out, nil
}

func (p *postgres) migrate(ctx context.Context) (n int, err error) {
	// READ COMMITTED, so that the node that waited for the lock sees what the other has done meanwhile.
	err = pgx.BeginTxFunc(ctx, p.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, migrationsTable); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT number, hash FROM schema_migrations")
		if err != nil {
			return err
		}
		applied := map[int]string{}
		var number int
		var hash string
		if _, err := pgx.ForEachRow(rows, []any{&number, &hash}, func() error {
			applied[number] = hash
			return nil
		}); err != nil {
			return err
		}
		todo, err := pending(p.cfg.Schema.Postgres, applied)
		if err != nil {
			return err
		}
		for _, m := range todo {
			_, err := tx.Exec(ctx, m.SQL, pgx.QueryExecModeSimpleProtocol)
			if err == nil && tx.Conn().PgConn().TxStatus() != 'T' {
				err = errEnded
			}
			if err == nil {
				_, err = tx.Exec(ctx, migrationInsert, m.Number, m.Name, m.hash(), time.Now().UnixMicro())
			}
			if err != nil {
				return fmt.Errorf("db: migration %04d %s: %w", m.Number, m.Name, fromPG(err))
			}
		}
		n = len(todo)
		return nil
	})
	if err != nil {
		return 0, err
	}
	if n > 0 {
		p.pool.Reset() // prepared statements may speak of the old tables
	}
	logMigrated(p.cfg.Log, n)
	return n, nil
}

func (e *embedded) migrate(ctx context.Context) (n int, err error) {
	err = e.write(ctx, "db.migrate", func(ctx context.Context, tx Tx) error {
		conn := tx.(*embeddedTx).conn
		if err := conn.Script(strings.ReplaceAll(migrationsTable, "BIGINT", "INTEGER") + " STRICT"); err != nil {
			return err
		}
		applied := map[int]string{}
		if err := conn.Each("SELECT number, hash FROM schema_migrations", func(s *lite.Stmt) error {
			var number int
			var hash string
			err := s.Scan([]any{&number, &hash})
			applied[number] = hash
			return err
		}); err != nil {
			return err
		}
		todo, err := pending(e.cfg.Schema.Embedded, applied)
		if err != nil {
			return err
		}
		for _, m := range todo {
			if err := applyEmbedded(conn, m); err != nil {
				return fmt.Errorf("db: migration %04d %s: %w", m.Number, m.Name, err)
			}
		}
		n = len(todo)
		return nil
	}, options{})
	if err != nil {
		return 0, err
	}
	logMigrated(e.cfg.Log, n)
	return n, nil
}

func applyEmbedded(conn *lite.Conn, m Migration) error {
	if err := conn.Script(m.SQL); err != nil {
		return err
	}
	if !conn.InTransaction() {
		return errEnded
	}
	st, err := conn.Prepare(migrationInsert, func(sql string) (string, error) { return strings.ReplaceAll(sql, "$", "?"), nil })
	if err != nil {
		return err
	}
	if err := st.Bind([]any{m.Number, m.Name, m.hash(), time.Now().UnixMicro()}); err != nil {
		return err
	}
	_, err = st.Step()
	return err
}

func logMigrated(log *slog.Logger, n int) {
	if n > 0 {
		log.Info("schema migrated", slog.Int("steps", n))
	}
}
