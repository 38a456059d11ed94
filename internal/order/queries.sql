-- name: CountOpenCheckouts :one
SELECT COUNT(*) FROM checkouts WHERE account_id = $1 AND open;

-- name: HeldBy :many
SELECT l.variant_id, COALESCE(SUM(l.quantity), 0)::bigint AS quantity
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.account_id = sqlc.arg(account_id) AND (o.state = 'awaiting_payment' OR o.state = 'pending') AND l.variant_id = ANY(sqlc.arg(variants)::bigint[])
GROUP BY l.variant_id;

-- name: CountUnanswered :one
SELECT COUNT(DISTINCT checkout_id) FROM orders WHERE account_id = $1 AND state = 'pending' AND side = 'sale';

-- name: InsertCheckout :one
INSERT INTO checkouts (public_id, account_id, account, side, method, currency, goods, discount, tax, delivery, total, line_count, unit_count, contact, address, note, open, placed_at)
VALUES ($1, $2, $3, sqlc.arg(side), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
RETURNING id;

-- name: InsertOrder :one
INSERT INTO orders (public_id, checkout_id, store_id, account_id, side, state, cancel_reason, method, payment_status, currency, goods, discount, tax, delivery, total, fee, captured, refunded, line_count, unit_count, placed_at, due_at, confirmed_at, updated_at, promotion)
VALUES ($1, $2, $3, $4, sqlc.arg(side), $5, '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18, sqlc.arg(due_at), sqlc.narg(confirmed_at), $18, sqlc.arg(promotion))
RETURNING id;

-- name: InsertLines :batchexec
INSERT INTO order_lines (public_id, order_id, variant_id, variant, product, title, variant_title, options, sku, barcode, tracked, weight, unit_price, quantity, goods, discount, tax_bp, tax, total, fee, image,
  list_price, discount_ref, discount_title, discount_by, tax_code)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26);

-- name: GetCheckout :one
SELECT * FROM checkouts WHERE public_id = $1;

-- name: GetCheckoutByID :one
SELECT * FROM checkouts WHERE id = $1;

-- name: CheckoutsByID :many
SELECT * FROM checkouts WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: LockCheckout :one
SELECT * FROM checkouts WHERE public_id = $1 FOR UPDATE;

-- The same locks for who reads what they guard later, or nothing of it.
-- name: HoldCheckout :one
SELECT id FROM checkouts WHERE public_id = $1 FOR UPDATE;

-- name: HoldOrdersOfCheckout :many
SELECT id FROM orders WHERE checkout_id = $1 ORDER BY id FOR UPDATE;

-- name: LockCheckoutByID :one
SELECT * FROM checkouts WHERE id = $1 FOR UPDATE;

-- name: CloseCheckout :exec
UPDATE checkouts SET open = FALSE WHERE id = $1;

-- name: SetCheckoutMethod :exec
UPDATE checkouts SET method = $2, open = FALSE WHERE id = $1;

-- name: GetOrder :one
SELECT * FROM orders WHERE public_id = $1;

-- name: ContactOfOrder :one
SELECT c.contact FROM orders o JOIN checkouts c ON c.id = o.checkout_id WHERE o.public_id = $1;

-- name: OrdersOfCheckout :many
SELECT * FROM orders WHERE checkout_id = $1 ORDER BY id;

-- name: LockOrdersOfCheckout :many
SELECT * FROM orders WHERE checkout_id = $1 ORDER BY id FOR UPDATE;

-- name: LockOrder :one
SELECT * FROM orders WHERE id = $1 FOR UPDATE;

-- name: UpdateOrder :execrows
UPDATE orders SET state = sqlc.arg(state), cancel_reason = sqlc.arg(cancel_reason), method = sqlc.arg(method), payment_status = sqlc.arg(payment_status),
  captured = sqlc.arg(captured), refunded = sqlc.arg(refunded), promotion_back = sqlc.arg(promotion_back), due_at = sqlc.arg(due_at), confirmed_at = sqlc.narg(confirmed_at), shipped_at = sqlc.narg(shipped_at),
  delivered_at = sqlc.narg(delivered_at), completed_at = sqlc.narg(completed_at), cancelled_at = sqlc.narg(cancelled_at), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: LinesOfOrders :many
SELECT * FROM order_lines WHERE order_id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY order_id, id;

-- name: UnitsOfOrders :many
SELECT o.public_id AS order_ref, l.product, l.quantity FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
WHERE o.public_id = ANY(sqlc.arg(orders)::text[]) ORDER BY l.id;

-- name: OrdersDue :many
SELECT public_id FROM orders WHERE due_at <= $1 AND due_at < 253370764800000000 ORDER BY due_at, id LIMIT 50;

-- name: AnyCheckout :one
SELECT COUNT(*) FROM (SELECT 1 FROM checkouts LIMIT 1) AS one;

-- name: VerifyOrders :many
SELECT o.id, o.public_id, o.state, o.channel, o.method, o.goods, o.discount, o.tax, o.delivery, o.total, o.fee, o.captured, o.refunded, o.line_count, o.unit_count, o.currency, o.promotion, o.promotion_back,
  o.clawed, o.promotion_clawed, o.fee_back, o.delivery_refunded, o.disputed, o.frozen, o.due_at, COALESCE(SUM(l.cut_total + l.refund_total), 0)::bigint AS lines_refunded, COALESCE(SUM(l.fee_back), 0)::bigint AS lines_fee_back,
  COALESCE(SUM(l.goods), 0)::bigint AS lines_goods, COALESCE(SUM(l.discount), 0)::bigint AS lines_discount, COALESCE(SUM(l.discount) FILTER (WHERE l.discount_by = 'platform'), 0)::bigint AS lines_promotion, COALESCE(SUM(l.promotion_cut), 0)::bigint AS lines_back,
  COUNT(*) FILTER (WHERE l.discount > 0 AND l.discount_by = '') AS unnamed, COALESCE(SUM(l.tax), 0)::bigint AS lines_tax,
  COALESCE(SUM(l.fee), 0)::bigint AS lines_fee, COUNT(l.id) FILTER (WHERE l.cut_quantity < l.quantity) AS lines_count, COALESCE(SUM(l.quantity - l.cut_quantity), 0)::bigint AS lines_units
FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
WHERE o.id > $1 AND o.side = 'sale'
GROUP BY o.id, o.public_id, o.state, o.channel, o.method, o.goods, o.discount, o.tax, o.delivery, o.total, o.fee, o.captured, o.refunded, o.line_count, o.unit_count, o.currency, o.promotion, o.promotion_back,
  o.clawed, o.promotion_clawed, o.fee_back, o.delivery_refunded, o.disputed, o.frozen, o.due_at
ORDER BY o.id LIMIT 1000;

-- name: VerifyCheckouts :many
SELECT c.id, c.public_id, c.goods, c.discount, c.tax, c.delivery, c.total, COALESCE(SUM(o.goods), 0)::bigint AS orders_goods, COALESCE(SUM(o.total), 0)::bigint AS orders_total,
  COALESCE(SUM(o.discount), 0)::bigint AS orders_discount
FROM checkouts c LEFT JOIN orders o ON o.checkout_id = c.id
WHERE c.id > $1 GROUP BY c.id, c.public_id, c.goods, c.discount, c.tax, c.delivery, c.total ORDER BY c.id LIMIT 1000;

-- name: TrackedUnits :many
SELECT order_id, COALESCE(SUM(quantity - cut_quantity), 0)::bigint AS units FROM order_lines WHERE order_id = ANY(sqlc.arg(ids)::bigint[]) AND tracked GROUP BY order_id;

-- name: GuestOrdersByReference :many
SELECT g.order_id, g.store_id, g.fingerprint, o.public_id FROM guest_orders AS g JOIN orders AS o ON o.id = g.order_id
WHERE g.requester = sqlc.arg(requester) AND g.reference = sqlc.arg(reference) ORDER BY g.id;

-- name: CountPendingGuestOrders :one
SELECT COUNT(*) FROM guest_orders AS g JOIN orders AS o ON o.id = g.order_id
WHERE g.requester = sqlc.arg(requester) AND g.created_at > sqlc.arg(since) AND o.state = 'pending';

-- name: InsertGuestOrder :exec
INSERT INTO guest_orders (order_id, store_id, requester, reference, fingerprint, token_hash, created_at)
VALUES (sqlc.arg(order_id), sqlc.arg(store_id), sqlc.arg(requester), sqlc.arg(reference), sqlc.arg(fingerprint), sqlc.arg(token_hash), sqlc.arg(created_at));

-- name: MarkGuestOrder :execrows
UPDATE orders SET channel = 'guest', reference = sqlc.arg(reference), due_at = sqlc.arg(due_at) WHERE public_id = sqlc.arg(public_id);

-- name: OrderByToken :one
SELECT o.public_id FROM guest_orders AS g JOIN orders AS o ON o.id = g.order_id WHERE g.token_hash = sqlc.arg(token_hash);

-- name: RequesterByToken :one
SELECT requester FROM guest_orders WHERE token_hash = sqlc.arg(token_hash);

-- name: UnclaimedOf :many
SELECT o.public_id FROM guest_orders AS g JOIN orders AS o ON o.id = g.order_id
WHERE g.requester = sqlc.arg(requester) AND o.account_id = 0 ORDER BY g.id LIMIT 100;

-- name: ClaimOrder :execrows
UPDATE orders SET account_id = sqlc.arg(account_id) WHERE id = sqlc.arg(id) AND account_id = 0;

-- name: ClaimCheckout :execrows
UPDATE checkouts SET account_id = sqlc.arg(account_id), account = sqlc.arg(account) WHERE id = sqlc.arg(id) AND account_id = 0;

-- name: SetTracked :exec
UPDATE order_lines SET tracked = sqlc.arg(tracked) WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: LastOrder :one
SELECT COALESCE(MAX(id), 0)::bigint FROM orders;

-- name: OrderFrom :one
SELECT id, placed_at FROM orders WHERE id >= sqlc.arg(id) ORDER BY id LIMIT 1;

-- name: CountOrdersDue :one
SELECT COUNT(*) FILTER (WHERE d.state = 'pending') AS unanswered, COUNT(*) FILTER (WHERE d.state = 'delivered') AS releases
FROM (SELECT state FROM orders WHERE due_at <= sqlc.arg(now) AND due_at < 253370764800000000 AND side = 'sale' ORDER BY due_at LIMIT 1000) AS d;

-- name: PendingDue :many
SELECT * FROM orders WHERE due_at <= sqlc.arg(now) AND due_at < 253370764800000000 AND state = 'pending' AND side = 'sale' ORDER BY due_at, id LIMIT 50;

-- name: OrdersOfCheckouts :many
SELECT o.* FROM orders AS o JOIN checkouts AS c ON c.id = o.checkout_id WHERE c.public_id = ANY(sqlc.arg(checkouts)::text[]) ORDER BY o.id;

-- name: CutLine :execrows
UPDATE order_lines SET cut_quantity = cut_quantity + sqlc.arg(quantity)::bigint, cut_total = cut_total + sqlc.arg(amount)::bigint, refund_total = refund_total - sqlc.arg(moved)::bigint, fee = fee - sqlc.arg(fee)::bigint,
  promotion_cut = promotion_cut + sqlc.arg(promotion)::bigint, goods = goods - sqlc.arg(goods)::bigint, discount = discount - sqlc.arg(discount)::bigint, tax = tax - sqlc.arg(tax)::bigint, total = total - sqlc.arg(total)::bigint
WHERE id = sqlc.arg(id) AND cut_quantity + sqlc.arg(quantity)::bigint <= quantity;

-- name: CutOrder :execrows
UPDATE orders SET goods = sqlc.arg(goods), discount = sqlc.arg(discount), tax = sqlc.arg(tax), total = sqlc.arg(total), fee = sqlc.arg(fee), refunded = sqlc.arg(refunded),
  promotion = sqlc.arg(promotion), promotion_back = sqlc.arg(promotion_back), payment_status = sqlc.arg(payment_status), line_count = sqlc.arg(line_count), unit_count = sqlc.arg(unit_count), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: CutCheckout :exec
UPDATE checkouts SET goods = goods - sqlc.arg(goods)::bigint, discount = discount - sqlc.arg(discount)::bigint, tax = tax - sqlc.arg(tax)::bigint, total = total - sqlc.arg(total)::bigint,
  line_count = line_count - sqlc.arg(line_count)::bigint, unit_count = unit_count - sqlc.arg(unit_count)::bigint WHERE id = sqlc.arg(id);

-- name: VerifyCuts :many
SELECT o.id, o.public_id, o.captured, o.refunded, COALESCE(SUM(l.cut_total), 0)::bigint AS cut,
  COUNT(l.id) FILTER (WHERE l.cut_quantity < 0 OR l.cut_quantity > l.quantity OR l.cut_total < 0) AS broken
FROM orders o JOIN order_lines l ON l.order_id = o.id
WHERE o.id > $1 GROUP BY o.id, o.public_id, o.captured, o.refunded ORDER BY o.id LIMIT 1000;

-- name: SetStoreNote :exec
UPDATE orders SET store_note = sqlc.arg(store_note), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id);

