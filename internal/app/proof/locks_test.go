package proof_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/haat-market/haat/internal/platform/db"
)

// lockOrder is the one order in which rows that others wait for are locked. Of the ledger's accounts only the guarded
// ones are ever locked.
var lockOrder = []string{"leases", "carts", "checkouts", "orders", "deliveries", "couriers", "payments", "refunds", "reservations", "stock", "ledger_accounts"}

// under are tables whose rows are touched only by who has the row that they hang on, so that nobody waits for them.
var under = map[string]string{
	"cart_lines": "carts", "order_lines": "orders", "payment_allocations": "payments", "payment_attempts": "payments",
}

func rank(table string) int { return slices.Index(lockOrder, table) }

// lock is one statement that locks rows.
type lock struct {
	table string
	text  string
	again bool     // the very statement, with the same parameters, was run before in this transaction
	rows  []string // which rows, where the statement says so
}

// transaction is what one run of a function locked.
type transaction struct {
	name  string
	locks []lock
	seen  map[string]bool
}

var (
	locking = regexp.MustCompile(`(?s)^(?:UPDATE (\w+)|DELETE FROM (\w+)|SELECT .*?FROM (\w+).* FOR UPDATE)`)
	placing = regexp.MustCompile(`^INSERT INTO (checkouts|orders|payments) `)
	idMark  = regexp.MustCompile(`(?:^|[\s(])(?:id|variant_id) = (?:ANY\()?\$(\d+)`)
	keyMark = regexp.MustCompile(`(?:^|[\s(])key = \$(\d+)`) // of an account, by which they are locked
)

func (x *transaction) note(sql string, args []any) {
	var lines []string
	for l := range strings.Lines(sql) {
		if !strings.HasPrefix(l, "--") {
			lines = append(lines, l)
		}
	}
	text := strings.TrimSpace(strings.Join(lines, ""))
	found := locking.FindStringSubmatch(text)
	if found == nil {
		// A new row is locked too; it is where others would look for it.
		found = placing.FindStringSubmatch(text)
	}
	if found == nil {
		return
	}
	l := lock{table: strings.Join(found[1:], ""), text: text}
	if rank(l.table) < 0 && under[l.table] == "" {
		return
	}
	key := fmt.Sprint(text, args)
	l.again = x.seen[key]
	x.seen[key] = true
	mark := idMark
	if l.table == "ledger_accounts" {
		mark = keyMark
	}
	if found := mark.FindStringSubmatch(text); found != nil {
		if n, err := strconv.Atoi(found[1]); err == nil && n <= len(args) {
			switch v := args[n-1].(type) {
			case int64:
				l.rows = []string{fmt.Sprintf("%020d", v)}
			case []int64:
				for _, id := range v {
					l.rows = append(l.rows, fmt.Sprintf("%020d", id))
				}
			case string:
				l.rows = []string{v}
			}
		}
	}
	x.locks = append(x.locks, l)
}

// path is the tables in the order in which they were first locked.
func (x *transaction) path() (out []string) {
	for _, l := range x.locks {
		if rank(l.table) >= 0 && !slices.Contains(out, l.table) {
			out = append(out, l.table)
		}
	}
	return out
}

// check says where the transaction leaves the order.
func (x *transaction) check() (faults []string) {
	highest := 0
	before := map[string]bool{}
	held, last := map[string][]string{}, map[string]string{}
	for _, l := range x.locks {
		if parent := under[l.table]; parent != "" {
			if !before[parent] {
				faults = append(faults, fmt.Sprintf("%s is changed without a lock on %s: %s", l.table, parent, l.text))
			}
			continue
		}
		r := rank(l.table)
		explicit := strings.HasPrefix(l.text, "SELECT")
		// An UPDATE of a table that was locked before is of rows that were locked before.
		if r < highest && !l.again && (explicit || !before[l.table]) {
			faults = append(faults, fmt.Sprintf("%s is locked after %s: %s", l.table, lockOrder[highest], l.text))
		}
		highest = max(highest, r)
		before[l.table] = true
		if explicit && !oneRow(l.text) && !strings.Contains(l.text, "ORDER BY ") {
			faults = append(faults, "rows are locked in no order: "+l.text)
		}
		if l.table != "stock" && l.table != "ledger_accounts" {
			continue
		}
		if explicit { // several rows are locked in the order that the statement says
			slices.Sort(l.rows)
		}
		for _, row := range l.rows {
			if row < last[l.table] && !slices.Contains(held[l.table], row) {
				faults = append(faults, fmt.Sprintf("row %s of %s is locked after row %s", row, l.table, last[l.table]))
			}
			held[l.table] = append(held[l.table], row)
			last[l.table] = max(last[l.table], row)
		}
	}
	return faults
}

var oneRowText = regexp.MustCompile(`WHERE (?:id|public_id|key|name|attempt|account_id|order_ref) = \$\d+`)

func oneRow(text string) bool { return oneRowText.MatchString(text) }

// recorder is a db.Config.Watch that keeps what every transaction locked.
type recorder struct {
	mu  sync.Mutex
	all []*transaction
}

func (r *recorder) watch(name string, tx db.Tx) db.Tx {
	x := &transaction{name: name, seen: map[string]bool{}}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, x)
	return &recordedTx{tx, x}
}

// take gives the transactions since the last time, without those that locked nothing.
func (r *recorder) take() []*transaction {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := slices.DeleteFunc(r.all, func(x *transaction) bool { return len(x.locks) == 0 })
	r.all = nil
	return out
}

// checked fails the test where a transaction left the order, and gives the paths by the transactions' names.
func (r *recorder) checked(t *testing.T, what string) map[string]string {
	t.Helper()
	paths := map[string]string{}
	for _, x := range r.take() {
		for _, f := range x.check() {
			t.Errorf("%s, transaction %s: %s\n  %s", what, x.name, f, strings.Join(x.path(), " → "))
		}
		paths[x.name] = strings.Join(x.path(), " ")
	}
	return paths
}

type recordedTx struct {
	db.Tx
	x *transaction
}

func (t *recordedTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	t.x.note(sql, args)
	return t.Tx.Exec(ctx, sql, args...)
}

func (t *recordedTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	t.x.note(sql, args)
	return t.Tx.Query(ctx, sql, args...)
}

func (t *recordedTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	t.x.note(sql, args)
	return t.Tx.QueryRow(ctx, sql, args...)
}

func (t *recordedTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		t.x.note(q.SQL, q.Arguments)
	}
	return t.Tx.SendBatch(ctx, b)
}
