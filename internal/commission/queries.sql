-- name: OpenStatement :exec
INSERT INTO statements (public_id, store_id, month, state, seen, orders, base, rate_bp, amount, currency, reference, note, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), sqlc.arg(month), 'open', 0, 0, 0, sqlc.arg(rate_bp), 0, sqlc.arg(currency), '', '', sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (store_id, month) DO NOTHING;

-- name: LockMonth :one
SELECT * FROM statements WHERE store_id = sqlc.arg(store_id) AND month = sqlc.arg(month) FOR UPDATE;

-- name: LockStatement :one
SELECT * FROM statements WHERE public_id = $1 FOR UPDATE;

-- name: Statement :one
SELECT * FROM statements WHERE public_id = $1;

-- name: InsertOrders :batchexec
INSERT INTO statement_orders (order_id, statement_id, reference, total, completed_at) VALUES ($1, $2, $3, $4, $5);

-- name: Add :execrows
UPDATE statements SET seen = sqlc.arg(seen), orders = orders + sqlc.arg(orders)::bigint, base = base + sqlc.arg(base)::bigint, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'open';

-- name: Issue :execrows
UPDATE statements SET state = 'issued', amount = sqlc.arg(amount), due_at = sqlc.arg(due_at)::bigint, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'open';

-- name: MarkPaid :execrows
UPDATE statements SET state = 'paid', paid_at = sqlc.arg(now)::bigint, reference = sqlc.arg(reference), note = sqlc.arg(note), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'issued';

-- name: OrdersOf :many
SELECT * FROM statement_orders WHERE statement_id = sqlc.arg(statement_id) AND order_id > sqlc.arg(after)::bigint ORDER BY order_id LIMIT sqlc.arg(max_rows);

-- name: SummaryOf :one
SELECT COUNT(*) AS records, COUNT(*) FILTER (WHERE state = 'paid') AS paid, COUNT(*) FILTER (WHERE state = 'issued') AS unpaid,
  COALESCE(SUM(amount), 0)::bigint AS earned, COALESCE(SUM(amount) FILTER (WHERE state = 'issued'), 0)::bigint AS owed,
  COUNT(*) FILTER (WHERE state = 'issued' AND due_at < sqlc.arg(now)::bigint) AS overdue
FROM statements WHERE store_id = sqlc.arg(store_id) AND state <> 'open';

-- name: VerifyAfter :many
SELECT s.*, (SELECT COUNT(*) FROM statement_orders AS o WHERE o.statement_id = s.id) AS rows_count,
  (SELECT COALESCE(SUM(o.total), 0)::bigint FROM statement_orders AS o WHERE o.statement_id = s.id)::bigint AS rows_total
FROM statements AS s WHERE s.id > sqlc.arg(after)::bigint ORDER BY s.id LIMIT 500;
