package db

import "context"

// Waiting is how many writes wait for the writer: interactive and bulk.
func Waiting(d *DB) (int, int) {
	w := d.e.(*embedded).w
	return len(w.queue), len(w.bulk)
}

// GaveWay is how often bulk work let the writer rest for others who did not come.
func GaveWay(d *DB) int64 { return d.e.(*embedded).w.gaveWay.Load() }

// Interrupt interrupts the connection of an embedded transaction when ctx ends, which the package itself never does to
// the writer.
func Interrupt(ctx context.Context, tx Tx) (stop func()) { return tx.(*embeddedTx).conn.Interrupt(ctx) }

// Kept is how many prepared statements the transaction's connection keeps.
func Kept(tx Tx) int { return tx.(*embeddedTx).conn.Kept() }

// CheckLog looks at the log now. Nothing else may write meanwhile.
func CheckLog(d *DB) {
	w := d.e.(*embedded).w
	w.walCheck = w.walGate
	w.checkLog()
}

// DecodeCursor reads a cursor of the list's first combination.
func DecodeCursor(l *List, cursor string) ([]any, error) { return l.shapes[0].decodeCursor(cursor) }

// PostLimit is how many rows a page may look at.
const PostLimit = postLimit

// CheckTexts is CheckStatements of these texts only.
func CheckTexts(ctx context.Context, d *DB, texts map[string]string) error {
	return d.checkTexts(ctx, texts)
}

// CompileList is DefineList without the registration.
func CompileList(l List) *List { return compileList(l) }