-- name: TouchOrder :exec
UPDATE orders SET updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id);

-- name: SetDelivery :exec
UPDATE checkouts SET contact = sqlc.arg(contact), address = sqlc.arg(address), note = sqlc.arg(note) WHERE id = sqlc.arg(id);

-- name: HasRunningOrder :one
SELECT EXISTS (SELECT 1 FROM orders WHERE account_id = $1
    AND state IN ('awaiting_payment', 'pending', 'confirmed', 'processing', 'shipped', 'delivered', 'returning'));

-- name: StandingsOf :many
SELECT o.public_id, o.store_id, o.account_id, o.state, o.currency, o.total, o.refunded,
  (SELECT COALESCE(SUM(l.cut_total), 0)::bigint FROM order_lines AS l WHERE l.order_id = o.id)::bigint AS cut
FROM orders AS o WHERE o.public_id = ANY(sqlc.arg(orders)::text[]) ORDER BY o.id;

-- name: RefundLines :batchexec
UPDATE order_lines SET refund_quantity = refund_quantity + sqlc.arg(quantity)::bigint, refund_total = refund_total + sqlc.arg(amount)::bigint, fee = fee - sqlc.arg(fee_off)::bigint,
  fee_back = fee_back + sqlc.arg(fee_back)::bigint, promotion_cut = promotion_cut + sqlc.arg(promotion)::bigint WHERE id = sqlc.arg(id);

