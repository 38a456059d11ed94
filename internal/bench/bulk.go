package bench

import (
	"errors"
	"fmt"
	"strings"

	"github.com/haat-market/haat/internal/platform/db/lite"
)

// bulk is the file of a market that nobody has open. Millions of rows are written to it past the program, while the
// indexes that only look-ups need are away.
type bulk struct{ conn *lite.Conn }

// bulkTables are those that millions of rows are written to.
var bulkTables = strings.Fields("products variants price_changes listings listing_places checkouts orders order_lines payments payment_allocations " +
	"payment_attempts reservations stock_movements ledger_accounts ledger_transfers events rates")

// bulkCache is how much of the file is kept in memory while it is written.
const bulkCache = 1 << 19 // kB

func openBulk(file string) (*bulk, error) {
	conn, err := lite.Open(file, lite.Options{CacheKB: bulkCache, Scratch: true})
	if err != nil {
		return nil, err
	}
	b := &bulk{conn}
	if err := b.run("PRAGMA journal_mode=OFF"); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return b, nil
}

// close brings the file back to how the program has it, and closes it.
func (b *bulk) close() error {
	return errors.Join(b.run("PRAGMA journal_mode=WAL"), b.conn.Close())
}

func (b *bulk) run(texts ...string) error {
	for _, text := range texts {
		if err := b.conn.Script(text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

// one is a whole number that a query gives.
func (b *bulk) one(text string) (n int64, err error) {
	err = b.conn.Each(text, func(s *lite.Stmt) error { return s.Scan([]any{&n}) })
	return n, err
}

// whole runs statements in one transaction.
func (b *bulk) whole(texts ...string) error {
	if err := b.run("BEGIN"); err != nil {
		return err
	}
	return b.run(append(texts, "COMMIT")...)
}

// bare takes the indexes of the large tables away and gives the statements that make them again.
func (b *bulk) bare() (again []string, err error) {
	var drop []string
	err = b.conn.Each("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('"+strings.Join(bulkTables, "', '")+"') ORDER BY name",
		func(s *lite.Stmt) error {
			var name, text string
			if err := s.Scan([]any{&name, &text}); err != nil {
				return err
			}
			drop, again = append(drop, "DROP INDEX "+name), append(again, text)
			return nil
		})
	if err != nil {
		return nil, err
	}
	return again, b.whole(drop...)
}

// written runs f on the file of a closed market.
func written(file string, f func(*bulk) error) error {
	b, err := openBulk(file)
	if err != nil {
		return err
	}
	return errors.Join(f(b), b.close())
}
