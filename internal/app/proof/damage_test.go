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

	"identity.roles":            {sql("DELETE FROM account_roles WHERE account_id = (SELECT MIN(id) FROM accounts)")},
	"identity.active":           {sql("UPDATE accounts SET state = 'deactivated' WHERE id = (SELECT MIN(account_id) FROM session_tokens)")},
	"identity.tokens":           {sql("UPDATE session_tokens SET account_id = (SELECT MAX(id) FROM accounts) WHERE account_id = (SELECT MIN(account_id) FROM session_tokens)")},
	"identity.words":            {sql("DELETE FROM account_words")},
	"identity.erased":           {sql("UPDATE accounts SET erased_at = 1, state = 'deactivated' WHERE id = (SELECT MIN(account_id) FROM account_words)")},
	"identity.erased_addresses": {sql("UPDATE accounts SET erased_at = 1, state = 'deactivated' WHERE id = (SELECT MIN(account_id) FROM addresses)")},
	"identity.addresses":        {sql("UPDATE addresses SET is_default = FALSE")},

	"store.owners": {sql("UPDATE store_people SET owner = FALSE"), sql("UPDATE stores SET owner_id = (SELECT MIN(id) FROM accounts WHERE id <> owner_id)")},

	"catalog.listings":  {sql("UPDATE listings SET title = 'Another'"), sql("DELETE FROM listings")},
	"catalog.spans":     {sql("UPDATE listings SET price_from = price_from - 1"), sql("UPDATE listings SET variant_count = 2")},
	"catalog.visible":   {sql("UPDATE listings SET visible = FALSE"), sql("UPDATE stores SET state = 'closed'"), sql("UPDATE listings SET state = 'draft'")},
	"catalog.prices":    {sql("UPDATE variants SET price = price + 1"), {free: []string{"price_changes"}, sql: []string{"DELETE FROM price_changes"}}},
	"catalog.published": {sql("UPDATE variants SET archived = TRUE")},
	"catalog.images":    {sql("UPDATE listings SET image = ''")},
	"catalog.stock":     {sql("UPDATE listings SET in_stock = FALSE")},
	"catalog.places":    {sql("UPDATE listing_places SET price = price + 1"), sql("DELETE FROM listing_places")},
	"catalog.counts":    {sql("UPDATE facet_counts SET n = n + 1"), sql("UPDATE listings SET on_sale = NOT on_sale")},
	"catalog.search":    {sql("DELETE FROM search_documents"), sql("UPDATE search_documents SET id = id + 1000")},
	"search.postings":   {sql("UPDATE search_documents SET id = id + 1000")},
	"blob.files":        {sql("UPDATE blobs SET size = size + 1")},
	"catalog.discounts": {sql("UPDATE discount_targets SET open = FALSE"), sql("UPDATE discounts SET due_at = due_at + 1 WHERE state = 'live'")},
	"cart.guests":       {sql("DELETE FROM guests")},

	"commission.figures": {sql("INSERT INTO statements (public_id, store_id, month, state, seen, orders, base, rate_bp, amount, currency, reference, note, created_at, updated_at) " +
		"SELECT 'stm_x', MIN(id), '2026-01', 'open', 0, 1, 1, 100, 0, 'NPR', '', '', 0, 0 FROM stores")},
	"invoice.self": {
		{free: []string{"self_invoices"}, sql: []string{"UPDATE self_invoices SET net = net + 1, total = total + 1"}}, {free: []string{"self_invoices"}, sql: []string{"DELETE FROM self_invoices"}},
		{free: []string{"self_invoices"}, sql: []string{"UPDATE self_invoices SET order_ref = 'ord_x'"}}, sql("UPDATE self_invoice_series SET last = last + 1"),
		{free: []string{"self_invoices"}, sql: []string{"UPDATE self_invoices SET content = '{}'"}},
	},
	"review.counts": {
		sql("UPDATE store_ratings SET four = four + 1"), sql("UPDATE product_ratings SET five = 0"), sql("DELETE FROM store_ratings"), sql("DELETE FROM product_ratings"),
		sql("UPDATE reviews SET stars = 1 WHERE product = ''"), sql("UPDATE reviews SET state = 'hidden', hide_reason = 'x'"), sql("DELETE FROM reviews"),
	},
	"review.bought": {
		sql("UPDATE reviews SET account_id = account_id + 1000"), sql("UPDATE reviews SET store_id = (SELECT MIN(id) FROM stores WHERE id <> store_id)"),
		sql("UPDATE reviews SET reference = (SELECT MIN(public_id) FROM orders WHERE state NOT IN ('delivered', 'completed'))"),
	},
	"storefront.shown":   {sql("UPDATE storefronts SET shown = NOT shown"), sql("UPDATE storefronts SET shown_until = shown_until + 1")},
	"subscription.spans": {sql("UPDATE subscriptions SET ends_at = ends_at + 1 WHERE state = 'active'")},
	"subscription.paid":  {sql("UPDATE subscriptions SET state = 'cancelled', due_at = NULL WHERE state = 'active'")},

	"rate.prices": {sql("UPDATE rates SET price = price + 1"), {free: []string{"rate_changes"}, sql: []string{"DELETE FROM rate_changes"}}},
	"rate.offers": {sql("UPDATE rates SET offered = FALSE"), sql("DELETE FROM service_areas"), sql("UPDATE materials SET active = FALSE")},

	"inventory.marks": {sql("UPDATE stock SET mark = 'out' WHERE mark = 'fine'")},
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
		sql("UPDATE ledger_accounts SET key = 'nonsense' WHERE id = (SELECT MIN(id) FROM ledger_accounts WHERE kind = 'wallet')"),
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

	"invoice.series": {
		sql("UPDATE invoice_series SET last = last + 1"), sql("DELETE FROM invoice_series"),
		{free: []string{"invoices"}, sql: []string{"UPDATE invoices SET serial = serial + 100 WHERE id = (SELECT MIN(id) FROM invoices)"}},
	},
	"invoice.figures": {
		{free: []string{"invoices"}, sql: []string{"UPDATE invoices SET net = net + 1, total = total + 1"}},
		{free: []string{"invoices"}, sql: []string{"UPDATE invoices SET number = 'X/1/1'"}},
		{free: []string{"invoices"}, sql: []string{"UPDATE invoices SET content = '{}'"}},
	},
	"invoice.orders": {
		{free: []string{"invoices"}, sql: []string{"UPDATE invoices SET net = net + 1, total = total + 1"}},
		sql("UPDATE orders SET delivery = delivery + 1, total = total + 1, captured = captured + 1 WHERE state = 'completed' AND captured > 0"),
	},
	"order.lines": {
		sql("UPDATE order_lines SET goods = goods + 1, total = total + 1"), sql("UPDATE order_lines SET fee = fee + 1"), sql("UPDATE orders SET unit_count = unit_count + 1"),
		sql("DELETE FROM order_lines"),
	},
	"order.promotions": {
		sql("UPDATE orders SET promotion = promotion - 1 WHERE promotion > 0"),
		{free: []string{"ledger_transfers"}, sql: []string{"UPDATE ledger_transfers SET amount = amount + 1 WHERE posting = 'market_discount'"}},
	},
	"order.cuts": {sql("UPDATE order_lines SET cut_total = 5")},
	"order.checkouts": {
		sql("UPDATE checkouts SET goods = goods + 1, total = total + 1"), sql("UPDATE orders SET checkout_id = (SELECT MIN(id) FROM checkouts WHERE id <> checkout_id)"),
	},
	"order.escrow": {
		sql("UPDATE orders SET state = 'completed' WHERE state = 'confirmed'"), sql("UPDATE orders SET refunded = captured, payment_status = 'refunded' WHERE state = 'confirmed' AND captured > 0"),
		sql("UPDATE orders SET refunded = 0, payment_status = 'paid' WHERE state = 'cancelled' AND captured > 0"),
		sql("UPDATE orders SET state = 'delivered' WHERE state = 'completed'"),
	},
	"order.split": {
		{free: []string{"ledger_transfers"}, sql: []string{
			"UPDATE ledger_transfers SET amount = amount + 1 WHERE kind = 'fee'", "UPDATE ledger_transfers SET amount = amount - 1 WHERE kind = 'escrow_release'",
		}},
	},
	"order.disputes": {
		sql("UPDATE orders SET disputed = FALSE WHERE disputed"), sql("UPDATE order_disputes SET state = 'withdrawn', decided_at = 1 WHERE state = 'open'"),
		sql("UPDATE orders SET due_at = 5 WHERE disputed"), sql("UPDATE orders SET frozen = TRUE WHERE state = 'completed'"),
	},
	"payment.settlements": {
		{free: []string{"payment_settlements"}, sql: []string{"UPDATE payment_settlements SET amount = amount + 1"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'provider_settles'"}},
	},
	"watch.flags": {sql("UPDATE watch_flags SET n = 0"), sql("UPDATE watch_flags SET rule = 'nothing'")},
	"wallet.payouts": {
		sql("UPDATE wallet_payouts SET amount = amount + 1"), sql("UPDATE wallet_payouts SET state = 'settled', settled_at = 1 WHERE state = 'approved'"),
		sql("UPDATE wallet_payouts SET decided_by = '' WHERE state = 'approved'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'payout_approved'"}},
	},
	"wallet.held": {
		sql("UPDATE wallet_payouts SET amount = amount + 1 WHERE state = 'requested'"), sql("UPDATE wallet_payouts SET state = 'cancelled' WHERE state = 'requested'"),
		sql("DELETE FROM wallet_payouts WHERE state = 'requested'"), sql("UPDATE ledger_holds SET state = 'voided', ended_at = 1 WHERE state = 'open'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'payout_approved'"}},
	},
	"wallet.debts": {
		{free: []string{"wallet_debt_payments"}, sql: []string{"UPDATE wallet_debt_payments SET amount = amount + 1"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'store_debt_paid'"}},
	},
	"order.refunds": {
		sql("UPDATE order_lines SET refund_total = refund_total + 1 WHERE refund_total + cut_total < total"), sql("UPDATE orders SET delivery_refunded = 1, delivery = delivery + 1, total = total + 1, captured = captured + 1 WHERE state = 'completed' AND captured > 0"),
		sql("UPDATE orders SET fee_back = fee_back + 1 WHERE fee > fee_back"), {free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE kind = 'fee_returned'"}},
	},
	"order.taken": {
		sql("UPDATE payment_allocations SET captured = 0, refunded = 0 WHERE captured > 0"), sql("UPDATE payment_allocations SET refunded = captured WHERE refunded < captured"),
	},
	"payment.proofs": {
		sql("UPDATE payment_proofs SET state = 'rejected', reference_key = NULL"), sql("UPDATE payment_proofs SET decided_by = ''"),
		sql("UPDATE payment_attempts SET state = 'failed' WHERE gateway = 'bank_transfer'"),
	},
	"order.payouts": {
		sql("UPDATE orders SET state = 'delivered' WHERE state = 'completed'"), sql("UPDATE orders SET state = 'completed' WHERE state = 'confirmed'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'sale_completed'"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'store_collected'"}},
	},
	"order.bought": {
		sql("UPDATE buyback_lines SET amount = amount + 1"), sql("UPDATE buyback_lines SET weighed = NULL"), sql("DELETE FROM buyback_lines"), sql("DELETE FROM pickups"),
		sql("UPDATE pickups SET open = FALSE WHERE open"), sql("UPDATE pickups SET paid = paid + 1 WHERE paid > 0"),
		sql("UPDATE orders SET state = 'cancelled', cancel_reason = 'x' WHERE side = 'buyback' AND state = 'completed'"),
	},
	"order.bought_paid": {
		sql("UPDATE pickups SET paid_by = 'cash' WHERE paid_by = 'wallet'"), sql("UPDATE orders SET fee = fee + 1 WHERE side = 'buyback'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'buyback_by_wallet'"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'store_collected'"}},
	},
	"order.goods": {
		sql("UPDATE orders SET state = 'confirmed' WHERE state = 'pending'"), sql("UPDATE orders SET state = 'pending' WHERE state = 'confirmed'"),
		sql("UPDATE reservations SET state = 'released' WHERE state = 'live'"), sql("UPDATE orders SET state = 'cancelled', cancel_reason = 'x' WHERE state = 'awaiting_payment'"),
		sql("UPDATE reservations SET state = 'released' WHERE state = 'sold'"), sql("UPDATE reservations SET state = 'sold' WHERE state = 'returned'"),
		sql("UPDATE reservations SET qty = qty + 1 WHERE state = 'sold'"),
	},

	"wallet.topups": {
		sql("UPDATE wallet_topups SET amount = amount + 1"), sql("UPDATE wallet_topups SET state = 'expired', paid_at = NULL WHERE state = 'paid'"),
		sql("UPDATE wallet_topups SET state = 'paid', paid_at = 1 WHERE state = 'pending'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'top_up'"}},
	},
	"delivery.load":    {sql("UPDATE couriers SET jobs = 0, load = 0"), sql("UPDATE deliveries SET weight = weight + 1")},
	"delivery.history": {{free: []string{"delivery_events"}, sql: []string{"DELETE FROM delivery_events WHERE id = (SELECT MAX(id) FROM delivery_events)"}}},
	"delivery.lines":   {sql("UPDATE delivery_lines SET quantity = quantity + 1"), sql("UPDATE order_lines SET carried = 0 WHERE carried > 0")},
	"delivery.parts":   {sql("UPDATE deliveries SET cash = cash + 1 WHERE cash_state = 'carried'")},
	"delivery.aside":   {sql("UPDATE ledger_holds SET amount = amount + 1 WHERE reference LIKE 'fetch-%'"), sql("UPDATE deliveries SET pay_most = pay_most + 1 WHERE side = 'buyback' AND open")},
	"delivery.paid": {
		sql("UPDATE deliveries SET fee = fee + 1 WHERE state = 'delivered'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'delivery_done'"}},
		sql("UPDATE deliveries SET cash = cash + 1 WHERE cash_state = 'carried'"), sql("UPDATE deliveries SET cash_state = '' WHERE cash_state = 'carried'"),
		sql("UPDATE deliveries SET cash_state = 'handed_in' WHERE cash_state = 'carried'"), sql("UPDATE deliveries SET cash_state = 'carried' WHERE cash_state = 'handed_in'"),
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'cash_delivered'"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'cash_handed_in'"}},
	},

	"wallet.credits": {
		{free: []string{"wallet_credits"}, sql: []string{"UPDATE wallet_credits SET amount = amount + 1"}},
		{free: []string{"ledger_transfers"}, sql: []string{"DELETE FROM ledger_transfers WHERE posting = 'opening_balance'"}},
	},
}
