package bench

import (
	"fmt"
	"strings"
	"time"

	"github.com/haat-market/haat/internal/order"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/code"
)

// pastChunk is how many orders one transaction writes.
const pastChunk = 100_000

// past is what the orders of a market's past are made of. Each was bought directly by one customer, of one unit, paid
// from the wallet and completed before the next was placed: all that the program had written for it is there but for keys that are forgotten after
// a day, and of its six events two.
type past struct {
	bulk     *bulk
	orders   int
	accounts int
	variants int
	buyer    int64 // account of the first customer; the others follow
	price    int64
	currency string
	from, to int64 // when the first and the last were placed
	stamp    string
}

// pastDays is how far back orders go. The last is some days old: nothing is due of it.
const pastDays = 400

func (b *bulk) past(st *stage, shape Shape, price int64, currency string, now time.Time) error {
	p := &past{
		bulk: b, orders: shape.Orders, accounts: shape.Accounts, variants: shape.Variants, buyer: st.customers[0].key, price: price, currency: currency,
		from: clock.Micro(now.AddDate(0, 0, -pastDays)), to: clock.Micro(now.AddDate(0, 0, -3)), stamp: code.ID("x")[2:9],
	}
	if err := p.begin(); err != nil {
		return err
	}
	for from := 0; from < p.orders; from += pastChunk {
		if err := b.whole(p.chunk(from, min(pastChunk, p.orders-from))...); err != nil {
			return err
		}
	}
	return b.whole(p.end()...)
}

// id is a public id as SQL: of the right form, and each row's own.
func (p *past) id(prefix, n string) string {
	return "'" + prefix + "_" + p.stamp + "' || substr(CAST(10000000000000000 + " + n + " AS TEXT), 2)"
}

// begin makes the accounts of what stores have earned, and what a chunk is made of.
func (p *past) begin() error {
	s := fmt.Sprintf
	return p.bulk.run(
		"CREATE TEMP TABLE bench_base (name TEXT PRIMARY KEY, n INTEGER)",
		"INSERT INTO bench_base SELECT 'movement', MAX(id) FROM stock_movements UNION ALL SELECT 'event', MAX(id) FROM events UNION ALL SELECT 'seq', MAX(seq) FROM events "+
			"UNION ALL SELECT 'transfer', MAX(id) FROM ledger_transfers",
		s("INSERT INTO ledger_accounts (key, kind, owner, book, currency, guarded, balance, held, floor, created_at) "+
			"SELECT 'store:' || s.public_id || ':earnings:%[1]s', 'store_earnings', s.public_id, 'store_earnings:%[1]s', '%[1]s', TRUE, 0, 0, -10000000000000, %[2]d FROM stores AS s ORDER BY s.id", p.currency, p.from),
		"INSERT INTO bench_base SELECT 'account', MAX(id) FROM ledger_accounts",
		"CREATE TEMP TABLE bench_made (i INTEGER PRIMARY KEY, at INTEGER, done INTEGER, nth INTEGER, account_id INTEGER, account TEXT, wallet INTEGER, variant_id INTEGER, variant TEXT, "+
			"product TEXT, title TEXT, sku TEXT, store_id INTEGER, store TEXT, earnings INTEGER, chk TEXT, ord TEXT, pay TEXT, att TEXT)",
	)
}

