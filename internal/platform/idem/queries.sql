-- name: InsertKey :exec
INSERT INTO idempotency_keys (scope, operation, key, fingerprint, object, created_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Stored :one
SELECT fingerprint, object FROM idempotency_keys WHERE scope = $1 AND operation = $2 AND key = $3;

-- Keys are numbered as they are stored: the oldest are the lowest.

-- name: ExpiredKeys :many
SELECT i.id FROM idempotency_keys AS i
WHERE i.created_at < sqlc.arg(before) AND i.id IN (SELECT k.id FROM idempotency_keys AS k ORDER BY k.id LIMIT sqlc.arg(max_rows)) ORDER BY i.id;

-- name: DeleteKeys :execrows
DELETE FROM idempotency_keys WHERE id = ANY(sqlc.arg(ids)::bigint[]);
