package proof_test

// damage is one way to falsify the books behind the market's back. What stands in its way is taken away first: the
// triggers that keep a table append-only, and constraints. Nothing of it stays.
type damage struct {
	free []string    // append-only tables that it changes
	drop [][2]string // table and constraint
	sql  []string    // each changes at least one row
}

func sql(texts ...string) damage { return damage{sql: texts} }

// damages are, for every rule of the market, the ways in which it can be broken.
var damages = map[string][]damage{
	"event.dense": {
		{free: []string{"events"}, sql: []string{"DELETE FROM events WHERE seq = (SELECT MAX(seq) - 1 FROM events)"}},
		{free: []string{"events"}, sql: []string{"DELETE FROM events WHERE seq = 1"}},
	},
	"event.followers": {sql("INSERT INTO event_cursors (follower, seq, updated_at) VALUES ('nobody', 1000000000, 0)")},

	"identity.roles":     {sql("DELETE FROM account_roles WHERE account_id = (SELECT MIN(id) FROM accounts)")},
	"identity.active":    {sql("UPDATE accounts SET state = 'deactivated' WHERE id = (SELECT MIN(account_id) FROM session_tokens)")},
	"identity.tokens":    {sql("UPDATE session_tokens SET account_id = (SELECT MAX(id) FROM accounts) WHERE account_id = (SELECT MIN(account_id) FROM session_tokens)")},
	"identity.addresses": {sql("UPDATE addresses SET is_default = FALSE")},

	"store.owners": {sql("UPDATE store_people SET owner = FALSE"), sql("UPDATE stores SET owner_id = (SELECT MIN(id) FROM accounts WHERE id <> owner_id)")},

	"catalog.listings":  {sql("UPDATE listings SET title = 'Another'"), sql("DELETE FROM listings")},
	"catalog.spans":     {sql("UPDATE listings SET price_from = price_from - 1"), sql("UPDATE listings SET variant_count = 2")},
	"catalog.visible":   {sql("UPDATE listings SET visible = FALSE"), sql("UPDATE stores SET state = 'closed'"), sql("UPDATE listings SET state = 'draft'")},
	"catalog.prices":    {sql("UPDATE variants SET price = price + 1"), {free: []string{"price_changes"}, sql: []string{"DELETE FROM price_changes"}}},
	"catalog.published": {sql("UPDATE variants SET archived = TRUE")},

	"inventory.bounds": {
		{drop: [][2]string{{"stock", "stock_available_check"}}, sql: []string{"UPDATE stock SET available = -1"}},
		{drop: [][2]string{{"stock", "stock_reserved_check"}}, sql: []string{"UPDATE stock SET reserved = -1"}},
	},
	"inventory.reserved": {
		sql("UPDATE stock SET reserved = reserved + 1"), sql("UPDATE reservations SET state = 'released' WHERE state = 'live'"),
		sql("UPDATE reservations SET qty = qty + 1 WHERE state = 'live'"), sql("DELETE FROM stock"),
	},
	"inventory.movements": {
		sql("UPDATE stock SET available = available + 1"), sql("DELETE FROM stock"),
		{free: []string{"stock_movements"}, sql: []string{"DELETE FROM stock_movements WHERE id = (SELECT MAX(id) FROM stock_movements)"}},
	},
	"inventory.walk": {
		{free: []string{"stock_movements"}, sql: []string{"UPDATE stock_movements SET available_after = available_after + 1 WHERE id = (SELECT MIN(id) FROM stock_movements)"}},
		{free: []string{"stock_movements"}, sql: []string{"DELETE FROM stock_movements WHERE id = (SELECT MIN(id) FROM stock_movements)"}},
	},

	"ledger.accounts": {
		sql("UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'wallet'"),
		sql("UPDATE ledger_accounts SET held = held + 1 WHERE kind = 'wallet'"),
		sql("UPDATE ledger_accounts SET owner = 'acc_another' WHERE kind = 'wallet'"),
		sql("UPDATE ledger_accounts SET key = 'nonsense' WHERE kind = 'wallet'"),
		sql("UPDATE ledger_holds SET state = 'voided', ended_at = 1 WHERE state = 'open'"),
		// A wallet that promises more than it has.
		{drop: [][2]string{{"ledger_accounts", "ledger_accounts_floor_check"}}, sql: []string{
			"UPDATE ledger_accounts SET held = 900000000 WHERE kind = 'wallet'", "UPDATE ledger_holds SET amount = 900000000 WHERE state = 'open'",
		}},
		// An escrow that pays out more than came in.
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE reference IN (SELECT reference FROM ledger_transfers WHERE posting = 'wallet_pays')"}},
	},
	"ledger.postings": {
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET posting = 'payout_bounced' WHERE id = (SELECT MIN(id) FROM ledger_transfers)"}},
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET kind = 'tax' WHERE id = (SELECT MIN(id) FROM ledger_transfers)"}},
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET currency = 'INR' WHERE id = (SELECT MIN(id) FROM ledger_transfers)"}},
	},
	"ledger.legs": {
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET from_id = 1000000 WHERE id = (SELECT MIN(id) FROM ledger_transfers)"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE leg = 1 AND reference IN (SELECT reference FROM ledger_transfers WHERE leg = 2)"}},
	},
	"ledger.holds": {sql("UPDATE ledger_holds SET posted = posted - 1 WHERE state = 'posted'")},
	"ledger.checkpoints": {
		sql("UPDATE ledger_checkpoints SET came_in = came_in + 1"), sql("DELETE FROM ledger_checkpoints WHERE book = (SELECT MIN(book) FROM ledger_checkpoints)"),
		sql("UPDATE ledger_positions SET transfer_id = transfer_id - 1"),
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET amount = amount + 1 WHERE id = (SELECT MIN(id) FROM ledger_transfers)"}},
	},

	"payment.shares": {
		sql("UPDATE payment_allocations SET amount = amount + 1 WHERE captured = 0"), sql("UPDATE payments SET refunded = refunded + 1 WHERE captured > refunded"),
		sql("UPDATE payment_allocations SET captured = 0, refunded = 0", "UPDATE payments SET captured = 0, refunded = 0 WHERE state = 'completed'"),
		sql("UPDATE payments SET state = 'expired', completed_at = NULL WHERE captured > 0"),
	},
	"payment.attempts": {
		sql("UPDATE payment_attempts SET state = 'failed' WHERE state = 'succeeded'"), sql("UPDATE payment_attempts SET fee = fee + 1 WHERE state = 'succeeded'"),
		sql("UPDATE payments SET state = 'pending', completed_at = NULL WHERE captured > 0"), sql("UPDATE payments SET fee = fee + 1 WHERE state = 'completed'"),
	},
	"payment.refunds": {
		sql("UPDATE refunds SET amount = amount + 1"), sql("UPDATE refunds SET fee = 1000000"), sql("DELETE FROM refunds"),
	},
	"payment.books": {
		sql("UPDATE payment_attempts SET state = 'expired' WHERE state = 'succeeded'"), sql("UPDATE payment_attempts SET amount = amount + 1 WHERE state = 'succeeded'"),
		sql("UPDATE payment_attempts SET state = 'duplicate' WHERE state = 'succeeded'"), sql("UPDATE refunds SET state = 'requested' WHERE state = 'completed'"),
		sql("UPDATE refunds SET amount = amount + 1"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'online_capture'"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'refund_confirmed'"}},
	},

	"order.lines": {
		sql("UPDATE order_lines SET goods = goods + 1, total = total + 1"), sql("UPDATE order_lines SET fee = fee + 1"), sql("UPDATE orders SET unit_count = unit_count + 1"),
		sql("DELETE FROM order_lines"),
	},
	"order.checkouts": {
		sql("UPDATE checkouts SET goods = goods + 1, total = total + 1"), sql("UPDATE orders SET checkout_id = (SELECT MIN(id) FROM checkouts WHERE id <> checkout_id)"),
	},
	"order.escrow": {
		sql("UPDATE orders SET state = 'completed' WHERE state = 'confirmed'"), sql("UPDATE orders SET refunded = captured, payment_status = 'refunded' WHERE state = 'confirmed' AND total > 0"),
		sql("UPDATE orders SET refunded = 0, payment_status = 'paid' WHERE state = 'cancelled' AND captured > 0"),
		sql("UPDATE orders SET state = 'delivered' WHERE state = 'completed'"),
	},
	"order.payouts": {
		sql("UPDATE orders SET state = 'delivered' WHERE state = 'completed'"), sql("UPDATE orders SET state = 'completed' WHERE state = 'confirmed'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'sale_completed'"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'store_collected'"}},
	},
	"order.goods": {
		sql("UPDATE orders SET state = 'confirmed' WHERE state = 'pending'"), sql("UPDATE orders SET state = 'pending' WHERE state = 'confirmed'"),
		sql("UPDATE reservations SET state = 'released' WHERE state = 'live'"), sql("UPDATE orders SET state = 'cancelled', cancel_reason = 'x' WHERE state = 'awaiting_payment'"),
		sql("UPDATE reservations SET state = 'released' WHERE state = 'sold'"), sql("UPDATE reservations SET state = 'sold' WHERE state = 'returned'"),
		sql("UPDATE reservations SET qty = qty + 1 WHERE state = 'sold'"),
	},

	"wallet.credits": {
		{free: []string{"wallet_credits"}, sql: []string{"UPDATE wallet_credits SET amount = amount + 1"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'opening_balance'"}},
	},
}