-- name: RefundOrder :execrows
UPDATE orders SET refunded = sqlc.arg(refunded), payment_status = sqlc.arg(payment_status), fee = sqlc.arg(fee), fee_back = sqlc.arg(fee_back), promotion_back = sqlc.arg(promotion_back),
  promotion_clawed = sqlc.arg(promotion_clawed), clawed = sqlc.arg(clawed), delivery_refunded = sqlc.arg(delivery_refunded), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: CountOpenPickups :one
SELECT COUNT(*) FROM orders WHERE account_id = $1 AND side = 'buyback' AND (state = 'pending' OR state = 'confirmed');

-- name: InsertPickup :exec
INSERT INTO pickups (order_id, store_id, account_id, postal_code, day, slot, open, otp_no, tries, fee_bp, paid, paid_by, flagged, weighed_by, month)
VALUES (sqlc.arg(order_id), sqlc.arg(store_id), sqlc.arg(account_id), sqlc.arg(postal_code), sqlc.arg(day), sqlc.arg(slot), TRUE, 1, 0, sqlc.arg(fee_bp), 0, '', FALSE, '', '');

-- name: InsertBuybackLines :batchexec
INSERT INTO buyback_lines (public_id, order_id, rate, material, title, unit, tax_code, unit_price, ordered, weighed, amount, tax_bp, tax, fee)
VALUES (sqlc.arg(public_id), sqlc.arg(order_id), sqlc.arg(rate), sqlc.arg(material), sqlc.arg(title), sqlc.arg(unit), sqlc.arg(tax_code), sqlc.arg(unit_price),
  sqlc.arg(ordered), sqlc.narg(weighed), sqlc.arg(amount), sqlc.arg(tax_bp), sqlc.arg(tax), sqlc.arg(fee));

