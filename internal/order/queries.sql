-- name: CountOpenCheckouts :one
SELECT COUNT(*) FROM checkouts WHERE account_id = $1 AND open;

-- name: InsertCheckout :one
INSERT INTO checkouts (public_id, account_id, account, side, method, currency, goods, discount, tax, delivery, total, line_count, unit_count, contact, address, note, open, placed_at)
VALUES ($1, $2, $3, 'sale', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
RETURNING id;

-- name: InsertOrder :one
INSERT INTO orders (public_id, checkout_id, store_id, account_id, side, state, cancel_reason, method, payment_status, currency, goods, discount, tax, delivery, total, fee, captured, refunded, line_count, unit_count, placed_at, due_at, confirmed_at, updated_at)
VALUES ($1, $2, $3, $4, 'sale', $5, '', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16, $17, $18, sqlc.arg(due_at), sqlc.narg(confirmed_at), $18)
RETURNING id;

-- name: InsertLines :batchexec
INSERT INTO order_lines (public_id, order_id, variant_id, variant, product, title, variant_title, options, sku, barcode, tracked, weight, unit_price, quantity, goods, discount, tax_bp, tax, total, fee)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- name: GetCheckout :one
SELECT * FROM checkouts WHERE public_id = $1;

-- name: GetCheckoutByID :one
SELECT * FROM checkouts WHERE id = $1;

-- name: CheckoutsByID :many
SELECT * FROM checkouts WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: LockCheckout :one
SELECT * FROM checkouts WHERE public_id = $1 FOR UPDATE;

-- name: LockCheckoutByID :one
SELECT * FROM checkouts WHERE id = $1 FOR UPDATE;

-- name: CloseCheckout :exec
UPDATE checkouts SET open = FALSE WHERE id = $1;

-- name: SetCheckoutMethod :exec
UPDATE checkouts SET method = $2, open = FALSE WHERE id = $1;

-- name: GetOrder :one
SELECT * FROM orders WHERE public_id = $1;

-- name: OrdersOfCheckout :many
SELECT * FROM orders WHERE checkout_id = $1 ORDER BY id;

-- name: LockOrdersOfCheckout :many
SELECT * FROM orders WHERE checkout_id = $1 ORDER BY id FOR UPDATE;

-- name: LockOrder :one
SELECT * FROM orders WHERE id = $1 FOR UPDATE;

-- name: UpdateOrder :execrows
UPDATE orders SET state = sqlc.arg(state), cancel_reason = sqlc.arg(cancel_reason), method = sqlc.arg(method), payment_status = sqlc.arg(payment_status),
  captured = sqlc.arg(captured), refunded = sqlc.arg(refunded), due_at = sqlc.arg(due_at), confirmed_at = sqlc.narg(confirmed_at), shipped_at = sqlc.narg(shipped_at),
  delivered_at = sqlc.narg(delivered_at), completed_at = sqlc.narg(completed_at), cancelled_at = sqlc.narg(cancelled_at), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: LinesOfOrders :many
SELECT * FROM order_lines WHERE order_id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY order_id, id;

-- name: OrdersDue :many
SELECT public_id FROM orders WHERE due_at <= $1 AND due_at < 253370764800000000 ORDER BY due_at, id LIMIT 50;

-- name: AnyCheckout :one
SELECT COUNT(*) FROM (SELECT 1 FROM checkouts LIMIT 1) AS one;

-- name: VerifyOrders :many
SELECT o.id, o.public_id, o.state, o.method, o.goods, o.discount, o.tax, o.delivery, o.total, o.fee, o.captured, o.refunded, o.line_count, o.unit_count, o.currency,
  COALESCE(SUM(l.goods), 0)::bigint AS lines_goods, COALESCE(SUM(l.discount), 0)::bigint AS lines_discount, COALESCE(SUM(l.tax), 0)::bigint AS lines_tax,
  COALESCE(SUM(l.fee), 0)::bigint AS lines_fee, COUNT(l.id) AS lines_count, COALESCE(SUM(l.quantity), 0)::bigint AS lines_units
FROM orders o LEFT JOIN order_lines l ON l.order_id = o.id
WHERE o.id > $1
GROUP BY o.id, o.public_id, o.state, o.method, o.goods, o.discount, o.tax, o.delivery, o.total, o.fee, o.captured, o.refunded, o.line_count, o.unit_count, o.currency
ORDER BY o.id LIMIT 1000;

-- name: VerifyCheckouts :many
SELECT c.id, c.public_id, c.goods, c.discount, c.tax, c.delivery, c.total, COALESCE(SUM(o.goods), 0)::bigint AS orders_goods, COALESCE(SUM(o.total), 0)::bigint AS orders_total
FROM checkouts c LEFT JOIN orders o ON o.checkout_id = c.id
WHERE c.id > $1 GROUP BY c.id, c.public_id, c.goods, c.discount, c.tax, c.delivery, c.total ORDER BY c.id LIMIT 1000;

-- name: TrackedUnits :many
SELECT order_id, COALESCE(SUM(quantity), 0)::bigint AS units FROM order_lines WHERE order_id = ANY(sqlc.arg(ids)::bigint[]) AND tracked GROUP BY order_id;
