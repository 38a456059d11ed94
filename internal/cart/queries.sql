-- name: LockCart :one
SELECT id FROM carts WHERE account_id = sqlc.arg(account_id) FOR UPDATE;

-- name: OpenCart :one
INSERT INTO carts (public_id, account_id, created_at) VALUES (sqlc.arg(public_id), sqlc.arg(account_id), sqlc.arg(created_at))
ON CONFLICT (account_id) DO NOTHING
RETURNING id;

-- name: Cart :one
SELECT id, public_id FROM carts WHERE account_id = sqlc.arg(account_id);

-- name: Lines :many
SELECT id, public_id, variant_id, variant, qty, price_seen, created_at, updated_at
FROM cart_lines WHERE cart_id = sqlc.arg(cart_id) ORDER BY id;

-- name: LinesNamed :many
SELECT id, public_id, variant_id, variant, qty, price_seen, created_at, updated_at
FROM cart_lines WHERE cart_id = sqlc.arg(cart_id) AND public_id = ANY(sqlc.arg(public_ids)::text[]) ORDER BY id;

-- name: CountOf :one
SELECT COUNT(l.id) AS line_count, COALESCE(SUM(l.qty), 0)::bigint AS unit_count
FROM carts c JOIN cart_lines l ON l.cart_id = c.id
WHERE c.account_id = sqlc.arg(account_id);

-- How full the cart is, and how much of one variant is in it.
-- name: Fill :one
SELECT COUNT(*) AS line_count, COALESCE(SUM(qty), 0)::bigint AS unit_count,
       COALESCE(SUM(CASE WHEN variant_id = sqlc.arg(variant_id) THEN qty ELSE 0 END), 0)::bigint AS present
FROM cart_lines WHERE cart_id = sqlc.arg(cart_id);

-- Called under the cart's lock. qty is what the line has afterwards.
-- name: PutLine :one
INSERT INTO cart_lines (public_id, cart_id, variant_id, variant, qty, price_seen, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(cart_id), sqlc.arg(variant_id), sqlc.arg(variant), sqlc.arg(qty), sqlc.arg(price_seen), sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (cart_id, variant_id) DO UPDATE SET qty = excluded.qty, price_seen = excluded.price_seen, updated_at = excluded.updated_at
RETURNING id, public_id, variant_id, variant, qty, price_seen, created_at, updated_at;

-- name: PutLines :batchexec
INSERT INTO cart_lines (public_id, cart_id, variant_id, variant, qty, price_seen, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(cart_id), sqlc.arg(variant_id), sqlc.arg(variant), sqlc.arg(qty), sqlc.arg(price_seen), sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (cart_id, variant_id) DO UPDATE SET qty = excluded.qty, price_seen = excluded.price_seen, updated_at = excluded.updated_at;

-- name: RemoveLines :execrows
DELETE FROM cart_lines WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: RemoveNamed :execrows
DELETE FROM cart_lines WHERE cart_id = sqlc.arg(cart_id) AND public_id = sqlc.arg(public_id);

-- name: Clear :execrows
DELETE FROM cart_lines WHERE cart_id = sqlc.arg(cart_id);