-- name: PickupOf :one
SELECT * FROM pickups WHERE order_id = $1;

-- name: PickupsOf :many
SELECT * FROM pickups WHERE order_id = ANY(sqlc.arg(orders)::bigint[]) ORDER BY order_id;

-- name: BuybackLines :many
SELECT * FROM buyback_lines WHERE order_id = $1 ORDER BY id;

-- name: SetPickup :execrows
UPDATE pickups SET day = sqlc.arg(day), slot = sqlc.arg(slot), missed_at = sqlc.narg(missed_at), open = sqlc.arg(open) WHERE order_id = sqlc.arg(order_id) AND open;

-- name: SetPickupPlace :execrows
UPDATE pickups SET postal_code = sqlc.arg(postal_code) WHERE order_id = sqlc.arg(order_id) AND open;

-- name: CountOTP :execrows
UPDATE pickups SET tries = tries + 1 WHERE order_id = $1 AND open AND tries < 5;

-- name: RenewOTP :execrows
UPDATE pickups SET otp_no = otp_no + 1, tries = 0 WHERE order_id = $1 AND open;

-- name: CompletePickup :execrows
UPDATE pickups SET open = FALSE, paid = sqlc.arg(paid), paid_by = sqlc.arg(paid_by), flagged = sqlc.arg(flagged), weighed_by = sqlc.arg(weighed_by),
  month = sqlc.arg(month), completed_at = sqlc.arg(completed_at)::bigint
