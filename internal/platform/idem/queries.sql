-- name: InsertKey :exec
INSERT INTO idempotency_keys (scope, operation, key, fingerprint, object, created_at) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Stored :one
SELECT fingerprint, object FROM idempotency_keys WHERE scope = $1 AND operation = $2 AND key = $3;

-- name: ExpiredKeys :many
SELECT id FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at, id LIMIT $2;

-- name: DeleteKeys :execrows
DELETE FROM idempotency_keys WHERE id = ANY(sqlc.arg(ids)::bigint[]);
