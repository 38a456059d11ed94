package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// CheckStatements prepares every registered statement once, on one connection, and drops it again: a text that does
// not fit the schema is found at start and not by the first customer who needs it.
func (d *DB) CheckStatements(ctx context.Context) error { return d.checkTexts(ctx, Lowered()) }

func (d *DB) checkTexts(ctx context.Context, texts map[string]string) error {
	return d.Read(ctx, "db.check", func(ctx context.Context, tx Tx) error {
		prepare := func(sql string) error { return tx.(*embeddedTx).conn.Check(texts[sql]) }
		if t, ok := tx.(*postgresTx); ok {
			prepare = func(sql string) error {
				// A prepared statement without a name lives until the next one.
				_, err := t.tx.Conn().PgConn().Prepare(ctx, "", sql, nil)
				return fromPG(err)
			}
		}
		for _, sql := range slices.Sorted(maps.Keys(texts)) {
			if err := prepare(sql); err != nil {
				return errors.Join(fmt.Errorf("db: statement %.120q: %w", sql, err), ctx.Err())
			}
		}
		return nil
	}, Long())
}
