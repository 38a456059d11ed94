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

-- name: InsertGuest :one
INSERT INTO guests (token_hash, expires_at, created_at) VALUES (sqlc.arg(token_hash), sqlc.arg(expires_at), sqlc.arg(created_at)) RETURNING id;

-- name: GuestByToken :one
SELECT id, expires_at FROM guests WHERE token_hash = sqlc.arg(token_hash);

-- name: LockGuest :one
SELECT id FROM guests WHERE id = sqlc.arg(id) AND expires_at > sqlc.arg(now) FOR UPDATE;

-- name: KeepGuest :exec
UPDATE guests SET expires_at = sqlc.arg(expires_at) WHERE id = sqlc.arg(id) AND expires_at < sqlc.arg(expires_at);

-- name: ExpiredGuests :many
SELECT id FROM guests WHERE expires_at <= sqlc.arg(now) ORDER BY expires_at, id LIMIT 50 FOR UPDATE SKIP LOCKED;

-- name: CartsOf :many
SELECT id FROM carts WHERE account_id = ANY(sqlc.arg(holders)::bigint[]);

-- name: DeleteLinesOf :execrows
DELETE FROM cart_lines WHERE cart_id = ANY(sqlc.arg(carts)::bigint[]);

-- name: DeleteCarts :execrows
DELETE FROM carts WHERE id = ANY(sqlc.arg(carts)::bigint[]);

-- name: DeleteGuests :execrows
DELETE FROM guests WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: StrayCarts :many
SELECT c.public_id FROM carts AS c WHERE c.account_id < 0 AND NOT EXISTS (SELECT 1 FROM guests AS g WHERE g.id = -c.account_id) ORDER BY c.id LIMIT 100;

-- name: Rates :many
SELECT id, public_id, rate_id, rate, qty, price_seen, created_at, updated_at FROM cart_rates WHERE cart_id = sqlc.arg(cart_id) ORDER BY id;

-- name: CountRates :one
SELECT COUNT(*) AS line_count, COALESCE(SUM(CASE WHEN rate_id = sqlc.arg(rate_id) THEN qty ELSE 0 END), 0)::bigint AS present
FROM cart_rates WHERE cart_id = sqlc.arg(cart_id);

-- Called under the cart's lock. qty is what the line has afterwards.
-- name: PutRate :one
INSERT INTO cart_rates (public_id, cart_id, rate_id, rate, qty, price_seen, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(cart_id), sqlc.arg(rate_id), sqlc.arg(rate), sqlc.arg(qty), sqlc.arg(price_seen), sqlc.arg(now), sqlc.arg(now))
ON CONFLICT (cart_id, rate_id) DO UPDATE SET qty = excluded.qty, price_seen = excluded.price_seen, updated_at = excluded.updated_at
RETURNING id, public_id, rate_id, rate, qty, price_seen, created_at, updated_at;

-- name: RemoveRates :execrows
DELETE FROM cart_rates WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: RemoveRateNamed :execrows
DELETE FROM cart_rates WHERE cart_id = sqlc.arg(cart_id) AND public_id = sqlc.arg(public_id);

-- name: ClearRates :execrows
DELETE FROM cart_rates WHERE cart_id = sqlc.arg(cart_id);
