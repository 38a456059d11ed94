-- name: Stocks :many
SELECT variant_id, available, reserved FROM stock WHERE variant_id = ANY(sqlc.arg(variants)::bigint[]);

-- name: OpenStock :batchexec
INSERT INTO stock (variant_id, available, reserved, updated_at) VALUES ($1, 0, 0, $2) ON CONFLICT (variant_id) DO NOTHING;

-- name: LockStocks :many
SELECT variant_id, available, reserved FROM stock WHERE variant_id = ANY(sqlc.arg(variants)::bigint[]) ORDER BY variant_id FOR UPDATE;

-- Every change of stock is this one statement: what is asked is part of its condition.

-- name: MoveStock :batchone
UPDATE stock SET available = available + sqlc.arg(available)::bigint, reserved = reserved + sqlc.arg(reserved)::bigint, updated_at = sqlc.arg(updated_at)
WHERE variant_id = sqlc.arg(variant_id) AND available + sqlc.arg(available)::bigint >= 0 AND reserved + sqlc.arg(reserved)::bigint >= 0
RETURNING available, reserved, low_at, mark;

-- name: InsertMovements :batchexec
INSERT INTO stock_movements (public_id, variant_id, kind, available_delta, reserved_delta, available_after, reserved_after, subject, reason, note, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: InsertReservations :batchexec
INSERT INTO reservations (owner, variant_id, qty, state, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5);

-- The states stand in the texts: compared with a parameter, the embedded engine would plan these anew at every run, to
-- see whether the index of the live ones serves.

-- name: LockLive :many
SELECT id, owner, variant_id, qty FROM reservations WHERE owner = ANY(sqlc.arg(owners)::text[]) AND state = 'live'
ORDER BY variant_id, id FOR UPDATE;

-- name: LockSold :many
SELECT id, owner, variant_id, qty FROM reservations WHERE owner = ANY(sqlc.arg(owners)::text[]) AND state = 'sold'
ORDER BY variant_id, id FOR UPDATE;

-- name: EndLive :execrows
UPDATE reservations SET state = sqlc.arg(new_state), updated_at = sqlc.arg(updated_at) WHERE id = ANY(sqlc.arg(ids)::bigint[]) AND state = 'live';

-- name: EndSold :execrows
UPDATE reservations SET state = sqlc.arg(new_state), updated_at = sqlc.arg(updated_at) WHERE id = ANY(sqlc.arg(ids)::bigint[]) AND state = 'sold';

-- name: OwnersOf :many
SELECT owner, qty FROM reservations WHERE variant_id = $1 AND state = 'live' ORDER BY id LIMIT $2;

-- name: MovementByPublicID :one
SELECT m.public_id, m.variant_id, m.kind, m.available_delta, m.reserved_delta, m.available_after, m.reserved_after, m.subject, m.reason, m.note, m.actor, m.created_at
FROM stock_movements AS m WHERE m.public_id = $1;

-- What must always hold.

-- name: BrokenReserved :many
SELECT s.variant_id, s.reserved, COALESCE(r.qty, 0)::bigint AS promised
FROM stock AS s LEFT JOIN (SELECT variant_id, SUM(qty)::bigint AS qty FROM reservations WHERE state = 'live' GROUP BY variant_id) AS r ON r.variant_id = s.variant_id
WHERE s.reserved <> COALESCE(r.qty, 0) ORDER BY s.variant_id LIMIT $1;

-- name: ReservedWithoutStock :many
SELECT r.id, r.variant_id FROM reservations AS r WHERE r.state = 'live' AND NOT EXISTS (SELECT 1 FROM stock AS s WHERE s.variant_id = r.variant_id) ORDER BY r.id LIMIT $1;

-- name: NegativeStock :many
SELECT variant_id, available, reserved FROM stock WHERE available < 0 OR reserved < 0 ORDER BY variant_id LIMIT $1;

-- name: BrokenSums :many
SELECT s.variant_id, s.available, s.reserved, COALESCE(m.available, 0)::bigint AS moved_available, COALESCE(m.reserved, 0)::bigint AS moved_reserved
FROM stock AS s LEFT JOIN (SELECT variant_id, SUM(available_delta)::bigint AS available, SUM(reserved_delta)::bigint AS reserved FROM stock_movements GROUP BY variant_id) AS m ON m.variant_id = s.variant_id
WHERE s.available <> COALESCE(m.available, 0) OR s.reserved <> COALESCE(m.reserved, 0) ORDER BY s.variant_id LIMIT $1;

-- name: MovedWithoutStock :many
SELECT DISTINCT m.variant_id FROM stock_movements AS m WHERE NOT EXISTS (SELECT 1 FROM stock AS s WHERE s.variant_id = m.variant_id) ORDER BY m.variant_id LIMIT $1;

-- name: BrokenWalk :many
SELECT w.id, w.variant_id, w.available_after, w.reserved_after, w.available_delta, w.reserved_delta, w.available_before, w.reserved_before
FROM (SELECT id, variant_id, available_after, reserved_after, available_delta, reserved_delta,
        COALESCE(LAG(available_after) OVER (PARTITION BY variant_id ORDER BY id), 0)::bigint AS available_before,
        COALESCE(LAG(reserved_after) OVER (PARTITION BY variant_id ORDER BY id), 0)::bigint AS reserved_before
    FROM stock_movements) AS w
WHERE w.available_before + w.available_delta <> w.available_after OR w.reserved_before + w.reserved_delta <> w.reserved_after
ORDER BY w.id LIMIT $1;

-- name: TakenByOwners :many
SELECT owner, state, COALESCE(SUM(qty), 0)::bigint AS units FROM reservations WHERE owner = ANY(sqlc.arg(owners)::text[]) AND state IN ('live', 'sold') GROUP BY owner, state;

-- name: ShrinkReservation :execrows
UPDATE reservations SET qty = qty - sqlc.arg(qty)::bigint, updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND qty > sqlc.arg(qty)::bigint;

-- The stock of a store as a list.

-- name: Stands :many
SELECT variant_id, store_id, sku, available, low_at, own_low_at, mark FROM stock WHERE variant_id = ANY(sqlc.arg(variants)::bigint[]) ORDER BY variant_id FOR UPDATE;

-- name: PutStands :batchexec
INSERT INTO stock (variant_id, available, reserved, updated_at, store_id, sku, low_at, mark)
VALUES (sqlc.arg(variant_id), 0, 0, sqlc.arg(updated_at), sqlc.arg(store_id), sqlc.arg(sku), sqlc.arg(low_at), sqlc.arg(mark))
ON CONFLICT (variant_id) DO UPDATE SET store_id = excluded.store_id, sku = excluded.sku, low_at = excluded.low_at, mark = excluded.mark;

-- name: MarkStock :batchexec
UPDATE stock SET mark = sqlc.arg(mark) WHERE variant_id = sqlc.arg(variant_id);

-- name: SetOwnThresholds :batchexec
UPDATE stock SET own_low_at = sqlc.narg(own_low_at), low_at = sqlc.arg(low_at), mark = sqlc.arg(mark) WHERE variant_id = sqlc.arg(variant_id);

-- name: StoreThresholds :many
SELECT store_id, low_at FROM stock_thresholds WHERE store_id = ANY(sqlc.arg(stores)::bigint[]);

-- name: PutStoreThreshold :exec
INSERT INTO stock_thresholds (store_id, low_at, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (store_id) DO UPDATE SET low_at = excluded.low_at, updated_at = excluded.updated_at;

-- name: DropStoreThreshold :exec
DELETE FROM stock_thresholds WHERE store_id = $1;

-- name: BrokenMarks :many
SELECT variant_id, available, low_at, mark FROM stock
WHERE (mark <> '' AND mark <> CASE WHEN available = 0 THEN 'out' WHEN available <= low_at THEN 'low' ELSE 'fine' END) OR (own_low_at IS NOT NULL AND own_low_at <> low_at)
ORDER BY variant_id LIMIT $1;

-- name: LowerThresholds :many
SELECT variant_id FROM stock WHERE store_id = sqlc.arg(store_id) AND mark <> '' AND own_low_at IS NULL AND low_at < sqlc.arg(low_at) LIMIT sqlc.arg(n);

-- name: HigherThresholds :many
SELECT variant_id FROM stock WHERE store_id = sqlc.arg(store_id) AND mark <> '' AND own_low_at IS NULL AND low_at > sqlc.arg(low_at) LIMIT sqlc.arg(n);

-- name: NextStore :many
SELECT store_id FROM stock WHERE store_id > sqlc.arg(after)::bigint AND mark <> '' AND own_low_at IS NULL ORDER BY store_id LIMIT 1;

-- name: StoreThreshold :one
SELECT low_at FROM stock_thresholds WHERE store_id = $1;

-- name: Thresholds :many
SELECT variant_id, available, reserved, own_low_at FROM stock WHERE variant_id = ANY(sqlc.arg(variants)::bigint[]);