WHERE order_id = sqlc.arg(order_id) AND open;

-- name: WeighLines :batchexec
UPDATE buyback_lines SET weighed = sqlc.arg(weighed)::bigint, amount = sqlc.arg(amount), tax = sqlc.arg(tax), fee = sqlc.arg(fee) WHERE id = sqlc.arg(id) AND weighed IS NULL;

-- name: VerifyBuybacks :many
SELECT o.id, o.public_id, o.state, o.goods, o.tax, o.fee, o.total, o.captured, o.currency, p.open, p.paid, p.paid_by, p.month,
  COALESCE(SUM(l.amount), 0)::bigint AS lines_amount, COALESCE(SUM(l.tax), 0)::bigint AS lines_tax, COALESCE(SUM(l.fee), 0)::bigint AS lines_fee,
  COUNT(l.id) AS lines_count, COUNT(l.weighed) AS lines_weighed
FROM orders AS o JOIN pickups AS p ON p.order_id = o.id LEFT JOIN buyback_lines AS l ON l.order_id = o.id
WHERE o.id > $1 AND o.side = 'buyback'
GROUP BY o.id, o.public_id, o.state, o.goods, o.tax, o.fee, o.total, o.captured, o.currency, p.open, p.paid, p.paid_by, p.month
ORDER BY o.id LIMIT 1000;

-- name: UnfetchedBuybacks :many
SELECT o.public_id FROM orders AS o WHERE o.side = 'buyback' AND NOT EXISTS (SELECT 1 FROM pickups AS p WHERE p.order_id = o.id) ORDER BY o.id LIMIT 100;

-- name: SetFrozen :execrows
UPDATE orders SET disputed = sqlc.arg(disputed), frozen = sqlc.arg(frozen), due_at = sqlc.arg(due_at), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: InsertDispute :one
INSERT INTO order_disputes (public_id, order_id, order_ref, store_id, account_id, account, state, reason, text, lines, currency, answer_until, answered_at, outcome, given, note, decided_by, decided_at, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(order_id), sqlc.arg(order_ref), sqlc.arg(store_id), sqlc.arg(account_id), sqlc.arg(account), 'open', sqlc.arg(reason), sqlc.arg(text), sqlc.arg(lines),
  sqlc.arg(currency), sqlc.arg(answer_until), NULL, '', 0, '', '', NULL, sqlc.arg(created_at))
RETURNING id;

-- name: Dispute :one
SELECT * FROM order_disputes WHERE public_id = sqlc.arg(public_id);