// chunk is the statements that write orders from a number on.
func (p *past) chunk(from, n int) []string {
	s := fmt.Sprintf
	base := func(name string) string { return "(SELECT n FROM bench_base WHERE name = '" + name + "')" }
	contact := s(`'{"name":"%s","phone":"+9779800000001"}'`, buyerName)
	address := s(`'{"name":"%s","phone":"+9779800000001","line1":"12 Bazaar Road","line2":"","city":"Kathmandu","district":"","state":"","postal_code":"44600","country":"NP","lat":"","lng":"","instructions":""}'`, buyerName)
	return []string{
		"DELETE FROM bench_made",
		// Customers and variants go round at different speeds, so that each customer buys everything.
		s("INSERT INTO bench_made WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "+
			"SELECT n.i, %d + (n.i - 1) * %d, %d + (n.i - 1) * %d + %d, (n.i - 1) / %d + 1, a.id, a.public_id, w.id, v.id, v.public_id, p.public_id, p.title, v.sku, s.id, s.public_id, e.id, %s, %s, %s, %s "+
			"FROM n JOIN accounts AS a ON a.id = %d + (n.i + n.i / %d) %% %d JOIN ledger_accounts AS w ON w.key = 'wallet:' || a.public_id || ':%s' JOIN variants AS v ON v.id = 1 + (n.i - 1) %% %d "+
			"JOIN products AS p ON p.id = v.product_id JOIN stores AS s ON s.id = v.store_id JOIN ledger_accounts AS e ON e.key = 'store:' || s.public_id || ':earnings:%s'",
			from+1, from+n, p.from, p.step(), p.from, p.step(), p.step()/2, p.variants, p.id("chk", "n.i"), p.id("ord", "n.i"), p.id("pay", "n.i"), p.id("att", "n.i"),
			p.buyer, p.variants, p.accounts, p.currency, p.variants, p.currency),
		s("INSERT INTO checkouts (id, public_id, account_id, account, side, method, currency, goods, discount, tax, delivery, total, line_count, unit_count, contact, address, note, open, placed_at) "+
			"SELECT i, chk, account_id, account, 'sale', 'wallet', '%[1]s', %[2]d, 0, 0, 0, %[2]d, 1, 1, %[3]s, %[4]s, '', FALSE, at FROM bench_made ORDER BY i", p.currency, p.price, contact, address),
		s("INSERT INTO orders (id, public_id, checkout_id, store_id, account_id, side, state, cancel_reason, method, payment_status, currency, goods, discount, tax, delivery, total, fee, captured, refunded, "+
			"line_count, unit_count, placed_at, due_at, confirmed_at, shipped_at, delivered_at, completed_at, cancelled_at, updated_at, promotion) "+
			"SELECT i, ord, i, store_id, account_id, 'sale', '%[3]s', '', 'wallet', 'paid', '%[1]s', %[2]d, 0, 0, 0, %[2]d, 0, %[2]d, 0, 1, 1, at, 253370764800000000, at, done, done, done, NULL, done, 0 FROM bench_made ORDER BY i",
			p.currency, p.price, order.Completed),
		s("INSERT INTO order_lines (id, public_id, order_id, variant_id, variant, product, title, variant_title, options, sku, barcode, tracked, weight, unit_price, quantity, goods, discount, tax_bp, tax, total, fee, "+
			"list_price, discount_ref, discount_title, discount_by, tax_code) "+
			"SELECT i, %[1]s, i, variant_id, variant, product, title, '', '[]', sku, '', TRUE, 250, %[2]d, 1, %[2]d, 0, 0, 0, %[2]d, 0, %[2]d, '', '', '', '' FROM bench_made ORDER BY i", p.id("oln", "i"), p.price),
		s("INSERT INTO payments (id, public_id, payable_kind, payable, account_id, account, method, currency, amount, fee, captured, refunded, state, late, cancelled_by, window_until, completed_at, created_at, updated_at) "+
			"SELECT i, pay, 'checkout', chk, account_id, account, 'wallet', '%[1]s', %[2]d, 0, %[2]d, 0, 'completed', FALSE, '', 253370764800000000, at, at, at FROM bench_made ORDER BY i", p.currency, p.price),
		s("INSERT INTO payment_allocations (id, payment_id, order_ref, amount, captured, refunded, dropped) SELECT i, i, ord, %[1]d, %[1]d, 0, FALSE FROM bench_made ORDER BY i", p.price),
		s("INSERT INTO payment_attempts (id, public_id, payment_id, gateway, state, currency, amount, fee, reference, instrument, failure, expires_at, look_at, created_at, updated_at) "+
			"SELECT i, att, i, 'wallet', 'succeeded', '%[1]s', %[2]d, 0, NULL, '', '', at, at, at, at FROM bench_made ORDER BY i", p.currency, p.price),
		"INSERT INTO reservations (id, owner, variant_id, qty, state, created_at, updated_at) SELECT i, ord, variant_id, 1, 'sold', at, at FROM bench_made ORDER BY i",
		s("INSERT INTO stock_movements (id, public_id, variant_id, kind, available_delta, reserved_delta, available_after, reserved_after, subject, reason, note, actor, created_at) "+
			"SELECT %[1]s + i, %[2]s, variant_id, 'sell_now', -1, 0, %[3]d - nth, 0, ord, '', '', account, at FROM bench_made ORDER BY i", base("movement"), p.id("mov", "i"), plenty),
		s("INSERT INTO ledger_accounts (id, key, kind, owner, book, currency, guarded, balance, held, floor, created_at) "+
			"SELECT %[1]s + i, 'escrow:' || ord || ':%[2]s', 'escrow', ord, 'escrow:%[2]s', '%[2]s', FALSE, 0, 0, 0, at FROM bench_made ORDER BY i", base("account"), p.currency),
		s("INSERT INTO ledger_transfers (id, reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) "+
			"SELECT %[1]s + 2 * i - 1, 'pay:' || att, 1, 'wallet_pays', 'payment', wallet, %[2]s + i, %[3]d, '%[4]s', pay, at FROM bench_made ORDER BY i", base("transfer"), base("account"), p.price, p.currency),
		s("INSERT INTO ledger_transfers (id, reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at) "+
			"SELECT %[1]s + 2 * i, 'complete:' || ord, 1, 'sale_completed', 'escrow_release', %[2]s + i, earnings, %[3]d, '%[4]s', ord, done FROM bench_made ORDER BY i", base("transfer"), base("account"), p.price, p.currency),
		s(`INSERT INTO events (id, seq, type, subject, actor, facts, created_at) SELECT %[1]s + 2 * i - 1, %[2]s + 2 * i - 1, 'order.placed', ord, account, '{"checkout":"' || chk || '","currency":"%[3]s","method":"wallet",`+
			`"state":"confirmed","store":"' || store || '","total":"%[4]s"}', at FROM bench_made ORDER BY i`, base("event"), base("seq"), p.currency, price),
		s(`INSERT INTO events (id, seq, type, subject, actor, facts, created_at) SELECT %[1]s + 2 * i, %[2]s + 2 * i, 'order.completed', ord, account, '{"from":"delivered","to":"completed"}', done FROM bench_made ORDER BY i`,
			base("event"), base("seq")),
	}
}

