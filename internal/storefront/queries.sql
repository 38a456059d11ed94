-- name: InsertStorefront :exec
INSERT INTO storefronts (public_id, store_id, state, hours, suspend_reason, suspended_from, shown, shown_until, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), 'published', sqlc.arg(hours), '', '', FALSE, 0, sqlc.arg(now), sqlc.arg(now));

-- name: OfStore :one
SELECT * FROM storefronts WHERE store_id = $1;

-- name: OfStores :many
SELECT * FROM storefronts WHERE store_id = ANY(sqlc.arg(stores)::bigint[]) AND shown AND shown_until > sqlc.arg(now)::bigint;

-- name: LockOfStore :one
SELECT * FROM storefronts WHERE store_id = $1 FOR UPDATE;

-- name: SetHours :execrows
UPDATE storefronts SET hours = sqlc.arg(hours), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: SetState :execrows
UPDATE storefronts SET state = sqlc.arg(state), suspend_reason = sqlc.arg(suspend_reason), suspended_from = sqlc.arg(suspended_from),
  shown = FALSE, shown_until = 0, updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: Show :execrows
UPDATE storefronts SET shown = sqlc.arg(shown), shown_until = sqlc.arg(shown_until) WHERE id = sqlc.arg(id);

-- name: DeleteStorefront :execrows
DELETE FROM storefronts WHERE id = $1;

-- name: VerifyAfter :many
SELECT * FROM storefronts WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT 500;