-- name: OpenDispute :one
SELECT * FROM order_disputes WHERE order_id = sqlc.arg(order_id) AND state = 'open';

-- name: DisputesOfOrder :many
SELECT * FROM order_disputes WHERE order_id = sqlc.arg(order_id) ORDER BY id DESC LIMIT 10;

-- name: CountDisputes :one
SELECT COUNT(*) FROM order_disputes WHERE order_id = sqlc.arg(order_id);

-- name: EndDispute :execrows
UPDATE order_disputes SET state = sqlc.arg(state), outcome = sqlc.arg(outcome), given = sqlc.arg(given), note = sqlc.arg(note), decided_by = sqlc.arg(decided_by),
  decided_at = sqlc.arg(decided_at)::bigint WHERE id = sqlc.arg(id) AND state = 'open';

-- name: AnswerDispute :exec
UPDATE order_disputes SET answered_at = sqlc.arg(at)::bigint WHERE id = sqlc.arg(id) AND answered_at IS NULL;

-- name: InsertDisputeMessage :exec
INSERT INTO order_dispute_messages (dispute_id, party, account, text, created_at) VALUES (sqlc.arg(dispute_id), sqlc.arg(party), sqlc.arg(account), sqlc.arg(text), sqlc.arg(created_at));

-- name: DisputeMessages :many
SELECT * FROM order_dispute_messages WHERE dispute_id = sqlc.arg(dispute_id) ORDER BY id LIMIT 500;

-- name: CountDisputeMessages :one
SELECT COUNT(*) FROM order_dispute_messages WHERE dispute_id = sqlc.arg(dispute_id);

-- name: OpenDisputesOf :many
SELECT order_id, COUNT(*) AS open FROM order_disputes WHERE order_id = ANY(sqlc.arg(orders)::bigint[]) AND state = 'open' GROUP BY order_id;
-- name: BoughtStores :many
SELECT DISTINCT store_id FROM pickups WHERE completed_at IS NOT NULL AND month = sqlc.arg(month) AND store_id > sqlc.arg(after)::bigint ORDER BY store_id LIMIT 200;

-- name: BoughtOrders :many
SELECT p.id, p.order_id, o.public_id, o.total, o.fee, o.currency, p.completed_at FROM pickups AS p JOIN orders AS o ON o.id = p.order_id
WHERE p.completed_at IS NOT NULL AND p.month = sqlc.arg(month) AND p.store_id = sqlc.arg(store_id) AND p.id > sqlc.arg(after)::bigint ORDER BY p.id LIMIT sqlc.arg(max_rows);

-- Disputes that their store left unanswered, each once.
-- name: SilentDisputes :many
SELECT id, public_id, order_ref FROM order_disputes WHERE state = 'open' AND answered_at IS NULL AND overdue_at IS NULL AND answer_until <= sqlc.arg(now)::bigint
ORDER BY answer_until, id LIMIT 100;

-- name: DisputesOverdue :exec
UPDATE order_disputes SET overdue_at = sqlc.arg(at) WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: LoadLines :batchexec
UPDATE order_lines SET carried = carried + sqlc.arg(units)::bigint WHERE id = sqlc.arg(id);

-- name: CarriedLines :many
SELECT o.public_id AS order_ref, l.public_id AS line, l.quantity, l.cut_quantity, l.carried FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
WHERE o.public_id = ANY(sqlc.arg(orders)::text[]) ORDER BY l.id;

-- name: LinesToWeigh :many
SELECT o.public_id AS order_ref, o.id AS order_number, o.currency, p.postal_code, l.public_id AS line, l.title, l.unit, l.unit_price, l.ordered
FROM orders AS o JOIN pickups AS p ON p.order_id = o.id JOIN buyback_lines AS l ON l.order_id = o.id
WHERE o.public_id = ANY(sqlc.arg(orders)::text[]) AND o.side = 'buyback' AND p.open ORDER BY l.id;

-- name: CapturedOfOrders :many
SELECT public_id, captured FROM orders WHERE public_id = ANY(sqlc.arg(orders)::text[]) AND method = sqlc.arg(method) AND captured > 0;