// step is the time between two orders.
func (p *past) step() int64 { return (p.to - p.from) / int64(p.orders) }

// end brings everything that is kept as a sum in line with the orders: stock, balances, what was sold, what the
// followers of events have seen and what the trial balance begins from.
func (p *past) end() []string {
	s := fmt.Sprintf
	books := "SELECT a.book, a.kind, a.currency, SUM(m.came_in), SUM(m.went_out), %d FROM (SELECT to_id AS id, amount AS came_in, 0 AS went_out FROM ledger_transfers " +
		"UNION ALL SELECT from_id, 0, amount FROM ledger_transfers) AS m JOIN ledger_accounts AS a ON a.id = m.id GROUP BY a.book, a.kind, a.currency"
	return []string{
		"CREATE TEMP TABLE bench_sold AS SELECT variant_id, COUNT(*) AS n FROM order_lines GROUP BY variant_id",
		"UPDATE stock SET available = available - b.n FROM bench_sold AS b WHERE b.variant_id = stock.variant_id",
		"UPDATE listings SET sold = b.n FROM bench_sold AS b JOIN variants AS v ON v.id = b.variant_id WHERE v.product_id = listings.product_id",
		"UPDATE listing_places SET sold = l.sold FROM bench_sold AS b JOIN variants AS v ON v.id = b.variant_id JOIN listings AS l ON l.product_id = v.product_id WHERE listing_places.product_id = l.product_id",
		"CREATE TEMP TABLE bench_moved (account_id INTEGER PRIMARY KEY, n INTEGER)",
		s("INSERT INTO bench_moved SELECT o.account_id, SUM(o.total) FROM orders AS o GROUP BY o.account_id"),
		s("UPDATE ledger_accounts SET balance = balance - b.n FROM bench_moved AS b JOIN accounts AS a ON a.id = b.account_id WHERE ledger_accounts.key = 'wallet:' || a.public_id || ':%s'", p.currency),
		s("UPDATE ledger_accounts SET balance = b.n FROM (SELECT s.public_id, SUM(o.total) AS n FROM orders AS o JOIN stores AS s ON s.id = o.store_id GROUP BY s.public_id) AS b "+
			"WHERE ledger_accounts.key = 'store:' || b.public_id || ':earnings:%s'", p.currency),
		"UPDATE event_cursors SET seq = (SELECT MAX(seq) FROM events) WHERE follower <> ''",
		"DELETE FROM ledger_checkpoints", "DELETE FROM ledger_positions WHERE name = 'checkpoints'",
		"INSERT INTO ledger_checkpoints (book, kind, currency, came_in, went_out, updated_at) " + s(books, p.to),
		s("INSERT INTO ledger_positions (name, transfer_id, updated_at) SELECT 'checkpoints', MAX(id), %d FROM ledger_transfers", p.to),
		strings.Join([]string{"DROP TABLE bench_sold", "DROP TABLE bench_moved", "DROP TABLE bench_made", "DROP TABLE bench_base"}, ";"),
	}
}
