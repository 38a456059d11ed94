-- name: OpenStatement :exec
INSERT INTO statements (public_id, store_id, month, state, seen, orders, base, rate_bp, amount, currency, reference, note, owed_by, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), sqlc.arg(month), 'open', 0, 0, 0, sqlc.arg(rate_bp), 0, sqlc.arg(currency), '', '', sqlc.arg(owed_by), sqlc.arg(now), sqlc.arg(now))
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
UPDATE statements SET state = sqlc.arg(state), amount = sqlc.arg(amount), rate_bp = sqlc.arg(rate_bp), owed_by = sqlc.arg(owed_by), due_at = sqlc.arg(due_at)::bigint,
  paid_at = sqlc.narg(paid_at), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND state = 'open';

-- name: Unbooked :many
SELECT * FROM statements WHERE state = 'issued' AND owed_by = 'store' AND booked_at IS NULL ORDER BY id LIMIT 50;

-- name: MarkBooked :execrows
UPDATE statements SET booked_at = sqlc.arg(now)::bigint, updated_at = sqlc.arg(now)::bigint WHERE id = sqlc.arg(id) AND booked_at IS NULL;

-- name: WrittenOf :many
SELECT store_id FROM statements WHERE month = sqlc.arg(month) AND state <> 'open' AND store_id = ANY(sqlc.arg(stores)::bigint[]);

-- name: Written :one
SELECT COALESCE(SUM(orders), 0)::bigint AS orders, COALESCE(SUM(base), 0)::bigint AS base FROM statements WHERE month = $1;

-- name: OpenStores :many
SELECT store_id FROM statements WHERE month = sqlc.arg(month) AND state = 'open' AND store_id > sqlc.arg(after)::bigint ORDER BY store_id LIMIT 200;

-- name: Overdue :many
SELECT * FROM statements WHERE state = 'issued' AND owed_by = 'store' AND suspended_at IS NULL AND due_at < sqlc.arg(before)::bigint ORDER BY due_at, id LIMIT 50;

-- name: MarkSuspended :execrows
UPDATE statements SET suspended_at = sqlc.arg(now)::bigint, updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'issued' AND suspended_at IS NULL;

-- name: StatementByID :one
SELECT * FROM statements WHERE id = $1;

-- name: StatementsByID :many
SELECT * FROM statements WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertTransfer :exec
INSERT INTO statement_transfers (public_id, statement_id, state, amount, reference, method, image, note, account, decided_by, reason, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(statement_id), 'submitted', sqlc.arg(amount), sqlc.arg(reference), sqlc.arg(method), '', sqlc.arg(note), sqlc.arg(account), '', '', sqlc.arg(now));

-- name: Transfer :one
SELECT * FROM statement_transfers WHERE public_id = $1;

-- name: TransfersOf :many
SELECT * FROM statement_transfers WHERE statement_id = $1 ORDER BY id DESC LIMIT 50;

-- name: SetTransferImage :execrows
UPDATE statement_transfers SET image = sqlc.arg(image) WHERE id = sqlc.arg(id) AND state = 'submitted';

-- name: DecideTransfer :execrows
UPDATE statement_transfers SET state = sqlc.arg(state), decided_by = sqlc.arg(decided_by), reason = sqlc.arg(reason), decided_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state = 'submitted';

-- name: Dealers :many
SELECT store_id, COUNT(*) AS records, COALESCE(SUM(orders), 0)::bigint AS orders, COALESCE(SUM(base), 0)::bigint AS base,
  COALESCE(SUM(amount) FILTER (WHERE state <> 'open'), 0)::bigint AS amount, COALESCE(SUM(amount) FILTER (WHERE state = 'issued'), 0)::bigint AS unpaid
FROM statements WHERE store_id > sqlc.arg(after)::bigint GROUP BY store_id ORDER BY store_id LIMIT sqlc.arg(max_rows);

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
